"""The keys that ODCS knows where datakit reads, so that a mistyped one is found without the published schema.

A key that nobody knows is a rule that nobody enforces: `requird: true` reads like a promise. The tables are those of the
JSON Schema that the standard publishes, which takes too long to load for a commit; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from datakit.errors import InvalidRecord
from datakit.formats.contract.record import LogicalType
from datakit.formats.yaml import Map, Text

_ELEMENT = (
    "id", "name", "physicalType", "description", "businessName", "deprecated", "synonyms", "authoritativeDefinitions", "tags",
    "customProperties",
)  # fmt: skip
ROOT = frozenset((
    "version", "kind", "apiVersion", "id", "name", "tenant", "tags", "status", "servers", "dataProduct", "description", "domain",
    "context", "schema", "support", "price", "team", "roles", "slaDefaultElement", "slaProperties", "authoritativeDefinitions",
    "customProperties", "contractCreatedTs",
))  # fmt: skip
TABLE = frozenset((
    *_ELEMENT, "logicalType", "physicalName", "dataGranularityDescription", "properties", "relationships", "quality", "context",
))  # fmt: skip
PROPERTY = frozenset((
    *_ELEMENT, "primaryKey", "primaryKeyPosition", "logicalType", "logicalTypeOptions", "physicalName", "required", "unique",
    "semanticType", "partitioned", "partitionKeyPosition", "classification", "encryptedName", "transformSourceObjects",
    "transformLogic", "transformDescription", "examples", "enum", "criticalDataElement", "relationships", "quality",
    "properties", "items", "map",
))  # fmt: skip
QUALITY = frozenset((
    "id", "authoritativeDefinitions", "businessImpact", "customProperties", "description", "dimension", "method", "name",
    "schedule", "scheduler", "severity", "tags", "type", "unit", "metric", "rule", "arguments", "query", "engine",
    "implementation", "mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
    "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween",
))  # fmt: skip
_RANGE = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
# Of each type; the standard leaves those of a boolean open.
OPTIONS: Mapping[LogicalType, frozenset[str]] = {
    "string": frozenset(("minLength", "maxLength", "pattern", "format")),
    "integer": frozenset((*_RANGE, "multipleOf", "format")),
    "number": frozenset((*_RANGE, "multipleOf", "format")),
    "date": frozenset((*_RANGE, "format")),
    "timestamp": frozenset((*_RANGE, "format", "timezone", "defaultTimezone")),
    "time": frozenset((*_RANGE, "format", "timezone", "defaultTimezone")),
    "object": frozenset(("maxProperties", "minProperties", "required")),
    "array": frozenset((
        "maxItems", "minItems", "uniqueItems",
        "dimensions", "elementType", "distanceMetric", "embeddingModel", "embeddingModelVersion", "normalized",  # a vector's
    )),
}  # fmt: skip
# Keys of `arguments`, which the standard leaves open: only what is nearly one of them is refused.
ARGUMENTS = frozenset(("missingValues", "validValues", "pattern", "properties"))
_FEW = 8  # keys that a message can name; more would be no help


def refuse_unknown(given: Map, known: Collection[str], where: str, *, near_only: bool = False) -> None:
    """Refuse a key that is not one of those that are known.

    Args:
        given: The mapping.
        known: Its keys.
        where: The contract's path, for error messages.
        near_only: Refuse only what is nearly one of the known keys, where others are free.

    Raises:
        InvalidRecord: It names the line and offers the key that was meant.
    """
    for key in given:
        if key not in known and (not near_only or near(key, known)):
            raise InvalidRecord(where, unknown(key, known), line=line_of(given, key))


def unknown(key: str, known: Collection[str]) -> str:
    """Say that there is no such key, and which one may have been meant.

    >>> unknown("requird", PROPERTY)
    'there is no key `requird`, did you mean `required`?'
    """
    offer = did_you_mean(key, known)
    if not offer and len(known) <= _FEW:
        offer = f", expected {', '.join(known)}" if known else ": this type has none"
    return f"there is no key `{key[:60]}`{offer}"


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the offer of the word that was meant, as the end of a sentence; empty where none is near."""
    found = near(word, known)
    return f", did you mean `{found}`?" if found else ""


def near(word: str, known: Collection[str]) -> str:
    """Return the known word that is nearest to one, in any case of letters; empty where none is near."""
    import difflib

    spelled = {name.lower(): name for name in sorted(known)}
    found = difflib.get_close_matches(word[:60].lower(), spelled, n=1, cutoff=0.75)
    return spelled[found[0]] if found else ""


def line_of(given: Map, key: str) -> int:
    """Return the line of a key in the file."""
    return next((found.line for found in given if found == key and isinstance(found, Text)), given.line)

"""Quality entries of ODCS to checks: the library metrics of 3.1, the library rules of 3.0, and what is only reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from datakit.errors import InvalidRecord
from datakit.formats import yaml
from datakit.formats.contract import keys, values
from datakit.formats.contract.record import Check, Column, LogicalType, Severity
from datakit.formats.yaml import Map

OPERATORS = {
    "mustBe": "=",
    "mustNotBe": "!=",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not_between",
}
METRICS = {
    "nullValues": "null_values",
    "missingValues": "missing_values",
    "invalidValues": "invalid_values",
    "duplicateValues": "duplicate_values",
    "rowCount": "row_count",
}
# The library of 3.0 named rules in its documents only; these have a metric of 3.1 that means the same.
_RULES = {
    "nullCheck": "null_values",
    "nullCount": "null_values",
    "validValues": "invalid_values",
    "duplicateCount": "duplicate_values",
    "rowCount": "row_count",
}
_SEVERITIES: dict[str, Severity] = {
    **dict.fromkeys(("error", "critical", "blocker", "high"), "error"),
    **dict.fromkeys(("warning", "warn", "info", "medium", "low"), "warning"),
}  # fmt: skip
# Keys of a quality entry that say nothing about what is measured.
_PROSE = frozenset((
    "id", "name", "description", "dimension", "businessImpact", "severity", "tags", "schedule", "scheduler", "method",
    "authoritativeDefinitions", "customProperties", "type",
))  # fmt: skip


def quality(
    parent: Map, where: str, names: Mapping[str, str], column: Column | None, *, is_30: bool
) -> Iterator[Check]:
    """Make checks, still without ids, of the `quality` list of a property or of the schema object.

    Args:
        parent: The mapping that has the list.
        where: The contract's path, for error messages.
        names: The columns known so far, ODCS name to name in the data: what `duplicateValues` of the table may name.
        column: The column that the entries belong to; None for the table.
        is_30: Whether entries may have keys of their own, as 3.0 allowed.

    Raises:
        InvalidRecord: An entry is not what ODCS says.
    """
    for entry in values.items(parent, "quality", where):
        if not is_30:
            keys.refuse_unknown(entry, keys.QUALITY, where)
        kind = _kind(entry, where)
        if kind == "library":
            check = _library(entry, where, names, column)
        else:
            arguments = {key: yaml.typed(node) for key, node in entry.items() if key not in _PROSE}
            if kind == "text":
                arguments["text"] = values.text(entry, "description", where, "")
            check = Check("", kind, column.name if column else None, arguments)
        description = values.text(entry, "description", where, "") or values.text(entry, "name", where, "")
        yield check._replace(severity=_severity(entry, where), description=description)


def _kind(entry: Map, where: str) -> str:
    """Return the type of an entry; without one its keys tell."""
    if "metric" in entry or "rule" in entry:
        default = "library"
    elif "query" in entry:
        default = "sql"
    else:
        default = "custom" if "engine" in entry or "implementation" in entry else "text"
    return values.choice(entry, "type", where, ("library", "sql", "text", "custom"), default)


def _severity(entry: Map, where: str) -> Severity:
    """Return whether a failure blocks or warns."""
    found = values.text(entry, "severity", where, "error").lower()
    if found not in _SEVERITIES:
        raise values.wrong(entry, "severity", where, "one of " + ", ".join(_SEVERITIES))
    return _SEVERITIES[found]


def _library(entry: Map, where: str, names: Mapping[str, str], column: Column | None) -> Check:
    """Make the check of a library metric."""
    kind = _metric(entry, where)
    name = column.name if column else None
    if kind == "":
        arguments = {key: yaml.typed(node) for key, node in entry.items() if key not in _PROSE}
        return Check("", "custom", name, arguments)
    if kind == "row_count" and column:
        raise InvalidRecord(where, "`rowCount` of a column, expected it at the schema object", line=entry.line)
    if kind not in {"row_count", "duplicate_values"} and column is None:
        metric = "rule" if "metric" not in entry else "metric"
        raise InvalidRecord(where, f"`{entry[metric]}` of the table, expected it at a property", line=entry.line)
    operator, bound = _threshold(entry, where)
    unit: Literal["rows", "percent"] = (
        "percent" if values.choice(entry, "unit", where, ("rows", "percent"), "rows") == "percent" else "rows"
    )
    if unit == "percent" and kind == "row_count":
        raise values.wrong(entry, "unit", where, "rows")
    if unit == "percent" and not all(0 <= number <= 100 for number in bound):
        raise InvalidRecord(where, f"{list(bound)} percent, expected 0 to 100", line=entry.line)
    return Check("", kind, name, _arguments(entry, where, kind, names, column), operator, bound, unit)


def _metric(entry: Map, where: str) -> str:
    """Return the kind of a library metric; empty for a rule of 3.0 that has no meaning of its own."""
    if "metric" in entry or "rule" not in entry:
        return METRICS[values.choice(entry, "metric", where, tuple(METRICS))]
    return _RULES.get(values.text(entry, "rule", where), "")


def _threshold(entry: Map, where: str) -> tuple[str, tuple[float, ...]]:
    """Return operator and bound; a rule of 3.0 without one means none at all."""
    given = [key for key in OPERATORS if key in entry]
    if not given and "rule" in entry and values.text(entry, "rule", where) != "rowCount":
        return "=", (0.0,)
    if len(given) != 1:
        found = "no threshold" if not given else "two thresholds, `" + "` and `".join(given[:2]) + "`"
        raise InvalidRecord(where, f"{found}, expected exactly one of {', '.join(OPERATORS)}", line=entry.line)
    key = given[0]
    if key in {"mustBeBetween", "mustNotBeBetween"}:
        return OPERATORS[key], values.pair(entry, key, where)
    return OPERATORS[key], (float(values.number(entry, key, where)),)


def _arguments(entry: Map, where: str, kind: str, names: Mapping[str, str], column: Column | None) -> dict[str, object]:
    """Return what a metric is measured with; rules of 3.0 keep it beside themselves, metrics under `arguments`."""
    given = values.submap(entry, "arguments", where) if "metric" in entry else entry
    if "metric" in entry:
        keys.refuse_unknown(given, keys.ARGUMENTS, where, near_only=True)
    logical: LogicalType | None = column.type if column else None
    if kind == "missing_values":
        return {"values": values.scalars(given, "missingValues", where, None)}
    if kind == "invalid_values":
        found: dict[str, object] = {}
        if "validValues" in given:
            found["values"] = values.scalars(given, "validValues", where, logical)
        if "pattern" in given:
            found["pattern"] = values.pattern(given, "pattern", where)
        if not found:
            raise InvalidRecord(where, "`invalidValues` needs `validValues` or `pattern`", line=entry.line)
        return found
    if kind == "duplicate_values":
        if column:
            return {"columns": [column.name]}
        listed = values.texts(given, "properties", where)
        unknown = [name for name in listed if name not in names]
        if unknown or not listed:
            problem = f"no column `{unknown[0]}`" if unknown else "`duplicateValues` of the table names no `properties`"
            raise InvalidRecord(where, f"{problem}, expected some of {', '.join(names)}", line=entry.line)
        return {"columns": [names[name] for name in listed]}
    return {}

"""An ODCS document held against the JSON Schema that the standard publishes, offline, as one error a problem.

A commit is judged by `reading` alone; what only the schema finds, in parts that datakit does not read, is said where data is
read anyway (`held`) and by `check` and `status` of a contract that was edited since it was last validated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats import yaml
from datakit.formats.contract.keys import did_you_mean, line_of, unknown
from datakit.formats.contract.reading import read
from datakit.formats.contract.record import Contract
from datakit.formats.yaml import Map, Node, Seq, Text

_PACKAGE = "open_data_contract_standard"
_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}
_IS_30 = re.compile(r"v3\.0\.\d+")


def held(data: bytes, where: str) -> Contract:
    """Read a contract that the published schema accepts too.

    Args:
        data: The bytes of `contract.odcs.yaml`.
        where: Its path, for error messages.

    Raises:
        InvalidRecord: What `read` refuses, else the first problem with the schema; further ones are its details.
        EnvironmentProblem: The package that ships the schema is not installed.
    """
    first: InvalidRecord | None = None
    try:
        found = read(data, where)
    except InvalidRecord as error:
        first = error
    others = problems(data, where) if first is None or first.line is not None else []
    if first is None and not others:
        return found
    first, *others = [first, *others] if first else others
    further = [f"line {error.line}: {error.problem}" for error in others if not _same(error, first)]
    raise InvalidRecord(where, first.problem, line=first.line, hint=first.hint, details=further)


def _same(one: InvalidRecord, other: InvalidRecord) -> bool:
    """Say whether two errors, the reader's and the schema's, are about the same key of the same line."""
    keys = [re.sub(r"^column `[^`]*`: ", "", error.problem).split("`")[1::2] for error in (one, other)]
    return one.line == other.line and any(a.rsplit(".", 1)[-1] in keys[1] for a in keys[0][:1])


_MOST = 100  # unknown keys of one mapping that are named: each is compared with all that there are


def problems(data: bytes, where: str) -> list[InvalidRecord]:
    r"""Judge a contract by the published JSON Schema of ODCS.

    Args:
        data: The bytes of `contract.odcs.yaml`.
        where: Its path, for error messages.

    Returns:
        Every problem, with its line and worded as `read` would, in the order of the file; empty for a valid contract.

    Raises:
        InvalidRecord: The bytes are no strict YAML.
        EnvironmentProblem: The package that ships the schema is not installed.

    >>> for problem in problems(b"kind: Contract\napiVersion: v3.1.0\nid: birds\n", "contract.odcs.yaml"):
    ...     print(problem)
    contract.odcs.yaml:1: `kind` is `Contract`, expected DataContract
    contract.odcs.yaml:1: `version` is missing
    """
    tree = yaml.load(data, where)
    document = yaml.typed(tree)
    version = document.get("apiVersion") if isinstance(document, dict) else None
    is_30 = isinstance(version, str) and _IS_30.fullmatch(version) is not None
    import jsonschema
    import referencing

    # An empty registry: a reference that is not inside the schema fails instead of being fetched.
    registry: referencing.Registry[Any] = referencing.Registry()
    validator = jsonschema.Draft201909Validator(_schema(is_30), registry=registry)
    errors = list(validator.iter_errors(document))
    found = sorted({(line, text) for error in errors for line, text in _said(error, errors, tree)})
    return [InvalidRecord(where, text, line=line, hint=f"edit line {line} of {where}") for line, text in found]


@cache
def _schema(is_30: bool) -> dict[str, Any]:
    """Return the schema, mended where it refuses documents that the standard allows."""
    import importlib.util
    from pathlib import Path

    spec = importlib.util.find_spec(_PACKAGE)  # of a top-level package: found, not imported, for its model costs 0.3 s
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise EnvironmentProblem(
            "the package `open-data-contract-standard` is missing: it ships the schema of contracts",
            hint="pip install open-data-contract-standard",
        )
    schema: dict[str, Any] = json.loads((Path(places[0]) / "schema.json").read_bytes())
    _mend_conditions(schema)
    if is_30:
        _allow_rules(schema["$defs"])
    return schema


def _mend_conditions(node: object) -> None:
    """Let `if logicalType is X` hold only where there is a logicalType.

    Without `required` the condition holds for a property that has none, so 3.2's `map` was demanded of all of those.
    """
    if isinstance(node, list):
        for item in node:
            _mend_conditions(item)
    elif isinstance(node, dict):
        condition = node.get("if")
        if isinstance(condition, dict) and '"logicalType"' in json.dumps(condition):
            condition["required"] = ["logicalType"]
        for value in node.values():
            _mend_conditions(value)


def _allow_rules(definitions: dict[str, Any]) -> None:
    """Read quality entries as 3.0 wrote them: `rule` beside or instead of `metric`, and keys of their own."""
    definitions["DataQuality"].pop("unevaluatedProperties", None)
    library = definitions["DataQualityLibrary"]
    library.pop("required", None)
    library.pop("allOf", None)
    library["anyOf"] = [{"required": ["rule"]}, {"required": ["metric"]}]


def _said(error: Any, every: Iterable[Any], tree: Node) -> Iterator[tuple[int, str]]:
    """Say what one error of jsonschema means, with its line."""
    parts = list(error.absolute_path)
    node, line = _at(tree, parts)
    title, label = _title(tree, parts)
    rule, expected = error.validator, error.validator_value

    def named(key: str) -> str:
        return f"{title}`{f'{label}.{key}' if label else key}`"

    what = f"{title}`{label}`" if label else f"{title.removesuffix(': ')}" or "the contract"
    if rule == "required":
        yield from ((line, f"{named(key)} is missing") for key in expected if key not in error.instance)
    elif rule == "enum":
        options = [_plain(value) for value in expected]
        offer = did_you_mean(str(error.instance), options) if len(options) > 1 else ""
        listed = options[0] if len(options) == 1 else f"one of {', '.join(options)}"
        yield line, f"{what} is {yaml.describe(node)}, expected {listed}{offer}"
    elif rule == "const":
        yield line, f"{what} is {yaml.describe(node)}, expected {_plain(expected)}"
    elif rule == "type":
        names = expected if isinstance(expected, list) else [expected]
        wanted = " or ".join(_KINDS.get(str(name), str(name)) for name in names)
        yield line, f"{what} is {yaml.describe(node)}, expected {wanted}"
    elif rule in {"additionalProperties", "unevaluatedProperties"}:
        for key in _unknown(error, every)[:_MOST]:
            own = node if isinstance(node, Map) else Map(line)
            inside = f"{title}`{label}`: " if label else title
            elsewhere = f"there is no key `{key[:60]}` here"
            said = elsewhere if key in _named() else unknown(key, _named() - set(own))
            yield line_of(own, key), f"{inside}{said}"
    elif rule in {"oneOf", "anyOf"}:
        yield line, f"{what}: {_alternatives(error)}"
    else:
        yield line, f"{what}: {_first_line(error.message)}"


def _at(tree: Node, parts: Iterable[str | int]) -> tuple[Node, int]:
    """Return the node at a path, and its line: of a value that has a key, the key's."""
    node, line = tree, tree.line
    for part in parts:
        if isinstance(node, Map) and isinstance(part, str) and part in node:
            line, node = line_of(node, part), node[part]
        elif isinstance(node, Seq) and isinstance(part, int) and part < len(node):
            node = node[part]
            line = node.line
    return node, line


def _title(tree: Node, parts: list[str | int]) -> tuple[str, str]:
    """Return how messages name a path: the column that it lies in, as `column x: `, and the path from there."""
    column = parts[:4]
    if len(column) == 4 and (column[0], column[2]) == ("schema", "properties"):
        node, _ = _at(tree, column)
        name = node.get("name") if isinstance(node, Map) else None
        if isinstance(name, Text) and name:
            return f"column `{name[:60]}`: ", _path(parts[4:])
    return "", _path(parts)


def _unknown(error: Any, every: Iterable[Any]) -> list[str]:
    """Return the keys that a schema does not know.

    An error inside an object makes the validator forget which keys the failed branch had seen, so a key that the
    schema names anywhere is then left out.
    """
    known: set[str] = set()
    here = list(error.absolute_path)
    if any(other is not error and list(other.absolute_path)[: len(here)] == here for other in every):
        known = _named()
    if error.validator == "additionalProperties":
        known = set(error.schema.get("properties", ()))
        return [key for key in error.instance if key not in known]
    return [
        key for key in re.findall(r"'((?:[^'\\]|\\.)*)'", error.message) if key in error.instance and key not in known
    ]


@cache
def _named() -> set[str]:
    """Return every key that the schema names anywhere."""
    found: set[str] = set()
    pending: list[object] = [_schema(False)]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            found.update(node["properties"] if isinstance(node.get("properties"), dict) else ())
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return found


def _alternatives(error: Any) -> str:
    """Say which alternatives there are: keys that one has to choose from, else what is nearest to fitting."""
    wanted = [option["required"][0] for option in error.validator_value if option.get("required")]
    if wanted and isinstance(error.instance, dict):
        present = [key for key in wanted if key in error.instance]
        if len(present) != 1:
            found = "none" if not present else " and ".join(present)
            return f"expected exactly one of {', '.join(wanted)}, found {found}"
    from jsonschema.exceptions import best_match

    nearest = best_match(error.context)
    return _first_line((nearest or error).message)


def _path(parts: Iterable[str | int]) -> str:
    """Write a path as `schema[0].properties[2].logicalType`; empty for the document."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


def _plain(value: object) -> str:
    """Write a value that the schema allows."""
    return value if isinstance(value, str) else json.dumps(value)


def _first_line(message: str) -> str:
    """Shorten a message of the validator to one line."""
    line = " ".join(message.split())
    return line if len(line) <= 160 else line[:157] + "..."

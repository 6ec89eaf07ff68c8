"""An ODCS document held against the JSON Schema that the standard publishes, offline, as one line a problem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from datakit.errors import EnvironmentProblem
from datakit.formats import yaml

_PACKAGE = "open_data_contract_standard"
_IS_30 = re.compile(r"v3\.0\.\d+")


def problems(data: bytes, where: str) -> list[str]:
    r"""Judge a contract by the published JSON Schema of ODCS.

    Args:
        data: The bytes of `contract.odcs.yaml`.
        where: Its path, for error messages.

    Returns:
        Every problem in one line, `PATH: what is wrong`, sorted; empty for a valid contract.

    Raises:
        InvalidRecord: The bytes are no strict YAML.
        EnvironmentProblem: The package that ships the schema is not installed.

    >>> problems(b"kind: Contract\napiVersion: v3.1.0\nid: birds\n", "contract.odcs.yaml")
    ["kind: 'Contract' is not one of 'DataContract'", 'version: missing']
    """
    document = yaml.typed(yaml.load(data, where))
    version = document.get("apiVersion") if isinstance(document, dict) else None
    is_30 = isinstance(version, str) and _IS_30.fullmatch(version) is not None
    import jsonschema
    import referencing

    # An empty registry: a reference that is not inside the schema fails instead of being fetched.
    registry: referencing.Registry[Any] = referencing.Registry()
    validator = jsonschema.Draft201909Validator(_schema(is_30), registry=registry)
    errors = list(validator.iter_errors(document))
    return sorted({line for error in errors for line in _lines(error, errors)})


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


def _lines(error: Any, every: Iterable[Any]) -> Iterator[str]:
    """Say what one error of jsonschema means."""
    path = _path(error.absolute_path)
    rule, expected = error.validator, error.validator_value
    if rule == "required":
        yield from (_line([*error.absolute_path, key], "missing") for key in expected if key not in error.instance)
    elif rule == "enum":
        yield f"{path}: {_shown(error.instance)} is not one of {', '.join(_shown(value) for value in expected)}"
    elif rule == "const":
        yield f"{path}: {_shown(error.instance)} is not {_shown(expected)}"
    elif rule == "type":
        names = expected if isinstance(expected, list) else [expected]
        yield f"{path}: {_shown(error.instance)} is not of type {' or '.join(names)}"
    elif rule in {"additionalProperties", "unevaluatedProperties"}:
        yield from (_line([*error.absolute_path, key], "unknown key") for key in _unknown(error, every))
    elif rule in {"oneOf", "anyOf"}:
        yield f"{path}: {_alternatives(error)}"
    else:
        yield f"{path}: {_first_line(error.message)}"


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
    """Write a path as `schema[0].properties[2].logicalType`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "the contract"


def _line(parts: Iterable[str | int], problem: str) -> str:
    """Put path and problem into one line."""
    return f"{_path(parts)}: {problem}"


def _shown(value: object) -> str:
    """Write a value of the document, shortened."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _first_line(message: str) -> str:
    """Shorten a message of the validator to one line."""
    line = " ".join(message.split())
    return line if len(line) <= 160 else line[:157] + "..."

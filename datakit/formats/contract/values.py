"""Typed look-ups in a YAML mapping: each returns the value or raises `InvalidRecord` with line, expected and found."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from datakit.errors import InvalidRecord
from datakit.formats import yaml
from datakit.formats.contract.keys import did_you_mean
from datakit.formats.contract.record import LogicalType
from datakit.formats.yaml import Map, Node, Seq, Text

_REQUIRED = "\0"  # no YAML text holds it, so it can never be a default that somebody meant
_MAX_PATTERN = 1000  # characters; a longer expression is a program


def wrong(parent: Map, key: str, where: str, expected: str) -> InvalidRecord:
    """Make the error for a value that is not what it should be."""
    if key not in parent:
        return InvalidRecord(where, f"`{key}` is missing, expected {expected}", line=parent.line)
    node = parent[key]
    return InvalidRecord(where, f"`{key}` is {yaml.describe(node)}, expected {expected}", line=node.line)


@contextmanager
def located(where: str, title: str = "") -> Iterator[None]:
    """Say of every error which part of the contract it is in, and that mending it means editing that line.

    Args:
        where: The contract's path.
        title: The part, such as "column `mass`"; empty for the document.
    """
    try:
        yield
    except InvalidRecord as error:
        problem = f"{title}: {error.problem}" if title else error.problem
        edit = where if error.line is None else f"line {error.line} of {where}"
        hint = error.hint or (None if title else f"edit {edit}")
        raise InvalidRecord(where, problem, line=error.line, hint=hint) from None


def text(parent: Map, key: str, where: str, default: str = _REQUIRED) -> str:
    """Return a text as it is written; a number or word without quotes counts as its text, null as missing."""
    node = parent.get(key)
    if isinstance(node, Text) and not _is_null(node):
        return str(node)
    if default == _REQUIRED or not (node is None or _is_null(node)):
        raise wrong(parent, key, where, "a text")
    return default


def choice(parent: Map, key: str, where: str, options: Sequence[str], default: str = _REQUIRED) -> str:
    """Return a text that has to be one of a few."""
    found = text(parent, key, where, "" if default == _REQUIRED else default)
    if found not in options and found != default:
        expected = options[0] if len(options) == 1 else "one of " + ", ".join(options)
        offer = did_you_mean(found, options) if len(options) > 1 else ""
        raise wrong(parent, key, where, expected + offer)
    return found


def flag(parent: Map, key: str, where: str, *, default: bool = False) -> bool:
    """Return a truth value."""
    value = _plain(parent, key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise wrong(parent, key, where, "true or false")
    return value


def number(parent: Map, key: str, where: str) -> int | float:
    """Return a finite number; a whole one as an integer, so that 1.0 and 1 are the same."""
    value = _plain(parent, key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong(parent, key, where, "a number")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def integer(parent: Map, key: str, where: str, default: int) -> int:
    """Return a whole number."""
    value = _plain(parent, key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(parent, key, where, "a whole number")
    return value


def pair(parent: Map, key: str, where: str) -> tuple[float, float]:
    """Return two numbers, the smaller one first."""
    node = parent.get(key)
    if isinstance(node, Seq) and len(node) == 2:
        ends = Map(node.line)
        ends.update({"0": node[0], "1": node[1]})
        low, high = _plain(ends, "0"), _plain(ends, "1")
        if _is_number(low) and _is_number(high) and low < high:  # type: ignore[operator]  # both are numbers
            return float(low), float(high)  # type: ignore[arg-type]
    raise wrong(parent, key, where, "a list of two numbers, the smaller one first")


def bound_of(parent: Map, key: str, where: str, kind: LogicalType) -> object:
    """Return the value of one logical type option: a number, a length, a pattern or an ISO 8601 text."""
    if key in {"minLength", "maxLength"}:
        length = integer(parent, key, where, -1)
        if length < 0:
            raise wrong(parent, key, where, "a whole number of characters, 0 or more")
        return length
    if key == "pattern":
        return pattern(parent, key, where)
    if kind in {"integer", "number"}:
        value = number(parent, key, where)
        if key == "multipleOf" and value <= 0:
            raise wrong(parent, key, where, "a number above 0")
        return value
    return moment(parent, key, where, kind)


def pattern(parent: Map, key: str, where: str) -> str:
    """Return a regular expression of bearable length."""
    found = text(parent, key, where)
    if len(found) > _MAX_PATTERN:
        raise wrong(parent, key, where, f"a pattern of at most {_MAX_PATTERN} characters")
    return found


def moment(parent: Map, key: str, where: str, kind: LogicalType) -> str:
    """Return a date, timestamp or time in ISO 8601."""
    found = text(parent, key, where)
    parse, example = {
        "date": (dt.date.fromisoformat, "2024-01-31"),
        "timestamp": (dt.datetime.fromisoformat, "2024-01-31T12:00:00Z"),
        "time": (dt.time.fromisoformat, "12:00:00"),
    }[kind]
    try:
        parse(found)
    except ValueError:
        raise wrong(parent, key, where, f"a {kind} in ISO 8601 such as {example}") from None
    return found


def scalar(parent: Map, key: str, where: str, kind: LogicalType | None) -> object:
    """Return a value that a column of this type may hold; of a text column as it is written."""
    if kind in {"integer", "number"}:
        return number(parent, key, where)
    if kind == "boolean":
        value = _plain(parent, key)
        if not isinstance(value, bool):
            raise wrong(parent, key, where, "true or false")
        return value
    return text(parent, key, where)


def scalars(parent: Map, key: str, where: str, kind: LogicalType | None) -> list[object]:
    """Return a list of values that a column of this type may hold; null counts as missing anyway and is left out."""
    listed = _list(parent, key, where, "a list of values")
    found = []
    for node in listed:
        if not _is_null(node):
            holder = Map(node.line)
            holder[key] = node
            found.append(scalar(holder, key, where, kind))
    return found


def texts(parent: Map, key: str, where: str) -> list[str]:
    """Return a list of texts as they are written."""
    listed = _list(parent, key, where, "a list of texts")
    for node in listed:
        if not isinstance(node, Text):
            problem = f"`{key}` holds {yaml.describe(node)}, expected a list of texts"
            raise InvalidRecord(where, problem, line=node.line)
    return [str(node) for node in listed]


def items(parent: Map, key: str, where: str) -> list[Map]:
    """Return a list of mappings; none where the key is not there."""
    listed = _list(parent, key, where, "a list of mappings")
    return [yaml.mapping(node, where, what=f"`{key}[{index}]`") for index, node in enumerate(listed)]


def submap(parent: Map, key: str, where: str) -> Map:
    """Return a mapping; an empty one where the key is not there."""
    node = parent.get(key)
    if node is None or _is_null(node):
        return Map(parent.line)
    return yaml.mapping(node, where, what=f"`{key}`")


def character(parent: Map, key: str, where: str, default: str, *, or_empty: bool = False) -> str:
    """Return one character, or an empty text where that is allowed."""
    node = parent.get(key)
    if or_empty and isinstance(node, Text) and not node and not node.plain:
        return ""
    found = text(parent, key, where, default)
    if len(found) != 1 or found in "\r\n":
        raise wrong(parent, key, where, "one character" + (" or an empty text in quotes" if or_empty else ""))
    return found


def encoding(parent: Map, key: str, where: str) -> str:
    """Return the name of a text encoding that Python knows."""
    found = text(parent, key, where, "utf-8")
    try:
        "".encode(found)
    except (LookupError, UnicodeError):
        raise wrong(parent, key, where, "a text encoding such as utf-8 or latin-1") from None
    return found


def _list(parent: Map, key: str, where: str, expected: str) -> list[Node]:
    """Return a list; an empty one where the key is not there."""
    node = parent.get(key)
    if node is None or _is_null(node):
        return []
    if not isinstance(node, Seq):
        raise wrong(parent, key, where, expected)
    return node


def _plain(parent: Map, key: str) -> yaml.Value:
    """Return the typed value, or None where the key is not there."""
    node = parent.get(key)
    return None if node is None else yaml.typed(node)


def _is_null(node: Node) -> bool:
    """Say whether a node is null."""
    return isinstance(node, Text) and node.plain and yaml.typed(node) is None


def _is_number(value: yaml.Value) -> bool:
    """Say whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

"""JSON to a flat text table: every value keeps its exact spelling, and what JSON leaves open is refused.

Python's parser reads numbers as text here (`1.10` and integers of any size stay as written), sees every pair of an
object (a duplicate key is an error) and names the line; DuckDB's own reader does none of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from datakit.errors import InvalidData
from datakit.tables.names import columns_cap
from datakit.tables.screen import open_text

depth_cap = 64
_array_cap = 1 << 30


class Flat(NamedTuple):
    """What flattening found."""

    names: tuple[str, ...]  # union of the keys, in the order of their first sight
    texts: frozenset[str]  # columns that hold at least one JSON string
    nested: frozenset[str]  # columns that hold at least one object or array


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class _Problem(ValueError):
    """What is wrong with a JSON value that the grammar alone allows."""


def flatten(path: Path, name: str, form: str, target: Path) -> Flat:
    """Write a JSON table as CSV with every text quoted; an unquoted empty field is null.

    Args:
        path: The file.
        name: What messages call it.
        form: `jsonl` or `json`.
        target: The CSV; its columns come in the order of the result's names.

    Returns:
        The names of the columns, and which hold texts and nested values.

    Raises:
        InvalidData: Broken JSON, a duplicate key, NaN, nesting beyond 64 levels, an element that is no object.
    """
    known: dict[str, None] = {}
    while True:
        texts, nested, late = _write(_objects(path, name, form), name, known, target)
        if not late:
            return Flat(tuple(known), texts, nested)
        # A key that first appeared late left shorter rows before it: write once more, with all keys known.


def _write(
    objects: Iterator[tuple[int, dict[str, object]]], name: str, known: dict[str, None], target: Path
) -> tuple[frozenset[str], frozenset[str], bool]:
    """Write one line for each object; `known` grows.

    Returns:
        The columns that hold texts, those that hold nested values, and whether a key came after the first object.
    """
    texts: set[str] = set()
    nested: set[str] = set()
    late = False
    with target.open("w", encoding="utf-8", newline="") as out:
        for number, (line, row) in enumerate(objects):
            if not row.keys() <= known.keys():
                known.update(dict.fromkeys(row))
                late = late or number > 0
                if len(known) > columns_cap:
                    raise InvalidData(f"{name}:{line}: more than {columns_cap:,} different keys; is this a table?")
            texts.update(key for key, value in row.items() if type(value) is str)
            nested.update(key for key, value in row.items() if isinstance(value, dict | list))
            try:
                out.write(",".join([_field(row.get(key)) for key in known]) + "\n")
            except UnicodeEncodeError as error:
                raise InvalidData(f"{name}:{line}: half of a surrogate pair is no text") from error
    return frozenset(texts), frozenset(nested), late


def _field(value: object) -> str:
    """Return one CSV field: nothing for null, a quoted text for everything else."""
    if value is None:
        return ""
    return '"' + (value if isinstance(value, str) else spell(value)).replace('"', '""') + '"'


def spell(value: object) -> str:
    """Return a parsed JSON value as compact JSON, numbers as they were written.

    >>> spell({"a": [True, None, "x"]})
    '{"a":[true,null,"x"]}'
    """
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{spell(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(spell(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _objects(path: Path, name: str, form: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield each object with its line."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_pairs, parse_float=_Number, parse_int=_Number, parse_constant=_refuse_constant
    )
    for line, value in (_lines if form == "jsonl" else _elements)(path, name, decoder):
        if not isinstance(value, dict):
            raise InvalidData(f"{name}:{line}: expected an object, found {_kind(value)}")
        if any(isinstance(v, dict | list) and _deeper(v, depth_cap - 1) for v in value.values()):
            raise InvalidData(f"{name}:{line}: nested deeper than {depth_cap} levels")
        yield line, value


def _lines(path: Path, name: str, decoder: json.JSONDecoder) -> Iterator[tuple[int, object]]:
    """Yield the value on each line that is not blank."""
    with open_text(path, name)[0] as file:
        for number, raw in enumerate(file, start=1):
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                value, end = _parse(decoder, text, 0, name, number)
                if end != len(text):
                    raise InvalidData(f"{name}:{number}: broken JSON: more than one value on the line")
                yield number, value


def _elements(path: Path, name: str, decoder: json.JSONDecoder) -> Iterator[tuple[int, object]]:
    """Yield the elements of the one array that the file holds."""
    with open_text(path, name)[0] as file:
        raw = file.read(_array_cap + 1)
    if len(raw) > _array_cap:
        raise InvalidData(f"{name}: a JSON array of more than 1 GB; write one object a line (`.jsonl`)")
    text = raw.decode("utf-8-sig")
    at, line = _expect(text, 0, "[", name, 1)
    if text[at : at + 1] == "]":
        closed = at
    else:
        while True:
            value, end = _parse(decoder, text, at, name, line)
            yield line, value
            closed = _skip(text, end)
            line += text.count("\n", at, closed)
            if text[closed : closed + 1] != ",":
                break
            at, line = _expect(text, closed, ",", name, line)
    at, line = _expect(text, closed, "]", name, line)
    if at != len(text):
        raise InvalidData(f"{name}:{line}: broken JSON: text after the array")


def _expect(text: str, at: int, token: str, name: str, line: int) -> tuple[int, int]:
    """Step over one character and the blanks around it; returns the new position and its line."""
    start = _skip(text, at)
    line += text.count("\n", at, start)
    if text[start : start + 1] != token:
        found = "the end" if start == len(text) else f"`{text[start]}`"
        raise InvalidData(f"{name}:{line}: broken JSON: expected `{token}`, found {found}")
    end = _skip(text, start + 1)
    return end, line + text.count("\n", start, end)


def _skip(text: str, at: int) -> int:
    """Return the position of the next character that is not blank."""
    while text[at : at + 1] in {" ", "\t", "\n", "\r"}:
        at += 1
    return at


def _parse(decoder: json.JSONDecoder, text: str, at: int, name: str, line: int) -> tuple[object, int]:
    """Parse one value and name the line of what is wrong."""
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        where = line + text.count("\n", at, error.pos)
        raise InvalidData(f"{name}:{where}: broken JSON: {error.msg[:1].lower()}{error.msg[1:]}") from error
    except _Problem as error:
        raise InvalidData(f"{name}:{line}: {error}") from error
    except RecursionError as error:
        raise InvalidData(f"{name}:{line}: nested deeper than {depth_cap} levels") from error


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object; refuse a key that comes twice, since readers disagree on which one counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Problem(f"the key `{twice}` comes twice in one object")
    return found


def _refuse_constant(constant: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise _Problem(f"`{constant}` is not JSON; a missing number is `null`")


def _deeper(value: object, levels: int) -> bool:
    """Tell whether a value nests deeper than so many levels."""
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    return any(_deeper(v, levels - 1) for v in (value.values() if isinstance(value, dict) else value))


def _kind(value: object) -> str:
    """Name the JSON type of a value."""
    if isinstance(value, _Number):
        return "a number"
    names = {str: "a text", list: "an array", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "something else")

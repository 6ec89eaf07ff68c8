"""Typed look-ups: what counts as each type, and what is said of everything else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import yaml
from datakit.formats.contract import values
from datakit.formats.yaml import Map

Look = Callable[[Map, str, str], object]


def holder(text: str) -> Map:
    """Return the mapping whose key `k` has this value, on line 2."""
    return yaml.mapping(yaml.load(f"# a contract\nk: {text}\n".encode(), "c.yaml"), "c.yaml")


LOOKS: dict[str, Look] = {
    "text": values.text,
    "text or": lambda parent, key, where: values.text(parent, key, where, "default"),
    "flag": values.flag,
    "number": values.number,
    "integer": lambda parent, key, where: values.integer(parent, key, where, -7),
    "pair": values.pair,
    "pattern": values.pattern,
    "date": lambda parent, key, where: values.moment(parent, key, where, "date"),
    "timestamp": lambda parent, key, where: values.moment(parent, key, where, "timestamp"),
    "time": lambda parent, key, where: values.moment(parent, key, where, "time"),
    "character": lambda parent, key, where: values.character(parent, key, where, ","),
    "quote": lambda parent, key, where: values.character(parent, key, where, '"', or_empty=True),
    "encoding": values.encoding,
    "texts": values.texts,
    "numbers": lambda parent, key, where: values.scalars(parent, key, where, "integer"),
    "truths": lambda parent, key, where: values.scalars(parent, key, where, "boolean"),
    "items": values.items,
    "submap": values.submap,
}


@pytest.mark.parametrize(
    ("look", "text", "value"),
    [
        ("text", "a b", "a b"), ("text", "12", "12"), ("text", "no", "no"), ("text", "''", ""), ("text or", "null", "default"), ("text or", "~", "default"),
        ("text or", "'null'", "null"), ("flag", "true", True), ("flag", "null", False), ("number", "1.0", 1), ("number", "1.5", 1.5), ("number", "1e3", 1000),
        ("integer", "3", 3), ("integer", "", -7), ("pair", "[1, 2.5]", (1.0, 2.5)), ("pattern", "'^a$'", "^a$"), ("date", "2024-02-29", "2024-02-29"),
        ("timestamp", "2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z"), ("time", "'12:00'", "12:00"), ("character", "';'", ";"), ("character", "null", ","),
        ("quote", "''", ""), ("quote", "null", '"'), ("encoding", "latin-1", "latin-1"), ("encoding", "null", "utf-8"), ("texts", "[a, 1, no]", ["a", "1", "no"]),
        ("texts", "null", []), ("numbers", "[1, null, 2.0]", [1, 2]), ("truths", "[true, false]", [True, False]), ("items", "[{a: b}]", [{"a": "b"}]),
        ("items", "null", []), ("submap", "null", {}), ("submap", "{a: b}", {"a": "b"}),
    ],
)  # fmt: skip
def test_what_counts(look: str, text: str, value: object) -> None:
    found = LOOKS[look](holder(text), "k", "c.yaml")
    assert (found, type(found) in {type(value), Map, yaml.Seq}) == (value, True)


@pytest.mark.parametrize(
    ("look", "text", "problem"),
    [
        ("text", "null", "`k` is `null`, expected a text"), ("text", "[a]", "`k` is a list, expected a text"), ("text or", "{a: b}", "`k` is a mapping, expected a text"),
        ("flag", "no", "`k` is `no`, expected true or false"), ("flag", "'true'", "`k` is `true`, expected true or false"), ("number", "'1'", "`k` is `1`, expected a number"),
        ("number", ".nan", "`k` is `.nan`, expected a number"), ("number", "true", "`k` is `true`, expected a number"), ("integer", "1.5", "`k` is `1.5`, expected a whole number"),
        ("integer", "true", "`k` is `true`, expected a whole number"), ("pair", "[2, 2]", "`k` is a list, expected a list of two numbers, the smaller one first"),
        ("pair", "[1, x]", "`k` is a list, expected a list of two numbers, the smaller one first"), ("pattern", "a" * 1001, f"`k` is `{'a' * 57}...`, expected a pattern of at most 1000 characters"),
        ("date", "2023-02-29", "`k` is `2023-02-29`, expected a date in ISO 8601 such as 2024-01-31"), ("time", "noon", "`k` is `noon`, expected a time in ISO 8601 such as 12:00:00"),
        ("timestamp", "soon", "`k` is `soon`, expected a timestamp in ISO 8601 such as 2024-01-31T12:00:00Z"), ("character", "ab", "`k` is `ab`, expected one character"),
        ("character", "''", "`k` is empty, expected one character"), ("quote", "ab", "`k` is `ab`, expected one character or an empty text in quotes"),
        ("character", '"\\n"', "`k` is `\n`, expected one character"), ("encoding", "klingon", "`k` is `klingon`, expected a text encoding such as utf-8 or latin-1"),
        ("texts", "a", "`k` is `a`, expected a list of texts"), ("texts", "[[a]]", "`k` holds a list, expected a list of texts"), ("numbers", "[x]", "`k` is `x`, expected a number"),
        ("truths", "[yes]", "`k` is `yes`, expected true or false"), ("items", "[a]", "`k[0]` is `a`, expected a mapping"), ("submap", "a", "`k` is `a`, expected a mapping"),
    ],
)  # fmt: skip
def test_everything_else_is_named(look: str, text: str, problem: str) -> None:
    with pytest.raises(InvalidRecord, match=f"^{re.escape(f'c.yaml:2: {problem}')}$"):
        LOOKS[look](holder(text), "k", "c.yaml")


@pytest.mark.parametrize("look", ["text", "number", "pair", "pattern", "date"])
def test_what_is_needed_and_not_there(look: str) -> None:
    with pytest.raises(InvalidRecord, match=r"^c\.yaml:2: `other` is missing, expected "):
        LOOKS[look](holder("x"), "other", "c.yaml")


@pytest.mark.parametrize(
    ("options", "default", "text", "problem"),
    [
        (("a", "b"), None, "c", "`k` is `c`, expected one of a, b"), (("a",), None, "c", "`k` is `c`, expected a"),
        (("a", "b"), "a", "c", "`k` is `c`, expected one of a, b"),
    ],
)  # fmt: skip
def test_one_of_a_few(options: tuple[str, ...], default: str | None, text: str, problem: str) -> None:
    more = () if default is None else (default,)
    assert values.choice(holder("a"), "k", "c.yaml", options, *more) == "a"
    with pytest.raises(InvalidRecord, match=f"^{re.escape(f'c.yaml:2: {problem}')}$"):
        values.choice(holder(text), "k", "c.yaml", options, *more)

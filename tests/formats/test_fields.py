"""Typed reading: what is taken, what is refused, and how the refusal says where."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import yaml
from datakit.formats.fields import Fields, describe


def made(text: str) -> Fields:
    """Return the fields of a YAML text."""
    return Fields(yaml.load(text.encode(), "a.yaml"), "a.yaml")


def problem(call: Callable[[], object]) -> tuple[str, int | None]:
    """Return what a look-up complains about, and the line."""
    with pytest.raises(InvalidRecord) as caught:
        call()
    assert caught.value.path == "a.yaml"
    return caught.value.problem, caught.value.line


@pytest.mark.parametrize(
    ("text", "found"), [("- 1\n", "a list"), ("word\n", "'word'"), ("", "''"), ("# only a comment\n", "''")]
)
def test_only_a_mapping_has_fields(text: str, found: str) -> None:
    assert problem(lambda: made(text)) == (f"expected a mapping, found {found}", None)


def test_a_mapping_is_demanded_at_its_place() -> None:
    assert problem(lambda: made("a:\n  b: 1\n").within("a").within("b")) == (
        "expected a mapping at `a.b`, found '1'",
        None,
    )
    assert problem(lambda: made("a: [1]\n").each("a")) == ("expected a mapping at `a[0]`, found '1'", None)
    assert problem(lambda: made("a: {b: [{c: 1}, x]}\n").within("a").each("b"))[0] == (
        "expected a mapping at `a.b[1]`, found 'x'"
    )


def test_what_is_missing_and_what_is_null_are_alike() -> None:
    fields = made("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n")
    assert ["a" in fields, "b" in fields, "c" in fields, "d" in fields, "e" in fields, "f" in fields] == [
        False, False, False, True, True, False,
    ]  # fmt: skip
    assert (fields.text("d"), fields.text("e"), fields.text("a", "x"), fields.optional("b")) == ("", "null", "x", None)
    assert fields.integer("c", 3) == 3
    assert fields.whole("c") is None
    assert fields.number("c") is None
    assert fields.flag("c", default=True) is True
    assert fields.texts("c") == ()
    assert fields.each("c") == []
    assert fields.within("c").mapping == {}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda f: f.text("x"), "a text"),
        (lambda f: f.integer("x"), "a whole number, not negative"),
        (lambda f: f.digest("x", "md5"), "a text"),
    ],
)
def test_a_missing_field_is_named(read: Callable[[Fields], object], expected: str) -> None:
    assert problem(lambda: read(made("a: 1\n"))) == (f"`x`: expected {expected}, found nothing", None)


@pytest.mark.parametrize(
    ("value", "read", "said"),
    [
        ("[1]", lambda f: f.text("x"), "a text, found a list"),
        ("{a: 1}", lambda f: f.text("x"), "a text, found a mapping"),
        ("-1", lambda f: f.integer("x"), "a whole number, not negative, found '-1'"),
        ("1.5", lambda f: f.integer("x"), "a whole number, not negative, found '1.5'"),
        ("no", lambda f: f.whole("x"), "a whole number, not negative, found 'no'"),
        ("1_000", lambda f: f.integer("x"), "a whole number, not negative, found '1_000'"),
        ("٣", lambda f: f.integer("x"), "a whole number, not negative, found '٣'"),
        ("9" * 5000, lambda f: f.integer("x"), "a whole number, not negative, found '" + "9" * 56 + "…"),
        ("[1]", lambda f: f.number("x"), "a number, found a list"),
        ("much", lambda f: f.number("x"), "a number, found 'much'"),
        ("no", lambda f: f.flag("x"), "true or false, found 'no'"),
        ("1", lambda f: f.flag("x"), "true or false, found '1'"),
        ("[]", lambda f: f.flag("x"), "true or false, found a list"),
        ("a", lambda f: f.texts("x"), "a list of texts, found 'a'"),
        ("[[a]]", lambda f: f.texts("x"), "a list of texts, found a list"),
        ("a", lambda f: f.each("x"), "a list, found 'a'"),
        ("a" * 32, lambda f: f.digest("x", "sha256"), f"a sha256 in lower-case hexadecimal, found '{'a' * 32}'"),
        ("A" * 32, lambda f: f.digest("x", "md5"), f"an md5 in lower-case hexadecimal, found '{'A' * 32}'"),
        ("a" * 31, lambda f: f.digest("x", "md5"), f"an md5 in lower-case hexadecimal, found '{'a' * 31}'"),
        (f"{'a' * 40}.dir", lambda f: f.digest("x", "git"), f"a git in lower-case hexadecimal, found '{'a' * 40}.dir'"),
    ],
)  # fmt: skip
def test_a_wrong_field_says_what_was_expected_and_found(
    value: str, read: Callable[[Fields], object], said: str
) -> None:
    found, line = problem(lambda: read(made(f"a: 1\nx: {value}\n")))
    assert found == f"`x`: expected {said}"
    assert line in {None, 2}
    if value[0] not in "[{":
        assert line == 2


def test_numbers_of_json() -> None:
    fields = Fields({"a": 1, "b": True, "c": 1.5, "d": 10**400, "e": "1e3", "f": "-2"}, "a.json")
    assert (fields.integer("a"), fields.number("a"), fields.number("c"), fields.number("e")) == (1, 1.0, 1.5, 1000.0)
    assert fields.number("f") == -2.0
    for key in ("b", "d"):
        with pytest.raises(InvalidRecord, match="expected a number"):
            fields.number(key)
    with pytest.raises(InvalidRecord, match="expected a whole number, not negative, found True"):
        fields.integer("b")
    with pytest.raises(InvalidRecord, match=r"expected a whole number, not negative, found 1\.5"):
        fields.integer("c")


def test_flags() -> None:
    assert [Fields({"a": v}, "a").flag("a") for v in (True, False, "true", "False", "TRUE")] == [
        True, False, True, False, True,
    ]  # fmt: skip


def test_digests() -> None:
    md5, sha, sha256 = "a" * 32, "b" * 40, "c" * 64
    fields = Fields({"a": md5, "b": f"{md5}.dir", "c": sha, "d": sha256}, "a")
    assert [fields.digest("a", "md5"), fields.digest("b", "md5")] == [md5, f"{md5}.dir"]
    assert [fields.digest("c", "git"), fields.digest("d", "git"), fields.digest("d", "sha256")] == [sha, sha256, sha256]


def test_unknown_keys_are_refused_or_kept() -> None:
    fields = made("a: 1\nb: {c: 2}\n")
    assert problem(lambda: fields.only(["b", "z"])) == ("`a`: unknown key, expected one of b, z", None)
    assert problem(lambda: fields.within("b").only(["x"])) == ("`b.c`: unknown key, expected one of x", None)
    fields.only(["a", "b"])
    assert fields.rest(["a"]) == {"b": {"c": "2"}}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_whole_numbers_as_text_or_number(value: int) -> None:
    assert Fields({"a": value, "b": str(value)}, "x").integer("a") == value
    assert Fields({"a": value, "b": str(value)}, "x").integer("b") == value


def test_describe_cuts_what_is_long() -> None:
    assert describe("x" * 100) == "'" + "x" * 56 + "…"
    assert describe({}) == "a mapping"
    assert describe(()) == "a list"
    assert describe(True) == "True"

"""Files that datakit alone writes: same bytes for same facts, and every hand edit is noticed."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import record

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(texts.filter(lambda key: key != "digest"), values, min_size=1, max_size=5)

SAMPLE = {"manifest": 1, "name": "reviews", "data": {"rows": 12, "note": "a\nb é"}, "list": [1, 2]}
WRITTEN = record.dump(SAMPLE)
CHANGED = "was changed by hand or staged in part: its digest does not match"
CUT = "has no digest as its last line: it was not written by datakit, or was cut"


def refused(data: bytes) -> InvalidRecord:
    """Return the error that these bytes raise."""
    with pytest.raises(InvalidRecord) as caught:
        record.load(data, "m.json")
    assert caught.value.path == "m.json"
    return caught.value


def test_the_form() -> None:
    head = b'{\n  "a": 1,\n  "b": {\n    "c": "\xc3\xa9"\n  },\n'
    digest = hashlib.sha256(head).hexdigest()
    assert record.dump({"a": 1, "b": {"c": "é"}}) == head + f'  "digest": "{digest}"\n}}\n'.encode()
    assert json.loads(WRITTEN)["name"] == "reviews"


@settings(max_examples=60, deadline=None)
@given(documents)
def test_round_trip(fields: dict[str, object]) -> None:
    written = record.dump(fields)
    assert record.load(written, "m.json") == fields
    assert list(record.load(written, "m.json")) == list(fields)
    assert record.dump(record.load(written, "m.json")) == written
    assert record.load(written.replace(b"\n", b"\r\n"), "m.json") == fields


def test_every_edit_of_one_byte_is_noticed() -> None:
    for at in range(len(WRITTEN)):
        for new in {b"", b" ", b"0", b"x", bytes([WRITTEN[at] ^ 1])} - {WRITTEN[at : at + 1]}:
            edited = WRITTEN[:at] + new + WRITTEN[at + 1 :]
            refused(edited)


def test_every_cut_and_every_missing_line_is_noticed() -> None:
    for end in range(len(WRITTEN)):
        refused(WRITTEN[:end])
    lines = WRITTEN.splitlines(keepends=True)
    for at in range(len(lines)):
        refused(b"".join(lines[:at] + lines[at + 1 :]))
        refused(b"".join([*lines[: at + 1], *lines[at:]]))


@pytest.mark.parametrize(
    ("data", "problem", "line"),
    [
        (b"", "is empty", None),
        (b" \n", "is empty", None),
        (WRITTEN[: len(WRITTEN) // 2], "is not JSON: Expecting ':' delimiter", 8),
        (WRITTEN.replace(b'"rows": 12', b'"rows": 13'), CHANGED, None),
        (WRITTEN.replace(b'"rows": 12', b'"rows":  12'), CHANGED, None),
        (b'{"a": 1}\n', CUT, None),
        (WRITTEN + b"\n", CUT, None),
        (WRITTEN.replace(b'"digest": "', b'"digest": "A'), CUT, None),
        (b"[]\n", "expected a JSON object, found a list", None),
        (b"1\n", "expected a JSON object, found a number", None),
        (b"1.5\n", "expected a JSON object, found a number", None),
        (b"true\n", "expected a JSON object, found a truth value", None),
        (b'"a"\n', "expected a JSON object, found a text", None),
        (b"null\n", "expected a JSON object, found null", None),
        (b'{"a": 1, "a": 1}\n', "has the key `a` twice", None),
        (b'{"b": {"a": 1, "a": 1}}\n', "has the key `a` twice", None),
        (b'{"a": NaN}\n', "holds NaN, which is not JSON", None),
        (b'{"a": -Infinity}\n', "holds -Infinity, which is not JSON", None),
        (b'{"a": "\xff"}', "is not UTF-8: byte 7", None),
        (b"[" * 100_000, "is nested too deep", None),
        (b'{"a": ' + b"9" * 5000 + b"}", "holds a number with too many digits", None),
        (b"<<<<<<< HEAD\n{}\n", "holds the marks of an unresolved merge", None),
    ],
)
def test_what_is_refused(data: bytes, problem: str, line: int | None) -> None:
    error = refused(data)
    assert error.problem == problem
    assert error.line == line


def test_an_unresolved_merge_is_named() -> None:
    one, other = record.dump({**SAMPLE, "name": "a"}), record.dump({**SAMPLE, "name": "b"})
    merged = b"<<<<<<< ours\n" + one + b"=======\n" + other + b">>>>>>> theirs\n"
    middle = WRITTEN.replace(b'  "name"', b'<<<<<<< HEAD\n  "name"')
    assert refused(merged).problem == refused(middle).problem == "holds the marks of an unresolved merge"
    windows = middle.replace(b"\n", b"\r\n")
    assert refused(windows).problem == "holds the marks of an unresolved merge"


def test_a_byte_order_mark_does_not_matter() -> None:
    assert record.load(b"\xef\xbb\xbf" + WRITTEN, "m.json") == SAMPLE


def test_a_digest_further_up_is_not_the_digest() -> None:
    body = WRITTEN.removesuffix(b"\n}\n") + b',\n  "more": 1\n}\n'
    assert refused(body).problem == CUT


def test_a_record_of_absurd_size_is_not_parsed() -> None:
    assert refused(b" " * (record.LIMIT + 1)).problem == "is 16,777,217 bytes, expected at most 16,777,216"


def test_no_number_that_is_none_is_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        record.dump({"a": float("nan")})


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('"\\ud800"', "holds half a character, which no text can be written with"),
        ("1e999", "holds the number 1e999, which is too large"),
        ("-1e999", "holds the number -1e999, which is too large"),
    ],
)
def test_what_json_allows_and_nobody_could_write_again(value: str, problem: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        record.load(f'{{"a": {value}}}\n'.encode(), "x")
    assert caught.value.problem == problem


def test_a_character_written_as_a_pair_is_whole() -> None:
    data = record.dump({"a": "\U0001f427"})
    assert record.load(data, "x") == {"a": "\U0001f427"}

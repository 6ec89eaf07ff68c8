"""The list of the files of a folder that may be run: short where it can be, and hostile where it comes from elsewhere."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import executables, listing
from datakit.formats.executables import Measured
from tests.support.paths import UNSAFE


def test_all_and_none_need_no_list() -> None:
    assert executables.measure(["a", "b"], 2) == Measured("all")
    assert executables.measure([], 2) == Measured("none")
    assert executables.measure(["a"], 1) == Measured("all")


def test_the_list_is_sorted_with_one_path_a_line() -> None:
    data = b'[\n"a/\\u00fc",\n"b\\nc"\n]\n'
    assert executables.measure(["b\nc", "a/ü"], 3).list == data
    assert executables.measure(["a/ü", "b\nc"], 3) == executables.measure(["b\nc", "a/ü"], 3)


@given(st.sets(st.text(max_size=8).filter(lambda name: listing.path_problem(name) is None), min_size=1))
def test_what_is_written_is_read(paths: set[str]) -> None:
    assert executables.load(executables.dump(paths), "x") == paths


@pytest.mark.parametrize("name", UNSAFE, ids=lambda name: name[:30].encode("unicode_escape").decode())
def test_unsafe_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidRecord, match=r"^x: unsafe path `.*`: " + re.escape(UNSAFE[name]) + "$"):
        executables.load(json.dumps(["a", name]).encode(), "x")


@pytest.mark.parametrize("data", [b"", b"[", b"\xff", b"[" * 100_000, b"[" + b"9" * 5000 + b"]"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRecord, match=r"^x: not the JSON of a list of paths$"):
        executables.load(data, "x")


@pytest.mark.parametrize("data", [b"{}", b'"a"', b"[7]", b'["a", null]', b"[[]]", b"null"])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRecord, match=r"^x: expected a list of paths$"):
        executables.load(data, "x")


def test_a_list_that_is_too_long_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_BYTES", 4)
    with pytest.raises(InvalidRecord, match="list of 5 bytes, expected at most 4"):
        executables.load(b'["a"]', "x")

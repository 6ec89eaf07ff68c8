"""Records as JSON, numbers as people read them."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.formats.names import Reference
from datakit.formats.url import redact
from datakit.report import plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_plain_values_come_back(value: object) -> None:
    assert json.loads(plain.as_json(value)) == value


def test_records_are_objects_and_everything_else_is_plain() -> None:
    value = {"r": (Reference("a", None),), 1: frozenset({2}), "p": PurePosixPath("x/y"), "u": redact("https://x/y")}
    assert json.loads(plain.as_json(value)) == {
        "r": [{"name": "a", "version": None}], "1": [2], "p": "x/y", "u": "https://x/y",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (10**18, "1000.0 PB")],
)
def test_sizes(number: int, text: str) -> None:
    assert plain.size(number) == text

"""Columns that line up, whatever stands in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from datakit.report import table

CELLS = st.text(max_size=8)


@given(st.integers(1, 4).flatmap(lambda count: st.lists(st.lists(CELLS, min_size=count, max_size=count), max_size=5)))
def test_every_column_begins_at_one_place(rows: list[list[str]]) -> None:
    lines = table.columns([["|", *row, "|"] for row in rows])
    assert len({table.width(line) for line in lines}) <= 1
    assert all("\n" not in line and "\x1b" not in line for line in lines)


def test_numbers_are_aligned_to_the_right() -> None:
    assert table.columns([["a", "10", "x"], ["b", "5", "y"]], right=[1]) == ["a  10  x", "b   5  y"]


def test_nothing() -> None:
    assert table.columns([]) == []

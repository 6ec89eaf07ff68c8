"""Bounds: compared exactly, whatever the type, or refused with the reason."""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Column
from datakit.tables import bounds
from tests.support.tables import check, one


def test_bounds_of_large_integers_are_exact(tmp_path: Path) -> None:
    table = "n\n9007199254740993\n"
    columns = (Column("n", "integer"),)
    assert one(tmp_path, check("maximum", "n", {"value": 9007199254740992}), table, columns).outcome == "failed"
    assert one(tmp_path, check("maximum", "n", {"value": "9007199254740993"}), table, columns).outcome == "passed"


def test_dates_compare_as_dates(tmp_path: Path) -> None:
    result = one(tmp_path, check("minimum", "when", {"value": dt.date(2020, 1, 1).isoformat()}))
    assert (result.outcome, result.reason) == (
        "passed",
        "",
    )  # the text `soon` is no date, which the check of the type says


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only computes."""
    with duckdb.connect() as con:
        yield con


decimals = st.decimals(-(10**20), 10**20, allow_nan=False, places=3)
PYTHON = {
    "minimum": operator.ge, "maximum": operator.le, "exclusive_minimum": operator.gt, "exclusive_maximum": operator.lt,
}  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(bounds.kinds), decimals, st.integers(-(10**20), 10**20), st.booleans())
def test_integers_compare_as_python_compares_them(
    engine: duckdb.DuckDBPyConnection, kind: str, limit: Decimal, value: int, near: bool
) -> None:
    value = int(limit) if near else value
    sql, _ = bounds.compare(kind, str(limit), Column("n", "integer"), f"CAST('{value}' AS HUGEINT)", "HUGEINT")
    assert engine.execute(f"SELECT {sql}").fetchall() == [(PYTHON[kind](value, limit),)]


@pytest.mark.parametrize(
    ("value", "sql_type", "limit", "kept"),
    [
        ("6", "HUGEINT", 3, True), ("7", "HUGEINT", 3, False), ("0.3", "DOUBLE", 0.1, True), ("0.35", "DOUBLE", 0.1, False),
        ("7", "HUGEINT", 3.5, True), ("123456789012345678901234567890", "HUGEINT", 3, True),
    ],
)  # fmt: skip
def test_multiples(engine: duckdb.DuckDBPyConnection, value: str, sql_type: str, limit: float, *, kept: bool) -> None:
    sql, expected = bounds.compare("multiple_of", limit, Column("n", "number"), f"'{value}'::{sql_type}", sql_type)
    assert engine.execute(f"SELECT {sql}").fetchall() == [(kept,)]
    assert expected == f"expected a multiple of {limit}"


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("=", [3], [2, 4]), ("!=", [2, 4], [3]), ("<", [2], [3]), ("<=", [3], [4]), (">", [4], [3]), (">=", [3], [2]),
        ("between", [3, 5], [2, 6]), ("not_between", [2, 6], [3, 5]),
    ],
)  # fmt: skip
def test_operators_on_their_edges(name: str, inside: list[int], outside: list[int]) -> None:
    holds = bounds.operators[name]
    ends = [Fraction(3), Fraction(5)]
    assert [holds(Fraction(number), ends) for number in (*inside, *outside)] == [True] * len(inside) + [False] * len(
        outside
    )


@pytest.mark.parametrize("limit", ["1e400", "1e-400", str(2**127), "nan", "", "0x10", "1,5"])
def test_what_is_no_number_that_can_be_compared(limit: str) -> None:
    with pytest.raises(
        bounds.Unsupported, match=f"^{re.escape(f'the bound `{limit}` is not a number that can be compared')}$"
    ):
        bounds.decimal(limit)

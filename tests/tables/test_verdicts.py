"""Verdicts: one for each check, in order, with a reason that gives no value away."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.formats.contract import Check, Column
from tests.support.tables import COLUMNS, TABLE, check, look, one


def test_values_are_shown_only_of_public_columns(tmp_path: Path) -> None:
    asked = check("invalid_values", "who", {"values": ["x"]})
    table = "who\nsecret-name\nx\n" + "y" * 100 + "\n"
    hidden = one(tmp_path, asked, table, (Column("who", "string"),))
    assert hidden.reason == "2 of 3 rows: expected the one allowed value (lines 2, 4)"
    confidential = one(tmp_path, asked, table, (Column("who", "string", classification="confidential"),))
    assert confidential.reason == hidden.reason
    public = one(tmp_path, asked, table, (Column("who", "string", classification="public"),))
    assert public.reason == f"2 of 3 rows: expected the one allowed value (lines 2 `secret-name`, 4 `{'y' * 40}`)"


def test_results_come_in_the_order_of_the_checks(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    kinds = ["row_count", "unique", "sql", "required", "type", "minimum"]
    checks = [Check(f"{i}", k, "id", {"value": 0} if k == "minimum" else {}) for i, k in enumerate(kinds)]
    assert [r.id for r in look(path, COLUMNS, checks).results] == list("012345")


def test_an_empty_table_breaks_only_the_row_count(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n", encoding="utf-8")
    checks = [check("required", "a"), check("unique", "a"), check("row_count", operator=">", bound=(0,))]
    checks.append(check("null_values", "a", operator="<=", bound=(5,), unit="percent"))
    found = look(path, [Column("a", "integer")], checks)
    assert [r.outcome for r in found.results] == ["passed", "passed", "failed", "passed"]
    assert found.results[2].reason == "0 rows: expected more than 0"


def test_rows_that_repeat_a_key_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    table = "a,b\n" + "1,x\n" * 8 + ",x\n2,x\n"
    columns = (Column("a", "integer"), Column("b", "string", classification="public"))
    found = one(tmp_path, check("primary_key", None, {"columns": ["a", "b"]}), table, columns)
    assert (found.outcome, found.observed) == ("failed", 8)
    assert found.reason == "8 of 10 rows: expected a complete key that comes once (lines 3, 4, 5, 6, 7, …)"


@pytest.mark.parametrize(
    ("operator", "bound", "unit", "said"),
    [
        ("<", (20,), "percent", "; allowed: fewer than 20 percent"), ("between", (2, 3), "rows", "; allowed: between 2 and 3"),
        ("not_between", (0, 1.5), "rows", "; allowed: not between 0 and 1.5"), ("!=", (1,), "rows", "; allowed: not 1"),
        (">=", (2,), "rows", "; allowed: at least 2"), ("=", (0,), "rows", ""), ("=", (3,), "rows", "; allowed: exactly 3"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_said_where_it_is_not_nothing(
    tmp_path: Path, operator: str, bound: tuple[float, ...], unit: str, said: str
) -> None:
    found = one(tmp_path, check("null_values", "mass", operator=operator, bound=bound, unit=unit))
    assert found.reason == f"1 of 4 rows: expected a value (line 3){said}"

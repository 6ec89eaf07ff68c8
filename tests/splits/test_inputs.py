"""Columns that a recipe names: there, and of a type that will do."""

# ruff: noqa: S608 - the paths are pytest's, the SQL is ours

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from datakit.errors import UsageError
from datakit.formats.contract import Column, Reader
from datakit.formats.recipe import Recipe
from datakit.splits.inputs import Table, candidates
from tests.support.splits import TWO, made, written


def typed(tmp_path: Path) -> Table:
    """Return a Parquet table of many types."""
    path = tmp_path / "t.parquet"
    duckdb.execute(
        "COPY (SELECT i AS id, i::DOUBLE / 2 AS price, i::DECIMAL(9,2) AS cost, 'u' || i AS name, i % 2 AS kind, [i] AS tags, "
        f"TIME '01:00:00' AS clock, CASE WHEN i > 0 THEN i END AS gap FROM range(9) t(i)) TO '{path}'"
    )
    return Table(path, "t.parquet", Reader("parquet"), ())


@pytest.mark.parametrize(
    ("recipe", "message", "hint"),
    [
        (Recipe(TWO, ("nr",)), "t.parquet: the recipe's `key` names `nr`, which is no column", "there are `id`, `price`, `cost`, `name`, `kind`, `tags`, `clock`, `gap`"),
        (Recipe(TWO, ("id",), group=("Kind",)), "t.parquet: the recipe's `group` names `Kind`, which is no column", "there are `id`, `price`, `cost`, `name`, `kind`, `tags`, `clock`, `gap`"),
        (Recipe(TWO, ("id",), stratify="x"), "t.parquet: the recipe's `stratify` names `x`, which is no column", None),
        (Recipe(TWO, ("id",), time="x"), "t.parquet: the recipe's `time` names `x`, which is no column", None),
        (Recipe(TWO, ("price",)), "t.parquet: `price` is of type number and cannot be in `key`: its text differs between engines", "columns that would do: `id`, `name`"),
        (Recipe(TWO, ("id", "cost")), "t.parquet: `cost` is of type number and cannot be in `key`: its text differs between engines", "columns that would do: `id`, `name`"),
        (Recipe(TWO, ("id",), group=("tags",)), "t.parquet: `tags` is of type array and cannot be in `group`: its text differs between engines", "use a column of type string, integer, boolean, date or timestamp"),
        (Recipe(TWO, ("id",), stratify="price"), "t.parquet: `price` is of type number and cannot be in `stratify`: its text differs between engines", "use a column of type string, integer, boolean, date or timestamp"),
        (Recipe(TWO, ("id",), time="name"), "t.parquet: `name` is of type string and cannot order the rows", "declare it a date, timestamp or number in the contract"),
        (Recipe(TWO, ("clock",)), "t.parquet: `clock` is of type time and cannot be in `key`: its text differs between engines", None),
    ],
)  # fmt: skip
def test_columns_that_will_not_do(tmp_path: Path, recipe: Recipe, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        made(tmp_path, typed(tmp_path), recipe)
    assert caught.value.message == message
    assert hint in {None, caught.value.hint}


def test_a_float_stays_one_whatever_the_contract_calls_it(tmp_path: Path) -> None:
    data = typed(tmp_path)._replace(columns=(Column("price", "string"),))
    with pytest.raises(UsageError, match=r"^t.parquet: `price` is of type double and cannot be in `key`"):
        made(tmp_path, data, Recipe(TWO, ("price",)))


def test_candidates_are_complete_and_unique(tmp_path: Path) -> None:
    assert candidates(typed(tmp_path)) == ("id", "name")
    rows = [(i // 2, "a", str(i), None if i else "x", 1) for i in range(8)]
    assert candidates(written(tmp_path, rows)) == ("text",)
    none = written(tmp_path, [(1, "a", "b", "c", 2)] * 3)._replace(columns=(Column("id", "number"),))
    with pytest.raises(UsageError) as caught:
        made(tmp_path, none, Recipe(TWO, ("id",)))
    assert caught.value.hint == "use a column of type string, integer, boolean, date or timestamp"

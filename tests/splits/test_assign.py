"""The first assignment: as the documentation says it, in any order, format, chunking and number of threads."""

# ruff: noqa: S311 - seeded, so that a failure comes again

from __future__ import annotations

import random
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.recipe import Recipe
from datakit.splits.assign import Pooled
from tests.support.splits import HALVES, RECIPES, THREE, TWO, Row, expected, made, members, tables, written


@settings(max_examples=30, deadline=None)
@given(
    tables(), st.sampled_from(RECIPES), st.sampled_from([HALVES, TWO, THREE]), st.text("xé:", max_size=2), st.randoms()
)
def test_every_strategy_is_what_plain_python_makes_of_it(
    rows: list[Row], how: dict[str, object], into: dict[str, Decimal], salt: str, random: random.Random
) -> None:
    recipe = Recipe(into, ("id",), salt=salt, **how)  # type: ignore[arg-type]  # a dict of its fields
    wanted = expected(rows, recipe)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = made(folder, written(folder, rows), recipe)
        assert members(folder / "membership") == wanted
        assert found.report.parts == {part: Counter(wanted.values())[part] for part in into}
        assert sum(part.rows for part in found.record.parts.values()) == len(rows)
        random.shuffle(rows)
        form = random.choice(["jsonl", "parquet"])
        again = made(folder, written(folder, rows, form), recipe)
        assert again.record == found.record
        for column in recipe.group:
            at = {"who": 1, "text": 2}[column]
            assert all(
                len({wanted[str(row[0])] for row in rows if row[at] == value}) == 1 for value in {r[at] for r in rows}
            )


@pytest.mark.parametrize("how", [RECIPES[0], RECIPES[3], RECIPES[5], RECIPES[6]])
def test_threads_and_row_groups_change_nothing(
    tmp_path: Path, how: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = random.Random(3)
    rows: list[Row] = [
        (i, f"p{pick.randrange(900)}", f"t{pick.randrange(9000)}", pick.choice("abc"), pick.randrange(500))
        for i in range(6000)
    ]
    recipe = Recipe(THREE, ("id",), **how)  # type: ignore[arg-type]  # a dict of its fields
    data = written(tmp_path, rows, "parquet")
    real = duckdb.connect
    records = []
    for threads in (1, 4):
        monkeypatch.setattr(duckdb, "connect", lambda where, n=threads: real(where, config={"threads": n}))
        records.append(made(tmp_path, data, recipe).record)
    assert records[0] == records[1]
    assert members(tmp_path / "membership") == expected(rows, recipe)


def test_strata_that_are_too_small_are_one_and_reported(tmp_path: Path) -> None:
    rows: list[Row] = [(i, "p", "t", label, 0) for i, label in enumerate(["a"] * 10 + [f"rare{n}" for n in range(10)])]
    found = made(tmp_path, written(tmp_path, rows), Recipe(TWO, ("id",), stratify="label"))
    assert found.report.pooled == Pooled(strata=10, rows=10)
    assert found.report.parts == {"train": 14, "test": 6}


def test_ties_between_parts_fall_by_hash_and_not_to_the_first(tmp_path: Path) -> None:
    rows: list[Row] = [(i, "p", "t", f"l{i // 3}", 0) for i in range(90)]
    recipe = Recipe(HALVES, ("id",), stratify="label")
    found = made(tmp_path, written(tmp_path, rows), recipe)
    assert members(tmp_path / "membership") == expected(rows, recipe)
    assert 36 < found.report.parts["train"] < 54


def test_a_missing_label_is_a_stratum_of_its_own(tmp_path: Path) -> None:
    rows: list[Row] = [(i, "p", "t", None if i % 2 else "a", 0) for i in range(20)]
    made(tmp_path, written(tmp_path, rows), Recipe(TWO, ("id",), stratify="label"))
    part = members(tmp_path / "membership")
    assert Counter(part[str(i)] for i in range(1, 20, 2)) == {"train": 7, "test": 3}


def test_earlier_parts_come_first_and_equal_times_stay_together(tmp_path: Path) -> None:
    rows: list[Row] = [(i, "p", "t", "a", at) for i, at in enumerate([5] * 6 + [1, 2, 3, 9])]
    found = made(tmp_path, written(tmp_path, rows), Recipe(TWO, ("id",), time="at"))
    assert members(tmp_path / "membership") == {
        str(i): "test" if row[4] == 9 else "train" for i, row in enumerate(rows)
    }
    assert found.report.parts == {"train": 9, "test": 1}


def test_the_order_of_group_columns_does_not_matter(tmp_path: Path) -> None:
    rows: list[Row] = [(i, f"p{i % 7}", f"t{i // 3}", "a", 0) for i in range(40)]
    data = written(tmp_path, rows)
    one, other = (
        made(tmp_path, data, Recipe(TWO, ("id",), group=group)) for group in (("who", "text"), ("text", "who"))
    )
    assert one.record.parts == other.record.parts

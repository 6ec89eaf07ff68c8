"""Leaks between parts: counted and numbered, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import InvalidData
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe
from datakit.splits import keys
from datakit.splits.inputs import Folder
from datakit.splits.leaks import Leak, refuse
from tests.support.splits import TWO, Row, grown, made, written

TRAIN = [n for n in range(99) if keys.part(TWO, keys.digest("", str(n))) == "train"]
TEST = [n for n in range(99) if n not in TRAIN]
ID = Recipe(TWO, ("id",))


def filler(n: int, at: int = 0) -> list[Row]:
    """Rows that share nothing."""
    return [(TRAIN[i], f"p{i}", f"t{i}", "x", at) for i in range(n)]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_equal_rows_in_two_parts(tmp_path: Path, form: str) -> None:
    twins: list[Row] = [(TRAIN[50], "a", "b", None, 7), (TEST[0], "a", "b", None, 7), (TRAIN[51], "a", "b", None, 7)]
    within: list[Row] = [(TRAIN[52], "a", "c", "x", 7), (TRAIN[53], "a", "c", "x", 7)]
    found = made(tmp_path, written(tmp_path, [*filler(5), *twins, *within], form), ID)
    assert found.report.leaks == (Leak("duplicate", 3, (5, 6, 7)),)
    assert found.record.leaks == {"duplicate": 3}


def test_equal_rows_whose_labels_differ(tmp_path: Path) -> None:
    rows: list[Row] = [(i, f"p{i % 3}", "t", "xy"[i % 2], 0) for i in range(12)]
    found = made(tmp_path, written(tmp_path, rows), ID._replace(stratify="label"))
    kinds = {leak.kind: leak.rows for leak in found.report.leaks}
    assert kinds["conflict"] == 12
    same = made(tmp_path, written(tmp_path, [(*row[:3], "x", 0) for row in rows]), ID._replace(stratify="label"))
    assert {leak.kind for leak in same.report.leaks} == {"duplicate"}


def test_a_row_that_is_nothing_but_its_key_equals_no_other(tmp_path: Path) -> None:
    data = written(tmp_path, [(i,) for i in range(20)], "csv", [("id", "integer")])
    assert made(tmp_path, data, ID).report.leaks == ()


def test_a_group_that_came_to_be_in_two_parts(tmp_path: Path) -> None:
    recipe = ID._replace(group=("who",))
    rows: list[Row] = [(i, f"p{i}", f"t{i}", "x", i) for i in range(20)]
    before = made(tmp_path, written(tmp_path, rows), recipe)
    assert before.report.leaks == ()
    after = grown(tmp_path, written(tmp_path, [(i, "one", *row[2:]) for i, row in enumerate(rows)]), before)
    assert after.report.leaks == (Leak("group", 20, (0, 1, 2, 3, 4)),)
    with pytest.raises(InvalidData) as caught:
        refuse(after.report.leaks, ("group", "duplicate"), "t")
    assert caught.value.message == "t: parts share what they must not: group in rows 1, 2, 3, 4, 5, … (20 in all)"
    refuse(after.report.leaks, ("duplicate",), "t")


def test_a_row_of_the_future_in_an_earlier_part(tmp_path: Path) -> None:
    recipe = ID._replace(time="at")
    rows: list[Row] = [(i, f"p{i}", "t", "x", i) for i in range(10)]
    before = made(tmp_path, written(tmp_path, rows), recipe)
    assert before.report.leaks == ()
    moved: list[Row] = [(i, f"p{i}", "t", "x", 8 if i == 0 else i) for i in range(10)]
    assert grown(tmp_path, written(tmp_path, moved), before).report.leaks == (Leak("time", 2, (7, 8)),)


def test_excluded_rows_leak_nothing(tmp_path: Path) -> None:
    rows: list[Row] = [(None, "a", "b", "x", 7), (TEST[0], "a", "b", "x", 7), (TEST[1], "c", "b", "x", 7)]
    recipe = ID._replace(nulls="exclude")
    assert made(tmp_path, written(tmp_path, rows), recipe).report.leaks == ()
    leaking: list[Row] = [*rows, (TRAIN[0], "a", "b", "x", 7)]
    assert made(tmp_path, written(tmp_path, leaking), recipe).report.leaks == (Leak("duplicate", 2, (1, 3)),)


def test_equal_files_in_two_parts(tmp_path: Path) -> None:
    files = Folder("d", tuple(Entry(f"{'ab'[i % 2]}/{i}", f"{i // 4:032}") for i in range(40)))
    kinds = {leak.kind for leak in made(tmp_path, files, Recipe(TWO, ("file",), stratify="folder")).report.leaks}
    assert kinds == {"duplicate", "conflict"}


def test_files_are_named(tmp_path: Path) -> None:
    names = ["b/\x1b.png", *(f"a/{i:02}.png" for i in range(30))]
    files = Folder("d", tuple(Entry(name, "0" * 32) for name in names))
    leaks = made(tmp_path, files, Recipe(TWO, ("file",))).report.leaks
    with pytest.raises(InvalidData) as caught:
        refuse(leaks, ("duplicate",), "t")
    assert caught.value.message == (
        "t: parts share what they must not: duplicate in files `b/\\x1b.png`, `a/00.png`, `a/01.png`, `a/02.png`, "
        "`a/03.png`, … (31 in all)"
    )
    assert "remove the files" in str(caught.value.hint)

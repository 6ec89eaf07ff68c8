"""Loading rows: what cannot be split is refused with counts and row numbers, never with values."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import InvalidData, UsageError
from datakit.formats.contract import Column
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe
from datakit.splits import load
from datakit.splits.inputs import Folder
from tests.support.splits import THREE, TWO, Row, made, members, written

ID = Recipe(TWO, ("id",))


def failed(tmp_path: Path, rows: list[Row], recipe: Recipe = ID, form: str = "jsonl") -> str:
    with pytest.raises((InvalidData, UsageError)) as caught:
        made(tmp_path, written(tmp_path, rows, form), recipe)
    assert not (tmp_path / "membership").exists()
    assert "SECRET" not in f"{caught.value.message} {caught.value.hint}"
    return caught.value.message


def test_rows_that_cannot_be_split(tmp_path: Path) -> None:
    row: Row = (1, "a", "SECRET", "x", 0)
    assert failed(tmp_path, [], form="csv") == "t.csv: there are no rows to split"
    assert failed(tmp_path, [row]) == "t.jsonl: more parts than rows: 2 and 1"
    assert (
        failed(tmp_path, [row, (2, "a", "t", "x", 0)], ID._replace(into=THREE))
        == "t.jsonl: more parts than rows: 3 and 2"
    )
    assert (
        failed(tmp_path, [(None, "SECRET", "t", "x", 0), *([row] * 3)]) == "t.jsonl: the key `id` is missing in row 1"
    )
    assert (
        failed(tmp_path, [(i // 3, "SECRET", "t", "x", 0) for i in range(30)])
        == "t.jsonl: the key `id` is not unique: that of an earlier row comes again in rows 2, 3, 5, 6, 8, … (20 in all)"
    )
    text = Recipe(TWO, ("id", "text"))
    odd = failed(tmp_path, [row, (2, "a", "SECRET\x1f", "x", 0)], text)
    assert odd == "t.jsonl: `text` holds U+001F, which joins the columns of a key, in row 2"
    assert failed(tmp_path, [row, ("SECRET", "a", "t", "x", 0)]) == "t.jsonl: `id` cannot be read as integer in row 2"
    late = ID._replace(time="at")
    assert (
        failed(tmp_path, [row, (2, "a", "t", "x", "SECRET")], late)
        == "t.jsonl: `at` cannot be read as integer in row 2"
    )
    assert failed(tmp_path, [row, (2, "a", "t", "x", None)], late) == "t.jsonl: the time `at` is missing in row 2"
    tied = ID._replace(group=("who", "label"))
    assert (
        failed(tmp_path, [row, (2, None, "t", None, 0)], tied)
        == "t.jsonl: the group `who`, `label` is missing in row 2"
    )


def test_years_beyond_iso_are_no_keys(tmp_path: Path) -> None:
    data = written(tmp_path, [("2024-01-01",), ("infinity",)], "jsonl", [("day", "string")])
    data = data._replace(columns=(Column("day", "date"),))
    with pytest.raises(InvalidData, match=r"^t.jsonl: `day` cannot be read as date in row 2$"):
        made(tmp_path, data, Recipe(TWO, ("day",)))


def test_missing_values_are_excluded_where_the_recipe_says_so(tmp_path: Path) -> None:
    rows: list[Row] = [(None, "a", "t", "x", 0), (2, None, "t", "x", 0), (3, "c", "t", "x", 0), (4, "d", "t", "x", 0)]
    found = made(tmp_path, written(tmp_path, rows), ID._replace(group=("who",), nulls="exclude"))
    assert found.report.excluded == {"null key": 1, "null group": 1}
    assert members(tmp_path / "membership")["2"] == "excluded"
    assert found.record.parts["excluded"].rows == 1
    late = made(tmp_path, written(tmp_path, [*rows, (5, "e", "t", "x", None)]), ID._replace(time="at", nulls="exclude"))
    assert late.report.excluded == {"null key": 1, "null time": 1}


def test_the_parts_of_a_composite_key_do_not_run_together(tmp_path: Path) -> None:
    rows: list[Row] = [(1, "ab", "c", "x", 0), (2, "a", "bc", "x", 0)]
    made(tmp_path, written(tmp_path, rows), Recipe(TWO, ("who", "text")))
    assert sorted(members(tmp_path / "membership")) == ["a\x1fbc", "ab\x1fc"]


def test_an_empty_text_is_a_key_where_the_format_can_say_so(tmp_path: Path) -> None:
    rows: list[Row] = [(1, "", "t", "x", 0), (2, "a", "t", "x", 0)]
    made(tmp_path, written(tmp_path, rows, "parquet"), Recipe(TWO, ("who",)))
    assert "" in members(tmp_path / "membership")


def test_keys_whose_hashes_begin_alike_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PREFIX", 1)
    rows: list[Row] = [(i, "a", "t", "x", 0) for i in range(64)]
    assert sum(made(tmp_path, written(tmp_path, rows), ID).report.parts.values()) == 64
    assert "is not unique: that of an earlier row comes again in row 65" in failed_again(
        tmp_path, [*rows, (7, "a", "t", "x", 0)]
    )


def failed_again(tmp_path: Path, rows: list[Row]) -> str:
    with pytest.raises(InvalidData) as caught:
        made(tmp_path, written(tmp_path, rows), ID)
    return caught.value.message


def test_many_rows_are_looked_at_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [(i, f"p{i % 50}", f"t{i % 25}", "x", 0) for i in range(300)]
    data, recipe = written(tmp_path, rows), ID._replace(stratify="label")
    whole = made(tmp_path, data, recipe)
    monkeypatch.setattr(load, "slice_rows", 100)
    sliced = made(tmp_path, data, recipe)
    assert [len(load.slices(count)) for count in (100, 101, 301, 10**9)] == [1, 2, 4, 64]
    assert sliced == whole
    assert whole.report.leaks
    assert "comes again in row 301" in failed_again(tmp_path, [*rows, rows[5]])


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (Recipe(TWO, ("path",)), "d: the recipe's `key` names `path`, which is no column"),
        (Recipe(TWO, ("file",), time="file"), "d: files have no time to be split by"),
        (Recipe(TWO, ("folder",), group=("file",)), "d: `folder` is the key, so nothing but `folder` can be the group"),
    ],
)
def test_folders_that_cannot_be_split(tmp_path: Path, recipe: Recipe, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(tmp_path, Folder("d", tuple(Entry(f"a/{i}", "0" * 32) for i in range(9))), recipe)
    assert caught.value.message == message


def test_a_path_with_the_separator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"^d: U\+001F, which joins the columns of a key, is in row 1$"):
        made(tmp_path, Folder("d", (Entry("a\x1fb", "0" * 32), Entry("a", "1" * 32))), Recipe(TWO, ("file",)))

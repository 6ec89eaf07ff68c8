"""One part of a dataset: rows as Parquet sorted by key, or files."""

# ruff: noqa: S608 - the paths are pytest's, the SQL is ours

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from datakit.errors import IntegrityError, InvalidData, NotFound
from datakit.formats.contract import Column, Reader
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe
from datakit.splits.inputs import Folder, Table
from datakit.splits.parts import files, frame, table
from datakit.tables import frames
from tests.support.splits import TWO, Row, made, members, written

ID = Recipe(TWO, ("id",))
ROWS: list[Row] = [(i, f"p{i % 7}", None if i == 5 else f"é\n{i}", "x", 2**40 + i) for i in range(60)]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_rows_of_a_part_sorted_by_key(tmp_path: Path, form: str) -> None:
    data = written(tmp_path, ROWS[::-1], form)
    found = made(tmp_path, data, ID)
    part = members(tmp_path / "membership")
    for name in TWO:
        count = table(data, tmp_path / "membership", found.record, name, tmp_path / "part")
        wanted = sorted((row for row in ROWS if part[str(row[0])] == name), key=lambda row: str(row[0]))
        assert count == len(wanted)
        assert duckdb.execute(f"FROM read_parquet('{tmp_path / 'part'}')").fetchall() == [tuple(row) for row in wanted]
    described = duckdb.execute(f"DESCRIBE FROM read_parquet('{tmp_path / 'part'}')").fetchall()
    assert [row[:2] for row in described] == [
        ("id", "BIGINT"),
        ("who", "VARCHAR"),
        ("text", "VARCHAR"),
        ("label", "VARCHAR"),
        ("at", "BIGINT"),
    ]


def test_columns_of_a_parquet_file_keep_their_types(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = "i::UTINYINT AS id, i / 3 AS \"a \"\"b\"\"\", 'nan'::FLOAT AS n, [i, NULL] AS l, {'x': i} AS s, TIMESTAMPTZ '2024-01-01 00:00:00+02' AS at, '\\xFF'::BLOB AS b, 1.10::DECIMAL(5,2) AS d"
    duckdb.execute(f"COPY (SELECT {columns} FROM range(20) t(i)) TO '{path}'")
    data = Table(path, "t.parquet", Reader("parquet"), (Column("id", "integer"),))
    found = made(tmp_path, data, ID)
    for part in TWO:
        table(data, tmp_path / "membership", found.record, part, tmp_path / part)
    both = f"read_parquet(['{tmp_path / 'train'}', '{tmp_path / 'test'}'])"
    assert duckdb.execute(f"SELECT count(*) FROM (FROM {both} EXCEPT ALL FROM '{path}')").fetchone() == (0,)
    assert duckdb.execute(f"DESCRIBE FROM {both}").fetchall() == duckdb.execute(f"DESCRIBE FROM '{path}'").fetchall()


@pytest.mark.parametrize(
    ("large", "type_"),
    [(2**63 - 1, "BIGINT"), (-(2**63), "BIGINT"), (2**63, "DECIMAL(38,0)"), (-(10**38) + 1, "DECIMAL(38,0)"), (10**38, "VARCHAR")],
)  # fmt: skip
def test_no_integer_is_rounded(tmp_path: Path, large: int, type_: str) -> None:
    data = written(
        tmp_path,
        [(i, "p", "t", "x", large - 3 if large > 0 else large + 3) for i in range(2)] + [(2, "p", "t", "x", large)],
    )
    found = made(tmp_path, data, Recipe({"all": TWO["train"] + TWO["test"]}, ("id",)))
    table(data, tmp_path / "membership", found.record, "all", tmp_path / "part")
    rows = duckdb.execute(
        f'SELECT CAST("at" AS VARCHAR), typeof("at") FROM read_parquet(\'{tmp_path / "part"}\') WHERE id = 2'
    ).fetchall()
    assert rows == [(str(large), type_)]


def test_what_is_not_there_or_not_right(tmp_path: Path) -> None:
    data = written(tmp_path, ROWS)
    found = made(tmp_path, data, ID)
    with pytest.raises(NotFound, match=r"^there is no part `validation`$") as caught:
        table(data, tmp_path / "membership", found.record, "validation", tmp_path / "part")
    assert caught.value.known == ["test", "train"]
    (tmp_path / "b").mkdir()
    with pytest.raises(
        IntegrityError, match=r"^t.csv: these are not the data that were split: rows of part `train` \d+, expected \d+$"
    ):
        table(written(tmp_path / "b", ROWS[:30]), tmp_path / "membership", found.record, "train", tmp_path / "part")
    odd = data._replace(columns=(Column("id", "integer"), Column("who", "integer")))
    with pytest.raises(InvalidData, match=r"^t.csv: `who` cannot be read as integer, values that would be lost: 60$"):
        table(odd, tmp_path / "membership", found.record, "train", tmp_path / "part")


@pytest.mark.parametrize("key", ["file", "folder"])
def test_the_files_of_a_part(tmp_path: Path, key: str) -> None:
    data = Folder(
        "d",
        tuple(
            Entry(path, f"{i:032x}") for i, path in enumerate(["top", *(f"a/b{i % 9}/{i}\n.png" for i in range(50))])
        ),
    )
    found = made(tmp_path, data, Recipe(TWO, (key,)))
    parts = {part: files(data, tmp_path / "membership", found.record, part) for part in TWO}
    assert sorted([*parts["train"], *parts["test"]]) == sorted(data.entries)
    assert {part: len(entries) for part, entries in parts.items()} == found.report.parts
    if key == "folder":
        folders = [{entry.relpath.rpartition("/")[0] for entry in entries} for entries in parts.values()]
        assert folders[0].isdisjoint(folders[1])
        assert {"", "a/b0"} <= set(members(tmp_path / "membership"))
    with pytest.raises(IntegrityError, match=r"^d: these are not the data that were split: rows of part `train`"):
        files(Folder("d", data.entries[:10]), tmp_path / "membership", found.record, "train")


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_part_as_a_data_frame(tmp_path: Path, form: str) -> None:
    data = written(tmp_path, ROWS[::-1], form)
    found = made(tmp_path, data, ID)
    part = members(tmp_path / "membership")
    whole = frames.frame(data.path, data.name, data.reader, data.columns)
    for name in TWO:
        keys = sorted(key for key in part if part[key] == name)
        wanted = whole.set_index(whole["id"].astype(str), drop=False).loc[keys].reset_index(drop=True)
        got = frame(data, tmp_path / "membership", found.record, name)
        pd.testing.assert_frame_equal(got, wanted)
        some = frame(data, tmp_path / "membership", found.record, name, ["at", "who"])
        pd.testing.assert_frame_equal(some, wanted[["at", "who"]])
    with pytest.raises(NotFound, match=r"^there is no part `validation`$"):
        frame(data, tmp_path / "membership", found.record, "validation")
    with pytest.raises(NotFound, match=r"^there is no column `where`$"):
        frame(data, tmp_path / "membership", found.record, "train", ["where"])


def test_a_data_frame_of_other_data(tmp_path: Path) -> None:
    found = made(tmp_path, written(tmp_path, ROWS), ID)
    (tmp_path / "b").mkdir()
    other = written(tmp_path / "b", ROWS[:30])
    for columns in (None, []):
        with pytest.raises(
            IntegrityError, match=r"^t.csv: these are not the data that were split: rows of part `train`"
        ):
            frame(other, tmp_path / "membership", found.record, "train", columns)


def test_a_record_may_name_its_parts_in_any_order(tmp_path: Path) -> None:
    data = written(tmp_path, ROWS)
    record = made(tmp_path, data, ID).record
    turned = record._replace(parts=dict(reversed(list(record.parts.items()))))
    part = members(tmp_path / "membership")
    for name in TWO:
        table(data, tmp_path / "membership", turned, name, tmp_path / "part")
        ids = duckdb.execute(f"SELECT id FROM read_parquet('{tmp_path / 'part'}')").fetchall()
        assert {part[str(row[0])] for row in ids} == {name}


def test_the_same_part_is_always_the_same_bytes(tmp_path: Path) -> None:
    seen = set()
    for turn in (1, -1):
        data = written(tmp_path, ROWS[::turn])
        found = made(tmp_path, data, ID)
        table(data, tmp_path / "membership", found.record, "train", tmp_path / "part")
        seen.add((tmp_path / "part").read_bytes())
    assert len(seen) == 1

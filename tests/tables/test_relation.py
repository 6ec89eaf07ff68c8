"""Loading: each value and each row as the file has it, or the line where it cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datakit.errors import InvalidData
from datakit.formats.contract import Column, Reader
from datakit.tables.engine import connect, query
from datakit.tables.read import source
from datakit.tables.relation import relation
from tests.support.tables import written


def test_line_ends_inside_quotes_survive_mixed_line_ends(tmp_path: Path) -> None:
    with connect(written(tmp_path, 'a,b\r\n1,"x\r\ny"\n2,"p\rq"\r\n')) as session:
        found = source(session, "t.csv", Reader("csv"))
        relation(session, "t.csv", found, ())
        assert query(session, "t.csv", "SELECT c1 FROM data ORDER BY rowid") == [("x\r\ny",), ("p\rq",)]


@pytest.mark.parametrize("inner", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("outer", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("first", [True, False])
def test_any_line_break_may_stand_in_a_quoted_text(tmp_path: Path, outer: str, inner: str, *, first: bool) -> None:
    rows = [f'"p{inner}q",1', "2,3"] if first else ["2,3", f'"p{inner}q",1']
    with connect(written(tmp_path, outer.join(["a,b", *rows, ""]))) as session:
        found = source(session, "t.csv", Reader("csv"))
        relation(session, "t.csv", found, ())
        assert set(query(session, "t.csv", "SELECT c0, c1 FROM data")) == {(f"p{inner}q", "1"), ("2", "3")}
    with connect(written(tmp_path, json.dumps([{"a": f"p{inner}q"}]), "t.json")) as session:
        found = source(session, "t.json", Reader("json"))
        relation(session, "t.json", found, ())
        assert query(session, "t.json", "SELECT c0 FROM data") == [(f"p{inner}q",)]


def test_mixed_line_ends_behind_a_lone_quote_are_refused(tmp_path: Path) -> None:
    with connect(written(tmp_path, 'a,b\n1,x"y\r\n2,z\r\n3,4\n')) as session:
        found = source(session, "t.csv", Reader("csv"))
        with pytest.raises(InvalidData, match=r"^t\.csv"):
            relation(session, "t.csv", found, ())


def test_two_parsers_have_to_find_the_same_rows(tmp_path: Path) -> None:
    with connect(written(tmp_path, "a,b\r\n1,2\n3,4\r\n")) as session:
        found = source(session, "t.csv", Reader("csv"))
        # This DuckDB refuses every text that we know where the two differ; a header that one of them skips stands for it.
        disagreeing = found._replace(reader=Reader("csv", header=False))
        with pytest.raises(InvalidData) as caught:
            relation(session, "t.csv", disagreeing, ())
    assert caught.value.message == ("t.csv: lines end in more than one way and cannot be told from data: 2 or 3 rows")
    assert caught.value.hint == "write all lines with one ending: dos2unix t.csv"


def test_a_row_that_is_too_long_is_named_with_its_line(tmp_path: Path) -> None:
    row = ",".join(["x" * 1_200_000] * 2)
    with connect(written(tmp_path, f"a,b\n1,2\n{row}\n")) as session:
        found = source(session, "t.csv", Reader("csv"))
        with pytest.raises(InvalidData) as caught:
            relation(session, "t.csv", found, ())
    assert caught.value.message == "t.csv:3: a row of more than 2,000,000 bytes"


def test_columns_are_those_of_the_file_with_the_types_of_the_contract(tmp_path: Path) -> None:
    declared = [Column("c", "date", format="QQQ"), Column("a", "integer"), Column("gone", "number")]
    with connect(written(tmp_path, "a,b,c\n1,x,Q1\nno,NA,Q2\n")) as session:
        found = relation(session, "t.csv", source(session, "t.csv", Reader("csv", missing=("NA",))), declared, {"a"})
        assert [(entry.column.name, entry.sql_type, entry.text, entry.problem) for entry in found.columns] == [
            ("a", "HUGEINT", "t0", ""),
            ("b", "VARCHAR", "c1", ""),
            ("c", "VARCHAR", "c2", "the format `QQQ` of `c` is not supported"),
        ]
        assert query(session, "t.csv", "SELECT c0, b0, t0, c1 FROM data ORDER BY rowid") == [
            (1, False, "1", "x"),
            (None, True, "no", None),
        ]

"""Readers: what sniffing proposes, what the locked engine refuses, what a contract may not ask for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import DatakitError, InvalidData
from datakit.formats.contract import Column, Reader
from datakit.tables.engine import connect, query
from datakit.tables.flatten import flatten
from datakit.tables.read import source
from datakit.tables.relation import relation
from datakit.tables.sniff import sniff


def written(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def sniffed(tmp_path: Path, text: str, name: str = "t.csv") -> Reader | None:
    return sniff(written(tmp_path, text, name), name)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("a,b\n1,NA\n-,x\n?,y\n", ("-", "?")),
        ("a,b\nNA,x\n1,NA\n", ("NA",)),
        ("a,b\nnull,x\n2020-01-01,y\n", ("null",)),
        ("a,b\nNone,x\ntrue,y\n", ("None",)),
        ("a,b\n1,NA\n2,x\n", ()),
        ("a,b\n1,NA\n2,NA\n", ()),
        ("a,b\nNaN,1\n1.5,N/A\nN/A,3\n", ("N/A", "NaN")),
        ("a,b\n1,2020-01-01\nNA,5\n", ("NA",)),
    ],
)
def test_missing_texts_are_proposed_only_beside_typed_values(
    tmp_path: Path, text: str, missing: tuple[str, ...]
) -> None:
    reader = sniffed(tmp_path, text)
    assert reader is not None
    assert reader.missing == missing


@pytest.mark.parametrize(
    ("name", "text"),
    [("t.txt", "a,b\n1,2\n"), ("t", "a,b\n"), ("model.bin", "x"), ("t.json", '{"a": 1}'), ("t.json", "3"), ("t.csv.zip", "x"), ("t.parquet.gz", "x")],
)  # fmt: skip
def test_what_is_no_table_by_name_or_shape(tmp_path: Path, name: str, text: str) -> None:
    assert sniffed(tmp_path, text, name) is None


def test_a_parquet_nan_is_proposed_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.execute(f"COPY (SELECT unnest([1.5, 'nan'::DOUBLE, NULL]) AS x) TO '{path}'")
    assert sniff(path, "t.parquet") == Reader("parquet", missing=("NaN",))


def test_sniffing_knows_the_name_and_not_the_path(tmp_path: Path) -> None:
    path = written(tmp_path, "a;b\n1;2\n", "d41d8cd98f00b204e9800998ecf8427e")
    assert sniff(path, "Table.CSV") == Reader("csv", delimiter=";")


@pytest.mark.parametrize("folder", ["a=1", "x*y", "[ab]", "q?'s", "{a,b}", "é ü"])
def test_odd_paths_are_only_paths(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    path = written(tmp_path, "b\n1\n", f"{folder}/t.csv")
    with connect(path) as session:
        found = source(session, "t.csv", Reader("csv"))
        assert relation(session, "t.csv", found, ()).rows == 1
        assert found.names == ("b",)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM '{other}'",
        "COPY (SELECT 1) TO '{other}.out'",
        "ATTACH '{other}.db'",
        "INSTALL spatial",
        "LOAD '{other}'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['{other}']",
        "RESET lock_configuration",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM local_frame",
    ],
)
def test_the_engine_opens_its_file_and_nothing_else(tmp_path: Path, sql: str) -> None:
    other = written(tmp_path, "secret\n1\n", "other.csv")
    local_frame = [1]
    with connect(written(tmp_path, "a\n1\n")) as session:
        source(session, "t.csv", Reader("csv"))
        with pytest.raises(duckdb.Error):
            session.con.execute(sql.format(other=other)).fetchall()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.csv", "t.csv"]
    assert local_frame == [1]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    path = written(tmp_path, '{"a": 1}\n', "t.jsonl")
    with connect(path, spill) as session:
        source(session, "t.jsonl", Reader("jsonl"))
        assert len(list(spill.iterdir())) == 1
    assert list(spill.iterdir()) == []


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        (Reader("csv", delimiter=""), "t.csv: the contract's delimiter must be one ASCII character, found ''"),
        (
            Reader("csv", delimiter="', x='"),
            "t.csv: the contract's delimiter must be one ASCII character, found \"', x='\"",
        ),
        (Reader("csv", quote="«"), "t.csv: the contract's quote must be one ASCII character, found '«'"),
        (Reader("csv", quote="\n"), "t.csv: the contract's quote must be one ASCII character, found '\\n'"),
        (Reader("csv", delimiter='"'), "t.csv: the contract's delimiter and quote are both '\"'"),
        (Reader("csv", encoding="latin-1"), "t.csv: the contract's encoding is `latin-1`; only `utf-8` is read"),
        (Reader("xlsx"), "t.csv: the contract's format is `xlsx`; expected one of csv, tsv, parquet, jsonl, json"),
    ],
)
def test_a_contract_cannot_ask_for_an_odd_reader(tmp_path: Path, reader: Reader, message: str) -> None:
    with (
        connect(written(tmp_path, "a,b\n1,2\n")) as session,
        pytest.raises(InvalidData, match=f"^{re.escape(message)}$"),
    ):
        source(session, "t.csv", reader)


def test_a_reader_without_quotes_takes_them_as_text(tmp_path: Path) -> None:
    with connect(written(tmp_path, 'a,b\n"x,y"\n')) as session:
        found = source(session, "t.csv", Reader("csv", quote=""))
        relation(session, "t.csv", found, ())
        assert query(session, "t.csv", "SELECT c0, c1 FROM data") == [('"x', 'y"')]


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


def test_json_values_keep_their_spelling(tmp_path: Path) -> None:
    text = '{"n": 1.10, "i": 12345678901234567890123, "s": "é\\n\\"", "o": {"a": [1e5, true, null]}}\n{"late": "", "n": null}\n'
    path = written(tmp_path, text, "t.jsonl")
    with connect(path) as session:
        found = source(session, "t.jsonl", Reader("jsonl"))
        assert found.names == ("n", "i", "s", "o", "late")
        relation(session, "t.jsonl", found, [Column(name, "string") for name in found.names])
        first, second = query(session, "t.jsonl", "SELECT * FROM data ORDER BY rowid")
    assert first == ("1.10", "12345678901234567890123", 'é\n"', '{"a":[1e5,true,null]}', None)
    assert second == (None, None, None, None, "")


def test_json_of_too_many_keys_is_no_table(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(dict.fromkeys(map(str, range(10_001)), 1)), "t.jsonl")
    with pytest.raises(InvalidData, match=r"^t\.jsonl:1: more than 10,000 different keys; is this a table\?$"):
        flatten(path, "t.jsonl", "jsonl", tmp_path / "flat")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet", "t.csv.gz"]))
def test_no_bytes_end_in_a_traceback(tmp_path_factory, data, name) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    path = tmp_path_factory.mktemp("fuzz") / "object"
    path.write_bytes(data)
    try:
        sniff(path, name)
    except DatakitError as error:
        assert error.exit_code == 1  # noqa: PT017 a reader is as right

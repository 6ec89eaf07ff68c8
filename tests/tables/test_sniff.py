"""Sniffing: what is proposed for a file, and what is no table at all."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import DatakitError, InvalidData
from datakit.formats.contract import Reader
from datakit.tables.sniff import sniff
from tests.support.tables import written


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


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet", "t.csv.gz"]))
def test_no_bytes_end_in_a_traceback(tmp_path_factory, data, name) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    path = tmp_path_factory.mktemp("fuzz") / "object"
    path.write_bytes(data)
    try:
        sniff(path, name)
    except DatakitError as error:
        assert error.exit_code == 1  # noqa: PT017 a reader is as right


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a\n"x"y\n', "t.csv:2: text after a closing quote"),
        ('a\n"x\n', "t.csv:2: a quote is not closed"),
        ('a;b\n1;"x"y\n', "t.csv:2: text after a closing quote"),
        ('"a"b\n1\n', "t.csv:1: text after a closing quote"),
    ],
)
def test_what_no_delimiter_reads_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidData, match=f"^{re.escape(message)}$"):
        sniffed(tmp_path, text)


def test_nan_between_numbers_of_a_parquet_file_is_missing(tmp_path: Path) -> None:
    # The file's statistics say that it lies between 1 and 2.
    pq.write_table(pa.table({"f": [1.0, float("nan"), 2.0]}), tmp_path / "t.parquet")
    assert sniff(tmp_path / "t.parquet", "t.parquet") == Reader("parquet", missing=("NaN",))

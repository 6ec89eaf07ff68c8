"""The types that Parquet brings along: what each reads as, and that no digit is lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datakit.formats.contract import Check, Column, Reader
from datakit.tables.native import as_text, logical, native_value
from datakit.tables.scan import scan
from tests.support.tables import contract


def test_parquet_types(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.execute(
        f"""COPY (SELECT 1::UTINYINT AS i, 2::UBIGINT AS u, 1.5::FLOAT AS f, 'x' AS s, DATE '2020-01-01' AS d,
        TIMESTAMPTZ '2020-01-01 02:00:00+02' AS z, TIME '10:00' AS t, [1] AS l, {{'a': 1}} AS o, true AS b,
        '\\xAB'::BLOB AS raw) TO '{path}'"""
    )
    found = scan(path, "t.parquet", Reader("parquet"), None)
    assert {c.name: c.type for c in found.columns} == {
        "i": "integer", "u": "integer", "f": "number", "s": "string", "d": "date", "z": "timestamp", "t": "time",
        "l": "array", "o": "object", "b": "boolean", "raw": "string",
    }  # fmt: skip
    assert [c.missing for c in found.profile.columns] == [0] * 11
    assert found.profile.columns[5].minimum == "2020-01-01T00:00:00"


def test_a_parquet_column_of_another_type_than_declared_is_judged_by_its_text(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1.0, 2.5], "b": [1, 2], "c": ["1", "x"]}), path)
    columns = [Column("a", "integer"), Column("b", "number"), Column("c", "integer")]
    checks = [Check(c.name, "type", c.name, {}) for c in columns]
    found = scan(path, "t.parquet", Reader("parquet"), contract(columns, checks))
    assert [r.observed for r in found.results] == [2, 0, 1]


def test_parquet_decimals_keep_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    values = [Decimal("12345678901234567890.10"), Decimal("0.05")]
    pq.write_table(pa.table({"n": pa.array(values, pa.decimal128(38, 2))}), path)
    checks = [Check("c", "maximum", "n", {"value": "12345678901234567890.09"})]
    found = scan(path, "t.parquet", Reader("parquet"), contract([Column("n", "number")], checks))
    assert (found.profile.columns[0].minimum, found.profile.columns[0].maximum) == ("0.05", "12345678901234567890.1")


VALUES = [
    ("TINYINT", "7", "integer", "BIGINT", 7), ("UINTEGER", "4294967295", "integer", "BIGINT", 4294967295),
    ("UBIGINT", "18446744073709551615", "integer", "HUGEINT", 18446744073709551615), ("HUGEINT", "-1", "integer", "HUGEINT", -1),
    ("FLOAT", "1.5", "number", "DOUBLE", 1.5), ("DOUBLE", "inf", "number", "DOUBLE", None), ("DOUBLE", "-0.0", "number", "DOUBLE", 0.0),
    ("DECIMAL(5,2)", "1.50", "number", "DECIMAL(5,2)", Decimal("1.50")), ("BOOLEAN", "true", "boolean", "BOOLEAN", True),
    ("TIMESTAMP_NS", "2020-01-01 00:00:00", "timestamp", "TIMESTAMP", dt.datetime(2020, 1, 1)),  # noqa: DTZ001 as DuckDB gives it
    ("DATE", "2020-01-01", "date", "DATE", dt.date(2020, 1, 1)), ("TIME", "10:00:00", "time", "TIME", dt.time(10)),
    ("VARCHAR", "é", "string", "VARCHAR", "é"), ("BLOB", r"\xAB", "string", "VARCHAR", "ab"),
    ("UUID", "00000000-0000-0000-0000-000000000001", "string", "VARCHAR", "00000000-0000-0000-0000-000000000001"),
    ("INTEGER[]", "[1, 2]", "array", "VARCHAR", "[1,2]"), ("INTEGER[2]", "[1, 2]", "array", "VARCHAR", "[1,2]"),
    ("STRUCT(a INTEGER)", "{'a': 1}", "object", "VARCHAR", '{"a":1}'),
    ("MAP(VARCHAR, INTEGER)", "{a=1}", "object", "VARCHAR", '{"a":1}'),
]  # fmt: skip


@pytest.mark.parametrize(("native", "text", "kind", "sql_type", "value"), VALUES)
def test_each_type_reads_as_one_type_that_compares(
    native: str, text: str, kind: str, sql_type: str, value: object
) -> None:
    sql, promised = native_value(native, "r0")
    query = f"SELECT {sql}, typeof({sql}) FROM (SELECT $${text}$$::{native} AS r0)"  # noqa: S608 our own SQL
    with duckdb.connect() as con:
        ((found, type_),) = con.execute(query).fetchall()
    assert (logical(native), promised, type_) == (kind, sql_type, sql_type)
    assert (found, type(found)) == (value, type(value))
    assert str(found) != "-0.0"


def test_texts_of_a_typed_format_stay_as_they_are() -> None:
    assert as_text("VARCHAR", "r0") == "r0"

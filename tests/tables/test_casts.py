"""Which texts read as which type, and in which declared formats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Column, Reader
from datakit.tables.casts import Layout, cast, layout, shape
from datakit.tables.scan import scan
from tests.support.tables import check, contract, csv_text, look, one


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("integer", ["1", "+1", "-1", "007", "9" * 38], ["1.0", "1e3", "1_000", "0x10", " 1", "", "9" * 40, "١"]),
        ("number", ["1", "1.", ".5", "-1e-3", "1E+10", "1e-400"], ["inf", "nan", "1e400", "1_0", "1,5", "0x1", " 1", "."]),
        ("boolean", ["true", "FALSE", "True"], ["t", "1", "yes", "0"]),
        ("date", ["2020-02-29", "0001-01-01"], ["2021-02-29", "2020-1-1", "epoch", "infinity", "2020-01-01 00:00", "2020/01/01"]),
        ("timestamp", ["2020-01-01T00:00:00Z", "2020-01-01 00:00", "2020-01-01T00:00:00.123456+01:00"], ["2020-01-01", "now", "2020-01-01T25:00:00"]),
        ("time", ["10:00", "10:00:00.5"], ["10", "25:00", "10:00 PM"]),
        ("object", ["{}", '{"a": [1]}'], ["[]", "1", "{"]),
        ("array", ["[]", "[1, {}]"], ["{}", "x"]),
    ],
)  # fmt: skip
def test_what_reads_as_each_type(tmp_path: Path, type_: str, good: list[str], bad: list[str]) -> None:
    path = tmp_path / "t.csv"
    # A second column keeps the empty text from being a blank line; an empty field is missing and breaks nothing.
    path.write_text(csv_text(["v", "n"], [[v, "1"] for v in (*good, *bad)]), encoding="utf-8")
    reader = Reader("csv")
    columns = [Column("v", type_)]  # type: ignore[arg-type]  # parametrised
    (result,) = scan(path, "t.csv", reader, contract(columns, [check("type", "v")])).results
    wrong = [index for index, value in enumerate(bad, start=len(good) + 2) if value]
    named = ", ".join(map(str, wrong[:5])) + (", …" if len(wrong) > 5 else "")
    assert result.reason == f"{len(wrong)} of {len(good) + len(bad)} rows: expected {type_} (lines {named})"


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("dd/MM/yyyy", "31/12/2020", "1/2/2020"),
        ("d.M.yyyy", "1.2.2020", "2020-01-01"),
        ("yyyy-MM-dd", "2020-01-01", "2020-1-1"),
        ("yyyy'T'MM", "2020T01", "2020T13"),
        ("dd MMM yyyy", "01 Mar 2020", "01 Foo 2020"),
    ],
)
def test_declared_date_formats(tmp_path: Path, form: str, good: str, bad: str) -> None:
    result = one(tmp_path, check("type", "d"), f"d\n{good}\n{bad}\n", (Column("d", "date", format=form),))
    assert (result.outcome, result.observed) == ("failed", 1)
    assert result.reason.endswith("(line 3)")


def test_zero_and_one_are_boolean_only_where_declared(tmp_path: Path) -> None:
    table = "b\n0\n1\n"
    assert one(tmp_path, check("type", "b"), table, (Column("b", "boolean"),)).outcome == "failed"
    assert one(tmp_path, check("type", "b"), table, (Column("b", "boolean", format="0/1"),)).outcome == "passed"


def test_an_unknown_date_format_is_skipped_and_its_values_are_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("d\nQ1 2020\n", encoding="utf-8")
    found = look(
        path,
        [Column("d", "date", format="QQQ yyyy")],
        [check("type", "d"), check("minimum", "d", {"value": "2020-01-01"})],
    )
    assert [r.reason for r in found.results] == ["the format `QQQ yyyy` of `d` is not supported"] * 2
    assert found.profile.columns[0].type == "string"


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that only computes."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


TYPES = ["integer", "number", "boolean", "date", "timestamp", "time", "object", "array"]
odd = st.text('0123456789+-.eE:TZ /truefalsIN{}[]"\n\u0661', max_size=12)
near = st.one_of(
    odd,
    st.integers().map(str),
    st.floats().map(repr),
    st.datetimes().map(str),
    st.dates().map(str),
    st.times().map(str),
    st.sampled_from(["TRUE", "epoch", "2020-02-30", "2020-01-01T00:00Z", ' {"a": 1}\n', "\n[1] ", " 1", "1_0"]),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(near, min_size=30, max_size=50))
def test_nothing_reads_that_does_not_have_the_shape(engine: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    for type_ in TYPES:
        sql, pattern = cast(type_, "", "c"), shape(type_, "")
        assert pattern is not None
        read = engine.execute(f"SELECT c, {sql} IS NOT NULL FROM unnest(?::VARCHAR[]) AS t(c)", [texts]).fetchall()  # noqa: S608 our own SQL
        assert [text for text, reads in read if reads and not pattern.fullmatch(text)] == []


def test_shapes_of_declared_formats() -> None:
    declared = shape("date", "dd.MM.yyyy")
    assert declared is not None
    assert declared.fullmatch("31.12.2020")
    assert not declared.fullmatch("2020-12-31")
    assert shape("date", "QQQ yyyy") is shape("string", "") is None


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss", Layout("%Y-%m-%dT%H:%M:%S", r"[0-9]{4}\-[0-9]{2}\-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")),
        ("yy%M", Layout("%y%%%m", "[0-9]{2}%[0-9]{1,2}")),
        ("''yyyy", Layout("'%Y", "'[0-9]{4}")),
        ("MMMM d", Layout("%B %d", r"[A-Za-z]+\ [0-9]{1,2}")),
        ("", None), ("yyyyy", None), ("w", None),
    ],
)  # fmt: skip
def test_layouts(form: str, expected: Layout | None) -> None:
    assert layout(form) == expected

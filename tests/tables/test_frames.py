"""Data frames: the types of the contract, exact values, the order of the file, and pandas' own reading where that is right."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidData, NotFound
from datakit.formats.contract import Column, Reader
from datakit.tables.frames import frame

CSV = Reader("csv", missing=("NA",))


def load(folder: Path, text: str, columns: list[Column], wanted: list[str] | None = None) -> pd.DataFrame:
    """Read a delimited text."""
    (folder / "t").write_bytes(text.encode())
    return frame(folder / "t", "t.csv", CSV, columns, wanted)


class TestTypes:
    def test_each_type(self, tmp_path: Path) -> None:
        columns = [
            Column("i", "integer"), Column("n", "number"), Column("b", "boolean"), Column("d", "date"),
            Column("s", "timestamp"), Column("t", "time"), Column("x", "string"), Column("o", "object"),
        ]  # fmt: skip
        text = 'i,n,b,d,s,t,x,o\n007,1.5,true,2020-02-29,2020-01-02T03:04:05.123456+02:00,10:00:01,007,"{""a"": 1}"\nNA,NA,NA,NA,NA,NA,NA,NA\n'
        found = load(tmp_path, text, columns)
        assert {name: str(kind) for name, kind in found.dtypes.items()} == {
            "i": "Int64", "n": "float64", "b": "boolean", "d": "datetime64[s]", "s": "datetime64[us]",
            "t": "object", "x": "str", "o": "str",
        }  # fmt: skip
        assert found.iloc[0].to_list() == [
            7, 1.5, True, pd.Timestamp("2020-02-29"), pd.Timestamp("2020-01-02T01:04:05.123456"),
            dt.time(10, 0, 1), "007", '{"a": 1}',
        ]  # fmt: skip
        assert found.iloc[1].isna().all()

    def test_integers_that_a_float_would_round(self, tmp_path: Path) -> None:
        found = load(tmp_path, "i\n9007199254740993\n\n-9223372036854775808\nNA\n", [Column("i", "integer")])
        assert found["i"].dropna().to_list() == [9007199254740993, -9223372036854775808]

    def test_integers_of_more_than_64_bits(self, tmp_path: Path) -> None:
        found = load(tmp_path, "i\n9223372036854775808\nNA\n", [Column("i", "integer")])
        assert found["i"].to_list() == [9223372036854775808, None]

    def test_a_column_of_missing_values_only(self, tmp_path: Path) -> None:
        found = load(tmp_path, "i,x\nNA,NA\n", [Column("i", "integer"), Column("x", "string")])
        assert [str(kind) for kind in found.dtypes] == ["Int64", "str"]

    def test_no_rows(self, tmp_path: Path) -> None:
        found = load(tmp_path, "i,d\n", [Column("i", "integer"), Column("d", "date")])
        assert (len(found), [str(kind) for kind in found.dtypes]) == (0, ["Int64", "datetime64[s]"])

    def test_a_declared_format(self, tmp_path: Path) -> None:
        found = load(tmp_path, "d\n31/12/2020\n", [Column("d", "date", format="dd/MM/yyyy")])
        assert found["d"].to_list() == [pd.Timestamp("2020-12-31")]

    def test_parquet_keeps_its_decimals(self, tmp_path: Path) -> None:
        table = pa.table({
            "p": pa.array([Decimal("0.10"), None], pa.decimal128(10, 2)),
            "u": pa.array([2**64 - 1, None], pa.uint64()),
            "f": pa.array([0.5, None], pa.float32()),
            "t": pa.array([dt.datetime(2020, 1, 2, 3, tzinfo=dt.UTC), None], pa.timestamp("us", "Europe/Berlin")),
        })  # fmt: skip
        pq.write_table(table, tmp_path / "t")
        found = frame(tmp_path / "t", "t.parquet", Reader("parquet"), [])
        assert found["p"].to_list() == [Decimal("0.10"), None]
        assert found["u"].to_list()[0] == 2**64 - 1
        assert found["f"].to_list()[0] == 0.5
        assert found["t"].to_list()[0] == pd.Timestamp("2020-01-02T03:00:00")


class TestColumns:
    def test_chosen_in_their_order(self, tmp_path: Path) -> None:
        assert load(tmp_path, "a,b,c\n1,2,3\n", [], ["c", "a"]).to_dict("list") == {"c": ["3"], "a": ["1"]}

    def test_none(self, tmp_path: Path) -> None:
        assert load(tmp_path, "a,b\n1,2\n", [], []).shape == (0, 0)

    def test_unknown(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="there is no column `spcies`"):
            load(tmp_path, "species,b\n1,2\n", [], ["spcies"])

    def test_a_name_that_is_no_identifier(self, tmp_path: Path) -> None:
        assert list(load(tmp_path, '"a ""b"", c","Δ 15 N (o/oo)"\n1,2\n', []).columns) == ['a "b", c', "Δ 15 N (o/oo)"]


def test_the_rows_keep_their_order(tmp_path: Path) -> None:
    count = 300_000  # more than two of the engine's row groups
    found = load(tmp_path, "i\n" + "\n".join(map(str, range(count))) + "\n", [Column("i", "integer")])
    assert found["i"].to_numpy().tolist() == list(range(count))


class TestRefused:
    def test_values_that_would_silently_be_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidData) as caught:
            load(tmp_path, "i\n1\nx\n2.5\n", [Column("i", "integer")])
        assert caught.value.message == "t.csv: 2 values of `i` do not read as integer, the first in line 3"
        assert (
            caught.value.hint == "mend the data or the contract's type; `datakit validate` names every check that fails"
        )

    def test_only_in_columns_that_are_wanted(self, tmp_path: Path) -> None:
        assert load(tmp_path, "i,j\nx,1\n", [Column("i", "integer"), Column("j", "integer")], ["j"])["j"].to_list() == [
            1
        ]

    def test_a_ragged_row(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidData, match=r"t\.csv:3: expected 2 columns, found 3"):
            load(tmp_path, "a,b\n1,2\n1,2,3\n", [])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-99, 99),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.booleans(),
            st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=8),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_as_pandas_reads_it_where_that_is_right(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int | None, float | None, bool | None, str]]
) -> None:
    numbers, floats, truths, texts = zip(*rows, strict=True)
    expected = pd.DataFrame({
        "i": pd.array(numbers, dtype="Int64"),
        "n": pd.array(floats, dtype="float64"),
        "b": pd.array(truths, dtype="boolean"),
        "x": pd.array([f"_{text}" for text in texts], dtype="str"),
    })  # fmt: skip
    text = expected.to_csv(index=False, na_rep="NA")
    columns = [Column("i", "integer"), Column("n", "number"), Column("b", "boolean"), Column("x", "string")]
    found = load(tmp_path_factory.mktemp("t"), text, columns)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    if all(number is None or abs(number) < 2**53 for number in numbers):  # beyond that pandas rounds beside a gap
        kinds = {"i": "Int64", "n": "float64", "b": "boolean", "x": "str"}
        own = pd.read_csv(io.StringIO(text), dtype=kinds, na_values=["NA"], keep_default_na=False)
        pd.testing.assert_frame_equal(found, own)

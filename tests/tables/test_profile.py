"""Statistics against Python's own, and the same bytes whatever the order, the threads and the format."""

from __future__ import annotations

import json
import math
import random
import statistics
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Check, Column, Reader
from datakit.formats.profile import ColumnProfile
from datakit.tables import profile
from datakit.tables.profile import canonical, rounded
from datakit.tables.scan import scan
from datakit.tables.sniff import sniff
from tests.support.tables import contract, csv_text, jsonl_text


def profiled(path: Path, *columns: Column, reader: Reader | None = None) -> dict[str, ColumnProfile]:
    reader = reader or sniff(path, path.name)
    assert reader is not None
    return {c.name: c for c in scan(path, path.name, reader, contract(columns, ())).profile.columns}


def numbers(tmp_path: Path, values: list[str], type_: str = "number") -> ColumnProfile:
    path = tmp_path / "t.csv"
    path.write_text(csv_text(["n"], [[value] for value in values]), encoding="utf-8")
    return profiled(path, Column("n", type_), reader=Reader("csv"))["n"]  # type: ignore[arg-type]  # parametrised


def test_every_fact_of_a_small_table_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "n,s,d,b\n1,ab,2020-01-02,true\n2.50,é,2020-01-01,FALSE\n,ab,,true\nx,,2020-01-01,\n", encoding="utf-8"
    )
    found = profiled(
        path,
        Column("n", "number"),
        Column("s", "string", classification="public"),
        Column("d", "date"),
        Column("b", "boolean", classification="public"),
    )
    assert found["n"] == ColumnProfile(
        "n", "number", 4, 1, 2, "1", "2.5", 1.75, rounded(math.sqrt(1.125)), (1.075, 1.375, 1.75, 2.125, 2.425)
    )
    assert found["s"] == ColumnProfile("s", "string", 4, 1, 2, shortest=1, longest=2, top=(("ab", 2), ("é", 1)))
    assert found["d"] == ColumnProfile("d", "date", 4, 1, 2, "2020-01-01", "2020-01-02")
    assert found["b"] == ColumnProfile("b", "boolean", 4, 1, 2, "false", "true", top=(("true", 2), ("false", 1)))


def test_values_of_unclassified_text_are_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("s\nsecret\nsecret\nother\n", encoding="utf-8")
    assert "secret" not in repr(profiled(path, Column("s", "string")))
    assert "secret" not in repr(profiled(path, Column("s", "string", classification="restricted")))
    assert profiled(path, Column("s", "string", classification="public"))["s"].top == (("secret", 2), ("other", 1))


def test_long_values_are_not_shown_even_if_public(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("s\n" + ("x" * 65 + "\n") * 2 + "y\n", encoding="utf-8")
    assert profiled(path, Column("s", "string", classification="public"))["s"].top == (("y", 1),)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_numbers(tmp_path: Path, count: int) -> None:
    found = numbers(tmp_path, [str(i) for i in range(count)])
    assert found.mean == ([None, 0.0, 0.5, 1.0][count])
    assert found.deviation == ([None, None, rounded(math.sqrt(0.5)), 1.0][count])
    assert len(found.quantiles) == (5 if count else 0)


floats = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@settings(max_examples=15, deadline=None)
@given(st.lists(floats, min_size=2, max_size=40))
def test_statistics_agree_with_python(tmp_path_factory, values) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    found = numbers(tmp_path_factory.mktemp("stat"), [repr(v) for v in values])
    exact = [Decimal(v) for v in values]
    scale = max(abs(v) for v in values)
    assert found.mean == pytest.approx(float(statistics.mean(exact)), rel=1e-11, abs=scale * 1e-15)
    assert found.minimum == canonical(min(values) + 0.0, "number")
    assert found.maximum == canonical(max(values) + 0.0, "number")
    assert found.distinct == len(set(values))
    if found.deviation is not None and scale < 1e150:
        assert found.deviation == pytest.approx(statistics.stdev(values), rel=1e-9, abs=scale * 1e-14)


def test_a_small_spread_around_a_large_value_is_exact(tmp_path: Path) -> None:
    values = [1e9 + offset for offset in (4, 7, 13, 16)]
    found = numbers(tmp_path, [repr(v) for v in values])
    assert (found.mean, found.deviation) == (1e9 + 10, rounded(math.sqrt(30)))


def test_mean_and_deviation_do_not_depend_on_order_or_threads(tmp_path: Path) -> None:
    generator = random.Random(7)  # noqa: S311 a fixed sample
    values = [repr(generator.uniform(-1, 1) * 10 ** generator.randint(-8, 8)) for _ in range(130_000)]
    seen = {numbers(tmp_path, values), numbers(tmp_path, sorted(values))}
    assert len(seen) == 1
    (found,) = seen
    exact = [float(v) for v in values]
    assert found.mean == pytest.approx(math.fsum(exact) / len(exact), rel=1e-11)


def test_the_sums_behind_them_are_the_same_to_the_last_bit() -> None:
    generator = random.Random(3)  # noqa: S311 a fixed sample
    values = [generator.uniform(-1, 1) for _ in range(20_000)]
    seen = set()
    for order in (values, values[::-1], sorted(values), sorted(values, key=abs)):
        con = duckdb.connect()
        con.execute("CREATE TABLE data AS SELECT unnest(?::DOUBLE[]) AS c0", [order])
        seen.add(con.execute(f"SELECT {', '.join(profile._sums('c0', len(values)))} FROM data").fetchall()[0])  # noqa: S608 our own SQL
        con.close()
    ((high, low, square_high, square_low),) = seen
    assert math.fsum((high, low)) == pytest.approx(math.fsum(values), rel=1e-15)
    assert math.fsum((square_high, square_low)) == pytest.approx(math.fsum(v * v for v in values), rel=1e-15)


def test_integers_keep_every_digit(tmp_path: Path) -> None:
    values = ["9007199254740993", "-170141183460469231731687303715884105727", "007", "+7"]
    found = numbers(tmp_path, values, "integer")
    assert (found.minimum, found.maximum, found.distinct) == (values[1], values[0], 3)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=5)
record = st.tuples(
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
    st.one_of(st.none(), texts),
    st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.dates()),
)
NAMES = ["i", "n", "s", "b", "d"]
COLUMNS = [
    Column("i", "integer"),
    Column("n", "number"),
    Column("s", "string", classification="public"),
    Column("b", "boolean"),
    Column("d", "date"),
]
CHECKS = [
    *(Check(f"{c.name}.type", "type", c.name, {}) for c in COLUMNS),
    *(Check(f"{c.name}.unique", "unique", c.name, {}) for c in COLUMNS),
    Check("i.minimum", "minimum", "i", {"value": 0}),
    Check("n.maximum", "maximum", "n", {"value": 0.5}),
    Check("s.pattern", "pattern", "s", {"value": "[a-z]*"}),
    Check("d.minimum", "minimum", "d", {"value": "1900-01-01"}),
    Check("pk", "primary_key", None, {"columns": ["i", "s"]}),
]


@settings(max_examples=10, deadline=None)
@given(st.lists(record, min_size=1, max_size=8))
def test_csv_json_and_parquet_of_the_same_rows_agree(tmp_path_factory, rows) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    folder = tmp_path_factory.mktemp("same")
    plain = [
        [v if v is None or isinstance(v, str | bool | int | float) else v.isoformat() for v in row] for row in rows
    ]
    spelled = [[v if v is None or isinstance(v, str) else json.dumps(v) for v in row] for row in plain]
    (folder / "t.csv").write_text(csv_text(NAMES, spelled), encoding="utf-8", newline="")
    (folder / "t.jsonl").write_text(jsonl_text(NAMES, plain), encoding="utf-8", newline="")
    (folder / "t.json").write_text(json.dumps([dict(zip(NAMES, row, strict=True)) for row in plain]), encoding="utf-8")
    types = [pa.int64(), pa.float64(), pa.string(), pa.bool_(), pa.date32()]
    arrays = [pa.array([row[i] for row in rows], type_) for i, type_ in enumerate(types)]
    pq.write_table(pa.Table.from_arrays(arrays, names=NAMES), folder / "t.parquet")
    seen = []
    for form in ("csv", "jsonl", "parquet", "json"):
        found = scan(folder / f"t.{form}", f"t.{form}", Reader(form), contract(COLUMNS, CHECKS))
        # Where a row is, is said in the words of its format: by its line or counted.
        seen.append((found.profile, [r._replace(reason=r.reason.partition(" (")[0]) for r in found.results]))
    assert all(entry == seen[0] for entry in seen)

"""Drafts: the types and checks that a person would sign, and never one that its own data breaks."""

from __future__ import annotations

import decimal
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Check, Column, Reader
from datakit.tables.infer import infer
from datakit.tables.sniff import sniff
from tests.support.tables import csv_text, draft_and_scan

PENGUINS = Path(__file__).parents[2] / "examples/penguins/penguins_raw.csv"


def drafted(path: Path) -> tuple[dict[str, Column], dict[str, Check]]:
    reader = sniff(path, path.name)
    assert reader is not None
    columns, checks = infer(path, path.name, reader)
    assert len({check.id for check in checks}) == len(checks)
    return {c.name: c for c in columns}, {c.id: c for c in checks}


def table(tmp_path: Path, names: list[str], rows: list[list[str | None]]) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(csv_text(names, rows), encoding="utf-8")
    return path


def test_penguins() -> None:
    assert sniff(PENGUINS, PENGUINS.name) == Reader("csv", missing=("NA",))
    columns, checks = drafted(PENGUINS)
    assert {name: c.type for name, c in columns.items() if c.type != "string"} == {
        "Sample Number": "integer",
        "Date Egg": "date",
        "Culmen Length (mm)": "number",
        "Culmen Depth (mm)": "number",
        "Flipper Length (mm)": "integer",
        "Body Mass (g)": "integer",
        "Delta 15 N (o/oo)": "number",
        "Delta 13 C (o/oo)": "number",
    }
    assert checks["Sex.invalid_values"].arguments == {"values": ["FEMALE", "MALE"]}
    assert checks["Culmen Length (mm).minimum"].arguments == {"value": 0}
    assert not {"Individual ID.unique", "primary_key", "Sex.required", "Comments.invalid_values"} & checks.keys()
    assert not {"Delta 13 C (o/oo).minimum", "studyName.invalid_values"} & checks.keys()
    assert {"Individual ID.required", "Date Egg.type", "Species.invalid_values", "row_count"} <= checks.keys()
    found = draft_and_scan(PENGUINS)
    assert {r.outcome for r in found.results} == {"passed"}
    sex, mass = found.profile.columns[13], found.profile.columns[12]
    assert (sex.missing, sex.distinct, sex.top) == (11, 2, ())
    assert (mass.minimum, mass.maximum, mass.mean, mass.deviation) == ("2700", "6300", 4201.75438596, 801.954535698)


@pytest.mark.parametrize(
    ("values", "type_", "form"),
    [
        (["1", "-2"], "integer", ""),
        (["01", "2"], "string", ""),
        (["0", "10"], "integer", ""),
        (["+4912345", "+4912346"], "string", ""),
        (["9" * 38, "1"], "integer", ""),
        (["9" * 60, "1"], "string", ""),
        (["1", "2.5"], "number", ""),
        (["1e5", "0.5"], "number", ""),
        (["1", "inf"], "string", ""),
        (["true", "False"], "boolean", ""),
        (["yes", "no"], "string", ""),
        (["2020-01-01", "1999-12-31"], "date", ""),
        (["2020-01-01", "2020-02-30"], "string", ""),
        (["31/01/2020", "01/02/2020"], "date", "dd/MM/yyyy"),
        (["01/31/2020", "01/02/2020"], "date", "MM/dd/yyyy"),
        (["01/02/2020", "03/04/2020"], "string", ""),
        (["31.01.2020", "01.02.2020"], "date", "dd.MM.yyyy"),
        (["2020/01/31", "2020/02/01"], "date", "yyyy/MM/dd"),
        (["31/01/2020", "2020-01-01"], "string", ""),
        (["31.01.2020 10:00", "01.02.2020 11:30"], "timestamp", "dd.MM.yyyy HH:mm"),
        (["2020-01-01T10:00:00Z", "2020-01-01 10:00"], "timestamp", ""),
        (["2020-01-01", "2020-01-01T10:00"], "string", ""),
        (["10:00", "11:30:05"], "time", ""),
        ([None, None], "string", ""),
        (["", "1"], "integer", ""),
    ],
)
def test_types(tmp_path: Path, values: list[str | None], type_: str, form: str) -> None:
    columns, _ = drafted(table(tmp_path, ["x", "y"], [[value, "k"] for value in values]))
    assert (columns["x"].type, columns["x"].format) == (type_, form)


def test_one_odd_value_far_down_decides(tmp_path: Path) -> None:
    rows: list[list[str | None]] = [[str(i), "k"] for i in range(5000)]
    assert drafted(table(tmp_path, ["x", "y"], rows))[0]["x"].type == "integer"
    assert drafted(table(tmp_path, ["x", "y"], [*rows, ["late", "k"]]))[0]["x"].type == "string"


@pytest.mark.parametrize("name", ["id", "ID", "customer_id", "orderId", "order no", "UUID", "Key", "number"])
def test_a_complete_unique_column_with_a_key_s_name_is_the_primary_key(tmp_path: Path, name: str) -> None:
    _, checks = drafted(table(tmp_path, ["first", name, "id2"], [[str(i), str(i), str(i)] for i in range(20)]))
    assert checks["primary_key"].arguments == {"columns": [name]}
    assert f"{name}.unique" not in checks
    assert {"first.unique", "id2.unique"} <= checks.keys()


@pytest.mark.parametrize("name", ["idea", "width", "monkey", "index"])
def test_other_names_are_no_key(tmp_path: Path, name: str) -> None:
    _, checks = drafted(table(tmp_path, [name, "text"], [[str(i), f"note {i}"] for i in range(20)]))
    assert "primary_key" not in checks
    assert f"{name}.unique" in checks  # the first column may identify rows
    assert "text.unique" not in checks


def test_a_text_that_never_repeats_is_no_identifier(tmp_path: Path) -> None:
    _, checks = drafted(table(tmp_path, ["n", "title", "ref code"], [["1", f"t{i}", f"c{i}"] for i in range(20)]))
    assert [name for name in checks if name.endswith("unique")] == []
    assert checks["primary_key"].arguments == {"columns": ["ref code"]}


def test_few_values_are_categories_only_where_each_comes_again_and_again(tmp_path: Path) -> None:
    rows: list[list[str | None]] = [["ab"[i % 2], "same", "x" if i < 4 else "y"] for i in range(50)]
    _, checks = drafted(table(tmp_path, ["two", "one", "rare"], rows))
    assert [name for name in checks if name.endswith("invalid_values")] == ["two.invalid_values"]


def test_nineteen_rows_say_nothing_about_uniqueness(tmp_path: Path) -> None:
    _, checks = drafted(table(tmp_path, ["id"], [[str(i)] for i in range(19)]))
    assert set(checks) == {"id.type", "id.required", "id.minimum", "row_count"}


def test_numbers_and_dates_are_never_unique(tmp_path: Path) -> None:
    rows: list[list[str | None]] = [[f"{i}.5", f"2020-01-{i + 1:02}"] for i in range(12)]
    _, checks = drafted(table(tmp_path, ["n", "d"], rows))
    assert not {"n.unique", "d.unique"} & checks.keys()


def test_categories_need_rows_repeats_and_an_impersonal_name(tmp_path: Path) -> None:
    rows: list[list[str | None]] = [["abc"[i % 3]] * 4 for i in range(60)]
    names = ["kind", "first_name", "E-Mail", "customerStreet"]
    _, checks = drafted(table(tmp_path, names, rows))
    assert [i for i in checks if i.endswith("invalid_values")] == ["kind.invalid_values"]
    assert checks["kind.invalid_values"].arguments == {"values": ["a", "b", "c"]}
    _, few = drafted(table(tmp_path, names, rows[:49]))
    assert "kind.invalid_values" not in few
    _, rare = drafted(table(tmp_path, names, [*rows, ["d"] * 4, ["d"] * 4]))
    assert "kind.invalid_values" not in rare
    _, long = drafted(table(tmp_path, ["kind"], [["x" * 65]] * 60))
    assert "kind.invalid_values" not in long


def test_ids_stay_unique_when_a_column_is_called_like_a_check(tmp_path: Path) -> None:
    _, checks = drafted(table(tmp_path, ["row_count", "a", "a.b"], [["1", "x", "y"]]))
    assert checks["row_count"].kind == "row_count"
    assert "row_count.required" in checks


cell = st.one_of(
    st.none(),
    st.sampled_from(["1", "0", "-1", "1.5", "1e400", "007", "true", "2020-01-01", "31/12/2020", "NA", "-", "inf", "nan", "10:00", "{}", "[]", "\u0661", "\U0001f600", "\u200b", " 1"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)  # fmt: skip


@settings(max_examples=16, deadline=None)
@given(st.integers(1, 3), st.data())
def test_a_draft_never_fails_on_its_own_data(tmp_path_factory, width, data) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    rows = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=12))
    repeat = data.draw(st.sampled_from([1, 7]))
    folder = tmp_path_factory.mktemp("draft")
    names = [f"id {i}" for i in range(width)]
    (folder / "t.csv").write_text(csv_text(names, rows * repeat), encoding="utf-8", newline="")
    objects = [dict(zip(names, row, strict=True)) for row in rows * repeat]
    (folder / "t.json").write_text(json.dumps(objects), encoding="utf-8")
    for name in ("t.csv", "t.json"):
        found = draft_and_scan(folder / name)
        assert [r for r in found.results if r.outcome != "passed"] == []
        assert found.profile.rows == len(rows) * repeat or (width == 1 and name == "t.csv")


def test_decimals_of_a_parquet_file_have_a_range(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"d": [decimal.Decimal("1.10"), decimal.Decimal("2.50")]}), path)
    columns, checks = infer(path, "t.parquet", Reader("parquet"))
    assert [(column.name, column.type) for column in columns] == [("d", "number")]
    assert "d.minimum" in {check.id for check in checks}

"""Every kind of check: what it counts, what it says, what it never does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Check, Column, Reader
from datakit.formats.receipt import Result
from datakit.tables.scan import scan
from tests.support.tables import contract, csv_text, look

TABLE = (
    "id,sex,mass,when,at,ok\n"
    "1,MALE,10.5,2020-01-01,2020-01-01T00:00:00,true\n"
    "2,FEMALE,,2020-02-01,2020-02-01T00:00:00Z,false\n"
    "2,female,-3,2020-03-01,2020-03-01 12:00:00+02:00,TRUE\n"
    "x,,40,2020-13-01,,maybe\n"
)
COLUMNS = (
    Column("id", "integer"),
    Column("sex", "string"),
    Column("mass", "number"),
    Column("when", "date"),
    Column("at", "timestamp"),
    Column("ok", "boolean"),
)


def one(tmp_path: Path, check: Check, table: str = TABLE, columns: tuple[Column, ...] = COLUMNS) -> Result:
    path = tmp_path / "t.csv"
    path.write_text(table, encoding="utf-8")
    (result,) = look(path, columns, [check]).results
    return result


def check(kind: str, column: str | None = None, arguments: Mapping[str, object] | None = None, **more: object) -> Check:
    return Check("c", kind, column, arguments or {}, **more)  # type: ignore[arg-type]  # cases are written loosely


@pytest.mark.parametrize(
    ("asked", "outcome", "observed", "reason"),
    [
        (check("type", "id"), "failed", 1, "1 of 4 rows: expected integer (row 4)"),
        (check("type", "when"), "failed", 1, "1 of 4 rows: expected date (row 4)"),
        (check("type", "at"), "passed", 0, ""),
        (check("type", "ok"), "failed", 1, "1 of 4 rows: expected boolean (row 4)"),
        (check("type", "sex"), "passed", 0, ""),
        (check("required", "mass"), "failed", 1, "1 of 4 rows: expected a value (row 2)"),
        (check("required", "id"), "passed", 0, ""),
        (check("null_values", "sex", operator="<=", bound=(25,), unit="percent"), "passed", 25, ""),
        (
            check("null_values", "sex", operator="<", bound=(25,), unit="percent"),
            "failed",
            25,
            "1 of 4 rows: expected a value (row 4); allowed: fewer than 25 percent",
        ),
        (check("missing_values", "sex", {"values": ["female", None]}), "failed", 2, "2 of 4 rows: expected a value (rows 3, 4)"),
        (check("missing_values", "id", {"values": ["x"]}), "failed", 1, "1 of 4 rows: expected a value (row 4)"),
        (check("unique", "id"), "failed", 1, "1 of 4 rows: expected no value twice (row 3)"),
        (check("unique", "sex"), "passed", 0, ""),
        (check("unique", "mass"), "passed", 0, ""),
        (
            check("primary_key", None, {"columns": ["id"]}),
            "failed",
            2,
            "2 of 4 rows: expected a complete key that comes once (rows 3, 4)",
        ),
        (check("primary_key", None, {"columns": ["when", "id"]}), "failed", 1, "1 of 4 rows: expected a complete key that comes once (row 4)"),
        (check("duplicate_values", None, {"columns": ["id", "mass"]}), "passed", 0, ""),
        (check("duplicate_values", "id"), "failed", 1, "1 of 4 rows: expected no repeated value (row 3)"),
        (check("minimum", "mass", {"value": 0}), "failed", 1, "1 of 4 rows: expected at least 0; the smallest is -3 (row 3)"),
        (check("minimum", "mass", {"value": "-3"}), "passed", 0, ""),
        (check("exclusive_minimum", "mass", {"value": -3}), "failed", 1, "1 of 4 rows: expected more than -3; the smallest is -3 (row 3)"),
        (check("maximum", "mass", {"value": 10.5}), "failed", 1, "1 of 4 rows: expected at most 10.5; the largest is 40 (row 4)"),
        (check("exclusive_maximum", "mass", {"value": 40.5}), "passed", 0, ""),
        (check("minimum", "id", {"value": 1.5}), "failed", 2, "2 of 4 rows: expected at least 1.5; the smallest is 1 (rows 1, 4)"),
        (check("maximum", "when", {"value": "2020-02-15"}), "failed", 2, "2 of 4 rows: expected at most 2020-02-15 (rows 3, 4)"),
        (check("maximum", "at", {"value": "2020-03-01T11:00:00+01:00"}), "passed", 0, ""),
        (check("exclusive_maximum", "at", {"value": "2020-03-01T10:00:00Z"}), "failed", 1, "1 of 4 rows: expected less than 2020-03-01 10:00:00 (row 3)"),
        (check("multiple_of", "mass", {"value": 0.5}), "passed", 0, ""),
        (check("multiple_of", "mass", {"value": 2}), "failed", 2, "2 of 4 rows: expected a multiple of 2 (rows 1, 3)"),
        (check("min_length", "sex", {"value": 5}), "failed", 1, "1 of 4 rows: expected at least 5 characters (row 1)"),
        (check("max_length", "sex", {"value": "6"}), "passed", 0, ""),
        (check("pattern", "sex", {"value": "[A-Z]+"}), "failed", 1, "1 of 4 rows: expected text of another form (row 3)"),
        (check("pattern", "id", {"value": "[0-9]"}), "failed", 1, "1 of 4 rows: expected text of another form (row 4)"),
        (
            check("invalid_values", "sex", {"values": ["MALE", "FEMALE", "X"]}),
            "failed",
            1,
            "1 of 4 rows: expected one of 3 values (row 3)",
        ),
        (check("invalid_values", "id", {"values": [1, "2", "no number"]}), "failed", 1, "1 of 4 rows: expected one of 3 values (row 4)"),
        (check("invalid_values", "ok", {"values": [True, False]}), "failed", 1, "1 of 4 rows: expected one of 2 values (row 4)"),
        (check("invalid_values", "sex", {"pattern": "(?i)(fe)?male"}), "passed", 0, ""),
        (
            check("invalid_values", "sex", {"values": []}),
            "failed",
            3,
            "3 of 4 rows: expected one of 0 values (rows 1, 2, 3)",
        ),
        (check("row_count", operator="between", bound=(4, 5)), "passed", 4, ""),
        (check("row_count", operator="not_between", bound=(4, 5)), "failed", 4, "4 rows: expected not between 4 and 5"),
        (check("row_count", operator=">", bound=(4,)), "failed", 4, "4 rows: expected more than 4"),
        (check("row_count", operator="!=", bound=(4,)), "failed", 4, "4 rows: expected not 4"),
        (check("row_count", operator=">=", bound=(4,)), "passed", 4, ""),
        (check("required", "mass", severity="warning"), "warned", 1, "1 of 4 rows: expected a value (row 2)"),
        (check("required", "gone"), "failed", 4, "the table has no column `gone`"),
        (check("unique", "gone", severity="warning"), "warned", 4, "the table has no column `gone`"),
        (check("primary_key", None, {"columns": ["id", "gone"]}), "failed", 4, "the table has no column `gone`"),
    ],
)  # fmt: skip
def test_what_a_check_finds(tmp_path: Path, asked: Check, outcome: str, observed: float, reason: str) -> None:
    assert one(tmp_path, asked) == Result("c", outcome, observed, 4, reason)  # type: ignore[arg-type]  # parametrised


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (check("sql", None, {"query": "SELECT 1"}), "`sql` checks are not run by this version"),
        (check("text"), "`text` checks are not run by this version"),
        (check("custom", "id"), "`custom` checks are not run by this version"),
        (check("freshness", "id"), "checks of kind `freshness` are not known"),
        (check("required", "id", {"value": 1}), "the argument `value` of `required` is not supported"),
        (check("required", "id", operator="~"), "the operator `~` is not known"),
        (check("required", "id", bound=(1, 2)), "the operator `=` needs another number of bounds than 2"),
        (check("row_count", operator="between"), "the operator `between` needs another number of bounds than 1"),
        (check("required", "id", bound=(float("nan"),)), "a bound is not a finite number"),
        (check("minimum", "sex", {"value": 1}), "`minimum` does not apply to string"),
        (check("minimum", "mass", {"value": "1; DROP"}), "the bound `1; DROP` is not a number that can be compared"),
        (check("minimum", "mass", {"value": float("inf")}), "the bound `inf` is not a number that can be compared"),
        (check("minimum", "mass", {}), "the bound `None` is not a number that can be compared"),
        (check("minimum", "mass", {"value": True}), "the bound `True` is not a number that can be compared"),
        (check("minimum", "when", {"value": "soon"}), "the bound `soon` is not a date in ISO 8601"),
        (check("minimum", "when", {"value": 3}), "the bound `3` is not a date in ISO 8601"),
        (check("multiple_of", "mass", {"value": 0}), "`multiple_of` needs a number above zero"),
        (check("multiple_of", "when", {"value": 1}), "`multiple_of` does not apply to date"),
        (check("min_length", "sex", {"value": 1.5}), "the bound `1.5` is not a whole number"),
        (check("pattern", "sex", {"value": "("}), "the pattern is not a regular expression that RE2 runs in linear time"),
        (check("pattern", "sex", {"value": r"(a)\1"}), "the pattern is not a regular expression that RE2 runs in linear time"),
        (check("pattern", "sex", {"value": "a" * 1001}), "the pattern has 1,001 characters; at most 1,000 are run"),
        (check("pattern", "sex", {"value": "a\0b"}), "the pattern holds a NUL character"),
        (check("pattern", "sex", {"value": 3}), "`value` of `pattern` is not a text"),
        (check("invalid_values", "sex", {}), "`invalid_values` needs `values` or `pattern`"),
        (check("invalid_values", "sex", {"values": "MALE"}), "`values` of `invalid_values` is not a list"),
        (check("invalid_values", "sex", {"values": ["a\0"]}), "`values` of `invalid_values` holds a NUL character"),
        (check("primary_key"), "`primary_key` needs a list of columns"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_skipped_with_its_reason(tmp_path: Path, asked: Check, reason: str) -> None:
    assert one(tmp_path, asked) == Result("c", "skipped", None, 0, reason)


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
    assert result.reason.endswith("(row 2)")


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
    wrong = [index for index, value in enumerate(bad, start=len(good) + 1) if value]
    named = ", ".join(map(str, wrong[:5])) + (", …" if len(wrong) > 5 else "")
    assert result.reason == f"{len(wrong)} of {len(good) + len(bad)} rows: expected {type_} (rows {named})"


def test_zero_and_one_are_boolean_only_where_declared(tmp_path: Path) -> None:
    table = "b\n0\n1\n"
    assert one(tmp_path, check("type", "b"), table, (Column("b", "boolean"),)).outcome == "failed"
    assert one(tmp_path, check("type", "b"), table, (Column("b", "boolean", format="0/1"),)).outcome == "passed"


def test_values_are_shown_only_of_public_columns(tmp_path: Path) -> None:
    asked = check("invalid_values", "who", {"values": ["x"]})
    table = "who\nsecret-name\nx\n" + "y" * 100 + "\n"
    hidden = one(tmp_path, asked, table, (Column("who", "string"),))
    assert hidden.reason == "2 of 3 rows: expected the one allowed value (rows 1, 3)"
    confidential = one(tmp_path, asked, table, (Column("who", "string", classification="confidential"),))
    assert confidential.reason == hidden.reason
    public = one(tmp_path, asked, table, (Column("who", "string", classification="public"),))
    assert public.reason == f"2 of 3 rows: expected the one allowed value (rows 1 `secret-name`, 3 `{'y' * 40}`)"


def test_bounds_of_large_integers_are_exact(tmp_path: Path) -> None:
    table = "n\n9007199254740993\n"
    columns = (Column("n", "integer"),)
    assert one(tmp_path, check("maximum", "n", {"value": 9007199254740992}), table, columns).outcome == "failed"
    assert one(tmp_path, check("maximum", "n", {"value": "9007199254740993"}), table, columns).outcome == "passed"


HOSTILE = ["'", '"', "');DROP TABLE data;--", '" FROM data; ATTACH \'x\' --', "\\", "a\nb", "$$", "?", "{0}", "%s", "--", "/*", "x\u202ey", "c0"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_a_value_or_a_name_and_nothing_else(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(csv_text([text, "n"], [[text, "1"], ["other", "2"]]), encoding="utf-8")
    checks = [
        check("invalid_values", text, {"values": [text]}),
        check("missing_values", text, {"values": [text]}),
        check("pattern", text, {"value": "(?s).*" + "".join(f"\\x{{{ord(c):x}}}" for c in text)}),
        check("duplicate_values", None, {"columns": [text, "n"]}),
        check("minimum", "n", {"value": text}),
        check(text, text),
        check("required", text, {text: 1}),
        check("required", text, operator=text),
    ]
    reader = Reader("csv", missing=(text + "x",))
    found = scan(
        path,
        "t.csv",
        reader,
        contract([Column(text, "string", classification="public"), Column("n", "integer")], checks),
    )
    assert [r.outcome for r in found.results] == ["failed", "failed", "failed", "passed", *["skipped"] * 4]
    assert [r.observed for r in found.results[:3]] == [1, 1, 1]
    assert found.profile.rows == 2


def test_results_come_in_the_order_of_the_checks(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    kinds = ["row_count", "unique", "sql", "required", "type", "minimum"]
    checks = [Check(f"{i}", k, "id", {"value": 0} if k == "minimum" else {}) for i, k in enumerate(kinds)]
    assert [r.id for r in look(path, COLUMNS, checks).results] == list("012345")


def test_an_empty_table_breaks_only_the_row_count(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n", encoding="utf-8")
    checks = [check("required", "a"), check("unique", "a"), check("row_count", operator=">", bound=(0,))]
    checks.append(check("null_values", "a", operator="<=", bound=(5,), unit="percent"))
    found = look(path, [Column("a", "integer")], checks)
    assert [r.outcome for r in found.results] == ["passed", "passed", "failed", "passed"]
    assert found.results[2].reason == "0 rows: expected more than 0"


cells = st.one_of(st.none(), st.sampled_from(["1", "2", "x", "-5", "2020-01-01", "é", 'q"q', "a,b", "l\nl"]))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(cells, cells), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_count_and_no_statistic(tmp_path_factory, rows, random) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    folder = tmp_path_factory.mktemp("order")
    columns = [Column("a", "integer"), Column("b", "string", classification="public")]
    checks = [
        check("type", "a"),
        check("minimum", "a", {"value": 0}),
        check("unique", "b"),
        check("primary_key", None, {"columns": ["a", "b"]}),
        check("pattern", "b", {"value": "[a-z]"}),
    ]
    shuffled = list(rows)
    random.shuffle(shuffled)
    seen = []
    for name, order in (("one", rows), ("two", shuffled)):
        path = folder / f"{name}.csv"
        path.write_text(csv_text(["a", "b"], order), encoding="utf-8")
        found = scan(path, path.name, Reader("csv"), contract(columns, checks))
        seen.append((found.profile, [result._replace(reason="") for result in found.results]))
    assert seen[0] == seen[1]


def test_dates_compare_as_dates(tmp_path: Path) -> None:
    result = one(tmp_path, check("minimum", "when", {"value": dt.date(2020, 1, 1).isoformat()}))
    assert result.reason == "1 of 4 rows: expected at least 2020-01-01 (row 4)"

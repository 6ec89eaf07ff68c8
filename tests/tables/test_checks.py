"""Every kind of check: what it counts, what it says, what it never does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Check, Column, Reader
from datakit.formats.receipt import Result
from datakit.tables.scan import scan
from tests.support.tables import check, contract, csv_text, one


@pytest.mark.parametrize(
    ("asked", "outcome", "observed", "reason"),
    [
        (check("type", "id"), "failed", 1, "1 of 4 rows: expected integer (line 5)"),
        (check("type", "when"), "failed", 1, "1 of 4 rows: expected date (line 5)"),
        (check("type", "at"), "passed", 0, ""),
        (check("type", "ok"), "failed", 1, "1 of 4 rows: expected boolean (line 5)"),
        (check("type", "sex"), "passed", 0, ""),
        (check("required", "mass"), "failed", 1, "1 of 4 rows: expected a value (line 3)"),
        (check("required", "id"), "passed", 0, ""),
        (check("null_values", "sex", operator="<=", bound=(25,), unit="percent"), "passed", 25, ""),
        (
            check("null_values", "sex", operator="<", bound=(25,), unit="percent"),
            "failed",
            25,
            "1 of 4 rows: expected a value (line 5); allowed: fewer than 25 percent",
        ),
        (check("missing_values", "sex", {"values": ["female", None]}), "failed", 2, "2 of 4 rows: expected a value (lines 4, 5)"),
        (check("missing_values", "id", {"values": ["x"]}), "failed", 1, "1 of 4 rows: expected a value (line 5)"),
        (check("unique", "id"), "failed", 1, "1 of 4 rows: expected no value twice (line 4)"),
        (check("unique", "sex"), "passed", 0, ""),
        (check("unique", "mass"), "passed", 0, ""),
        (
            check("primary_key", None, {"columns": ["id"]}),
            "failed",
            1,
            "1 of 4 rows: expected a complete key that comes once (line 4)",
        ),
        (check("primary_key", None, {"columns": ["when", "id"]}), "passed", 0, ""),
        (check("duplicate_values", None, {"columns": ["id", "mass"]}), "passed", 0, ""),
        (check("duplicate_values", "id"), "failed", 1, "1 of 4 rows: expected no repeated value (line 4)"),
        (check("minimum", "mass", {"value": 0}), "failed", 1, "1 of 4 rows: expected at least 0; the smallest is -3 (line 4)"),
        (check("minimum", "mass", {"value": "-3"}), "passed", 0, ""),
        (check("exclusive_minimum", "mass", {"value": -3}), "failed", 1, "1 of 4 rows: expected more than -3; the smallest is -3 (line 4)"),
        (check("maximum", "mass", {"value": 10.5}), "failed", 1, "1 of 4 rows: expected at most 10.5; the largest is 40 (line 5)"),
        (check("exclusive_maximum", "mass", {"value": 40.5}), "passed", 0, ""),
        (check("minimum", "id", {"value": 1.5}), "failed", 1, "1 of 4 rows: expected at least 1.5; the smallest is 1 (line 2)"),
        (check("maximum", "when", {"value": "2020-02-15"}), "failed", 1, "1 of 4 rows: expected at most 2020-02-15 (line 4)"),
        (check("maximum", "at", {"value": "2020-03-01T11:00:00+01:00"}), "passed", 0, ""),
        (check("exclusive_maximum", "at", {"value": "2020-03-01T10:00:00Z"}), "failed", 1, "1 of 4 rows: expected less than 2020-03-01 10:00:00 (line 4)"),
        (check("multiple_of", "mass", {"value": 0.5}), "passed", 0, ""),
        (check("multiple_of", "mass", {"value": 2}), "failed", 2, "2 of 4 rows: expected a multiple of 2 (lines 2, 4)"),
        (check("min_length", "sex", {"value": 5}), "failed", 1, "1 of 4 rows: expected at least 5 characters (line 2)"),
        (check("max_length", "sex", {"value": "6"}), "passed", 0, ""),
        (check("pattern", "sex", {"value": "[A-Z]+"}), "failed", 1, "1 of 4 rows: expected text of another form (line 4)"),
        (check("pattern", "id", {"value": "[0-9]"}), "passed", 0, ""),
        (
            check("invalid_values", "sex", {"values": ["MALE", "FEMALE", "X"]}),
            "failed",
            1,
            "1 of 4 rows: expected one of 3 values (line 4)",
        ),
        (check("invalid_values", "id", {"values": [1, "2", "no number"]}), "passed", 0, ""),
        (check("invalid_values", "ok", {"values": [True, False]}), "passed", 0, ""),
        (check("invalid_values", "sex", {"pattern": "(?i)(fe)?male"}), "passed", 0, ""),
        (
            check("invalid_values", "sex", {"values": []}),
            "failed",
            3,
            "3 of 4 rows: expected one of 0 values (lines 2, 3, 4)",
        ),
        (check("row_count", operator="between", bound=(4, 5)), "passed", 4, ""),
        (check("row_count", operator="not_between", bound=(4, 5)), "failed", 4, "4 rows: expected not between 4 and 5"),
        (check("row_count", operator=">", bound=(4,)), "failed", 4, "4 rows: expected more than 4"),
        (check("row_count", operator="!=", bound=(4,)), "failed", 4, "4 rows: expected not 4"),
        (check("row_count", operator=">=", bound=(4,)), "passed", 4, ""),
        (check("required", "mass", severity="warning"), "warned", 1, "1 of 4 rows: expected a value (line 3)"),
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


def test_a_value_that_is_not_of_its_type_is_reported_by_the_check_of_the_type_alone(tmp_path: Path) -> None:
    checks = [
        check("type", "n")._replace(id="n.type"),
        check("minimum", "n", {"value": 0})._replace(id="n.minimum"),
        check("invalid_values", "n", {"values": [1, 2]})._replace(id="n.invalid_values"),
        check("primary_key", None, {"columns": ["n"]})._replace(id="primary_key"),
    ]
    path = tmp_path / "t.csv"
    path.write_text("n,m\n1,1\nx,1\n-5,1\n", encoding="utf-8")
    found = scan(path, "t.csv", Reader("csv"), contract([Column("n", "integer")], checks)).results
    assert [(r.id, r.outcome, r.reason) for r in found] == [
        ("n.type", "failed", "1 of 3 rows: expected integer (line 3)"),
        ("n.minimum", "failed", "1 of 3 rows: expected at least 0; the smallest is -5 (line 4)"),
        ("n.invalid_values", "failed", "1 of 3 rows: expected one of 2 values (line 4)"),
        ("primary_key", "passed", ""),
    ]


def test_where_rows_are_no_lines_they_are_counted_without_the_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('n,m\n1,"two\nlines"\nx,1\n', encoding="utf-8")
    asked = [check("type", "n")]
    (found,) = scan(path, "t.csv", Reader("csv"), contract([Column("n", "integer")], asked)).results
    assert found.reason == "1 of 2 rows: expected integer (data row 2)"
    path.write_text('[{"n": 1},\n{"n": "x"}, {"n": "y"}]\n', encoding="utf-8")
    (found,) = scan(path, "t.json", Reader("json"), contract([Column("n", "integer")], asked)).results
    assert found.reason == "2 of 3 rows: expected integer (data rows 2, 3)"

"""Quality entries: the check that each becomes, and what is said of each wrong one."""

from __future__ import annotations

import pytest

from datakit.formats.contract import Check
from tests.support.contracts import contract, only, refused


class TestQuality:
    @pytest.mark.parametrize(
        ("entry", "check"),
        [
            ("{metric: nullValues, mustBe: 0}", Check("a.null_values", "null_values", "a", {}, "=", (0.0,))),
            (
                "{metric: nullValues, mustBeLessThan: 5, unit: percent, severity: warning, description: few}",
                Check("a.null_values", "null_values", "a", {}, "<", (5.0,), "percent", "warning", "few"),
            ),
            (
                "{metric: missingValues, arguments: {missingValues: [null, '', N/A, no]}, mustBeLessOrEqualTo: 3, name: Gaps}",
                Check(
                    "a.missing_values",
                    "missing_values",
                    "a",
                    {"values": ["", "N/A", "no"]},
                    "<=",
                    (3.0,),
                    "rows",
                    "error",
                    "Gaps",
                ),
            ),
            (
                "{type: library, metric: invalidValues, arguments: {validValues: [x, 12, no], pattern: '^x'}, mustNotBe: 1}",
                Check(
                    "a.invalid_values",
                    "invalid_values",
                    "a",
                    {"values": ["x", "12", "no"], "pattern": "^x"},
                    "!=",
                    (1.0,),
                ),
            ),
            (
                "{metric: duplicateValues, mustBeBetween: [0, 10]}",
                Check("a.duplicate_values", "duplicate_values", "a", {"columns": ["a"]}, "between", (0.0, 10.0)),
            ),
            (
                "{metric: duplicateValues, mustNotBeBetween: [1, 2.5], severity: INFO}",
                Check(
                    "a.duplicate_values",
                    "duplicate_values",
                    "a",
                    {"columns": ["a"]},
                    "not_between",
                    (1.0, 2.5),
                    "rows",
                    "warning",
                ),
            ),
            (
                "{type: text, description: looks right}",
                Check("a.text", "text", "a", {"text": "looks right"}, description="looks right"),
            ),
            (
                "{description: looks right}",
                Check("a.text", "text", "a", {"text": "looks right"}, description="looks right"),
            ),
            (
                "{type: sql, query: 'SELECT 1', mustBeGreaterThan: 0, severity: critical}",
                Check("a.sql", "sql", "a", {"query": "SELECT 1", "mustBeGreaterThan": 0}),
            ),
            (
                "{type: custom, engine: soda, implementation: {x: 1}, id: q1, dimension: accuracy, businessImpact: none}",
                Check("a.custom", "custom", "a", {"engine": "soda", "implementation": {"x": 1}}),
            ),
        ],
    )
    def test_entries_of_3_1(self, entry: str, check: Check) -> None:
        assert only(f"{{name: a, logicalType: string, quality: [{entry}]}}") == check

    @pytest.mark.parametrize(
        ("entry", "check"),
        [
            ("{rule: nullCheck}", Check("a.null_values", "null_values", "a", {}, "=", (0.0,))),
            ("{rule: duplicateCount, mustBeLessThan: 10, unit: percent}", Check("a.duplicate_values", "duplicate_values", "a", {"columns": ["a"]}, "<", (10.0,), "percent")),
            ("{type: library, rule: validValues, validValues: [x, y]}", Check("a.invalid_values", "invalid_values", "a", {"values": ["x", "y"]}, "=", (0.0,))),
            ("{rule: freshness, unitOfAge: days}", Check("a.custom", "custom", "a", {"rule": "freshness", "unitOfAge": "days"})),
        ],
    )  # fmt: skip
    def test_rules_of_3_0(self, entry: str, check: Check) -> None:
        assert only(f"{{name: a, logicalType: string, quality: [{entry}]}}", api="v3.0.2") == check

    def test_values_have_the_type_of_their_column(self) -> None:
        for kind, text, values in [
            ("integer", "[1, 2.0]", [1, 2]), ("boolean", "[true]", [True]), ("date", "[2024-01-31]", ["2024-01-31"]), ("string", "[1, true]", ["1", "true"]),
        ]:  # fmt: skip
            check = only(
                f"{{name: a, logicalType: {kind}, quality: [{{metric: invalidValues, arguments: {{validValues: {text}}}, mustBe: 0}}]}}"
            )
            assert check.arguments == {"values": values}

    def test_entries_of_the_table(self) -> None:
        found = contract(
            "{name: a}\n{name: b, physicalName: B b}",
            table="quality:\n- {metric: rowCount, mustBeGreaterOrEqualTo: 100}\n"
            "- {metric: duplicateValues, arguments: {properties: [a, b]}, mustBe: 0}\n- {rule: rowCount, mustBe: 3}\n- {type: sql, query: x}",
        )
        assert found.checks == (
            Check("row_count", "row_count", None, {}, ">=", (100.0,)),
            Check("duplicate_values", "duplicate_values", None, {"columns": ["a", "B b"]}, "=", (0.0,)),
            Check("row_count_2", "row_count", None, {}, "=", (3.0,)),
            Check("sql", "sql", None, {"query": "x"}),
        )

    def test_repeated_kinds_are_numbered(self) -> None:
        entry = "{metric: nullValues, mustBeLessThan: 5}"
        found = contract(f"{{name: a, quality: [{entry}, {entry}, {entry}]}}\n{{name: b, quality: [{entry}]}}")
        assert [check.id for check in found.checks] == [
            "a.null_values",
            "a.null_values_2",
            "a.null_values_3",
            "b.null_values",
        ]

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ("{metric: nulls, mustBe: 0}", "`metric` is `nulls`, expected one of nullValues, missingValues, invalidValues, duplicateValues, rowCount"),
            ("{type: library, mustBe: 0}", "`metric` is missing, expected one of nullValues"),
            ("{type: check}", "`type` is `check`, expected one of library, sql, text, custom"),
            ("{metric: nullValues}", "no threshold, expected exactly one of mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo"),
            ("{metric: nullValues, mustBe: 0, mustBeLessThan: 3}", "two thresholds, `mustBe` and `mustBeLessThan`, expected exactly one of"),
            ("{metric: nullValues, mustBe: few}", "`mustBe` is `few`, expected a number"),
            ("{metric: nullValues, mustBe: true}", "`mustBe` is `true`, expected a number"),
            ("{metric: nullValues, mustBeBetween: [3]}", "`mustBeBetween` is a list, expected a list of two numbers, the smaller one first"),
            ("{metric: nullValues, mustBeBetween: [3, 1]}", "`mustBeBetween` is a list, expected a list of two numbers"),
            ("{metric: nullValues, mustBeBetween: 3}", "`mustBeBetween` is `3`, expected a list of two numbers"),
            ("{metric: nullValues, mustBe: 0, unit: share}", "`unit` is `share`, expected one of rows, percent"),
            ("{metric: nullValues, mustBeLessThan: 120, unit: percent}", "[120.0] percent, expected 0 to 100"),
            ("{metric: nullValues, mustBe: 0, severity: awful}", "`severity` is `awful`, expected one of error, critical"),
            ("{metric: rowCount, mustBe: 0}", "`rowCount` of a column, expected it at the schema object"),
            ("{metric: invalidValues, mustBe: 0}", "`invalidValues` needs `validValues` or `pattern`"),
            ("{metric: invalidValues, arguments: {validValues: x}, mustBe: 0}", "`validValues` is `x`, expected a list of values"),
            ("{metric: invalidValues, arguments: {validValues: [[x]]}, mustBe: 0}", "`validValues` is a list, expected a text"),
            ("{metric: invalidValues, arguments: [x], mustBe: 0}", "`arguments` is a list, expected a mapping"),
            ("nullValues", "`quality[0]` is `nullValues`, expected a mapping"),
        ],
    )  # fmt: skip
    def test_each_wrong_entry_is_named(self, entry: str, message: str) -> None:
        assert refused(f"{{name: a, logicalType: string, quality: [{entry}]}}").startswith(
            "c.yaml:10: column `a`: " + message
        )

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ("{metric: nullValues, mustBe: 0}", "`nullValues` of the table, expected it at a property"),
            ("{rule: validValues}", "`validValues` of the table, expected it at a property"),
            ("{metric: rowCount, mustBe: 0, unit: percent}", "`unit` is `percent`, expected rows"),
            (
                "{metric: duplicateValues, mustBe: 0}",
                "`duplicateValues` of the table names no `properties`, expected some of a",
            ),
            ("{metric: duplicateValues, arguments: {properties: [z]}, mustBe: 0}", "no column `z`, expected some of a"),
            (
                "{metric: duplicateValues, arguments: {properties: [[z]]}, mustBe: 0}",
                "`properties` holds a list, expected a list of texts",
            ),
        ],
    )
    def test_each_wrong_entry_of_the_table_is_named(self, entry: str, message: str) -> None:
        assert refused("{name: a}", table=f"quality: [{entry}]").startswith("c.yaml:11: " + message)

    def test_a_wrong_type_of_a_valid_value_is_named(self) -> None:
        line = "{name: a, logicalType: integer, quality: [{metric: invalidValues, arguments: {validValues: [x]}, mustBe: 0}]}"
        assert refused(line) == "c.yaml:10: column `a`: `validValues` is `x`, expected a number"

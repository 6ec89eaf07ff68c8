"""What is enforced has one form, and every change of it has a direction."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.contract import Change, Check, Column, Contract, Reader, changes, enforced, fingerprint

BASE = Contract("birds", "1.0.0", "active", Reader("csv"), (Column("a", "integer"), Column("b", "string")), ())


def check(kind: str, value: object = None, column: str | None = "a", **other: object) -> Check:
    """Make a check."""
    name = kind if column is None else f"{column}.{kind}"
    arguments = {} if value is None else {"value": value}
    return Check(name, kind, column, arguments)._replace(**other)  # type: ignore[arg-type]  # fields by name


def kinds(old: Contract, new: Contract) -> list[str]:
    """Return the kinds of all changes."""
    return [change.kind for change in changes(old, new)]


def moved(old: Check, new: Check) -> tuple[Change, ...]:
    """Compare two contracts that differ in one check."""
    return changes(BASE._replace(checks=(old,)), BASE._replace(checks=(new,)))


class TestEnforced:
    def test_is_canonical_json(self) -> None:
        contract = BASE._replace(checks=(check("minimum", 1.0), Check("é", "text", None, {"text": "ü\n"})))
        data = enforced(contract)
        assert data.isascii()
        assert b"\n" not in data
        assert json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode() == data
        assert set(json.loads(data)) == {"columns", "reader", "checks"}

    @pytest.mark.parametrize(
        "other",
        [
            BASE._replace(name="x", version="2", status="draft"),
            BASE._replace(columns=(Column("a", "integer", "text", "restricted"), Column("b", "string"))),
        ],
    )
    def test_prose_is_not_enforced(self, other: Contract) -> None:
        assert enforced(other) == enforced(BASE)
        assert fingerprint(other) == fingerprint(BASE)

    @pytest.mark.parametrize(
        "other",
        [
            BASE._replace(reader=Reader("csv", ";")),
            BASE._replace(reader=None),
            BASE._replace(columns=BASE.columns[:1]),
            BASE._replace(columns=BASE.columns[::-1]),
            BASE._replace(columns=(Column("a", "number"), BASE.columns[1])),
            BASE._replace(columns=(Column("a", "date", format="yyyy"), BASE.columns[1])),
            BASE._replace(checks=(check("required"),)),
            BASE._replace(checks=(check("required", severity="warning"),)),
            BASE._replace(checks=(check("null_values", operator="<"),)),
            BASE._replace(checks=(check("null_values", bound=(1.0,)),)),
            BASE._replace(checks=(check("null_values", unit="percent"),)),
        ],
    )
    def test_everything_else_is(self, other: Contract) -> None:
        assert fingerprint(other) != fingerprint(BASE)
        assert len(fingerprint(other)) == 64

    def test_neither_the_order_of_checks_nor_the_form_of_a_number_counts(self) -> None:
        first, second = check("minimum", 1), check("maximum", 2.5)
        one = BASE._replace(checks=(first, second._replace(description="x", bound=(0,))))
        two = BASE._replace(checks=(second._replace(bound=(0.0,)), check("minimum", 1.0)))
        assert enforced(one) == enforced(two)


class TestChanges:
    def test_nothing_changed(self) -> None:
        assert changes(BASE, BASE) == ()

    def test_columns(self) -> None:
        extra = BASE._replace(columns=(*BASE.columns, Column("c", "date")), checks=(check("required", column="c"),))
        assert changes(BASE, extra) == (Change("tightened", "column `c` added"),)
        assert changes(extra, BASE) == (Change("loosened", "column `c` removed with its checks"),)
        assert changes(BASE, BASE._replace(columns=BASE.columns[::-1])) == (
            Change("changed", "the columns stand in another order"),
        )

    @pytest.mark.parametrize(
        ("old", "new", "kind"),
        [
            ("integer", "number", "loosened"), ("number", "integer", "tightened"), ("integer", "string", "loosened"),
            ("string", "date", "tightened"), ("date", "timestamp", "loosened"), ("boolean", "integer", "changed"),
        ],
    )  # fmt: skip
    def test_types(self, old: str, new: str, kind: str) -> None:
        before, after = (BASE._replace(columns=(Column("a", side),)) for side in (old, new))  # type: ignore[arg-type]
        assert changes(before, after) == (Change(kind, f"column `a` {old} -> {new}"),)  # type: ignore[arg-type]

    def test_formats_and_classifications(self) -> None:
        before = BASE._replace(columns=(Column("a", "date", classification="restricted"),))
        after = BASE._replace(columns=(Column("a", "date", format="dd.MM.yyyy"),))
        assert changes(before, after) == (
            Change("changed", "format of `a` none -> dd.MM.yyyy"),
            Change("neutral", "classification of `a` restricted -> none"),
        )

    def test_reader_status_and_version(self) -> None:
        after = BASE._replace(reader=Reader("csv", ";", missing=("NA",)), status="draft", version="1.1.0")
        assert changes(BASE, after) == (
            Change("changed", "the reader changed: delimiter ',' -> ';', missing () -> ('NA',)"),
            Change("neutral", "version 1.0.0 -> 1.1.0"),
            Change("neutral", "status active -> draft"),
        )
        assert changes(BASE, BASE._replace(reader=None))[0] == Change(
            "changed", "the reader changed: a table became files"
        )
        assert changes(BASE._replace(reader=None), BASE)[0] == Change(
            "changed", "the reader changed: files became a table"
        )

    def test_checks_come_and_go(self) -> None:
        with_check = BASE._replace(checks=(check("required"),))
        assert changes(BASE, with_check) == (Change("tightened", "check `a.required` added"),)
        assert changes(with_check, BASE) == (Change("loosened", "check `a.required` removed"),)

    def test_prose_of_a_check_is_no_change(self) -> None:
        assert moved(check("required"), check("required", description="always there")) == ()

    @pytest.mark.parametrize(
        ("kind", "old", "new", "direction"),
        [
            ("minimum", 1, 2, "tightened"), ("minimum", 2, 1, "loosened"), ("maximum", 1, 2.5, "loosened"), ("maximum", 2.5, 1, "tightened"),
            ("exclusive_minimum", 1, 2, "tightened"), ("exclusive_maximum", 1, 2, "loosened"), ("min_length", 1, 2, "tightened"),
            ("max_length", 5, 9, "loosened"), ("minimum", "2024-01-01", "2024-02-01", "tightened"), ("maximum", "2024-01-01", "2024-02-01", "loosened"),
            ("minimum", "2024-01-01T10:00:00+02:00", "2024-01-01T09:00:00+00:00", "tightened"),
            ("minimum", "2024-01-01T10:00:00Z", "2024-01-01T09:00:00", "changed"), ("maximum", "10:00:00", "11:00:00", "loosened"),
            ("minimum", 1, "2024-01-01", "changed"), ("multiple_of", 5, 10, "tightened"), ("multiple_of", 10, 5, "loosened"),
            ("multiple_of", 4, 6, "changed"), ("multiple_of", 0.5, 1, "changed"), ("pattern", "a", "b", "changed"),
        ],
    )  # fmt: skip
    def test_bounds_of_values(self, kind: str, old: object, new: object, direction: str) -> None:
        found = moved(check(kind, old), check(kind, new))
        assert [change.kind for change in found] == [direction]
        assert found[0].what == f"`a.{kind}` {json.dumps(old)} -> {json.dumps(new)}"

    @pytest.mark.parametrize(
        ("old", "new", "direction"),
        [
            (("<", 5), ("<", 3), "tightened"), (("<=", 3), ("<=", 5), "loosened"), (("=", 0), ("<=", 5), "loosened"), (("<=", 5), ("=", 0), "tightened"),
            ((">", 10), (">", 20), "tightened"), ((">=", 20), (">=", 10), "loosened"), ((">", 5), (">=", 5), "loosened"), (("=", 1), ("=", 2), "changed"),
            (("between", 0, 10), ("between", 2, 8), "tightened"), (("between", 2, 8), ("between", 0, 10), "loosened"),
            (("between", 0, 5), ("between", 3, 9), "changed"), ((">=", 0), ("between", 0, 9), "tightened"), (("!=", 3), ("=", 3), "changed"),
            (("<", 5), (">", 5), "changed"), (("not_between", 1, 2), ("not_between", 1, 3), "changed"),
        ],
    )  # fmt: skip
    def test_thresholds(self, old: tuple[str, float], new: tuple[str, float], direction: str) -> None:
        sides = [
            check("row_count", column=None, operator=side[0], bound=tuple(map(float, side[1:]))) for side in (old, new)
        ]
        assert [change.kind for change in moved(*sides)] == [direction]

    def test_a_threshold_is_said_as_people_write_it(self) -> None:
        old = check("null_values", operator="<", bound=(5.0,), unit="percent")
        assert (
            moved(old, old._replace(operator="between", bound=(1.0, 2.5)))[0].what
            == "`a.null_values` < 5 -> between 1 and 2.5"
        )
        assert moved(old, old._replace(unit="rows")) == (Change("changed", "`a.null_values` < 5 percent -> < 5 rows"),)

    def test_severity(self) -> None:
        hard, soft = check("required"), check("required", severity="warning")
        assert moved(hard, soft) == (Change("loosened", "severity of `a.required` error -> warning"),)
        assert moved(soft, hard) == (Change("tightened", "severity of `a.required` warning -> error"),)

    @pytest.mark.parametrize(
        ("kind", "old", "new", "direction"),
        [
            ("invalid_values", ["x"], ["x", "y"], "loosened"), ("invalid_values", ["x", "y"], ["y"], "tightened"),
            ("invalid_values", ["x"], ["y"], "changed"), ("missing_values", ["NA"], ["NA", "-"], "tightened"),
            ("missing_values", ["NA", "-"], [], "loosened"), ("missing_values", ["NA"], ["-"], "changed"),
        ],
    )  # fmt: skip
    def test_lists_of_values(self, kind: str, old: list[str], new: list[str], direction: str) -> None:
        sides = [check(kind, arguments={"values": side}) for side in (old, new)]
        assert [change.kind for change in moved(*sides)] == [direction]

    def test_other_arguments_just_change(self) -> None:
        keys = [check("primary_key", column=None, arguments={"columns": side}) for side in (["a"], ["a", "b"])]
        assert moved(*keys) == (Change("changed", '`primary_key` ["a"] -> ["a", "b"]'),)
        listed = check("invalid_values", arguments={"values": ["x"]})
        both = check("invalid_values", arguments={"values": ["x"], "pattern": "x+"})
        assert [change.kind for change in moved(listed, both)] == ["tightened"]
        assert [change.kind for change in moved(both, listed)] == ["loosened"]

    @settings(max_examples=60, deadline=None)
    @given(st.sampled_from(["minimum", "maximum", "min_length"]), st.integers(-5, 5), st.integers(-5, 5))
    def test_there_and_back_are_opposite(self, kind: str, old: int, new: int) -> None:
        opposite = {"loosened": "tightened", "tightened": "loosened"}
        there, back = moved(check(kind, old), check(kind, new)), moved(check(kind, new), check(kind, old))
        assert [opposite[change.kind] for change in there] == [change.kind for change in back]
        assert (there == ()) == (old == new)

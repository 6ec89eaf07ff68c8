"""What became of each check: the measured number held against its bound, and a reason that gives no value away."""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from datakit.formats.contract import Check
from datakit.formats.profile import Profile
from datakit.formats.receipt import Outcome, Result
from datakit.tables import bounds
from datakit.tables.checks import Compiled
from datakit.tables.engine import query
from datakit.tables.profile import canonical, rounded
from datakit.tables.relation import Relation, row_places

_examples = 5
_shown = 40


def judge(
    relation: Relation, tests: Sequence[Compiled], measured: Sequence[Any], profile: Profile
) -> tuple[Result, ...]:
    """Say what became of every check.

    Args:
        relation: The table.
        tests: The checks, ready to run.
        measured: What the aggregates of those tests that have one found, in order.
        profile: The table's profile, which knows how many values are distinct.

    Returns:
        One result for each check, in order.
    """
    counts = iter(measured)
    results = []
    for test in tests:
        check = test.check
        if test.skip:
            results.append(Result(check.id, "skipped", None, 0, test.skip))
        elif test.absent:
            results.append(Result(check.id, _worse(check), float(relation.rows), relation.rows, test.absent))
        else:
            count = int(next(counts)) if test.measure else 0
            if check.kind == "row_count":
                count = relation.rows
            count += _repeats(relation, test, profile) if test.keys else 0
            results.append(_result(relation, test, count))
    return tuple(results)


def _repeats(relation: Relation, test: Compiled, profile: Profile) -> int:
    """Count the rows that repeat an earlier one; rows with a missing part aside."""
    if len(test.keys) == 1:
        at = relation.columns.index(test.keys[0])
        column = profile.columns[at]
        present = query(relation.session, relation.name, f"SELECT count({test.keys[0].value}) FROM data")[0][0]
        return int(present) - column.distinct
    values = ", ".join(entry.value for entry in test.keys)
    complete = " AND ".join(f"{entry.value} IS NOT NULL" for entry in test.keys)
    sql = f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM data WHERE {complete} GROUP BY {values})"
    return int(query(relation.session, relation.name, sql)[0][0])


def _worse(check: Check) -> Outcome:
    """Return the outcome of a check that does not hold."""
    return "warned" if check.severity == "warning" else "failed"


def _result(relation: Relation, test: Compiled, count: int) -> Result:
    """Hold the measured number against the check's bound."""
    check, rows = test.check, relation.rows
    share = Fraction(100 * count, rows) if rows else Fraction(0)
    number = share if check.unit == "percent" else Fraction(count)
    observed = rounded(float(number))
    if bounds.operators[check.operator](number, [Fraction(str(value)) for value in check.bound]):
        return Result(check.id, "passed", observed, rows)
    if check.kind == "row_count":
        reason = f"{rows:,} rows: expected {_threshold(check)}"
    else:
        allowed = "" if (check.operator, check.bound) == ("=", (0,)) else f"; allowed: {_threshold(check)}"
        reason = f"{count:,} of {rows:,} rows: {test.expected}{_found(relation, test, count)}{allowed}"
    return Result(check.id, _worse(check), observed, rows, reason)


def _threshold(check: Check) -> str:
    """Say which measured numbers are allowed."""
    unit = " percent" if check.unit == "percent" else ""
    low, high = (canonical(float(value), "number") for value in (check.bound[0], check.bound[-1]))
    words = {"=": "exactly", "!=": "not", "<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least"}
    if "between" in check.operator:
        return f"{'not ' * check.operator.startswith('not')}between {low} and {high}{unit}"
    return f"{words[check.operator]} {low}{unit}"


def _found(relation: Relation, test: Compiled, count: int) -> str:
    """Name the first rows that break a check; values only of columns that the contract classifies as public."""
    if count == 0:
        return ""
    public = test.bound is not None and test.bound.column.classification == "public" and bool(test.bound.text)
    value = f"left({test.bound.text}, {_shown})" if public and test.bound else "NULL"
    numbers = test.bound is not None and test.bound.column.type in {"integer", "number"}
    rows = query(relation.session, relation.name, _example_sql(test, value))
    word, *at = row_places(relation, [row for row, _ in rows])
    named = [place if text is None else f"{place} `{text}`" for place, (_, text) in zip(at, rows, strict=True)]
    worst = ""
    if numbers and test.bound and test.check.kind in bounds.kinds:
        end = "min" if "minimum" in test.check.kind else "max"
        extreme = query(relation.session, relation.name, f"SELECT {end}({test.bound.value}) FROM data")[0][0]
        words = "smallest" if end == "min" else "largest"
        worst = f"; the {words} is {canonical(_scalar(extreme), test.bound.column.type)}"
    more = ", …" if count > len(named) else ""
    return f"{worst} ({word} {', '.join(named)}{more})"


def _scalar(value: object) -> object:
    """Return a decimal as its text, which keeps every digit."""
    return str(value) if isinstance(value, Decimal) else value


def _example_sql(test: Compiled, value: str) -> str:
    """Return the query of the first rows that break a check."""
    if not test.keys:
        return f"SELECT rowid, {value} FROM data WHERE {test.broken} ORDER BY rowid LIMIT {_examples}"
    keys = ", ".join(entry.value for entry in test.keys)
    complete = " AND ".join(f"{entry.value} IS NOT NULL" for entry in test.keys)
    joined = " AND ".join(f"data.{entry.value} = firsts.{entry.value}" for entry in test.keys)
    repeated = (
        f"SELECT data.rowid AS place FROM data JOIN (SELECT {keys}, min(rowid) AS first FROM data WHERE {complete} "
        f"GROUP BY {keys} HAVING count(*) > 1) AS firsts ON {joined} WHERE data.rowid > firsts.first"
    )
    broken = f" UNION SELECT rowid FROM data WHERE {test.broken}" if test.broken else ""
    return f"SELECT place, NULL FROM ({repeated}{broken}) ORDER BY place LIMIT {_examples}"

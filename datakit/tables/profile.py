"""Exact statistics of a loaded table; the same bytes come out whatever the threads, the row order and the run.

Sums of floating-point numbers depend on their order. Here each value is first shifted by the median and scaled by a
power of two into [-1, 1], then split into two parts that are multiples of one fixed unit each, so that every partial
sum is exact and the order cannot matter (pre-rounding: Demmel and Nguyen, Fast Reproducible Floating-Point Summation,
2013). The mean lies within one standard deviation of the median, so the shift also keeps the variance accurate. Mean,
deviation and interpolated quantiles are then rounded to 12 significant digits: what another engine agrees on.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from datakit.formats.profile import ColumnProfile, Profile
from datakit.tables.engine import aggregate, query
from datakit.tables.relation import Bound, Relation

quantile_levels = (0.05, 0.25, 0.5, 0.75, 0.95)
_ranged = {"integer", "number", "date", "timestamp", "boolean"}
_numbers = {"integer", "number"}
_top = 10
_values_at_once = 4_000_000
_most_at_once = 100  # each has a hash table of its own
_longest_shown = 64


class Basics(NamedTuple):
    """What one scan tells of a column."""

    present: int  # values that read as the type
    bad: int  # values that do not
    low: Any  # smallest and largest value, or length of a text
    high: Any


def basic_expressions(bound: Bound) -> list[str]:
    """Return the aggregates whose values `basics` takes."""
    value = bound.value
    low, high = f"min({value})", f"max({value})"
    if bound.sql_type == "VARCHAR":
        low, high = f"min(length({value}))", f"max(length({value}))"
    elif bound.sql_type not in {"DOUBLE", "HUGEINT", "BIGINT"}:
        low, high = f"CAST({low} AS VARCHAR)", f"CAST({high} AS VARCHAR)"
    return [f"count({value})", f"count(*) FILTER ({bound.bad})", low, high]


def basics(relation: Relation, values: Sequence[Any]) -> tuple[Basics, ...]:
    """Collect what the scan found, four values for each column."""
    return tuple(Basics(*values[4 * index : 4 * index + 4]) for index in range(len(relation.columns)))


def profile(relation: Relation, scanned: Sequence[Basics], show_values: Collection[str]) -> Profile:
    """Describe every column of a loaded table.

    Args:
        relation: The table.
        scanned: What the first scan found, in the order of the columns.
        show_values: Names of the columns whose most frequent values may be shown.

    Returns:
        The profile. A value that does not read as its column's type is neither missing nor among the distinct ones.
    """
    distincts = distinct_counts(relation, scanned)
    quantiles = _quantiles(relation, scanned)
    moments = _moments(relation, scanned, quantiles)
    columns = []
    for index, (bound, found) in enumerate(zip(relation.columns, scanned, strict=True)):
        distinct = distincts[index]
        shown = bound.column.name in show_values and 0 < distinct < found.present
        text = bound.sql_type == "VARCHAR"
        type_ = "string" if bound.problem else bound.column.type
        ranged = type_ in _ranged
        columns.append(
            ColumnProfile(
                name=bound.column.name,
                type=type_,
                rows=relation.rows,
                missing=relation.rows - found.present - found.bad,
                distinct=distinct,
                minimum=canonical(found.low, type_) if ranged else None,
                maximum=canonical(found.high, type_) if ranged else None,
                mean=moments[index][0],
                deviation=moments[index][1],
                quantiles=quantiles[index],
                shortest=found.low if text else None,
                longest=found.high if text else None,
                top=_most_frequent(relation, bound, type_) if shown else (),
            )
        )
    return Profile(relation.rows, tuple(columns))


def canonical(value: object, type_: str) -> str | None:
    """Spell a value in the one way that does not depend on how the file spelled it.

    >>> canonical(181.0, "number"), canonical("2020-01-01 10:00:00", "timestamp"), canonical("1.50", "number")
    ('181', '2020-01-01T10:00:00', '1.5')
    """
    if value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    text = str(value)
    if type_ == "timestamp":
        return text.replace(" ", "T")
    if type_ == "number":
        exact = Decimal(text)
        return format(exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize(), "f")
    return text


def _narrow(bound: Bound, found: Basics) -> str:
    """Return the column as BIGINT where its integers fit: half the memory, and faster."""
    if bound.sql_type == "HUGEINT" and found.low is not None and -(2**63) <= found.low <= found.high < 2**63:
        return f"CAST({bound.value} AS BIGINT)"
    return bound.value


def _at_once(relation: Relation) -> int:
    """Return how many aggregates that hold every value may run together: all of a small table, one of a large one."""
    return max(1, min(_most_at_once, _values_at_once // max(relation.rows, 1)))


def distinct_counts(relation: Relation, scanned: Sequence[Basics]) -> list[int]:
    """Count the different values of each column.

    Args:
        relation: The table.
        scanned: What the first scan found, in the order of the columns.

    Returns:
        One count for each column; values that do not read as the type are left out.
    """
    sql = [f"count(DISTINCT {_narrow(bound, found)})" for bound, found in zip(relation.columns, scanned, strict=True)]
    return aggregate(relation.session, relation.name, sql, _at_once(relation))


def _quantiles(relation: Relation, scanned: Sequence[Basics]) -> list[tuple[float, ...]]:
    """Return the quantiles of each column of numbers, with linear interpolation; none for the others."""
    places = [
        index
        for index, (bound, found) in enumerate(zip(relation.columns, scanned, strict=True))
        if bound.column.type in _numbers and not bound.problem and found.present
    ]
    sql = [f"quantile_cont(CAST(c{index} AS DOUBLE), {list(quantile_levels)})" for index in places]
    answers = aggregate(relation.session, relation.name, sql, _at_once(relation))
    quantiles: list[tuple[float, ...]] = [()] * len(scanned)
    for index, values in zip(places, answers, strict=True):
        # A whole number is a value of the column and stays; the rest carries noise of the interpolation at its end.
        quantiles[index] = tuple(value + 0.0 if value.is_integer() else rounded(value) for value in values)
    return quantiles


def _moments(
    relation: Relation, scanned: Sequence[Basics], quantiles: Sequence[tuple[float, ...]]
) -> list[tuple[float | None, float | None]]:
    """Return mean and sample deviation of each column of numbers, by sums that do not depend on the order."""
    shifts: dict[int, tuple[float, float]] = {}
    expressions = []
    for index, (bound, found) in enumerate(zip(relation.columns, scanned, strict=True)):
        if quantiles[index]:
            median, low, high = quantiles[index][2], float(found.low), float(found.high)
            spread = max(high - median, median - low)
            if not math.isfinite(spread) or spread > 2.0**1000 or max(abs(low), abs(high)) > 2.0**1000:
                continue
            scale = 2.0 ** math.frexp(spread)[1] if spread >= 2.0**-1000 else 1.0
            shifts[index] = median, scale
            expressions += _sums(
                f"((CAST({bound.value} AS DOUBLE) - {_double(median)}) / {_double(scale)})", found.present
            )
    sums = aggregate(relation.session, relation.name, expressions)
    moments: list[tuple[float | None, float | None]] = [(None, None)] * len(scanned)
    for place, (index, (median, scale)) in enumerate(shifts.items()):
        count = scanned[index].present
        high, low, square_high, square_low = sums[4 * place : 4 * place + 4]
        total, squares = math.fsum((high, low)), math.fsum((square_high, square_low))
        mean = median + scale * (total / count)
        deviation = None
        if count > 1:
            deviation = rounded(scale * math.sqrt(max(squares - total * total / count, 0.0) / (count - 1)))
        moments[index] = rounded(mean), deviation
    return moments


def _sums(value: str, count: int) -> list[str]:
    """Return SQL for exact sums of values within [-1, 1] and of their squares, each in a high and a low part."""
    bits = count.bit_length() + 1
    coarse, fine = 1.5 * 2.0**bits, 1.5 * 2.0 ** (2 * bits - 53)
    expressions = []
    for term in (value, f"({value} * {value})"):
        high = f"(({term} + {_double(coarse)}) - {_double(coarse)})"
        rest = f"({term} - {high})"
        expressions += [f"sum({high})", f"sum(({rest} + {_double(fine)}) - {_double(fine)})"]
    return expressions


def rounded(value: float) -> float:
    """Round to 12 significant digits.

    >>> rounded(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.12g}") + 0.0


def _double(value: float) -> str:
    """Spell a finite number so that DuckDB reads the same DOUBLE."""
    return f"CAST('{value!r}' AS DOUBLE)"


def _most_frequent(relation: Relation, bound: Bound, type_: str) -> tuple[tuple[str, int], ...]:
    """Return the most frequent values that are short enough to show, by count and then by text."""
    value = bound.value
    short = f"length({value}) <= {_longest_shown}" if bound.sql_type == "VARCHAR" else f"{value} IS NOT NULL"
    shown = value if bound.sql_type in {"VARCHAR", "DOUBLE", "HUGEINT", "BIGINT"} else f"CAST({value} AS VARCHAR)"
    sql = (
        f"SELECT {shown}, count(*) AS n FROM data WHERE {short} GROUP BY {value} "
        f"ORDER BY n DESC, CAST({value} AS VARCHAR) LIMIT {_top}"
    )
    rows = query(relation.session, relation.name, sql)
    return tuple((canonical(value, type_) or "", int(count)) for value, count in rows)

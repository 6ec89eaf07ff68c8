"""Bounds: of values, as SQL that compares exactly; of measured numbers, as exact fractions."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from datakit.formats.contract import Column

kinds = ("minimum", "maximum", "exclusive_minimum", "exclusive_maximum")
_signs = {"minimum": ">=", "maximum": "<=", "exclusive_minimum": ">", "exclusive_maximum": "<"}
_words = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusive_minimum": "more than",
    "exclusive_maximum": "less than",
}
operators: dict[str, Callable[[Fraction, Sequence[Fraction]], bool]] = {
    "=": lambda n, b: n == b[0],
    "!=": lambda n, b: n != b[0],
    "<": lambda n, b: n < b[0],
    "<=": lambda n, b: n <= b[0],
    ">": lambda n, b: n > b[0],
    ">=": lambda n, b: n >= b[0],
    "between": lambda n, b: b[0] <= n <= b[1],
    "not_between": lambda n, b: not b[0] <= n <= b[1],
}
_widest = Decimal(2) ** 127


class Unsupported(ValueError):
    """Why a bound cannot be compared."""


def compare(kind: str, limit: object, column: Column, value: str, sql_type: str) -> tuple[str, str]:
    """Return the SQL that holds a value against a bound.

    Args:
        kind: `minimum`, `maximum`, their exclusive forms, or `multiple_of`.
        limit: The contract's value.
        column: The column and its type.
        value: SQL of the column's value.
        sql_type: DuckDB's type of it.

    Returns:
        SQL that is true where the value keeps the bound, and what is expected, in words.

    Raises:
        Unsupported: The bound is none of the column's type.

    >>> compare("minimum", 0.5, Column("n", "integer"), "c0", "HUGEINT")
    ("c0 >= CAST('1' AS HUGEINT)", 'expected at least 0.5')
    """
    if column.type in {"integer", "number"}:
        number = decimal(limit)
        if kind == "multiple_of":
            return _multiple(number, value, sql_type), f"expected a multiple of {number:f}"
        return _number(kind, number, value, sql_type), f"expected {_words[kind]} {number:f}"
    if column.type in {"date", "timestamp"} and kind in kinds:
        moment = _moment(limit, column.type)
        return f"{value} {_signs[kind]} CAST('{moment}' AS {column.type.upper()})", f"expected {_words[kind]} {moment}"
    raise Unsupported(f"`{kind}` does not apply to {column.type}")


def decimal(limit: object) -> Decimal:
    """Return a bound as an exact number."""
    try:
        number = Decimal(str(limit).strip()) if not isinstance(limit, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= _widest or number.adjusted() < -300:
        raise Unsupported(f"the bound `{str(limit)[:60]}` is not a number that can be compared")
    return number


def whole(limit: object) -> int:
    """Return a bound that counts characters."""
    number = decimal(limit)
    if number != number.to_integral_value() or number < 0:
        raise Unsupported(f"the bound `{str(limit)[:60]}` is not a whole number")
    return int(number)


def _number(kind: str, number: Decimal, value: str, sql_type: str) -> str:
    """Compare with a number: integers with the next integer, decimals as decimals, the rest as DOUBLE."""
    sign = _signs[kind]
    if sql_type in {"HUGEINT", "BIGINT"}:
        # x >= 0.5 is x >= 1 and x > 0.5 is x > 0: integers are compared with integers, never through a float.
        upwards = kind in {"minimum", "exclusive_maximum"}
        near = math.ceil(number) if upwards else math.floor(number)
        return f"{value} {sign} CAST('{near}' AS HUGEINT)"
    digits = format(number, "f")
    if sql_type.startswith("DECIMAL") and len(digits.replace(".", "").lstrip("-")) <= 18:
        return f"{value} {sign} {digits}"
    return f"{value} {sign} CAST('{digits}' AS DOUBLE)"


def _multiple(number: Decimal, value: str, sql_type: str) -> str:
    """Tell multiples: integers exactly, other numbers within a billionth of one step."""
    if number <= 0:
        raise Unsupported("`multiple_of` needs a number above zero")
    if sql_type in {"HUGEINT", "BIGINT"} and number == number.to_integral_value():
        return f"{value} % CAST('{number:f}' AS HUGEINT) = 0"
    ratio = f"(CAST({value} AS DOUBLE) / CAST('{number:f}' AS DOUBLE))"
    return f"abs({ratio} - round({ratio})) <= 1e-9 * greatest(1, abs({ratio}))"


def _moment(limit: object, type_: str) -> str:
    """Return a date or a moment in UTC as DuckDB reads it."""
    try:
        if isinstance(limit, str):
            parsed = dt.datetime.fromisoformat(limit)
            if parsed.tzinfo is not None:
                parsed = parsed.astimezone(dt.UTC).replace(tzinfo=None)
            if type_ == "timestamp":
                return parsed.isoformat(sep=" ")
            if parsed.time() == dt.time():
                return parsed.date().isoformat()
    except (ValueError, OverflowError):
        pass
    raise Unsupported(f"the bound `{str(limit)[:60]}` is not a {type_} in ISO 8601")

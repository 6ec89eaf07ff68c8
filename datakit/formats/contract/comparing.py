"""What of a contract is enforced, its fingerprint, and whether a change loosens or tightens it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

from datakit.formats.contract.record import Check, Column, Contract

Kind = Literal["loosened", "tightened", "changed", "neutral"]
Interval = tuple[float, bool, float, bool]  # lower end, whether it belongs, upper end, whether it belongs


class Change(NamedTuple):
    """One difference between two contracts.

    loosened: data may pass now that failed before. tightened: data may fail now that passed. changed: either, or not
    decidable. neutral: nothing that is enforced.
    """

    kind: Kind
    what: str  # one sentence: what, from, to


def enforced(contract: Contract) -> bytes:
    r"""Return what a contract enforces, as canonical JSON: sorted keys, no spaces, ASCII, one line.

    Descriptions, status, version, classifications and comments are not in it; the order of checks, which has no
    meaning, is by id; that of columns, which a file without a header needs, is kept.

    >>> enforced(Contract("a", "1.0.0", "active", None, (Column("x", "integer"),), ()))
    b'{"checks":[],"columns":[{"format":"","name":"x","type":"integer"}],"reader":null}'
    """
    body: dict[str, object] = {
        "columns": [{"name": column.name, "type": column.type, "format": column.format} for column in contract.columns],
        "reader": contract.reader._asdict() if contract.reader else None,
        "checks": [_check(check) for check in sorted(contract.checks, key=lambda check: check.id)],
    }
    if contract.files and contract.checks:
        body["files"] = True  # otherwise the checks would be run on what the data's name promises
    return json.dumps(_canonical(body), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def fingerprint(contract: Contract) -> str:
    """Return the sha256 of what a contract enforces, in hexadecimal.

    >>> fingerprint(Contract("a", "1", "draft", None, (), ())) == fingerprint(Contract("b", "2", "active", None, (), ()))
    True
    """
    return hashlib.sha256(enforced(contract)).hexdigest()


def changes(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Compare two contracts.

    Args:
        old: The contract that was in force.
        new: The contract that shall be.

    Returns:
        The differences: reader, columns, checks, then what enforces nothing. Empty where both enforce and say the same.

    >>> a = Contract("a", "1", "active", None, (), (Check("row_count", "row_count", None, {}, ">", (10,)),))
    >>> b = a._replace(checks=(a.checks[0]._replace(bound=(5,)),))
    >>> changes(a, b)
    (Change(kind='loosened', what='`row_count` > 10 -> > 5'),)
    """
    found: list[Change] = []
    if old.reader != new.reader:
        found.append(Change("changed", "the reader changed: " + _differing(old.reader, new.reader)))
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    found.extend(Change("loosened", f"column `{name}` removed with its checks") for name in before if name not in after)
    found.extend(Change("tightened", f"column `{name}` added") for name in after if name not in before)
    kept = [name for name in before if name in after]
    for name in kept:
        found.extend(_column_changes(before[name], after[name]))
    if kept != [name for name in after if name in before]:
        found.append(Change("changed", "the columns stand in another order"))
    found.extend(_check_changes(old, new, before.keys() ^ after.keys()))
    found.extend(
        Change("neutral", f"{what} {getattr(old, what) or 'none'} -> {getattr(new, what) or 'none'}")
        for what in ("name", "version", "status")
        if getattr(old, what) != getattr(new, what)
    )
    return tuple(found)


def _check(check: Check) -> dict[str, object]:
    """Return what one check enforces."""
    record = check._asdict()
    del record["description"]
    record["arguments"] = dict(check.arguments)
    return record


def _canonical(value: object) -> object:
    """Write whole numbers as integers, so that 1 and 1.0 have one form."""
    if isinstance(value, dict):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _differing(old: object, new: object) -> str:
    """Name the fields in which two readers differ."""
    before, after = (
        side._asdict() if isinstance(side, tuple) and hasattr(side, "_asdict") else {} for side in (old, new)
    )
    if not before or not after:
        return "a table became files" if before else "files became a table"
    return ", ".join(f"{key} {before[key]!r} -> {after[key]!r}" for key in before if before[key] != after[key])


def _column_changes(old: Column, new: Column) -> Iterator[Change]:
    """Compare one column."""
    if old.type != new.type:
        wider = {("integer", "number"), ("date", "timestamp")}
        kind: Kind = "changed"
        if new.type == "string" or (old.type, new.type) in wider:
            kind = "loosened"
        elif old.type == "string" or (new.type, old.type) in wider:
            kind = "tightened"
        yield Change(kind, f"column `{new.name}` {old.type} -> {new.type}")
    if old.format != new.format:
        yield Change("changed", f"format of `{new.name}` {old.format or 'none'} -> {new.format or 'none'}")
    if old.classification != new.classification:
        shift = f"{old.classification or 'none'} -> {new.classification or 'none'}"
        yield Change("neutral", f"classification of `{new.name}` {shift}")


def _check_changes(old: Contract, new: Contract, moved: set[str]) -> Iterator[Change]:
    """Compare the checks of columns that both have, and of the table; those of moved columns came or went with them."""
    before = {check.id: check for check in old.checks if check.column not in moved}
    after = {check.id: check for check in new.checks if check.column not in moved}
    for name, check in before.items():
        if name not in after:
            yield Change("loosened", f"check `{name}` removed")
        elif check._replace(description="") != after[name]._replace(description=""):
            yield from _check_change(check, after[name])
    yield from (Change("tightened", f"check `{name}` added") for name in after if name not in before)


def _check_change(old: Check, new: Check) -> Iterator[Change]:
    """Compare two checks of one id."""
    if old.severity != new.severity:
        kind: Kind = "loosened" if new.severity == "warning" else "tightened"
        yield Change(kind, f"severity of `{new.id}` {old.severity} -> {new.severity}")
    if old.unit != new.unit:
        yield Change("changed", f"`{new.id}` {_threshold(old)} {old.unit} -> {_threshold(new)} {new.unit}")
    elif (old.operator, old.bound) != (new.operator, new.bound):
        kind = _compared(_interval(old), _interval(new))
        yield Change(kind, f"`{new.id}` {_threshold(old)} -> {_threshold(new)}")
    for key in sorted({*old.arguments, *new.arguments}):
        first, second = old.arguments.get(key), new.arguments.get(key)
        if _canonical(first) != _canonical(second):
            yield Change(
                _argument_change(old.kind, key, first, second), f"`{new.id}` {_said(first)} -> {_said(second)}"
            )


def _threshold(check: Check) -> str:
    """Write operator and bound."""
    return f"{check.operator} {' and '.join(f'{number:g}' for number in check.bound)}"


def _said(value: object) -> str:
    """Write an argument, shortened."""
    text = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _interval(check: Check) -> Interval | None:
    """Return the numbers that pass, where they are one interval."""
    low, high = check.bound[0], check.bound[-1]
    return {
        "=": (low, True, low, True),
        "<": (-math.inf, False, low, False),
        "<=": (-math.inf, False, low, True),
        ">": (low, False, math.inf, False),
        ">=": (low, True, math.inf, False),
        "between": (low, True, high, True),
    }.get(check.operator)


def _compared(old: Interval | None, new: Interval | None) -> Kind:
    """Say whether more or fewer numbers pass."""
    if old is None or new is None:
        return "changed"
    if _inside(new, old):
        return "tightened"
    return "loosened" if _inside(old, new) else "changed"


def _inside(inner: Interval, outer: Interval) -> bool:
    """Say whether one interval lies inside the other."""
    low = inner[0] > outer[0] or (inner[0] == outer[0] and (outer[1] or not inner[1]))
    high = inner[2] < outer[2] or (inner[2] == outer[2] and (outer[3] or not inner[3]))
    return low and high


def _argument_change(kind: str, key: str, old: object, new: object) -> Kind:
    """Say in which direction an argument moved."""
    if key == "values" and isinstance(old, list) and isinstance(new, list):
        added = any(value not in old for value in new)
        removed = any(value not in new for value in old)
        if added and removed:
            return "changed"
        return "loosened" if added == (kind == "invalid_values") else "tightened"
    if key in {"values", "pattern"} and kind == "invalid_values" and (old is None or new is None):
        return "tightened" if old is None else "loosened"
    if key != "value":
        return "changed"
    if kind == "multiple_of":
        return _multiple_change(old, new)
    first, second = _ordered(old), _ordered(new)
    if type(first) is not type(second) or first is None:
        return "changed"
    try:
        rose = second > first  # type: ignore[operator]  # both are of one type that has an order
    except TypeError:  # one timestamp has a time zone and the other none
        return "changed"
    if kind in {"minimum", "exclusive_minimum", "min_length"}:
        return "tightened" if rose else "loosened"
    if kind in {"maximum", "exclusive_maximum", "max_length"}:
        return "loosened" if rose else "tightened"
    return "changed"


def _multiple_change(old: object, new: object) -> Kind:
    """Compare two steps: every multiple of 10 is one of 5."""
    if isinstance(old, int) and isinstance(new, int) and old and new:
        if new % old == 0:
            return "tightened"
        return "loosened" if old % new == 0 else "changed"
    return "changed"


def _ordered(value: object) -> float | dt.datetime | dt.time | None:
    """Return a bound as something that has an order."""
    if isinstance(value, int | float):
        return float(value)
    for parse in (dt.datetime.fromisoformat, dt.time.fromisoformat):
        try:
            return parse(str(value))
        except ValueError:
            continue
    return None

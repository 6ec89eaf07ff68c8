"""The checks of a contract as SQL over a loaded table, and what became of each.

A check that looks at single rows becomes one counting aggregate, and all of them run in one scan. A missing value
passes every check but those that count missing ones; a value that does not read as its column's type breaks the check
of the type, and no other: there is nothing to compare, and one mistake is said once. A contract is hostile text: every value in it becomes a quoted literal, every column
an identifier of our own, and what is not understood is skipped with its reason, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from datakit.errors import InvalidData
from datakit.formats.contract import Check
from datakit.tables import bounds
from datakit.tables.casts import cast
from datakit.tables.engine import query, quote_text
from datakit.tables.relation import Bound, Relation

pattern_cap = 1000
_needs_text = {"pattern", "min_length", "max_length", "missing_values", "invalid_values"}
_keys = {"unique", "primary_key", "duplicate_values"}
_not_run = {"sql", "text", "custom"}
_arguments = {
    "primary_key": {"columns"},
    "duplicate_values": {"columns"},
    "missing_values": {"values"},
    "invalid_values": {"values", "pattern"},
} | {kind: {"value"} for kind in (*bounds.kinds, "multiple_of", "min_length", "max_length", "pattern")}


class Compiled(NamedTuple):
    """A check, ready to run."""

    check: Check
    broken: str = ""  # SQL that is true for a row that breaks it
    expected: str = ""  # what the reason says was expected
    keys: tuple[Bound, ...] = ()  # columns whose combination must not come twice
    skip: str = ""  # why it is not run
    absent: str = ""  # why it fails without being run
    bound: Bound | None = None

    @property
    def measure(self) -> str:
        """Return the aggregate that counts the rows that break it, where one does."""
        return f"count(*) FILTER ({self.broken})" if self.broken and not self.skip else ""


class _Unsupported(ValueError):
    """Why a check cannot be run."""


def text_columns(checks: Iterable[Check]) -> frozenset[str]:
    """Return the columns whose text some check looks at."""
    return frozenset(check.column for check in checks if check.column is not None and check.kind in _needs_text)


def compile_checks(relation: Relation, checks: Sequence[Check], odd: str = "") -> tuple[Compiled, ...]:
    """Make the checks ready to run on a loaded table.

    Args:
        relation: The table.
        checks: The checks of its contract.
        odd: Why the table lacks columns, where one cause explains all of them; see `misread`.

    Returns:
        One test for each check, in order.
    """
    bound = {entry.column.name: entry for entry in relation.columns}
    return tuple(_compile(relation, check, bound, odd) for check in checks)


def _compile(relation: Relation, check: Check, bound: Mapping[str, Bound], odd: str) -> Compiled:
    """Make one check ready to run, or say why not."""
    if check.kind in _not_run:
        return Compiled(check, skip=f"`{check.kind}` checks are not run by this version")
    try:
        _supported(check)
        names = (
            _key_columns(check) if check.kind in _keys else [] if check.kind == "row_count" else [check.column or ""]
        )
        lacking = [name for name in names if name not in bound]
        if lacking:
            return Compiled(check, absent=odd or f"the table has no column `{lacking[0]}`")
        entries = tuple(bound[name] for name in names)
        if check.kind == "row_count":
            return Compiled(check, expected="")
        if check.kind in _keys:
            return _key_test(check, entries)
        broken, expected = _row_test(relation, check, entries[0])
    except _Unsupported as error:
        return Compiled(check, skip=str(error))
    except bounds.Unsupported as error:
        return Compiled(check, skip=str(error))
    return Compiled(check, broken, expected, bound=entries[0])


def _supported(check: Check) -> None:
    """Refuse an unknown kind, argument, operator or bound."""
    known = {"type", "required", "unique", "null_values", "row_count", *_arguments}
    if check.kind not in known:
        raise _Unsupported(f"checks of kind `{check.kind[:60]}` are not known")
    extra = sorted(set(check.arguments) - _arguments.get(check.kind, set()))
    if extra:
        raise _Unsupported(f"the argument `{extra[0][:60]}` of `{check.kind}` is not supported")
    if check.operator not in bounds.operators:
        raise _Unsupported(f"the operator `{check.operator[:60]}` is not known")
    if len(check.bound) != (2 if "between" in check.operator else 1):
        raise _Unsupported(f"the operator `{check.operator}` needs another number of bounds than {len(check.bound)}")
    if not all(abs(value) < float("inf") for value in check.bound):
        raise _Unsupported("a bound is not a finite number")


def _key_columns(check: Check) -> list[str]:
    """Return the columns whose combination must not come twice."""
    columns = check.arguments.get("columns") or ([check.column] if check.column is not None else [])
    if not isinstance(columns, list | tuple) or not columns:
        raise _Unsupported(f"`{check.kind}` needs a list of columns")
    return [str(column) for column in columns]


def _key_test(check: Check, entries: tuple[Bound, ...]) -> Compiled:
    """Make a check of repeated values ready; only a primary key counts missing parts as well."""
    missing = [f"({entry.value} IS NULL AND NOT {entry.bad})" for entry in entries]
    broken = " OR ".join(missing) if check.kind == "primary_key" else ""
    expected = {
        "unique": "expected no value twice",
        "primary_key": "expected a complete key that comes once",
        "duplicate_values": "expected no repeated row" if len(entries) > 1 else "expected no repeated value",
    }[check.kind]
    return Compiled(check, broken, expected, entries)


def _row_test(relation: Relation, check: Check, entry: Bound) -> tuple[str, str]:
    """Return the SQL that is true for a row that breaks the check, and what was expected."""
    value, kind = entry.value, check.kind
    if kind == "type":
        if entry.problem:
            raise _Unsupported(entry.problem)
        form = f" in the format `{entry.column.format[:60]}`" if entry.column.format else ""
        return entry.bad, f"expected {entry.column.type}{form}"
    if kind in {"required", "null_values"}:
        return f"{value} IS NULL AND NOT {entry.bad}", "expected a value"
    if kind == "missing_values":
        listed = ", ".join(quote_text(text) for text in _texts(check, "values"))
        among = f" OR {entry.text} IN ({listed})" if listed else ""
        return f"({value} IS NULL AND NOT {entry.bad}){among}", "expected a value"
    if kind in {*bounds.kinds, "multiple_of"}:
        if entry.problem:
            raise _Unsupported(entry.problem)
        kept, expected = bounds.compare(kind, check.arguments.get("value"), entry.column, value, entry.sql_type)
        return f"NOT {entry.bad} AND NOT ({kept})", expected
    if kind in {"min_length", "max_length"}:
        length = bounds.whole(check.arguments.get("value"))
        operator, words = (">=", "at least") if kind == "min_length" else ("<=", "at most")
        return (
            f"NOT {entry.bad} AND NOT (length({entry.text}) {operator} {length})",
            f"expected {words} {length} characters",
        )
    if kind == "pattern":
        return f"NOT {entry.bad} AND NOT ({_matches(relation, check, 'value', entry)})", "expected text of another form"
    return _outside(relation, check, entry)


def _outside(relation: Relation, check: Check, entry: Bound) -> tuple[str, str]:
    """Return the SQL that is true for a value outside the allowed ones."""
    kept, expected = [], []
    if "values" in check.arguments:
        texts = _texts(check, "values")
        form = entry.column.format if entry.sql_type != "VARCHAR" else ""
        type_ = entry.column.type if entry.sql_type != "VARCHAR" else "string"
        listed = ", ".join(str(cast(type_, form, quote_text(text))) for text in texts)
        # A listed value that is none of the type is NULL, which must not make the comparison unknown.
        kept.append(f"coalesce({entry.value} IN ({listed}), false)" if listed else "false")
        expected.append(f"one of {len(texts)} values" if len(texts) != 1 else "the one allowed value")
    if "pattern" in check.arguments:
        kept.append(_matches(relation, check, "pattern", entry))
        expected.append("text of the given form")
    if not kept:
        raise _Unsupported("`invalid_values` needs `values` or `pattern`")
    return f"{entry.value} IS NOT NULL AND NOT ({' AND '.join(kept)})", f"expected {' and '.join(expected)}"


def _texts(check: Check, argument: str) -> list[str]:
    """Return a list of values as texts; null stands for missing, which is counted anyway."""
    values = check.arguments.get(argument)
    if not isinstance(values, list | tuple):
        raise _Unsupported(f"`{argument}` of `{check.kind}` is not a list")
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in values if v is not None]
    if any("\0" in text for text in texts):
        raise _Unsupported(f"`{argument}` of `{check.kind}` holds a NUL character")
    return texts


def _matches(relation: Relation, check: Check, argument: str, entry: Bound) -> str:
    """Return the SQL that matches a whole text with the check's regular expression."""
    pattern = check.arguments.get(argument)
    if not isinstance(pattern, str):
        raise _Unsupported(f"`{argument}` of `{check.kind}` is not a text")
    if len(pattern) > pattern_cap:
        raise _Unsupported(f"the pattern has {len(pattern):,} characters; at most {pattern_cap:,} are run")
    if "\0" in pattern:
        raise _Unsupported("the pattern holds a NUL character")
    try:
        query(relation.session, relation.name, "SELECT regexp_full_match('', ?)", [pattern])
    except InvalidData as error:
        raise _Unsupported("the pattern is not a regular expression that RE2 runs in linear time") from error
    return f"regexp_full_match({entry.text}, {quote_text(pattern)})"

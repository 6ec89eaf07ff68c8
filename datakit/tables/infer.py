"""A first draft of a contract from the data itself: nothing in it fails on the data that it came from.

Nor shall it fail on the next honest row, so a rule is drafted only where the data gives a reason for it:

    type            every value reads as it
    required        no value is missing
    minimum 0       a number that is never negative
    validValues     a text of 2 to 20 different values in 50 rows or more, each seen 5 times or more; none that may be a person
    unique          an integer or short text, never the same twice in 20 rows or more, in the first column or one whose name
                    ends like an identifier (id, key, code, uuid, …); the first complete one of such a name is the primary key
    rowCount > 0    there are rows
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from datakit.formats.contract import Check, Column, LogicalType, Reader
from datakit.tables.casts import cast, shape
from datakit.tables.engine import Session, aggregate, batch, connect, query, quote_text
from datakit.tables.native import logical
from datakit.tables.profile import Basics, basic_expressions, basics, distinct_counts
from datakit.tables.read import Source, source
from datakit.tables.relation import Bound, Relation, read_rows, relation

_day_formats = ("dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "yyyy/MM/dd", "dd-MM-yyyy", "MM-dd-yyyy")
# In the order of preference: the first that every value reads as.
_Candidate = tuple[LogicalType, str]
_candidates: tuple[_Candidate, ...] = (
    ("boolean", ""),
    ("integer", ""),
    ("number", ""),
    ("date", ""),
    ("timestamp", ""),
    ("time", ""),
    *(("date", form) for form in _day_formats),
    *(("timestamp", f"{form} {clock}") for form in _day_formats for clock in ("HH:mm", "HH:mm:ss")),
)
_personal_parts = ("name", "mail", "phone", "address", "birth")
_personal_words = {
    "contact", "customer", "dob", "employee", "fax", "iban", "ip", "login", "mobile", "passport", "password", "patient",
    "person", "postal", "postcode", "ssn", "street", "user", "zip",
}  # fmt: skip
_key_words = {"code", "guid", "id", "key", "no", "nr", "number", "uuid"}
_word = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\\W\\d_]+")
_leading_zero_or_plus = "[+].*|-?0[0-9].*"
_too_long = ".*[0-9]{39}.*"  # beyond 38 digits a number would lose some: such texts are identifiers
_sample = 200
_least_unique_rows = 20
_least_category_rows = 50
_most_categories = 20
_least_of_category = 5
_longest_category = 64


def infer(
    path: Path, name: str, reader: Reader, spill: Path | None = None
) -> tuple[tuple[Column, ...], tuple[Check, ...]]:
    """Draft the columns and checks of a contract.

    Args:
        path: The bytes; may have any name.
        name: What messages call them.
        reader: How the bytes are read.
        spill: Where a private folder for temporary data is made.

    Returns:
        The columns with their types, and checks that the data passes: no tighter than what a person would sign.

    Raises:
        InvalidData: The bytes are not such a table.
    """
    with connect(path, spill) as session:
        found = source(session, name, reader)
        columns = infer_columns(session, name, found)
        table = relation(session, name, found, columns)
        scanned = basics(table, aggregate(session, name, [sql for b in table.columns for sql in basic_expressions(b)]))
        return columns, _checks(table, scanned)


def infer_columns(session: Session, name: str, found: Source) -> tuple[Column, ...]:
    """Infer the types of a table's columns, in one scan of the file.

    Args:
        session: The session of the file.
        name: What messages call it.
        found: The table's source.

    Returns:
        The columns: a type only where every value reads as it, text otherwise.
    """
    left = [_possible(found, column, native) for column, native in zip(found.names, found.native, strict=True)]
    # A few rows rule most types out; what is left is asked of every row, so the sample cannot change the answer.
    texts = ", ".join(f"r{index}" if native == "VARCHAR" else "NULL" for index, native in enumerate(found.native))
    sample = read_rows(session, name, found, f"SELECT {texts} FROM {found.sql} LIMIT {_sample}") if texts else []
    seen = list(zip(*sample, strict=True)) if sample else [()] * len(left)
    left = [
        _shaped(candidates, values) if native == "VARCHAR" else candidates
        for native, candidates, values in zip(found.native, left, seen, strict=True)
    ]
    left = _ask(session, name, found, left)
    return tuple(
        _column(column, native, types) for column, native, types in zip(found.names, found.native, left, strict=True)
    )


def _shaped(candidates: list[_Candidate], values: Sequence[str | None]) -> list[_Candidate]:
    """Keep the types whose form all these values have."""
    kept = []
    for candidate in candidates:
        pattern = shape(*candidate)
        if pattern is None or all(value is None or pattern.fullmatch(value) for value in values):
            kept.append(candidate)
    return kept


def _ask(session: Session, name: str, found: Source, left: list[list[_Candidate]]) -> list[list[_Candidate]]:
    """Keep the types of each column that every row of the file reads as; a column without any value has none."""
    questions = [
        _question(native, f"r{index}", *candidate)
        for index, (native, candidates) in enumerate(zip(found.native, left, strict=True))
        for candidate in candidates
    ]
    answers: list[bool | None] = []
    for start in range(0, len(questions), batch):
        sql = f"SELECT {', '.join(questions[start : start + batch])} FROM {found.sql}"
        answers += read_rows(session, name, found, sql)[0]
    each = iter(answers)
    return [[candidate for candidate in candidates if next(each)] for candidates in left]


def _possible(found: Source, column: str, native: str) -> list[_Candidate]:
    """Return the types that a column can have at all: a format's own types and its texts count."""
    if native in {"FLOAT", "DOUBLE"}:
        return [("number", "")]
    if native != "VARCHAR":
        return []
    if column in found.nested:
        return [("object", ""), ("array", "")]
    return [c for c in _candidates if column not in found.texts or c[0] in {"date", "timestamp", "time"}]


def _question(native: str, raw: str, type_: str, form: str) -> str:
    """Return the aggregate that is false where some value does not read as the type, NULL where there is none."""
    if native != "VARCHAR":
        return f"NOT coalesce(bool_or(isinf({raw})), false)"
    reads = f"({cast(type_, form, raw)}) IS NOT NULL"
    if type_ in {"integer", "number"}:
        reads += f" AND NOT regexp_full_match({raw}, {quote_text(_leading_zero_or_plus + '|' + _too_long)})"
    return f"bool_and({reads}) FILTER ({raw} IS NOT NULL)"


def _column(name: str, native: str, left: list[_Candidate]) -> Column:
    """Choose among the types that every value reads as; two readings of one date are none."""
    if native in {"FLOAT", "DOUBLE"} and not left:
        return Column(name, "string")
    if native != "VARCHAR":
        return Column(name, logical(native))
    iso = [type_ for type_, form in left if not form]
    if iso:
        return Column(name, iso[0])
    return Column(name, left[0][0], format=left[0][1]) if len(left) == 1 else Column(name, "string")


def _checks(table: Relation, scanned: tuple[Basics, ...]) -> tuple[Check, ...]:
    """Draft the checks of a loaded table, column by column."""
    checks: list[Check] = []
    key = ""
    distincts = distinct_counts(table, scanned)
    for place, (bound, found, distinct) in enumerate(zip(table.columns, scanned, distincts, strict=True)):
        column = bound.column
        if column.type != "string":
            checks.append(Check(f"{column.name}.type", "type", column.name, {}))
        complete = table.rows > 0 and found.present == table.rows
        if complete:
            checks.append(Check(f"{column.name}.required", "required", column.name, {}))
        named = set(_words(column.name)[-1:]) & _key_words
        if (named or place == 0) and _is_unique(bound, found, distinct):
            if complete and not key and named:
                key = column.name
            else:
                checks.append(Check(f"{column.name}.unique", "unique", column.name, {}))
        if column.type in {"integer", "number"} and found.present and float(found.low) >= 0:
            checks.append(Check(f"{column.name}.minimum", "minimum", column.name, {"value": 0}))
        categories = _categories(table, bound, found) if 1 < distinct <= _most_categories else []
        if categories:
            arguments = {"values": categories}
            checks.append(Check(f"{column.name}.invalid_values", "invalid_values", column.name, arguments))
    if key:
        checks.append(Check("primary_key", "primary_key", None, {"columns": [key]}))
    if table.rows:
        checks.append(Check("row_count", "row_count", None, {}, ">", (0,)))
    return _distinct_ids(checks)


def _distinct_ids(checks: list[Check]) -> tuple[Check, ...]:
    """Give a check whose id is taken (a column called `row_count`, say) the next free number."""
    taken: set[str] = set()
    named = []
    for check in checks:
        free, number = check.id, 2
        while free in taken:
            free, number = f"{check.id}_{number}", number + 1
        taken.add(free)
        named.append(check._replace(id=free))
    return tuple(named)


def _is_unique(bound: Bound, found: Basics, distinct: int) -> bool:
    """Tell whether a column identifies rows: a short text or an integer, never the same twice."""
    if bound.column.type not in {"string", "integer"} or found.present < _least_unique_rows:
        return False
    return distinct == found.present and not (bound.sql_type == "VARCHAR" and found.high > _longest_category)


def _categories(table: Relation, bound: Bound, found: Basics) -> list[str]:
    """Return the values of a column with few of them, each seen often; none where a person could be behind it."""
    if bound.column.type != "string" or bound.sql_type != "VARCHAR" or table.rows < _least_category_rows:
        return []
    if not found.present or found.high > _longest_category or is_personal(bound.column.name):
        return []
    sql = (
        f"SELECT {bound.value}, count(*) FROM data WHERE {bound.value} IS NOT NULL GROUP BY {bound.value} "
        f"ORDER BY {bound.value} "
    )
    rows = query(table.session, table.name, sql)
    if any(count < _least_of_category for _, count in rows):
        return []
    return [] if any("\0" in value for value, _ in rows) else [value for value, _ in rows]


def is_personal(column: str) -> bool:
    """Tell whether a column's name suggests that it describes a person.

    >>> is_personal("E-Mail"), is_personal("customerId"), is_personal("species")
    (True, True, False)
    """
    words = _words(column)
    return any(part in "".join(words) for part in _personal_parts) or bool(_personal_words & set(words))


def _words(column: str) -> list[str]:
    """Split a column's name at separators and humps.

    >>> _words("customerId"), _words("Body Mass (g)")
    (['customer', 'id'], ['body', 'mass', 'g'])
    """
    return [word.lower() for word in _word.findall(column)]

"""A table loaded once with the types of its columns, for every check and statistic to share.

Loading into a temporary table beats several aggregates over a view of the file, which parse it again; DuckDB moves
what exceeds its memory limit to the session's private folder.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from datakit.errors import InvalidData
from datakit.formats.contract import Column
from datakit.tables.casts import cast
from datakit.tables.engine import Session, query, quote_text
from datakit.tables.native import as_text, logical, native_value
from datakit.tables.read import Source, line_cap, records

_sql_types = {"integer": "HUGEINT", "number": "DOUBLE", "object": "VARCHAR", "array": "VARCHAR", "string": "VARCHAR"}


class Bound(NamedTuple):
    """A column of the loaded table."""

    column: Column
    value: str  # SQL identifier of its typed value
    bad: str  # SQL that is true where a value does not read as the type; `false` where that cannot be
    sql_type: str
    text: str = ""  # SQL identifier of its text, where it was asked for or is the value
    problem: str = ""  # why its type cannot be checked; its values are then text


class Relation(NamedTuple):
    """A loaded table: the temporary table `data`, whose rowid is the row's place in the file, from 0."""

    session: Session
    name: str
    columns: tuple[Bound, ...]
    rows: int
    notes: tuple[str, ...]
    first_line: int = 0  # of the file, of its first row, where every row is one line; 0 where that is not known


class _Value(NamedTuple):
    """How a column's value is made from what the file holds."""

    sql: str
    sql_type: str
    may_fail: bool = True
    problem: str = ""


def relation(
    session: Session, name: str, found: Source, columns: Sequence[Column], texts: Collection[str] = ()
) -> Relation:
    """Load a table with the types of its columns.

    Args:
        session: The session of the file.
        name: What messages call it.
        found: The table's source.
        columns: The types. A column of the table that is not among them is loaded as it is; one that the table lacks
            is left out.
        texts: Names of columns whose text is kept beside the typed value.

    Returns:
        The loaded table, columns in the order of the file.

    Raises:
        InvalidData: A row is ragged, a quote is not closed, a page is broken: with the line where it is known.
    """
    bound, select = typed(found, columns, texts)
    rows = fill(session, name, found, f"CREATE TEMP TABLE data AS {select}") if bound else 0
    header = int(found.reader.header and found.reader.format in {"csv", "tsv"})
    return Relation(session, name, bound, rows, found.notes, (1 + header) * (found.lines == rows + header))


def row_places(table: Relation, rows: Sequence[int]) -> list[str]:
    """Say where rows are, the one way in which messages do: by the line of the file, else counted without the header.

    Args:
        table: The loaded table.
        rows: Row ids, from 0.

    Returns:
        The word, `line`, `data row` or its plural, and then each number.
    """
    word = "line" if table.first_line else "data row"
    return [word + "s" * (len(rows) > 1), *(f"{row + (table.first_line or 1):,}" for row in rows)]


def typed(
    found: Source, columns: Sequence[Column], texts: Collection[str] = (), *, raw: bool = False
) -> tuple[tuple[Bound, ...], str]:
    """Return the columns of a table and the SELECT that gives their typed values.

    Args:
        found: The table's source.
        columns: The types, as in `relation`.
        texts: Names of columns whose text is kept beside the typed value.
        raw: Whether the values of the file's own types are kept too, as `r0`, `r1`, ….

    Returns:
        The columns in the order of the file, and SQL whose columns are `c0`, `c1`, … and the `b0`, `t0`, … that the
        bound columns name.
    """
    declared = {column.name: column for column in columns}
    bound, raws, values, extra = [], [], [], []
    for index, (column, native) in enumerate(zip(found.names, found.native, strict=True)):
        wanted = declared.get(column) or Column(column, logical(native))
        value = _value(wanted, native, f"r{index}")
        raws.append(f"{_without_missing(f'r{index}', native, found.missing)} AS r{index}")
        values.append(f"{value.sql} AS c{index}")
        if value.may_fail:
            extra.append(f"r{index} IS NOT NULL AND c{index} IS NULL AS b{index}")
        bad = f"b{index}" if value.may_fail else "false"
        text = f"c{index}" if value.sql_type == "VARCHAR" else f"t{index}" if column in texts else ""
        if text == f"t{index}":
            extra.append(f"{as_text(native, f'r{index}')} AS t{index}")
        bound.append(Bound(wanted, f"c{index}", bad, value.sql_type, text, value.problem))
    kept = [entry.value for entry in bound] + extra
    names = [f"r{index}" for index in range(len(bound))]
    kept += names if raw else []
    return tuple(bound), (
        f"SELECT {', '.join(kept)} FROM (SELECT {', '.join(names + values)} "
        f"FROM (SELECT {', '.join(raws)} FROM {found.sql}))"
    )


def fill(session: Session, name: str, found: Source, sql: str) -> int:
    """Run a statement that makes a table of the file's rows, and return how many they are.

    Args:
        session: The session of the file.
        name: What messages call it.
        found: The table's source.
        sql: A `CREATE TABLE … AS` whose rows are those of the file.

    Returns:
        The number of rows.

    Raises:
        InvalidData: A row is ragged, a quote is not closed, a page is broken: with the line where it is known.
    """
    rows = int(read_rows(session, name, found, sql)[0][0])
    if found.unified and len(found.names) > 1:
        _recount(session, name, found, rows)
    return rows


def _recount(session: Session, name: str, found: Source, rows: int) -> None:
    """Refuse a text whose mixed line ends make two parsers disagree: a lone quote in a field hides them."""
    expected = sum(1 for _ in records(session, name, found.reader)) - found.reader.header
    if rows != expected:
        raise InvalidData(
            f"{name}: lines end in more than one way and cannot be told from data: {rows:,} or {expected:,} rows",
            hint=f"write all lines with one ending: dos2unix {name}",
        )


def read_rows(session: Session, name: str, found: Source, sql: str) -> list[tuple[Any, ...]]:
    """Run a statement that reads the file, and say where it is broken if it is.

    Args:
        session: The session of the file.
        name: What messages call it.
        found: The table's source.
        sql: The statement.

    Returns:
        The rows.

    Raises:
        InvalidData: With the line of a delimited text's first broken row.
    """
    try:
        return query(session, name, sql)
    except InvalidData as error:
        text = str(error.__cause__)
        if "aximum line size" in text:
            line = re.search(r"Line: (\d+)", text)
            at = line[1] if line else "1"
            raise InvalidData(f"{name}:{at}: a row of more than {line_cap:,} bytes") from error
        if found.reader.format in {"csv", "tsv"}:
            for number, row in records(session, name, found.reader):
                if len(row) != len(found.names):
                    columns = "1 column" if len(found.names) == 1 else f"{len(found.names)} columns"
                    expected = f"expected {columns}, found {len(row)}"
                    raise InvalidData(f"{name}:{number}: {expected}") from error
        raise


def _value(column: Column, native: str, raw: str) -> _Value:
    """Return how a column's typed value is made."""
    found = logical(native)
    if native != "VARCHAR" and found == column.type:
        sql, sql_type = native_value(native, raw)
        return _Value(sql, sql_type, may_fail=sql.startswith(("CASE", "TRY_CAST")))
    if found == "integer" and column.type == "number":
        return _Value(f"CAST({raw} AS DOUBLE)", "DOUBLE", may_fail=False)
    text = raw if native == "VARCHAR" else as_text(native, raw)
    sql_or_none = cast(column.type, column.format, text)
    if sql_or_none is None:
        problem = f"the format `{column.format[:60]}` of `{column.name}` is not supported"
        return _Value(text, "VARCHAR", may_fail=False, problem=problem)
    return _Value(sql_or_none, _sql_types.get(column.type, column.type.upper()), may_fail=column.type != "string")


def _without_missing(raw: str, native: str, missing: tuple[str, ...]) -> str:
    """Return a value, NULL where its text stands for a missing one."""
    if missing and native == "VARCHAR":
        listed = ", ".join(quote_text(text) for text in missing)
        return f"CASE WHEN {raw} NOT IN ({listed}) THEN {raw} END"
    if native in {"FLOAT", "DOUBLE"} and "nan" in {text.lower() for text in missing}:
        # As text, since DuckDB answers `isnan` from a Parquet file's statistics, which leave NaN out.
        return f"CASE WHEN CAST({raw} AS VARCHAR) <> 'nan' THEN {raw} END"
    return raw

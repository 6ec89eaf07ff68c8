"""One part of a dataset: the rows of a table as Parquet sorted by key, or the files of a folder."""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import IntegrityError, InvalidData, NotFound
from datakit.formats.listing import Entry
from datakit.formats.split import Split
from datakit.splits.inputs import Folder, Table, find
from datakit.splits.keys import SEPARATOR, key, text_sql
from datakit.splits.membership import load
from datakit.tables import frames
from datakit.tables.engine import Session, connect, copy, query, quote_name, quote_text, settle
from datakit.tables.read import source
from datakit.tables.relation import Bound, Relation, typed

if TYPE_CHECKING:
    import pandas as pd

_long = 2**63  # one more than a BIGINT holds; Parquet has no wider integer
_decimal = 10**38  # one more than the widest decimal holds


def table(data: Table, membership: Path, record: Split, part: str, target: Path, spill: Path | None = None) -> int:
    """Write the rows of one part of a table.

    A column of a Parquet file keeps its type; one of text has the type that the contract gives it, an integer is a
    BIGINT, or a decimal where some value needs it.

    Args:
        data: The table that was split.
        membership: The membership of its split.
        record: The record of its split.
        part: The part, or `excluded`.
        target: The file that is written.
        spill: Where a private folder for temporary data is made.

    Returns:
        The number of rows.

    Raises:
        NotFound: There is no such part.
        InvalidData: A value does not read as its column's type, so it would be lost.
        IntegrityError: The membership is not that of the record, or the table is not the one that was split.
        EnvironmentProblem: The file cannot be written.
    """
    _check_part(record, part)
    with connect(data.path, spill, (membership,), target) as session:
        found = source(session, data.name, data.reader)
        bound, select = typed(found, data.columns, raw=True)
        load(session, session.beside[0], record, _called(record))
        joined = _key_sql(data.name, record, bound, found.names)
        native = data.reader.format == "parquet"
        values = [f"r{at}" for at in range(len(bound))] if native else _values(session, data.name, bound, select)
        shown = ", ".join(
            f"{value} AS {quote_name(column.column.name)}" for value, column in zip(values, bound, strict=True)
        )
        at = _place(record, part)
        rows = f"SELECT {shown} FROM ({select}) JOIN former ON former.key = {joined} WHERE former.part = {at} ORDER BY former.key"
        count = copy(session, data.name, rows, target)
    _check_count(data.name, record, part, count)
    return count


def frame(
    data: Table,
    membership: Path,
    record: Split,
    part: str,
    columns: Sequence[str] | None = None,
    spill: Path | None = None,
) -> pd.DataFrame:
    """Read the rows of one part of a table into memory, sorted by key, with the types of `frames.frame`.

    Args:
        data: The table that was split.
        membership: The membership of its split.
        record: The record of its split.
        part: The part, or `excluded`.
        columns: Names of the columns that are returned, in this order; all by default. The key need not be among them.
        spill: Where a private folder for temporary data is made.

    Raises:
        NotFound: There is no such part or column.
        InvalidData: Values in the columns do not read as their type.
        IntegrityError: The membership is not that of the record, or the table is not the one that was split.
    """
    _check_part(record, part)

    def rows(table: Relation) -> str:
        session, known = table.session, [column.column.name for column in table.columns]
        load(session, session.beside[0], record, _called(record))
        joined = f"data JOIN former ON former.key = {_key_sql(data.name, record, table.columns, known)}"
        chosen = f"{joined} WHERE former.part = {_place(record, part)}"
        _check_count(data.name, record, part, query(session, data.name, f"SELECT count(*) FROM {chosen}")[0][0])
        return f"{chosen} ORDER BY former.key"

    return frames.frame(data.path, data.name, data.reader, data.columns, columns, spill, (membership,), rows)


def files(data: Folder, membership: Path, record: Split, part: str, spill: Path | None = None) -> tuple[Entry, ...]:
    """Return the files of one part of a folder, in the order of the listing.

    Args:
        data: The folder that was split.
        membership: The membership of its split.
        record: The record of its split.
        part: The part, or `excluded`.
        spill: Where a private folder for temporary data is made.

    Raises:
        NotFound: There is no such part.
        IntegrityError: The membership is not that of the record, or the folder is not the one that was split.
    """
    _check_part(record, part)
    with connect(membership, spill) as session:
        settle(session, 2)
        load(session, session.link, record, _called(record))
        chosen = query(session, data.name, f"SELECT key FROM former WHERE part = {_place(record, part)}")
        wanted = {row[0] for row in chosen}
    found = tuple(entry for entry in data.entries if _key(entry, record.recipe.key) in wanted)
    _check_count(data.name, record, part, len(found))
    return found


def _key(entry: Entry, columns: Sequence[str]) -> str:
    """Return the key of a file."""
    return key([{"file": entry.relpath, "folder": entry.relpath.rpartition("/")[0]}[column] for column in columns])


def _key_sql(name: str, record: Split, bound: Sequence[Bound], known: Sequence[str]) -> str:
    """Return the SQL of a row's key."""
    keys = [bound[find(name, "key", column, known)] for column in record.recipe.key]
    return f" || {quote_text(SEPARATOR)} || ".join(text_sql(column) for column in keys)


def _called(record: Split) -> str:
    """Name the membership of a split."""
    return f"the membership of split `{record.split}` of `{record.name}`"


def _check_part(record: Split, part: str) -> None:
    """Refuse a part that the split does not have."""
    if part not in record.parts:
        raise NotFound("part", part, record.parts)


def _place(record: Split, part: str) -> int:
    """Return what a part is in `former.part`; the record may name its parts in any order."""
    into = [*record.recipe.into]
    return into.index(part) if part in into else len(into)


def _check_count(name: str, record: Split, part: str, count: int) -> None:
    """Refuse data that lack rows of the part."""
    if count != record.parts[part].rows:
        raise IntegrityError(
            f"{name}: these are not the data that were split: rows of part `{part}` {count:,}, expected {record.parts[part].rows:,}"
        )


def _values(session: Session, name: str, bound: Sequence[Bound], select: str) -> list[str]:
    """Return the SQL of the values of a text table; a value that its column's type cannot hold is refused."""
    sums = [f"count(*) FILTER ({column.bad})" for column in bound]
    wide = [column for column in bound if column.sql_type == "HUGEINT"]
    sums += [f"coalesce(greatest(max({column.value}), -1 - min({column.value})), 0)" for column in wide]
    counts = query(session, name, f"SELECT {', '.join(sums)} FROM ({select})")[0]
    for column, count in zip(bound, counts, strict=False):
        if count:
            raise InvalidData(
                f"{name}: `{column.column.name}` cannot be read as {column.column.type}, values that would be lost: {count:,}",
                hint="mend the rows, or the type in the contract",
            )
    largest = dict(zip([column.value for column in wide], counts[len(bound) :], strict=True))
    return [f"CAST({c.value} AS {_integer(largest[c.value])})" if c.value in largest else c.value for c in bound]


def _integer(largest: int) -> str:
    """Return the type that holds integers of a size; Parquet would round a HUGEINT."""
    if largest < _long:
        return "BIGINT"
    return "DECIMAL(38,0)" if largest < _decimal - 1 else "VARCHAR"

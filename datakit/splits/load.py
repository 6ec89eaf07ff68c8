"""The rows of a dataset as a split sees them: one temporary table with key, hash, groups, label, time and digests.

The table `rows` has, in the order of the data: `key` and `prefix` (the first digits of its hash), `g0`, `g1`, … for the
recipe's group columns, `label` (`=` and the text, or nothing where it is missing), `time`, `same` (a digest of the row
without its key) and `alike` (without its label too), and `flaw`, which says what keeps a row out of every part.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from datakit.errors import InvalidData, UsageError
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe
from datakit.splits.inputs import EXAMPLES, Chosen, Folder, Table, check_types, find, named, numbered
from datakit.splits.keys import PREFIX, SEPARATOR, digest_sql, text_sql, unread_sql
from datakit.tables.engine import Session, connect, query, quote_text, settle
from datakit.tables.read import source
from datakit.tables.relation import Bound, fill, typed

LACKS = ("null key", "null group", "null time")  # why a row can be in no part, as `flaw` 1, 2 and 3
memory_limit = 200_000_000  # bytes, for a narrow table; what is more goes to the disk
_COLUMNS = {  # of a folder, in SQL
    "file": "file",
    "folder": "CASE WHEN contains(file, '/') THEN regexp_extract(file, '^(.*)/', 1, 's') ELSE '' END",
}
_FILES = "(SELECT unnest(?::VARCHAR[]) AS file, unnest(?::VARCHAR[]) AS md5)"
slice_rows = 1_000_000  # rows up to which one aggregate over all of them is small
_slices = 64  # at most: each is a scan


class Rows(NamedTuple):
    """The loaded rows."""

    session: Session
    name: str
    recipe: Recipe
    total: int  # of all rows
    groups: tuple[str, ...]  # the group columns, in the order of g0, g1, …
    digests: tuple[str, ...]  # which of `same` and `alike` there are
    lacking: tuple[int, int, int]  # rows by LACKS
    files: tuple[Entry, ...] = ()  # of a folder, in the order of the rows


@contextmanager
def opened(
    data: Table | Folder,
    recipe: Recipe,
    spill: Path | None = None,
    beside: Sequence[Path] = (),
    target: Path | None = None,
) -> Iterator[Rows]:
    """Load what a recipe needs of a dataset, and refuse what cannot be split by it.

    Args:
        data: The table or folder.
        recipe: How it is split.
        spill: Where a private folder for temporary data is made.
        beside: Further files that the session reads.
        target: The file that the session writes.

    Yields:
        The rows, in an open session.

    Raises:
        UsageError: A column that is not there or has no fit type, or more parts than rows.
        InvalidData: No rows, a key that is not unique, or values that are missing or do not read as their type.
    """
    path = data.path if isinstance(data, Table) else Path(os.devnull)
    with connect(path, spill, beside, target, memory_limit) as session:
        rows = _table(session, data, recipe) if isinstance(data, Table) else _folder(session, data, recipe)
        if not rows.total:
            raise InvalidData(f"{data.name}: there are no rows to split")
        rows = rows._replace(lacking=_lacking(rows))
        if isinstance(data, Table):
            _check_unique(rows)
        placeable = rows.total - sum(rows.lacking)
        if placeable < len(recipe.into):
            raise UsageError(
                f"{data.name}: more parts than rows: {len(recipe.into):,} and {placeable:,}",
                hint="name fewer parts in `into`",
            )
        yield rows


def listed(rows: Rows, files: Sequence[Entry], table: str) -> None:
    """Make a table of other files of the folder, with `key` and `same`, their md5.

    Args:
        rows: The loaded rows of a folder.
        files: The files.
        table: What the table is called.
    """
    made = f"CREATE TEMP TABLE {table} AS SELECT {_file_key(rows.recipe)} AS key, md5 AS same FROM {_FILES}"
    paths, hashes = [entry.relpath for entry in files], [entry.md5 for entry in files]
    query(rows.session, rows.name, made, (paths, hashes))


def slices(count: int, size: int | None = None) -> tuple[str, ...]:
    """Return conditions on `prefix` that part many rows into slices, so that an aggregate of each takes little memory.

    Args:
        count: The number of rows.
        size: The rows of a slice, roughly; `slice_rows` by default.

    Returns:
        SQL, in the order of the hashes; one condition for few rows.

    >>> slices(150, 100)
    ("prefix >= '000' AND prefix < '800'", "prefix >= '800'")
    """
    wanted = -(-count // (size or slice_rows))
    pieces = min(1 << max(wanted - 1, 0).bit_length(), _slices)
    starts = [f"{at * 4096 // pieces:03x}" for at in range(pieces)]
    ends = [f" AND prefix < '{start}'" for start in starts[1:]] + [""]
    return tuple(f"prefix >= '{start}'{end}" for start, end in zip(starts, ends, strict=True))


def _table(session: Session, data: Table, recipe: Recipe) -> Rows:
    """Load a table."""
    found = source(session, data.name, data.reader)
    bound, select = typed(found, data.columns, found.names)
    chosen = [
        Chosen(role, name, bound[at], found.native[at])
        for role, name in named(recipe)
        for at in [find(data.name, role, name, found.names)]
    ]
    check_types(session, data, found, chosen)
    roles = {role: [entry for entry in chosen if entry.role == role] for role in ("key", "group", "stratify", "time")}
    texts = [text_sql(entry.bound) for entry in roles["key"]]
    parts = [f"{f' || {quote_text(SEPARATOR)} || '.join(texts)} AS key"]
    parts += [f"{text_sql(entry.bound)} AS g{at}" for at, entry in enumerate(roles["group"])]
    parts += [f"coalesce('=' || {text_sql(entry.bound)}, '') AS label" for entry in roles["stratify"]]
    parts += [f"{entry.bound.value} AS time" for entry in roles["time"]]
    rest = [entry for entry in bound if entry.column.name not in recipe.key]
    plain = [entry for entry in rest if entry.column.name != recipe.stratify]
    digests = {"same": rest} | ({"alike": plain} if recipe.stratify else {})
    parts += [f"{_row_digest(columns)} AS {name}" for name, columns in digests.items() if columns]
    wrongs = _wrongs(data.name, chosen)
    parts.append(f"CASE {' '.join(f'WHEN {sql} THEN {4 + at}' for at, (sql, _) in enumerate(wrongs))} END AS wrong")
    sql = _rows_sql(recipe, len(roles["group"]), f"SELECT {', '.join(parts)} FROM ({select})")
    count = fill(session, data.name, found, sql)
    _check_wrong(session, data.name, wrongs)
    kept = tuple(name for name, columns in digests.items() if columns)
    return Rows(session, data.name, recipe, count, recipe.group, kept, (0, 0, 0))


def _folder(session: Session, data: Folder, recipe: Recipe) -> Rows:
    """Load the listing of a folder; where its folders are the key, they are the groups too."""
    settle(session, 2)
    for role, name in named(recipe):
        find(data.name, role, name, tuple(_COLUMNS))
    if recipe.time:
        raise UsageError(f"{data.name}: files have no time to be split by", hint="remove `time` from the recipe")
    group = recipe.group or (("folder",) if recipe.key == ("folder",) else ())
    if "file" not in recipe.key and group != ("folder",):
        raise UsageError(
            f"{data.name}: `folder` is the key, so nothing but `folder` can be the group",
            hint="use `key: [file]` or remove `group`",
        )
    parts = [f"{_file_key(recipe)} AS key"]
    parts += [f"{_COLUMNS[name]} AS g{at}" for at, name in enumerate(group)]
    parts += [f"'=' || {_COLUMNS[recipe.stratify]} AS label, md5 AS alike"] if recipe.stratify else []
    paths = [entry.relpath for entry in data.entries]
    if any(SEPARATOR in path for path in paths):
        at = [number for number, path in enumerate(paths) if SEPARATOR in path]
        raise InvalidData(
            f"{data.name}: U+001F, which joins the columns of a key, is in {numbered(at[:EXAMPLES], len(at))}"
        )
    inner = f"SELECT {', '.join(parts)}, md5 AS same, NULL AS wrong FROM {_FILES}"
    made = query(
        session,
        data.name,
        _rows_sql(recipe, len(group), inner),
        (paths, [entry.md5 for entry in data.entries]),
    )
    kept = ("same", "alike") if recipe.stratify else ("same",)
    return Rows(session, data.name, recipe, int(made[0][0]), group, kept, (0, 0, 0), data.entries)


def _file_key(recipe: Recipe) -> str:
    """Return the SQL of a file's key."""
    return f" || {quote_text(SEPARATOR)} || ".join(_COLUMNS[name] for name in recipe.key)


def _rows_sql(recipe: Recipe, groups: int, inner: str) -> str:
    """Return the statement that makes `rows`."""
    lacks = ["WHEN wrong IS NOT NULL THEN wrong", "WHEN key IS NULL THEN 1"]
    if groups:
        lacks.append(f"WHEN coalesce({', '.join(f'g{at}' for at in range(groups))}) IS NULL THEN 2")
    if recipe.time:
        lacks.append("WHEN time IS NULL THEN 3")
    prefix = f"left({digest_sql(recipe.salt, 'key')}, {PREFIX})"
    flaw = f"CASE {' '.join(lacks)} ELSE 0 END::USMALLINT"
    return f"CREATE TEMP TABLE rows AS SELECT * EXCLUDE (wrong), {prefix} AS prefix, {flaw} AS flaw FROM ({inner})"


def _row_digest(columns: Sequence[Bound]) -> str:
    """Return the SQL of a digest of some columns: typed values, so that it does not depend on the file's format."""
    texts = []
    for entry in columns:
        value = f"CAST({entry.value} AS VARCHAR)"
        raw = f", '?' || length({entry.text}) || ':' || {entry.text}" if entry.bad != "false" else ""
        texts.append(f"coalesce(length({value}) || ':' || {value}{raw}, '-')")
    return f"md5_number(concat({', '.join(texts)}))"


def _wrongs(name: str, chosen: Sequence[Chosen]) -> list[tuple[str, str]]:
    """Return what may be wrong with a row, as SQL, and the message that says so."""
    found = []
    for role, column, bound, _ in chosen:
        test = bound.bad if role == "time" else unread_sql(bound)
        if test != "false":
            found.append((test, f"{name}: `{column}` cannot be read as {bound.column.type} in "))
        if role == "key" and bound.column.type == "string":
            holds = f"contains({bound.value}, {quote_text(SEPARATOR)})"
            found.append((holds, f"{name}: `{column}` holds U+001F, which joins the columns of a key, in "))
    return found or [("false", "")]


def _check_wrong(session: Session, name: str, wrongs: Sequence[tuple[str, str]]) -> None:
    """Refuse values that have no text."""
    sql = f"SELECT flaw, count(*), min(rowid, {EXAMPLES}) FROM rows WHERE flaw > 3 GROUP BY flaw ORDER BY flaw LIMIT 1"
    for flaw, count, places in query(session, name, sql):
        message = wrongs[flaw - 4][1] + numbered(places, count)
        raise InvalidData(message, hint="mend the rows, or the type in the contract")


def _lacking(rows: Rows) -> tuple[int, int, int]:
    """Count the rows that have no key, group or time; refuse them unless the recipe excludes them."""
    sql = f"SELECT flaw, count(*), min(rowid, {EXAMPLES}) FROM rows WHERE flaw > 0 GROUP BY flaw ORDER BY flaw"
    found = query(rows.session, rows.name, sql)
    if found and rows.recipe.nulls == "refuse":
        flaw, count, places = found[0]
        role = LACKS[flaw - 1].removeprefix("null ")
        columns = {"key": rows.recipe.key, "group": rows.groups, "time": (rows.recipe.time,)}[role]
        shown = ", ".join(f"`{column}`" for column in columns)
        raise InvalidData(
            f"{rows.name}: the {role} {shown} is missing in {numbered(places, count)}",
            hint="fill them in, or write `nulls: exclude` into the recipe",
        )
    counts = {flaw: count for flaw, count, _ in found}
    return counts.get(1, 0), counts.get(2, 0), counts.get(3, 0)


def _check_unique(rows: Rows) -> None:
    """Refuse a key that two rows have; hashes are compared first, which takes little memory."""
    twice = "SELECT prefix FROM rows WHERE {} GROUP BY prefix HAVING count(*) > 1"
    found = [
        query(rows.session, rows.name, f"SELECT 1 FROM ({twice.format(part)}) LIMIT 1") for part in slices(rows.total)
    ]
    if not any(found):
        return
    again = (
        "SELECT rowid AS place FROM rows WHERE prefix IN "
        f"({twice.format('prefix IS NOT NULL')}) QUALIFY row_number() OVER (PARTITION BY key ORDER BY rowid) > 1"
    )
    count, places = query(rows.session, rows.name, f"SELECT count(*), min(place, {EXAMPLES}) FROM ({again})")[0]
    if count:
        shown = ", ".join(f"`{column}`" for column in rows.recipe.key)
        raise InvalidData(
            f"{rows.name}: the key {shown} is not unique: that of an earlier row comes again in {numbered(places, count)}",
            hint="name further columns in `key` that tell the rows apart, or remove the rows",
        )

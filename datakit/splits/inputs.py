"""What is split, and the columns of it that a recipe names."""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import UsageError
from datakit.formats.contract import Column, Reader
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe
from datakit.splits.keys import FIT, fit, text_sql
from datakit.tables.engine import Session, connect, query
from datakit.tables.read import Source, source
from datakit.tables.relation import Bound, typed

EXAMPLES = 5  # row numbers that an error names
_ORDERED = ("date", "timestamp", "integer", "number")


class NoColumn(UsageError):
    """The recipe names a column that the data does not have."""


class Table(NamedTuple):
    """A table that is split."""

    path: Path
    name: str  # what messages call it
    reader: Reader
    columns: tuple[Column, ...]  # the contract's; a column that is not among them has the type that the file gives it


class Folder(NamedTuple):
    """A folder of files that is split; its columns are `file`, the path, and `folder`, the path of its parent."""

    name: str  # what messages call it
    entries: tuple[Entry, ...]


class Chosen(NamedTuple):
    """One column that the recipe names."""

    role: str  # key, group, stratify, time
    name: str
    bound: Bound
    native: str


def candidates(data: Table, spill: Path | None = None) -> tuple[str, ...]:
    """Return the columns that would do as a key alone: of a fit type, complete and unique.

    Args:
        data: The table.
        spill: Where a private folder for temporary data is made.

    Returns:
        Their names, in the order of the table.
    """
    with connect(data.path, spill) as session:
        return _candidates(session, data, source(session, data.name, data.reader))


def named(recipe: Recipe) -> list[tuple[str, str]]:
    """Return the columns that a recipe names, with what for."""
    singles = [(role, name) for role, name in (("stratify", recipe.stratify), ("time", recipe.time)) if name]
    return [("key", name) for name in recipe.key] + [("group", name) for name in recipe.group] + singles


def find(name: str, role: str, column: str, known: Sequence[str]) -> int:
    """Return the place of a column."""
    if column in known:
        return list(known).index(column)
    shown = ", ".join(f"`{one}`" for one in known[:30]) + (", …" if len(known) > 30 else "")
    raise NoColumn(f"{name}: the recipe's `{role}` names `{column}`, which is no column", hint=f"there are {shown}")


def check_types(session: Session, data: Table, found: Source, chosen: Sequence[Chosen]) -> None:
    """Refuse columns whose values have no text that is the same everywhere, or no order."""
    for role, name, bound, native in chosen:
        if role == "time":
            if bound.column.type not in _ORDERED or bound.problem:
                raise UsageError(
                    f"{data.name}: `{name}` is of type {bound.column.type} and cannot order the rows",
                    hint="declare it a date, timestamp or number in the contract",
                )
        elif not fit(bound, native):
            kind = bound.column.type if bound.column.type not in FIT else native.lower()
            better = ", ".join(f"`{one}`" for one in _candidates(session, data, found)) if role == "key" else ""
            raise UsageError(
                f"{data.name}: `{name}` is of type {kind} and cannot be in `{role}`: its text differs between engines",
                hint=f"columns that would do: {better}"
                if better
                else f"use a column of type {', '.join(FIT[:-1])} or {FIT[-1]}",
            )


def numbered(places: Sequence[int], count: int) -> str:
    """Name rows by their number, from 1, as they stand in the data.

    >>> numbered([1, 4], 7)
    'rows 2, 5, … (7 in all)'
    """
    more = f", … ({count:,} in all)" if count > len(places) else ""
    return f"row{'s' * (count > 1)} {', '.join(f'{place + 1:,}' for place in places)}{more}"


def _candidates(session: Session, data: Table, found: Source) -> tuple[str, ...]:
    """Count the values of every fit column: roughly first, exactly where that leaves a doubt."""
    bound, select = typed(found, data.columns)
    fits = [entry for entry, native in zip(bound, found.native, strict=True) if fit(entry, native)]
    if not fits:
        return ()
    sums = ", ".join(f"count({text_sql(e)}), approx_count_distinct({text_sql(e)})" for e in fits)
    total, *counts = query(session, data.name, f"SELECT count(*), {sums} FROM ({select})")[0]
    likely = [
        entry
        for entry, full, rough in zip(fits, counts[::2], counts[1::2], strict=True)
        if total and full == total and rough > 0.8 * total  # the rough count errs by a few percent
    ]
    if not likely:
        return ()
    exact = query(
        session, data.name, f"SELECT {', '.join(f'count(DISTINCT {text_sql(e)})' for e in likely)} FROM ({select})"
    )[0]
    return tuple(entry.column.name for entry, count in zip(likely, exact, strict=True) if count == total)

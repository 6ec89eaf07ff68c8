"""What two parts of a split share though they should not; rows are counted and numbered, values are never shown.

| kind | rows that |
|---|---|
| `group` | have a value of a group column that a row of another part has too |
| `duplicate` | are equal, but for the key, to a row of another part |
| `conflict` | are equal, but for key and label, to a row of another part, and the labels among such rows differ |
| `time` | are not later than some row of an earlier part, in a split by time |

A key in two parts cannot come so far: `load` refuses a key that two rows have, `membership` one that is there twice.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from datakit.errors import InvalidData
from datakit.formats.listing import shown
from datakit.splits.inputs import EXAMPLES, numbered
from datakit.splits.load import Rows, slices
from datakit.tables.engine import query

KINDS = ("group", "duplicate", "conflict", "time")


class Leak(NamedTuple):
    """Rows that leak in one way."""

    kind: str
    rows: int
    examples: tuple[int, ...]  # places of the first of them, from 0
    files: tuple[str, ...] = ()  # of a folder: their paths

    @property
    def places(self) -> str:
        """Name the first of them: rows by their number, files by their path."""
        if not self.files:
            return numbered(self.examples, self.rows)
        more = f", … ({self.rows:,} in all)" if self.rows > len(self.files) else ""
        return f"file{'s' * (self.rows > 1)} {', '.join(f'`{shown(path)}`' for path in self.files)}{more}"


def find(rows: Rows) -> tuple[Leak, ...]:
    """Look for leaks between the parts of `placed`.

    Args:
        rows: The rows, placed.

    Returns:
        The kinds that were found, in the order of `KINDS`.
    """
    found = []
    if rows.groups:
        tests = [_shared(rows, f"g{at}") for at in range(len(rows.groups))]
        found.append(_leak(rows, "group", " OR ".join(tests)))
    if "same" in rows.digests:
        found.append(_leak(rows, "duplicate", _shared(rows, "same")))
    if "alike" in rows.digests:
        found.append(_leak(rows, "conflict", _shared(rows, "alike", "min(label) < max(label)")))
    if rows.recipe.time:
        found.append(_leak(rows, "time", _early(rows)))
    return tuple(leak for leak in found if leak.rows)


def refuse(leaks: Sequence[Leak], kinds: Collection[str], name: str) -> None:
    """Raise what was found, where it is of a kind that is not allowed.

    Args:
        leaks: What was found.
        kinds: The kinds that are refused.
        name: What messages call the split.

    Raises:
        InvalidData: A leak of these kinds, each with its number of rows.
    """
    bad = [leak for leak in leaks if leak.kind in kinds]
    if bad:
        what = "files" if bad[0].files else "rows"
        told = "; ".join(f"{leak.kind} in {leak.places}" for leak in bad)
        raise InvalidData(
            f"{name}: parts share what they must not: {told}",
            hint=f"keep together what belongs together (`--group COL`, `group` in the recipe), remove the {what}, or accept "
            "them with `severity: {DK403: warn}` in datakit.yaml",
        )


def _shared(rows: Rows, column: str, further: str = "true") -> str:
    """Return a test for rows whose value is in several parts; looked for in slices where there are many rows."""
    real = f"part < {len(rows.recipe.into)} AND {column} IS NOT NULL"
    many = len(slices(rows.total))
    table = f"shared_{column}"
    for at in range(many):
        part = f" AND hash({column}) % {many} = {at}" if many > 1 else ""
        start = f"INSERT INTO {table}" if at else f"CREATE TEMP TABLE {table} AS"
        query(
            rows.session,
            rows.name,
            f"{start} SELECT {column} FROM placed WHERE {real}{part} GROUP BY {column} HAVING min(part) < max(part) AND {further}",
        )
    return f"{column} IN (FROM {table})"


def _early(rows: Rows) -> str:
    """Return a test for rows that are not later than some row of an earlier part."""
    parts = len(rows.recipe.into)
    ends = ", ".join(f"max(time) FILTER (part < {at}) AS e{at}" for at in range(1, parts))
    if not ends:
        return "false"
    query(rows.session, rows.name, f"CREATE TEMP TABLE ends AS SELECT {ends} FROM placed WHERE part < {parts}")
    cases = " ".join(f"WHEN {at} THEN time <= (SELECT e{at} FROM ends)" for at in range(1, parts))
    return f"coalesce(CASE part {cases} END, false)"


def _leak(rows: Rows, kind: str, test: str) -> Leak:
    """Count and number the rows of a test."""
    sql = f"SELECT count(*), min(row, {EXAMPLES}) FROM placed WHERE part < {len(rows.recipe.into)} AND ({test})"
    count, places = query(rows.session, rows.name, sql)[0]
    found = tuple(places or ())
    return Leak(kind, int(count), found, tuple(rows.files[place].relpath for place in found) if rows.files else ())

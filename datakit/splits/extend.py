"""The extension of a split: a function of recipe, former membership and rows, in which no row changes its part.

A row whose key was in a part stays there. Every other row, those that were excluded before among them, has its values of
the group columns looked up among the rows that stay:

* all known ones lie in one part: the row joins it;
* they lie in several: the row would tie parts together and is excluded;
* the row's values are new: rows that share new values are one group, which joins the part that a known value of one of
  its rows lies in, is excluded where these lie in several, and goes by the hash of its name where there are none.

What would go by a hash is looked for first where it lay before, if it is a file of a folder: its bytes, by their md5, among
the files that were in a part and whose path no longer has these bytes. Where they were in one part only, the file goes
there, and so does a new group whose moved files all come of one part: what was renamed or moved keeps its part. Where they
were in several, the hash decides. So an extension of a folder's split is a function of the former listing, too. Keys of a
table that were renamed are new rows.

A split by time puts a row into the last part that began by then. A split by strata places new rows by hash alone: exact
shares would move old ones.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import UsageError
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe, differences, fingerprint
from datakit.formats.split import Split
from datakit.splits import membership
from datakit.splits.assign import place, units
from datakit.splits.components import run
from datakit.splits.keys import digest_sql, part_sql
from datakit.splits.load import Rows, listed
from datakit.tables.engine import query


class Extension(NamedTuple):
    """What an extension did."""

    new: int  # rows that were in no part before and lack nothing; excluded ones count again, moved ones do not
    gone: int  # keys of the former membership that the data no longer has; those of moved files do not count
    moved: int = 0  # of a folder: files at another path that kept their part
    strayed: int = 0  # of a folder: files that were in one part only and are, byte for byte the same, in another


def check_recipe(recipe: Recipe, record: Split) -> None:
    """Refuse to extend a split by another recipe than the one that made it.

    Args:
        recipe: The recipe as it is now.
        record: The record of the split.

    Raises:
        UsageError: They differ, with the keys that do.
    """
    if fingerprint(recipe) != fingerprint(record.recipe):
        raise UsageError(
            f"the recipe of split `{record.split}` of `{record.name}` changed, so it cannot be extended: "
            + "; ".join(differences(record.recipe, recipe)),
            hint=f"take the change back, or split anew, which moves rows: datakit split {record.name} --split {record.split}",
        )


def extend(rows: Rows, path: Path, record: Split, earlier: Callable[[], Sequence[Entry]] | None = None) -> Extension:
    """Make the table `placed` as `assign` does, leaving every row of the former membership in its part.

    Args:
        rows: The loaded rows; the table `rows` is gone afterwards.
        path: The session's plain name of the former membership.
        record: Its record, by the same recipe.
        earlier: Returns the files of the folder that was split; asked only where there may be new ones.

    Returns:
        What was done.

    Raises:
        InvalidData: The file is no membership.
        IntegrityError: It is not that of the record.
        UsageError: No row is left by whose time the parts could be told.
    """
    session, name, into = rows.session, rows.name, rows.recipe.into
    membership.load(session, path, record, f"the membership of split `{record.split}` of `{record.name}`")
    ties = len(into) + 3
    run(
        session,
        name,
        f"CREATE TEMP TABLE kept AS SELECT rows.rowid AS row, former.part FROM rows JOIN former USING (key) WHERE former.part < {len(into)}",
    )
    new = query(session, name, "SELECT count(*) FROM rows ANTI JOIN kept ON kept.row = rows.rowid WHERE flaw = 0")[0][0]
    # A new file in a folder that is a key and known is no new key.
    followed = earlier is not None and (new > 0 or rows.recipe.key == ("folder",))
    _follow(rows, earlier() if earlier is not None and followed else None)
    if rows.recipe.time:
        fresh = _by_time(rows)
    elif rows.groups:
        _by_group(rows, ties)
        fresh = "fresh.part"
    else:
        fresh = f"coalesce(moved.part, {part_sql(into, 'prefix')})"
    run(session, name, "UPDATE rows SET flaw = 0 WHERE flaw > 0 AND rowid IN (SELECT row FROM kept)")
    joins = "LEFT JOIN kept ON kept.row = rows.rowid LEFT JOIN moved ON moved.row = rows.rowid"
    if rows.groups:
        joins += " LEFT JOIN fresh ON fresh.row = rows.rowid"
    place(rows, f"coalesce(kept.part, {fresh})", joins)
    return _counted(rows, int(new), followed=followed)


def _follow(rows: Rows, earlier: Sequence[Entry] | None) -> None:
    """Make `moved`: the part that a file which is new at its path was in at another path."""
    session, name, parts = rows.session, rows.name, len(rows.recipe.into)
    if earlier is None:
        run(session, name, "CREATE TEMP TABLE moved (row BIGINT, part UTINYINT, same VARCHAR)")
        return
    listed(rows, earlier, "earlier")
    were = f"SELECT same, min(part) AS part FROM earlier JOIN former USING (key) {{}} WHERE part < {parts} GROUP BY same HAVING min(part) = max(part)"
    run(session, name, f"CREATE TEMP TABLE homes AS {were.format('')}")
    gone = were.format("ANTI JOIN rows ON rows.key = earlier.key AND rows.same = earlier.same")
    run(
        session,
        name,
        f"CREATE TEMP TABLE moved AS SELECT rows.rowid AS row, was.part, same FROM rows JOIN ({gone}) was USING (same) "
        "ANTI JOIN kept ON kept.row = rows.rowid WHERE flaw = 0",
    )


def _counted(rows: Rows, new: int, *, followed: bool) -> Extension:
    """Count what became of the keys and of the files that moved."""
    session, name, parts = rows.session, rows.name, len(rows.recipe.into)
    gone = "SELECT count(*) FROM former ANTI JOIN placed USING (key)"
    if not followed:
        return Extension(new, int(query(session, name, gone)[0][0]))
    stayed = "FROM moved JOIN placed USING (row) WHERE moved.part = placed.part"
    whole = f"SELECT key FROM earlier GROUP BY key HAVING bool_and(same IN (SELECT moved.same {stayed}))"
    lies = "FROM placed JOIN homes USING (same) WHERE placed.part"
    # What is still in its former part, too, is a leak, of which `leaks` tells.
    strayed = f"SELECT count(*) {lies} <> homes.part AND placed.part < {parts} AND same NOT IN (SELECT same {lies} = homes.part)"
    (lost,), (moved,), (other,) = (
        query(session, name, sql)[0]
        for sql in (f"{gone} ANTI JOIN ({whole}) whole USING (key)", f"SELECT count(*) {stayed}", strayed)
    )
    return Extension(new - int(moved), int(lost), int(moved), int(other))


def _by_time(rows: Rows) -> str:
    """Return SQL for the last part that began by the time of a row."""
    session, name, parts = rows.session, rows.name, len(rows.recipe.into)
    begins = ", ".join(f"min(time) FILTER (part = {at}) AS m{at}" for at in range(parts))
    run(session, name, f"CREATE TEMP TABLE begins AS SELECT {begins} FROM rows JOIN kept ON kept.row = rows.rowid")
    known = query(session, name, "FROM begins")[0]
    used = [at for at in range(parts) if known[at] is not None]
    if not used:
        raise UsageError(
            f"{name}: no row of the former split is left by whose `{rows.recipe.time}` a new row could be placed",
            hint="split anew",
        )
    cases = " ".join(f"WHEN time >= (SELECT m{at} FROM begins) THEN {at}" for at in reversed(used))
    return f"CASE {cases} ELSE {used[0]} END"


def _by_group(rows: Rows, ties: int) -> None:
    """Make `fresh`: the part of each row that was in none."""
    session, name = rows.session, rows.name
    places = range(len(rows.groups))
    for at in places:
        run(
            session,
            name,
            f"CREATE TEMP TABLE known{at} AS SELECT g{at} AS value, min(part) AS low, max(part) AS high FROM rows "
            f"JOIN kept ON kept.row = rows.rowid WHERE g{at} IS NOT NULL GROUP BY g{at}",
        )
    joins = " ".join(f"LEFT JOIN known{at} ON known{at}.value = g{at}" for at in places)
    low, high = (
        f"{which}({', '.join(f'known{at}.{end}' for at in places)})" if len(places) > 1 else f"known0.{end}"
        for which, end in (("least", "low"), ("greatest", "high"))
    )
    # Of the values, only those that no kept row has tie new rows to one another: a known one has its part already.
    values = ", ".join(f"CASE WHEN known{at}.value IS NULL THEN g{at} END AS g{at}" for at in places)
    run(
        session,
        name,
        f"CREATE TEMP TABLE loose AS SELECT rows.rowid AS row, {values}, {low} AS low, {high} AS high, moved.part AS moved "
        f"FROM rows {joins} LEFT JOIN moved ON moved.row = rows.rowid ANTI JOIN kept ON kept.row = rows.rowid WHERE flaw = 0",
    )
    # A row that ties parts by itself is excluded before it can tie others.
    unit = units(rows, "(FROM loose WHERE low IS NULL OR low = high)")
    run(
        session,
        name,
        f"CREATE TEMP TABLE grown AS SELECT {unit.sql} AS unit, min(low) AS low, max(high) AS high, "
        f"CASE WHEN min(moved) = max(moved) THEN min(moved) END AS moved FROM loose {unit.join} "
        f"WHERE {unit.sql} IS NOT NULL AND (low IS NULL OR low = high) GROUP BY 1",
    )
    hashed = part_sql(rows.recipe.into, digest_sql(rows.recipe.salt, "grown.unit"))
    run(
        session,
        name,
        f"CREATE TEMP TABLE fresh AS SELECT loose.row, CASE WHEN loose.low < loose.high OR grown.low < grown.high THEN {ties} "
        f"ELSE coalesce(loose.low, grown.low, grown.moved, {hashed}) END AS part "
        f"FROM loose {unit.join} LEFT JOIN grown ON grown.unit = {unit.sql}",
    )

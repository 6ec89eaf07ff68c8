"""The first assignment of rows to parts: a pure function of recipe and rows, whatever their order.

| recipe | how |
|---|---|
| plain | the part that the hash of the row's key falls in |
| `group` | the part that the hash of the group falls in; of several columns, of the component (`components`) |
| `stratify` | in each stratum, rows by hash; each part gets its share by largest remainder, ties by hash |
| `stratify`, `group` | in the stratum of its most frequent label, groups by hash, each to the part in whose share its middle row lies |
| `time` | rows that are equal in time stay together, each such block goes to the part in whose share its middle row lies |

"By hash" is by the first 12 digits, then by the text. A stratum that leaves a part empty is pooled with the others that
do, and reported. All sums are whole numbers: shares count in units of 10**-12.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from datakit.formats.recipe import DECIMALS
from datakit.splits.components import components, run
from datakit.splits.keys import PREFIX, SEPARATOR, digest_sql, part_sql
from datakit.splits.load import LACKS, Rows
from datakit.tables.engine import query, quote_text

_unit = 10**DECIMALS
_pool = "'+'"  # the stratum of those that are too small; a label is '' or starts with '='
_fit = "flaw = 0"


class Pooled(NamedTuple):
    """The strata that were too small for all parts and are one stratum now."""

    strata: int = 0
    rows: int = 0


class Unit(NamedTuple):
    """What stays together, in SQL over `rows`."""

    sql: str  # the text of a row's group
    join: str = ""  # what has to be joined for it


def assign(rows: Rows) -> Pooled:
    """Make the table `placed`: the rows with their `row` number and `part`, its place among `places`.

    Args:
        rows: The loaded rows; the table `rows` is gone afterwards.

    Returns:
        The strata that were pooled.
    """
    recipe, session, name = rows.recipe, rows.session, rows.name
    pooled = Pooled()
    if recipe.time:
        run(
            session,
            name,
            f"CREATE TEMP TABLE units AS SELECT time AS unit, '' AS stratum, count(*) AS size FROM rows WHERE {_fit} GROUP BY time",
        )
        run(session, name, f"CREATE TEMP TABLE filled AS {_filled(recipe.into, 'unit')}")
        place(rows, "filled.part", "LEFT JOIN filled ON filled.unit = rows.time")
    elif recipe.stratify and rows.groups:
        unit = units(rows)
        pooled = _by_groups(rows, unit)
        place(rows, "filled.part", f"{unit.join} LEFT JOIN filled ON filled.unit = {unit.sql}")
    elif recipe.stratify:
        pooled = _by_rows(rows)
        place(rows, "ranked.part", "LEFT JOIN ranked ON ranked.row = rows.rowid")
    elif rows.groups:
        unit = units(rows)
        place(rows, part_sql(recipe.into, digest_sql(recipe.salt, unit.sql)), unit.join)
    else:
        place(rows, part_sql(recipe.into, "prefix"))
    return pooled


def units(rows: Rows, relation: str = "(FROM rows WHERE flaw = 0)") -> Unit:
    """Say what a row's group is: the value of the one column, or the component of its values.

    Args:
        rows: The loaded rows.
        relation: SQL behind FROM: the rows that tie values together.
    """
    if len(rows.groups) == 1:
        return Unit("g0")
    components(rows.session, rows.name, relation, rows.groups)
    values = [f"g{at}" for at in range(len(rows.groups))]
    which = " ".join(f"WHEN {value} IS NOT NULL THEN {at}" for at, value in enumerate(values))
    join = f"LEFT JOIN tokens ON tokens.place = CASE {which} END AND tokens.value = coalesce({', '.join(values)})"
    return Unit("tokens.unit", join)


def places(recipe_into: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Return what a place in `placed.part` means: the parts, then why a row is in none."""
    return (*recipe_into, *LACKS, "ties parts")


def place(rows: Rows, part: str, join: str = "") -> None:
    """Make `placed` of `rows`.

    Args:
        rows: The loaded rows.
        part: SQL of the part of a row that lacks nothing.
        join: What has to be joined for it.
    """
    first = len(rows.recipe.into) - 1  # flaw 1 is the first reason behind the parts
    run(
        rows.session,
        rows.name,
        f"CREATE TEMP TABLE placed AS SELECT rows.rowid AS row, rows.* EXCLUDE (flaw), "
        f"CASE WHEN flaw > 0 THEN {first} + flaw ELSE {part} END::UTINYINT AS part FROM rows {join}",
    )
    run(rows.session, rows.name, "DROP TABLE rows")


def _cumulated(into: Mapping[str, Decimal]) -> list[int]:
    """Return where each part but the last ends, in units."""
    return list(accumulate(int(share * _unit) for share in into.values()))[:-1]


def _case(tests: list[str]) -> str:
    """Return SQL for the place of the first test that is true, or the place behind them."""
    return (
        f"CASE {' '.join(f'WHEN {test} THEN {at}' for at, test in enumerate(tests))} ELSE {len(tests)} END"
        if tests
        else "0"
    )


def _filled(into: Mapping[str, Decimal], order: str) -> str:
    """Return SQL that gives each of `units` the part in whose share of its stratum its middle row lies."""
    part = _case([f"middle * {_unit} < total * {end}" for end in _cumulated(into)])
    return (
        f"SELECT unit, stratum, size, {part} AS part FROM (SELECT unit, stratum, size, "
        f"(2 * sum(size) OVER (PARTITION BY stratum ORDER BY {order} ROWS UNBOUNDED PRECEDING) - size)::HUGEINT AS middle, "
        f"(2 * sum(size) OVER (PARTITION BY stratum))::HUGEINT AS total FROM units)"
    )


def _by_groups(rows: Rows, unit: Unit) -> Pooled:
    """Make `filled`: the part of each group."""
    session, name, into = rows.session, rows.name, rows.recipe.into
    prefix = f"left({digest_sql(rows.recipe.salt, 'unit')}, {PREFIX})"
    run(
        session,
        name,
        f"CREATE TEMP TABLE units AS SELECT unit, {prefix} AS prefix, size, label AS stratum FROM (SELECT unit, label, "
        f"sum(size) OVER (PARTITION BY unit) AS size, row_number() OVER (PARTITION BY unit ORDER BY size DESC, label) AS nth "
        f"FROM (SELECT {unit.sql} AS unit, label, count(*) AS size FROM rows {unit.join} WHERE {_fit} GROUP BY ALL)) WHERE nth = 1",
    )
    small = f"SELECT stratum FROM filled GROUP BY stratum HAVING count(DISTINCT part) < {len(into)}"
    run(session, name, f"CREATE TEMP TABLE filled AS {_filled(into, 'prefix, unit')}")
    pooled = query(
        session, name, f"SELECT count(DISTINCT stratum), coalesce(sum(size), 0) FROM filled WHERE stratum IN ({small})"
    )[0]
    if pooled[0] > 1:
        run(session, name, f"UPDATE units SET stratum = {_pool} WHERE stratum IN ({small})")
        run(session, name, "DROP TABLE filled")
        run(session, name, f"CREATE TEMP TABLE filled AS {_filled(into, 'prefix, unit')}")
    return Pooled(*map(int, pooled))


def _by_rows(rows: Rows) -> Pooled:
    """Make `ranked`: the part of each row."""
    session, name, into = rows.session, rows.name, rows.recipe.into
    run(
        session,
        name,
        f"CREATE TEMP TABLE strata AS SELECT label, label AS stratum, count(*) AS size FROM rows WHERE {_fit} GROUP BY label",
    )
    small = f"SELECT stratum FROM ({_allotted(rows)}) GROUP BY stratum HAVING min(rows) = 0"
    pooled = query(session, name, f"SELECT count(*), coalesce(sum(size), 0) FROM strata WHERE stratum IN ({small})")[0]
    if pooled[0] > 1:
        run(session, name, f"UPDATE strata SET stratum = {_pool} WHERE stratum IN ({small})")
    ends = ", ".join(f"sum(rows) FILTER (part <= {at}) AS e{at}" for at in range(len(into)))
    part = _case([f"nth <= e{at}" for at in range(len(into) - 1)])
    run(
        session,
        name,
        f"CREATE TEMP TABLE ranked AS SELECT row, {part} AS part FROM (SELECT rows.rowid AS row, stratum, row_number() "
        f"OVER (PARTITION BY stratum ORDER BY prefix, key) AS nth FROM rows JOIN strata USING (label) WHERE {_fit}) "
        f"JOIN (SELECT stratum, {ends} FROM ({_allotted(rows)}) GROUP BY stratum) USING (stratum)",
    )
    return Pooled(*map(int, pooled))


def _allotted(rows: Rows) -> str:
    """Return SQL for the rows of each part in each stratum, by largest remainder."""
    recipe = rows.recipe
    shares = ", ".join(
        f"({at}, {quote_text(part)}, {int(share * _unit)}::HUGEINT)"
        for at, (part, share) in enumerate(recipe.into.items())
    )
    tie = digest_sql(recipe.salt, f"named || {quote_text(SEPARATOR)} || stratum")
    return (
        "SELECT stratum, part, base + (nth <= size - sum(base) OVER (PARTITION BY stratum))::INT AS rows FROM (SELECT *, "
        f"row_number() OVER (PARTITION BY stratum ORDER BY rest DESC, {tie}) AS nth FROM (SELECT stratum, size, part, named, "
        f"size * share // {_unit} AS base, size * share % {_unit} AS rest FROM (SELECT stratum, sum(size) AS size FROM strata "
        f"GROUP BY stratum), (VALUES {shares}) shares(part, named, share)))"
    )

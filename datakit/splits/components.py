"""Connected components of groups, in SQL: rows that share a value of any group column belong together.

A *token* is a group column with one of its values. Rows tie their tokens to one another; a component is named after its
first token, by column and then by value. The algorithm alternates the large-star and small-star steps of Kiveris and
others, "Connected Components in MapReduce and Beyond" (SoCC 2014), until nothing changes: a number of rounds that grows
with the logarithm of the longest chain, each an aggregate that may spill to disk, with a result that no order changes.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours

from __future__ import annotations

from collections.abc import Sequence

from datakit.splits.keys import SEPARATOR
from datakit.tables.engine import Session, query, quote_text


def components(session: Session, name: str, rows: str, columns: Sequence[str]) -> None:
    """Make the table `tokens` with `place`, `value` and `unit`, the name of the token's component.

    Args:
        session: The session.
        name: What messages call the data.
        rows: SQL behind FROM: the rows, with columns g0, g1, …
        columns: The names of these columns; a unit is called by column and value, joined by U+001F.
    """
    places = range(len(columns))
    each = " UNION ".join(f"SELECT {at} AS place, g{at} AS value FROM {rows} WHERE g{at} IS NOT NULL" for at in places)
    label = (
        "CASE place " + " ".join(f"WHEN {at} THEN {quote_text(column)}" for at, column in enumerate(columns)) + " END"
    )
    named = f"SELECT place, value, {label} || {quote_text(SEPARATOR)} || value AS called FROM ({each})"
    run(session, name, f"CREATE TEMP TABLE nodes AS SELECT *, row_number() OVER (ORDER BY called) AS id FROM ({named})")
    joins = " ".join(f"LEFT JOIN nodes n{at} ON n{at}.place = {at} AND n{at}.value = g{at}" for at in places)
    ids = ", ".join(f"n{at}.id AS i{at}" for at in places)
    pairs = " UNION ".join(
        f"SELECT greatest(i{a}, i{b}) AS u, least(i{a}, i{b}) AS v FROM tied WHERE i{a} <> i{b}"
        for a in places
        for b in places
        if a < b
    )
    run(
        session,
        name,
        f"CREATE TEMP TABLE edges AS WITH tied AS MATERIALIZED (SELECT DISTINCT {ids} FROM {rows} {joins}) {pairs}",
    )
    while _contract(session, name):
        pass
    run(
        session,
        name,
        "CREATE TEMP TABLE tokens AS SELECT nodes.place, nodes.value, first.called AS unit FROM nodes "
        "LEFT JOIN edges ON edges.u = nodes.id JOIN nodes first ON first.id = coalesce(edges.v, nodes.id)",
    )
    run(session, name, "DROP TABLE edges")
    run(session, name, "DROP TABLE nodes")


def run(session: Session, name: str, sql: str) -> None:
    """Run a statement whose rows nobody wants."""
    query(session, name, sql)


def _contract(session: Session, name: str) -> bool:
    """Bring every node nearer to the first node of its component; say whether anything moved."""
    both = "SELECT u, v FROM edges UNION ALL SELECT v, u FROM edges"
    large = (
        f"SELECT DISTINCT other.v AS u, least.m AS v FROM ({both}) other JOIN (SELECT u, least(u, min(v)) AS m "
        f"FROM ({both}) GROUP BY u) least USING (u) WHERE other.v > u"
    )
    run(session, name, f"CREATE TEMP TABLE large AS {large}")
    small = "SELECT u, min(v) AS m FROM large GROUP BY u"
    stars = (
        f"SELECT large.v AS u, m AS v FROM large JOIN ({small}) USING (u) WHERE large.v <> m "
        f"UNION SELECT u, m FROM ({small})"
    )
    run(session, name, f"CREATE TEMP TABLE stars AS {stars}")
    moved = query(
        session,
        name,
        "SELECT (SELECT count(*) FROM edges) <> (SELECT count(*) FROM stars) OR EXISTS (FROM stars EXCEPT FROM edges)",
    )[0][0]
    for statement in ("DROP TABLE edges", "DROP TABLE large", "ALTER TABLE stars RENAME TO edges"):
        run(session, name, statement)
    return bool(moved)

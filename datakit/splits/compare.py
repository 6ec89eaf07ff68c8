"""What became of the keys of one membership in a later one: gone, new, or in another part."""

# ruff: noqa: S608 - identifiers in this SQL are ours

from __future__ import annotations

from pathlib import Path

from datakit.formats.split import Compared, Split
from datakit.splits.components import run
from datakit.splits.membership import load
from datakit.tables.engine import connect, query, quote_text, settle


def compare(old: Path, before: Split, new: Path, after: Split, spill: Path | None = None) -> Compared:
    """Compare two memberships by their keys.

    Args:
        old: The former membership.
        before: Its record.
        new: The later membership.
        after: Its record, by the same key.
        spill: Where a private folder for temporary data is made.

    Returns:
        How many keys are gone, new, and in a part of another name.

    Raises:
        InvalidData: One of them is no membership.
        IntegrityError: One of them is not that of its record.
        EnvironmentProblem: Memory or disk are used up.
    """
    name = f"split `{after.split}` of `{after.name}`"
    with connect(old, spill, (new,)) as session:
        settle(session, 2)
        for path, record, kept in ((session.link, before, "before"), (session.beside[0], after, "after")):
            load(session, path, record, f"the membership of {name}")
            cases = " ".join(f"WHEN {at} THEN {quote_text(part)}" for at, part in enumerate(record.recipe.into))
            run(session, name, f"CREATE TEMP TABLE {kept} AS SELECT key, CASE part {cases} END AS part FROM former")
            run(session, name, "DROP TABLE former")
        (gone,), (fresh,), (moved,) = (
            query(session, name, f"SELECT count(*) FROM {sql}")[0]
            for sql in (
                "before ANTI JOIN after USING (key)",
                "after ANTI JOIN before USING (key)",
                "before JOIN after USING (key) WHERE before.part IS DISTINCT FROM after.part",
            )
        )
    return Compared(int(gone), int(fresh), int(moved))

"""The membership of a split: a Parquet file of `key` and `part`, sorted by key, and the fingerprint of each part.

A fingerprint is the sha256 of the hashes (`keys`) of a part's keys, sorted, each followed by a line feed: what `sort |
sha256sum` says of them. DuckDB writes the same bytes for the same keys on any number of threads, but names its version in
them, so a file is written anew only when a fingerprint differs.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from datakit.errors import IntegrityError, InvalidData
from datakit.formats.recipe import EXCLUDED
from datakit.formats.split import Part, Split
from datakit.splits.components import run
from datakit.splits.keys import digest_sql
from datakit.splits.load import Rows, slices
from datakit.tables.engine import Session, connect, copy, query, quote_text, settle

_together = 100_000  # hashes that are sorted and joined at once


def fingerprints(rows: Rows) -> dict[str, Part]:
    """Return rows and fingerprint of each part of `placed`, and of `excluded` where rows with a key are in no part.

    Args:
        rows: The rows, placed.
    """
    into = rows.recipe.into
    named = [*into, EXCLUDED]
    part = f"least(part, {len(into)})"
    counts = query(rows.session, rows.name, f"SELECT {part}, count(*) FROM placed WHERE key IS NOT NULL GROUP BY ALL")
    sizes = dict(counts)
    keys = "(SELECT DISTINCT key, part FROM placed)" if rows.recipe.key == ("folder",) else "placed"
    found = _fingerprints(rows.session, rows.name, rows.recipe.salt, part, keys, rows.total)
    empty = hashlib.sha256().hexdigest()
    return {
        name: Part(int(sizes.get(at, 0)), found.get(at, empty))
        for at, name in enumerate(named)
        if name in into or at in sizes
    }


def write(rows: Rows, target: Path) -> None:
    """Write the membership of `placed`.

    Args:
        rows: The rows, placed, in a session that may write the target.
        target: The file.

    Raises:
        EnvironmentProblem: It cannot be written.
    """
    into = rows.recipe.into
    cases = " ".join(f"WHEN {at} THEN {quote_text(part)}" for at, part in enumerate(into))
    each = "DISTINCT key" if rows.recipe.key == ("folder",) else "key"  # a folder is the key of many files
    keys = f"SELECT {each}, CASE part {cases} ELSE '{EXCLUDED}' END AS part FROM placed WHERE key IS NOT NULL"
    copy(rows.session, rows.name, f"{keys} ORDER BY key", target)


def load(session: Session, path: Path, record: Split, name: str) -> None:
    """Make the table `former` of a membership, with `key`, `prefix` and `part`, its place in the recipe.

    Args:
        session: The session.
        path: The session's plain name of the file.
        record: What the file is held against.
        name: What messages call the file.

    Raises:
        InvalidData: It is no membership.
        IntegrityError: It is not that of the record.
    """
    scan = f"read_parquet({quote_text(str(path))}, hive_partitioning=false)"
    columns = [row[:2] for row in query(session, name, f"DESCRIBE SELECT * FROM {scan}")]
    if columns != [("key", "VARCHAR"), ("part", "VARCHAR")]:
        raise InvalidData(f"{name}: is no membership: expected the text columns `key` and `part`")
    parts = [*record.recipe.into, EXCLUDED]
    cases = " ".join(f"WHEN {quote_text(part)} THEN {at}" for at, part in enumerate(parts))
    prefix = f"left({digest_sql(record.recipe.salt, 'key')}, 12)"
    run(
        session,
        name,
        f"CREATE TEMP TABLE former AS SELECT key, {prefix} AS prefix, (CASE part {cases} END)::UTINYINT AS part FROM {scan}",
    )
    count, odd = query(session, name, "SELECT count(*), count(*) FILTER (key IS NULL OR part IS NULL) FROM former")[0]
    if odd:
        raise IntegrityError(f"{name}: rows that have no key, or a part that the record does not know: {odd:,}")
    twice = [
        query(
            session,
            name,
            f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM former WHERE {part} GROUP BY key HAVING count(*) > 1)",
        )[0][0]
        for part in slices(count)
    ]
    if any(twice):
        raise IntegrityError(f"{name}: a key is in one part only, rows whose key comes again: {int(sum(twice)):,}")
    _compare(_fingerprints(session, name, record.recipe.salt, "part", "former", count), record, parts, name)


def verify(path: Path, record: Split, name: str, spill: Path | None = None) -> None:
    """Hold a membership against its record.

    Args:
        path: The file.
        record: The record.
        name: What messages call the file.
        spill: Where a private folder for temporary data is made.

    Raises:
        InvalidData: It is no membership.
        IntegrityError: It is not that of the record.
    """
    with connect(path, spill) as session:
        settle(session, 2)
        load(session, session.link, record, name)


def _compare(found: Mapping[int, str], record: Split, parts: list[str], name: str) -> None:
    """Refuse keys other than those that were recorded."""
    empty = hashlib.sha256().hexdigest()
    for at, part in enumerate(parts):
        recorded = record.parts[part].fingerprint if part in record.parts else empty
        if found.get(at, empty) != recorded:
            raise IntegrityError(
                f"{name}: the keys of part `{part}` are not those of the record: "
                f"fingerprint {found.get(at, empty)[:12]}…, expected {recorded[:12]}…"
            )


def _fingerprints(session: Session, name: str, salt: str, part: str, rows: str, count: int) -> dict[int, str]:
    """Hash the sorted hashes of each part: sorted by DuckDB, which may use the disk, and joined some thousands at a time."""
    totals: dict[int, hashlib._Hash] = {}
    hashed = f"unhex({digest_sql(salt, 'key')})"
    select = f"SELECT {part} AS part, {hashed} AS hash FROM {rows} WHERE key IS NOT NULL ORDER BY part, hash"
    run(session, name, f"CREATE TEMP TABLE hashes AS {select}")
    for start in range(0, count, _together):
        texts = query(
            session,
            name,
            "SELECT part, array_to_string(list_sort(list(lower(hex(hash)))), chr(10)) FROM hashes "
            f"WHERE rowid >= {start} AND rowid < {start + _together} GROUP BY part ORDER BY part",
        )
        for at, text in texts:
            totals.setdefault(at, hashlib.sha256()).update(f"{text}\n".encode())
    run(session, name, "DROP TABLE hashes")
    return {at: total.hexdigest() for at, total in totals.items()}

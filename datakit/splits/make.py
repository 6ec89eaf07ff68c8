"""The work of `split` and of its extension: from data, recipe and former membership to membership, record and report."""

# ruff: noqa: S608 - identifiers in this SQL are ours

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import UsageError
from datakit.formats.listing import Entry
from datakit.formats.recipe import Recipe
from datakit.formats.split import Part, Split
from datakit.splits import extend as extending
from datakit.splits import leaks as leaking
from datakit.splits import membership
from datakit.splits.assign import Pooled, assign, places
from datakit.splits.extend import Extension
from datakit.splits.inputs import Folder, Table
from datakit.splits.leaks import Leak
from datakit.splits.load import Rows, opened
from datakit.tables.engine import query


class Subject(NamedTuple):
    """Of what the record speaks."""

    name: str  # the dataset
    split: str
    md5: str  # of the data, as in its pointer
    sha256: str
    datakit: str = ""  # the version that writes the record


class Report(NamedTuple):
    """What became of the rows."""

    rows: int
    parts: Mapping[str, int]  # rows by part, in the order of the recipe; a part may be empty
    excluded: Mapping[str, int]  # rows by reason: null key, null group, null time, ties parts
    leaks: tuple[Leak, ...]
    pooled: Pooled = Pooled()  # strata too small for all parts; nothing where a split was extended
    extension: Extension | None = None


class Made(NamedTuple):
    """What a split gave."""

    record: Split
    report: Report
    written: bool  # whether the target was; not where every key is in the part that the former record names


def split(
    data: Table | Folder,
    recipe: Recipe,
    subject: Subject,
    target: Path,
    former: Split | None = None,
    spill: Path | None = None,
    *,
    filled: bool = False,
) -> Made:
    """Assign every row anew.

    Args:
        data: The table or folder.
        recipe: How it is split.
        subject: Of what the record speaks.
        target: The membership file to write: a temporary path of the caller's.
        former: The record that there is already; where the keys of every part are those, nothing is written.
        spill: Where a private folder for temporary data is made.
        filled: Whether a part without a row is refused.

    Returns:
        Record and report.

    Raises:
        UsageError: The recipe does not fit the data, a part is empty, or a sealed part would change.
        InvalidData: The data cannot be split by the recipe.
        EnvironmentProblem: Memory or disk are used up.
    """
    with opened(data, recipe, spill, target=target) as rows:
        pooled = assign(rows)
        if filled:
            _check_filled(rows, subject)
        return _made(rows, subject, target, former, pooled, None)


def extend(
    data: Table | Folder,
    recipe: Recipe,
    subject: Subject,
    target: Path,
    former: Split,
    old: Path,
    spill: Path | None = None,
    earlier: Callable[[], Sequence[Entry]] | None = None,
) -> Made:
    """Assign the rows that are new and leave every other where it is.

    Args:
        data: The table or folder as it is now.
        recipe: The recipe, unchanged since.
        subject: Of what the record speaks.
        target: The membership file to write: a temporary path of the caller's.
        former: The record of the split.
        old: Its membership file.
        spill: Where a private folder for temporary data is made.
        earlier: Returns the files that were split, of a folder; where it is left out, moved files are new ones.

    Returns:
        Record and report.

    Raises:
        UsageError: The recipe changed, or does not fit the data, or a sealed part would change.
        InvalidData: The data cannot be split by the recipe.
        IntegrityError: The membership is not that of the record.
        EnvironmentProblem: Memory or disk are used up.
    """
    extending.check_recipe(recipe, former)
    with opened(data, recipe, spill, (old,), target) as rows:
        done = extending.extend(rows, rows.session.beside[0], former, earlier)
        return _made(rows, subject, target, former, Pooled(), done)


def _made(
    rows: Rows, subject: Subject, target: Path, former: Split | None, pooled: Pooled, extension: Extension | None
) -> Made:
    """Count, look for leaks, and write the membership where a part changed."""
    parts = membership.fingerprints(rows)
    sealed = former.sealed if former else {}
    _check_sealed(subject, parts, former)
    leaks = leaking.find(rows)
    counts = dict(query(rows.session, rows.name, "SELECT part, count(*) FROM placed GROUP BY part ORDER BY part"))
    named = places(rows.recipe.into)
    excluded = {named[at]: int(count) for at, count in counts.items() if at >= len(rows.recipe.into)}
    if former is not None and former.parts == parts:
        md5 = former.membership
    else:
        membership.write(rows, target)
        with target.open("rb") as file:
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    record = Split(
        name=subject.name,
        split=subject.split,
        md5=subject.md5,
        sha256=subject.sha256,
        recipe=rows.recipe,
        membership=md5,
        parts=parts,
        excluded=excluded,
        leaks={leak.kind: leak.rows for leak in leaks},
        sealed=sealed,
        datakit=subject.datakit,
    )
    sizes = {part: parts[part].rows for part in rows.recipe.into}
    report = Report(rows.total, sizes, excluded, leaks, pooled, extension)
    return Made(record, report, former is None or former.parts != parts)


def _check_filled(rows: Rows, subject: Subject) -> None:
    """Refuse a part that has no row."""
    into = rows.recipe.into
    used = {int(row[0]) for row in query(rows.session, rows.name, "SELECT DISTINCT part FROM placed")}
    empty = [part for at, part in enumerate(into) if at not in used]
    if not empty:
        return
    noun = "files" if rows.files else "rows"
    if len(rows.groups) > 1:
        few = "the groups are too few for these shares"
    else:
        counted = "count(DISTINCT g0)" if rows.groups else "count(*)"
        count = query(rows.session, rows.name, f"SELECT {counted} FROM placed WHERE part < {len(into)}")[0][0]
        few = f"{count:,} {'groups' if rows.groups else noun} are too few for these shares"
    other = "a group with more values" if rows.groups else "`--stratify COL`, which gives exact shares"
    raise UsageError(
        f"part `{empty[0]}` of split `{subject.split}` of `{subject.name}` is empty: {few}",
        hint=f"another `--salt TEXT` (`salt` in the recipe) deals them otherwise; or {other}; or a larger share for `{empty[0]}`",
    )


def _check_sealed(subject: Subject, parts: Mapping[str, Part], former: Split | None) -> None:
    """Refuse to change a part that is sealed."""
    for part, reason in former.sealed.items() if former else ():
        now, before = parts.get(part), former.parts[part] if former else None
        if now != before:
            rows = f"{before.rows if before else 0:,} -> {now.rows if now else 0:,}"
            raise UsageError(
                f"part `{part}` of split `{subject.split}` of `{subject.name}` is sealed ({reason}) and would change: rows {rows}",
                hint="make another split beside it, or unseal the part with a reason",
            )

"""What differs between two versions of a dataset, and how far the number must move for it.

A version is a promise to those who read the data. What they relied on and is gone or different asks for a major step,
what they can use without noticing for a minor one, what leaves bytes and promises alone for a patch. Everything is
measured by hashes, schemas and counts of the records. Rows are compared by their keys where both versions have a split
with the same name and key that gives every row a key; else they are counted, and what is measured says so.

| what is so | step |
|---|---|
| a column is gone (a renamed one is gone under its old name), or has another type | major |
| the columns of a version are not known, since its profile is not of its data | major |
| rows are gone, whatever came in their place; without keys: fewer rows; fewer files; a file of a folder is gone, where both listings are in the cache | major |
| another format; what the contract says of reading it (delimiter, encoding, missing values) | major |
| the contract promises less or something else: a check gone, loosened or changed, another primary key | major |
| another licence | major |
| a split is gone, has another recipe, lost rows of a part, holds other rows at the same number, or is no longer sealed | major |
| a row of a split is in another part | major |
| new rows, more rows or files, a new column, columns in another order | minor |
| other bytes at the same counts: values were corrected | minor |
| the contract promises more: a new check, a tightened one | minor |
| a new split, rows that joined a part, a part that was sealed | minor |
| the same bytes at another path; other files of a folder may be run; card, provenance, and words of contract and recipes | patch |
| profile, receipt | none |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from datakit.formats import contract as contracts
from datakit.formats import recipe
from datakit.formats.contract import Contract
from datakit.formats.listing import Entry, shown
from datakit.formats.manifest import Data, Manifest
from datakit.formats.profile import Profile
from datakit.formats.split import Compared, Split
from datakit.formats.tags import LEVELS, Level
from datakit.records import Difference

NAMED = 3  # names that one difference lists; the rest is counted
COUNTED = "counted, not compared row by row"


class Facts(NamedTuple):
    """What is compared of one version."""

    manifest: Manifest
    contract: Contract | None
    profile: Profile | None  # of these very data
    license: str  # as the card says it; empty where it does not
    splits: Mapping[str, Split]
    words: Mapping[str, str]  # sha256 of what people wrote, by file of the room: card, contract, recipes
    listing: tuple[Entry, ...] | None = None  # of a folder; None where it is not here


def differences(old: Facts, new: Facts, compared: Mapping[str, Compared] | None = None) -> tuple[Difference, ...]:
    """Compare two versions.

    Args:
        old: The version before.
        new: The version that shall be.
        compared: What the memberships say of the rows, by the name of the split: of splits that both versions have by
            the same key and of their data.

    Returns:
        What differs, the weightiest first; empty where both are the same to everybody who reads them.
    """
    rows = compared or {}
    found = [*_schema(old, new), *_bytes(old, new, rows), *_terms(old, new), *_splits(old.splits, new.splits, rows)]
    found += _words(old, new, said={item.what for item in found})
    return tuple(sorted(found, key=lambda item: LEVELS.index(item.level)))


def heaviest(found: tuple[Difference, ...]) -> Level:
    """Return the step that differences ask for together.

    >>> heaviest((Difference("patch", "the card changed"), Difference("minor", "1 row more")))
    'minor'
    """
    return min((item.level for item in found), key=LEVELS.index)


def _columns(facts: Facts) -> dict[str, str]:
    """Return the type of each column: as the contract has it, else as it was read."""
    declared = {column.name: str(column.type) for column in facts.contract.columns} if facts.contract else {}
    if facts.profile is None:
        return declared
    return {column.name: declared.get(column.name, column.type) for column in facts.profile.columns}


def _schema(old: Facts, new: Facts) -> Iterator[Difference]:
    """Compare the columns."""
    before, after = _columns(old), _columns(new)
    other = old.manifest.data.md5 != new.manifest.data.md5
    if other and _is_table(old) and _is_table(new) and (old.profile is None or new.profile is None):
        which = "former" if old.profile is None else "new"
        yield Difference("major", f"the columns were not compared: the {which} version has no profile of its data")
        return
    if bool(before) != bool(after):
        yield Difference("major", "a table became files" if before else "files became a table")
        return
    for name in before:
        if name not in after:
            yield Difference("major", f"column `{shown(name)}` is gone")
        elif before[name] != after[name]:
            yield Difference("major", f"column `{shown(name)}` {before[name]} -> {after[name]}")
    for name in after:
        if name not in before:
            yield Difference("minor", f"column `{shown(name)}` is new")
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield Difference("minor", "the columns stand in another order")


def _is_table(facts: Facts) -> bool:
    """Say whether the data have columns, known or not."""
    return facts.profile is not None or bool(facts.contract and facts.contract.reader)


def _bytes(old: Facts, new: Facts, compared: Mapping[str, Compared]) -> Iterator[Difference]:
    """Compare the bytes by hash, keys and counts."""
    before, after = old.manifest.data, new.manifest.data
    if old.manifest.path != new.manifest.path:
        yield Difference("patch", f"the data moved from {shown(old.manifest.path)} to {shown(new.manifest.path)}")
    if (before.executable or "none") != (after.executable or "none"):
        yield Difference("patch", "other files may be run")
    if before.md5 == after.md5:
        return
    if before.format != after.format:
        yield Difference("major", f"format {shown(before.format)} -> {shown(after.format)}")
    table = _is_table(old) and _is_table(new)
    keyed = next((split for split in sorted(compared) if _has_keys(old, split) and _has_keys(new, split)), None)
    if table and keyed is not None:
        yield from _keys(before, after, compared[keyed], old.splits[keyed].recipe.key)
        return
    counted = list(_counts(before, after))
    if old.listing is not None and new.listing is not None:
        counted += _files(old.listing, new.listing)
    same = f"values changed at the same counts ({COUNTED})" if table else "values changed at the same counts"
    yield from counted or [Difference("minor", same)]
    if before.md5.endswith(".dir") and (old.listing is None or new.listing is None):
        yield Difference("minor", "files were compared by their number alone, since a listing is not in the cache")


def _has_keys(facts: Facts, split: str) -> bool:
    """Say whether every row has a key in a split."""
    return not facts.splits[split].excluded.get("null key")


def _keys(before: Data, after: Data, rows: Compared, key: tuple[str, ...]) -> Iterator[Difference]:
    """Compare the rows by their keys."""
    by = f"by the key {', '.join(f'`{shown(column)}`' for column in key)}"
    if not rows.gone and not rows.new:
        yield Difference("minor", f"values changed; no row is gone or new, {by}")
    counts: tuple[tuple[Level, int, str], ...] = (("major", rows.gone, "gone"), ("minor", rows.new, "new"))
    for level, count, what in counts:
        if count:
            noun = "row is" if count == 1 else "rows are"
            total = "" if before.rows is None or after.rows is None else f": {before.rows:,} -> {after.rows:,} in all"
            yield Difference(level, f"{count:,} {noun} {what}, {by}{total}")


def _counts(before: Data, after: Data) -> Iterator[Difference]:
    """Compare numbers of rows and files."""
    for noun, first, second in (("row", before.rows, after.rows), ("file", before.files, after.files)):
        if first is None or second is None or first == second:
            continue
        less, gap = second < first, abs(second - first)
        numbers = f"{first:,} -> {second:,}"
        said = f"{gap:,} {noun if gap == 1 else noun + 's'} {'fewer' if less else 'more'}: {numbers}"
        said += f" ({COUNTED})" if noun == "row" else ""
        yield Difference("major" if less else "minor", said)


def _files(old: tuple[Entry, ...], new: tuple[Entry, ...]) -> Iterator[Difference]:
    """Compare two folders file by file."""
    before, after = ({entry.relpath: entry.md5 for entry in entries} for entries in (old, new))
    changed = [path for path in before if path in after and before[path] != after[path]]
    for level, paths, what in (
        ("major", [path for path in before if path not in after], "gone"),
        ("minor", [path for path in after if path not in before], "new"),
        ("minor", changed, "different"),
    ):
        if paths:
            yield Difference("major" if level == "major" else "minor", f"{what}: {_listed(paths)}")


def _listed(paths: list[str]) -> str:
    """Name some files and count the rest."""
    named = ", ".join(shown(path) for path in paths[:NAMED])
    return named + (f" and {len(paths) - NAMED:,} more" if len(paths) > NAMED else "")


def _terms(old: Facts, new: Facts) -> Iterator[Difference]:
    """Compare what is promised of the data: contract and licence."""
    if old.license != new.license:
        yield Difference("major", f"license {shown(old.license) or 'none'} -> {shown(new.license) or 'none'}")
    if (old.contract is None) != (new.contract is None):
        yield (
            Difference("major", "the contract is gone") if old.contract else Difference("minor", "there is a contract")
        )
    if old.contract is None or new.contract is None:
        return
    steps: dict[str, Level] = {"loosened": "major", "changed": "major", "tightened": "minor", "neutral": "patch"}
    for change in contracts.changes(*_aligned(old, new, old.contract, new.contract)):
        yield Difference(steps[change.kind], f"contract: {shown(change.what)}")


def _aligned(old: Facts, new: Facts, before: Contract, after: Contract) -> tuple[Contract, Contract]:
    """Leave out of two contracts what is said already: columns that came or went, other types, another format."""
    first, second = _columns(old), _columns(new)
    moved = first.keys() ^ second.keys()
    types = {column.name: column.type for column in after.columns}

    def without(side: Contract) -> Contract:
        return side._replace(
            columns=tuple(
                column._replace(type=types.get(column.name, column.type))
                for column in side.columns
                if column.name not in moved
            ),
            checks=tuple(check for check in side.checks if check.column not in moved),
        )

    kept, made = without(before), without(after)
    order = {column.name: i for i, column in enumerate(made.columns)}
    ordered = sorted(kept.columns, key=lambda column: order.get(column.name, len(order)))
    kept = kept._replace(columns=tuple(ordered))
    if kept.reader is not None and made.reader is not None:
        kept = kept._replace(reader=kept.reader._replace(format=made.reader.format))
    elif bool(first) != bool(second):
        kept = kept._replace(reader=made.reader)
    return kept, made


def _splits(
    old: Mapping[str, Split], new: Mapping[str, Split], compared: Mapping[str, Compared]
) -> Iterator[Difference]:
    """Compare the splits."""
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Difference("major", f"split `{name}` is gone")
        elif name not in old:
            yield Difference("minor", f"split `{name}` is new")
        elif changed := recipe.differences(old[name].recipe, new[name].recipe):
            yield Difference("major", f"split `{name}` has another recipe: {shown('; '.join(changed))}")
        else:
            yield from _parts(old[name], new[name])
        if name in compared and (moved := compared[name].moved):
            noun = "row" if moved == 1 else "rows"
            yield Difference("major", f"{moved:,} {noun} of split `{name}` changed the part")


def _parts(old: Split, new: Split) -> Iterator[Difference]:
    """Compare the parts of a split whose recipe is the same: an extension moves no row that was there."""
    for part in sorted(old.parts.keys() | new.parts.keys()):
        before, after = old.parts.get(part), new.parts.get(part)
        label = f"part `{part}` of split `{new.split}`"
        if before is None or after is None:
            yield Difference("major" if after is None else "minor", f"{label} is {'gone' if after is None else 'new'}")
        elif after.rows < before.rows:
            yield Difference("major", f"{label} lost rows: {before.rows:,} -> {after.rows:,}")
        elif after.rows > before.rows:
            yield Difference("minor", f"rows joined {label}: {before.rows:,} -> {after.rows:,}")
        elif before.fingerprint != after.fingerprint:
            yield Difference("major", f"{label} has other rows")
        if part in old.sealed and part not in new.sealed:
            yield Difference("major", f"{label} is no longer sealed")
        if part in new.sealed and part not in old.sealed:
            yield Difference("minor", f"{label} is sealed")


def _words(old: Facts, new: Facts, said: set[str]) -> Iterator[Difference]:
    """Compare what people wrote and where the data comes from, where nothing that weighs more tells of it."""
    for path in sorted(old.words.keys() | new.words.keys()):
        if old.words.get(path) != new.words.get(path):
            verb = "is gone" if path not in new.words else "changed" if path in old.words else "is new"
            split = path.removeprefix("splits/").removesuffix(".yaml")
            about = "contract: " if path.startswith("contract") else f"split `{split}` "
            if not any(what.startswith(about) for what in said):
                yield Difference("patch", f"{shown(path)} {verb}")
    before, after = old.manifest, new.manifest
    if before.data.md5 == after.data.md5 and _origin(before) != _origin(after):
        yield Difference("patch", "the record of where the data comes from changed")


def _origin(manifest: Manifest) -> tuple[object, ...]:
    """Return what is recorded of the data's origin."""
    return (manifest.sources, manifest.derived_from, manifest.produced_by, manifest.change.note)

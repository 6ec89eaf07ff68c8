"""One part of a split of a dataset: chosen by its name, its bytes fetched and verified, written as a file or folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from datakit.errors import InvalidRecord, NotFound, UsageError
from datakit.formats import names as rules
from datakit.formats.split import DEFAULT, Split
from datakit.progress import SILENT, Progress
from datakit.records import Pulled
from datakit.repo.project import Project
from datakit.splits import parts
from datakit.splits.inputs import Folder, Table
from datakit.steps import memberships, objects, places, portions, recording, worktrees
from datakit.steps.objects import Version
from datakit.store import checkout, derived, hashing
from datakit.store.cache import Cache
from datakit.store.checkout import Existing, Goal
from datakit.store.hashing import Digest
from datakit.store.remotes import Remote

SUFFIX = ".parquet"  # of a part of a table


class Chosen(NamedTuple):
    """One part of a version."""

    version: Version
    record: Split
    part: str

    @property
    def is_folder(self) -> bool:
        """Say whether it is files of a folder, not rows of a table."""
        return self.version.manifest.data.md5.endswith(".dir")

    @property
    def rows(self) -> int:
        """Count its rows, or its files."""
        return self.record.parts[self.part].rows

    @property
    def label(self) -> str:
        """What it is called where splits are told apart."""
        return self.part if self.record.split == DEFAULT else f"{self.record.split}/{self.part}"

    @property
    def file(self) -> str:
        """Name its file or folder: the dataset, the split unless it is the default one, the part."""
        words = (self.version.manifest.name, *self.label.split("/"))
        return "-".join(words) + ("" if self.is_folder else SUFFIX)


class Rows(NamedTuple):
    """A part of a table whose bytes are in the cache."""

    chosen: Chosen
    data: Table  # the whole of it
    membership: Path
    fetched: int  # objects that came from the remote


class Files(NamedTuple):
    """A part of a folder whose bytes are in the cache."""

    chosen: Chosen
    goal: Goal  # what shall lie where it is put
    size: int  # bytes of all its files
    fetched: int  # objects that came from the remote


class Built(NamedTuple):
    """A part of a table as a file that has no place yet."""

    path: Path
    digest: Digest


def choose(version: Version, text: str) -> Chosen:
    """Find a part of a version.

    Args:
        version: The dataset.
        text: `PART` of the split called `default`, or of the only one; or `SPLIT/PART`.

    Raises:
        UsageError: The text names no part, or it does not say of which split.
        NotFound: No such split or part; those that exist are offered.
        InvalidRecord: The record of the split is broken, or of other bytes.
    """
    asked, dataset = rules.part_reference(text), version.dataset
    known = memberships.names(dataset)
    split = asked.split or (known[0] if len(known) == 1 else DEFAULT)
    if asked.split is None and len(known) > 1 and DEFAULT not in known:
        raise UsageError(
            f"`{version.reference}` has several splits and none is called `{DEFAULT}`",
            hint="say which: " + ", ".join(f"`{name}/{asked.part}`" for name in known),
        )
    record = memberships.find(version, split)
    if asked.part not in record.parts:
        raise NotFound("part", text, _known(version, split))
    return Chosen(version, record, asked.part)


def fetch(
    where: Project, cache: Cache, chosen: Chosen, remote: Callable[[], Remote], progress: Progress = SILENT
) -> Rows | Files:
    """See to it that the cache has what a part needs; see `fetch_rows` and `fetch_files`."""
    if chosen.is_folder:
        return fetch_files(where, cache, chosen, remote, progress)
    return fetch_rows(where, cache, chosen, remote, progress)


def fetch_rows(
    where: Project, cache: Cache, chosen: Chosen, remote: Callable[[], Remote], progress: Progress = SILENT
) -> Rows:
    """See to it that the cache has a table and the membership of its split.

    Args:
        where: The project.
        cache: DVC's cache.
        chosen: The part, of a dataset that is one file.
        remote: Opens the remote; called only where something is missing.
        progress: Told of every byte.

    Raises:
        UsageError: The file is no table.
        IntegrityError: Objects are missing, or are not what their names say.
        EnvironmentProblem: There is no remote, or it does not answer.
        InvalidRecord: The contract is broken.
    """
    version = chosen.version
    membership, came = _membership(where, cache, chosen, remote, progress)
    came += objects.fetch(where, cache, version, remote, progress)
    return Rows(chosen, memberships.table_of(where, cache, version, progress), membership, came)


def fetch_files(
    where: Project, cache: Cache, chosen: Chosen, remote: Callable[[], Remote], progress: Progress = SILENT
) -> Files:
    """See to it that the cache has the files of a part of a folder, whatever it has of the others.

    Args:
        where: The project.
        cache: DVC's cache.
        chosen: The part.
        remote: Opens the remote; called only where something is missing.
        progress: Told of every byte.

    Raises:
        IntegrityError: Objects are missing, or are not what their names say; or membership and listing disagree.
        EnvironmentProblem: There is no remote, or it does not answer.
        InvalidRecord: The listing holds unsafe names.
    """
    version, data = chosen.version, chosen.version.manifest.data
    membership, came = _membership(where, cache, chosen, remote, progress)
    came += objects.fetch_top(where, cache, version, remote, progress)
    whole = Folder(version.manifest.path, cache.read_listing(data.md5))
    entries = parts.files(whole, membership, chosen.record, chosen.part, recording.spill(where))
    found = portions.fetch(where, cache, version, entries, remote, progress)
    return Files(chosen, found.goal, found.size, came + found.fetched)


def put(
    where: Project, cache: Cache, ready: Rows | Files, target: Path, *, force: bool, progress: Progress = SILENT
) -> Pulled:
    """Put a part at a place of its own; where it lies there already, nothing is touched.

    Args:
        where: The project.
        cache: DVC's cache.
        ready: The part.
        target: Its place; folders above it are made.
        force: Whether anything may give way.
        progress: Told of every byte.

    Raises:
        InvalidData: A value does not read as its column's type.
        IntegrityError: An object or the membership is not what it should be.
        EnvironmentProblem: Something is in the way, or the file cannot be written.
    """
    chosen, top = ready.chosen, places.make(target.parent)
    done = Pulled(
        name=chosen.version.manifest.name,
        commit=chosen.version.commit,
        path=where.relative(target) or os.fspath(target),
        md5="",
        files=1,
        written=0,
        removed=0,
        fetched=ready.fetched,
        size=0,
        part=chosen.label,
        rows=chosen.rows,
    )
    if isinstance(ready, Files):
        existing: Existing = "over" if force else "refuse"
        found = checkout.checkout(cache, top, target, ready.goal, existing=existing, progress=progress)
        return done._replace(
            md5=ready.goal.md5,
            files=found.files,
            written=len(found.written),
            removed=found.removed,
            size=ready.size,
        )
    with built(where, ready, top) as made:
        digest = made.digest
        written = derived.place(made.path, digest, target, root=top, replace=force)
    return done._replace(md5=digest.md5, written=int(written), size=digest.size)


@contextmanager
def built(where: Project, rows: Rows, folder: Path) -> Iterator[Built]:
    """Write the rows of a part of a table as Parquet, sorted by key: the same rows are always the same bytes.

    Args:
        where: The project.
        rows: The part.
        folder: An existing folder on the file system of its place.

    Yields:
        The file, which is removed at the end unless it was given a place.

    Raises:
        InvalidData: A value does not read as its column's type.
        IntegrityError: The membership is not that of the record, or the contract reads other keys than were split.
        EnvironmentProblem: The file cannot be written.
    """
    chosen, spill = rows.chosen, recording.spill(where)
    with derived.building(folder, chosen.file) as path:
        parts.table(rows.data, rows.membership, chosen.record, chosen.part, path, spill)
        yield Built(path, hashing.hash_file(path))


def _membership(
    where: Project, cache: Cache, chosen: Chosen, remote: Callable[[], Remote], progress: Progress
) -> tuple[Path, int]:
    """Fetch the membership; return where it lies and how many objects came from the remote."""
    item = memberships.object_of(chosen.version, chosen.record)
    lacking = memberships.lacking(where, cache, [item], here=chosen.version.commit is None)
    came = worktrees.get(where, cache, lacking, remote, progress)
    return memberships.fetch(where, cache, chosen.version, chosen.record, remote, progress), came


def _known(version: Version, first: str) -> list[str]:
    """Return the parts of all splits as they can be asked for; those of one split by their names alone."""
    found = []
    for split in memberships.names(version.dataset):
        try:
            record = memberships.record(version.dataset, split)
        except InvalidRecord:
            continue  # the one that was asked for can be read
        found += [part if split == first else f"{split}/{part}" for part in record.parts]
    return found

"""The splits of a dataset: their records, and the objects that say which key is in which part."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from datakit.errors import DatakitError, InvalidRecord, NotFound, UsageError
from datakit.formats import listing as listings
from datakit.formats import names as rules
from datakit.formats import split as splits
from datakit.formats.listing import Entry
from datakit.formats.split import Split
from datakit.gate import dataset as gate
from datakit.gate.dataset import Dataset, Part, part
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.splits.inputs import Folder, Table
from datakit.steps import catalog, objects, recording, worktrees
from datakit.steps.objects import Version
from datakit.store import checkout, hashing
from datakit.store.cache import Cache
from datakit.store.checkout import Existing, Goal
from datakit.store.remotes import Remote
from datakit.store.transfer import Object

T = TypeVar("T")
MAX_BYTES = 1 << 36  # of a membership whose size no pointer tells: a billion keys of 64 bytes


def names(dataset: Dataset) -> tuple[str, ...]:
    """Return the splits of which a tree has records, sorted.

    Args:
        dataset: The dataset, in its tree.
    """
    start = f"{dataset.room.splits}/"
    found = [path[len(start) :] for path in dataset.tree.under(dataset.room.splits)]
    stems = [name.removesuffix(".json") for name in found if name.endswith(".json")]
    return tuple(sorted(name for name in stems if rules.split_problem(name) is None))


def record(dataset: Dataset, split: str) -> Split:
    """Return the record of a split, of whatever data it is.

    Args:
        dataset: The dataset, in its tree.
        split: The split.

    Raises:
        NotFound: There is no such split; those that exist are offered.
        InvalidRecord: The record is broken, or is that of another split.
    """
    room, known = dataset.room, names(dataset)
    if split not in known:
        hint = None if known else f"make one with `datakit split {dataset.name} --into train=0.8,test=0.2`"
        raise NotFound("split", split, known, hint=hint)
    found = part(dataset.tree, room.split(split), splits.read)
    again = splits.command(dataset.name, split)
    value = _whole(found, again)
    if value is None:
        raise NotFound("split", split, [name for name in known if name != split])
    if (value.name, value.split) != (dataset.name, split):
        said = f"split `{value.split}` of `{value.name}`"
        raise InvalidRecord(found.path, f"is the record of {said}, expected `{split}` of `{dataset.name}`", hint=again)
    return value


def find(version: Version, split: str) -> Split:
    """Return the record of a split of the very bytes that a version has.

    Args:
        version: The dataset.
        split: The split.

    Raises:
        NotFound: There is no such split; those that exist are offered.
        InvalidRecord: The record is broken, or of other bytes than the manifest names.
    """
    found, data = record(version.dataset, split), version.manifest.data
    if (found.md5, found.sha256) != (data.md5, data.sha256):
        extend = splits.command(version.manifest.name, split, "--extend")
        raise InvalidRecord(
            version.dataset.room.split(split),
            f"the data with md5 {found.md5} was split, the manifest says {data.md5}",
            hint=extend
            if version.commit is None
            else f"name a version whose split is of its data; `{extend}` makes one",
        )
    return found


def fetch(
    where: Project,
    cache: Cache,
    version: Version,
    record: Split,
    remote: Callable[[], Remote],
    progress: Progress = SILENT,
) -> Path:
    """See to it that the cache has the membership of a split: from the working tree, else from the remote.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        record: The record of its split.
        remote: Opens the remote; called only where the membership is missing.
        progress: Told of every byte.

    Returns:
        The object, hashed just now.

    Raises:
        IntegrityError: It is missing on the remote, or is not what its name says.
        EnvironmentProblem: There is no remote, or it does not answer.
    """
    item = object_of(version, record)
    if lacking(where, cache, [item], here=version.commit is None):
        worktrees.get(where, cache, [item], remote, progress)
    cache.verify_object(record.membership, progress)
    return cache.object_path(record.membership)


def listing(where: Project, cache: Cache, record: Split, progress: Progress = SILENT) -> tuple[Entry, ...]:
    """Return the files of a folder as they were split, which may be others than those that are recorded now.

    Args:
        where: The project.
        cache: DVC's cache; a listing that it lacks is fetched from the default remote.
        record: The record of the split.
        progress: Told of every byte.

    Raises:
        InvalidRecord: The listing holds an unsafe name.
        IntegrityError: It is missing on the remote, or is not what its name says.
        EnvironmentProblem: There is no remote, or it does not answer.
    """
    if not cache.has(record.md5):
        item = Object(record.md5, f"{record.name} (its former listing)", listings.MAX_BYTES)
        worktrees.get(where, cache, [item], objects.opener(where, None), progress)
    return cache.read_listing(record.md5)


def lacking(where: Project, cache: Cache, wanted: Sequence[Object], *, here: bool) -> list[Object]:
    """Store the memberships that the cache has lost and the working tree still has.

    Args:
        where: The project.
        cache: DVC's cache.
        wanted: Objects of memberships.
        here: Whether they are those of the working tree.

    Returns:
        What the cache lacks after that.
    """
    for item in wanted:
        if here and not cache.has(item.name, item.size) and _md5(where.root / item.path) == item.name:
            cache.put(where.root / item.path)
    cache.sync()
    return [item for item in wanted if not cache.has(item.name, item.size)]


def pointed(dataset: Dataset) -> tuple[Object, ...]:
    """Return the memberships that the pointers of a tree name, which DVC pushes, pulls and compares.

    Args:
        dataset: The dataset, in its tree.

    Returns:
        Their objects, in the order of the splits, each with the path where it belongs.

    Raises:
        InvalidRecord: A pointer is broken.
    """
    found = []
    for path in dataset.tree.under(dataset.room.splits):
        target = path.removesuffix(".dvc")
        if target.endswith(".parquet") and target != path:
            again = splits.command(dataset.name, target[len(dataset.room.splits) + 1 : -len(".parquet")])
            outs = _whole(part(dataset.tree, path, gate.outs), again) or ()
            found += [
                Object(out.md5, target, MAX_BYTES if out.size is None else out.size, out.size)
                for place, out in outs
                if place == target and out.md5 is not None
            ]
    return tuple(found)


def put(where: Project, cache: Cache, item: Object, existing: Existing, progress: Progress = SILENT) -> bool:
    """Put a membership at its place in the working tree.

    Args:
        where: The project, which the caller has locked.
        cache: DVC's cache, which has it.
        item: The object.
        existing: What may give way.
        progress: Told of every byte.

    Returns:
        Whether it was not there already.

    Raises:
        EnvironmentProblem: Something is in the way.
        IntegrityError: The object is not what its name says.
    """
    place, goal = where.root / item.path, Goal(item.name, None)
    staging = recording.staging(where)
    done = checkout.checkout(cache, where.root, place, goal, existing=existing, staging=staging, progress=progress)
    checkout.relink(cache, place, goal, done)
    return bool(done.written)


def object_of(version: Version, record: Split) -> Object:
    """Return the object of a membership, with its size where its pointer tells it.

    Args:
        version: The dataset.
        record: The record of its split.
    """
    room = version.dataset.room
    outs = part(version.dataset.tree, room.membership_pointer(record.split), gate.outs).value or ()
    size = next((out.size for _, out in outs if out.md5 == record.membership), None)
    return Object(record.membership, room.membership(record.split), MAX_BYTES if size is None else size, size)


def data_of(where: Project, cache: Cache, version: Version, progress: Progress = SILENT) -> Table | Folder:
    """Return what is split: a table's recorded bytes, hashed just now, or the listing of a folder.

    Args:
        where: The project.
        cache: DVC's cache; what it has lost of a table or listing is taken from the working tree, never from a remote.
        version: The dataset.
        progress: Told of every byte.

    Raises:
        UsageError: The dataset is a file that is no table.
        InvalidRecord: The contract is broken, or the listing holds an unsafe name.
        IntegrityError: The bytes are missing, or are not what is recorded.
    """
    md5 = version.manifest.data.md5
    if not md5.endswith(".dir"):
        return table_of(where, cache, version, progress)
    if not cache.has(md5):
        objects.refill(where, cache, version, progress)
    return Folder(version.manifest.path, cache.read_listing(md5))


def table_of(where: Project, cache: Cache, version: Version, progress: Progress = SILENT) -> Table:
    """Return the table that is split: its recorded bytes, hashed just now, read as its contract says.

    Args:
        where: The project.
        cache: DVC's cache, as for `data_of`.
        version: The dataset, which is a file.
        progress: Told of every byte.

    Raises:
        UsageError: It is no table.
        InvalidRecord: The contract is broken.
        IntegrityError: The bytes are missing, or are not what is recorded.
    """
    md5 = version.manifest.data.md5
    if not cache.has(md5):
        objects.refill(where, cache, version, progress)
    found = as_table(version, cache.object_path(md5))
    objects.verified(cache, version, progress)
    return found


def as_table(version: Version, source: Path) -> Table:
    """Return a table that is read as its contract says.

    Args:
        version: The dataset, which is a file.
        source: Its recorded bytes.

    Raises:
        UsageError: It is no table.
        InvalidRecord: The contract is broken.
    """
    contract = catalog.whole(version.dataset.contract, version.manifest.name)
    if contract is None or contract.reader is None:
        raise UsageError(
            f"`{version.reference}` is a file, not a table, and has no rows to be split",
            hint=f'datakit.path("{version.reference}") says where it lies',
        )
    return Table(source, version.manifest.path, contract.reader, contract.columns)


def _whole(found: Part[T], again: str) -> T | None:
    """Return a record, or None where there is none; the hint of a broken one is the command that writes it anew."""
    if found.error is not None:
        error = found.error
        raise InvalidRecord(error.path, error.problem, line=error.line, hint=error.hint or again)
    return found.value


def _md5(path: Path) -> str | None:
    """Hash a file that may not be there, or may not be readable."""
    try:
        return hashing.hash_file(path).md5 if os.path.isfile(path) else None
    except DatakitError:
        return None  # what cannot be read is not what is recorded

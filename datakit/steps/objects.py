"""The objects of a dataset's bytes: which they are, and how they come into the cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidRecord, NotFound
from datakit.formats import listing, names
from datakit.formats.executables import ALL, NONE
from datakit.formats.listing import Entry
from datakit.formats.manifest import Manifest
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.repo import references
from datakit.repo.project import Project
from datakit.repo.tree import Commit, Tree
from datakit.steps import catalog, lineage, recording, worktrees
from datakit.store import dvc_config, hashing, remotes
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object


class Version(NamedTuple):
    """A dataset at one moment."""

    reference: str  # as it was asked for
    commit: str | None  # None: the working tree
    dataset: Dataset
    manifest: Manifest
    executable: bool  # DVC's `isexec` of a file


def named_by(where: Project, reference: str) -> tuple[str | None, Dataset]:
    """Find the dataset of a reference, whatever state its records are in.

    Args:
        where: The project.
        reference: `NAME[@VERSION]`; in a revision from before it was renamed the dataset is found under its former name.

    Returns:
        The commit, which is None for the working tree, and the dataset there.

    Raises:
        NotFound: No such dataset, version or revision; the nearest names are offered.
    """
    asked = names.reference(reference)
    commit = references.resolve(where.git, asked)
    tree: Tree = where.tree if commit is None else Commit(where.git, where.objects, commit)
    name = asked.name if commit is None else lineage.name_in(where, tree, asked.name)
    catalog.find(where, tree, [name])
    return commit, Dataset(tree, where.policy, name)


def find(where: Project, reference: str) -> Version:
    """Find the records of a reference.

    Args:
        where: The project.
        reference: `NAME[@VERSION]`; in a revision from before it was renamed the dataset is found under its former name.

    Raises:
        NotFound: No such dataset, version or revision; the nearest names are offered.
        InvalidRecord: Its records are broken, or pointer and manifest name other bytes.
    """
    commit, dataset = named_by(where, reference)
    manifest = catalog.whole(dataset.manifest, dataset.name)
    if manifest is None:
        raise NotFound("manifest", dataset.room.manifest, (), hint=f"datakit add PATH --name {dataset.name}")
    out = dataset.pointer.value
    if out is not None and out.md5 not in {None, manifest.data.md5}:
        raise InvalidRecord(
            dataset.room.manifest,
            f"says md5 {manifest.data.md5}, its pointer `{manifest.pointer}` says {out.md5}",
            hint=f"datakit add {dataset.name}",
        )
    return Version(reference, commit, dataset, manifest, out is not None and out.executable)


def of(cache: Cache, manifest: Manifest) -> tuple[Object, ...]:
    """List the objects of a dataset, each once.

    Args:
        cache: DVC's cache, which has the listing of a folder.
        manifest: What is recorded.

    Returns:
        The listing first, then its members in the order of their paths, then the list of those that may be run.

    Raises:
        IntegrityError: The listing is missing or is not what its name says.
        InvalidRecord: It is not a safe listing.
    """
    top = named(manifest)
    if not top.name.endswith(".dir"):
        return (top,)
    return (top, *members(cache, manifest, cache.read_listing(top.name)))


def members(cache: Cache, manifest: Manifest, entries: Iterable[Entry]) -> tuple[Object, ...]:
    """List the objects that a folder's listing names, each once.

    Args:
        cache: DVC's cache, which tells the sizes of those that it has.
        manifest: What is recorded.
        entries: The listing.

    Returns:
        The files in the order of their paths, then the list of those that may be run.
    """
    paths = {entry.md5: entry.relpath for entry in reversed(tuple(entries))}  # the first of each
    names = list(reversed(paths))
    sizes, limit, above = cache.sizes(names), manifest.data.size, f"{manifest.path}/"
    found = tuple(map(Object, names, [above + paths[md5] for md5 in names], repeat(limit), sizes))
    beside = list_of(manifest)
    if beside is None or beside.name in paths:
        return found
    return (*found, beside._replace(size=cache.sizes([beside.name])[0]))


def list_of(manifest: Manifest) -> Object | None:
    """Return the object that lists the files of a folder that may be run; None where there is no list.

    Args:
        manifest: What is recorded.
    """
    name = manifest.data.executable
    if name is None or name in {ALL, NONE}:
        return None
    return Object(name, f"{manifest.path} (which files may be run)", listing.MAX_BYTES)


def fetch(
    where: Project, cache: Cache, version: Version, remote: Callable[[], Remote], progress: Progress = SILENT
) -> int:
    """See to it that the cache has all of a dataset's objects: from the working tree, else from the remote.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        remote: Opens the remote; called only where something is missing.
        progress: Told of every byte.

    Returns:
        How many objects came from the remote.

    Raises:
        IntegrityError: Objects are missing on the remote or are not what their names say.
        EnvironmentProblem: There is no remote, or it does not answer.
        InvalidRecord: The listing holds unsafe names.
    """
    lacking = refill(where, cache, version, progress)
    if not lacking:
        return 0
    came = 0
    if lacking[0].name == version.manifest.data.md5:
        came = worktrees.get(where, cache, lacking, remote, progress)
        lacking = _lacking(cache, version.manifest)
    return came + worktrees.get(where, cache, lacking, remote, progress)


def fetch_top(
    where: Project, cache: Cache, version: Version, remote: Callable[[], Remote], progress: Progress = SILENT
) -> int:
    """See to it that the cache has the object that a dataset's pointer names: of a folder, its listing alone.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        remote: Opens the remote; called only where it is missing.
        progress: Told of every byte.

    Returns:
        How many objects came from the remote.

    Raises:
        IntegrityError: It is missing on the remote or is not what its name says.
        EnvironmentProblem: There is no remote, or it does not answer.
    """
    top = named(version.manifest)
    if cache.has(top.name, top.size) or top not in refill(where, cache, version, progress):
        return 0
    return worktrees.get(where, cache, [top], remote, progress)


def refill(where: Project, cache: Cache, version: Version, progress: Progress = SILENT) -> list[Object]:
    """Store what the cache has lost and the working tree still has.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        progress: Told of every byte.

    Returns:
        What the cache lacks after that; of a folder whose listing is missing, only the listing.
    """
    lacking = _lacking(cache, version.manifest)
    if lacking and version.commit is None and _has_list(where, cache, version, lacking):
        lacking = _lacking(cache, version.manifest)
    if lacking and version.commit is None and _lies_there(where, cache, version.manifest, progress):
        recording.snapshot(where, cache, version.manifest.path, progress)
        cache.sync()
        lacking = _lacking(cache, version.manifest)
    return lacking


def verified(cache: Cache, version: Version, progress: Progress = SILENT) -> Path:
    """Return the object of a file, hashed just now.

    Args:
        cache: DVC's cache, which has it.
        version: The dataset, which is one file.
        progress: Told of every byte.

    Raises:
        IntegrityError: Its bytes are not what is recorded.
    """
    data = version.manifest.data
    found = cache.verify_object(data.md5, progress)
    if found.sha256 != data.sha256:
        raise IntegrityError(
            f"the bytes of `{version.reference}` have the recorded md5 {data.md5}, expected sha256 {data.sha256}, "
            f"found {found.sha256}",
            hint="trust neither: compare with the source, then record it again with `datakit add`",
        )
    return cache.object_path(data.md5)


def opener(where: Project, name: str | None, *, offline: bool = False) -> Callable[[], Remote]:
    """Return a function that opens the remote the first time it is called; a name that none has is refused at once.

    Args:
        where: The project.
        name: The remote; DVC's default one by default.
        offline: Open none: what is not in the cache cannot be had.

    Raises:
        NotFound: There is no remote of that name.
        InvalidRecord: DVC's configuration is broken.
    """
    if name is not None:
        remotes.choose(dvc_config.read(where.root), name)
    opened: list[Remote] = []

    def remote() -> Remote:
        if not opened:
            try:
                opened.append(_opened(where, name, offline=offline))
            except EnvironmentProblem as error:
                raise worktrees.explained(where.root, where.git, error) from error
        return opened[0]

    return remote


def _opened(where: Project, name: str | None, *, offline: bool) -> Remote:
    """Open a remote, unless none may be asked."""
    if offline:
        raise EnvironmentProblem(
            "the cache does not have all of the bytes, and `--offline` asks no remote", hint="leave `--offline` out"
        )
    return remotes.open_remote(where.root, name)


def named(manifest: Manifest) -> Object:
    """Return the object that the pointer of a dataset names: its file, or the listing of its folder.

    Args:
        manifest: What is recorded.
    """
    data = manifest.data
    if data.md5.endswith(".dir"):
        return Object(data.md5, f"{manifest.path} (its listing)", listing.MAX_BYTES)
    return Object(data.md5, manifest.path, data.size, data.size)


def _lacking(cache: Cache, manifest: Manifest) -> list[Object]:
    """List the objects that the cache does not have; only the listing where that one is missing."""
    top = named(manifest)
    if not cache.has(top.name, top.size):
        return [top]
    return [item for item in of(cache, manifest)[top.name.endswith(".dir") :] if item.size is None]


def _has_list(where: Project, cache: Cache, version: Version, lacking: list[Object]) -> bool:
    """Store the list of the files that may be run, where the cache lacks it and the room still has it."""
    place, item = where.root / version.dataset.room.executable, list_of(version.manifest)
    if item is None or item.name not in {each.name for each in lacking} or not place.is_file():
        return False
    with suppress(DatakitError):  # what cannot be read is not what is recorded
        if hashing.hash_file(place).md5 == item.name:
            cache.put(place)
            cache.sync()
            return True
    return False


def _lies_there(where: Project, cache: Cache, manifest: Manifest, progress: Progress) -> bool:
    """Say whether the working tree has the recorded bytes; nothing is stored that is not recorded."""
    if not os.path.lexists(where.root / manifest.path):
        return False
    try:
        return recording.look(where, cache, manifest.path, progress).md5 == manifest.data.md5
    except DatakitError:
        return False  # what cannot be recorded is not what is recorded

"""Before bytes leave the working tree: they are the recorded ones, and DVC's cache has them, hashed just now."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats import pointer
from datakit.formats.finding import command
from datakit.formats.room import Room
from datakit.formats.tombstone import Tombstone
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.steps import publishing, recording
from datakit.store import files
from datakit.store.cache import Cache
from datakit.store.hashing import Stamp, hash_file
from datakit.store.scan import Scan, scan


class Vouched(NamedTuple):
    """A file or folder that the cache has, as it was seen."""

    path: str  # relative to the repository
    scan: Scan
    objects: frozenset[tuple[int, int]]  # device and inode of what the cache has of it


def data(where: Project, cache: Cache, stone: Tombstone, progress: Progress = SILENT) -> Vouched | None:
    """Vouch for the data of a dataset that is about to go.

    Args:
        where: The project.
        cache: DVC's cache; it gets what it lacks.
        stone: What is recorded.
        progress: Told of every byte that is hashed.

    Returns:
        What may go; None where the data is not in the working tree.

    Raises:
        EnvironmentProblem: It is not what is recorded.
        IntegrityError: The cache has other bytes under that name.
    """
    if not os.path.lexists(where.root / stone.path):
        return None
    begun = stone.data.md5.endswith(".dir") and os.path.lexists(where.root / where.room(stone.name).tombstone)
    if begun and _is_bare(where.root / stone.path):
        return None
    found = vouch(where, cache, stone.path, stone.data.md5, progress)
    if found is None and begun:
        found = _rest(where, cache, stone, progress)
    if found is None:
        raise EnvironmentProblem(
            f"`{stone.path}` would be lost: it is not what is recorded",
            hint=f"{command('datakit add', stone.path)} -m WHY and commit it, or leave it there with `--keep-data`",
        )
    return found


def _is_bare(top: Path) -> bool:
    """Say whether a folder has no file left, so that there is nothing to lose."""
    return top.is_dir() and not top.is_symlink() and not any(names for _, _, names in os.walk(top))


def _rest(where: Project, cache: Cache, stone: Tombstone, progress: Progress) -> Vouched | None:
    """Vouch for what a killed removal left of a folder; None where one of its files is not a recorded one."""
    found = scan(where.root, where.root / stone.path, cache=cache.path)
    if not found.is_folder:
        return None
    recorded = {entry.relpath: entry.md5 for entry in cache.read_listing(stone.data.md5)}
    seen = set()
    for file in found.files:
        md5 = hash_file(found.path(file), stamp=file.stamp, progress=progress).md5
        if recorded.get(file.relpath) != md5:
            return None
        seen.add(md5)
    return _verified(cache, stone.path, found, seen, progress)


def _verified(cache: Cache, path: str, found: Scan, names: Iterable[str], progress: Progress) -> Vouched:
    """Hash the objects that hold some bytes, and note which they are."""
    objects = set()
    for name in names:
        cache.verify_object(name, progress)
        objects.add(_identity(os.stat(cache.object_path(name))))
    return Vouched(path, found, frozenset(objects))


def _identity(found: os.stat_result) -> tuple[int, int]:
    """Return what tells a file from every other one."""
    return found.st_dev, found.st_ino


def _is_same(found: os.stat_result, stamp: Stamp, objects: frozenset[tuple[int, int]]) -> bool:
    """Say whether a file did not change; of a link to its object the times of its names are not its own."""
    now = Stamp.of(found)
    if found.st_nlink > 1 and _identity(found) in objects:
        return now._replace(ctime_ns=stamp.ctime_ns) == stamp  # the removal of another name changes it
    return now == stamp


def memberships(where: Project, cache: Cache, room: Room, progress: Progress = SILENT) -> tuple[Vouched, ...]:
    """Vouch for what DVC keeps in a room, the memberships of splits first; what is not as its pointer says stays where it is.

    Args:
        where: The project.
        cache: DVC's cache; it gets what it lacks.
        room: The dataset's room.
        progress: Told of every byte that is hashed.
    """
    folder = where.root / room.splits
    found = []
    pointers = (
        [f"{room.splits}/{file.name}" for file in sorted(folder.glob("*.parquet.dvc"))] if folder.is_dir() else []
    )
    for path in (*pointers, *[room.executable_pointer] * os.path.lexists(where.root / room.executable_pointer)):
        try:
            (out,) = pointer.read(publishing.current(where, path) or b"", path).outs
        except (InvalidRecord, ValueError):
            continue
        place = path.removesuffix(".dvc")
        if out.md5 is not None and os.path.lexists(where.root / place):
            found.append(vouch(where, cache, place, out.md5, progress))
    return tuple(item for item in found if item is not None)


def remove(where: Project, found: Vouched) -> None:
    """Remove what was vouched for; a file that changed since, and what was never recorded, stays.

    Args:
        where: The project.
        found: What may go.

    Raises:
        EnvironmentProblem: The system refuses.
    """
    top = where.root / found.path
    try:
        for file in found.scan.files:
            path = found.scan.path(file)
            if os.path.lexists(path) and _is_same(os.stat(path), file.stamp, found.objects):
                os.unlink(path)
        for folder, _, _ in os.walk(top, topdown=False) if top.is_dir() and not top.is_symlink() else ():
            if not os.listdir(folder):
                os.rmdir(folder)
    except OSError as error:
        raise files.problem(error, "remove", top) from error


def vouch(where: Project, cache: Cache, path: str, md5: str, progress: Progress = SILENT) -> Vouched | None:
    """Store what the cache lacks of some bytes and hash all that it has of them; None where they are other bytes.

    Args:
        where: The project.
        cache: DVC's cache.
        path: The file or folder, relative to the repository.
        md5: What its bytes should be.
        progress: Told of every byte that is hashed.

    Raises:
        IntegrityError: The cache has other bytes under that name.
    """
    if recording.look(where, cache, path, progress).md5 != md5:
        return None
    taken = recording.snapshot(where, cache, path, progress)
    cache.sync()
    if taken.md5 != md5:
        return None
    return _verified(cache, path, taken.scan, {md5, *(digest.md5 for digest in taken.digests)}, progress)

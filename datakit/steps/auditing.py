"""Hold the objects of datasets against their names, for `verify`: every byte of them is read, in DVC's cache as in any folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.formats.finding import command
from datakit.formats.listing import shown
from datakit.progress import SILENT, Progress
from datakit.records import Fault
from datakit.repo.project import Project
from datakit.steps.objects import Version
from datakit.store import hashing, pool, remote_hashes, rows
from datakit.store.cache import Cache
from datakit.store.hashing import Digest
from datakit.store.ledger import Ledger
from datakit.store.pool import Job, Result, Task, Work
from datakit.store.remotes import Remote
from datakit.store.transfer import Object


class Wrong(NamedTuple):
    """An object that is missing, or has other bytes than its name says."""

    object: Object
    version: Version  # that has it
    there: bool
    found: str  # the md5 of its bytes; empty where it is not there or was not read
    fault: Fault


class Audited(NamedTuple):
    """What came of looking at the objects of one dataset in one place."""

    objects: int  # that were looked at
    wrong: tuple[Wrong, ...] = ()
    vouched: int = 0  # of those that are right: a server's ETag is their md5, so they were not read


class Shelf:
    """DVC's cache while it is verified: an object of several datasets is hashed once.

    Args:
        cache: The cache.
        ledger: What an interrupted verification had hashed.
        progress: Told of every byte.
    """

    def __init__(self, cache: Cache, ledger: Ledger, progress: Progress = SILENT) -> None:
        self._cache = cache
        self._ledger = ledger
        self._progress = progress
        self._known: dict[str, Digest | None] = {}

    def audit(self, version: Version, wanted: Sequence[Object]) -> Audited:
        """Hash objects.

        Args:
            version: The dataset that has them.
            wanted: The objects.
        """
        fresh = [item for item in wanted if item.name not in self._known]
        self._progress.start(f"{version.manifest.path} in the cache", sum(item.size or 0 for item in fresh))
        self._known.update(digests(self._cache.objects, fresh, self._ledger, self._progress))
        wrong = (self._judged(version, item) for item in wanted)
        return Audited(len(wanted), tuple(item for item in wrong if item is not None))

    def has(self, name: str) -> bool:
        """Say whether an object was found to be right, or came since.

        Args:
            name: The object.
        """
        found = self._known.get(name)
        return found is not None and found.md5 == name[:32]

    def sha256(self, name: str) -> str | None:
        """Return what is known of an object's identity; None where nothing is.

        Args:
            name: The object.
        """
        found = self._known.get(name)
        return found.sha256 if found is not None and found.md5 == name[:32] else None

    def came(self, items: Sequence[Object]) -> None:
        """Hash what was put into the place of wrong and missing objects, so that nothing counts unproved.

        Args:
            items: The objects.
        """
        self._known.update(digests(self._cache.objects, items, self._ledger, SILENT))

    def _judged(self, version: Version, item: Object) -> Wrong | None:
        """Hold what an object hashed to against its name."""
        found = self._known[item.name]
        if found is not None and found.md5 == item.name[:32]:
            return None
        there, md5 = found is not None, "" if found is None else found.md5
        return Wrong(item, version, there, md5, fault(version, item, found))


class Run(NamedTuple):
    """What one verification works with."""

    where: Project
    cache: Cache
    shelf: Shelf  # the same cache, and what is known of it
    repair: bool  # whether what is wrong is mended
    source: Callable[[], Remote] | None = None  # opens the remote that good copies may come from; None: there is none
    progress: Progress = SILENT

    def relative(self, path: Path | None) -> str:
        """Name a file of the project; nothing where there is none.

        Args:
            path: The file.
        """
        return "" if path is None else path.relative_to(self.where.root).as_posix()


def digests(
    folder: Path, wanted: Sequence[Object], ledger: Ledger, progress: Progress, place: str = "cache"
) -> Iterator[tuple[str, Digest | None]]:
    """Hash objects in a folder of this machine, on every core where there are many.

    Args:
        folder: The folder of all objects.
        wanted: The objects.
        ledger: What an interrupted verification had hashed.
        progress: Told of every byte.
        place: What the ledger calls the folder.

    Yields:
        The name of each with its hashes, None for one that is not there; in no order.

    Raises:
        InvalidData: An object changes while it is read, or is no file.
        EnvironmentProblem: An object cannot be read.
    """
    marks: dict[str, str] = {}
    rest = []
    for item in wanted:
        marks[item.name] = _mark(folder, item) if ledger.keeps else ""
        known = ledger.recall(place, item.name, marks[item.name])
        if known is None:
            rest.append(item)
        else:
            progress.advance(known.size)
            yield item.name, known
    work: Work[Object, Digest | None] = Work(
        lambda item: Task(pool.object_name(item.name)),
        lambda item: item.size or 0,
        lambda item: _hashed(folder / pool.object_name(item.name), progress),
    )
    for item, done in pool.each(Job("hash", folder, folder), rest, work, progress):
        found = rows.unpack(done.row, done.size) if isinstance(done, Result) else done
        if found is not None and found.md5 == item.name[:32]:
            ledger.note(place, item.name, marks[item.name], found)
        yield item.name, found


def fault(version: Version, item: Object, found: Digest | None) -> Fault:
    """Name an object of the cache that is missing or wrong.

    Args:
        version: The dataset that has it.
        item: The object.
        found: What its bytes are; None where it is not there.
    """
    place = shown(item.path)
    if found is None:
        again = command("datakit pull", version.reference) + (" --to DIR" if version.commit is not None else "")
        return Fault("cache", place, f"object {item.name} is not in the cache", item.name, "", again)
    mend = f"{command('datakit verify', version.reference)} --repair"
    return Fault("cache", place, f"object {item.name} in the cache is corrupt", item.name, found.md5, mend)


def _mark(folder: Path, item: Object) -> str:
    """Return what changes when an object does; empty where it is not there."""
    try:
        return remote_hashes.mark(os.stat(folder / pool.object_name(item.name)))
    except OSError:
        return ""


def _hashed(path: Path, progress: Progress = SILENT) -> Digest | None:
    """Hash an object; None where there is none."""
    return hashing.hash_file(path, progress=progress) if path.exists() else None

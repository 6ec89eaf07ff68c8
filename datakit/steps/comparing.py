"""Hold the files of a dataset in the working tree against what is recorded, for `verify`: every byte is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from datakit.errors import DatakitError
from datakit.formats import listing
from datakit.formats.listing import Entry
from datakit.progress import SILENT, Progress
from datakit.records import Fault
from datakit.repo.project import Project
from datakit.steps import executables
from datakit.steps.objects import Version
from datakit.store import pool, rows, statcache
from datakit.store.cache import Cache
from datakit.store.hashing import Digest, Stamp
from datakit.store.rows import LINK
from datakit.store.scan import Scan, scan


class Astray(NamedTuple):
    """A file of the record that is missing, or whose bytes are others though nothing wrote to it."""

    relpath: str  # in the folder; empty for a file
    md5: str  # what is recorded
    found: str  # what its bytes are; empty where it is not there
    stamp: Stamp | None  # what it was when it was looked at
    fault: Fault


class Compared(NamedTuple):
    """What came of it."""

    files: int  # that were hashed
    faults: tuple[Fault, ...] = ()
    astray: tuple[Astray, ...] = ()  # those of them that can be put right without the loss of an edit
    right: Mapping[str, str] = {}  # md5 of what lies there as recorded, to its path relative to the repository


def compare(
    where: Project, cache: Cache, version: Version, known: Mapping[str, str] | None, progress: Progress = SILENT
) -> Compared:
    """Hash what lies in the working tree and compare it, file by file where the listing is known.

    Args:
        where: The project.
        cache: DVC's cache, into which links may lead.
        version: The dataset in the working tree.
        known: The md5 of each file by its path, of a single file under an empty one; None where the listing cannot be had.
        progress: Told of every byte.
    """
    data, path, name = version.manifest.data, version.manifest.path, version.manifest.name
    target = where.root / path
    if not os.path.lexists(target):
        fault = Fault("data", path, "is not here", data.md5, "", f"datakit pull {name}")
        return Compared(0, (fault,), (Astray("", data.md5, "", None, fault),))
    try:
        seen = scan(where.root, target, cache=cache.path)
        progress.start(path, seen.size)
        found = _hashed(seen, progress)
    except DatakitError as error:
        text = f"cannot be read: {error.message}"
        return Compared(0, (Fault("data", path, text, data.md5, "", error.hint or ""),))
    mend = f"datakit pull {name} --force, or record it with `datakit add {name}`"
    if seen.is_folder != data.md5.endswith(".dir"):
        kind = "a folder" if seen.is_folder else "a file"
        text = f"is {kind}, which is not what is recorded"
        return Compared(len(found), (Fault("data", path, text, data.md5, "", mend),))
    faults = [] if known is None else list(_differences(path, known, found, mend))
    astray = () if known is None else tuple(_astray(where, version, seen, found, faults))
    total = _total(found)
    if not faults and total[0] != data.md5:
        faults.append(Fault("data", path, "has other bytes than recorded", data.md5, total[0], mend))
    elif not faults and total[1] != data.sha256:
        faults.append(Fault("data", path, "has the recorded md5 and another sha256", data.sha256, total[1], mend))
    faults += executables.compared(where, cache, version, seen)
    right = {found[rel].md5: f"{path}/{rel}" if rel else path for rel in known or () if _is(found, rel, known)}
    return Compared(len(found), tuple(faults), astray, right)


def _hashed(seen: Scan, progress: Progress) -> dict[str, Digest]:
    """Hash every file, on every core where there are many."""
    names, sizes = seen.files.names, seen.files.sizes
    rows_of = dict(pool.hash_all(seen, range(len(names)), progress))
    return {names[at] if seen.is_folder else "": rows.unpack(rows_of.pop(at), sizes[at]) for at in range(len(names))}


def _total(found: Mapping[str, Digest]) -> tuple[str, str]:
    """Return md5 and sha256 of a file or folder as they are recorded; a scan has the files in order."""
    if "" in found:
        return found[""].md5, found[""].sha256
    return (
        listing.digest((Entry(path, digest.md5) for path, digest in found.items()), in_order=True),
        listing.sha256(((path, digest.size, digest.sha256) for path, digest in found.items()), in_order=True),
    )


def _differences(path: str, known: Mapping[str, str], found: Mapping[str, Digest], mend: str) -> Iterator[Fault]:
    """Name each file that differs, is missing or is no part of the dataset."""
    for relpath in sorted({*known, *found}):
        place = f"{path}/{relpath}" if relpath else path
        expected, digest = known.get(relpath, ""), found.get(relpath)
        if digest is None:
            yield Fault("data", place, "is not here", expected, "", mend)
        elif not expected:
            yield Fault("data", place, "is no part of the recorded folder", "", digest.md5, mend)
        elif digest.md5 != expected:
            yield Fault("data", place, "has other bytes than recorded", expected, digest.md5, mend)


def _is(found: Mapping[str, Digest], relpath: str, known: Mapping[str, str] | None) -> bool:
    """Say whether a file is there and as recorded."""
    return known is not None and relpath in found and found[relpath].md5 == known[relpath]


def _astray(
    where: Project,
    version: Version,
    seen: Scan,
    found: Mapping[str, Digest],
    faults: list[Fault],
) -> Iterator[Astray]:
    """Find among what differs the files that are missing, and those that changed though nothing wrote to them.

    Whoever edits a file changes its stamp, the time of the last change of it too, which no program can set. So a file
    that has the very stamp with which it hashed to the recorded md5, and other bytes now, was changed by its disk.
    """
    path = version.manifest.path
    at = {name if seen.is_folder else "": number for number, name in enumerate(seen.files.names)} if faults else {}
    told = remembered(where, path) if at else {}
    for number, fault in enumerate(faults):
        relpath = fault.path[len(path) + 1 :]
        if not fault.expected:
            continue
        if relpath not in found:
            yield Astray(relpath, fault.expected, "", None, fault)
            continue
        file = seen.files[at[relpath]]
        if told.get(relpath if seen.is_folder else file.relpath) == (seen.files.row(at[relpath]), fault.expected):
            faults[number] = rotten = fault._replace(problem="has other bytes than recorded, and nobody wrote to it")
            if not seen.files.kinds[at[relpath]] & LINK:  # what it leads to is an object of the cache
                yield Astray(relpath, fault.expected, fault.found, file.stamp, rotten)


def remembered(where: Project, path: str) -> dict[str, tuple[bytes, str]]:
    """Return what the files of a dataset hashed to when they were last read, as the private folder has it.

    Args:
        where: The project.
        path: The data, relative to the repository.

    Returns:
        The stamp of each, a row of `worker.STAMP`, and its md5, by its path in the folder; of a file by its name.
    """
    memory = statcache.load(where.state, path)
    width = len(memory.stamps) // max(len(memory.names), 1)
    stamps = (memory.stamps[at : at + width] for at in range(0, len(memory.stamps), width or 1))
    texts = (text[:32] for text in rows.texts(memory.digests))
    return dict(zip(memory.names, zip(stamps, texts, strict=True), strict=True))


def leads_to(place: Path, objects: Path) -> str | None:
    """Return the name of the object that a link in the working tree leads to; None for what is no such link.

    Args:
        place: The file.
        objects: The folder of all objects of DVC's cache.
    """
    try:
        if not stat.S_ISLNK(os.lstat(place).st_mode):
            return None
        real = os.path.relpath(os.path.realpath(place), os.path.realpath(objects))
    except OSError:
        return None
    parts = real.split(os.sep)
    return "".join(parts) if len(parts) == 2 and len(parts[0]) == 2 else None

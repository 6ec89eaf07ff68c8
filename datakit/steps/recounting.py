"""Hold the splits of a dataset against their memberships and the data again, for `verify`.

Every row is looked up in the membership as an extension would do it: where the membership has each row in its recorded part
and nothing else, nothing is new, nothing is gone, and every count and fingerprint comes out as recorded. That the first
assignment came of the recipe is not computed again: a record does not say whether its split was extended since, and rows
that were there before an extension stay where a smaller table had put them.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from datakit.errors import DatakitError
from datakit.formats.finding import command as shell
from datakit.formats.split import Split, command
from datakit.progress import SILENT, Progress
from datakit.records import Fault
from datakit.repo.project import Project
from datakit.splits.inputs import Folder, Table
from datakit.splits.make import Subject, extend
from datakit.steps import memberships, recording, splitting
from datakit.steps.objects import Version
from datakit.store import hashing
from datakit.store.cache import Cache


def recount(
    where: Project, cache: Cache, version: Version, source: Path | None, progress: Progress = SILENT
) -> tuple[int, list[Fault]]:
    """Compare every split of a dataset with its data.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        source: Where the recorded bytes can be read; anything for a folder whose listing is in the cache. None: nowhere,
            so that memberships are only hashed.
        progress: Told of every byte that is hashed.

    Returns:
        How many splits were held against the data, and what differs.
    """
    faults: list[Fault] = []
    count = 0
    for split in memberships.names(version.dataset):
        found = version.dataset.split(split)
        again = command(version.dataset.name, split, "--anew")
        if found.value is None:
            text = found.error.problem if found.error else "is not here"
            faults.append(Fault("split", found.path, text, "", "", command(version.dataset.name, split)))
        elif not splitting.is_named(found.value, version, split):
            whose = f"{found.value.name}/{found.value.split}"
            faults.append(
                Fault("split", found.path, "is of another split", f"{version.dataset.name}/{split}", whose, again)
            )
        elif not splitting.is_of(found.value, version):
            mend = command(version.dataset.name, split, "--extend")
            md5 = version.manifest.data.md5
            faults.append(Fault("split", found.path, "is of other data", md5, found.value.md5, mend))
        else:
            lost, object_ = _membership(where, cache, version, found.value, progress)
            faults += lost
            if object_ is not None and source is not None:
                count += 1
                faults += _rows(where, cache, version, found.value, source, object_)
    return count, faults


def _membership(
    where: Project, cache: Cache, version: Version, record: Split, progress: Progress
) -> tuple[list[Fault], Path | None]:
    """Hash a membership wherever it lies, and return one that is right."""
    room, md5 = version.dataset.room, record.membership
    path, pointer = room.membership(record.split), room.membership_pointer(record.split)
    lies, stored = where.root / path, cache.object_path(md5)
    faults: list[Fault] = []
    right: list[Path] = []
    if stored.exists():
        found = hashing.hash_file(stored, progress=progress).md5
        if found == md5:
            right.append(stored)
        else:
            mend = f"rm -f {shlex.quote(os.fspath(stored))} && {shell('dvc pull', pointer)}"
            faults.append(Fault("cache", path, f"object {md5} in the cache is corrupt", md5, found, mend))
    if version.commit is None and lies.is_file():
        found = hashing.hash_file(lies, progress=progress).md5
        if found == md5:
            right.append(lies)
        else:
            mend = shell("dvc checkout --force", pointer)
            faults.append(Fault("data", path, "has other bytes than recorded", md5, found, mend))
    if not right and not faults:
        text = f"object {md5} is not in the cache"
        faults.append(Fault("cache", path, text, md5, "", shell("dvc pull", pointer)))
    return faults, right[0] if right else None


def _rows(
    where: Project, cache: Cache, version: Version, record: Split, source: Path, membership: Path
) -> Iterator[Fault]:
    """Look every row up in the membership and compare what comes of it with the record."""
    path, again = version.dataset.room.split(record.split), command(record.name, record.split, "--anew")
    former = record._replace(sealed={})  # a seal forbids a change, and nothing is changed here
    subject = Subject(record.name, record.split, record.md5, record.sha256, record.datakit)
    try:
        data = _data(cache, version, source)
        with splitting.scratch(where) as target:
            made = extend(data, record.recipe, subject, target, former, membership, recording.spill(where)).record
    except DatakitError as error:
        yield Fault("split", path, f"cannot be computed again: {error.message}", "", "", again)
        return
    for part in dict.fromkeys((*record.parts, *made.parts)):
        was, now = record.parts.get(part), made.parts.get(part)
        if was != now:
            said, computed = (
                f"{each.rows:,} rows, {each.fingerprint[:12]}…" if each else "no such part" for each in (was, now)
            )
            yield Fault("split", path, f"part `{part}` is not what membership and data say", computed, said, again)
    for kind, told, counted in (("excluded", record.excluded, made.excluded), ("leaks", record.leaks, made.leaks)):
        for reason in sorted({*told, *counted}):
            if told.get(reason, 0) != counted.get(reason, 0):
                text = f"`{kind}.{reason}` is not what membership and data say"
                yield Fault("split", path, text, f"{counted.get(reason, 0):,}", f"{told.get(reason, 0):,}", again)


def _data(cache: Cache, version: Version, source: Path) -> Table | Folder:
    """Return what was split, read where its bytes are right."""
    md5, path = version.manifest.data.md5, version.manifest.path
    if md5.endswith(".dir"):
        return Folder(path, cache.read_listing(md5))
    return memberships.as_table(version, source)

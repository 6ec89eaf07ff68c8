"""Which files of a folder may be run, which DVC's listing does not say: measured, recorded, compared and put back.

`all` and `none` stand in the manifest; a list lies in the room, with a pointer of DVC's beside it, so that plain
`dvc push` and `dvc pull` carry it and Git keeps one line of it. Of a file the pointer says it itself, as DVC's `isexec`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from datakit.errors import IntegrityError
from datakit.formats import executables
from datakit.formats.executables import ALL, NONE, Measured
from datakit.formats.manifest import Data, Manifest
from datakit.formats.pointer import Out
from datakit.formats.room import Room
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.records import Fault
from datakit.repo.project import Project
from datakit.steps import ignoring, memberships, objects, publishing, recording, splitting, workspace, worktrees
from datakit.steps.objects import Version
from datakit.steps.recording import Snapshot
from datakit.store import checkout, files, guard, hashing
from datakit.store.cache import Cache
from datakit.store.checkout import Existing, Goal
from datakit.store.remotes import Remote
from datakit.store.rows import LINK
from datakit.store.scan import Scan

Runs = Literal["all"] | frozenset[str] | None
_OFF = frozenset({"false", "no", "off", "0"})


class Settled(NamedTuple):
    """What `add` records."""

    value: str | None  # for the manifest; None where none may be run, and none was recorded before
    files: Mapping[str, bytes] = {}
    notes: tuple[str, ...] = ()


def measured(found: Scan) -> Measured:
    """Say which files may be run; nothing but what the scan saw is looked at.

    Args:
        found: The folder.
    """
    if not found.files.kinds.strip(bytes((0, LINK))):
        return Measured(NONE)
    return executables.measure((file.relpath for file in found.files if file.executable), len(found.files))


def settle(where: Project, cache: Cache, room: Room, found: Scan, last: Data | None) -> Settled:
    """Find out what is to be recorded; a list is stored in the cache.

    Args:
        where: The project.
        cache: DVC's cache.
        room: The dataset's room.
        found: The data.
        last: What was recorded before.
    """
    before = last.executable if last else None
    if not found.is_folder:
        return Settled(None)
    now = measured(found)
    if now.value != (before or NONE) and _has_no_modes(where):
        kept = publishing.current(where, room.executable_pointer)
        return Settled(before, {} if kept is None else {room.executable_pointer: kept})
    if now.list is None:
        value = None if before is None and now.value == NONE else now.value
        return Settled(value, notes=_notes(last, now.value))
    with splitting.scratch(where) as target:
        target.write_bytes(now.list)
        cache.put(target)
    ignore, out = f"{room.folder}/.gitignore", Out("executable.json", now.value, len(now.list), None, "md5")
    own = {
        room.executable_pointer: publishing.pointer_beside(where, where.tree, room.executable_pointer, out),
        ignore: ignoring.put(publishing.current(where, ignore) or b"", room.executable),
    }
    return Settled(now.value, own, _notes(last, now.value))


def put(where: Project, cache: Cache, manifest: Manifest, existing: Existing, progress: Progress = SILENT) -> None:
    """Put the list at its place in the room; take away one that is no longer said and that the cache has.

    Args:
        where: The project, which the caller has locked.
        cache: DVC's cache, which has the list.
        manifest: What is recorded.
        existing: What may give way.
        progress: Told of every byte.

    Raises:
        EnvironmentProblem: Something is in the way.
        IntegrityError: The object is not what its name says.
    """
    item, path = objects.list_of(manifest), where.room(manifest.name).executable
    if item is not None:
        memberships.put(where, cache, item._replace(path=path), existing, progress)
        return
    place = where.root / path
    files.inside(where.root, place)
    if os.path.isfile(place) and cache.has(hashing.hash_file(place).md5):
        place.unlink()


def part(where: Project, cache: Cache, taken: Snapshot) -> None:
    """Make copies of the links to objects that may be run: all that link to an object share its mode, which DVC trusts.

    Args:
        where: The project.
        cache: DVC's cache, which has the objects.
        taken: What was recorded.

    Raises:
        LockTimeout: Another process holds the repository.
    """
    runs = [file for file in taken.scan.files if file.executable] if cache.makes_links else []
    if any(_is_link(taken.scan.path(file)) for file in runs):
        names = frozenset(file.relpath if taken.scan.is_folder else "" for file in runs)
        with guard.lock(where.root / ".dvc"):
            checkout.checkout(
                cache,
                where.root,
                taken.scan.target,
                Goal(taken.md5, taken.sha256, names),
                existing="recorded",
                staging=recording.staging(where),
            )


def noted(found: Scan) -> str | None:
    """Return what is noted of a folder that was just recorded or looked at; None for a file, whose pointer says it."""
    return measured(found).value if found.is_folder else None


def _is_link(path: Path) -> bool:
    """Say whether a file is a link of any kind; one that gives way to a copy for nothing costs nothing but time."""
    found = os.lstat(path)
    return stat.S_ISLNK(found.st_mode) or found.st_nlink > 1


def goal(cache: Cache, version: Version) -> Goal:
    """Say what the bytes of a dataset are, and which of its files may be run.

    Args:
        cache: DVC's cache, which has the list.
        version: The dataset.

    Raises:
        IntegrityError: The list is missing or is not what its name says.
        InvalidRecord: It is not a safe list.
    """
    data = version.manifest.data
    return Goal(data.md5, data.sha256, wanted(cache, version))


def wanted(cache: Cache, version: Version) -> Runs:
    """Say which files of a dataset may be run; None where that is not recorded."""
    if not version.manifest.data.md5.endswith(".dir"):
        return frozenset({""} if version.executable else ())
    return _recorded(cache, version.manifest)


def fetch(
    where: Project, cache: Cache, version: Version, remote: Callable[[], Remote], progress: Progress = SILENT
) -> tuple[Runs, int]:
    """Say which files of a folder may be run, of which not all files are fetched.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        remote: Opens the remote; called only where the list is missing.
        progress: Told of every byte.

    Returns:
        The files, and how many objects came from the remote.

    Raises:
        IntegrityError: The list is missing on the remote or is not what its name says.
        EnvironmentProblem: There is no remote, or it does not answer.
        InvalidRecord: It is not a safe list.
    """
    item = objects.list_of(version.manifest)
    came = worktrees.get(where, cache, [item], remote, progress) if item is not None and not cache.has(item.name) else 0
    return wanted(cache, version), came


def difference(where: Project, dataset: Dataset, manifest: Manifest, found: Scan) -> tuple[str, str] | None:
    """Say how the files that may be run differ from what is recorded; None where they do not, or nobody can say.

    A folder of which nothing is recorded is held against what was noted of it when it was recorded or last looked at.

    Args:
        where: The project.
        dataset: The dataset in the working tree.
        manifest: Its record.
        found: What lies there.

    Returns:
        The difference, and what to do about it.
    """
    again, text = f"datakit add {dataset.name}", "which files may be run is not what"
    if found.is_folder:
        now = measured(found).value
        told = manifest.data.executable or workspace.noted_executable(where, dataset.name, manifest.data.md5) or now
    else:
        out = dataset.pointer.value
        now = ALL if found.files[0].executable else NONE
        told = now if out is None else ALL if out.executable else NONE
    if now == told or _has_no_modes(where):
        return None
    if found.is_folder and manifest.data.executable is None:
        return f"{text} it was: {_said(told)} before, {_said(now)} now", again
    both = f"`datakit pull {dataset.name}` puts back what is recorded, `{again}` records what is here"
    return f"{text} is recorded: {_said(told)} by the record, {_said(now)} here", both


def compared(where: Project, cache: Cache, version: Version, found: Scan) -> Iterator[Fault]:
    """Name the first files that may be run and should not, or the other way round.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset in the working tree.
        found: What lies there.
    """
    path, mend = version.manifest.path, f"datakit pull {version.manifest.name}"
    try:
        told = wanted(cache, version)
    except IntegrityError as error:
        yield Fault("cache", f"{path} (which files may be run)", error.message, "", "", error.hint or mend)
        return
    if told is None:
        return
    names = {file.relpath if found.is_folder else "": file.executable for file in found.files}
    wrong = {name: may for name, may in names.items() if may != (told == ALL or name in told)}
    if not wrong or _has_no_modes(where):
        return
    for may, text in ((True, "may be run, which is not recorded"), (False, "may not be run, which is recorded")):
        if which := [name for name, found_may in wrong.items() if found_may is may]:
            more = f"; so do {len(which) - 1:,} more" if len(which) > 1 else ""
            both = f"{mend}, or record it with `datakit add {version.manifest.name}`"
            yield Fault("data", f"{path}/{which[0]}".removesuffix("/"), text + more, "", "", both)


def _recorded(cache: Cache, manifest: Manifest) -> Runs:
    """Return the files that may be run by the record of a folder."""
    value = manifest.data.executable
    if value is None:
        return None
    if value == ALL:
        return "all"
    if value == NONE:
        return frozenset()
    cache.verify_object(value)
    return executables.load(files.read(cache.object_path(value)), f"{manifest.name}: executable.json")


def _has_no_modes(where: Project) -> bool:
    """Say whether Git found, when the clone was made, that its file system does not keep who may run a file."""
    return os.name == "nt" or (where.git.setting("core.fileMode") or "").casefold() in _OFF


def _notes(last: Data | None, now: str) -> tuple[str, ...]:
    """Say that it is recorded otherwise than before."""
    before = now if last is None else last.executable or NONE
    if now == before:
        return ()
    return (f"files that may be run: {_said(before)} by the record before, {_said(now)} now",)


def _said(value: str) -> str:
    """Name one of the three in a message."""
    return value if value in {ALL, NONE} else f"some ({value[:8]}…)"

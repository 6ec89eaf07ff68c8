"""From the cache to a file or folder: every byte hashed on its way, every name judged before the first is written.

A new or empty folder is built out of sight and renamed at the end; in a folder that has files each one is renamed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from datakit.errors import EnvironmentProblem, IntegrityError
from datakit.formats import listing
from datakit.formats.listing import Entry, shown
from datakit.progress import SILENT, Progress
from datakit.store import disk, files, hashing, pool, rows
from datakit.store.cache import Cache
from datakit.store.hashing import Digest, Stamp
from datakit.store.pool import Job, Result, Task, Work
from datakit.store.scan import scan

Existing = Literal["refuse", "recorded", "replace"]
# What may give way: nothing, bytes that the cache has too, anything.


class Goal(NamedTuple):
    """What shall lie at a place."""

    md5: str  # of a file, or of a listing with `.dir`
    sha256: str | None  # as in the manifest; None for what has none there: a part of a folder, a membership
    executable: bool = False  # of a file
    members: tuple[Entry, ...] | None = None  # of a folder whose listing the cache does not have


class Done(NamedTuple):
    """What became of it."""

    written: tuple[str, ...]  # files, relative to a folder; the name of a file
    removed: int  # files that were no part of it
    files: int  # all that lie there now


def checkout(
    cache: Cache,
    root: Path,
    target: Path,
    goal: Goal,
    *,
    existing: Existing = "refuse",
    staging: Path | None = None,
    progress: Progress = SILENT,
) -> Done:
    """Put a file or folder at a place; one that is right already is left alone.

    Args:
        cache: Where from; it has all objects.
        root: The existing folder that everything must really lie in.
        target: The place, in `root`; folders above it are made.
        goal: What shall lie there.
        existing: What may give way.
        staging: Where files and folders are built, if that is on the same file system; beside the target else.
        progress: Told of every byte that is written.

    Returns:
        What was done.

    Raises:
        EnvironmentProblem: Something is in the way, or the system refuses; nothing was replaced.
        IntegrityError: An object is missing or not what its name says.
        InvalidRecord: A name in the listing is unsafe; nothing was written.
        InvalidData: What lies there is nothing that could be recorded.
    """
    files.inside(root, target)
    wanted = {"": goal.md5}
    if goal.md5.endswith(".dir"):
        members = cache.read_listing(goal.md5) if goal.members is None else goal.members
        wanted = {entry.relpath: entry.md5 for entry in members}
    progress.start(os.fspath(target.name), None)
    there = _look(root, target, cache, is_folder=goal.md5.endswith(".dir"))
    kept = {path: digest for path, digest in there.items() if wanted.get(path) == digest.md5}
    _refuse(cache, target, {path: found for path, found in there.items() if path not in kept}, existing)
    files.make_folder(target.parent, root=root)
    aside = _aside(target, staging)
    if goal.md5.endswith(".dir") and not there:
        written = _build(cache, target, wanted, goal, aside, progress)
        return Done(tuple(written), 0, len(written))
    extra = [path for path in there if path not in wanted]
    _remove(target, extra)
    written = {}
    for path, md5 in wanted.items():
        if path not in kept:
            place = target / path if path else target
            files.make_folder(place.parent, root=root)
            written[path] = _write(cache, place, md5, goal, aside, progress)
    if goal.executable and "" in kept:
        _set_executable(target)
    _hold({**kept, **written}, target, goal)
    return Done(tuple(path or target.name for path in written), len(extra), len(wanted))


def _look(root: Path, target: Path, cache: Cache, *, is_folder: bool) -> Mapping[str, Digest]:
    """Hash what lies at the place; a file in the place of a folder, or the other way round, is refused."""
    try:
        found = os.lstat(target)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise files.problem(error, "look at", target) from error
    if stat.S_ISDIR(found.st_mode) != is_folder and not (stat.S_ISLNK(found.st_mode) and not is_folder):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no folder"
        raise EnvironmentProblem(f"`{_name(target)}` is in the way: it is {kind}", hint=f"move `{_name(target)}` away")
    if is_folder and not any(target.iterdir()):
        return {}
    seen = scan(root, target, cache=cache.path)
    names, sizes = seen.files.names, seen.files.sizes
    hashed = pool.hash_all(seen, range(len(names)))
    return {names[number] if is_folder else "": rows.unpack(row, sizes[number]) for number, row in hashed}


def _refuse(cache: Cache, target: Path, others: Mapping[str, Digest], existing: Existing) -> None:
    """Refuse to replace or remove what may not give way."""
    if existing == "replace":
        return
    lost = [path for path, digest in others.items() if existing == "refuse" or not cache.has(digest.md5, digest.size)]
    if lost:
        more = f" and {len(lost) - 1:,} more" if len(lost) > 1 else ""
        are = "are" if len(lost) > 1 else "is"
        why = f"{are} recorded nowhere and would be lost" if existing == "recorded" else f"{are} in the way"
        raise EnvironmentProblem(
            f"`{_name(target / lost[0] if lost[0] else target)}`{more} {why}",
            hint="choose an empty or new place, or replace what is there with `--force`"
            if existing == "refuse"
            else "record it with `datakit add`, or give it up with `--force`",
        )


def _aside(target: Path, staging: Path | None) -> Path:
    """Choose where files are built: never inside of data, where one that a killed writer left would be taken for data."""
    beside = target.parent
    try:
        if staging is not None and os.stat(staging).st_dev == os.stat(beside).st_dev:
            return staging
    except OSError as error:
        raise files.problem(error, "look at", beside) from error
    disk.sweep(beside)
    return beside


def _build(
    cache: Cache, target: Path, wanted: Mapping[str, str], goal: Goal, aside: Path, progress: Progress
) -> dict[str, Digest]:
    """Build a whole folder, bring it to the disk and give it its name."""
    try:
        with disk.temporary_folder(aside) as temp:
            for folder in sorted({path.rpartition("/")[0] for path in wanted}):
                os.makedirs(os.path.join(temp, folder), exist_ok=True)
            found = dict(_placed(cache, temp, wanted, progress))
            _hold(found, target, goal)
            disk.sync_filesystem(temp)
            os.rename(temp, target)  # over an empty folder, too
    except OSError as error:
        raise files.problem(error, "write", target) from error
    return found


def _placed(cache: Cache, folder: Path, wanted: Mapping[str, str], progress: Progress) -> Iterator[tuple[str, Digest]]:
    """Copy objects into a folder that nobody sees yet."""

    def alone(path: str) -> Digest:
        place = os.path.join(folder, path)
        with suppress(FileNotFoundError):
            os.unlink(place)  # what a killed process left
        return _copy(cache, place, wanted[path], progress)

    work = Work(lambda path: Task(pool.object_name(wanted[path]), path, wanted[path]), lambda _: 0, alone)
    for path, done in pool.each(Job("place", cache.objects, folder), list(wanted), work, progress):
        yield path, rows.unpack(done.row, done.size) if isinstance(done, Result) else done


def _write(cache: Cache, place: Path, md5: str, goal: Goal, aside: Path, progress: Progress) -> Digest:
    """Give one file its bytes in one step."""
    try:
        with disk.temporary(aside) as (fd, temp):
            found = _fill(cache, fd, md5, progress)
            if not goal.md5.endswith(".dir"):
                _hold({"": found}, place, goal)
                if goal.executable:
                    os.fchmod(fd, _executable(os.fstat(fd).st_mode))
            disk.sync_fd(fd)
            os.replace(temp, place)
    except OSError as error:
        raise files.problem(error, "write", place) from error
    return found


def _copy(cache: Cache, path: str, md5: str, progress: Progress) -> Digest:
    """Write one new file of a folder that nobody sees yet."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        return _fill(cache, fd, md5, progress)
    finally:
        os.close(fd)


def _fill(cache: Cache, sink: int, md5: str, progress: Progress) -> Digest:
    """Copy an object into an open file; what is read is what is hashed and written."""
    path = cache.object_path(md5)
    if not path.exists():
        raise IntegrityError(f"object `{md5}` is not in the cache", hint="datakit pull")
    with hashing.open_steady(path) as (fd, size):
        if size <= hashing.SMALL:
            data = hashing.read_whole(fd, size)
            found = hashing.hash_bytes(data)
            disk.write_all(sink, data)
            progress.advance(size)
        else:
            found = hashing.hash_stream(fd, progress, lambda chunk: disk.write_all(sink, chunk))
    if found.md5 != md5:
        raise IntegrityError(
            f"object `{md5}` in the cache is corrupt: expected md5 {md5}, found {found.md5}",
            hint=f"rm -f {path}, then run the command again",
        )
    return found


def _remove(target: Path, paths: Sequence[str]) -> None:
    """Remove files, and the folders that are empty then."""
    try:
        for path in paths:
            os.unlink(target / path)
        for folder in sorted({parent for path in paths for parent in Path(path).parents}, reverse=True):
            if folder != Path() and not any((target / folder).iterdir()):
                os.rmdir(target / folder)
    except OSError as error:
        raise files.problem(error, "remove from", target) from error


def relink(cache: Cache, target: Path, goal: Goal, done: Done) -> None:
    """Replace written files by links to their objects where DVC's configuration asks for links.

    Args:
        cache: DVC's cache.
        target: Where the files lie.
        goal: What they are.
        done: What `checkout` did.
    """
    if not cache.makes_links:
        return
    names = {entry.relpath: entry.md5 for entry in cache.read_listing(goal.md5)} if goal.md5.endswith(".dir") else {}
    for path in done.written:
        place = target / path if names else target
        cache.link(names.get(path, goal.md5), place, Stamp.of(os.stat(place)))


def _hold(found: Mapping[str, Digest], target: Path, goal: Goal) -> None:
    """Hold what lies there against its identity in the manifest."""
    if goal.sha256 is None:
        return
    if goal.md5.endswith(".dir"):
        total = listing.sha256((path, digest.size, digest.sha256) for path, digest in found.items())
    else:
        total = found[""].sha256
    if total != goal.sha256:
        raise IntegrityError(
            f"the bytes of `{_name(target)}` have the recorded md5 {goal.md5} and not the recorded sha256 {goal.sha256}",
            hint="trust neither: compare with the source, then record it again with `datakit add`",
        )


def _set_executable(path: Path) -> None:
    """Let a file be run by those who may read it."""
    mode = os.stat(path).st_mode
    if _executable(mode) != stat.S_IMODE(mode):
        try:
            os.chmod(path, _executable(mode))
        except OSError as error:
            raise files.problem(error, "make executable", path) from error


def _executable(mode: int) -> int:
    """Add the right to run where there is the right to read."""
    return stat.S_IMODE(mode) | (mode & 0o444) >> 2


def _name(path: Path) -> str:
    """Show a path in a message."""
    return shown(os.fspath(path))

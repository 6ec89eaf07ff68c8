"""From the cache to a file or folder: every byte hashed on its way, every name judged before the first is written.

A new or empty folder is built out of sight and renamed at the end; in a folder that has files each one is renamed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from datakit.errors import EnvironmentProblem, IntegrityError, InvalidData
from datakit.formats import listing
from datakit.formats.listing import Entry, shown
from datakit.progress import SILENT, Progress
from datakit.store import disk, files, hashing, pool, rows
from datakit.store.cache import Cache
from datakit.store.hashing import Digest, Stamp
from datakit.store.pool import Job, Result, Task, Work
from datakit.store.scan import scan

Existing = Literal["refuse", "recorded", "over", "replace"]
# What may give way: nothing, bytes that the cache has too, whatever lies at a wanted path while the rest stays, anything.


class Goal(NamedTuple):
    """What shall lie at a place."""

    md5: str  # of a file, or of a listing with `.dir`
    sha256: str | None  # as in the manifest; None for what has none there: a part of a folder, a membership
    executable: Literal["all"] | frozenset[str] | None = None  # files that may be run; None: they stay as they are
    members: tuple[Entry, ...] | None = None  # of a folder whose listing the cache does not have
    beside: bool = False  # what else lies in the folder is left alone


class _Seen(NamedTuple):
    """A file that lies there."""

    digest: Digest
    stamp: Stamp  # of the file that a link leads to
    executable: bool


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
        EnvironmentProblem: Something is in the way, or the system refuses.
        IntegrityError: An object is missing or not what its name says; nothing was removed but what was in the way.
        InvalidRecord: A name in the listing is unsafe; nothing was written.
        InvalidData: What lies there is nothing that could be recorded, or changed since it was hashed.
    """
    files.inside(root, target)
    wanted = _wanted(cache, goal)
    progress.start(os.fspath(target.name), None)
    there = _look(root, target, cache, wanted, is_folder=goal.md5.endswith(".dir"))
    if goal.beside:
        there = {path: seen for path, seen in there.items() if path in wanted}
    kept = {path: seen.digest for path, seen in there.items() if wanted.get(path) == seen.digest.md5}
    extra = [path for path in there if path not in wanted]
    blocking = _blocking(extra, wanted)
    if existing == "over" and extra:
        raise _no_part(target, extra)
    _refuse(cache, target, {path: seen.digest for path, seen in there.items() if path not in kept}, existing)
    files.make_folder(target.parent, root=root)
    aside = _aside(target, staging)
    if goal.md5.endswith(".dir") and not there and is_vacant(target):
        written = _build(cache, target, wanted, goal, aside, progress)
        return Done(tuple(written), 0, len(written))
    for path in _wrong_modes(there, kept, goal):
        if not _set_mode(target / path, executable=_may_run(path, goal)):
            del kept[path]
    _remove(target, {path: there[path].stamp for path in blocking})
    written = {}
    for path, md5 in wanted.items():
        if path not in kept:
            place = target / path if path else target
            files.make_folder(place.parent, root=root)
            stamp = there[path].stamp if path in there else None
            written[path] = _write(cache, place, path, md5, goal, aside, progress, stamp)
    _hold({**kept, **written}, target, goal)
    _remove(target, {path: there[path].stamp for path in extra if path not in blocking})
    return Done(tuple(path or target.name for path in written), len(extra), len(wanted))


def replace(
    cache: Cache, place: Path, goal: Goal, stamp: Stamp, staging: Path | None = None, progress: Progress = SILENT
) -> None:
    """Give one file its bytes where what lies there still is what was looked at.

    Args:
        cache: Where from; it has the object.
        place: The file.
        goal: What it shall be, a file.
        stamp: What it was when it was looked at.
        staging: Where it is built, if that is on the same file system; beside it else.
        progress: Told of every byte that is written.

    Raises:
        EnvironmentProblem: The system refuses.
        IntegrityError: The object is missing or not what its name says.
        InvalidData: The file changed since it was looked at; it stays as it is.
    """
    _write(cache, place, "", goal.md5, goal, _aside(place, staging), progress, stamp)


def _wanted(cache: Cache, goal: Goal) -> dict[str, str]:
    """Return the md5 of each file by its path in the folder; that of a file by no path at all."""
    if not goal.md5.endswith(".dir"):
        return {"": goal.md5}
    members = cache.read_listing(goal.md5) if goal.members is None else goal.members
    return {entry.relpath: entry.md5 for entry in members}


def _look(root: Path, target: Path, cache: Cache, wanted: Mapping[str, str], *, is_folder: bool) -> Mapping[str, _Seen]:
    """Hash what lies at the place; a file in the place of a folder, or the other way round, is refused."""
    try:
        found = os.lstat(target)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise files.problem(error, "look at", target) from error
    if stat.S_ISDIR(found.st_mode) != is_folder and not (stat.S_ISLNK(found.st_mode) and not is_folder):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no folder"
        raise _in_the_way(target, kind)
    if is_folder and is_vacant(target):
        return {}
    there = _scanned(root, target, cache, is_folder=is_folder)
    folders = {os.fspath(parent) for path in there for parent in Path(path).parents}
    for path in wanted:
        if path in there or path in folders or any(os.fspath(parent) in there for parent in Path(path).parents):
            continue
        if (hidden := _hidden(root, target / path, cache)) is not None:
            there[path] = hidden
    return there


def _scanned(root: Path, target: Path, cache: Cache, *, is_folder: bool) -> dict[str, _Seen]:
    """Hash what would be recorded."""
    try:
        seen = scan(root, target, cache=cache.path)
    except InvalidData as error:
        if error.message != f"`{_name(target)}` holds no file":  # empty folders, or what `.dvcignore` leaves out
            raise
        return {}
    there = {}
    for number, row in pool.hash_all(seen, range(len(seen.files))):
        file = seen.files[number]
        there[file.relpath if is_folder else ""] = _Seen(rows.unpack(row, file.stamp.size), file.stamp, file.executable)
    return there


def _hidden(root: Path, place: Path, cache: Cache) -> _Seen | None:
    """Hash what lies at a wanted path and was left out by `.dvcignore`."""
    files.inside(root, place)
    try:
        found = os.lstat(place)
        if stat.S_ISLNK(found.st_mode) and Path(os.path.realpath(cache.path)) in Path(os.path.realpath(place)).parents:
            found = os.stat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise files.problem(error, "look at", place) from error
    if not stat.S_ISREG(found.st_mode):
        raise _in_the_way(place, "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file")
    stamp = Stamp.of(found)
    return _Seen(hashing.hash_file(place, stamp=stamp), stamp, bool(found.st_mode & 0o111))


def is_vacant(target: Path) -> bool:
    """Tell whether nothing at all lies at the place of a folder, or an empty one.

    Args:
        target: The place.

    Raises:
        EnvironmentProblem: It cannot be looked at.
    """
    try:
        return not any(target.iterdir())
    except FileNotFoundError:
        return True
    except OSError as error:
        raise files.problem(error, "look at", target) from error


def _blocking(extra: Collection[str], wanted: Mapping[str, str]) -> set[str]:
    """Return the files that lie where a folder is wanted, and those in a folder that lies where a file is wanted."""
    if not extra:
        return set()
    above = {os.fspath(parent) for path in wanted for parent in Path(path).parents}
    return {
        path for path in extra if path in above or any(os.fspath(parent) in wanted for parent in Path(path).parents)
    }


def _no_part(target: Path, extra: Collection[str]) -> EnvironmentProblem:
    """Refuse to remove what is no part of the data, and to leave a place that holds more than the data."""
    more = f", nor are {len(extra) - 1:,} more" if len(extra) > 1 else ""
    return EnvironmentProblem(
        f"`{_name(target / min(extra))}` is no part of what shall lie there{more}",
        hint="take it away, or choose an empty or new place",
    )


def _in_the_way(place: Path, kind: str) -> EnvironmentProblem:
    """Say that something cannot be replaced."""
    return EnvironmentProblem(f"`{_name(place)}` is in the way: it is {kind}", hint=f"move `{_name(place)}` away")


def _refuse(cache: Cache, target: Path, others: Mapping[str, Digest], existing: Existing) -> None:
    """Refuse to replace or remove what may not give way."""
    if existing in {"over", "replace"}:
        return
    lost = [path for path, digest in others.items() if existing == "refuse" or not _is_intact(cache, digest.md5)]
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


def _is_intact(cache: Cache, md5: str) -> bool:
    """Tell whether the cache really has some bytes: their size alone would not bring them back."""
    try:
        cache.verify_object(md5)
    except IntegrityError:
        return False
    return True


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
            for path in wanted if goal.executable else ():
                if _may_run(path, goal):
                    os.chmod(temp / path, _executable(os.stat(temp / path).st_mode))
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


def _write(
    cache: Cache, place: Path, path: str, md5: str, goal: Goal, aside: Path, progress: Progress, stamp: Stamp | None
) -> Digest:
    """Give one file its bytes in one step, where what lay there is still what was judged."""
    try:
        with disk.temporary(aside) as (fd, temp):
            found = _fill(cache, fd, md5, progress)
            if not goal.md5.endswith(".dir"):
                _hold({"": found}, place, goal)
            if _may_run(path, goal):
                os.fchmod(fd, _executable(os.fstat(fd).st_mode))
            disk.sync_fd(fd)
            _check_unchanged(place, stamp)
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


def _check_unchanged(place: Path, stamp: Stamp | None) -> None:
    """Refuse to replace or remove what is not what was hashed; where there was nothing, there must be nothing still."""
    try:
        found = Stamp.of(os.stat(place))
    except FileNotFoundError:
        if stamp is None and not place.is_symlink():
            return
        found = None
    # not the time of change: it moves for all hard links to an object when one of them gives way
    if found is None or stamp is None or found._replace(ctime_ns=0) != stamp._replace(ctime_ns=0):
        raise InvalidData(f"`{_name(place)}` changed while it was looked at", hint="run the command again")


def _remove(target: Path, paths: Mapping[str, Stamp]) -> None:
    """Remove files that are still what was judged, and the folders that are empty then."""
    try:
        for path, stamp in paths.items():
            _check_unchanged(target / path, stamp)
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
    wanted = _wanted(cache, goal)
    for path in done.written:
        place = target if "" in wanted else target / path
        cache.link(wanted.get(path, goal.md5), place, Stamp.of(os.stat(place)))


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


def _may_run(path: str, goal: Goal) -> bool:
    """Say whether a file shall be one that can be run."""
    return goal.executable == "all" or (goal.executable is not None and path in goal.executable)


def _wrong_modes(there: Mapping[str, _Seen], kept: Collection[str], goal: Goal) -> list[str]:
    """Return the files with the right bytes that may be run and should not, or the other way round."""
    if goal.executable is None:
        return []
    return [path for path in kept if there[path].executable != _may_run(path, goal)]


def _set_mode(path: Path, *, executable: bool) -> bool:
    """Let a file be run by those who may read it, or by nobody; `False` for a link of any kind, whose mode is shared."""
    try:
        found = os.stat(path)
        mode = found.st_mode
        if path.is_symlink() or found.st_nlink > 1:
            return False
        os.chmod(path, _executable(mode) if executable else stat.S_IMODE(mode) & ~0o111)
    except OSError as error:
        raise files.problem(error, "change the mode of", path) from error
    return True


def _executable(mode: int) -> int:
    """Add the right to run where there is the right to read."""
    return stat.S_IMODE(mode) | (mode & 0o444) >> 2


def _name(path: Path) -> str:
    """Show a path in a message."""
    return shown(os.fspath(path))

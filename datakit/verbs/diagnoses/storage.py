"""What lies on the disk beside the data: DVC's cache, and the private state with what killed commands left."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from datakit.errors import InvalidRecord
from datakit.formats.finding import command
from datakit.records import Diagnosis
from datakit.repo import project
from datakit.repo.git import Git
from datakit.store import disk, dvc_config, guard, journal, quarantine, statcache

_DAY = 24 * 60 * 60  # seconds; what is younger may be at work
_MINE = 'sudo chown -R "$(id -un)"'


def cache(root: Path) -> Iterator[Diagnosis]:
    """Look at DVC's cache and at the way in which DVC locks.

    Args:
        root: The folder that holds `.dvc`.

    Raises:
        InvalidRecord: DVC's configuration is broken.
    """
    settings = dvc_config.read(root)
    folder = settings.cache_dir
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir():
        yield Diagnosis("cache", "fail", f"`{there}` is a file, DVC's cache has to be a folder", "dvc cache dir FOLDER")
    elif not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        yield Diagnosis("cache", "fail", f"`{there}` cannot be read and written by this user", f"{_MINE} {there}")
    else:
        yield _linking(root, folder, there, settings.cache_types)
    if settings.hardlink_lock:
        yield Diagnosis(
            "dvc lock",
            "fail",
            "`core.hardlink_lock` is set: DVC and datakit would not keep each other out",
            "dvc config --local core.hardlink_lock false",
        )


def _linking(root: Path, folder: Path, there: Path, types: tuple[str, ...]) -> Diagnosis:
    """Say how files will be connected with the cache, and whether that can work."""
    apart = there.stat().st_dev != root.stat().st_dev
    possible = [kind for kind in types if not apart or kind in {"symlink", "copy"}]
    where = f"`{folder}`" if folder.exists() else f"`{folder}`, made when it is first needed"
    if not possible:
        detail = f"{where} is on another file system, where no {' or '.join(types)} can lead"
        return Diagnosis("cache", "fail", detail, "dvc config cache.type symlink,copy")
    beside = ", on another file system" if apart else ""
    return Diagnosis("cache", "ok", f"{where}{beside}, by {' or '.join(possible)}")


def state(root: Path, git: Git) -> Iterator[Diagnosis]:
    """Look at the private folder.

    Args:
        root: The project.
        git: Its Git.

    Raises:
        EnvironmentProblem: The system refuses.
    """
    folder = root / project.STATE
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        what = "a symbolic link" if folder.is_symlink() else "a file"
        yield Diagnosis(
            "private state", "fail", f"`{project.STATE}` is {what}, expected a folder", f"rm {project.STATE}"
        )
        return
    yield _private(root, folder, git)
    holder = guard.holder(root / ".dvc")
    if holder is not None:
        yield Diagnosis("lock", "warn", f"held by {holder}: a command of datakit or DVC is at work")
    yield from _journal(root, folder, holder)
    if not statcache.is_whole(folder):
        mend = command("rm -r", f"{project.STATE}/{statcache.FOLDER}")
        yield Diagnosis("stat cache", "warn", "is broken, so every file is hashed again", mend)
    yield from _quarantine(root, folder / quarantine.FOLDER)
    yield from _leftovers(root, folder, holder)


def _private(root: Path, folder: Path, git: Git) -> Diagnosis:
    """Say whether the folder is the user's and stays out of Git."""
    tracked = git.listed("--cached", paths=[f"{project.STATE}/"])
    if tracked:
        detail = f"Git tracks {len(tracked)} of its files, such as `{tracked[0]}`"
        return Diagnosis("private state", "fail", detail, f"git rm -r --quiet --cached {project.STATE}")
    if not folder.exists():
        return Diagnosis("private state", "ok", f"`{project.STATE}`, made when it is first needed")
    closed = [path for path in (folder, *folder.iterdir()) if not os.access(path, os.R_OK | _needed(path))]
    if closed:
        detail = f"`{closed[0].relative_to(root)}` cannot be used by this user; it belongs to user {closed[0].lstat().st_uid}"
        return Diagnosis("private state", "fail", detail, f"{_MINE} {project.STATE}")
    if not git.ignored([f"{project.STATE}/x"]):
        mend = f"echo '*' > {project.STATE}/.gitignore"
        return Diagnosis("private state", "fail", f"Git does not ignore `{project.STATE}`", mend)
    return Diagnosis("private state", "ok", f"`{project.STATE}` is ignored by Git")


def _needed(path: Path) -> int:
    """Return what a user must be able to do with a folder, or with a file."""
    return os.W_OK | os.X_OK if path.is_dir() else 0


def _journal(root: Path, folder: Path, holder: str | None) -> Iterator[Diagnosis]:
    """Say what a killed command had decided."""
    if not journal.pending(folder) or holder is not None:
        return
    try:
        found = journal.outlook(folder, root)
    except InvalidRecord as error:
        yield Diagnosis("journal", "fail", f"{error.path}: {error.problem}", error.hint or "")
        return
    said = [f"{_few(found.finished)} will be written"] * bool(found.finished)
    said += [f"{_few(found.left_alone)} changed since and will be left alone"] * bool(found.left_alone)
    detail = f"a command was killed while it wrote; {', '.join(said) or 'nothing is left to do'}"
    yield Diagnosis("journal", "warn", detail, "datakit add")


def _quarantine(root: Path, folder: Path) -> Iterator[Diagnosis]:
    """List the bytes that were not what their names said."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    if found:
        size = sum(path.lstat().st_size for path in found)
        objects = "1 object that was" if len(found) == 1 else f"{len(found)} objects that were"
        detail = f"{objects} wrong, {size:,} bytes: {_few(path.name for path in found)}"
        yield Diagnosis("quarantine", "warn", detail, command("rm -rf", str(folder.relative_to(root))))


def _leftovers(root: Path, folder: Path, holder: str | None) -> Iterator[Diagnosis]:
    """Find temporary files whose writer is gone."""
    places = [folder, dvc_config.read(root).cache_dir / "files" / "md5"]
    found = [path for place in places for path in disk.abandoned(place)]
    room = folder / "tmp"
    old = time.time() - _DAY
    found += [path for path in (room.iterdir() if room.is_dir() else ()) if path.lstat().st_mtime < old]
    if found and holder is None:
        oldest = max(time.time() - path.lstat().st_mtime for path in found)
        files = "1 temporary file" if len(found) == 1 else f"{len(found)} temporary files"
        detail = f"{files} of killed commands, {_size(found):,} bytes, the oldest {_age(oldest)} old"
        yield Diagnosis("left-overs", "warn", detail, "datakit add")


def _size(paths: Iterable[Path]) -> int:
    """Sum up files, and the files in folders."""
    total = 0
    for path in paths:
        found = path.lstat()
        inner = path.rglob("*") if stat.S_ISDIR(found.st_mode) else iter([path])
        total += sum(each.lstat().st_size for each in inner if not each.is_dir())
    return total


def _age(seconds: float) -> str:
    """Write a time span in its largest unit.

    >>> _age(30), _age(7200), _age(200_000)
    ('less than an hour', '2 h', '2 days')
    """
    if seconds < 3600:
        return "less than an hour"
    return f"{seconds / 3600:.0f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days"


def _few(names: Iterable[str]) -> str:
    """Name the first few.

    >>> _few(["a", "b", "c", "d"])
    '`a`, `b`, `c` and 1 more'
    """
    listed = [*names]
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return ", ".join(f"`{name}`" for name in listed[:3]) + more

"""What a file or folder consists of: every regular file that DVC would record, and a refusal of what it would lose.

DVC follows links to files, leaves out links to folders and empty folders without a word, and stumbles over devices.
Here a link must stay inside the folder or point at the cache, and everything that could not be restored is refused.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidData, NotFound
from datakit.formats import listing
from datakit.formats.finding import command
from datakit.formats.listing import shown
from datakit.store import dvcignore, files
from datakit.store.dvcignore import Ignore
from datakit.store.hashing import Stamp


class File(NamedTuple):
    """One regular file as it was seen."""

    relpath: str  # relative to the folder that was scanned, POSIX separators; the name, where a file was scanned
    stamp: Stamp  # of the file that a link leads to
    executable: bool
    link: bool  # reached through a symbolic link


class Scan(NamedTuple):
    """What a file or folder consists of."""

    target: Path
    is_folder: bool
    files: tuple[File, ...]  # in the order of their paths
    empty_folders: int  # sub-folders without a file, which DVC does not record
    ignored: int  # files and folders that `.dvcignore` or DVC's own rules leave out
    started_ns: int  # the clock before the first look, in nanoseconds

    @property
    def size(self) -> int:
        """Sum up the bytes of all files."""
        return sum(file.stamp.size for file in self.files)

    def path(self, file: File) -> Path:
        """Give the full path of one of the files."""
        return self.target / file.relpath if self.is_folder else self.target


def scan(root: Path, target: Path, *, ignore: Ignore | None = None, cache: Path | None = None) -> Scan:
    """Look at a file or at everything in a folder.

    Args:
        root: The repository, absolute.
        target: The file or folder in it, absolute.
        ignore: What is left out; the `.dvcignore` files decide where it is not given.
        cache: DVC's cache, into which links are allowed.

    Returns:
        The files with their stamps.

    Raises:
        NotFound: There is nothing at `target`.
        InvalidData: Something in it cannot be recorded; the message names it.
        EnvironmentProblem: Something in it cannot be read.
    """
    started = time.time_ns()
    files.inside(root, target)
    try:
        found = os.lstat(target)
    except FileNotFoundError as error:
        raise NotFound("file or folder", shown(os.fspath(target)), ()) from error
    except OSError as error:
        raise files.problem(error, "look at", target) from error
    _check_names([target.relative_to(root).as_posix()], os.fspath(root))
    ignore = dvcignore.read(root, target) if ignore is None else ignore
    if _left_out(target.relative_to(root).as_posix(), stat.S_ISDIR(found.st_mode), ignore):
        raise InvalidData(
            f"`{_name(target)}` is left out by `.dvcignore`", hint=f"dvc check-ignore --details {_name(target)}"
        )
    walk = _Walk(root, target, ignore, cache)
    if not stat.S_ISDIR(found.st_mode):
        return Scan(target, False, (walk.file(os.fspath(target), target.name),), 0, 0, started)
    gathered = sorted(walk.folder(os.fspath(target), ""), key=attrgetter("relpath"))
    _check_names([file.relpath for file in gathered], os.fspath(target))
    if not gathered:
        raise InvalidData(f"`{_name(target)}` holds no file", hint="DVC records files; put one there first")
    return Scan(target, True, tuple(gathered), walk.empty, walk.ignored, started)


class _Walk:
    """One walk over a file or folder, and what it counted on the way."""

    def __init__(self, root: Path, target: Path, ignore: Ignore, cache: Path | None) -> None:
        self.empty = 0
        self.ignored = 0
        self._target = os.fspath(target)
        self._within = target.relative_to(root).as_posix()
        self._ignore = ignore
        self._cache = None if cache is None else os.path.realpath(cache) + os.sep

    def folder(self, folder: str, prefix: str) -> Iterator[File]:
        """Look at a folder and those below it."""
        try:
            with os.scandir(folder) as opened:
                entries = list(opened)
        except OSError as error:
            raise files.problem(error, "read", Path(folder)) from error
        within = f"{self._within}/{prefix}"
        ignored = 0
        for entry in entries:
            real_folder = entry.is_dir(follow_symlinks=False)
            is_folder = real_folder or (entry.is_symlink() and os.path.isdir(entry.path))
            if self._ignore(within + entry.name, is_folder):
                ignored += 1
                continue
            _check_entry(entry)
            if not real_folder:
                yield self.file(entry.path, prefix + entry.name)
            elif os.path.lexists(os.path.join(entry.path, ".dvc")):
                raise InvalidData(f"`{shown(entry.path)}` is a DVC repository of its own, which DVC leaves out")
            else:
                yield from self.folder(entry.path, f"{prefix}{entry.name}/")
        self.ignored += ignored
        if ignored == len(entries) and prefix:
            self.empty += 1

    def file(self, path: str, relpath: str) -> File:
        """Look at one file, or at what a link leads to."""
        try:
            found = os.lstat(path)
        except OSError as error:
            raise files.problem(error, "look at", Path(path)) from error
        link = stat.S_ISLNK(found.st_mode)
        if link:
            found = self._follow(path)
        if not stat.S_ISREG(found.st_mode):
            raise InvalidData(f"`{shown(path)}` is a {_kind(found.st_mode)}; only files and folders are recorded")
        if found.st_mode & 0o444 != 0o444 and not os.access(path, os.R_OK):
            raise EnvironmentProblem(f"cannot read `{shown(path)}`: permission denied", hint=command("chmod u+r", path))
        return File(relpath, Stamp.of(found), bool(found.st_mode & 0o111), link)

    def _follow(self, path: str) -> os.stat_result:
        """Find what a link leads to; refuse what DVC would lose or what does not belong here."""
        try:
            real = os.path.realpath(path, strict=True)
            found = os.stat(real)
        except FileNotFoundError as error:
            raise InvalidData(
                f"`{shown(path)}` is a link to something that does not exist", hint=command("rm", path)
            ) from error
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise files.problem(error, "look at", Path(path)) from error
            raise InvalidData(f"`{shown(path)}` is a link that leads in a circle", hint=command("rm", path)) from error
        if self._cache is not None and real.startswith(self._cache):
            return found
        within = os.path.relpath(real, os.path.realpath(self._target))
        if path == self._target or listing.path_problem(within) is not None:
            raise InvalidData(
                f"`{shown(path)}` is a link that leads out of what is recorded, to `{shown(real)}`",
                hint=f"replace it by what it leads to: `{command('cp -r --remove-destination', real, path)}`",
            )
        if stat.S_ISDIR(found.st_mode):
            raise InvalidData(
                f"`{shown(path)}` is a link to a folder, which DVC leaves out", hint="replace it by a real folder"
            )
        return found


def _check_entry(entry: os.DirEntry[str]) -> None:
    """Refuse names that no listing can hold and the one file that DVC refuses inside of data."""
    if not _is_utf8(entry.name):
        raise InvalidData(f"`{shown(entry.path)}` has a name that is not UTF-8", hint="rename it")
    if entry.name == dvcignore.NAME:
        raise InvalidData(
            f"`{shown(entry.path)}` lies inside of data, where DVC refuses it", hint="move its lines one folder up"
        )


def _check_names(relpaths: list[str], where: str) -> None:
    """Refuse names that another system cannot hold or cannot tell apart."""
    for relpath in relpaths:
        problem = listing.path_problem(relpath)
        if problem is not None:
            raise InvalidData(f"`{shown(relpath)}` in `{shown(where)}` cannot be recorded: {problem}", hint="rename it")
    twins = listing.collisions(relpaths)
    if twins:
        first, second = twins[0]
        raise InvalidData(
            f"`{shown(first)}` and `{shown(second)}` in `{shown(where)}` differ in case or Unicode form only",
            hint="rename one of them: other systems hold them to be the same",
        )


def _left_out(path: str, is_folder: bool, ignore: Ignore) -> bool:
    """Tell whether a path is left out by itself or by a folder above it."""
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    return any(ignore(folder, True) for folder in above) or ignore(path, is_folder)


def _kind(mode: int) -> str:
    """Name what is neither file nor folder."""
    if stat.S_ISFIFO(mode):
        return "FIFO"
    if stat.S_ISSOCK(mode):
        return "socket"
    return "device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "folder"


def _is_utf8(name: str) -> bool:
    """Tell whether a name on disk could be decoded."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(path: Path) -> str:
    """Show a path in a message."""
    return shown(os.fspath(path))

"""What a file or folder consists of: every regular file that DVC would record, and a refusal of what it would lose.

DVC follows links to files, leaves out links to folders and empty folders without a word, and stumbles over devices.
Here a link must stay inside the folder or point at the cache, and everything that could not be restored is refused.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidData, NotFound
from datakit.formats import listing
from datakit.formats.finding import command
from datakit.formats.listing import shown
from datakit.store import dvcignore, files
from datakit.store.dvcignore import Ignore
from datakit.store.rows import EXECUTABLE, LINK, File, Files
from datakit.store.worker import STAMP

_Entry = tuple[str, int, bytes]  # name, of a folder with a slash behind it; mode; stamp
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_PLAIN = 0o170444  # the bits that tell a regular file that everybody may read
_PLAIN_FILE = stat.S_IFREG | 0o444


class Scan(NamedTuple):
    """What a file or folder consists of."""

    target: Path
    is_folder: bool
    files: Files  # in the order of their paths
    empty_folders: int  # sub-folders without a file, which DVC does not record
    ignored: int  # files and folders that `.dvcignore` or DVC's own rules leave out
    started_ns: int  # the clock before the first look, in nanoseconds

    @property
    def size(self) -> int:
        """Sum up the bytes of all files."""
        return sum(self.files.sizes)

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
        walk.file(os.fspath(target), target.name)
        return Scan(target, False, walk.files(), 0, 0, started)
    walk.folder(os.fspath(target), "")
    gathered = walk.files()
    if walk.odd:
        _check_names(gathered.names, os.fspath(target))
    if not gathered:
        raise InvalidData(f"`{_name(target)}` holds no file", hint="DVC records files; put one there first")
    return Scan(target, True, gathered, walk.empty, walk.ignored, started)


class _Walk:
    """One walk over a file or folder, and what it found on the way."""

    def __init__(self, root: Path, target: Path, ignore: Ignore, cache: Path | None) -> None:
        self.empty = 0
        self.ignored = 0
        self.odd = False  # whether names have to be looked at one by one
        self._names: list[str] = []
        self._stamps = bytearray()
        self._kinds = bytearray()
        self._target = os.fspath(target)
        self._within = target.relative_to(root).as_posix()
        self._ignore = ignore
        self._cache = None if cache is None else os.path.realpath(cache) + os.sep

    def files(self) -> Files:
        """Return what was found."""
        return Files(self._names, bytes(self._stamps), bytes(self._kinds))

    def folder(self, folder: str, prefix: str) -> None:
        """Look at a folder and those below it, in the order of the paths."""
        if len(prefix) > listing.MAX_NAME_BYTES:
            _check_names([f"{prefix}x"], self._target)
        entries = self._kept(_entries(folder), folder, prefix)
        names, stamps, kinds = self._names, self._stamps, self._kinds
        for key, mode, stamp in entries:
            if mode & _PLAIN == _PLAIN_FILE:
                names.append(prefix + key)
                stamps += stamp
                kinds.append(EXECUTABLE if mode & 0o111 else 0)
            elif not stat.S_ISDIR(mode):
                self.file(f"{folder}/{key}", prefix + key)
            elif os.path.lexists(f"{folder}/{key}.dvc"):
                raise InvalidData(
                    f"`{shown(f'{folder}/{key[:-1]}')}` is a DVC repository of its own, which DVC leaves out"
                )
            else:
                self.folder(f"{folder}/{key[:-1]}", prefix + key)

    def _kept(self, entries: list[_Entry], folder: str, prefix: str) -> list[_Entry]:
        """Leave out what is ignored; refuse names that no listing can hold and the one file that DVC refuses."""
        kept, names = entries, [key.rstrip("/") for key, _, _ in entries]
        if self._ignore is not dvcignore.always or not dvcignore.ALWAYS.isdisjoint(names):
            within = f"{self._within}/{prefix}"
            kept = [
                (key, mode, stamp)
                for key, mode, stamp in entries
                if not self._ignore(within + key.rstrip("/"), _is_folder(folder, key, mode))
            ]
            self.ignored += len(entries) - len(kept)
            names = [key.rstrip("/") for key, _, _ in kept]
        if not kept and prefix:
            self.empty += 1
        plain = listing.are_plain(names)
        if not plain or dvcignore.NAME in names:
            for name in names:
                _check_entry(f"{folder}/{name}", name)
        self.odd |= not plain or len(prefix) + max(map(len, names), default=0) > listing.MAX_NAME_BYTES
        return kept

    def file(self, path: str, relpath: str) -> None:
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
        self._names.append(relpath)
        self._stamps += _row(found)
        self._kinds.append((EXECUTABLE if found.st_mode & 0o111 else 0) | (LINK if link else 0))

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


def _entries(folder: str) -> list[_Entry]:
    """List a folder, sorted so that the paths below each sub-folder come in their place: its name counts with its slash."""
    found: list[_Entry] = []
    try:
        fd = os.open(folder, _FOLDER)
        try:
            for name in os.listdir(fd):
                seen = os.stat(name, dir_fd=fd, follow_symlinks=False)
                mode = seen.st_mode
                found.append((name + "/" if stat.S_ISDIR(mode) else name, mode, _row(seen)))
        finally:
            os.close(fd)
    except OSError as error:
        raise files.problem(error, "read", Path(folder, error.filename or "")) from error
    found.sort(key=itemgetter(0))
    return found


def _row(found: os.stat_result) -> bytes:
    """Write a stamp."""
    return STAMP.pack(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _is_folder(folder: str, key: str, mode: int) -> bool:
    """Tell whether something is a folder, for DVC's rules also a link to one."""
    return stat.S_ISDIR(mode) or (stat.S_ISLNK(mode) and os.path.isdir(f"{folder}/{key}"))


def _check_entry(path: str, name: str) -> None:
    """Refuse names that no listing can hold and the one file that DVC refuses inside of data."""
    if not _is_utf8(name):
        raise InvalidData(f"`{shown(path)}` has a name that is not UTF-8", hint="rename it")
    if name == dvcignore.NAME:
        raise InvalidData(
            f"`{shown(path)}` lies inside of data, where DVC refuses it", hint="move its lines one folder up"
        )


def _check_names(relpaths: Sequence[str], where: str) -> None:
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

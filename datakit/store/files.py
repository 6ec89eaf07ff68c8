"""Atomic files: a new file is complete and on the disk before it takes its name, and lies where it should.

The write path is restic's: temporary file in the same folder, write, length check, fsync, rename, fsync of the folder.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats.listing import shown
from datakit.store import disk

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # never follows a link, never waits for a FIFO


def write_atomic(path: Path, data: bytes, *, mode: int = 0o666, root: Path | None = None) -> bool:
    """Give a file new content, so that every reader and every crash sees the old bytes or the new ones.

    Args:
        path: The file; its folder must exist.
        data: The whole content.
        mode: Permissions of a new file, before the umask; an existing file keeps its own.
        root: The folder that the file must really lie in; see `inside`.

    Returns:
        Whether anything was written: `False` when the file already holds these bytes.

    Raises:
        EnvironmentProblem: The system refuses; the message names the path and the reason.
        InvalidRecord: The path is not inside `root`.
    """
    if root is not None:
        inside(root, path)
    old = _replaceable(path)
    if old is not None and old.st_size == len(data) and read(path) == data:
        return False
    try:
        with disk.temporary(path.parent, mode) as (fd, temp):
            disk.write_all(fd, data)
            if old is not None:
                os.fchmod(fd, stat.S_IMODE(old.st_mode))
            disk.check_length(fd, len(data), path)
            disk.sync_fd(fd)
            os.replace(temp, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise problem(error, "write", path) from error
    return True


def publish(temp: Path, path: Path, *, root: Path | None = None) -> None:
    """Give a finished temporary file its final name.

    Args:
        temp: A complete file on the file system of `path`.
        path: The final name; a file that is there is replaced, and its permissions are kept.
        root: The folder that the file must really lie in; see `inside`.

    Raises:
        EnvironmentProblem: The system refuses; `temp` is still there.
        InvalidRecord: The path is not inside `root`.
    """
    if root is not None:
        inside(root, path)
    old = _replaceable(path)
    try:
        fd = os.open(temp, _READ)
        try:
            if old is not None:
                os.fchmod(fd, stat.S_IMODE(old.st_mode))
            disk.sync_fd(fd)
        finally:
            os.close(fd)
        os.replace(temp, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise problem(error, "write", path) from error


def read(path: Path) -> bytes:
    """Read a regular file, never through a link and never waiting.

    Args:
        path: The file.

    Raises:
        EnvironmentProblem: It cannot be read, or is no regular file.
    """
    try:
        fd = os.open(path, _READ)
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise EnvironmentProblem(f"cannot read `{_name(path)}`: it is not a regular file")
            return file.read()
    except OSError as error:
        raise problem(error, "read", path) from error


def inside(root: Path, path: Path) -> None:
    """Refuse a path that does not really lie inside a folder.

    Args:
        root: The folder; how it is reached does not matter.
        path: The path, absolute or relative to the working directory; it need not exist.

    Raises:
        InvalidRecord: The path leads out of `root` or into a `.git`.
        EnvironmentProblem: A folder between them is a symbolic link or no folder.
    """
    base = os.path.abspath(root)
    relative = os.path.relpath(os.path.abspath(path), base)
    parts = relative.split(os.sep)
    if ".." in Path(path).parts or parts[0] in {os.pardir, os.curdir}:
        raise InvalidRecord(_name(path), f"leads out of `{_name(root)}`")
    if any(part.casefold() == ".git" for part in parts):
        raise InvalidRecord(_name(path), "leads into a `.git` folder")
    folder = base
    for part in parts[:-1]:
        folder = os.path.join(folder, part)
        try:
            mode = os.lstat(folder).st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise problem(error, "look at", Path(folder)) from error
        if stat.S_ISLNK(mode):
            raise EnvironmentProblem(
                f"`{shown(folder)}` is a symbolic link; nothing is recorded or written through it",
                hint="use a real folder there; `dvc cache dir` moves the bytes elsewhere",
            )
        if not stat.S_ISDIR(mode):
            raise EnvironmentProblem(f"`{shown(folder)}` is not a folder")


def make_folder(folder: Path, *, root: Path) -> None:
    """Make a folder and those above it, durably.

    Args:
        folder: The folder; it may exist.
        root: The existing folder that it must lie in; see `inside`.

    Raises:
        EnvironmentProblem: The system refuses.
        InvalidRecord: The folder is not inside `root`.
    """
    if folder == root:
        return
    inside(root, folder / "x")
    missing = [folder]
    while not missing[-1].exists():
        missing.append(missing[-1].parent)
    try:
        for each in reversed(missing[:-1]):
            each.mkdir(exist_ok=True)
            disk.sync_folder(each.parent)
    except OSError as error:
        raise problem(error, "make the folder", folder) from error


def private_folder(state_dir: Path) -> None:
    """Make the folder that Git never looks into.

    Args:
        state_dir: The folder; its parent exists.

    Raises:
        EnvironmentProblem: The system refuses, or it is a link: a repository could bring one that leads anywhere.
    """
    inside(state_dir.parent, state_dir / ".gitignore")
    try:
        state_dir.mkdir(exist_ok=True)
    except OSError as error:
        raise problem(error, "make the folder", state_dir) from error
    write_atomic(state_dir / ".gitignore", b"*\n")


def problem(error: OSError, action: str, path: Path) -> EnvironmentProblem:
    """Say in words what the system refused.

    Args:
        error: What the system said.
        action: What was tried: `write`, `read`.
        path: On what.

    Returns:
        The error to raise.

    >>> problem(OSError(errno.ENOSPC, "x"), "write", Path("a")).message
    'cannot write `a`: no space is left on the device'
    """
    folder = _name(path.parent)
    reason, hint = {
        errno.ENOSPC: ("no space is left on the device", "free some space, then run the command again"),
        errno.EDQUOT: ("the disk quota is used up", "free some space, then run the command again"),
        errno.EACCES: ("permission denied", f"check owner and mode: `ls -ld {folder}`"),
        errno.EPERM: ("the operation is not permitted", f"check owner, mode and attributes: `ls -ld {folder}`"),
        errno.EROFS: ("the file system is read-only", f"make `{folder}` writable, then run the command again"),
        errno.ENOENT: ("it does not exist, or its folder does not", f"check that `{folder}` exists"),
        errno.ENOTDIR: ("a part of its path is a file, not a folder", f"look for a file in the way of `{folder}`"),
        errno.EISDIR: ("it is a folder", None),
        errno.ELOOP: ("it is a symbolic link", None),
        errno.ENAMETOOLONG: ("its name is too long", None),
        errno.EIO: ("the disk reports an error", "check the disk before anything else"),
    }.get(error.errno or 0, (error.strerror or type(error).__name__, None))
    return EnvironmentProblem(f"cannot {action} `{_name(path)}`: {reason}", hint=hint)


def _name(path: Path) -> str:
    """Show a path in a message."""
    return shown(os.fspath(path))


def _replaceable(path: Path) -> os.stat_result | None:
    """Look at the file that a write would replace; refuse to replace anything but a regular file."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise problem(error, "write", path) from error
    if not stat.S_ISREG(found.st_mode):
        kind = "symbolic link" if stat.S_ISLNK(found.st_mode) else "folder" if stat.S_ISDIR(found.st_mode) else "device"
        raise EnvironmentProblem(
            f"cannot write `{_name(path)}`: it is a {kind}", hint="move it away, then run the command again"
        )
    return found

"""Getting bytes to the disk: temporary files that never outlive their writer, complete writes, and the kinds of sync.

A writer holds a kernel lock on its temporary file or folder, so `sweep` tells a dead writer's leftovers from a living one's work.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datakit.errors import EnvironmentProblem
from datakit.formats.listing import shown

PREFIX = ".datakit-"  # of every temporary name
_PROCESS = secrets.token_hex(6)
_COUNT = itertools.count()
_NAME = re.compile(re.escape(PREFIX) + r"[0-9a-f]{13,}-[0-9a-f]+")  # what `_new_name` thinks of, and nobody else
_CHUNK = 1024 * 1024  # bytes of a copy
_CREATE = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_CREAT | os.O_EXCL
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})  # what a file system that cannot sync answers


@contextmanager
def temporary(folder: str | Path, mode: int = 0o666) -> Iterator[tuple[int, str]]:
    """Open a new file for writing that is removed if the block fails; a block that succeeds has renamed it.

    Args:
        folder: Where it is made.
        mode: Its permissions, before the umask.

    Yields:
        The file descriptor, locked against `sweep`, and the path.
    """
    fd, temp = _open_temporary(os.fspath(folder), mode)
    try:
        yield fd, temp
    except BaseException:
        with suppress(OSError):
            os.unlink(temp)
        raise
    finally:
        os.close(fd)


@contextmanager
def temporary_folder(folder: str | Path) -> Iterator[Path]:
    """Make a new folder that is removed if the block fails; a block that succeeds has renamed it.

    Args:
        folder: Where it is made.

    Yields:
        The path, locked against `sweep`.
    """
    fd, temp = _open_folder(os.fspath(folder))
    try:
        yield Path(temp)
    except BaseException:
        shutil.rmtree(temp, ignore_errors=True)
        raise
    finally:
        os.close(fd)


def temporary_name(folder: Path) -> Path:
    """Name a file that does not exist yet, for what cannot be opened first: a link.

    Args:
        folder: Where it will be made.
    """
    return folder / _new_name()


def sweep(folder: Path) -> int:
    """Remove what killed writers left in one folder.

    Args:
        folder: The folder; its other sub-folders are not looked at.

    Returns:
        How many files and folders were removed. What its writer still holds stays.
    """
    removed = 0
    try:
        names = [entry for entry in os.scandir(folder) if _NAME.fullmatch(entry.name)]
    except OSError:
        return 0  # nothing to sweep where nothing can be seen
    for entry in names:
        with suppress(OSError):  # somebody else removed it first
            if entry.is_symlink():
                os.unlink(entry.path)
                removed += 1
            elif entry.is_file(follow_symlinks=False):
                removed += _remove_abandoned(entry.path, _READ, os.unlink)
            elif entry.is_dir(follow_symlinks=False):
                removed += _remove_abandoned(entry.path, _FOLDER, shutil.rmtree)
    return removed


def abandoned(folder: Path) -> list[Path]:
    """List what `sweep` would remove, and change nothing.

    Args:
        folder: The folder; its other sub-folders are not looked at.
    """
    try:
        entries = [entry for entry in os.scandir(folder) if _NAME.fullmatch(entry.name)]
    except OSError:
        return []
    return sorted(Path(entry.path) for entry in entries if entry.is_symlink() or _is_abandoned(entry))


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write every byte, however little the system takes at a time.

    Args:
        fd: An open file.
        data: The bytes.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def copy(source: str | Path, target: str | Path) -> None:
    """Copy the bytes of a file into one that exists.

    Args:
        source: The file.
        target: The other one; its content is replaced.
    """
    reading = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_TRUNC)
        try:
            while chunk := os.read(reading, _CHUNK):
                write_all(writing, chunk)
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def check_length(fd: int, expected: int, path: Path) -> None:
    """Refuse a file that is not as long as what was written to it.

    Args:
        fd: The file.
        expected: Its length in bytes.
        path: Its name, for the error.

    Raises:
        EnvironmentProblem: The file system lost bytes without saying so.
    """
    found = os.fstat(fd).st_size
    if found != expected:
        raise EnvironmentProblem(
            f"cannot write `{shown(os.fspath(path))}`: expected {expected:,} bytes, found {found:,}",
            hint="check the file system for errors, then run the command again",
        )


def sync_fd(fd: int) -> None:
    """Bring a file or folder to the disk; a file system that knows no such thing is taken at its word.

    Args:
        fd: The open file or folder.
    """
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk.

    Args:
        folder: The folder.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync_fd(fd)
    finally:
        os.close(fd)


def sync_filesystem(folder: Path) -> None:
    """Bring everything on the file system of a folder to the disk: one call in place of an fsync for each file.

    Args:
        folder: Any folder on that file system.

    Raises:
        OSError: The folder cannot be opened, or the disk reports an error.
    """
    import ctypes

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:  # not Linux
        os.sync()
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        failed = syncfs(fd) != 0
    finally:
        os.close(fd)
    if failed:
        code = ctypes.get_errno()
        if code not in _NO_SYNC:
            raise OSError(code, os.strerror(code))
        os.sync()


def _new_name() -> str:
    """Think of a name that no other process and no earlier call thought of."""
    return f"{PREFIX}{_PROCESS}{os.getpid():x}-{next(_COUNT):x}"


def _open_temporary(folder: str, mode: int) -> tuple[int, str]:
    """Create and lock a temporary file; start over where `sweep` was quicker than the lock."""
    while True:
        temp = f"{folder}{os.sep}{_new_name()}"
        fd = os.open(temp, _CREATE, mode)
        try:
            with suppress(OSError):  # no locks on this file system: sweep cannot lock either and leaves the file
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_nlink:
                return fd, temp
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _open_folder(folder: str) -> tuple[int, str]:
    """Make and lock a temporary folder; start over where `sweep` was quicker than the lock."""
    while True:
        temp = f"{folder}{os.sep}{_new_name()}"
        os.mkdir(temp)
        try:
            fd = os.open(temp, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        with suppress(OSError):  # no locks on this file system: sweep cannot lock either and leaves the folder
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.isdir(temp):
            return fd, temp
        os.close(fd)


def _is_abandoned(entry: os.DirEntry[str]) -> bool:
    """Tell whether nobody holds a temporary file or folder."""
    try:
        fd = os.open(entry.path, _FOLDER if entry.is_dir(follow_symlinks=False) else _READ)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _remove_abandoned(path: str, flags: int, remove: Callable[[str], object]) -> bool:
    """Remove a temporary file or folder whose writer is gone, and tell whether it was; the lock is held until then."""
    fd = os.open(path, flags)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(path)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True

"""Links in the workspace: a file gives way to its object in the cache in one step, and only if nobody touched it."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from datakit.errors import InvalidData
from datakit.formats.listing import shown
from datakit.store import disk, files
from datakit.store.hashing import Stamp

_CANNOT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})


def is_made(kind: str, path: Path, found: os.stat_result, target: Path) -> bool:
    """Tell whether a file is linked to its object already.

    Args:
        kind: `hardlink` or `symlink`.
        path: The file.
        found: What `os.lstat` says about it.
        target: The object.
    """
    if kind == "symlink":
        return stat.S_ISLNK(found.st_mode) and os.readlink(path) == os.fspath(target)
    return os.path.samestat(found, os.lstat(target))


def make(kind: str, path: Path, target: Path, stamp: Stamp, aside: Path | None = None) -> bool:
    """Put a link in the place of a file in one step.

    Args:
        kind: `hardlink` or `symlink`.
        path: The file.
        target: The object that holds its bytes, durably.
        stamp: What the file was when it was hashed.
        aside: Where the link is made that takes the file's name, if that is on the same file system; beside the file else.
            A kill leaves it there, for `disk.sweep` to find.

    Returns:
        `False` where such links are impossible here; the file is left alone.

    Raises:
        InvalidData: The file is not what it was when it was hashed; it is left alone.
        EnvironmentProblem: The system refuses.
    """
    temp = disk.temporary_name(_same_file_system(aside, path.parent))
    try:
        if kind == "symlink":
            os.symlink(target, temp)
        else:
            os.link(target, temp, follow_symlinks=False)
    except OSError as error:
        if error.errno in _CANNOT_LINK:
            return False
        raise files.problem(error, "link", path) from error
    try:
        found = Stamp.of(os.stat(path))
        # The inode's own clock moves with every link to it, so it does not count here.
        if found._replace(ctime_ns=stamp.ctime_ns) != stamp:
            raise InvalidData(
                f"`{shown(os.fspath(path))}` changed after it was hashed", hint="run the command again to record it"
            )
        os.replace(temp, path)
    except OSError as error:
        raise files.problem(error, "link", path) from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temp)
    return True


def _same_file_system(aside: Path | None, beside: Path) -> Path:
    """Choose a folder from which a file can be moved to its place."""
    if aside is not None:
        with suppress(OSError):  # it does not exist
            if os.stat(aside).st_dev == os.stat(beside).st_dev:
                return aside
    return beside

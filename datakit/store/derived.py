"""A file that is computed, not copied: built out of sight, then given its name, unless it lies there already."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datakit.errors import EnvironmentProblem
from datakit.formats.listing import shown
from datakit.store import disk, files, hashing
from datakit.store.hashing import Digest


@contextmanager
def building(folder: Path, name: str) -> Iterator[Path]:
    """Choose where a file is built; what was built and not placed is removed at the end.

    Args:
        folder: An existing folder on the file system of the file's place.
        name: The file's name, which messages tell.

    Yields:
        The path of the file, which does not exist yet.

    Raises:
        EnvironmentProblem: The folder cannot be written to.
    """
    disk.sweep(folder)
    try:
        with disk.temporary_folder(folder) as temp:
            yield temp / name
            shutil.rmtree(temp)
    except OSError as error:
        raise files.problem(error, "write", folder / name) from error


def place(built: Path, found: Digest, target: Path, *, root: Path, replace: bool) -> bool:
    """Give a built file its name; where these very bytes lie there, nothing is touched.

    Args:
        built: The file, complete.
        found: Its hashes.
        target: Its place.
        root: The existing folder that the place must really lie in.
        replace: Whether another file may give way.

    Returns:
        Whether anything was written.

    Raises:
        EnvironmentProblem: Something is in the way, or the system refuses; nothing was replaced.
        InvalidRecord: The place is not inside `root`.
    """
    files.inside(root, target)
    if os.path.lexists(target) and stat.S_ISREG(os.lstat(target).st_mode):
        there = hashing.hash_file(target)
        if there == found:
            return False
        if not replace:
            raise EnvironmentProblem(
                f"`{shown(os.fspath(target))}` is in the way",
                hint="choose an empty or new place, or replace what is there with `--force`",
            )
    files.publish(built, target, root=root)
    return True

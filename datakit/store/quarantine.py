"""Where bytes go that are not what their name says: `quarantine/<name>.<md5 of what they are>`, read-only, never deleted."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from datakit.store import disk, files, hashing
from datakit.store.cache import MODE

FOLDER = "quarantine"  # in the private folder


def move(state: Path, source: Path, name: str, md5: str) -> Path:
    """Take a file that nobody needs where it is.

    Args:
        state: The private folder.
        source: The file; it is gone afterwards.
        name: What it should have been.
        md5: What its bytes are.

    Returns:
        Where it is now.

    Raises:
        EnvironmentProblem: The system refuses; the file is still where it was.
    """
    place = _folder(state) / f"{name}.{md5}"
    try:
        os.replace(source, place)
        os.chmod(place, MODE)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise files.problem(error, "put aside", source) from error
        place = keep(state, source, name)
        source.unlink(missing_ok=True)
    return place


def keep(state: Path, source: Path, name: str) -> Path:
    """Copy a file that is about to be replaced; it stays as it is.

    One more name of the same file would cost nothing, but would change its stamp, which tells whether somebody wrote to it.

    Args:
        state: The private folder.
        source: The file.
        name: What it should have been.

    Returns:
        Where its bytes are kept.

    Raises:
        EnvironmentProblem: The system refuses, or there is no space.
    """
    return receive(state, name, partial(disk.copy, source))


def receive(state: Path, name: str, fill: Callable[[str], None]) -> Path:
    """Keep bytes that come from elsewhere, under what they turn out to be.

    Args:
        state: The private folder.
        name: What they should have been.
        fill: Writes them into the file that it is given.

    Returns:
        Where they are kept.

    Raises:
        FileNotFoundError: They are nowhere: `fill` said so.
        EnvironmentProblem: The system refuses, or there is no space.
    """
    folder = _folder(state)
    try:
        with disk.temporary(folder) as (fd, temp):
            fill(temp)
            md5 = hashing.hash_file(Path(temp)).md5
            place = folder / f"{name}.{md5}"
            disk.sync_fd(fd)
            os.fchmod(fd, MODE)
            os.replace(temp, place)
        disk.sync_folder(folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise files.problem(error, "write", folder / name) from error
    return place


def _folder(state: Path) -> Path:
    """Return the folder, made where it is missing."""
    files.private_folder(state)
    files.make_folder(state / FOLDER, root=state)
    return state / FOLDER

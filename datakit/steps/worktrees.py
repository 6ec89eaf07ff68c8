"""Linked work trees: DVC keeps a cache and a `config.local` for each, so a new one starts without bytes and credentials.

The cache of the main one lies there as a remote does on this machine, so what it has is copied from it, hashed on the way.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from datakit.errors import DatakitError, EnvironmentProblem
from datakit.progress import SILENT, Progress
from datakit.repo.git import Git
from datakit.repo.project import Project
from datakit.store import dvc_config, transfer
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object

_LOCAL = Path(".dvc", "config.local")


class Apart(NamedTuple):
    """What a linked work tree does not share with the main one."""

    main: Path  # the main work tree
    command: str  # that shares it from now on


def apart(root: Path, git: Git) -> Apart | None:
    """Find what a linked work tree lacks that the main one has; None where nothing, or where it is no linked one.

    Args:
        root: The top of the work tree.
        git: Its Git.

    Raises:
        InvalidRecord: DVC's configuration is broken.
    """
    main = git.main_tree()
    if main is None or not (main / ".dvc").is_dir():
        return None
    steps = []
    if (main / _LOCAL).is_file() and not (root / _LOCAL).exists():
        steps.append(shlex.join(["cp", str(main / _LOCAL), str(root / _LOCAL)]))
    there, here = dvc_config.read(main).cache_dir, dvc_config.read(root).cache_dir
    if there.is_dir() and here.resolve() != there.resolve():
        steps.append(shlex.join(["dvc", "cache", "dir", "--local", str(there)]))
    return Apart(main, " && ".join(steps)) if steps else None


def get(
    where: Project, cache: Cache, wanted: Sequence[Object], remote: Callable[[], Remote], progress: Progress = SILENT
) -> int:
    """Get objects into the cache: from the main work tree's where this is a linked one, else from the remote.

    Args:
        where: The project.
        cache: DVC's cache.
        wanted: What it lacks.
        remote: Opens the remote; called only where something is still missing.
        progress: Told of every byte.

    Returns:
        How many objects came from the remote.

    Raises:
        IntegrityError: Objects are missing on the remote or are not what their names say.
        EnvironmentProblem: There is no remote, or it does not answer.
    """
    main, rest = beside(where), list(wanted)
    if main is not None and rest:
        with suppress(DatakitError):  # the remote may have what is broken or closed there
            gone = {item.name for item in transfer.missing(main, rest)}
            transfer.get(main, cache, [item for item in rest if item.name not in gone], where.state, progress)
        rest = [item for item in rest if not cache.has(item.name)]
    if rest:
        transfer.get(remote(), cache, rest, where.state, progress)
    return len(rest)


def beside(where: Project) -> Remote | None:
    """Return the main work tree's cache as a place to copy from; None where this has no other one beside it.

    Args:
        where: The project.

    Raises:
        InvalidRecord: DVC's configuration is broken.
    """
    main = where.git.main_tree()
    if main is None or not (main / ".dvc").is_dir():
        return None
    there = dvc_config.read(main).cache_dir
    if not there.is_dir() or there.resolve() == dvc_config.read(where.root).cache_dir.resolve():
        return None
    return Remote("main work tree", str(there), f"{there}/files/md5", None, 1)


def explained(root: Path, git: Git, error: EnvironmentProblem) -> EnvironmentProblem:
    """Return the error of a remote that cannot be had; in a linked work tree with what mends it there.

    Args:
        root: The top of the work tree.
        git: Its Git.
        error: What went wrong.
    """
    found = apart(root, git)
    if found is None:
        return error
    return EnvironmentProblem(
        f"{error.message}; this work tree is linked to `{found.main}`, and DVC keeps a cache and a config.local for each",
        hint=found.command,
    )

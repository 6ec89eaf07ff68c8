"""Linked work trees: DVC keeps a cache and a `config.local` for each, so a new one starts without bytes and credentials."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem
from datakit.repo.git import Git
from datakit.store import dvc_config

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

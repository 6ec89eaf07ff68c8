"""Looking at one part of what `doctor` found, and running the command that it advises, as a person would."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import datakit
from datakit.records import Diagnosis
from tests.support.repo import Repo


def diagnosed(repo: Repo, title: str, *, offline: bool = True) -> Diagnosis:
    """Return the one diagnosis of a title, of a whole look at a repository."""
    return only(datakit.doctor(offline=offline, root=repo.path), title)


def only(found: Iterable[Diagnosis], title: str) -> Diagnosis:
    """Return the one diagnosis of a title."""
    (match,) = [item for item in found if item.title == title]
    return match


def titles(repo: Repo) -> list[str]:
    """Return the titles of everything that is not as it should be."""
    return [item.title for item in datakit.doctor(offline=True, root=repo.path) if item.condition != "ok"]


def mended(repo: Repo, found: Diagnosis) -> None:
    """Run the command of a diagnosis in a shell, word for word; `datakit` and `dvc` are those of this Python."""
    folder = repo.path.parent / "tools"
    folder.mkdir(exist_ok=True)
    for name in ("datakit", "dvc"):
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m {name} "$@"\n')
        (folder / name).chmod(0o755)
    path = f"{folder}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    done = repo.run("sh", "-c", found.command, env={"PATH": path})
    assert done.code == 0, f"{found.command}\n{done.out}{done.err}"

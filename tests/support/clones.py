"""A project with a table, a folder, a version and a remote; and clones of it as a colleague has them."""

from __future__ import annotations

from pathlib import Path

import datakit
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS
from tests.support.repo import Repo

TABLE = "data/raw/birds.csv"
FOLDER = "data/raw/photos"
PHOTOS = {f"{FOLDER}/m/1.png": "one", f"{FOLDER}/m/2.png": "two", f"{FOLDER}/f/ü.png": ""}


def published(repo: Repo, remote: str = "../storage") -> Repo:
    """Record a table and a folder, register both as v1.0.0, then record more of both; nothing is pushed."""
    repo.write({TABLE: BIRDS, **PHOTOS})
    datakit.add(TABLE, FOLDER, fields=CARD, root=repo.path)
    repo.dvc("remote", "add", "--default", "storage", remote)
    repo.commit("first")
    for name in ("birds", "photos"):
        repo.git("tag", "--annotate", f"{name}@v1.0.0", "--message", "first")
    return repo


def changed(repo: Repo) -> Repo:
    """Record other bytes of both datasets, and commit."""
    repo.write({TABLE: MORE_BIRDS, f"{FOLDER}/m/3.png": "three"})
    (repo.path / f"{FOLDER}/m/1.png").unlink()
    datakit.add(note="more were caught", root=repo.path)
    repo.commit("second")
    return repo


def cloned(repo: Repo, path: Path) -> Repo:
    """Clone a repository beside it, so that a relative remote means the same place."""
    assert path.parent == repo.path.parent
    repo.git("clone", "--quiet", ".", str(path))
    return Repo(path)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

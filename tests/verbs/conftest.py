"""Projects with a remote, made once for a module and copied: making one takes DVC a second."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.clones import changed, cloned, published
from tests.support.repo import Repo, copied


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def origin(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with two states of a table and of a folder, the first one registered, both pushed by DVC itself."""
    if not (shelf / "repo").exists():
        made = copied(blank_project, shelf / "repo")
        published(made)
        made.dvc("push")
        changed(made)
        made.dvc("push")
        cloned(made, shelf / "clone")
    shutil.copytree(shelf, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Repo(tmp_path / "repo")


@pytest.fixture
def clone(origin: Repo) -> Repo:
    """A fresh clone of it without any data."""
    return Repo(origin.path.parent / "clone")

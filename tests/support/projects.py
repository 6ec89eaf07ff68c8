"""Projects with a remote, made once for a module and copied: making one takes DVC a second."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.clones import changed, cloned, published
from tests.support.parts import divided
from tests.support.releases import releasable
from tests.support.repo import Repo, copied


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def origin(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with two states of a table and of a folder, the first one registered, both pushed by DVC itself."""
    if not (shelf / "whole").exists():
        made = copied(blank_project, shelf / "whole/repo")
        published(made)
        made.dvc("push")
        changed(made)
        made.dvc("push")
        cloned(made, shelf / "whole/clone")
    shutil.copytree(shelf / "whole", tmp_path, symlinks=True, dirs_exist_ok=True)
    return Repo(tmp_path / "repo")


@pytest.fixture
def clone(origin: Repo) -> Repo:
    """A fresh clone of it without any data."""
    return Repo(origin.path.parent / "clone")


@pytest.fixture
def split_origin(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with a table and a folder and splits of both, a version, a table that grew since; all pushed by datakit."""
    if not (shelf / "split").exists():
        cloned(divided(copied(blank_project, shelf / "split/repo")), shelf / "split/clone")
    shutil.copytree(shelf / "split", tmp_path, symlinks=True, dirs_exist_ok=True)
    return Repo(tmp_path / "repo")


@pytest.fixture
def split_clone(split_origin: Repo) -> Repo:
    """A fresh clone of it without any data."""
    return Repo(split_origin.path.parent / "clone")


@pytest.fixture(scope="session")
def released_shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("releasable")


@pytest.fixture
def ready(released_shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project whose datasets can be registered."""
    if not (released_shelf / "repo").exists():
        releasable(copied(blank_project, released_shelf / "repo"))
    shutil.copytree(released_shelf, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Repo(tmp_path / "repo")

"""Projects with hooks, made once and copied."""

from __future__ import annotations

from pathlib import Path

import pytest

import datakit
from datakit.verbs.scaffold import hooks
from tests.support.repo import Repo, copied


@pytest.fixture(scope="package")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


def _made(shelf: Path, blank: Path, tmp_path: Path, name: str) -> Repo:
    """Copy a project, made the first time."""
    if not (shelf / name).exists():
        made = copied(blank, shelf / name)
        datakit.init(made.path)
        made.commit("start")
    return copied(shelf / name, tmp_path / "repo")


@pytest.fixture
def hooked(shelf: Path, blank: Path, tmp_path: Path) -> Repo:
    """A project whose hooks were installed by pre-commit."""
    return _made(shelf, blank, tmp_path, "pre-commit")


@pytest.fixture
def native(shelf: Path, blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A project with hooks of its own, on a machine without pre-commit; this one has it."""
    monkeypatch.setattr(hooks, "pre_commit", tuple)
    return _made(shelf, blank, tmp_path, "native")

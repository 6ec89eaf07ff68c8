"""One project that every attack is made on, and the process that reads it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clones import TABLE, published
from tests.support.datasets import MORE_BIRDS
from tests.support.hostile import Reader, Victim
from tests.support.repo import Repo, copied


@pytest.fixture(scope="session")
def prey(blank_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two datasets at v1.0.0, something staged, something not, and data that changed."""
    made = copied(blank_project, tmp_path_factory.mktemp("prey") / "repo")
    made.write({"notes.md": "first\n"})
    published(made)
    card = "catalog/birds/README.md"
    made.write({card: f"{made.read(card)}\nOne more line.\n"})
    made.git("add", card)
    made.write({"notes.md": "second\n", TABLE: MORE_BIRDS})
    return made.path


@pytest.fixture
def victim(prey: Path, tmp_path: Path) -> Victim:
    """A copy of it, with a neighbour."""
    shutil.copytree(prey, tmp_path / "repo", symlinks=True)
    Repo(tmp_path / "beside").write({"file": "untouched"})
    return Victim(tmp_path / "repo", tmp_path / "canary")


@pytest.fixture(scope="session")
def reading() -> Iterator[Reader]:
    """The process, kept for all tests, since starting Python costs more than reading a repository."""
    with Reader() as started:
        yield started

"""One prepared repository for each manager of hooks, made when first asked for and copied for every attempt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios import prepared
from tests.scenarios.modes import Desk, with_remote
from tests.scenarios.table import Attempt, Scenario, attempt
from tests.support.repo import Repo

Shelves = Callable[[str, bool], Path]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is prepared."""
    return tmp_path_factory.mktemp("scenarios")


@pytest.fixture
def shelves(shelf: Path, blank_project: Path) -> Shelves:
    """Return the prepared folder of a manager of hooks, or the one where the project is a submodule."""

    def ask(manager: str, within: bool) -> Path:
        return (prepared.inside if within else prepared.shelf)(shelf, blank_project, manager)

    return ask


@pytest.fixture(name="attempt")
def _attempt(asked: tuple[Scenario, str, str], shelves: Shelves, tmp_path: Path) -> Attempt:
    """One attempt at a scenario, ready to be judged."""
    return attempt(asked, shelves, tmp_path)


@pytest.fixture
def desk(shelves: Shelves, tmp_path: Path) -> Desk:
    """A prepared repository with Git's own hooks."""
    return with_remote(shelves("native", False), tmp_path)


@pytest.fixture
def repo(desk: Desk) -> Repo:
    """The same, for what is not committed in every mode."""
    return desk.repo

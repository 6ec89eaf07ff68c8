"""Every test runs apart from the user's settings: its own home, its own Git and DVC configuration, a known author."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

import datakit
from tests.support.repo import Repo, copied

_GIT_LOCATION = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")

# Continuous integration judges a change by the same examples each time; at the desk they are new ones, to find more.
hypothesis.settings.register_profile("ci", derandomize=True)
# Every night there is time for more of them: `pytest --hypothesis-profile=nightly`.
hypothesis.settings.register_profile("nightly", max_examples=500)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


def _isolate(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Point everything that a tool reads from its user at one empty folder."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / ".gitconfig"
    config.write_text('[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n')
    for name in [*_GIT_LOCATION, *(key for key in os.environ if key.startswith(("DVC_", "DATAKIT_", "PRE_COMMIT")))]:
        patch.delenv(name, raising=False)
    settings = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ann Author",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann Author",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / ".dvc-site-cache"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / ".dvc-global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / ".dvc-system"),
        "PRE_COMMIT_HOME": str(home / ".cache/pre-commit"),
        "PYTHONPATH": str(Path(next(iter(datakit.__path__))).parent),  # hooks start an interpreter of their own
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    for name, value in settings.items():
        patch.setenv(name, value)


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Isolate one test and return its home."""
    home = tmp_path_factory.mktemp("home")
    _isolate(monkeypatch, home)
    return home


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with `git init` and `dvc init` done and committed; copied, never used."""
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, tmp_path_factory.mktemp("home"))
        made = Repo(tmp_path_factory.mktemp("blank") / "repo")
        made.git("init", "--quiet", "--initial-branch=main")
        made.dvc("init", "--quiet")
        made.commit("start")
        yield made.path


@pytest.fixture
def new_repo(blank: Path, tmp_path: Path) -> Callable[[str], Repo]:
    """Return a function that makes a repository with Git and DVC under a name."""

    def make(name: str = "repo") -> Repo:
        return copied(blank, tmp_path / name)

    return make


@pytest.fixture
def repo(new_repo: Callable[[str], Repo]) -> Repo:
    """A repository with Git and DVC and one commit."""
    return new_repo("repo")


@pytest.fixture(scope="session")
def blank_project(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository after `datakit init`, without hooks, committed; copied, never used."""
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, tmp_path_factory.mktemp("home"))
        made = copied(blank, tmp_path_factory.mktemp("project") / "repo")
        datakit.init(made.path, hooks=False)
        made.commit("init")
        return made.path


@pytest.fixture
def project(blank_project: Path, tmp_path: Path) -> Repo:
    """A repository after `datakit init`, with one commit."""
    return copied(blank_project, tmp_path / "repo")

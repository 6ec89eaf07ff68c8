"""`doctor`: a whole look, in good and bad places; each part has tests of its own in `diagnoses/`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import datakit
from tests.support.datasets import BIRDS
from tests.support.health import diagnosed, titles
from tests.support.repo import Repo, copied
from tests.support.unprivileged import enterable, unprivileged

ELSEWHERE = ["command", "default remote"]  # which depend on where the tests run, or are missing on purpose


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf") / "repo"


@pytest.fixture
def whole(shelf: Path, blank: Path, tmp_path: Path) -> Repo:
    """A project with hooks, as `init` leaves it, and a remote."""
    if not shelf.exists():
        made = copied(blank, shelf)
        (shelf.parent / "storage").mkdir()
        datakit.init(made.path, remote=str(shelf.parent / "storage"))
        made.commit("start")
    return copied(shelf, tmp_path / "repo")


def test_a_good_project(whole: Repo) -> None:
    found = datakit.doctor(root=whole.path)
    assert {item.condition for item in found if item.title not in ELSEWHERE} == {"ok"}
    assert [item.title for item in found if item.title not in ELSEWHERE] == [
        "python", "git", "dvc", "datakit", "project", "line ends", "hook interpreter", "pre-commit", "hook pre-commit",
        "hook pre-merge-commit", "hook pre-push", "hook post-checkout", "hook post-merge", "ci",
        "remote storage (default)", "cache", "private state", "clone", "tags",
    ]  # fmt: skip


def test_looking_changes_nothing(whole: Repo) -> None:
    whole.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", root=whole.path)
    before, index = whole.snapshot(), (whole.path / ".git/index").read_bytes()
    datakit.doctor(root=whole.path)
    assert whole.snapshot() == before
    assert (whole.path / ".git/index").read_bytes() == index


def test_from_a_folder_inside(whole: Repo) -> None:
    assert datakit.doctor(offline=True, root=whole.path / "data/raw") == datakit.doctor(offline=True, root=whole.path)


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = datakit.doctor()
    assert [item.title for item in found if item.title != "command"] == ["python", "git", "dvc", "datakit", "project"]
    assert found[-1] == (
        "project", "warn", f"`{tmp_path}` is in no repository, so only the installation was looked at", "datakit init",
    )  # fmt: skip


def test_a_repository_without_datakit(repo: Repo) -> None:
    assert diagnosed(repo, "project")[1:] == ("warn", f"`{repo.path}` has no datakit.yaml", "datakit init")


def test_a_broken_policy_does_not_hide_the_rest(whole: Repo) -> None:
    whole.write({"datakit.yaml": "policy: 1\npolicy: 2\n"})
    (whole.path / ".dvc/tmp").mkdir(exist_ok=True)
    found = datakit.doctor(offline=True, root=whole.path)
    assert diagnosed(whole, "project")[1:3] == ("fail", "datakit.yaml:2: key `policy` is there twice")
    assert {"remote storage (default)", "cache", "private state", "clone", "tags"} <= {item.title for item in found}


def test_a_broken_configuration_of_dvc_is_named(whole: Repo) -> None:
    whole.write({".dvc/config": "[core\n"})
    found = [item for item in datakit.doctor(offline=True, root=whole.path) if item.condition == "fail"]
    assert {item.title for item in found} >= {"remotes", "cache"}
    assert all(".dvc/config:1: not a configuration of DVC" in item.detail for item in found), found


def test_git_that_is_missing(whole: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = datakit.doctor(offline=True, root=whole.path)
    assert [(item.title, item.condition, item.detail) for item in found if item.title in {"git", "project"}] == [
        ("git", "fail", "git was not found on PATH"),
        ("project", "fail", "git was not found on PATH"),
    ]


def test_a_repository_of_git_that_is_broken(whole: Repo) -> None:
    (whole.path / ".git/HEAD").write_text("nonsense")
    found = diagnosed(whole, "project")
    assert (found.condition, found.detail.startswith("Git refuses `")) == ("fail", True)


def test_a_head_that_cannot_be_read(whole: Repo) -> None:
    whole.git("config", "remote.origin.promisor", "true")
    whole.write({".git/refs/heads/main": f"{'1' * 40}\n"})
    assert diagnosed(whole, "clone").detail.startswith("`git rev-parse HEAD` failed: ")


def test_files_that_cannot_be_read_are_findings(whole: Repo, isolated: Path) -> None:
    whole.git("config", "--global", "safe.directory", "*")
    enterable(whole.path)
    enterable(isolated)
    (whole.path / ".dvc/config").chmod(0)

    def work() -> str:
        return str({item.detail for item in datakit.doctor(offline=True, root=whole.path) if item.title == "cache"})

    assert "permission denied" in unprivileged(work)


def test_the_exit_code_and_the_time_of_the_command(whole: Repo) -> None:
    begun = time.monotonic()
    done = whole.run(sys.executable, "-P", "-m", "datakit", "doctor", "--offline")
    assert time.monotonic() - begun < 5  # half a second on a machine that is not busy
    assert (done.code, done.err) == (0, "")
    (whole.path / ".git/hooks/pre-commit").unlink()
    assert titles(whole) == [*(["command"] if "warn  command" in done.out else []), "hook pre-commit"]
    done = whole.run(sys.executable, "-P", "-m", "datakit", "doctor", "--offline")
    assert (done.code, done.err) == (1, "")
    assert "fail  hook pre-commit" in done.out


def test_offline_loads_neither_dvc_nor_a_store(whole: Repo) -> None:
    whole.dvc("remote", "add", "cloud", "s3://bucket/x")
    script = (
        "import sys, datakit\ndatakit.doctor(offline=True)\n"
        "print({'dvc', 's3fs', 'fsspec', 'pandas', 'duckdb', 'git'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=whole.path, env=os.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"

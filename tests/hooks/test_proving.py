"""The bytes of a push: proved or sent by a process of its own, with real remotes of DVC and of Git."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import datakit
from datakit.formats.policy import Policy
from datakit.verbs.scaffold import hooks
from tests.support.clones import files
from tests.support.datasets import BIRDS, MORE_BIRDS
from tests.support.releases import recorded, releasable
from tests.support.repo import Repo, Result, copied

NOT_PROVED = (
    "push blocked by datakit: the bytes of what it records are not proved on the remote\n"
    "`git push --no-verify` pushes the records alone; nobody can pull the data then\n"
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("releasable")


@pytest.fixture
def ready(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with a hook, a remote of Git that has its commit, and a remote of DVC that has no byte."""
    if not (shelf / "repo").exists():
        releasable(copied(blank_project, shelf / "repo"))
    shutil.copytree(shelf, tmp_path, symlinks=True, dirs_exist_ok=True)
    repo = Repo(tmp_path / "repo")
    repo.git("config", "datakit.python", sys.executable)
    file = repo.path / ".git/hooks/pre-push"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(hooks.script("pre-push", Policy()))
    file.chmod(0o755)
    return repo


def push(repo: Repo, *refs: str) -> Result:
    """Push through the hook."""
    return repo.try_git("push", "--quiet", "origin", *refs)


def policy(repo: Repo, remotes: str) -> None:
    """Commit a policy and push it past the hook."""
    repo.write({"datakit.yaml": f"{repo.read('datakit.yaml')}remotes: {{{remotes}}}\n"})
    repo.commit("policy")
    push(repo, "--no-verify", "main")


def storage(repo: Repo) -> dict[str, bytes]:
    """Return what the remote of DVC has."""
    return files(repo.path.parent / "storage")


def test_bytes_that_are_nowhere_but_here_block(ready: Repo) -> None:
    commit = recorded(ready, MORE_BIRDS)
    done = push(ready, "main")
    assert done.code == 1
    assert done.err.startswith(
        f"error: remote `storage` lacks 1 of 1 objects of `birds@{commit[:10]}`\n"
        f"hint: datakit push birds --remote storage\n{NOT_PROVED}"
    )
    assert storage(ready) == {}
    datakit.push("birds", root=ready.path)
    assert push(ready, "main") == (0, "", "")


def test_of_a_folder_each_file_is_asked_for(ready: Repo) -> None:
    ready.write({"data/raw/photos/new.png": "new"})
    datakit.add("photos", note="one more", root=ready.path)
    ready.commit("photos")
    datakit.push("photos", root=ready.path)
    lost = next(
        path for path in (ready.path.parent / "storage").rglob("*") if path.is_file() and path.read_bytes() == b"new"
    )
    lost.unlink()
    assert "lacks 1 of 5 objects of `photos@" in push(ready, "main").err


def test_a_commit_of_code_asks_nobody(ready: Repo) -> None:
    (ready.path / ".dvc/config").write_text("[core]\n    remote = gone\n['remote \"gone\"']\n    url = s3://none\n")
    ready.write({"code.py": ""})
    ready.commit("code")
    assert push(ready, "main") == (0, "", "")


def test_a_version_of_a_commit_that_is_there_already(ready: Repo) -> None:
    ready.git("tag", "-a", "-m", "x", "birds@v1.0.0")
    assert "lacks 1 of 1 objects of `birds@" in push(ready, "birds@v1.0.0").err
    datakit.push("birds", root=ready.path)
    assert push(ready, "birds@v1.0.0").code == 0


def test_they_are_sent_where_the_policy_says_so(ready: Repo) -> None:
    policy(ready, "pre_push: upload")
    recorded(ready, MORE_BIRDS)
    done = push(ready, "main")
    assert (done.code, done.err.splitlines()[0]) == (0, "birds: sent 1 object, 43 B")
    assert set(storage(ready).values()) == {MORE_BIRDS.encode()}


def test_bytes_that_are_lost_are_not_sent(ready: Repo) -> None:
    policy(ready, "pre_push: upload")
    recorded(ready, MORE_BIRDS)
    shutil.rmtree(ready.path / ".dvc/cache")
    done = push(ready, "main")
    assert done.code == 1
    assert "error: recorded bytes of `birds` are nowhere to be found" in done.err
    assert "push blocked by datakit: the bytes of what it records are not sent\n" in done.err


def test_every_remote_that_is_required_is_asked(ready: Repo) -> None:
    ready.dvc("remote", "add", "backup", "../backup")
    policy(ready, "require: [storage, backup]")
    recorded(ready, MORE_BIRDS)
    datakit.push("birds", root=ready.path)
    assert "remote `backup` lacks 1 of 1 objects" in push(ready, "main").err
    datakit.push("birds", remote="backup", root=ready.path)
    assert push(ready, "main").code == 0


def test_nobody_is_asked_where_the_policy_says_so(ready: Repo) -> None:
    policy(ready, "pre_push: off")
    recorded(ready, MORE_BIRDS)
    assert push(ready, "main") == (0, "", "")


def test_a_project_without_a_remote(ready: Repo) -> None:
    ready.dvc("remote", "remove", "storage")
    recorded(ready, MORE_BIRDS)
    done = push(ready, "main")
    assert (done.code, done.err) == (0, "DVC has no remote here: the bytes of what is pushed are in this clone alone\n")


def test_a_remote_that_does_not_answer(ready: Repo) -> None:
    ready.dvc("remote", "modify", "storage", "url", "s3://bucket/x")
    ready.dvc("remote", "modify", "storage", "endpointurl", "http://127.0.0.1:9")
    ready.dvc("remote", "modify", "--local", "storage", "access_key_id", "a")
    ready.dvc("remote", "modify", "--local", "storage", "secret_access_key", "b")
    recorded(ready, MORE_BIRDS)
    done = push(ready, "main")
    assert done.code == 1
    assert done.err.startswith("error: cannot look at remote `storage` (s3://bucket/x): Could not connect")
    assert NOT_PROVED in done.err


def test_a_release_is_not_proved_twice(ready: Repo) -> None:
    """The hook that runs before ours takes the bytes away: whoever asks for them again does not find them."""
    thief = ready.path / ".git/hooks/pre-push.before-datakit"
    thief.write_text("#!/bin/sh\nrm -r ../storage\n")
    thief.chmod(0o755)
    recorded(ready, MORE_BIRDS)
    assert datakit.release("birds", push=True, root=ready.path).published == "origin"
    assert storage(ready) == {}
    recorded(ready, BIRDS, "one less")
    datakit.push("birds", root=ready.path)
    assert "lacks 1 of 1 objects" in push(ready, "main").err


def test_what_else_a_release_brings_is_proved(ready: Repo) -> None:
    ready.write({"data/raw/photos/new.png": "new"})
    datakit.add("photos", note="one more", root=ready.path)
    recorded(ready, MORE_BIRDS)
    with pytest.raises(
        datakit.DatakitError, match=r"`git push` to `origin` failed: error: remote `storage` lacks"
    ) as caught:
        datakit.release("birds", push=True, root=ready.path)
    assert any("objects of `photos@" in line for line in caught.value.details)
    assert ready.git("tag") == ""

"""Linked work trees: what DVC does not share with them, and the command that shares it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem
from datakit.repo.git import Git
from datakit.steps.worktrees import apart
from tests.support.datasets import BIRDS, md5
from tests.support.repo import Repo


@pytest.fixture
def linked(project: Repo, tmp_path: Path) -> Repo:
    """A work tree beside a project whose cache has the data; neither has a remote."""
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", root=project.path)
    project.commit("birds")
    project.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    return Repo(tmp_path / "linked")


def test_what_the_main_one_has_is_copied_from_there(linked: Repo, project: Repo) -> None:
    [pulled] = datakit.pull("birds", offline=True, root=linked.path)
    assert (pulled.written, pulled.fetched) == (1, 0)
    assert linked.read("data/raw/birds.csv") == BIRDS
    own, main = (each.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:] for each in (linked, project))
    assert own.stat().st_ino != main.stat().st_ino
    assert len(datakit.load("birds", root=linked.path)) == 3


def test_a_folder_with_the_memberships_of_its_split(split_origin: Repo, tmp_path: Path) -> None:
    split_origin.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    linked = Repo(tmp_path / "linked")
    [part] = datakit.pull("photos", split="train", to="here", offline=True, root=linked.path)
    assert (part.written, part.fetched) == (part.rows, 0)
    assert all(each.fetched == 0 for each in datakit.pull(offline=True, root=linked.path))
    assert all(each.intact for each in datakit.verify(cache=True, root=linked.path))


def test_what_is_corrupt_there_comes_from_the_remote(linked: Repo, project: Repo, tmp_path: Path) -> None:
    project.dvc("remote", "add", "--default", "storage", str(tmp_path / "storage"))
    project.dvc("push")
    linked.write({".dvc/config": project.read(".dvc/config")})
    bad = project.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]
    bad.chmod(0o644)
    bad.write_text(BIRDS.replace("1", "9"))
    [pulled] = datakit.pull("birds", root=linked.path)
    assert (pulled.written, pulled.fetched) == (1, 1)
    assert linked.read("data/raw/birds.csv") == BIRDS


@pytest.fixture
def emptied(project: Repo) -> Callable[[], None]:
    """Take the bytes out of the main work tree's cache, which stays."""
    return lambda: shutil.rmtree(project.path / ".dvc/cache/files")


@pytest.mark.parametrize("offline", [True, False])
def test_pull_says_where_the_bytes_may_be_and_how_to_have_them(
    linked: Repo, project: Repo, emptied: Callable[[], None], offline: bool
) -> None:
    kept = project.read("data/raw/birds.csv")
    emptied()
    with pytest.raises(EnvironmentProblem) as caught:
        datakit.pull("birds", offline=offline, root=linked.path)
    assert caught.value.message.endswith(
        f"; this work tree is linked to `{project.path}`, and DVC keeps a cache and a config.local for each"
    )
    assert caught.value.hint == f"dvc cache dir --local {project.path}/.dvc/cache"
    linked.dvc(*str(caught.value.hint).split()[1:])
    project.write({"data/raw/birds.csv": kept})
    datakit.add("birds", root=project.path)
    assert datakit.pull("birds", root=linked.path)[0].written == 1
    assert linked.read("data/raw/birds.csv") == BIRDS
    assert apart(linked.path, Git(linked.path)) is None


def test_settings_that_only_the_main_one_has(
    linked: Repo, project: Repo, emptied: Callable[[], None], tmp_path: Path
) -> None:
    project.dvc("remote", "add", "--local", "--default", "storage", str(tmp_path / "storage"))
    project.dvc("push")
    emptied()
    with pytest.raises(EnvironmentProblem, match="DVC has no remote here; this work tree is linked to") as caught:
        datakit.pull("birds", root=linked.path)
    local = ".dvc/config.local"
    assert caught.value.hint == (
        f"cp {project.path}/{local} {linked.path}/{local} && dvc cache dir --local {project.path}/.dvc/cache"
    )
    linked.write({local: project.read(local)})
    [pulled] = datakit.pull("birds", root=linked.path)
    assert (pulled.written, pulled.fetched) == (1, 1)


def test_the_main_one_and_a_bare_one_have_nobody_to_share_with(project: Repo, tmp_path: Path) -> None:
    assert apart(project.path, Git(project.path)) is None
    project.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    Repo(tmp_path / "bare.git").git("worktree", "add", "--quiet", str(tmp_path / "of bare"), "main")
    assert apart(tmp_path / "of bare", Git(tmp_path / "of bare")) is None

"""Writing the baseline: what gets in, what goes, what is staged, and what stops it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats import baseline
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo


def tracked(repo: Repo, *names: str) -> Repo:
    """Let DVC track files that nothing records, and commit their pointers."""
    for name in names:
        repo.write({f"data/raw/{name}.csv": f"name\n{name}\n"})
    repo.dvc("add", "--quiet", *(f"data/raw/{name}.csv" for name in names))
    repo.commit("data")
    return repo


def write(repo: Repo) -> list[tuple[str, str]]:
    """Write the baseline and return code and level of what is left to say."""
    return [(item.code, item.level) for item in datakit.check(baseline="write", root=repo.path)]


def paths(repo: Repo) -> set[str]:
    """Return the files that the baseline speaks of."""
    return {path for path, *_ in keys(repo)}


def keys(repo: Repo) -> Iterable[baseline.Key]:
    """Return what the baseline covers."""
    return baseline.read((repo.path / baseline.FILE).read_bytes())


def test_it_is_written_staged_and_the_same_again(project: Repo) -> None:
    tracked(project, "a", "b")
    assert write(project) == [("DK101", "known")] * 2
    assert paths(project) == {"data/raw/a.csv.dvc", "data/raw/b.csv.dvc"}
    assert project.status() == [f"A  {baseline.FILE}"]
    project.git("commit", "--quiet", "--no-verify", "-m", "baseline")
    before = project.snapshot()
    assert write(project) == [("DK101", "known")] * 2
    assert {path for path, found in project.snapshot().items() if before.get(path) != found} <= {".dvc/tmp/lock"}


def test_what_is_mended_goes_and_with_the_last_the_file(project: Repo) -> None:
    tracked(project, "a", "b")
    write(project)
    project.commit("baseline")
    datakit.add("data/raw/a.csv", fields=CARD, root=project.path)
    write(project)
    assert paths(project) == {"data/raw/b.csv.dvc"}
    datakit.add("data/raw/b.csv", fields=CARD, root=project.path)
    assert {level for _, level in write(project)} == {"warn"}
    assert not (project.path / baseline.FILE).exists()
    assert f"D  {baseline.FILE}" in project.status()


def test_nothing_to_cover_writes_nothing(project: Repo) -> None:
    before = project.status()
    assert write(project) == []
    assert project.status() == before


def test_what_is_being_brought_is_said_all_the_same(project: Repo) -> None:
    tracked(project, "a")
    write(project)
    project.commit("baseline")
    project.write({"data/raw/new.csv": BIRDS})
    project.dvc("add", "--quiet", "data/raw/new.csv")
    assert write(project) == [("DK101", "known"), ("DK101", "known"), ("DK701", "error")]


def test_a_policy_without_autostage_leaves_the_index_alone(project: Repo) -> None:
    tracked(project, "a")
    project.write({"datakit.yaml": "git: {autostage: false}\n"})
    project.commit("policy")
    write(project)
    assert project.status() == [f"?? {baseline.FILE}"]


def test_a_broken_policy_is_told(project: Repo) -> None:
    project.write({"datakit.yaml": "polcy: 1\n"})
    with pytest.raises(InvalidRecord, match="`polcy`: unknown key"):
        write(project)


def test_an_index_that_is_locked_stops_it_before_anything_is_written(project: Repo) -> None:
    tracked(project, "a")
    (project.path / ".git/index.lock").touch()
    with pytest.raises(EnvironmentProblem, match="another Git command is changing the index"):
        write(project)
    assert not (project.path / baseline.FILE).exists()


def test_nothing_is_written_through_a_link(project: Repo, tmp_path: Path) -> None:
    tracked(project, "a")
    (tmp_path / "outside").write_text("theirs")
    (project.path / baseline.FILE).symlink_to(tmp_path / "outside")
    with pytest.raises(EnvironmentProblem, match=r"cannot change `.*`: it is a symbolic link"):
        write(project)
    assert (tmp_path / "outside").read_text() == "theirs"

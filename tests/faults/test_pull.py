"""`pull` killed, or refused by the disk, at every change that it makes: no byte is lost, the next run finishes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import datakit
from tests.support import faults
from tests.support.clones import FOLDER, PHOTOS, TABLE, changed, cloned, files, published
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.faults import FAILED, KILLED, Fault
from tests.support.repo import Repo

FIRST = {path.removeprefix(f"{FOLDER}/"): text.encode() for path, text in PHOTOS.items()}
SECOND = {**{path: data for path, data in FIRST.items() if path != "m/1.png"}, "m/3.png": b"three"}


@pytest.fixture
def origin(project: Repo) -> Repo:
    """A project whose working tree has the first state and records the second."""
    changed(published(project))
    datakit.push(root=project.path)
    shutil.rmtree(project.path / "data/raw/photos")
    datakit.pull("birds@v1.0.0", "photos@v1.0.0", to="data/raw", force=True, root=project.path)
    assert project.read(TABLE) == BIRDS
    return project


@pytest.fixture
def fresh(origin: Repo) -> Repo:
    """A clone of it without any data."""
    return cloned(origin, origin.path.parent / "clone")


def pull(repo: Repo) -> None:
    """Pull everything in place."""
    datakit.pull(root=repo.path)


def copies(template: Repo) -> Iterator[Repo]:
    """Make one copy after the other, each beside the remote."""
    place = template.path.parent / "copy"
    while True:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(template.path, place, symlinks=True)
        yield Repo(place)


def sound(repo: Repo, first: dict[str, bytes]) -> None:
    """Hold what lies there against what may: the old bytes or the new ones under each name, and whole objects."""
    if first or (repo.path / TABLE).exists():
        assert repo.read(TABLE) in {BIRDS, MORE_BIRDS}
    for path, data in files(repo.path / FOLDER).items():
        assert data in {first.get(path), SECOND.get(path)} or Path(path).name.startswith(".datakit-"), path
    for path in (repo.path / ".dvc/cache/files/md5").glob("[0-9a-f][0-9a-f]/*"):
        assert md5(path.read_bytes()) == (path.parent.name + path.name)[:32]


def finished(repo: Repo) -> None:
    """Hold a finished pull against what it should give, and the cache against leftovers."""
    pull(repo)
    assert repo.read(TABLE) == MORE_BIRDS
    found = {
        path: data for path, data in files(repo.path / FOLDER).items() if not path.rpartition("/")[2].startswith(".")
    }
    assert found == SECOND
    objects = repo.path / ".dvc/cache/files/md5"
    assert not [each for each in os.listdir(objects) if each.startswith(".datakit-")]
    assert repo.status() == []


@pytest.mark.parametrize("state", ["origin", "fresh"])
def test_killed_at_every_step(request: pytest.FixtureRequest, state: str) -> None:
    template: Repo = request.getfixturevalue(state)
    made = copies(template)
    first = files(template.path / FOLDER)
    count, counted = 0, next(made)
    for fault in faults.kills(lambda: pull(counted)):
        repo = next(made)
        assert faults.run(lambda repo=repo: pull(repo), fault).code == KILLED, fault  # type: ignore[misc]
        sound(repo, first)
        finished(repo)
        count += 1
    assert count > 40


def test_an_error_at_every_step(fresh: Repo) -> None:
    made = copies(fresh)
    refused, counted = 0, next(made)
    for fault in faults.refusals(faults.steps(lambda: pull(counted))):
        repo = next(made)
        outcome = faults.run(lambda repo=repo: pull(repo), fault)  # type: ignore[misc]
        assert outcome.code in {0, FAILED}
        if outcome.code == FAILED:
            assert outcome.text.startswith("EnvironmentProblem: "), (fault, outcome.text)
            refused += 1
        left = [
            path
            for path in repo.path.rglob(".datakit-*")
            if ".dvc/cache" in path.as_posix() or "data/" in path.as_posix()
        ]
        assert left == []
        sound(repo, {})
        finished(repo)
    assert refused > 100


def pull_part(repo: Repo) -> None:
    """Pull a part of a table, over one of an older version."""
    datakit.pull("birds", split="train", to="out", force=True, root=repo.path)


def test_a_part_killed_at_every_step(project: Repo) -> None:
    project.write({TABLE: BIRDS})
    datakit.add(TABLE, root=project.path)
    datakit.split("birds", into="train=1", key=["id"], salt="s", root=project.path)
    pull_part(project)
    place = project.path / "out/birds-train.parquet"
    old = place.read_bytes()
    project.write({TABLE: MORE_BIRDS})
    datakit.add(note="more", root=project.path)
    datakit.split("birds", extend=True, root=project.path)
    made = copies(project)
    counted = next(made)
    steps = faults.steps(lambda: pull_part(counted))
    whole = (counted.path / "out/birds-train.parquet").read_bytes()
    assert (whole != old, len(steps) > 10) == (True, True)
    for step in range(1, len(steps) + 1):  # what is there before a step is there after the one before it
        repo = next(made)
        fault = Fault(step, "after")
        assert faults.run(lambda repo=repo: pull_part(repo), fault).code == KILLED, fault  # type: ignore[misc]
        assert (repo.path / "out/birds-train.parquet").read_bytes() in {old, whole}, fault
    pull_part(repo)
    assert (files(repo.path / "out"), repo.status()) == ({"birds-train.parquet": whole}, project.status())

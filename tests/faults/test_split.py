"""`split` killed at every change that it makes to the disk: no record is half, the data is whole, the next run finishes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import datakit
from datakit.formats import pointer, recipe, record
from tests.support import faults
from tests.support.datasets import CARD
from tests.support.faults import KILLED, Fault
from tests.support.repo import Repo, copied

PATH = "data/raw/photos"  # a folder: what is killed here is mostly not DuckDB
SPLITS = "catalog/photos/splits"


def work(repo: Repo) -> None:
    """Split the photos."""
    datakit.split("photos", into="train=0.5,test=0.5", root=repo.path)


@pytest.fixture
def photos(project: Repo) -> Repo:
    """A folder that is recorded and committed."""
    project.write({f"{PATH}/{at}.jpg": f"photo {at}" for at in range(6)})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("photos")
    return project


def result(repo: Repo) -> dict[str, object]:
    """Return what a finished run leaves, without times, and DVC's, Git's and datakit's own files."""
    private = (".git/", ".dvc/tmp/", ".datakit/")
    files = {path: content for path, (_, content) in repo.snapshot().items() if not path.startswith(private)}
    return {**files, "staged": repo.git("ls-files", "--stage")}


def whole(repo: Repo) -> None:
    """Assert that every file of the split that is there can be read, and that a pointer's object is in the cache."""
    for path in (repo.path / SPLITS).glob("*"):
        if path.suffix == ".json":
            record.load(path.read_bytes(), str(path))
        elif path.suffix == ".yaml":
            recipe.read(path.read_bytes(), str(path))
        elif path.suffix == ".dvc":
            md5 = pointer.read(path.read_bytes(), str(path)).outs[0].md5 or ""
            assert (repo.path / f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}").exists()


def test_killed_anywhere(photos: Repo, tmp_path: Path) -> None:
    uninterrupted = copied(photos.path, tmp_path / "uninterrupted")
    work(uninterrupted)
    expected = result(uninterrupted)
    data = {path: content for path, content in expected.items() if path.startswith(PATH)}
    counted = copied(photos.path, tmp_path / "counted")
    steps = faults.steps(lambda: work(counted))
    killed = 0
    for number, name in enumerate(steps, start=1):
        if name == "fsync":
            continue  # a kill is no loss of power: what comes before an `fsync` is what comes after it
        victim = copied(photos.path, tmp_path / "victim")
        done = faults.run(lambda victim=victim: work(victim), Fault(number, "before"))  # type: ignore[misc]  # the loop's own
        assert done.code in {KILLED, 0}, (number, name, done.text)
        killed += done.code == KILLED
        whole(victim)
        for path in (victim.path / ".datakit/tmp").glob("datakit-*"):
            os.utime(path, (1, 1))  # a folder of temporary data may be somebody else's for a day
        work(victim)
        left = result(victim)
        assert {path: left.get(path) for path in expected} == expected, (number, name)
        assert set(left) == set(expected), (number, name)
        assert {path: left[path] for path in data} == data
        found = [path for path in victim.path.rglob(".datakit-*") if ".git/" not in str(path)]
        assert [*found, *victim.path.glob(".datakit/journal/*")] == [], (number, name)
        shutil.rmtree(victim.path)
    assert killed > 30

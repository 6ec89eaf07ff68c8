"""What killed commands left is finished or removed by the next one that writes, and nothing of anybody else's is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem
from datakit.store import disk, journal
from tests.support import faults
from tests.support.datasets import BIRDS, everything
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
LEFT = f"{disk.PREFIX}0123456789abc-0"
VERBS = pytest.mark.parametrize("verb", ["add", "validate"])


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with one dataset."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    return project


@VERBS
def test_every_verb_that_writes_finishes_and_cleans_up(birds: Repo, verb: str) -> None:
    policy = birds.read("datakit.yaml")

    def change() -> None:
        with journal.transaction(birds.path / ".datakit", birds.path) as made:
            made.write(birds.path / "datakit.yaml", f"{policy}# decided\n".encode())

    decided = [number for number, step in enumerate(faults.steps(change), start=1) if step == "replace"][-2]
    birds.write({"datakit.yaml": policy})
    assert faults.run(change, faults.Fault(decided, "after")).code == faults.KILLED
    birds.write({f".dvc/cache/files/md5/{LEFT}": "half an object", f".datakit/{LEFT}": "half a state"})
    assert birds.read("datakit.yaml") == policy
    getattr(datakit, verb)(root=birds.path)
    assert birds.read("datakit.yaml") == f"{policy}# decided\n"
    assert list(birds.path.rglob(f"{disk.PREFIX}*")) == []


@VERBS
@pytest.mark.parametrize("link", [".datakit", ".datakit/tmp"])
def test_nothing_is_removed_through_a_link(birds: Repo, tmp_path: Path, verb: str, link: str) -> None:
    kept = tmp_path / "kept"
    for path in (kept / "tmp/old/file", kept / "old/file", kept / LEFT, kept / "tmp" / LEFT):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("precious")
        os.utime(path.parent, (1, 1))
    (birds.path / ".datakit").rename(birds.path / ".datakit-before")
    (birds.path / link).parent.mkdir(exist_ok=True)
    (birds.path / link).symlink_to(kept)
    before = sorted(kept.rglob("*"))
    with pytest.raises(EnvironmentProblem) as caught:
        getattr(datakit, verb)(root=birds.path)
    assert (
        caught.value.message == f"`{birds.path / link}` is a symbolic link; nothing is recorded or written through it"
    )
    assert sorted(kept.rglob("*")) == before


@VERBS
def test_a_repository_that_dvc_locks_by_hard_links(birds: Repo, verb: str) -> None:
    birds.dvc("config", "core.hardlink_lock", "true")
    before = everything(birds)
    with pytest.raises(EnvironmentProblem) as caught:
        getattr(datakit, verb)(root=birds.path)
    assert caught.value.message == (
        "DVC locks this repository by hard links (`core.hardlink_lock`), so it and datakit would not keep each other out"
    )
    assert everything(birds) == before
    assert datakit.status(root=birds.path)  # looking needs no lock
    assert caught.value.hint is not None
    birds.dvc(*caught.value.hint.removeprefix("dvc ").split())
    getattr(datakit, verb)(root=birds.path)

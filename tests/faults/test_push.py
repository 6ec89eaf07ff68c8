"""`push` to a folder killed, or refused by the system, at every step: nothing half, no listing before its members, a second run ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import datakit
from datakit.formats import listing
from tests.support import faults
from tests.support.clones import changed, files, published
from tests.support.datasets import md5
from tests.support.faults import FAILED, KILLED
from tests.support.repo import Repo


@pytest.fixture
def origin(project: Repo) -> Repo:
    """A project whose remote has the first state, the second one is to be sent, and a member of the first is lost there."""
    published(project)
    datakit.push(root=project.path)
    changed(project)
    (remote_of(project) / f"files/md5/{md5('two')[:2]}/{md5('two')[2:]}").unlink()
    shutil.copytree(remote_of(project), project.path.parent / "before")
    return project


def remote_of(repo: Repo) -> Path:
    """Return the folder of the remote."""
    return repo.path.parent / "storage"


def push(repo: Repo) -> None:
    """Push everything."""
    datakit.push(root=repo.path)


def again(repo: Repo) -> Iterator[None]:
    """Put the remote back to what it was, each time."""
    while True:
        shutil.rmtree(remote_of(repo))
        shutil.copytree(repo.path.parent / "before", remote_of(repo))
        yield


def sound(repo: Repo) -> None:
    """Hold every object on the remote against its name, and every listing against the members that are there."""
    there = {name.removeprefix("files/md5/").replace("/", ""): data for name, data in files(remote_of(repo)).items()}
    whole = {name: data for name, data in there.items() if not name.startswith(".datakit-")}
    for name, data in whole.items():
        assert md5(data) == name[:32]
    new = set(whole) - {name.removeprefix("files/md5/").replace("/", "") for name in files(repo.path.parent / "before")}
    for name in new:
        if name.endswith(".dir"):  # one that was there before had lost a member before
            assert {entry.md5 for entry in listing.load(whole[name], name)} <= set(whole)


def test_killed_at_every_step(origin: Repo) -> None:
    fresh = again(origin)
    next(fresh)
    before = {path: data for path, (_, data) in origin.snapshot().items() if not path.startswith(".git/")}
    made = faults.steps(lambda: push(origin))
    expected, killed = files(remote_of(origin)), 0
    for fault in faults.states(made):
        next(fresh)
        assert faults.run(lambda: push(origin), fault).code == KILLED, fault
        sound(origin)
        push(origin)
        assert files(remote_of(origin)) == expected, fault
        killed += 1
    assert killed >= 25
    assert {path: data for path, (_, data) in origin.snapshot().items() if not path.startswith(".git/")} == before


def test_an_error_at_every_step(origin: Repo) -> None:
    fresh = again(origin)
    next(fresh)
    made = faults.steps(lambda: push(origin))
    expected, refused = files(remote_of(origin)), 0
    for fault in faults.refusals(made):
        next(fresh)
        done = faults.run(lambda: push(origin), fault)
        assert done.code in {0, FAILED}
        if done.code == FAILED:
            assert done.text.startswith("EnvironmentProblem: "), (fault, done.text)
            refused += 1
        elif made[fault.step - 1] not in faults.TAKING:  # it could do without that step
            assert files(remote_of(origin)) == expected, (fault, made[fault.step - 1])
        sound(origin)
        if made[fault.step - 1] not in faults.TAKING:
            assert [name for name in files(remote_of(origin)) if ".datakit-" in name] == [], (
                fault,
                made[fault.step - 1],
            )
        push(origin)
        assert files(remote_of(origin)) == expected, fault
    assert refused > 40

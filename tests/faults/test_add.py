"""`add` killed at every change that it makes to the disk: no byte of the user is lost, no record is half, the next run finishes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import datakit
from datakit.formats import artifacts, pointer, record
from tests.support import faults
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS
from tests.support.faults import FAILED, KILLED, Fault
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.txt"  # no table: what is killed here is not DuckDB
MODEL = "models/m.bin"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run happen at the same second, so that its records can be compared."""
    from datakit.verbs import add

    monkeypatch.setattr(add, "_now", lambda: "2026-01-01T00:00:00Z")


def first(repo: Repo) -> None:
    """Record a file outside of the data folders, so that an ignore file changes too."""
    datakit.add(MODEL, fields=CARD, root=repo.path)


def second(repo: Repo) -> None:
    """Record the second version of a file."""
    datakit.add(PATH, note="more birds", root=repo.path)


@pytest.fixture
def fresh(project: Repo) -> Repo:
    """A project with a model that nothing tracks."""
    project.write({MODEL: "weights"})
    return project


@pytest.fixture
def changed(project: Repo) -> Repo:
    """A project whose committed birds changed."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("birds")
    project.write({PATH: MORE_BIRDS})
    os.utime(project.path / PATH, (1_700_000_000, 1_700_000_000))  # rests, so that no memory of it is in doubt
    return project


def places(template: Repo, tmp_path: Path, work: Callable[[Repo], None]) -> Iterator[Fault]:
    """List the states that a kill can leave."""
    counted = copied(template.path, tmp_path / "counted")
    yield from faults.states(faults.steps(lambda: work(counted)))


def result(repo: Repo) -> dict[str, object]:
    """Return what a finished run leaves, without times, DVC's and datakit's private state, and Git's own files."""
    private = (".git/", ".dvc/tmp/", ".datakit/")
    files = {path: content for path, (_, content) in repo.snapshot().items() if not path.startswith(private)}
    return {**files, "staged": repo.git("ls-files", "--stage")}


def whole(repo: Repo) -> None:
    """Assert that every record that is there can be read."""
    for path in (repo.path / "catalog").rglob("*.json"):
        record.load(path.read_bytes(), str(path))
    for path in (*(repo.path / "data").rglob("*.dvc"), *(repo.path / "models").rglob("*.dvc")):
        assert pointer.read(path.read_bytes(), str(path)).outs[0].md5
    if (repo.path / "dvc.yaml").exists():
        artifacts.read((repo.path / "dvc.yaml").read_bytes())
    for path in (repo.path / ".dvc/cache").rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o777 == 0o444:
            assert path.read_bytes() in {b"weights", BIRDS.encode(), MORE_BIRDS.encode()}


def leftovers(repo: Repo) -> list[str]:
    """List temporary files and journals."""
    top = repo.path
    found = [path for path in top.rglob(".datakit-*") if ".git/" not in str(path)]
    return [str(path) for path in (*found, *top.glob(".datakit/journal/*"), *top.glob(".datakit/tmp/*"))]


def sweep(template: Repo, tmp_path: Path, work: Callable[[Repo], None], data: str) -> int:
    """Kill at every place and hold the promises; return how often it was killed."""
    uninterrupted = copied(template.path, tmp_path / "uninterrupted")
    work(uninterrupted)
    expected = result(uninterrupted)
    bytes_before = (template.path / data).read_bytes()
    killed = 0
    for fault in places(template, tmp_path, work):
        victim = copied(template.path, tmp_path / "victim")
        done = faults.run(lambda victim=victim: work(victim), fault)  # type: ignore[misc]  # the loop's own repository
        assert done.code in {KILLED, 0}, (fault, done.text)  # pipes to Git take a write more or less
        killed += done.code == KILLED
        assert (victim.path / data).read_bytes() == bytes_before, fault
        whole(victim)
        for path in (victim.path / ".datakit/tmp").glob("datakit-*"):
            os.utime(path, (1, 1))  # a folder of temporary data may be somebody else's for a day
        work(victim)
        assert result(victim) == expected, fault
        assert leftovers(victim) == [], fault
        shutil.rmtree(victim.path)
    return killed


def test_an_error_at_every_step(changed: Repo, tmp_path: Path) -> None:
    """At each step one of the three errors, in turn: what fails says so, leaves nothing behind, and works afterwards."""
    uninterrupted = copied(changed.path, tmp_path / "uninterrupted")
    second(uninterrupted)
    expected, refused = result(uninterrupted), 0
    counted = copied(changed.path, tmp_path / "counted")
    made = faults.steps(lambda: second(counted))
    for fault in faults.refusals(made, each=False):
        victim = copied(changed.path, tmp_path / "victim")
        done = faults.run(lambda victim=victim: second(victim), fault)  # type: ignore[misc]  # the loop's own repository
        assert done.code in {FAILED, 0}, (fault, done.text)
        assert (victim.path / PATH).read_bytes() == MORE_BIRDS.encode(), fault
        if done.code == FAILED:
            assert done.text.startswith("EnvironmentProblem: "), (fault, made[fault.step - 1], done.text)
            assert "`" in done.text
            refused += 1
        if made[fault.step - 1] not in faults.TAKING:
            assert [path for path in leftovers(victim) if "/journal/" not in path] == [], (fault, made[fault.step - 1])
        second(victim)
        assert result(victim) == expected, fault
        assert leftovers(victim) == [], fault
        shutil.rmtree(victim.path)
    assert refused > 20


def test_a_first_version(fresh: Repo, tmp_path: Path) -> None:
    assert sweep(fresh, tmp_path, first, MODEL) > 75


def test_a_second_version(changed: Repo, tmp_path: Path) -> None:
    assert sweep(changed, tmp_path, second, PATH) > 50


def test_a_journal_that_was_left_is_seen_and_finished_by_any_command(changed: Repo, tmp_path: Path) -> None:
    """Between the decision and its end `status` says what happened; the next `validate` finishes it."""
    counted = copied(changed.path, tmp_path / "counted")
    made = faults.steps(lambda: second(counted))
    last = [number for number, step in enumerate(made, 1) if step == "replace"][
        -2
    ]  # after it the working tree is noted
    assert faults.run(lambda: second(changed), Fault(last, "before")).code == KILLED
    states = datakit.status(root=changed.path)
    assert [(item.path, item.condition, item.command) for item in states if not item.name] == [
        (".datakit/journal", "broken", "datakit add")
    ]
    datakit.validate(root=changed.path)
    assert not any(state.path == ".datakit/journal" for state in datakit.status(root=changed.path))
    manifest = json.loads(changed.read("catalog/birds/manifest.json"))
    assert manifest["change"]["note"] == "more birds"

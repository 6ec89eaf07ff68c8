"""`mv` and `rm` killed at every step that gives or takes a name: no byte is lost, and running them again finishes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import datakit
from datakit.verbs import rm as rm_verb
from tests.support import faults
from tests.support.datasets import BIRDS, CARD
from tests.support.faults import KILLED, Fault
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.txt"  # no table: what is killed here is not DuckDB
NOTES = "catalog/birds/notes.txt"
NAMING = frozenset({"rename", "replace", "link", "unlink", "remove", "rmdir", "mkdir"})


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with `birds`, committed, and a file of people's in its room."""
    project.write({PATH: BIRDS, NOTES: "by hand\n"})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("birds")
    return project


def rename(repo: Repo) -> None:
    """Give it another name."""
    datakit.mv("birds", "fowl", root=repo.path)


def move(repo: Repo) -> None:
    """Give its data another place."""
    datakit.mv("birds", "data/processed/fowl.txt", root=repo.path)


def places(template: Repo, tmp_path: Path, work: Callable[[Repo], None]) -> Iterator[Fault]:
    """List the kills before each step that gives or takes a name, and one at the end."""
    counted = copied(template.path, tmp_path / "counted")
    made = faults.steps(lambda: work(counted))
    yield from (Fault(step, "before") for step, name in enumerate(made, start=1) if name in NAMING)
    yield Fault(len(made), "after")


def result(repo: Repo) -> dict[str, object]:
    """Return what a finished run leaves, without times and private state."""
    private = (".git/", ".dvc/tmp/", ".datakit/")
    files = {path: content for path, (_, content) in repo.snapshot().items() if not path.startswith(private)}
    return {**files, "staged": repo.git("ls-files", "--stage")}


def bytes_of(repo: Repo) -> set[bytes]:
    """Return the content of every file of people's hand, wherever it lies."""
    found = [*(repo.path / "data").rglob("*.txt"), *(repo.path / "catalog").rglob("notes.txt")]
    return {path.read_bytes() for path in found}


def sweep(template: Repo, tmp_path: Path, work: Callable[[Repo], None]) -> int:
    """Kill at every place and hold the promises; return how often it was killed."""
    uninterrupted = copied(template.path, tmp_path / "uninterrupted")
    work(uninterrupted)
    expected, killed = result(uninterrupted), 0
    for fault in places(template, tmp_path, work):
        victim = copied(template.path, tmp_path / "victim")
        done = faults.run(lambda victim=victim: work(victim), fault)  # type: ignore[misc]  # the loop's own repository
        assert done.code in {KILLED, 0}, (fault, done.text)
        killed += done.code == KILLED
        assert bytes_of(victim) == {BIRDS.encode(), b"by hand\n"}, fault
        work(victim)
        assert result(victim) == expected, fault
        assert not (victim.path / ".datakit/moves.json").exists(), fault
        shutil.rmtree(victim.path)
    return killed


def test_a_rename(birds: Repo, tmp_path: Path) -> None:
    assert sweep(birds, tmp_path, rename) > 15


def test_a_move(birds: Repo, tmp_path: Path) -> None:
    assert sweep(birds, tmp_path, move) > 10


def test_changed_data_is_never_missing(birds: Repo, tmp_path: Path) -> None:
    """Bytes that are recorded nowhere are as safe as all others."""
    birds.write({PATH: "new\n"})
    counted = copied(birds.path, tmp_path / "counted")
    made = faults.steps(lambda: move(counted))
    for step in [step for step, name in enumerate(made, start=1) if name in {"link", "unlink", "rename"}]:
        victim = copied(birds.path, tmp_path / "victim")
        faults.run(lambda victim=victim: move(victim), Fault(step, "after"))  # type: ignore[misc]  # the loop's own
        assert {path.read_text() for path in (victim.path / "data").rglob("*.txt")} == {"new\n"}
        move(victim)
        assert victim.read("data/processed/fowl.txt") == "new\n"
        shutil.rmtree(victim.path)


def test_any_command_finishes_or_takes_back(birds: Repo, tmp_path: Path) -> None:
    """The next command that writes leaves the whole move, or none of it."""
    counted = copied(birds.path, tmp_path / "counted")
    made = faults.steps(lambda: rename(counted))
    first = made.index("rename") + 1
    assert faults.run(lambda: rename(birds), Fault(first, "after")).code == KILLED
    if (birds.path / ".datakit/moves.json").exists():
        (state,) = [item for item in datakit.status(root=birds.path) if item.path == ".datakit/journal"]
        assert state.command == "datakit add"
    datakit.add(root=birds.path)
    assert birds.status() == []
    assert birds.read(NOTES) == "by hand\n"


def test_a_removal(birds: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(rm_verb.datetime):
        """A clock that stands still."""

        @classmethod
        def now(cls, tz: object = None) -> Clock:
            return cls(2026, 1, 1, tzinfo=tz)  # type: ignore[arg-type]  # what it is called with

    monkeypatch.setattr(rm_verb, "datetime", Clock)

    def remove(repo: Repo) -> None:
        datakit.rm("birds", reason="closed", root=repo.path)

    for fault in places(birds, tmp_path, remove):
        victim = copied(birds.path, tmp_path / "victim")
        faults.run(lambda victim=victim: remove(victim), fault)  # type: ignore[misc]  # the loop's own repository
        remove(victim)
        victim.commit("removed")
        assert datakit.check(root=victim.path) == (), fault
        assert not (victim.path / PATH).exists()
        datakit.pull("birds@HEAD~1", to=tmp_path / "out", root=victim.path)
        assert (tmp_path / "out/birds.txt").read_text() == BIRDS, fault
        shutil.rmtree(tmp_path / "out")
        shutil.rmtree(victim.path)

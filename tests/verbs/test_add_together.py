"""`add` while others work: data that moves, two adds at once, a lock that is held, a disk that is full."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, InvalidData, LockTimeout
from datakit.store import guard
from datakit.store.cache import Cache
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo

CARD_EDIT = "---\nowner: me\n---\n\n# Birds\n\nBy hand.\n"

PATH = "data/raw/birds.csv"


class Meddler:
    """Progress that changes a file once some bytes of it are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = False

    def start(self, description: str, total: int | None) -> None:
        """Ignore the beginning."""

    def advance(self, amount: int) -> None:  # noqa: ARG002 - the protocol's
        """Change the file at the first advance."""
        if not self._done:
            self._done = True
            with self._path.open("ab") as file:
                file.write(b"more")


def test_data_that_changes_while_it_is_read_is_refused(project: Repo) -> None:
    project.write({"data/raw/big.bin": os.urandom(10_000_000)})
    before = everything(project)
    with pytest.raises(InvalidData) as caught:
        datakit.add("data/raw/big.bin", root=project.path, progress=Meddler(project.path / "data/raw/big.bin"))
    assert caught.value.message == f"`{project.path}/data/raw/big.bin` changed while being read"
    del before["data/raw/big.bin"]
    assert everything(project).items() >= before.items()
    assert project.status() == []
    assert datakit.add("data/raw/big.bin", root=project.path)[0].data.size == 10_000_004


def _add(root: Path, word: str, gate: object, answers: object) -> None:
    """Add in a process of its own, started together with others."""
    gate.wait()  # type: ignore[attr-defined]  # a barrier
    try:
        (done,) = datakit.add(word, root=root)
        answers.put((word, done.action))  # type: ignore[attr-defined]  # a queue
    except Exception as error:  # noqa: BLE001 - the parent judges it
        answers.put((word, repr(error)))  # type: ignore[attr-defined]  # a queue


def _together(project: Repo, words: list[str]) -> list[tuple[str, str]]:
    """Add several words at once and return what came of each."""
    context = multiprocessing.get_context("fork")
    gate, answers = context.Barrier(len(words)), context.Queue()
    children = [context.Process(target=_add, args=(project.path, word, gate, answers)) for word in words]
    for child in children:
        child.start()
    found = [answers.get(timeout=60) for _ in words]
    for child in children:
        child.join()
    return sorted(found)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # threads of other tests; the children use none
class TestAtOnce:
    def test_different_datasets(self, project: Repo) -> None:
        words = [f"data/raw/{name}.bin" for name in "abcdef"]
        project.write({word: word for word in words})
        assert _together(project, words) == [(word, "recorded") for word in words]
        assert project.read("dvc.yaml").count("type: dataset") == 6
        assert datakit.check(select=["DK1"], root=project.path) == ()
        assert len([line for line in project.status() if line.startswith("A ")]) == 6 * 5 + 1
        assert datakit.add(root=project.path) == ()

    def test_the_same_dataset(self, project: Repo) -> None:
        project.write({"data/raw/a.bin": "a"})
        found = _together(project, ["data/raw/a.bin"] * 4)
        assert {action for _, action in found} <= {"recorded", "unchanged"}
        assert datakit.check(select=["DK1"], root=project.path) == ()
        assert datakit.add("a", root=project.path)[0].action == "unchanged"

    def test_outside_the_data_folders_one_ignore_file_gains_all_lines(self, project: Repo) -> None:
        words = [f"models/{name}.bin" for name in "abc"]
        project.write({word: word for word in words})
        _together(project, words)
        assert sorted(project.read("models/.gitignore").split()) == ["/a.bin", "/b.bin", "/c.bin"]


def test_a_manifest_that_another_process_wrote_meanwhile_is_not_overwritten(project: Repo) -> None:
    """The work starts over and finds the other's record."""
    project.write({PATH: BIRDS, "data/raw/eggs.csv": MORE_BIRDS})
    datakit.add("data/raw/eggs.csv", root=project.path)
    datakit.add(PATH, root=project.path)

    class Other(Meddler):
        def advance(self, amount: int) -> None:  # noqa: ARG002 - the protocol's
            """Record the same data with a parent while it is being read."""
            if not self._done:
                self._done = True
                datakit.add(PATH, parents=["eggs"], command="hatch", root=project.path)

    (done,) = datakit.add(PATH, root=project.path, progress=Other(project.path), fields={"license": "CC0-1.0"})
    assert done.action == "updated"
    assert record(project, "birds")["derived_from"] == [{"name": "eggs", "md5": md5(MORE_BIRDS)}]


def test_a_held_lock(project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({PATH: BIRDS})
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with guard.lock(project.path / ".dvc"):
            os.write(writer, b"x")
            signal.pause()
    os.read(reader, 1)
    real = guard.lock
    monkeypatch.setattr(guard, "lock", lambda dvc_dir: real(dvc_dir, wait=0.1))
    try:
        for work in (lambda: datakit.add(PATH, root=project.path), lambda: datakit.validate(root=project.path)):
            with pytest.raises(LockTimeout) as caught:
                work()
            assert caught.value.exit_code == 5
            assert caught.value.message.startswith(
                f"waited 0.1 s for `{project.path}/.dvc/tmp/lock`, which process {child} ("
            )
            assert caught.value.hint == "wait until it is done, then run the command again"
        assert datakit.status(root=project.path)[0].condition == "unrecorded"  # reading waits for nobody
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)
    assert datakit.add(PATH, root=project.path)[0].action == "recorded"


class TestFullDisk:
    def test_while_the_bytes_are_stored(self, project: Repo) -> None:
        project.write({"data/raw/big.bin": os.urandom(300_000)})
        before = everything(project)
        old = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
        try:
            with pytest.raises(EnvironmentProblem, match=r"^cannot write `.*`: File too large$"):
                datakit.add("data/raw/big.bin", root=project.path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        assert everything(project) == before
        assert [path for path in (project.path / ".dvc/cache").rglob("*") if path.is_file()] == []
        assert datakit.add("data/raw/big.bin", root=project.path)[0].action == "recorded"

    def test_while_the_records_are_written(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        before = everything(project)
        old = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, old[1]))  # DuckDB works in memory; some records are longer
        try:
            with pytest.raises(EnvironmentProblem, match=r"^cannot write `.*`: File too large$"):
                datakit.add(PATH, fields={**CARD, "summary": "x" * 3_000}, root=project.path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        assert everything(project) == before
        assert list((project.path / ".datakit/journal").iterdir()) == []
        assert datakit.add(PATH, fields=CARD, root=project.path)[0].action == "recorded"


def test_what_a_person_writes_while_the_data_is_read_is_kept(project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", root=project.path)
    sync, edits = Cache.sync, iter([CARD_EDIT])

    def edited(cache: Cache) -> None:
        for text in edits:
            project.write({"catalog/birds/README.md": text})
        sync(cache)

    monkeypatch.setattr(Cache, "sync", edited)
    datakit.add("birds", fields={"license": "CC0-1.0"}, root=project.path)
    assert project.read("catalog/birds/README.md") == CARD_EDIT.replace("owner: me\n", "owner: me\nlicense: CC0-1.0\n")


def test_records_that_never_rest_are_given_up(project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", root=project.path)
    sync, texts = Cache.sync, itertools.count()

    def edited(cache: Cache) -> None:
        project.write({"catalog/birds/README.md": f"# {next(texts)}\n"})
        sync(cache)

    monkeypatch.setattr(Cache, "sync", edited)
    with pytest.raises(EnvironmentProblem) as caught:
        datakit.add("birds", root=project.path)
    assert caught.value.message == "the records of `data/raw/birds.csv` change all the time"
    assert project.read("catalog/birds/README.md") == "# 4\n"

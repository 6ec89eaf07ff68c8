"""Many processes in one repository at once: nobody's work is lost, nobody fails, readers see whole records, and all is well at the end."""

from __future__ import annotations

import json
import os
import random
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml

import datakit
from tests.support.datasets import CARD, record
from tests.support.repo import Repo

WORKERS, OPERATIONS, READERS = 8, 25, 2
SHARED = ("common", "shared")
SECONDS = 60  # that the lock is waited for


def rows(number: int) -> str:
    """Return a table of so many rows."""
    return "id,mass\n" + "".join(f"{at},{at}.5\n" for at in range(1, number + 1))


class Worker:
    """One process's own datasets, and what it does with them and with those of all."""

    def __init__(self, repo: Repo, number: int) -> None:
        self.repo, self.name = repo, f"own{number}"
        self.dice = random.Random(number)  # noqa: S311 - which of several commands is run
        self.rows = 3
        self.more: list[str] = []  # datasets that it made later

    def grow(self) -> None:
        """Record more rows of its own dataset."""
        self.rows += 1
        self.repo.write({f"data/raw/{self.name}.csv": rows(self.rows)})
        datakit.add(self.name, note=f"row {self.rows}", root=self.repo.path)

    def begin(self) -> None:
        """Record a new dataset."""
        self.more.append(f"{self.name}-{len(self.more)}")
        self.repo.write({f"data/raw/{self.more[-1]}.csv": rows(len(self.more))})
        datakit.add(f"data/raw/{self.more[-1]}.csv", fields=CARD, root=self.repo.path)

    def again(self) -> None:
        """Record what is recorded, as others do at this moment."""
        datakit.add(self.dice.choice(SHARED), root=self.repo.path)

    def validate(self) -> None:
        """Judge its own dataset, or one of all."""
        datakit.validate(self.dice.choice((self.name, *SHARED)), root=self.repo.path)

    def split(self) -> None:
        """Split its own dataset; from the second time on by the recipe."""
        datakit.split(self.name, into="train=0.5,test=0.5", key=["id"], salt="s", root=self.repo.path)

    def status(self) -> None:
        """Look."""
        datakit.status(root=self.repo.path)

    def push(self) -> None:
        """Send its own, or one of all."""
        datakit.push(self.dice.choice((self.name, *SHARED)), root=self.repo.path)

    def pull(self) -> None:
        """Lose the file, and get it back."""
        (self.repo.path / f"data/raw/{self.name}.csv").unlink()
        datakit.pull(self.name, root=self.repo.path)

    def run(self) -> dict[str, object]:
        """Do everything, in an order of its own."""
        commands = (
            self.grow,
            self.grow,
            self.begin,
            self.again,
            self.validate,
            self.split,
            self.status,
            self.push,
            self.pull,
        )
        slowest, done = 0.0, Counter[str]()
        for _ in range(OPERATIONS):
            command = self.dice.choice(commands)
            began = time.monotonic()
            command()
            slowest = max(slowest, time.monotonic() - began)
            done[command.__name__] += 1
        return {"rows": self.rows, "more": self.more, "slowest": slowest, "done": done}


def reader(repo: Repo, end: Path) -> dict[str, object]:
    """Look again and again; every look has to succeed."""
    looks = 0
    while not end.exists():
        datakit.status(root=repo.path)
        names = {item.name for item in datakit.datasets(root=repo.path)}
        assert names >= set(SHARED)
        for name in sorted(names):
            json.loads(repo.read(f"catalog/{name}/manifest.json"))
        looks += 1
        time.sleep(0.2)
    return {"looks": looks}


def committer(repo: Repo, end: Path) -> dict[str, object]:
    """Commit again and again what lies there."""
    commits = refused = 0
    while not end.exists():
        done = repo.try_git("add", "--all")
        if done.code == 0:
            done = repo.try_git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", f"commit {commits}")
        # Git waits for nobody: a file went while it looked, or another command had the index.
        refused, commits = refused + (done.code != 0), commits + (done.code == 0)
        time.sleep(0.3)
    return {"commits": commits, "refused": refused}


def forked(work: Callable[[], dict[str, object]], answer: Path) -> int:
    """Run something in a process of its own that has loaded everything already; it writes down what came of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other tests started threads, which the child does not use
        child = os.fork()
    if child:
        return child
    code = 1
    try:
        answer.write_text(json.dumps(work()))
        code = 0
    except BaseException:  # noqa: BLE001 - the parent judges what went wrong
        answer.write_text(traceback.format_exc())
    finally:
        os._exit(code)


def finished(children: dict[str, int], folder: Path) -> dict[str, dict[str, object]]:
    """Wait for processes, all of which have to succeed, and return what they wrote down."""
    codes = {name: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for name, child in children.items()}
    failed = [f"{name}: {(folder / name).read_text()}" for name, code in codes.items() if code]
    assert not failed, "\n".join(failed)
    return {name: json.loads((folder / name).read_text()) for name in children}


def test_many_processes_lose_nothing(project: Repo, tmp_path: Path) -> None:
    workers = {f"worker{number}": Worker(project, number) for number in range(WORKERS)}
    names = [*SHARED, *(worker.name for worker in workers.values())]
    project.write({f"data/raw/{name}.csv": rows(3) for name in names})
    datakit.add(*(f"data/raw/{name}.csv" for name in names), fields=CARD, root=project.path)
    project.dvc("remote", "add", "--default", "storage", "../storage")
    project.commit("begin")
    (tmp_path / "answers").mkdir()
    answers, end = tmp_path / "answers", tmp_path / "end"

    beside = {f"reader{at}": forked(lambda: reader(project, end), answers / f"reader{at}") for at in range(READERS)}
    beside["committer"] = forked(lambda: committer(project, end), answers / "committer")
    try:
        running = {name: forked(worker.run, answers / name) for name, worker in workers.items()}
        done = finished(running, answers)
    finally:
        end.touch()
        others = finished(beside, answers)

    assert all(others[f"reader{at}"]["looks"] for at in range(READERS))
    assert others["committer"]["commits"]
    assert sum(sum(item["done"].values()) for item in done.values()) == WORKERS * OPERATIONS  # type: ignore[attr-defined]
    assert max(float(str(item["slowest"])) for item in done.values()) < SECONDS
    nothing_is_lost(project, {name: done[key] for key, name in ((key, worker.name) for key, worker in workers.items())})


def nothing_is_lost(repo: Repo, done: dict[str, dict[str, object]]) -> None:
    """Hold records, artifacts, bytes and remote against what the processes say that they did."""
    expected = dict.fromkeys(SHARED, 3)
    for name, item in done.items():
        expected[name] = int(str(item["rows"]))
        more = item["more"]
        assert isinstance(more, list)
        expected |= {each: at for at, each in enumerate(more, start=1)}
    found = {name: record(repo, name)["data"]["rows"] for name in expected}
    assert found == expected
    assert {item.name for item in datakit.datasets(root=repo.path)} == set(expected)
    assert yaml.safe_load(repo.read("dvc.yaml"))["artifacts"].keys() == expected.keys()
    for name, number in expected.items():
        assert repo.read(f"data/raw/{name}.csv") == rows(number)
    datakit.validate(root=repo.path)
    for name in done:
        if (repo.path / f"catalog/{name}/splits").exists():
            datakit.split(name, extend=True, root=repo.path)
    repo.commit("end")
    assert [item for item in datakit.check(root=repo.path) if item.level == "error"] == []
    assert all(item.faults == () for item in datakit.verify(root=repo.path))
    datakit.push(root=repo.path)
    assert "up to date" in repo.dvc("status")
    assert not list(repo.path.rglob(".datakit-*"))

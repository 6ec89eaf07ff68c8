"""A table of scenarios: what somebody stages, and what must come of it, whichever way it is committed.

    TABLE = Table()

    @TABLE.blocked(1, "DK102")
    def pointer_without_its_manifest(repo: Repo) -> None:
        take(repo, "grown", POINTER)

    @TABLE.scenarios
    def test_records(attempt: Attempt) -> None:
        attempt.judged()

The numbers are those of the rows in tests/scenarios/rows.py. Each scenario is tried in each of its modes with Git's own
hooks, and once with each manager of hooks; then it is committed past the hooks, and CI and the push have to say the same.
A further form of a row is tried once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import datakit
from datakit.errors import NotAProject
from tests.scenarios.modes import EVERY, MODES, ONCE, Desk, Mode, with_remote
from tests.scenarios.prepared import MANAGERS
from tests.support.repo import Repo, Result

Stage = Callable[[Repo], object]
_CODE = re.compile(r"(?m)^.*?: (DK\d{3}) (?!warning: )")
PAST = "past the hook"


class Scenario(NamedTuple):
    """One row, or one of its forms."""

    row: int
    name: str
    stage: Stage
    codes: tuple[str, ...]  # the rules that must speak; none where it must be let through
    modes: tuple[str, ...]


class Table:
    """The scenarios of one family."""

    def __init__(self) -> None:
        self.rows: list[Scenario] = []

    def blocked(
        self, row: int, *codes: str, modes: tuple[str, ...] = EVERY, name: str = ""
    ) -> Callable[[Stage], Stage]:
        """Enter what must be blocked, and the rules that must say so; it has the name of its function, or its own."""
        assert codes
        return self._entered(row, codes, modes, name)

    def allowed(self, row: int, *, modes: tuple[str, ...] = EVERY, name: str = "") -> Callable[[Stage], Stage]:
        """Enter what must be let through."""
        return self._entered(row, (), modes, name)

    def _entered(self, row: int, codes: tuple[str, ...], modes: tuple[str, ...], name: str) -> Callable[[Stage], Stage]:
        def enter(stage: Stage) -> Stage:
            words = (name or stage.__name__).replace("_", " ")
            self.rows.append(Scenario(row, words, stage, codes, modes))
            return stage

        return enter

    def scenarios(self, test: Callable[..., None]) -> Callable[..., None]:
        """Have a test take every attempt at every scenario."""
        cases = list(self._cases())
        names = [f"{row.row}-{row.name}-{mode}-{manager}" for row, mode, manager in cases]
        return pytest.mark.parametrize("asked", cases, ids=names)(test)

    def _cases(self) -> Iterator[tuple[Scenario, str, str]]:
        for row in self.rows:
            yield from ((row, mode, MANAGERS[0]) for mode in row.modes)
            if row.modes != ONCE:
                yield from ((row, row.modes[0], manager) for manager in MANAGERS[1:])
                yield row, PAST, MANAGERS[0]


class Attempt(NamedTuple):
    """One scenario, at a desk of its own."""

    scenario: Scenario
    mode: Mode | None  # None: past the hook
    desk: Desk

    def judged(self) -> None:
        """Stage, commit, and hold that the verdict is the one of the table."""
        repo = self.desk.repo
        self.scenario.stage(repo)
        if self.mode is None:
            pushed(repo, self.scenario.codes)
            return
        tree = repo.git("write-tree")
        done = self.mode.way(self.desk)
        if self.scenario.codes:
            refused(repo, done, self.scenario.codes)
        else:
            made(repo, done, tree)


def refused(repo: Repo, done: Result, codes: tuple[str, ...]) -> None:
    """Hold that a commit was blocked by these rules: nothing was committed, and nothing crashed."""
    assert done.code != 0, done
    assert "Traceback" not in done.err, done.err
    assert "blocked by datakit" in done.out + done.err, done
    assert set(codes) <= errors(done), done.out + done.err
    assert repo.try_git("log", "-1", "--format=%s").out != "x\n", "HEAD was moved"


def made(repo: Repo, done: Result, tree: str) -> None:
    """Hold that a commit was made of just what was staged, and that a full look at it finds nothing wrong."""
    assert done.code == 0, done.out + done.err
    assert repo.git("log", "-1", "--format=%s %T") == f"x {tree}"
    assert wrong(repo) == []


def pushed(repo: Repo, codes: tuple[str, ...]) -> None:
    """Commit what is staged past the hook; hold that CI and the push say of it what the hook would have said."""
    repo.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "x")
    arrives(repo, codes)


def arrives(repo: Repo, codes: tuple[str, ...]) -> None:
    """Hold that CI and the push to `main` let HEAD through, or stop it by these rules."""
    found = _in_ci(repo)
    assert set(codes) <= found if codes else not found, found
    done = repo.try_git("push", "--quiet", "origin", "HEAD:main")
    there = Repo(repo.path.parent / "bare.git").git("rev-parse", "main")
    assert (done.code == 0, there == repo.git("rev-parse", "HEAD")) == (not codes, not codes), done.err
    assert set(codes) <= errors(done), done.err


def _in_ci(repo: Repo) -> set[str]:
    """Return the rules that `datakit check --range` names; where the policy is gone it ends with an error of its own."""
    try:
        return {
            item.code for item in datakit.check(between="origin/main..HEAD", root=repo.path) if item.level == "error"
        }
    except NotAProject:
        return {"DK701"}


def wrong(repo: Repo, revision: str = "HEAD") -> list[str]:
    """Return the errors of a full check of a commit."""
    return [str(item) for item in datakit.check(at=revision, root=repo.path) if item.level == "error"]


def errors(done: Result) -> set[str]:
    """Return the rules that speak against something, warnings left out."""
    return set(_CODE.findall(done.out + "\n" + done.err))


def attempt(asked: tuple[Scenario, str, str], shelves: Callable[[str, bool], Path], folder: Path) -> Attempt:
    """Lay the desk for one attempt.

    Args:
        asked: The scenario, the mode and the manager of hooks.
        shelves: Return the prepared folder of a manager, or that of its submodule.
        folder: An empty folder.
    """
    scenario, name, manager = asked
    if name == PAST:
        return Attempt(scenario, None, with_remote(shelves(manager, False), folder))
    mode = MODES[name]
    return Attempt(scenario, mode, mode.place(shelves(manager, mode.within), folder))

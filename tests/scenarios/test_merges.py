"""Merges: what they bring is judged as the merged index against HEAD, at whichever door Git opens for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.scenarios.modes import Desk, at_top, in_subfolder, in_submodule, in_worktree
from tests.scenarios.prepared import CODE, MANAGERS, MANIFEST, POINTER, WITHOUT_HOOKS, edit, put, take
from tests.scenarios.table import errors, wrong
from tests.support.repo import Repo, Result

Stage = Callable[[Repo], object]
OTHERS = "src/other.py"


def half(repo: Repo) -> None:
    """Stage a pointer without its manifest."""
    take(repo, "grown", POINTER)


class Merge(NamedTuple):
    """One merge."""

    row: int
    name: str
    theirs: tuple[Stage, ...]  # what each side branch commits, past the hooks
    ours: Stage
    codes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    conflict: Stage | None = None  # how it is resolved


def code(text: str) -> Stage:
    """Return what changes a line of code."""
    return lambda repo: put(repo, CODE, text)


def state(name: str, *paths: str) -> Stage:
    """Return what stages a state."""
    return lambda repo: take(repo, name, *paths)


def together(*stages: Stage) -> Stage:
    """Return what does several things."""
    return lambda repo: [stage(repo) for stage in stages]


def evil(repo: Repo) -> None:
    """Resolve a conflict of code, and edit a manifest on the way."""
    put(repo, CODE, "print(4)\n")
    edit(repo, MANIFEST, '"rows": 15', '"rows": 16')


MERGES = (
    Merge(53, "bad data from the other side", (half,), code("print(2)\n"), ("DK102",)),
    Merge(53, "data that nobody validated", (together(state("newts"), lambda repo: repo.git("rm", "--quiet", "--force", "catalog/newts/receipt.json")),), code("print(2)\n"), ("DK301",)),
    Merge(54, "a conflict of code and bad data", (together(half, code("print(3)\n")),), code("print(2)\n"), ("DK102",), conflict=code("print(4)\n")),
    Merge(54, "a conflict of code and good data", (together(state("grown"), code("print(3)\n")),), code("print(2)\n"), conflict=code("print(4)\n")),
    Merge(55, "a manifest edited while resolving", (together(state("grown"), code("print(3)\n")),), code("print(2)\n"), ("DK104",), conflict=evil),
    Merge(56, "good data on both sides", (state("grown"),), state("newts")),
    Merge(56, "both sides change the same data", (state("grown"),), state("scaled"), ("DK104",), conflict=lambda repo: repo.git("add", "--all")),
    Merge(57, "an octopus of good data", (state("grown"), state("bees")), state("newts")),
    Merge(57, "an octopus with one bad arm", (half, state("bees")), state("newts"), ("DK102",)),
    Merge(57, "bad data that ours leaves out", (half,), code("print(2)\n"), options=("--strategy=ours",)),
    Merge(57, "bad data that theirs brings", (half,), code("print(2)\n"), ("DK102",), options=("--strategy-option=theirs",)),
    Merge(57, "bad data by the strategy for subtrees", (half,), code("print(2)\n"), ("DK102",), options=("--strategy=subtree",)),
    Merge(57, "squashed, then committed", (half,), code("print(2)\n"), ("DK102",), options=("--squash",)),
    Merge(57, "without a commit, then committed", (half,), code("print(2)\n"), ("DK102",), options=("--no-commit",)),
)  # fmt: skip
PLACES = {"top": at_top, "subfolder": in_subfolder, "worktree": in_worktree, "submodule": in_submodule}
CASES = [
    *((merge, "top", manager) for merge in MERGES for manager in MANAGERS if merge.row != 57 or manager == "native"),
    *((merge, place, "native") for merge in MERGES for place in list(PLACES)[1:] if merge.row in {53, 55, 56}),
]


def branched(desk: Desk, merge: Merge) -> tuple[str, ...]:
    """Commit all sides past the hooks, and return the branches to merge."""
    repo = desk.repo
    start = repo.git("rev-parse", "HEAD")
    names = []
    for number, side in enumerate((*merge.theirs, merge.ours)):
        repo.git(*WITHOUT_HOOKS, "checkout", "--quiet", "--force", "-b", f"side-{number}", start)
        side(repo)
        repo.git("commit", "--quiet", "--no-verify", "-m", "a side")
        names.append(f"side-{number}")
    return tuple(names[:-1])


def merged(desk: Desk, merge: Merge) -> Result:
    """Merge, resolve what conflicts, and commit where the merge left that to be done."""
    names = branched(desk, merge)
    here = Repo(desk.repo.path / desk.folder)
    done = here.try_git("merge", "--quiet", "-m", "x", *merge.options, *names)
    if merge.conflict is not None:
        assert done.code == 1, done
        assert "CONFLICT" in done.out, done
        merge.conflict(desk.repo)
        return desk.commit()
    return desk.commit() if {"--squash", "--no-commit"} & {*merge.options} else done


@pytest.mark.parametrize(
    ("merge", "place", "manager"), CASES, ids=[f"{m.row}-{m.name}-{place}-{manager}" for m, place, manager in CASES]
)
def test_merges(merge: Merge, place: str, manager: str, shelves: Callable[[str, bool], Path], tmp_path: Path) -> None:
    desk = PLACES[place](shelves(manager, place == "submodule"), tmp_path)
    done = merged(desk, merge)
    assert "Traceback" not in done.err
    assert (done.code == 0) == (not merge.codes), done.out + done.err
    assert (desk.repo.git("log", "-1", "--format=%s") == "x") == (not merge.codes)
    assert set(merge.codes) <= errors(done), done.out + done.err
    assert bool(merge.codes) or wrong(desk.repo) == []

"""What a commit takes is not what lies in the work tree, nor always what was staged: each command has an index of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.modes import EVERY, STAGED, Desk, at_top
from tests.scenarios.prepared import CODE, MANAGERS, MANIFEST, POINTER, RECEIPT, put, take
from tests.scenarios.prepared import TABLE as DATA
from tests.scenarios.table import Attempt, Table, made, refused
from tests.support.repo import Repo

TABLE = Table()
ROOM = "catalog/birds"


def staged_as(repo: Repo, *paths: str) -> None:
    """Put files of the work tree back as HEAD has them; what is staged of them stays."""
    repo.git("restore", "--source=HEAD", "--worktree", "--", *paths)


@TABLE.allowed(9, modes=EVERY)
def data_that_was_changed_beside_a_commit_of_code(repo: Repo) -> None:
    repo.write({DATA: "changed", f"{CODE}.bak": "1"})
    put(repo, CODE, "print(2)\n")


@TABLE.allowed(10, modes=STAGED)
def a_pointer_that_is_bad_in_the_work_tree_only(repo: Repo) -> None:
    take(repo, "grown")
    repo.write({POINTER: "broken", MANIFEST: "{}"})


@TABLE.blocked(11, "DK102", modes=STAGED)
def a_pointer_that_is_bad_in_the_index_only(repo: Repo) -> None:
    take(repo, "grown", POINTER)
    staged_as(repo, POINTER)


@TABLE.blocked(12, "DK104", modes=STAGED)
def half_of_a_manifest(repo: Repo) -> None:
    take(repo, "grown")
    repo.git("restore", "--source=HEAD", "--staged", "--", MANIFEST)
    assert repo.run("git", "add", "-p", "--", MANIFEST, stdin="s\ny\nn\nn\nn\n").code == 0
    assert set(repo.git("diff", "--name-only").split()) == {MANIFEST}


@TABLE.scenarios
def test_index(attempt: Attempt) -> None:
    attempt.judged()


@pytest.fixture(params=MANAGERS)
def desk(request: pytest.FixtureRequest, shelves: Callable[[str, bool], Path], tmp_path: Path) -> Desk:
    """A prepared repository, once for each manager of hooks."""
    return at_top(shelves(request.param, False), tmp_path)


def tree(repo: Repo, state: str) -> str:
    """Return the tree of HEAD with everything that a state records."""
    take(repo, state)
    found = repo.git("write-tree")
    repo.git("reset", "--quiet", "--hard")
    return found


class TestRow13:
    """`commit -a` takes the work tree, whatever was staged before."""

    def test_the_work_tree_is_good(self, desk: Desk) -> None:
        wanted = tree(desk.repo, "grown")
        take(desk.repo, "grown")
        good = {path: desk.repo.read(path) for path in (POINTER, MANIFEST)}
        put(desk.repo, POINTER, "broken")
        put(desk.repo, MANIFEST, "{}")
        desk.repo.write(good)
        made(desk.repo, desk.commit("-a"), wanted)

    def test_the_work_tree_is_bad(self, desk: Desk) -> None:
        take(desk.repo, "grown")
        staged_as(desk.repo, POINTER)
        refused(desk.repo, desk.commit("-a"), ("DK102",))


class TestRow14:
    """`commit -- path` leaves out what is staged beside it."""

    def test_a_manifest_without_the_pointer_that_is_staged(self, desk: Desk) -> None:
        take(desk.repo, "grown")
        refused(desk.repo, desk.commit("--", MANIFEST), ("DK102",))
        refused(desk.repo, desk.commit("--only", MANIFEST, RECEIPT), ("DK102",))

    def test_all_of_it_without_what_is_bad_beside_it(self, desk: Desk) -> None:
        wanted = tree(desk.repo, "grown")
        take(desk.repo, "grown")
        take(desk.repo, "newts", "data/raw/newts.csv.dvc")
        made(desk.repo, desk.commit("--", ROOM, POINTER), wanted)


class TestRow15:
    """`commit -i path` takes what is staged and the path."""

    def test_the_staged_half_is_bad(self, desk: Desk) -> None:
        take(desk.repo, "grown", POINTER)
        desk.repo.write({CODE: "print(2)\n"})
        refused(desk.repo, desk.commit("--include", CODE), ("DK102",))

    def test_the_path_completes_it(self, desk: Desk) -> None:
        wanted = tree(desk.repo, "grown")
        take(desk.repo, "grown")
        desk.repo.git("restore", "--source=HEAD", "--staged", "--", ROOM)
        made(desk.repo, desk.commit("--include", ROOM), wanted)


class TestRows16To18:
    def test_an_amended_commit_that_loses_its_receipt(self, desk: Desk) -> None:
        take(desk.repo, "newts")
        desk.repo.git("commit", "--quiet", "--no-verify", "-m", "newts")
        desk.repo.git("rm", "--quiet", "--cached", "catalog/newts/receipt.json")
        refused(desk.repo, desk.commit("--amend"), ("DK301",))

    def test_another_message(self, desk: Desk) -> None:
        take(desk.repo, "grown")
        desk.repo.git("commit", "--quiet", "--no-verify", "-m", "grown")
        made(desk.repo, desk.commit("--amend"), desk.repo.git("rev-parse", "HEAD:"))

    def test_nothing_at_all(self, desk: Desk) -> None:
        made(desk.repo, desk.commit("--allow-empty"), desk.repo.git("rev-parse", "HEAD:"))

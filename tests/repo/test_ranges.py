"""Ranges of commits: what is new, and what it starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.repo import ranges
from datakit.repo.git import Git
from datakit.repo.ranges import Range
from tests.support.repo import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with a commit, and a remote that has it."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.write({"a": "1"})
    made.commit("first")
    made.git("init", "--quiet", "--bare", "../bare.git")
    made.git("remote", "add", "origin", "../bare.git")
    made.git("push", "--quiet", "origin", "main")
    return made


def step(repo: Repo, name: str) -> str:
    """Commit a file."""
    repo.write({name: name})
    return repo.commit(name)


class TestBetween:
    def test_the_base_is_what_both_have(self, repo: Repo) -> None:
        first = repo.git("rev-parse", "HEAD")
        repo.git("checkout", "--quiet", "-b", "side")
        one, two = step(repo, "b"), step(repo, "c")
        repo.git("checkout", "--quiet", "main")
        main = step(repo, "d")
        assert ranges.between(Git(repo.path), main, two) == Range(first, two, (two, one))
        assert ranges.between(Git(repo.path), two, one) == Range(one, one, ())

    def test_histories_with_nothing_in_common(self, repo: Repo) -> None:
        main = repo.git("rev-parse", "HEAD")
        repo.git("checkout", "--quiet", "--orphan", "other")
        other = step(repo, "x")
        found = ranges.between(Git(repo.path), main, other)
        assert found == Range(Git(repo.path).empty_tree(), other, (other,), root=True)
        assert found.start == "--root"

    def test_a_clone_that_is_too_shallow(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("checkout", "--quiet", "-b", "side")
        step(repo, "b")
        step(repo, "c")
        repo.git("checkout", "--quiet", "main")
        step(repo, "d")
        repo.git(
            "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repo.path}", str(tmp_path / "shallow")
        )
        git = Git(tmp_path / "shallow")
        ends = [git.resolve(name) or "" for name in ("origin/main", "origin/side")]
        with pytest.raises(EnvironmentProblem, match=r"what \w{10} starts from is not in this clone, which is shallow"):
            ranges.between(git, *ends)


class TestPushed:
    def test_a_branch_that_goes_on(self, repo: Repo) -> None:
        first = repo.git("rev-parse", "HEAD")
        tip = step(repo, "b")
        assert ranges.pushed(Git(repo.path), tip, first, "origin") == Range(first, tip, (tip,))

    def test_a_new_branch_stands_on_the_newest_that_is_there(self, repo: Repo) -> None:
        repo.git("checkout", "--quiet", "-b", "old")
        old = step(repo, "b")
        repo.git("checkout", "--quiet", "main")
        step(repo, "c")
        repo.git("push", "--quiet", "origin", "main")
        repo.git("checkout", "--quiet", "old")
        repo.git("merge", "--quiet", "--no-edit", "main")
        tip = repo.git("rev-parse", "HEAD")
        assert ranges.pushed(Git(repo.path), tip, None, "origin") == Range(
            repo.git("rev-parse", "main"), tip, (tip, old)
        )

    def test_a_merge_counts_with_all_that_it_brings_to_the_branch(self, repo: Repo) -> None:
        first = repo.git("rev-parse", "HEAD")
        repo.git("checkout", "--quiet", "-b", "side")
        for number in range(3):
            step(repo, f"b{number}")
        repo.git("push", "--quiet", "origin", "side")
        repo.git("checkout", "--quiet", "main")
        repo.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
        tip = repo.git("rev-parse", "HEAD")
        assert ranges.pushed(Git(repo.path), tip, first, "origin") == Range(first, tip, (tip,))

    def test_what_the_remote_has_under_another_name_is_not_new(self, repo: Repo) -> None:
        tip = repo.git("rev-parse", "HEAD")
        assert ranges.pushed(Git(repo.path), tip, None, "origin") == Range(tip, tip, ())

    def test_a_rewritten_branch_is_held_against_what_is_there_of_it(self, repo: Repo) -> None:
        first = repo.git("rev-parse", "HEAD")
        there = step(repo, "b")
        repo.git("reset", "--quiet", "--hard", first)
        tip = step(repo, "c")
        assert ranges.pushed(Git(repo.path), tip, there, "origin") == Range(first, tip, (tip,))

    def test_a_remote_that_has_nothing(self, repo: Repo) -> None:
        first = repo.git("rev-parse", "HEAD")
        found = ranges.pushed(Git(repo.path), first, None, "https://example.org/other.git")
        assert found == Range(Git(repo.path).empty_tree(), first, (first,), root=True)


class TestChanges:
    def test_each_commit_with_what_it_changed(self, repo: Repo) -> None:
        root = repo.git("rev-parse", "HEAD")
        repo.git("mv", "a", "b")
        moved = repo.commit("moved")
        found = dict(ranges.changes(Git(repo.path), [root, moved]))
        assert [(c.path, c.added, c.removed) for c in found[root]] == [("a", True, False)]
        assert [(c.path, c.added, c.removed) for c in found[moved]] == [("a", False, True), ("b", True, False)]

    def test_of_a_merge_what_is_on_no_side(self, repo: Repo) -> None:
        repo.git("checkout", "--quiet", "-b", "side")
        step(repo, "b")
        repo.git("checkout", "--quiet", "main")
        step(repo, "c")
        repo.git("merge", "--quiet", "--no-commit", "side")
        merge = step(repo, "evil\n: x")
        (found,) = ranges.changes(Git(repo.path), [merge])
        assert found[0] == merge
        assert [(c.path, c.added, c.mode) for c in found[1]] == [("evil\n: x", True, "100644")]

    def test_nothing(self, repo: Repo) -> None:
        assert list(ranges.changes(Git(repo.path), [])) == []

"""History of a file, on real Git."""

from __future__ import annotations

import pytest

from datakit.errors import EnvironmentProblem
from datakit.versions import history
from tests.support.repo import Repo


def test_revisions_are_those_that_changed_the_file_newest_first(repo: Repo) -> None:
    repo.write({"a.json": "1", "b.json": "x"})
    repo.commit("one")
    repo.write({"b.json": "y"})
    repo.commit("other file")
    repo.write({"a.json": "2"})
    repo.commit("two")
    found = history.revisions(repo.path, "a.json")
    assert [item.content for item in found] == [b"2", b"1"]
    assert found[0].commit == repo.git("rev-parse", "HEAD")
    assert found[1].commit == repo.git("rev-parse", "HEAD~2")
    assert found[0].author == repo.git("log", "-1", "--format=%an <%ae>")


def test_a_removal_has_no_content(repo: Repo) -> None:
    repo.write({"room/a.json": "1"})
    repo.commit("one")
    repo.git("rm", "-q", "room/a.json")
    repo.commit("gone")
    assert [item.content for item in history.revisions(repo.path, "room/a.json")] == [None, b"1"]


def test_the_commit_that_gave_a_file_its_content(repo: Repo) -> None:
    repo.write({"a.json": "1"})
    first = repo.commit("one")
    repo.write({"b.json": "x"})
    other = repo.commit("other file")
    repo.write({"a.json": "2"})
    repo.commit("two")
    assert [history.last_change(repo.path, "a.json", commit) for commit in (first, other)] == [first, first]
    assert history.last_change(repo.path, "b.json", first) is None


def test_before_the_first_commit_there_is_no_history(repo: Repo) -> None:
    assert history.revisions(repo.path, "a.json") == ()


def test_what_an_older_commit_did_is_left_out(repo: Repo) -> None:
    repo.write({"a.json": "1"})
    first = repo.commit("one")
    repo.write({"a.json": "2"})
    repo.commit("two")
    assert [item.content for item in history.revisions(repo.path, "a.json", first)] == [b"2"]
    assert history.revisions(repo.path, "a.json", repo.git("rev-parse", "HEAD")) == ()


def test_a_file_that_this_clone_lacks_is_not_fetched(repo: Repo) -> None:
    repo.write({"a.json": "1"})
    commit = repo.commit("one")
    oid = repo.git("rev-parse", "HEAD:a.json")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(EnvironmentProblem) as caught:
        history.revisions(repo.path, "a.json")
    assert caught.value.message == (
        f"`{commit}:a.json` is not in this clone: Git knows it but does not have its content"
    )

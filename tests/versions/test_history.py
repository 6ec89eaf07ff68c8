"""History of a file and registered versions, on real Git."""

from __future__ import annotations

from datakit.formats.tags import Version
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


def test_before_the_first_commit_there_is_no_history(repo: Repo) -> None:
    assert history.revisions(repo.path, "a.json") == ()
    assert history.registered(repo.path, "reviews") == ()


def test_only_annotated_tags_of_the_dataset_register_versions(repo: Repo) -> None:
    repo.write({"a": "1"})
    repo.commit("one")
    for name in (
        "reviews@v1.0.0",
        "reviews@v1.10.0",
        "reviews@v1.9.0",
        "reviews@v2.0.0",
        "reviews@v2.0.0!",
        "other@v1.0.0",
    ):
        repo.git("tag", "-a", "-m", f"notes of {name}", name)
    repo.git("tag", "reviews@v3.0.0")
    found = history.registered(repo.path, "reviews")
    assert [item.version for item in found] == [Version(1, 10, 0), Version(1, 9, 0), Version(1, 0, 0)]
    assert found[0].message == "notes of reviews@v1.10.0"
    assert {item.commit for item in found} == {repo.git("rev-parse", "HEAD")}

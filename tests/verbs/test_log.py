"""`log`: the states of a dataset's data in history."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import NotFound
from datakit.report import entries
from tests.support.repo import Repo

ROWS = "id,mass\na,1\nb,2\n"


def recorded(project: Repo, rows: str, note: str | None = None) -> None:
    """Record birds as they are now and commit them, whatever the gate would say."""
    project.write({"data/raw/birds.csv": rows})
    datakit.add("data/raw/birds.csv", note=note, root=project.path)
    project.git("commit", "--no-verify", "-qm", note or "first")


def test_each_state_of_the_data_is_one_entry(project: Repo) -> None:
    recorded(project, ROWS)
    project.git("tag", "-a", "-m", "first", "birds@v1.0.0")
    recorded(project, ROWS + "c,3\n", "a third bird")
    project.git("tag", "-a", "-m", "second", "birds@v1.1.0")
    found = datakit.log("birds", root=project.path)
    assert [(item.note, item.rows, item.versions) for item in found] == [
        ("a third bird", 3, ("v1.1.0",)),
        ("", 2, ("v1.0.0",)),
    ]
    assert found[0].commit == project.git("rev-parse", "HEAD")
    assert found[0].by == project.git("log", "-1", "--format=%an <%ae>")


def test_a_commit_that_left_the_data_alone_is_folded_into_its_state(project: Repo) -> None:
    recorded(project, ROWS)
    first = project.git("rev-parse", "HEAD")
    datakit.add("birds", note="as delivered", root=project.path)
    project.git("commit", "--no-verify", "-qm", "a note")
    project.git("tag", "-a", "-m", "first", "birds@v1.0.0")
    (only,) = datakit.log("birds", root=project.path)
    assert (only.commit, only.versions) == (first, ("v1.0.0",))


def test_a_version_that_was_registered_some_commits_later(project: Repo) -> None:
    recorded(project, ROWS)
    project.write({"code.py": "1\n"})
    project.commit("code")
    project.git("tag", "-a", "-m", "first", "birds@v1.0.0")
    recorded(project, ROWS + "c,3\n", "a third bird")
    project.write({"code.py": "2\n"})
    project.commit("more code")
    project.git("tag", "-a", "-m", "second", "birds@v1.1.0")
    assert [item.versions for item in datakit.log("birds", root=project.path)] == [("v1.1.0",), ("v1.0.0",)]


def test_a_removed_record_shows_as_removed(project: Repo) -> None:
    recorded(project, ROWS)
    project.git("rm", "-rq", "catalog/birds", "data/raw/birds.csv.dvc")
    project.git("commit", "--no-verify", "-qm", "gone")
    found = datakit.log("birds", root=project.path)
    assert [item.md5 is None for item in found] == [True, False]
    assert "removed" in entries.text(found)


def test_nothing_committed_yet(project: Repo) -> None:
    project.write({"data/raw/birds.csv": ROWS})
    datakit.add("data/raw/birds.csv", root=project.path)
    assert datakit.log("birds", root=project.path) == ()
    assert entries.text(()) == "nothing is committed yet\n"


def test_an_unknown_dataset_offers_the_nearest(project: Repo) -> None:
    recorded(project, ROWS)
    with pytest.raises(NotFound, match="there is no dataset `bird`") as caught:
        datakit.log("bird", root=project.path)
    assert caught.value.hint == "did you mean `birds`?"

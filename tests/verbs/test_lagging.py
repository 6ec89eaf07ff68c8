"""Data that Git left behind when it moved the records is not taken for a change of anybody's."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """Two branches: `main` has a table, `more` has one row more; `more` is checked out, with its data."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("birds")
    project.git("switch", "--quiet", "--create", "more")
    project.write({PATH: MORE_BIRDS})
    datakit.add(PATH, note="one more", root=project.path)
    project.commit("more")
    return project


def said(repo: Repo) -> tuple[str, str]:
    """Return condition and command of the dataset."""
    (state,) = datakit.status("birds", root=repo.path)
    return state.condition, state.command


def test_another_branch(birds: Repo) -> None:
    birds.git("switch", "--quiet", "main")
    assert said(birds) == ("behind", "datakit pull birds")
    datakit.pull("birds", offline=True, root=birds.path)
    assert said(birds)[0] == "draft"
    assert birds.read(PATH) == BIRDS
    birds.git("switch", "--quiet", "more")
    assert said(birds) == ("behind", "datakit pull birds")


def test_a_fast_forward(birds: Repo) -> None:
    birds.git("switch", "--quiet", "main")
    datakit.pull("birds", offline=True, root=birds.path)
    birds.git("merge", "--quiet", "--ff-only", "more")
    assert said(birds) == ("behind", "datakit pull birds")


def test_a_merge_that_is_not_committed(birds: Repo) -> None:
    birds.git("switch", "--quiet", "main")
    datakit.pull("birds", offline=True, root=birds.path)
    birds.write({"notes.md": "x"})
    birds.commit("notes")
    birds.git("merge", "--quiet", "--no-commit", "more")
    assert said(birds) == ("behind", "datakit pull birds")


def test_an_edit_is_a_change(birds: Repo) -> None:
    birds.write({PATH: f"{MORE_BIRDS}5,m,1.5\n"})
    assert said(birds) == ("changed", 'datakit add birds -m "why the data changed"')
    birds.git("switch", "--quiet", "main")
    assert said(birds)[0] == "changed"


def test_an_edit_that_is_taken_back_after_add_is_a_change(birds: Repo) -> None:
    birds.write({PATH: f"{MORE_BIRDS}5,m,1.5\n"})
    datakit.add("birds", note="another", root=birds.path)
    birds.write({PATH: MORE_BIRDS})
    assert said(birds)[0] == "changed"
    datakit.add("birds", root=birds.path)
    assert record(birds, "birds")["change"]["note"] == "one more"
    assert said(birds)[0] == "draft"


class TestAdd:
    def test_leaves_it_out_where_nothing_is_named(self, birds: Repo) -> None:
        birds.git("switch", "--quiet", "main")
        assert datakit.add(note="all that changed", root=birds.path) == ()
        assert birds.status() == []

    def test_refuses_it_without_a_reason(self, birds: Repo) -> None:
        birds.git("switch", "--quiet", "main")
        with pytest.raises(UsageError) as caught:
            datakit.add("birds", root=birds.path)
        assert (
            caught.value.message
            == "the data of `birds` is that of an earlier record; recorded again, it would undo the later one"
        )
        assert caught.value.hint == '`datakit pull birds`; to go back on purpose: `datakit add birds -m "why"`'
        datakit.add("birds", note="the late row belongs here too", root=birds.path)
        assert record(birds, "birds")["change"]["note"] == "the late row belongs here too"

    def test_refuses_it_in_a_merge_whatever_the_reason(self, birds: Repo) -> None:
        birds.git("switch", "--quiet", "main")
        datakit.pull("birds", offline=True, root=birds.path)
        birds.write({"notes.md": "x"})
        birds.commit("notes")
        birds.git("merge", "--quiet", "--no-commit", "more")
        with pytest.raises(UsageError) as caught:
            datakit.add("birds", note="merged", root=birds.path)
        assert caught.value.message == "the merge brought other data of `birds` than lies in the working tree"
        assert caught.value.hint == (
            "`datakit pull birds`; to keep the data of this branch: "
            f"`git checkout HEAD -- catalog/birds/manifest.json {PATH}.dvc`"
        )
        birds.git("checkout", "HEAD", "--", "catalog/birds/manifest.json", f"{PATH}.dvc")
        datakit.add("birds", root=birds.path)
        assert record(birds, "birds")["data"]["rows"] == 3

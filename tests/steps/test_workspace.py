"""Data that Git left behind when it moved the records is not taken for a change of anybody's."""

from __future__ import annotations

import shutil

import pytest

import datakit
from datakit.errors import UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, md5, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
HEADS = "`datakit pull birds@HEAD --to ../theirs/`"
FORCED = '`datakit add birds --force -m "why"`'


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
    assert said(birds)[0] == "diverged"


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

    def test_refuses_it_by_name(self, birds: Repo) -> None:
        birds.git("switch", "--quiet", "main")
        with pytest.raises(UsageError) as caught:
            datakit.add("birds", note="why not", root=birds.path)
        assert caught.value.message == (
            "the data of `birds` is that of another record: Git moved on and left it; recorded again, it would undo what Git "
            "brought"
        )
        assert caught.value.hint == (
            "`datakit pull birds`; to record what lies here all the same: `datakit add birds --force`"
        )
        datakit.add("birds", note="the late row belongs here too", force=True, root=birds.path)
        assert record(birds, "birds")["change"]["note"] == "the late row belongs here too"
        assert said(birds)[0] == "ready"

    def test_refuses_an_edit_of_something_else(self, birds: Repo) -> None:
        """A colleague's rows came with `git pull` while an edit was not recorded yet."""
        birds.git("switch", "--quiet", "main")
        datakit.pull("birds", offline=True, root=birds.path)
        birds.write({PATH: f"{BIRDS}9,m,9.5\n"})
        assert said(birds)[0] == "changed"
        birds.git("merge", "--quiet", "--ff-only", "more")
        assert said(birds) == ("diverged", f"{HEADS}, bring both together in {PATH}, then {FORCED}")
        with pytest.raises(UsageError) as caught:
            datakit.add("birds", note="mine", root=birds.path)
        assert caught.value.message == (
            "the data of `birds` was changed from other bytes than those that are recorded now: recorded, it would undo what "
            "Git brought"
        )
        theirs = birds.path.parent / "theirs"
        datakit.pull("birds@HEAD", to=theirs, offline=True, root=birds.path)
        assert (theirs / "birds.csv").read_text() == MORE_BIRDS
        birds.write({PATH: f"{MORE_BIRDS}9,m,9.5\n"})
        datakit.add("birds", note="both", force=True, root=birds.path)
        assert (record(birds, "birds")["data"]["rows"], said(birds)[0]) == (5, "ready")


def test_what_a_stash_takes_away_and_brings_back(birds: Repo) -> None:
    birds.write({PATH: f"{MORE_BIRDS}5,m,1.5\n"})
    datakit.add("birds", note="another", root=birds.path)
    birds.git("stash", "--quiet")
    assert said(birds) == ("behind", "datakit pull birds")
    datakit.pull("birds", offline=True, root=birds.path)
    birds.git("stash", "pop", "--quiet", "--index")
    assert said(birds) == ("behind", "datakit pull birds")
    datakit.pull("birds", offline=True, root=birds.path)
    assert birds.read(PATH) == f"{MORE_BIRDS}5,m,1.5\n"
    assert record(birds, "birds")["change"]["note"] == "another"


def test_an_older_content_put_back_on_purpose_is_a_change(birds: Repo) -> None:
    birds.write({PATH: BIRDS})
    assert said(birds) == ("changed", 'datakit add birds -m "why the data changed"')
    (done,) = datakit.add(note="the late row was wrong", root=birds.path)
    assert (done.name, record(birds, "birds")["data"]["rows"]) == ("birds", 3)


def test_without_a_note_git_remembers(birds: Repo) -> None:
    """A fresh clone has no note, nor has a working tree that plain DVC filled."""
    shutil.rmtree(birds.path / ".datakit/workspace")
    birds.git("switch", "--quiet", "main")
    assert said(birds) == ("behind", "datakit pull birds")
    birds.write({PATH: f"{BIRDS}9,m,9.5\n"})
    assert said(birds)[0] == "changed"
    birds.dvc("checkout", "--force")
    assert said(birds)[0] == "draft"
    assert (birds.path / ".datakit/workspace/birds").read_text() == f"{md5(BIRDS)}\n"


def test_a_note_that_is_none(birds: Repo) -> None:
    birds.write({".datakit/workspace/birds": "../x", PATH: f"{MORE_BIRDS}5,m,1.5\n"})
    assert said(birds)[0] == "changed"


class TestMerge:
    @pytest.fixture
    def torn(self, birds: Repo) -> Repo:
        """Both branches appended a row of their own; their merge is in conflict."""
        birds.git("switch", "--quiet", "main")
        datakit.pull("birds", offline=True, root=birds.path)
        birds.write({PATH: f"{BIRDS}9,m,9.5\n"})
        datakit.add("birds", note="ours", root=birds.path)
        birds.commit("ours")
        assert birds.try_git("merge", "--quiet", "more").code == 1
        return birds

    def test_one_side_alone_is_refused(self, torn: Repo) -> None:
        way = (
            "`datakit pull birds@HEAD --to ../ours/` and `datakit pull birds@MERGE_HEAD --to ../theirs/`, bring both together in "
            f'{PATH}, then `datakit add birds -m "why"`'
        )
        assert said(torn) == ("diverged", way)
        before = torn.git("ls-files", "--stage")
        for rows in (f"{BIRDS}9,m,9.5\n", MORE_BIRDS, BIRDS):
            torn.write({PATH: rows})
            with pytest.raises(UsageError) as caught:
                datakit.add("birds", note="merge", root=torn.path)
            assert caught.value.message == (
                "both sides of the merge recorded `birds`, and its data here is of one side only: the other's would be lost"
            )
            assert caught.value.hint == f"{way}; to record what lies here all the same: `datakit add birds --force`"
        assert torn.git("ls-files", "--stage") == before

    def test_both_brought_together(self, torn: Repo) -> None:
        for revision, side, rows in (("HEAD", "ours", 4), ("MERGE_HEAD", "theirs", 4)):
            datakit.pull(f"birds@{revision}", to=torn.path.parent / side, offline=True, root=torn.path)
            assert len((torn.path.parent / side / "birds.csv").read_text().splitlines()) == rows + 1
        torn.write({PATH: f"{MORE_BIRDS}9,m,9.5\n"})
        datakit.add("birds", note="both rows", root=torn.path)
        found = record(torn, "birds")
        sides = [f"{BIRDS}9,m,9.5\n", MORE_BIRDS]
        assert found["derived_from"] == [{"name": "birds", "md5": each} for each in sorted(map(md5, sides))]
        assert (found["change"]["from"], found["change"]["note"]) == (md5(sides[0]), "both rows")
        torn.git("commit", "--quiet", "--no-verify", "--no-edit")
        assert said(torn)[0] == "draft"

    def test_one_side_on_purpose(self, torn: Repo) -> None:
        datakit.add("birds", force=True, root=torn.path)
        assert record(torn, "birds")["change"]["note"] == "ours"
        assert torn.git("ls-files", "--unmerged") == ""

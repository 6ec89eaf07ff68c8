"""`add -m`: a reason against HEAD only, kept while nothing else is known, and gone with the change that it was for."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project whose first version of `birds` is committed."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("birds")
    return project


def test_the_first_version_needs_none(project: Repo) -> None:
    for content in (BIRDS, MORE_BIRDS):
        project.write({PATH: content})
        datakit.add(PATH, root=project.path)
    change = record(project, "birds")["change"]
    assert set(change) == {"by", "at"}
    assert change["by"] == "Ann Author <ann@example.org>"


def test_a_second_version_is_refused_without_one(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    before = everything(birds)
    for note in (None, "", "  \n"):
        with pytest.raises(UsageError) as caught:
            datakit.add("birds", note=note, root=birds.path)
        assert caught.value.message == "the data of `birds` changed and needs a reason"
        assert caught.value.hint == 'datakit add birds -m "why the data changed"'
        assert everything(birds) == before


def test_it_is_recorded_with_the_hash_before(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note=" a fourth bird ", root=birds.path)
    change = record(birds, "birds")["change"]
    assert (change["from"], change["note"]) == (md5(BIRDS), "a fourth bird")
    assert datakit.check("birds", select=["DK2"], root=birds.path) == ()


def test_several_adds_between_two_commits_keep_it(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more birds", root=birds.path)
    birds.write({PATH: f"{MORE_BIRDS}5,m,1.5\n"})
    datakit.add("birds", root=birds.path)
    change = record(birds, "birds")["change"]
    assert (change["from"], change["note"]) == (md5(BIRDS), "more birds")


def test_it_can_be_mended_before_the_commit(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="mroe", root=birds.path)
    (done,) = datakit.add("birds", note="more", root=birds.path)
    assert done.written == ("catalog/birds/manifest.json",)
    assert record(birds, "birds")["change"]["note"] == "more"


def test_going_back_to_the_committed_bytes_restores_the_record(birds: Repo) -> None:
    committed = birds.read("catalog/birds/manifest.json")
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more birds", root=birds.path)
    birds.write({PATH: BIRDS})
    datakit.add("birds", root=birds.path)
    assert birds.read("catalog/birds/manifest.json") == committed
    assert birds.status() == []


def test_the_next_change_needs_a_reason_of_its_own(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more birds", root=birds.path)
    birds.commit("more")
    birds.write({PATH: BIRDS})
    with pytest.raises(UsageError, match="needs a reason"):
        datakit.add("birds", root=birds.path)
    datakit.add("birds", note="the fourth was a bat", root=birds.path)
    assert record(birds, "birds")["change"]["from"] == md5(MORE_BIRDS)


def test_data_that_dvc_alone_knew_needs_none(project: Repo) -> None:
    project.write({PATH: BIRDS})
    project.dvc("add", PATH)
    project.commit("tracked by DVC")
    project.write({PATH: MORE_BIRDS})
    datakit.add(PATH, root=project.path)
    assert "from" not in record(project, "birds")["change"]


def test_without_an_identity_nobody_is_named(project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    project.git("config", "user.useConfigOnly", "true")
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    assert set(record(project, "birds")["change"]) == {"at"}


class TestAsking:
    def test_the_reason_is_asked_for_only_where_one_is_needed(self, birds: Repo) -> None:
        asked: list[str] = []

        def answer(what: str, question: str) -> str:
            asked.append(question)
            return "more birds"

        datakit.add("birds", ask=answer, root=birds.path)
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", ask=answer, root=birds.path)
        datakit.add("birds", ask=answer, root=birds.path)
        assert asked == ["Why did the data of birds change?"]
        assert record(birds, "birds")["change"]["note"] == "more birds"

    def test_no_answer_is_no_reason(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        with pytest.raises(UsageError, match="needs a reason"):
            datakit.add("birds", ask=lambda *_: None, root=birds.path)

    def test_a_first_card_is_filled_by_answers(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        asked: list[str] = []

        def answer(what: str, question: str) -> str | None:
            asked.append(what)
            return {**CARD, "collection": None}[what]

        (done,) = datakit.add(PATH, fields={"owner": "Jane Doe <jane@company.org>"}, ask=answer, root=project.path)
        assert asked == ["license", "personal_data", "summary", "collection"]
        assert [item.message.partition(" is ")[0] for item in done.findings if item.code == "DK201"] == [
            "section `Collection`"
        ]

"""`check`: the gate's findings on the work tree, the index and commits; tests/gate holds the rules themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, NotFound, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with `birds` committed."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("birds")
    return project


def codes(repo: Repo, *names: str, **options: object) -> list[str]:
    """Return the codes of all findings."""
    return [item.code for item in datakit.check(*names, root=repo.path, **options)]  # type: ignore[arg-type]  # options of many kinds


def test_each_tree_is_judged_by_what_it_holds(birds: Repo) -> None:
    birds.write({"catalog/birds/receipt.json": "{"})
    assert codes(birds) == ["DK305", "DK104"]
    assert codes(birds, staged=True) == []
    assert codes(birds, at="HEAD") == ["DK305"]
    birds.git("add", "--all")
    assert codes(birds, staged=True, select=["DK1"]) == ["DK104"]
    birds.commit("broken")
    assert codes(birds, at="HEAD", select=["DK104"]) == ["DK104"]
    assert codes(birds, at="HEAD~1", select=["DK104"]) == []


def test_the_first_commit_has_no_parent(birds: Repo) -> None:
    first = birds.git("rev-list", "--max-parents=0", "HEAD")
    assert codes(birds, at=first) == []


def test_the_change_is_judged_against_its_base(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more", root=birds.path)
    manifest = birds.read("catalog/birds/manifest.json")
    assert codes(birds, select=["DK202"]) == []
    from datakit.formats import manifest as records

    known = records.read(manifest.encode(), "x")
    birds.write({"catalog/birds/manifest.json": records.dump(known._replace(change=known.change._replace(note="")))})
    assert codes(birds, select=["DK202"]) == ["DK202"]


def test_the_index_of_a_running_commit_is_the_one_that_counts(birds: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    other = str(birds.path / ".git/other-index")
    monkeypatch.setenv("GIT_INDEX_FILE", other)
    birds.git("read-tree", "HEAD")
    birds.write({"catalog/birds/receipt.json": "{"})
    birds.git("add", "catalog/birds/receipt.json")
    assert codes(birds, staged=True, select=["DK1"]) == ["DK104"]
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert codes(birds, staged=True) == []


def test_names_and_codes_choose_what_is_reported(birds: Repo) -> None:
    birds.write({"data/raw/eggs.csv": BIRDS})
    datakit.add("data/raw/eggs.csv", root=birds.path)
    assert codes(birds, "birds") == ["DK305"]
    assert codes(birds, "eggs", select=["dk2"]) == ["DK201"] * 5
    assert codes(birds, select=["DK305", "DK1"]) == ["DK305", "DK305"]


@pytest.mark.parametrize(
    ("names", "options", "error", "message"),
    [
        (("brids",), {}, NotFound, "there is no dataset `brids`"),
        ((), {"at": "nowhere"}, NotFound, "there is no revision `nowhere`"),
        ((), {"at": "--output=x"}, NotFound, "there is no revision `--output=x`"),
        ((), {"select": ["DK999"]}, NotFound, "there is no rule `DK999`"),
        ((), {"staged": True, "at": "HEAD"}, UsageError, "`--staged` and `--at` exclude each other"),
    ],
)
def test_what_makes_no_sense_is_refused(
    birds: Repo, names: tuple[str, ...], options: dict[str, object], error: type[UsageError], message: str
) -> None:
    with pytest.raises(error) as caught:
        codes(birds, *names, **options)
    assert caught.value.message == message
    assert not (birds.path / "x").exists()


def test_a_shallow_clone_does_not_take_its_first_commit_for_a_beginning(birds: Repo, tmp_path: Path) -> None:
    birds.write({"code.py": "1"})
    birds.commit("code")
    birds.git("clone", "-q", "--depth", "1", f"file://{birds.path}", str(tmp_path / "shallow"))
    with pytest.raises(
        EnvironmentProblem, match=r"the commit before .* is not in this clone, which is shallow"
    ) as caught:
        datakit.check(at="HEAD", root=tmp_path / "shallow")
    assert caught.value.hint == "git fetch --unshallow, or `fetch-depth: 0` where CI checks out"


def test_a_card_with_the_marks_of_a_merge_is_a_finding(birds: Repo) -> None:
    card = birds.read("catalog/birds/README.md")
    birds.write({"catalog/birds/README.md": f"{card}\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n"})
    found = datakit.check("birds", select=["DK1"], root=birds.path)
    assert [(item.path, item.message) for item in found] == [
        ("catalog/birds/README.md", "holds the marks of an unresolved merge")
    ]

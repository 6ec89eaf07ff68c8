"""Two branches change different things of one dataset: most pairs merge as text, and `add` writes anew what does not.

Each pair is merged by real Git, without a merge driver, as a forge would do it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import datakit
from tests.support.datasets import CARD, record
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.csv"
ROOM = "catalog/birds"
README, CONTRACT, RECIPE = f"{ROOM}/README.md", f"{ROOM}/contract.odcs.yaml", f"{ROOM}/splits/default.yaml"
MANIFEST, RECEIPT, PROFILE = (f"{ROOM}/{kind}.json" for kind in ("manifest", "receipt", "profile"))
SPLIT = {f"{ROOM}/splits/default.json", f"{ROOM}/splits/default.parquet.dvc"}
ROWS = "id,sex,mass\n" + "".join(f"{at},{'mf'[at % 2]},{at}.5\n" for at in range(1, 41))

Change = Callable[[Repo], None]


def edited(path: str, old: str, new: str) -> Change:
    """Return a change that replaces a text of a file, and commits."""

    def change(repo: Repo) -> None:
        assert repo.read(path).count(old) == 1, f"`{old}` in {path}:\n{repo.read(path)}"
        repo.write({path: repo.read(path).replace(old, new)})
        repo.commit(f"edit {path}")

    return change


def data(rows: str, note: str = "more birds") -> Change:
    """Return a change of the data, recorded."""

    def change(repo: Repo) -> None:
        repo.write({PATH: ROWS + rows})
        datakit.add("birds", note=note, root=repo.path)
        repo.commit("data")

    return change


def recipe(old: str, new: str) -> Change:
    """Return a change of the split's recipe, applied."""

    def change(repo: Repo) -> None:
        repo.write({RECIPE: repo.read(RECIPE).replace(old, new)})
        datakit.split("birds", root=repo.path)
        repo.commit("recipe")

    return change


def both(*changes: Change) -> Change:
    """Return one change after another."""

    def change(repo: Repo) -> None:
        for each in changes:
            each(repo)

    return change


def stricter(repo: Repo) -> None:
    """Demand more of the data, and validate."""
    edited(CONTRACT, "mustBeGreaterThan: 0", "mustBeGreaterThan: 10")(repo)
    datakit.validate("birds", root=repo.path)
    repo.commit("validated")


SUMMARY, COLLECTION = CARD["summary"], CARD["collection"]
card = edited(README, SUMMARY, "One row is one bird that was caught; for tests.")
card_otherwise = edited(README, SUMMARY, "One row is one ringed bird; for tests.")
card_below = edited(README, COLLECTION, "Made up by hand in two afternoons.")


def validated_again(repo: Repo) -> None:
    """Validate what is validated already."""
    datakit.validate("birds", root=repo.path)
    repo.commit("nothing new")


recipe_change = recipe("train: 0.8\n  test: 0.2", "train: 0.7\n  test: 0.3")


PAIRS = {
    "card x data": (card, data("41,m,3.0\n"), set()),
    "card x contract": (card, stricter, set()),
    "card x card, the same line": (card, card_otherwise, {README}),
    "contract x data": (stricter, data("41,m,3.0\n"), {RECEIPT}),
    "recipe x data": (recipe_change, data("41,m,3.0\n"), SPLIT),
    "data x contract": (data("41,m,3.0\n"), stricter, {RECEIPT}),
    "data x recipe": (data("41,m,3.0\n"), recipe_change, SPLIT),
    "recipe x contract": (recipe_change, stricter, set()),
    "the same contract on both sides": (stricter, stricter, set()),
    "validated again on both sides": (validated_again, validated_again, set()),
    "data and card x card, another paragraph": (both(data("41,m,3.0\n"), card), card_below, set()),
    "card x recipe": (card, recipe_change, set()),
    "the same data on both sides": (data("41,m,3.0\n"), data("41,m,3.0\n", "late birds"), {MANIFEST}),
    "data x data": (
        data("41,m,3.0\n"),
        data("42,f,2.0\n", "others"),
        {f"{PATH}.dvc", MANIFEST, RECEIPT, PROFILE} | SPLIT,
    ),
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def birds(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A table with a complete card, an active contract and a split, committed."""
    if not (shelf / "repo").exists():
        made = copied(blank_project, shelf / "repo")
        made.write({PATH: ROWS})
        datakit.add(PATH, fields=CARD, root=made.path)
        made.write({CONTRACT: made.read(CONTRACT).replace("status: draft", "status: active")})
        datakit.split("birds", into="train=0.8,test=0.2", key=["id"], root=made.path)
        made.commit("birds")
    shutil.copytree(shelf, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Repo(tmp_path / "repo")


def merged(repo: Repo, ours: Change, theirs: Change) -> set[str]:
    """Let two branches change, merge the second into the first and return the files in conflict."""
    repo.git("switch", "--quiet", "--create", "theirs")
    theirs(repo)
    repo.git("switch", "--quiet", "main")
    datakit.pull("birds", force=True, offline=True, root=repo.path)
    ours(repo)
    repo.try_git("merge", "--no-edit", "theirs")
    return set(repo.git("diff", "--name-only", "--diff-filter=U").splitlines())


@pytest.mark.parametrize("pair", PAIRS)
def test_a_pair(birds: Repo, pair: str) -> None:
    ours, theirs, expected = PAIRS[pair]
    assert merged(birds, ours, theirs) == expected
    if README in expected:  # people's words are for people
        text = birds.read(README)
        kept = text[text.index("<<<<<<< ") : text.index(">>>>>>> ")]
        assert "caught" in kept
        assert "ringed" in kept
        birds.git("checkout", "--ours", "--", README)
        birds.git("add", README)
    if datakit.status("birds", root=birds.path)[0].condition == "behind":
        datakit.pull("birds", offline=True, root=birds.path)
    if pair == "data x data":  # which rows are right is for people, too; nothing of either side is dropped
        birds.write({PATH: f"{ROWS}41,m,3.0\n42,f,2.0\n"})
    datakit.add("birds", note="merged", root=birds.path)
    assert birds.git("diff", "--name-only", "--diff-filter=U") == ""
    birds.git("commit", "--quiet", "--no-edit", "--allow-empty", "--no-verify", "-m", "merge")
    assert [finding for finding in datakit.check(at="HEAD", root=birds.path) if finding.level == "error"] == []
    assert birds.status() == []
    assert record(birds, "birds")["data"]["rows"] == (42 if pair == "data x data" else 41 if "data" in pair else 40)
    assert ("mustBeGreaterThan: 10" in birds.read(CONTRACT)) == (stricter in (ours, theirs))
    split = record(birds, "birds", "splits/default")
    assert split["recipe"]["into"]["train"] == ("0.7" if recipe_change in (ours, theirs) else "0.8")
    assert sum(part["rows"] for part in split["parts"].values()) == record(birds, "birds")["data"]["rows"]

"""docs/status.md: each row of its tables is made with real Git and DVC, and `status` says what the row says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import get_args

import pytest

import datakit
from datakit.records import Condition
from docs.transcripts import TOP
from tests.support.repo import Repo

DATA, POINTER, ROOM = "data/raw/reviews.csv", "data/raw/reviews.csv.dvc", "catalog/reviews"
ROWS = "id,stars\n" + "".join(f"r{number},{1 + number % 5}\n" for number in range(40))
CARD = {
    "license": "CC-BY-4.0",
    "owner": "Jane Doe <jane@example.org>",
    "personal_data": "none",
    "summary": "One row is one review of one film.",
    "collection": "Asked for at the exit of our cinema in 2025.",
}


def project(repo: Repo, *, fields: dict[str, str] | None = None, active: bool = True, commit: bool = True) -> None:
    """Record the reviews: complete, agreed to and committed, unless told otherwise."""
    datakit.init(repo.path, hooks=False)
    repo.write({DATA: ROWS})
    datakit.add(DATA, fields=CARD if fields is None else fields, root=repo.path)
    if active:
        repo.write(
            {f"{ROOM}/contract.odcs.yaml": repo.read(f"{ROOM}/contract.odcs.yaml").replace("draft\n", "active\n")}
        )
        datakit.add("reviews", root=repo.path)
    if commit:
        repo.commit("reviews")


def dvc_added(repo: Repo) -> None:
    """The pointer names other bytes than the manifest (after `dvc add`)."""
    project(repo)
    repo.write({DATA: ROWS + "r99,1\n"})
    repo.dvc("add", "--quiet", DATA)


def record_edited(repo: Repo) -> None:
    """A record was edited by hand."""
    project(repo)
    repo.write({f"{ROOM}/manifest.json": repo.read(f"{ROOM}/manifest.json").replace('"rows": 40', '"rows": 41')})


def branch_switched(repo: Repo) -> None:
    """Git switched, pulled or merged records, and the data is still the former one."""
    project(repo)
    repo.git("switch", "--quiet", "--create", "more")
    repo.write({DATA: ROWS + "r99,1\n"})
    datakit.add("reviews", note="one more", root=repo.path)
    repo.commit("more")
    repo.git("switch", "--quiet", "main")


def edited_and_switched(repo: Repo) -> None:
    """The data was edited, and Git brought another record meanwhile."""
    branch_switched(repo)
    repo.write({DATA: ROWS + "r99,1\nr100,2\n"})


def pulled_in_part(repo: Repo) -> None:
    """Some files of a folder were pulled, and the others never were."""
    datakit.init(repo.path, hooks=False)
    repo.write({"data/raw/reviews/1.txt": "good", "data/raw/reviews/2.txt": "bad"})
    datakit.add("data/raw/reviews", fields=CARD, root=repo.path)
    repo.commit("reviews")
    shutil.rmtree(repo.path / "data/raw/reviews")
    datakit.pull("reviews", only=["1.txt"], root=repo.path)


def pointer_gone(repo: Repo) -> None:
    """The pointer is gone."""
    project(repo)
    (repo.path / POINTER).unlink()


def dvc_moved(repo: Repo) -> None:
    """`dvc mv` moved the data."""
    project(repo)
    repo.dvc("mv", DATA, "data/raw/moved.csv")


def room_renamed(repo: Repo) -> None:
    """The room was renamed by hand."""
    project(repo)
    (repo.path / ROOM).rename(repo.path / "catalog/ratings")


def all_gone(repo: Repo) -> None:
    """Room and pointer are gone."""
    project(repo)
    shutil.rmtree(repo.path / ROOM)
    (repo.path / POINTER).unlink()


def data_moved(repo: Repo) -> None:
    """The data was moved by hand."""
    project(repo)
    (repo.path / DATA).rename(repo.path / "data/raw/moved.csv")


def data_gone(repo: Repo) -> None:
    """The data is not here, and the cache has it."""
    project(repo)
    (repo.path / DATA).unlink()


def cache_gone_too(repo: Repo) -> None:
    """The data is not here, nor in the cache."""
    data_gone(repo)
    for item in (repo.path / ".dvc/cache").rglob("*"):
        if item.is_file():
            item.unlink()


def edited(repo: Repo) -> None:
    """The data is not what is recorded, and HEAD has the dataset."""
    project(repo)
    repo.write({DATA: ROWS + "r99,1\n"})


def edited_before_any_commit(repo: Repo) -> None:
    """The data is not what is recorded, and was never committed."""
    project(repo, commit=False)
    repo.write({DATA: ROWS + "r99,1\n"})


def card_incomplete(repo: Repo) -> None:
    """The card lacks something."""
    project(repo, fields={})


def never_validated(repo: Repo) -> None:
    """The data was never validated."""
    datakit.init(repo.path, hooks=False)
    repo.write({DATA: ROWS})
    datakit.add(DATA, fields=CARD, validate=False, root=repo.path)


def contract_tightened(repo: Repo) -> None:
    """The contract demands something new."""
    project(repo)
    text = repo.read(f"{ROOM}/contract.odcs.yaml")
    repo.write({f"{ROOM}/contract.odcs.yaml": text.replace("mustBeGreaterThan: 0", "mustBeGreaterThan: 10")})


def contract_broken(repo: Repo) -> None:
    """The data breaks its contract."""
    project(repo)
    repo.write({DATA: ROWS + "r99,many\n"})
    datakit.add("reviews", note="one more", root=repo.path)


def recipe_edited(repo: Repo) -> None:
    """The recipe of a split was edited."""
    project(repo)
    datakit.split("reviews", into="train=0.8,test=0.2", key=["id"], group=["stars"], salt="h", root=repo.path)
    repo.commit("split")
    recipe = f"{ROOM}/splits/default.yaml"
    repo.write({recipe: repo.read(recipe).replace("0.8", "0.6").replace("0.2", "0.4")})


def split_left_behind(repo: Repo) -> None:
    """A split is of older data, because `add` could not extend it."""
    project(repo)
    datakit.split("reviews", into="train=0.8,test=0.2", key=["id"], group=["stars"], salt="h", root=repo.path)
    repo.commit("split")
    repo.write({DATA: ROWS + "r99,1\n"})
    (repo.path / f"{ROOM}/splits/default.parquet").unlink()
    shutil.rmtree(repo.path / ".dvc/cache")
    datakit.add("reviews", note="one more", root=repo.path)


def unstaged(repo: Repo) -> None:
    """All is good, and Git was not told of a file."""
    project(repo)
    repo.write({f"{ROOM}/README.md": repo.read(f"{ROOM}/README.md") + "\nOne line more.\n"})


def staged(repo: Repo) -> None:
    """All is good and staged."""
    project(repo, commit=False)


def draft(repo: Repo) -> None:
    """Committed, and the contract is still a draft."""
    project(repo, active=False)


def clean(repo: Repo) -> None:
    """Committed, and nothing is to be done."""
    project(repo)


def unpushed(repo: Repo) -> None:
    """The remote lacks some of the bytes."""
    project(repo)
    repo.dvc("remote", "add", "--default", "storage", "../storage")
    repo.commit("remote")


def untracked(repo: Repo) -> None:
    """A file or folder in a data folder that nothing tracks."""
    datakit.init(repo.path, hooks=False)
    repo.write({"data/raw/new.csv": "a\n1\n"})


def tracked_only(repo: Repo) -> None:
    """DVC tracks data that has no record."""
    untracked(repo)
    repo.dvc("add", "--quiet", "data/raw/new.csv")


MAKERS: tuple[Callable[[Repo], None], ...] = (
    dvc_added,
    record_edited,
    pointer_gone,
    dvc_moved,
    room_renamed,
    all_gone,
    data_moved,
    data_gone,
    cache_gone_too,
    branch_switched,
    edited_and_switched,
    pulled_in_part,
    edited,
    edited_before_any_commit,
    card_incomplete,
    never_validated,
    contract_tightened,
    contract_broken,
    recipe_edited,
    split_left_behind,
    unstaged,
    staged,
    draft,
    clean,
    unpushed,
    untracked,
    tracked_only,
)


def table() -> list[tuple[str, str, str]]:
    """Read what is so, condition and command from the page."""
    text = (TOP / "docs" / "status.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (.+?) \| (\w+) \| (.*?) ?\|$", text)
    return [row for row in rows if row[1] != "condition"]


def test_each_row_is_made_here_in_the_order_of_the_page() -> None:
    made = [(maker.__doc__ or "").rstrip(".").lower() for maker in MAKERS]

    assert [row[0].lower() for row in table()] == made


@pytest.mark.parametrize("number", range(len(MAKERS)), ids=[maker.__name__ for maker in MAKERS])
def test_row(number: int, repo: Repo) -> None:
    _, condition, command = table()[number]
    MAKERS[number](repo)

    state = datakit.status(remote=condition == "unpushed", root=repo.path)[0]

    assert state.condition == condition, state
    said = state.command.replace("`", "")
    expected = command.strip("`")
    if expected.endswith("…"):
        assert said.startswith(expected.rstrip("…")), state
    else:
        assert said == expected, state


def test_every_condition_has_a_row() -> None:
    assert {row[1] for row in table()} == set(get_args(Condition))

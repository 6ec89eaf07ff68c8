"""Where `pull` puts things: what makes no sense is refused before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, UsageError
from datakit.repo import project as projects
from datakit.steps import objects, places
from datakit.steps.places import Item
from tests.support.clones import FOLDER
from tests.support.datasets import everything
from tests.support.repo import Repo

FILE, IMAGES = Item("birds", "birds.csv", is_folder=False), Item("photos", "photos", is_folder=True)


@pytest.mark.parametrize(
    ("items", "to", "found"),
    [
        ([FILE], "out", ["out/birds.csv"]),
        ([FILE], "out/a.csv", ["out/a.csv"]),
        ([FILE], "out/a.CSV", ["out/a.CSV"]),
        ([FILE], "out/a.csv/", ["out/a.csv/birds.csv"]),
        ([FILE], "out/a.txt", ["out/a.txt/birds.csv"]),
        ([FILE], "there.csv", ["there.csv/birds.csv"]),
        ([FILE], "a/../out", ["out/birds.csv"]),
        ([IMAGES], "out", ["out"]),
        ([IMAGES, FILE], "out", ["out/photos", "out/birds.csv"]),
        ([FILE, IMAGES], "a.csv", ["a.csv/birds.csv", "a.csv/photos"]),
    ],
)
def test_chosen(project: Repo, items: list[Item], to: str, found: list[str]) -> None:
    (project.path / "there.csv").mkdir()
    before = everything(project)
    root = project.path.resolve()
    assert places.chosen(projects.find(project.path), items, to) == [root / place for place in found]
    assert everything(project) == before


@pytest.mark.parametrize(
    "second", [Item("birds@v1", "birds.csv", is_folder=False), Item("x", "birds.csv/x", is_folder=False)]
)
def test_two_at_one_place(project: Repo, second: Item) -> None:
    with pytest.raises(UsageError, match=rf"^`birds` and `{second.reference}` would lie at one place: ") as caught:
        places.chosen(projects.find(project.path), [FILE, second], "out")
    assert caught.value.hint == "pull them one at a time, each with a `--to` of its own"


@pytest.mark.parametrize("to", [".git", "a/.DVC/b", ".datakit"])
def test_private(project: Repo, to: str) -> None:
    with pytest.raises(UsageError, match=r"` is private to Git, DVC or datakit$"):
        places.chosen(projects.find(project.path), [FILE], to)


def test_a_part_has_a_place_of_its_own(origin: Repo) -> None:
    where = projects.find(origin.path)
    with where.objects:
        version = objects.find(where, "photos")
        root = origin.path.resolve()
        for place in (FOLDER, f"{FOLDER}/train"):
            with pytest.raises(UsageError) as caught:
                places.refuse_part(where, version, root / place)
            assert caught.value.message == f"`{FOLDER}` is the place of all of `photos`, not of a part"
        places.refuse_part(where, version, root / f"{FOLDER}-train")
        assert places.recorded(where, [version]) == [origin.path / FOLDER]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert places.make(tmp_path / "a/b").is_dir()
    with pytest.raises(EnvironmentProblem, match=r"^cannot make the folder `.*/file/b`: Not a directory$"):
        places.make(tmp_path / "file/b")

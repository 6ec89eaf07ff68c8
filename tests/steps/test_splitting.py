"""What is known of a split: as it lies, else what Git remembers; and the files that a writer watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import datakit
from datakit.errors import InvalidRecord, UsageError
from datakit.formats import split
from datakit.formats.split import Split
from datakit.repo import project as projects
from datakit.repo.project import Project
from datakit.steps import objects, splitting
from datakit.steps.objects import Version
from tests.support.datasets import CARD
from tests.support.repo import Repo

SPLITS = "catalog/birds/splits"
RECORD, RECIPE = f"{SPLITS}/default.json", f"{SPLITS}/default.yaml"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with a split, committed."""
    project.write({"data/raw/birds.csv": "id,mass\n" + "".join(f"{at},{at}.5\n" for at in range(20))})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    datakit.split("birds", into="train=0.5,test=0.5", key=["id"], root=project.path)
    project.commit("birds")
    return project


@contextmanager
def found(repo: Repo) -> Iterator[tuple[Project, Version]]:
    """Look at the dataset as it lies."""
    where = projects.find(repo.path)
    with where.objects:
        yield where, objects.find(where, "birds")


def dated(repo: Repo, version: str) -> bytes:
    """Return the record, told apart by what wrote it."""
    text = repo.git("show", f"HEAD:{RECORD}") + "\n"
    return split.dump(split.read(text.encode(), RECORD)._replace(datakit=version))


def known(repo: Repo) -> list[Split]:
    """Return the records that can be read."""
    with found(repo) as (where, version):
        return list(splitting.records(where, version, "default"))


def test_what_lies_there_counts_first_then_the_index_then_head(birds: Repo) -> None:
    birds.write({RECORD: dated(birds, "2")})
    birds.git("add", RECORD)
    birds.write({RECORD: dated(birds, "3")})
    assert [record.datakit for record in known(birds)][:2] == ["3", "2"]
    assert len(known(birds)) == 3
    birds.write({RECORD: "<<<<<<< ours"})
    assert known(birds)[0].datakit == "2"
    (birds.path / RECORD).unlink()
    assert len(known(birds)) == 2


def test_both_sides_of_a_merge(birds: Repo) -> None:
    birds.git("switch", "--quiet", "--create", "theirs")
    birds.write({RECORD: dated(birds, "theirs")})
    birds.commit("theirs")
    birds.git("switch", "--quiet", "main")
    birds.write({RECORD: dated(birds, "ours")})
    birds.commit("ours")
    assert birds.try_git("merge", "theirs").code == 1
    assert [record.datakit for record in known(birds)] == ["ours", "theirs", "ours"]


def test_the_record_of_another_split_is_none(birds: Repo) -> None:
    birds.write({RECORD: split.dump(known(birds)[0]._replace(split="other"))})
    birds.git("add", RECORD)
    assert len(known(birds)) == 1  # that of HEAD


def test_the_recipe(birds: Repo) -> None:
    with found(birds) as (_, version):
        assert splitting.agreed(version.dataset, "default").key == ("id",)
        with pytest.raises(UsageError, match=r"split `cv` of `birds` has no recipe, catalog/birds/splits/cv.yaml"):
            splitting.agreed(version.dataset, "cv")
    birds.write({RECIPE: "into: 1\n"})
    with found(birds) as (_, version), pytest.raises(InvalidRecord):
        splitting.agreed(version.dataset, "default")


def test_the_files_that_are_watched(birds: Repo) -> None:
    with found(birds) as (where, version):
        lies = splitting.lying(where, version.dataset.room, ["default", "cv"])
    assert {path.removeprefix(f"{SPLITS}/"): data is not None for path, data in lies.items()} == {
        ".gitignore": True,
        "default.yaml": True,
        "default.json": True,
        "default.parquet.dvc": True,
        "cv.yaml": False,
        "cv.json": False,
        "cv.parquet.dvc": False,
    }


def test_somebody_else_was_quicker(birds: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe that changes while rows are assigned is read again."""
    real = splitting.anew
    calls: list[object] = []

    def slow(*args: object, **options: object) -> object:
        done = real(*args, **options)  # type: ignore[arg-type]  # passed on as they came
        if not calls:
            birds.write({RECIPE: birds.read(RECIPE).replace("0.5", "0.50") + "salt: b\n"})
        calls.append(done)
        return done

    monkeypatch.setattr(splitting, "anew", slow)
    datakit.split("birds", anew=True, root=birds.path)
    assert len(calls) == 2
    assert known(birds)[0].recipe.salt == "b"

"""Data that was moved by hand is told from data that is new."""

from __future__ import annotations

import os

import datakit
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo

FOLDER = {"data/raw/imgs/a/1.png": "1", "data/raw/imgs/2.png": "22"}


def told(repo: Repo) -> list[tuple[str, str, str]]:
    """Return name, condition and command of each state."""
    return [(state.name, state.condition, state.command) for state in datakit.status(root=repo.path)]


def test_moved_data_is_told_from_new_data(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS, **FOLDER})
    datakit.add("data/raw/birds.csv", "data/raw/imgs", fields=CARD, root=project.path)
    project.commit("both")
    os.rename(project.path / "data/raw/birds.csv", project.path / "data/raw/a b.csv")
    os.rename(project.path / "data/raw/imgs", project.path / "data/raw/pictures")
    project.write({"data/raw/same-size.csv": "x" * len(BIRDS)})
    assert told(project) == [
        ("birds", "absent", "datakit mv birds 'data/raw/a b.csv'"),
        ("imgs", "absent", "datakit mv imgs data/raw/pictures"),
        ("", "unrecorded", "datakit add data/raw/same-size.csv"),
    ]
    assert datakit.status(root=project.path)[0].detail == "the data was moved to `data/raw/a b.csv`"


def test_a_copy_of_data_that_is_there_is_new(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    project.write({"data/raw/copy.csv": BIRDS})
    assert told(project)[-1] == ("", "unrecorded", "datakit add data/raw/copy.csv")

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


def test_data_at_its_recorded_place_is_no_stray_though_its_pointer_is_gone(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    project.commit("birds")
    pointer = project.path / "data/raw/birds.csv.dvc"
    pointer.unlink()
    assert [(name, condition) for name, condition, _ in told(project)] == [("birds", "broken")]
    pointer.write_text("no: pointer\n")
    assert [(name, condition) for name, condition, _ in told(project)] == [("birds", "broken")]


def test_a_pointer_in_conflict_is_one_line(project: Repo) -> None:
    path = "data/raw/birds.csv"
    project.write({path: BIRDS})
    datakit.add(path, fields=CARD, root=project.path)
    project.commit("birds")
    for branch in ("theirs", "main"):
        project.git("switch", "--quiet", *(["--create"] if branch == "theirs" else []), branch)
        text = project.read(f"{path}.dvc").replace("  hash: md5\n", f"  hash: md5\n  desc: {branch}\n")
        project.write({f"{path}.dvc": text})
        project.commit(branch)
    assert project.try_git("merge", "theirs").code == 1
    (state,) = datakit.status(root=project.path)
    assert (state.name, state.condition, state.command) == ("birds", "broken", "datakit add birds")
    assert state.detail == "DK104 holds the marks of an unresolved merge"
    datakit.add("birds", root=project.path)
    assert "<<<<<<<" not in project.read(f"{path}.dvc")
    assert [(name, condition) for name, condition, _ in told(project)] == [("birds", "draft")]

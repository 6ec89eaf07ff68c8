"""`list`: one line for each room, in the work tree and in commits, broken ones included."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import NotFound
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with a table and a folder, committed."""
    project.write({PATH: BIRDS, "data/interim/imgs/1": "1", "data/interim/imgs/2": "22", "models/m.bin": "m"})
    datakit.add(PATH, "data/interim/imgs", "models/m.bin", root=project.path)
    project.commit("birds")
    return project


def test_what_is_known_of_each(birds: Repo) -> None:
    found = {item.name: item for item in datakit.datasets(root=birds.path)}
    assert list(found) == ["birds", "imgs", "m"]
    first = found["birds"]
    assert first[1:8] == (PATH, "raw", "csv", len(BIRDS), 1, 3, md5(BIRDS))
    assert first.valid is True
    assert str(first.changed).endswith("Z")
    assert [(item.tier, item.format, item.files, item.rows) for item in found.values()][1:] == [
        ("interim", "files", 2, None),
        (None, "files", 1, None),
    ]


def test_a_receipt_of_other_bytes_says_nothing(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more", validate=False, root=birds.path)
    assert datakit.datasets(root=birds.path)[0].valid is None


def test_of_a_commit(birds: Repo) -> None:
    birds.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more", root=birds.path)
    birds.commit("more")
    assert datakit.datasets(root=birds.path)[0].rows == 4
    assert datakit.datasets(at="HEAD~1", root=birds.path)[0].rows == 3
    assert datakit.datasets(at="HEAD~2", root=birds.path) == ()


def test_of_no_commit(birds: Repo) -> None:
    with pytest.raises(NotFound) as caught:
        datakit.datasets(at="nowhere", root=birds.path)
    assert caught.value.message == "there is no revision `nowhere`"


def test_a_broken_one_is_listed_with_what_is_left(birds: Repo) -> None:
    birds.write({"catalog/birds/manifest.json": "{"})
    first = datakit.datasets(root=birds.path)[0]
    assert first == ("birds", *[None] * 8, True)

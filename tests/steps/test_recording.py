"""Storing bytes, holding them against a contract, and the memory of what was hashed; test_add.py and test_validate.py use it all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

import datakit
from datakit.errors import InvalidRecord
from datakit.formats import receipt
from datakit.repo import project as projects
from datakit.repo.project import Project
from datakit.steps import recording
from tests.support.datasets import BIRDS, md5
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def where(project: Repo) -> Iterator[Project]:
    """An open project with a recorded table that rests."""
    project.write({PATH: BIRDS, "data/raw/imgs/b": "2", "data/raw/imgs/a": "1"})
    for path in (PATH, "data/raw/imgs/a", "data/raw/imgs/b"):
        os.utime(project.path / path, (1_700_000_000, 1_700_000_000))
    datakit.add(PATH, root=project.path)
    found = projects.find(project.path)
    with found.objects:
        yield found


class Counter:
    """Progress that counts bytes."""

    def __init__(self) -> None:
        self.done = 0

    def start(self, description: str, total: int | None) -> None:
        """Ignore the beginning."""

    def advance(self, amount: int) -> None:
        """Count."""
        self.done += amount


def test_what_is_stored_is_what_a_look_says(where: Project) -> None:
    cache = recording.open_cache(where)
    for path in (PATH, "data/raw/imgs"):
        taken = recording.snapshot(where, cache, path)
        assert recording.look(where, cache, path).md5 == taken.md5
        assert cache.has(taken.md5)
    assert recording.snapshot(where, cache, PATH).md5 == md5(BIRDS)
    assert recording.snapshot(where, cache, "data/raw/imgs").size == 2


def test_a_look_stores_nothing(where: Project) -> None:
    cache = recording.open_cache(where)
    (where.root / "data/raw/new").write_text("new")
    assert recording.look(where, cache, "data/raw/new").md5 == md5("new")
    assert not cache.has(md5("new"))


def test_what_rests_is_not_read_again(where: Project) -> None:
    cache, counter = recording.open_cache(where), Counter()
    time.sleep(0.05)  # a file that was touched just now could change without its stamp showing it
    recording.look(where, cache, PATH)
    recording.snapshot(where, cache, PATH)
    recording.look(where, cache, PATH, counter)
    assert counter.done == 0


def test_what_the_cache_lost_is_stored_again(where: Project) -> None:
    cache = recording.open_cache(where)
    cache.object_path(md5(BIRDS)).unlink()
    recording.snapshot(where, cache, PATH)
    assert cache.has(md5(BIRDS))


def test_a_receipt_stays_where_only_the_version_differs(where: Project) -> None:
    path = where.root / "catalog/birds/receipt.json"
    known = receipt.read(path.read_bytes(), "x")
    path.write_bytes(receipt.dump(known._replace(datakit="0.0.1")))
    (done,) = datakit.validate(root=where.root)
    assert done.written == ()


def test_leftovers_of_killed_commands_go(where: Project) -> None:
    cache = recording.open_cache(where)
    room = recording.spill(where)
    young, old = room / "datakit-young", room / "datakit-old"
    for folder in (young, old):
        folder.mkdir()
        (folder / "table").write_text("x")
    for name in ("young", "old"):
        (room / f"arrived-{name}").write_text("x")  # fetched, and waiting for its place
    for left in (old, room / "arrived-old"):
        os.utime(left, (1, 1))
    for folder in (where.state, room, cache.objects):
        (folder / ".datakit-0123456789abc-0").write_text("x")
    recording.recover(where, cache)
    assert sorted(path.name for path in room.iterdir()) == ["arrived-young", "datakit-young"]
    assert list(where.root.rglob(".datakit-0123456789abc-0")) == []


def test_a_contract_of_several_problems_lists_them(where: Project) -> None:
    room = where.room("birds")
    data = ("0" * 32, "0" * 64, where.root / PATH, PATH)
    with pytest.raises(InvalidRecord) as caught:
        recording.judge(where, room, data, b"apiVersion: v3.1.0\nkind: X\nid: birds\nstatus: draft\n", "0")
    assert caught.value.message == "catalog/birds/contract.odcs.yaml:2: `kind` is `X`, expected DataContract"
    assert caught.value.details == ("line 1: `version` is missing",)

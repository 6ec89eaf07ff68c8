"""Bytes that leave the working tree are in the cache, and only those leave that were vouched for."""

from __future__ import annotations

import datakit
from datakit.formats.tombstone import Last, Tombstone
from datakit.repo import project as projects
from datakit.steps import recording, vouching
from tests.support.datasets import BIRDS, md5
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
STONE = Tombstone("birds", PATH, f"{PATH}.dvc", Last(md5(BIRDS), "0" * 64, len(BIRDS), 1), "why", "", "")


def test_a_file_that_changed_since_stays(project: Repo) -> None:
    project.write({PATH: BIRDS})
    datakit.add(PATH, root=project.path)
    where = projects.find(project.path)
    found = vouching.data(where, recording.open_cache(where), STONE)
    assert found is not None
    project.write({PATH: "new"})
    vouching.remove(where, found)
    assert project.read(PATH) == "new"


def test_absent_data_needs_no_voucher(project: Repo) -> None:
    where = projects.find(project.path)
    assert vouching.data(where, recording.open_cache(where), STONE) is None

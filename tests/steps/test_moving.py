"""Moving below `mv`: data that somebody moved already, and what only looks like it."""

from __future__ import annotations

import os

import pytest

import datakit
from datakit.errors import UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, record
from tests.support.repo import Repo


def test_other_bytes_at_the_new_place_are_not_taken_for_the_data(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    project.commit("birds")
    os.remove(project.path / "data/raw/birds.csv")
    project.write({"data/raw/fowl.csv": MORE_BIRDS})
    with pytest.raises(UsageError, match="is there already, and nothing is replaced"):
        datakit.mv("birds", "data/raw/fowl.csv", root=project.path)
    project.write({"data/raw/fowl.csv": BIRDS})
    datakit.mv("birds", "data/raw/fowl.csv", root=project.path)
    assert record(project, "birds")["path"] == "data/raw/fowl.csv"

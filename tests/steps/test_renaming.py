"""Renaming below `mv`: what the records say, and what is left of a rename that was begun by hand."""

from __future__ import annotations

import os

import datakit
from tests.support.datasets import BIRDS, CARD, record
from tests.support.repo import Repo


def test_a_room_that_was_renamed_in_part(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    project.commit("birds")
    (project.path / "catalog/fowl").mkdir()
    for name in ("manifest.json", "README.md"):
        os.rename(project.path / "catalog/birds" / name, project.path / "catalog/fowl" / name)
    datakit.mv("birds", "fowl", root=project.path)
    assert not (project.path / "catalog/birds").exists()
    assert record(project, "fowl", "receipt")["name"] == "fowl"
    assert [f for f in datakit.check(staged=True, root=project.path) if f.level == "error"] == []
    assert all(line[1] == " " for line in project.status())


def test_a_broken_record_goes_along_as_it_is(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    project.write({"catalog/birds/receipt.json": "{", "catalog/birds/contract.odcs.yaml": "a: [\n"})
    datakit.mv("birds", "fowl", root=project.path)
    assert project.read("catalog/fowl/receipt.json") == "{"
    assert project.read("catalog/fowl/contract.odcs.yaml") == "a: [\n"

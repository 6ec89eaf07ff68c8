"""Several pieces of data at once: each is tried, and what was done and what failed is both said."""

from __future__ import annotations

import json

import pytest

import datakit
from datakit.cli.app import run
from datakit.errors import InvalidData, NotFound, PartlyDone
from tests.support.datasets import BIRDS
from tests.support.repo import Repo

GOOD, BAD, LAST = "data/raw/birds.csv", "data/raw/bad.csv", "data/raw/last.csv"


@pytest.fixture
def three(project: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Data of which the second cannot be recorded."""
    project.write({GOOD: BIRDS, BAD: "a,a\n1,2\n", LAST: BIRDS})
    monkeypatch.chdir(project.path)
    return project


def test_the_others_are_recorded_and_every_failure_is_told(three: Repo) -> None:
    with pytest.raises(PartlyDone) as caught:
        datakit.add(GOOD, BAD, "nonsense", LAST, root=three.path)
    assert [item.name for item in caught.value.done] == ["birds", "last"]
    assert [type(error) for error in caught.value.errors] == [InvalidData, NotFound]
    assert caught.value.message == "2 of 4 failed, the others are done"
    assert caught.value.exit_code == 2
    assert (three.path / "catalog/last/manifest.json").exists()
    assert not (three.path / "catalog/bad").exists()


def test_one_alone_is_its_own_error(three: Repo) -> None:
    with pytest.raises(InvalidData):
        datakit.add(BAD, root=three.path)


def test_the_command_lists_what_was_done_first(three: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["add", "--no-input", GOOD, BAD, LAST]) == 1
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("recorded")] == [
        "recorded birds: data/raw/birds.csv, 35 B, 3 rows x 3 columns",
        "recorded last: data/raw/last.csv, 35 B, 3 rows x 3 columns",
    ]
    assert err.startswith("error: data/raw/bad.csv:1: columns 1 and 2 are both called `a`\nhint: ")
    assert err.endswith("error: 1 of 3 failed, the others are done\n")
    assert run(["add", "--no-input", "--json", GOOD, BAD]) == 1
    out, err = capsys.readouterr()
    assert [(item["name"], item["action"]) for item in json.loads(out)] == [("birds", "unchanged")]
    assert "bad.csv" in err

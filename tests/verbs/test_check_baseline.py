"""`check --baseline`: what is covered is counted, shown on demand, and no version may have it."""

from __future__ import annotations

import json

import pytest

import datakit
from datakit.cli.app import run
from datakit.errors import InvalidRecord, UsageError
from tests.support.datasets import BIRDS, CARD
from tests.support.releases import agree
from tests.support.repo import Repo

UNRECORDED = "`data/raw/a.csv` is tracked by DVC and has no record"


@pytest.fixture
def old(project: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A project where DVC tracks a file that nothing records, and a baseline that covers it."""
    monkeypatch.chdir(project.path)
    project.write({"data/raw/a.csv": "a\n1\n"})
    project.dvc("add", "--quiet", "data/raw/a.csv")
    project.commit("data")
    assert run(["check", "--baseline", "write"]) == 0
    project.commit("baseline")
    return project


def test_what_is_covered_is_counted(old: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for options in ([], ["--at", "HEAD"]):
        assert run(["check", *options]) == 0
        assert capsys.readouterr().out == "1 finding of the baseline is not shown\n"
    assert run(["check", "--range", "HEAD~1..HEAD"]) == 0  # the baseline alone touches no data
    assert capsys.readouterr().out == ""
    assert run(["check", "--range", "HEAD~2..HEAD"]) == 1
    assert "DK701 the baseline before this change blocks data/raw/a.csv.dvc" in capsys.readouterr().out
    assert run(["check", "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert (found["message"], found["level"], len(found["data"])) == (UNRECORDED, "known", 32)
    assert run(["check", "--format", "github"]) == 0
    assert capsys.readouterr().out == ""


def test_off_shows_it_and_counts_it(old: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["check", "--baseline", "off"]) == 1
    assert capsys.readouterr().out.startswith(f"data/raw/a.csv.dvc: DK101 {UNRECORDED}\n")


def test_code_passes_and_other_data_does_not(old: Repo) -> None:
    old.write({"train.py": "1\n"})
    old.git("add", "train.py")
    assert datakit.check(staged=True, root=old.path) == ()
    old.write({"data/raw/a.csv": "a\n2\n"})
    old.dvc("add", "--quiet", "data/raw/a.csv")
    old.git("add", "--all")
    assert [(f.code, f.level) for f in datakit.check(staged=True, root=old.path)] == [("DK101", "error")]


def test_status_speaks_of_what_is_new_only(old: Repo) -> None:
    assert datakit.status(root=old.path) == ()
    old.write({"data/raw/b.csv": "a\n1\n"})
    old.dvc("add", "--quiet", "data/raw/b.csv")
    assert [state.path for state in datakit.status(root=old.path)] == ["data/raw/b.csv.dvc"]


def test_no_version_is_registered_of_what_the_baseline_covers(old: Repo) -> None:
    old.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields={**CARD, "license": "CC0-1.0"}, root=old.path)
    agree(old, "birds")
    card = old.read("catalog/birds/README.md")
    old.write({"catalog/birds/README.md": card.replace("license: CC0-1.0", "license:")})
    old.commit("birds")
    datakit.check(baseline="write", root=old.path)
    old.commit("baseline")
    assert {item.level for item in datakit.check("birds", root=old.path)} == {"known"}
    with pytest.raises(InvalidRecord, match="DK201 `license`"):
        datakit.release("birds", root=old.path)


@pytest.mark.parametrize("options", [{"staged": True}, {"at": "HEAD"}, {"between": "HEAD..HEAD"}, {"select": ["DK1"]}])
def test_a_baseline_is_of_everything(old: Repo, options: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        datakit.check(baseline="write", root=old.path, **options)  # type: ignore[arg-type]  # options of many kinds
    assert caught.value.message == "a baseline is of the whole work tree"
    assert caught.value.hint == "datakit check --baseline write"

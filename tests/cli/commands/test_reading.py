"""`datakit check` writes findings in three ways."""

from __future__ import annotations

import json

import pytest

from datakit.cli.app import run
from tests.support.repo import Repo


@pytest.fixture
def unrecorded(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A project where DVC tracks a file that nothing records."""
    monkeypatch.chdir(repo.path)
    repo.write({"datakit.yaml": "policy: 1\ndata: {raw: data/raw}\n", "data/raw/a.csv": "a\n1\n"})
    repo.dvc("add", "--quiet", "data/raw/a.csv")
    return repo


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_findings_as_json(option: list[str], unrecorded: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *option]) == 1

    [found] = json.loads(capsys.readouterr().out)
    assert (found["path"], found["code"], found["hint"]) == (
        "data/raw/a.csv.dvc",
        "DK101",
        "datakit add data/raw/a.csv",
    )


def test_findings_as_annotations(unrecorded: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--format", "github"]) == 1

    assert capsys.readouterr().out.startswith("::error file=data/raw/a.csv.dvc,title=DK101::")

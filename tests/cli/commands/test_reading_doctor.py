"""`datakit doctor` and `datakit explain` on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from datakit.cli.app import run
from datakit.gate.rules import TABLE
from datakit.records import Diagnosis
from tests.support.repo import Repo

if TYPE_CHECKING:
    import pytest


def test_a_look_as_json(project: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(project.path)
    assert run(["doctor", "--offline", "--json"]) == 1  # the project has no hooks
    found = json.loads(capsys.readouterr().out)
    assert {tuple(item) for item in found} == {Diagnosis._fields}
    failed = [item["title"] for item in found if item["condition"] == "fail"]
    assert failed[-4:] == ["pre-commit", "hook pre-commit", "hook pre-merge-commit", "hook pre-push"]


def test_explain_without_a_code_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    assert capsys.readouterr().out.count("\nDK") == len(TABLE) - 1
    assert run(["explain", "--json"]) == 0
    assert [rule["code"] for rule in json.loads(capsys.readouterr().out)] == sorted(TABLE)

"""One text for one mistake in a contract, whoever finds it: `check`, `status`, `validate`, `add` or the hook."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import InvalidRecord
from datakit.hooks.main import main as hook
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
CONTRACT = "catalog/birds/contract.odcs.yaml"


@pytest.fixture
def recorded(project: Repo) -> Repo:
    """A dataset that was committed."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("birds")
    return project


def line_of(repo: Repo, text: str) -> int:
    """Return the first line of the contract that holds a text."""
    return next(number for number, line in enumerate(repo.read(CONTRACT).splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("required: true", "requird: true", "column `id`: there is no key `requird`, did you mean `required`?"),
        ("logicalType: integer", "logicalTyp: integer", "column `id`: there is no key `logicalTyp`, did you mean `logicalType`?"),
        ("required: true", "required: yes", "column `id`: `required` is `yes`, expected true or false"),
        ("logicalType: integer", "logicalType: integr", "column `id`: `logicalType` is `integr`, expected one of"),
        ("minimum: 0", "minimun: 0", "column `id`: there is no key `minimun`, did you mean `minimum`?"),
    ],
)  # fmt: skip
def test_what_datakit_reads_is_found_by_all_of_them(
    recorded: Repo,
    old: str,
    new: str,
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = recorded.read(CONTRACT)
    recorded.write({CONTRACT: text.replace(old, new, 1)})
    line = line_of(recorded, new)
    edit = f"edit line {line} of {CONTRACT}"
    (found,) = [finding for finding in datakit.check(root=recorded.path) if finding.level == "error"]
    assert (found.path, found.code, found.line, found.hint) == (CONTRACT, "DK104", line, edit)
    assert found.message.startswith(problem)
    (state,) = datakit.status(root=recorded.path)
    assert (state.condition, state.detail, state.command) == ("broken", f"DK104 {found.message}", edit)
    for verb in (datakit.validate, datakit.add):
        with pytest.raises(InvalidRecord) as caught:
            verb("birds", root=recorded.path)
        assert (caught.value.message, caught.value.hint) == (f"{CONTRACT}:{line}: {found.message}", edit)
    recorded.git("add", "--all")
    monkeypatch.chdir(recorded.path)
    assert hook(["pre-commit"]) == 1
    out, err = capsys.readouterr()
    assert f"{CONTRACT}:{line}: DK104 {found.message}" in out + err


def test_what_only_the_published_schema_finds_is_said_before_validate_refuses(recorded: Repo) -> None:
    recorded.write({CONTRACT: recorded.read(CONTRACT) + "servers: [{server: s, type: s3}]\n"})
    line = line_of(recorded, "servers:")
    problem, edit = "`servers[0].location` is missing", f"edit line {line} of {CONTRACT}"
    with pytest.raises(InvalidRecord) as caught:
        datakit.validate("birds", root=recorded.path)
    assert (caught.value.message, caught.value.hint) == (f"{CONTRACT}:{line}: {problem}", edit)
    (found,) = [finding for finding in datakit.check(root=recorded.path) if finding.level == "error"]
    assert (found.message, found.line, found.hint) == (problem, line, edit)
    (state,) = datakit.status(root=recorded.path)
    assert (state.condition, state.detail, state.command) == ("broken", f"DK104 {problem}", edit)
    recorded.git("add", "--all")
    assert [f for f in datakit.check(staged=True, root=recorded.path) if f.code == "DK104"] == []

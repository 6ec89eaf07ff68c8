"""What add, check and status say of columns, licences and cards, and that the hints mend it as they are typed."""

from __future__ import annotations

import re
import shlex

import pytest

import datakit
from datakit.cli.app import run
from datakit.formats.finding import Finding
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo

CLEAN = "data/processed/clean.csv"
ROWS = BIRDS + "".join(f"{number},f,5.5\n" for number in range(4, 9))


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with `birds` committed, against which no rule has anything."""
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    path = "catalog/birds/contract.odcs.yaml"
    project.write({path: project.read(path).replace("status: draft", "status: active")})
    project.commit("birds")
    assert datakit.check(root=project.path) == ()
    return project


@pytest.fixture
def derived(birds: Repo) -> Repo:
    """A dataset that nobody may sell, and one made of it that anybody may."""
    datakit.add("birds", fields={"license": "CC-BY-NC-4.0"}, root=birds.path)
    birds.write({CLEAN: "id,sex,mass\n1,m,3.5\n"})
    datakit.add(CLEAN, fields=CARD, parents=["birds"], root=birds.path)
    return birds


def found(repo: Repo, code: str) -> list[Finding]:
    """Return what `check` says by one rule, of the work tree and of what is staged."""
    assert datakit.check(select=[code], root=repo.path) == datakit.check(select=[code], staged=True, root=repo.path)
    return list(datakit.check(select=[code], root=repo.path))


def policy(repo: Repo, old: str, new: str) -> None:
    """Edit the policy."""
    text = repo.read("datakit.yaml")
    assert text.count(old) == 1
    repo.write({"datakit.yaml": text.replace(old, new)})


def typed(finding: Finding, monkeypatch: pytest.MonkeyPatch, repo: Repo, which: int = 0) -> None:
    """Run a command of a hint."""
    monkeypatch.chdir(repo.path)
    run(shlex.split(re.findall(r"`(datakit add [^`]*)`", finding.hint)[which])[1:])


@pytest.mark.parametrize("which", [0, 1])
def test_a_licence_that_the_parents_do_not_allow(
    derived: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], which: int
) -> None:
    (finding,) = found(derived, "DK204")
    said = "`license` is `CC0-1.0`, and `birds`, of which it is made, has `CC-BY-NC-4.0`: it is not for commercial use"
    assert (finding.message, finding.level) == (said, "error")
    (state,) = datakit.status("clean", root=derived.path)
    assert (state.condition, state.detail) == ("incomplete", f"DK204 {said}")
    monkeypatch.chdir(derived.path)
    assert run(["check"]) == 1
    assert f"DK204 {said}" in capsys.readouterr().out
    typed(finding, monkeypatch, derived, which)
    assert found(derived, "DK204") == []


def test_a_parent_whose_licence_is_tightened_is_seen_in_the_whole(derived: Repo) -> None:
    datakit.add("birds", fields={"license": "CC0-1.0"}, root=derived.path)
    derived.commit("both are free")
    datakit.add("birds", fields={"license": "CC-BY-NC-4.0"}, root=derived.path)
    assert datakit.check(select=["DK204"], staged=True, root=derived.path) == ()
    assert [finding.dataset for finding in datakit.check(select=["DK204"], root=derived.path)] == ["clean"]


def test_columns_that_nobody_described(birds: Repo) -> None:
    policy(birds, "card:\n", "card:\n  columns_documented: 0.3\n")
    (finding,) = datakit.check(select=["DK203"], root=birds.path)
    assert finding.message == "0 of 3 columns say what they hold, the policy asks for 30%: `id`, `sex`, `mass`"
    (state,) = datakit.status("birds", root=birds.path)
    assert state.detail.startswith("DK203 0 of 3 columns")
    path = "catalog/birds/contract.odcs.yaml"
    contract = birds.read(path)
    assert contract.count("  - name: id\n") == 1
    birds.write({path: contract.replace("  - name: id\n", "  - name: id\n    description: Number of the ring.\n")})
    assert [f.code for f in datakit.check(root=birds.path) if f.level == "error"] == []  # nor is anything stale


def test_a_card_that_was_left_behind(birds: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    birds.write({"data/raw/birds.csv": ROWS})
    datakit.add("birds", note="the second half of the season", root=birds.path)
    (finding,) = found(birds, "DK205")
    assert (finding.message, finding.level) == ("the data changed and the card did not: 3 -> 8 rows", "warn")
    typed(finding, monkeypatch, birds)
    assert re.search(r'(?m)^reviewed: "20\d\d-\d\d-\d\d"$', birds.read("catalog/birds/README.md"))
    assert found(birds, "DK205") == []
    birds.commit("grown")
    assert datakit.check(root=birds.path) == ()


def test_a_card_that_was_left_behind_blocks_where_the_policy_says_so(birds: Repo) -> None:
    policy(birds, "card:\n", "severity: {DK205: error}\ncard:\n")
    birds.write({"data/raw/birds.csv": ROWS})
    datakit.add("birds", note="the second half of the season", root=birds.path)
    (state,) = datakit.status("birds", root=birds.path)
    assert (state.condition, state.detail) == ("incomplete", "DK205 the data changed and the card did not: 3 -> 8 rows")

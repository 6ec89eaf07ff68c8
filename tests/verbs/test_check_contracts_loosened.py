"""DK308 in a repository: what it advises can be typed, and leads to two changes that both pass."""

from __future__ import annotations

import re

import datakit
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS
from tests.support.releases import agree
from tests.support.repo import Repo

PATH, CONTRACT = "data/raw/birds.csv", "catalog/birds/contract.odcs.yaml"


def staged(repo: Repo) -> list[tuple[str, str]]:
    """Stage everything and return code and hint of what would block the commit."""
    repo.git("add", "--all")
    return [(f.code, f.hint) for f in datakit.check(staged=True, root=repo.path) if f.level == "error"]


def test_first_the_contract_and_then_the_data(project: Repo) -> None:
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    agree(project, "birds")
    project.commit("birds")
    terms = project.read(CONTRACT)
    looser, count = re.subn(r"(?m)^ +- name: row_count\n(?: {2,}(?!- ).*\n)+|^ +required: true\n", "", terms, count=1)
    assert count == 1
    project.write({PATH: MORE_BIRDS, CONTRACT: looser})
    datakit.add("birds", note="more", root=project.path)

    [(code, hint)] = staged(project)
    assert code == "DK308"
    words = re.fullmatch(
        r"first the contract: (git restore .*), then `datakit validate birds`, commit and push it; then `(.*)`", hint
    )
    assert words is not None
    assert project.run("sh", "-c", words[1]).code == 0
    datakit.validate("birds", root=project.path)
    assert staged(project) == []
    project.commit("the contract asks for less")
    assert project.read(PATH) == MORE_BIRDS
    assert words[2] == 'datakit add birds --force -m "why the data changed"'
    datakit.add("birds", note="more", force=True, root=project.path)
    assert staged(project) == []
    project.commit("more birds")
    assert [f.code for f in datakit.check(between="HEAD~1..HEAD", root=project.path) if f.level == "error"] == []
    assert [f.code for f in datakit.check(between="HEAD~2..HEAD", root=project.path) if f.level == "error"] == ["DK308"]

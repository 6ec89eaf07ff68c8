"""`datakit split` from the command line."""

from __future__ import annotations

import json

import pytest

import datakit
from datakit.cli.app import run
from tests.support.datasets import CARD, everything
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
ROWS = "id,site,mass\n" + "".join(f"{at},s{at % 9},{at}.5\n" for at in range(40))
INTO = ["--into", "train=0.5,test=0.5"]


@pytest.fixture
def birds(project: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A project with `birds`, which is the current folder."""
    monkeypatch.chdir(project.path)
    project.write({PATH: ROWS})
    datakit.add(PATH, fields=CARD)
    project.commit("birds")
    return project


def test_options_reach_the_recipe(birds: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--key", "id", "--group", "site", "--salt", "x", "--nulls", "exclude"]
    assert run(["split", "birds", "--split", "cv", *INTO, *options]) == 0
    assert capsys.readouterr().out.startswith("made birds/cv: 40 rows\n  staged catalog/birds/splits/.gitignore\n")
    assert birds.read("catalog/birds/splits/cv.yaml").endswith(
        'key: ["id"]\ngroup: ["site"]\nsalt: "x"\nnulls: exclude\n'
    )
    assert run(["split", "birds", "--split", "cv", "--extend", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["action"], found["split"], sum(found["parts"].values())) == ("unchanged", "cv", 40)
    assert run(["split", "birds", "--split", "cv", "--anew"]) == 0


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["gone", *INTO], 2, "there is no dataset `gone`"),
        (["birds"], 2, "split `default` of `birds` has no recipe"),
        (["birds", "--into", "a=0.5"], 2, "the shares sum to 0.5, expected exactly 1"),
        (["birds", *INTO, "--key", "mass"], 2, "`mass` is of type number and cannot be in `key`"),
        (["birds", *INTO, "--key", "site"], 1, "the key `site` is not unique"),
        (["birds", *INTO, "--nulls", "drop"], 2, "'drop' is not one of"),
    ],
)
def test_exit_codes(birds: Repo, capsys: pytest.CaptureFixture[str], line: list[str], code: int, said: str) -> None:
    before = everything(birds)
    assert run(["split", *line]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert everything(birds) == before

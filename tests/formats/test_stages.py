"""Stages of a dvc.yaml: whose output a path is, as DVC itself sees it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import stages
from tests.support.repo import Repo

PIPELINE = """\
vars:
- folder: data
stages:
  clean:
    cmd: clean
    wdir: ..
    outs:
    - a.csv
    - sub/b.csv: {cache: false}
    - ${folder}/late.csv
  report:
    cmd: report
    outs: [data/c.csv, ../d.csv]
    metrics:
    - m.json: {cache: false}
    plots:
    - p.csv
  many:
    foreach: [x, y]
    do:
      cmd: make ${item}
      outs:
      - ${item}.csv
  nothing:
    cmd: look
"""


def test_outputs_are_those_that_dvc_sees(repo: Repo) -> None:
    from dvc.repo import Repo as Dvc

    repo.write({"sub/dvc.yaml": PIPELINE})
    ours = stages.outputs(PIPELINE.encode(), "sub/dvc.yaml")
    assert ours == {
        "a.csv": "clean", "sub/b.csv": "clean", "sub/data/c.csv": "report", "d.csv": "report", "sub/m.json": "report",
        "sub/p.csv": "report",
    }  # fmt: skip
    with Dvc(str(repo.path)) as dvc:
        theirs = {Path(out.fs_path).relative_to(repo.path).as_posix(): out.stage.name for out in dvc.index.outs}
    # What a template names is known once DVC ran it.
    assert {path: name for path, name in theirs.items() if path in ours} == ours
    assert sorted(theirs.keys() - ours.keys()) == ["data/late.csv", "sub/x.csv", "sub/y.csv"]


@pytest.mark.parametrize("text", ["", "\n", "artifacts: {}\n", "stages: {}\n", "stages: {a: {cmd: x}}\n"])
def test_a_file_without_outputs(text: str) -> None:
    assert stages.outputs(text.encode(), "dvc.yaml") == {}


@pytest.mark.parametrize(
    "text", ["stages: {a: text}\n", "stages: {a: {outs: text}}\n", "stages: {a: {outs: [../../x, /etc/x, '']}}\n"]
)
def test_what_dvc_would_refuse_or_leads_out_is_nobody_s(text: str) -> None:
    assert stages.outputs(text.encode(), "dvc.yaml") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stages: [a]\n", "dvc.yaml: expected a mapping at `stages`, found a list"),
        ("- a\n", "dvc.yaml: expected a mapping, found a list"),
        ("stages: {a: 1, a: 2}\n", "dvc.yaml:1: key `a` is there twice"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(InvalidRecord, match=f"^{re.escape(message)}"):
        stages.outputs(text.encode(), "dvc.yaml")

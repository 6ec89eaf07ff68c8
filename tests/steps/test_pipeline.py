"""What dvc.lock says of how data was made; test_add_pointer.py runs real stages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import datakit
from datakit.errors import EnvironmentProblem
from datakit.formats.manifest import Code, Parent, Production
from datakit.formats.pointer import Out
from datakit.repo import project as projects
from datakit.repo.project import Project
from datakit.steps import pipeline
from datakit.steps.targets import Tracking
from tests.support.datasets import record
from tests.support.repo import Repo

A, B = "a" * 32, "b" * 32
LOCK = f"""\
schema: '2.0'
stages:
  clean@1:
    cmd:
    - python clean.py
    - python check.py
    deps:
    - path: clean.py
      hash: md5
      md5: {A}
      size: 1
    - path: data/raw/x.csv
      hash: md5
      md5: {B}
      size: 1
    - path: s3://bucket/x
      etag: abcdef
    params:
      params.yaml:
        rows: 3
        model.depth: 2
    outs:
    - path: out.csv
      hash: md5
      md5: {A}
      size: 1
"""
LOCKED = Tracking("dvc.lock", Out("out.csv", A))
OWN = Tracking("out.csv.dvc", None)


@pytest.fixture
def where(project: Repo) -> Iterator[Project]:
    """An open project with a lock, code and a tracked dependency."""
    project.write(
        {
            "dvc.lock": LOCK,
            "dvc.yaml": "artifacts:\n  x: {path: data/raw/x.csv}\n  odd.name: {path: s3://bucket/x}\n",
            "clean.py": "1\n",
            "other.py": "2\n",
            "data/raw/x.csv.dvc": f"outs:\n- md5: {B}\n  path: x.csv\n",
        }
    )
    found = projects.find(project.path)
    with found.objects:
        yield found


def test_a_stage(where: Project) -> None:
    assert pipeline.production(where, where.tree, "out.csv", LOCKED, "", []) == Production(
        "python clean.py\npython check.py",
        "clean@1",
        (Code("clean.py", where.git.blob_id("clean.py")),),
        {"rows": 3, "model.depth": 2},
    )
    assert pipeline.parents(where.tree, "out.csv", LOCKED) == [Parent("x", B)]


def test_what_the_user_says_comes_first(where: Project) -> None:
    found = pipeline.production(where, where.tree, "out.csv", LOCKED, "make", ["./other.py", "clean.py"])
    assert found.command == "make"
    assert [code.path for code in found.code] == ["clean.py", "other.py"]


def test_data_of_no_stage(where: Project) -> None:
    assert pipeline.production(where, where.tree, "out.csv", OWN, "", []) == Production()
    assert pipeline.parents(where.tree, "out.csv", OWN) == []
    pipeline.refuse_stale("out.csv", OWN, B)


def test_a_stale_lock(where: Project) -> None:
    pipeline.refuse_stale("out.csv", LOCKED, A)
    with pytest.raises(EnvironmentProblem) as caught:
        pipeline.refuse_stale("out.csv", LOCKED, B)
    assert caught.value.message == (
        f"`out.csv` is the output of a stage and is not what `dvc.lock` says: expected md5 {A}, found {B}"
    )


def test_a_stage_that_runs_in_another_folder(project: Repo) -> None:
    project.write(
        {
            "dvc.yaml": "stages:\n  make:\n    wdir: data/processed\n    cmd: printf 'a\\n1\\n2\\n' > z.csv\n"
            "    outs: [z.csv]\n"
        }
    )
    project.dvc("repro", "--quiet")
    project.git("add", "--all")
    (found,) = datakit.check(root=project.path)
    assert (found.path, found.code) == ("dvc.lock", "DK101")
    assert [item.code for item in datakit.check(staged=True, root=project.path)] == ["DK101"]
    (done,) = datakit.add("data/processed/z.csv", root=project.path)
    assert (done.name, done.data.rows) == ("z", 2)
    assert record(project, "z", "manifest")["pointer"] == "dvc.lock"
    assert record(project, "z", "manifest")["produced_by"]["stage"] == "make"
    assert not (project.path / "data/processed/z.csv.dvc").exists()
    assert [item.code for item in datakit.check("z", select=["DK1"], root=project.path)] == []

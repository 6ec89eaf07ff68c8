"""A plain DVC repository with twenty datasets adopts datakit in three commands; colleagues go on, with and without datakit."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import duckdb
import pytest

import datakit
from datakit.cli.app import run
from datakit.formats import baseline
from tests.support.datasets import CARD
from tests.support.life import blocked, committed, reproduced
from tests.support.releases import agree
from tests.support.repo import Repo, Result

TABLES = [f"data/raw/t{at}.csv" for at in range(8)]
NESTED = [f"data/raw/2024/q{at}.csv" for at in range(4)]
PARQUETS = [f"datasets/p{at}.parquet" for at in range(2)]
IMAGES = ["data/images/cats", "data/images/dogs"]
OTHERS = ["data/extra.json", "models/model.pkl"]
MADE = ["data/processed/c.csv", "data/processed/d.csv"]
STAGE = """\
stages:
  clean:
    cmd: {python} clean.py
    deps: [clean.py, data/raw/t0.csv]
    outs: [data/processed/c.csv, data/processed/d.csv]
"""
CLEAN = "for name in 'cd':\n    open(f'data/processed/{name}.csv', 'w').write('a\\n1\\n')\n"
COUNTED = "{} findings of the baseline are not shown\n"


def grown(repo: Repo) -> Repo:
    """Make a repository as plain DVC leaves it after some years."""
    repo.write({path: f"id,value\n{path},1\n" for path in [*TABLES, *NESTED]})
    repo.write({f"{folder}/{at}.png": f"\x89PNG {folder} {at}" for folder in IMAGES for at in range(3)})
    repo.write({"data/extra.json": "{}\n", "models/model.pkl": "weights", "train.py": "print(1)\n"})
    (repo.path / "datasets").mkdir()
    for path in PARQUETS:
        duckdb.sql(f"SELECT '{path}' AS x, 1 AS y").write_parquet(str(repo.path / path))
    repo.dvc("add", "--quiet", *TABLES, *NESTED, *PARQUETS, *IMAGES, *OTHERS)
    (repo.path / "data/processed").mkdir()
    repo.write({"clean.py": CLEAN, "dvc.yaml": STAGE.format(python=sys.executable)})
    assert reproduced(repo).code == 0
    repo.git("init", "--quiet", "--bare", "--initial-branch=main", "../origin.git")
    repo.git("remote", "add", "origin", "../origin.git")
    repo.commit("as it was")
    repo.git("push", "--quiet", "--set-upstream", "origin", "main")
    return repo


def theirs(repo: Repo) -> dict[str, tuple[int, bytes | str]]:
    """Return every file that is not Git's or DVC's own, with its time."""
    return {path: found for path, found in repo.snapshot().items() if not path.startswith((".git/", ".dvc/"))}


@pytest.fixture
def adopted(repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Repo:
    """The same repository after the three commands."""
    grown(repo)
    before = theirs(repo)
    monkeypatch.chdir(repo.path)
    assert run(["init"]) == 0
    assert "outside the data folders no rule holds `datasets/p0.parquet`" in capsys.readouterr().out
    assert run(["check", "--baseline", "write"]) == 0
    assert capsys.readouterr().out == COUNTED.format(17)
    done = repo.try_git("commit", "--quiet", "-m", "Adopt datakit")
    assert (done.code, repo.status()) == (0, [])
    assert {path: found for path, found in theirs(repo).items() if path in before} == before
    return repo


def colleague(repo: Repo, tmp_path: Path) -> tuple[Repo, dict[str, str]]:
    """Clone what was pushed for somebody who has Git, DVC and pre-commit, and a Python that knows no datakit."""
    repo.git("clone", "--quiet", "../origin.git", "../clone")
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    python.chmod(0o755)
    clone = Repo(repo.path.parent / "clone")
    installed = clone.run(sys.executable, "-m", "pre_commit", "install")
    assert installed.code == 0, installed.out
    return clone, {"PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": ""}


def test_code_goes_on_and_data_is_brought_in_order(adopted: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    adopted.write({"train.py": "print(2)\n"})
    adopted.git("add", "train.py")
    adopted.git("commit", "--quiet", "-m", "code")
    assert adopted.read("datakit.yaml").count("  raw: data\n") == 1  # `data/` holds data beside the usual folders

    # Later data of a dataset that the baseline covers is new.
    adopted.write({TABLES[1]: "id,value\nother,2\n"})
    adopted.dvc("add", "--quiet", TABLES[1])
    adopted.git("add", "--all")
    done = adopted.try_git("commit", "-m", "data")
    assert done.code == 1
    assert f"{TABLES[1]}.dvc: DK101 `{TABLES[1]}` is tracked by DVC and has no record" in done.out + done.err
    datakit.add(TABLES[1], fields=CARD, note="corrected", root=adopted.path)
    agree(adopted, "t1")
    adopted.git("add", "--all")
    done = adopted.try_git("commit", "-m", "data, in order")
    assert (done.code, adopted.status()) == (0, [])

    # So is what a stage makes anew, and nothing else of the lock that it shares.
    adopted.write({"clean.py": CLEAN.replace("\\n1", "\\n{ord(name)}").replace("'a", "f'a")})
    assert reproduced(adopted).code == 0
    adopted.git("add", "--all")
    found = [item for item in datakit.check(staged=True, root=adopted.path) if item.level == "error"]
    assert [(item.path, item.code) for item in found] == [("dvc.lock", "DK101")] * 2
    adopted.git("reset", "--quiet", "--hard")

    # What is in order by now leaves the baseline, in a commit of its own.
    capsys.readouterr()
    assert run(["check", "--baseline", "write"]) == 0
    assert capsys.readouterr().out == COUNTED.format(16)
    assert adopted.status() == [f"M  {baseline.FILE}"]
    assert adopted.try_git("commit", "--quiet", "-m", "less to do").code == 0


def test_a_colleague_without_datakit(adopted: Repo, tmp_path: Path) -> None:
    adopted.git("push", "--quiet", "--no-verify", "origin", "main")
    start = adopted.git("rev-parse", "HEAD")
    clone, env = colleague(adopted, tmp_path)

    def commit(*paths: str, skip: tuple[str, ...] = ()) -> Result:
        clone.git("add", *paths)
        return clone.try_git("commit", *skip, "-m", "change", env=env)

    clone.write({"train.py": "print(3)\n"})
    code = commit("train.py")
    assert code.code == 0, code.out + code.err
    clone.write({"data/raw/t2.csv": "id,value\nmine,3\n"})
    clone.dvc("add", "--quiet", "data/raw/t2.csv")
    refused = commit("data/raw/t2.csv.dvc")
    said = refused.out + refused.err
    assert refused.code == 1
    assert "get it: pip install dvc-datakit && datakit init" in said
    assert "datasets are staged and nothing here can judge them: commit blocked" in said
    assert commit("data/raw/t2.csv.dvc", skip=("--no-verify",)).code == 0
    clone.git("push", "--quiet", "origin", "main", env=env)

    # CI judges what was pushed, as the workflow that `init` wrote does.
    adopted.git("fetch", "--quiet")
    found = datakit.check(between=f"{start}..origin/main", root=adopted.path)
    assert [(item.path, item.code, item.level) for item in found] == [("data/raw/t2.csv.dvc", "DK101", "error")]

    # Nor does it help to widen the baseline, or to silence the hook, in the same push.
    entries = (*baseline_of(clone), baseline.Entry(found[0].path, found[0].code, found[0].data, found[0].message))
    clone.write({baseline.FILE: baseline.dump(entries), ".pre-commit-config.yaml": "repos: []\n"})
    assert commit("--all", skip=("--no-verify",)).code == 0
    clone.git("push", "--quiet", "origin", "main", env=env)
    adopted.git("fetch", "--quiet")
    codes = [
        item.code for item in datakit.check(between=f"{start}..origin/main", root=adopted.path) if item.level == "error"
    ]
    assert codes == ["DK703", "DK701"]


def baseline_of(repo: Repo) -> list[baseline.Entry]:
    """Return what a baseline covers, as a forger would read it."""
    return [baseline.Entry(*key) for key in baseline.read((repo.path / baseline.FILE).read_bytes())]


def test_hooks_of_git_itself(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from datakit.verbs.scaffold import hooks

    monkeypatch.setattr(hooks, "pre_commit", tuple)  # as where pre-commit is not installed
    repo.write({path: f"id\n{path}\n" for path in TABLES})
    repo.dvc("add", "--quiet", *TABLES)
    repo.commit("as it was")
    datakit.init(repo.path)
    datakit.check(baseline="write", root=repo.path)
    committed(repo, "Adopt datakit")
    repo.write({TABLES[0]: "id\nother\n"})
    repo.dvc("add", "--quiet", TABLES[0])
    datakit.check(baseline="write", root=repo.path)  # which would cover it
    repo.git("add", "--all")
    (said,) = [line for line in blocked(repo, "both in one") if line]
    assert said.startswith(f"{baseline.FILE}: DK701 the baseline before this change blocks {TABLES[0]}.dvc: DK101 ")

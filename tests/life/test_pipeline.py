"""The life of a Parquet table that a stage makes: `dvc.lock` is its pointer, and `dvc repro` records and validates it."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import datakit
from datakit.errors import UsageError
from datakit.formats.recipe import Recipe
from tests.support.clones import files
from tests.support.datasets import CARD, md5, record
from tests.support.life import (
    artifact,
    begun,
    blocked,
    cloned,
    committed,
    intact,
    recorded,
    reproduced,
    sha256,
    untouched,
    versions,
)
from tests.support.parts import birds, fingerprint, objects
from tests.support.releases import agree
from tests.support.repo import Repo, copied
from tests.support.splits import expected

RAW, MADE = "data/raw/birds.csv", "data/processed/grams.parquet"
FIRST, SECOND = "grams@v1.0.0", "grams@v1.1.0"
STEPS = ["clean", "record", "validate"]

STAGES = """\
stages:
  clean:
    cmd: {python} clean.py
    deps: [clean.py, data/raw/birds.csv]
    outs: [data/processed/grams.parquet]
  record:
    cmd: {python} -m datakit add data/processed/grams.parquet
    deps: [data/processed/grams.parquet]
    outs:
    - catalog/grams/manifest.json: {{cache: false, persist: true}}
  validate:
    cmd: {python} -m datakit validate grams
    deps: [catalog/grams/contract.odcs.yaml, catalog/grams/manifest.json]
    outs:
    - catalog/grams/receipt.json: {{cache: false, persist: true}}
"""
CLEAN = """\
import duckdb

duckdb.execute(
    "COPY (SELECT id, sex, (mass * 1000)::BIGINT AS grams FROM read_csv('data/raw/birds.csv', nullstr='NA') "
    "WHERE mass > 2 ORDER BY id) TO 'data/processed/grams.parquet'"
)
"""

# What the stage makes of the 40 birds, and where its rows belong, worked out here and not by datakit.
ROWS = [(at, "mf"[at % 2], at * 250) for at in range(1, 41) if at % 7 and at > 8]
STRATIFIED = Recipe({"train": Decimal("0.75"), "test": Decimal("0.25")}, ("id",), stratify="label")
PART = expected([(at, None, None, sex, None) for at, sex, _ in ROWS], STRATIFIED)
TRAIN, TEST = (sorted((row for row in ROWS if PART[str(row[0])] == part), key=str) for part in ("train", "test"))
LIGHT = [(at, "mf"[at % 2], at * 250) for at in range(1, 9) if at % 7]  # that the first version leaves out


def rows(path: Path) -> list[tuple[int, str, int]]:
    """Return the rows of a Parquet file in their order."""
    found: list[tuple[int, str, int]] = duckdb.read_parquet(str(path)).fetchall()
    return found


def begun_in(output: str) -> list[str]:
    """Return the stages that DVC says it ran."""
    return [name for name in STEPS if f"Running stage '{name}'" in output]


def ran(repo: Repo) -> list[str]:
    """Reproduce the pipeline, which has to succeed, and return the stages that were run."""
    done = reproduced(repo)
    assert done.code == 0, f"{done.out}{done.err}"
    return begun_in(done.out)


def at_first(repo: Repo) -> None:
    """A table is recorded; one `dvc repro` makes another of it, records and validates it, and a second does nothing."""
    committed(begun(repo, "../storage"), "Begin")
    stages = STAGES.format(python=sys.executable)
    repo.write({RAW: birds(40), "clean.py": CLEAN, "dvc.yaml": stages})
    datakit.add(RAW, fields=CARD, root=repo.path)
    assert ran(repo) == STEPS
    assert rows(repo.path / MADE) == ROWS
    known, stated = record(repo, "grams"), record(repo, "grams", "receipt")
    assert (known["pointer"], known["data"]["rows"]) == ("dvc.lock", len(ROWS))
    assert known["derived_from"] == [{"name": "birds", "md5": md5(birds(40))}]
    assert known["produced_by"] == {
        "command": f"{sys.executable} clean.py",
        "stage": "clean",
        "code": [{"path": "clean.py", "git_blob": repo.git("hash-object", "clean.py")}],
    }
    assert (stated["data"]["md5"], stated["verdict"]) == (known["data"]["md5"], "passed")
    assert repo.read("dvc.yaml").startswith(stages)
    with untouched(repo):
        assert ran(repo) == []
        assert "up to date" in repo.dvc("status")


def document(repo: Repo) -> None:
    """By hand, the card is completed and the contracts are agreed to: only the validation has to run again."""
    (done,) = datakit.add("grams", fields=CARD, root=repo.path)
    assert done.written == ("catalog/grams/README.md",)
    agree(repo, "birds", "grams")
    assert ran(repo) == ["validate"]
    assert "up to date" in repo.dvc("status")
    committed(repo, "Add birds, and their mass in grams")


def split_and_release(repo: Repo) -> None:
    """The stage's output is split and released as any other table."""
    done = datakit.split("grams", into="train=0.75,test=0.25", stratify="sex", root=repo.path)
    assert done.parts == {"train": len(TRAIN), "test": len(TEST)}
    committed(repo, "Split grams")
    for part, chosen in (("train", TRAIN), ("test", TEST)):
        assert recorded(repo, "grams").parts[part].fingerprint == fingerprint("", (str(row[0]) for row in chosen))
    assert [item.uploaded for item in datakit.push(root=repo.path)] == [1, 2]
    assert datakit.release("grams", push=True, root=repo.path).tag == FIRST
    assert "up to date" in repo.dvc("push")
    assert "up to date" in repo.dvc("status")


def refuse_what_was_not_recorded(repo: Repo) -> None:
    """Other code makes other data. Neither the pipeline nor a commit takes it without a reason."""
    repo.write({"clean.py": CLEAN.replace("mass > 2", "mass > 0")})
    assert [state.condition for state in datakit.status(root=repo.path)] == ["clean", "clean"]
    failed = reproduced(repo)
    assert failed.code == 255
    assert begun_in(failed.out) == ["clean", "record"]
    assert "error: the data of `grams` changed and needs a reason" in failed.err
    assert "failed to reproduce 'record'" in failed.err
    assert [(state.name, state.condition) for state in datakit.status(root=repo.path)] == [
        ("birds", "clean"), ("grams", "broken"),
    ]  # fmt: skip
    repo.git("add", "--all")
    old, new = record(repo, "grams")["data"]["md5"], md5((repo.path / MADE).read_bytes())
    assert blocked(repo, "Take light birds too") == [
        f"dvc.lock: DK102 its md5 is {new[:8]}…, the manifest says {old[:8]}…"
    ]
    with pytest.raises(UsageError, match="the data of `grams` changed and needs a reason"):
        datakit.add("grams", root=repo.path)


def release_the_second(repo: Repo) -> None:
    """Given the reason by hand, the pipeline goes through, and says which code made the data; no row changes its part."""
    (done,) = datakit.add("grams", note="Light birds too", root=repo.path)
    assert done.notes == (f"split `default` extended: new rows {len(LIGHT)}, gone 0; no other row moved",)
    assert ran(repo) == ["record", "validate"]
    with untouched(repo):
        assert ran(repo) == []
        assert "up to date" in repo.dvc("status")
    head = committed(repo, "Take light birds too")
    known = record(repo, "grams")
    assert known["change"]["note"] == "Light birds too"
    assert known["produced_by"]["code"] == [{"path": "clean.py", "git_blob": repo.git("rev-parse", f"{head}:clean.py")}]
    released = datakit.release("grams", push=True, root=repo.path)
    assert (released.tag, released.level) == (SECOND, "minor")
    for part, before in (("train", TRAIN), ("test", TEST)):
        now = rows(datakit.path(SECOND, split=part, root=repo.path))
        assert now == sorted(now, key=str)
        assert set(before) <= set(now) <= {*before, *LIGHT}


def get_the_first_back(clone: Repo, out: Path, whole: bytes) -> None:
    """A fresh clone gets exactly the first version's rows, and its file byte for byte."""
    with untouched(clone):
        (part,) = datakit.pull(FIRST, split="train", to=out / "train.parquet", root=clone.path)
        assert (part.rows, part.fetched) == (len(TRAIN), 2)
        assert rows(out / "train.parquet") == TRAIN
        assert rows(datakit.path(FIRST, split="train", root=clone.path)) == TRAIN
        split_record = recorded(clone, "grams", FIRST)
        frame = datakit.load(FIRST, split="test", root=clone.path)
        assert list(frame.itertuples(index=False, name=None)) == TEST
        assert fingerprint("", map(str, frame["id"])) == split_record.parts["test"].fingerprint
        datakit.pull(FIRST, to=out / "first.parquet", root=clone.path)
        assert sha256((out / "first.parquet").read_bytes()) == sha256(whole)
        assert f"\nsha256: {sha256(whole)}\n" in clone.git("cat-file", "tag", FIRST)
        assert objects(clone.path / ".dvc/cache") == {md5(whole), split_record.membership}
        assert intact(clone, FIRST) == [("grams", 1)]


def agree_with_others(clone: Repo, out: Path, whole: bytes) -> None:
    """Plain DVC pulls both tables in a clone that datakit has not touched, and has nothing to run."""
    clone.dvc("pull", "--quiet")
    with untouched(clone):
        assert "up to date" in clone.dvc("status")
    assert sorted(rows(clone.path / MADE)) == sorted(ROWS + LIGHT)
    assert artifact(clone, "grams", "v1.0.0", out / "artifact.parquet").read_bytes() == whole
    assert versions(clone, "grams") == ["v1.1.0", "v1.0.0"]
    assert intact(clone) == [("birds", 0), ("grams", 1)]
    assert clone.status() == []


def test_the_life_of_a_table_that_a_stage_makes(blank: Path, tmp_path: Path) -> None:
    repo = copied(blank, tmp_path / "repo")
    at_first(repo)
    document(repo)
    split_and_release(repo)
    whole = (repo.path / MADE).read_bytes()
    refuse_what_was_not_recorded(repo)
    release_the_second(repo)
    get_the_first_back(cloned(repo), tmp_path / "out", whole)
    agree_with_others(cloned(repo, "other"), tmp_path / "out", whole)
    assert set(files(tmp_path / "out")) == {"train.parquet", "first.parquet", "artifact.parquet"}
    assert intact(repo) == [("birds", 0), ("grams", 1)]

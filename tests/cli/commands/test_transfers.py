"""`push`, `pull` and `verify` on the command line: exit codes, JSON, and options that reach their verb."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datakit.cli.app import run
from datakit.formats import receipt
from tests.support.clones import TABLE, published
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.repo import Repo


@pytest.fixture
def here(project: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A project with a table, a folder and a remote, which is the current folder."""
    monkeypatch.chdir(project.path)
    return published(project)


def test_a_life(here: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["push"]) == 0
    assert capsys.readouterr().out.startswith(f"birds: sent 1 object, {len(BIRDS)} B\nphotos: sent 4 objects")
    assert run(["push", "birds", "--remote", "storage", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["present"] == 1
    assert run(["pull", "birds@v1.0.0", "--to", "out", "--offline", "--json"]) == 0
    (pulled,) = json.loads(capsys.readouterr().out)
    assert (pulled["path"], here.read("out/birds.csv")) == ("out/birds.csv", BIRDS)
    assert run(["verify"]) == 0
    assert capsys.readouterr().out.startswith("birds: as recorded (1 file, ")
    assert run(["verify", "--cache", "birds", "birds@v1.0.0", "--json"]) == 0
    assert [item["objects"] for item in json.loads(capsys.readouterr().out)] == [1, 1]


def test_bytes_that_differ_end_with_4(here: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    here.write({TABLE: MORE_BIRDS})
    assert run(["verify", "birds"]) == 4
    out = capsys.readouterr().out
    assert f"expected {md5(BIRDS)}, found {md5(MORE_BIRDS)}" in out
    assert "mend: datakit pull birds --force" in out
    assert run(["pull", "birds"]) == 3
    assert run(["pull", "birds", "--force"]) == 0
    assert here.read(TABLE) == BIRDS


def test_a_repair_ends_with_0_where_all_is_mended_and_with_4_where_something_is_left(
    here: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["push"]) == 0
    there = here.path.parent / "storage/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]
    there.chmod(0o644)
    there.write_text("spoilt")
    assert run(["verify", "birds"]) == 0
    assert run(["verify", "--remote", "birds"]) == 4
    assert run(["verify", "--on", "storage", "birds"]) == 4
    capsys.readouterr()
    assert run(["verify", "--remote", "--repair", "birds"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("birds: as recorded, 1 mended (1 file, 1 object, 1 remote object, ")
    assert (
        f"mended from the cache; the wrong bytes are kept as `.datakit/quarantine/{md5(BIRDS)}.{md5('spoilt')}`" in out
    )
    here.write({TABLE: MORE_BIRDS})
    assert run(["verify", "--repair", "--json", "birds"]) == 4
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["mended"], [fault["kind"] for fault in found["faults"]]) == ([], ["data"])
    assert run(["verify", "--on", "nothing"]) == 2


def test_a_receipt_that_lies_ends_with_1(here: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    path = here.path / "catalog/birds/receipt.json"
    path.write_bytes(receipt.dump(receipt.read(path.read_bytes(), "receipt.json")._replace(rows=9)))
    assert run(["verify", "birds"]) == 1
    assert "counts other rows" in capsys.readouterr().out


def test_errors_have_their_exit_codes(here: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pull", "birds@v2.0.0", "--to", "out"]) == 2
    assert "did you mean `v1.0.0`?" in capsys.readouterr().err
    here.write({".dvc/config": ""})
    assert run(["push"]) == 3
    assert "dvc remote add --default storage URL" in capsys.readouterr().err


def test_a_part_of_a_split(here: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["split", "birds", "--into", "train=0.5,test=0.5", "--key", "id"]) == 0
    capsys.readouterr()
    assert run(["pull", "birds", "--split", "train", "--to", "out", "--json"]) == 0
    (pulled,) = json.loads(capsys.readouterr().out)
    assert (pulled["part"], pulled["path"]) == ("train", "out/birds-train.parquet")
    assert run(["pull", "birds", "--split", "train"]) == 2
    assert "datakit pull birds --split train --to DIR" in capsys.readouterr().err

"""`validate`: the recorded bytes against the contract, and a receipt that changes only when a fact does."""

from __future__ import annotations

import shutil

import pytest

import datakit
from datakit.errors import IntegrityError, InvalidRecord, NotFound, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
CONTRACT = "catalog/birds/contract.odcs.yaml"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with `birds` committed."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("birds")
    return project


def test_again_changes_nothing(birds: Repo) -> None:
    before = everything(birds)
    (done,) = datakit.validate(root=birds.path)
    assert (done.name, done.path, done.rows, done.passed, done.written) == ("birds", PATH, 3, True, ())
    assert everything(birds) == before


def test_a_new_check_is_found_out_and_staged(birds: Repo) -> None:
    birds.write({CONTRACT: birds.read(CONTRACT).replace("minimum: 0\n  - name: sex", "minimum: 2\n  - name: sex")})
    assert [item.code for item in datakit.check(root=birds.path)] == ["DK305", "DK302"]
    (done,) = datakit.validate("birds", root=birds.path)
    assert not done.passed
    assert done.written == ("catalog/birds/receipt.json",)
    assert "M  catalog/birds/receipt.json" in birds.status()
    assert "DK303" in {item.code for item in datakit.check(root=birds.path)}


def test_a_comment_in_the_contract_makes_nothing_stale(birds: Repo) -> None:
    birds.write({CONTRACT: f"# read by Jane\n{birds.read(CONTRACT)}"})
    assert [item.code for item in datakit.check(root=birds.path)] == ["DK305"]


def test_the_recorded_bytes_are_judged_whatever_lies_there(birds: Repo) -> None:
    birds.write({PATH: "broken,beyond\nrecognition\n"})
    assert datakit.validate("birds", root=birds.path)[0].passed
    (birds.path / PATH).unlink()
    assert datakit.validate("birds", root=birds.path)[0].passed


def test_bytes_that_the_cache_lost_are_taken_from_the_work_tree(birds: Repo) -> None:
    shutil.rmtree(birds.path / ".dvc/cache")
    assert datakit.validate("birds", root=birds.path)[0].passed


def test_bytes_that_are_nowhere(birds: Repo) -> None:
    shutil.rmtree(birds.path / ".dvc/cache")
    birds.write({PATH: MORE_BIRDS})
    before = everything(birds)
    with pytest.raises(IntegrityError) as caught:
        datakit.validate("birds", root=birds.path)
    assert caught.value.message == (
        f"the recorded bytes of `birds` are not here: md5 {md5(BIRDS)} is neither in the cache nor at `{PATH}`"
    )
    assert caught.value.hint == "datakit pull birds, or record what lies there with `datakit add birds`"
    assert everything(birds) == before


def test_a_missing_receipt_is_written_and_a_broken_one_mended(birds: Repo) -> None:
    good = birds.read("catalog/birds/receipt.json")
    for content in (None, "{", good.replace('"rows": 3', '"rows": 4')):
        (birds.path / "catalog/birds/receipt.json").unlink()
        if content is not None:
            birds.write({"catalog/birds/receipt.json": content})
        datakit.validate(root=birds.path)
        assert birds.read("catalog/birds/receipt.json") == good


def test_files_that_are_no_table(project: Repo) -> None:
    project.write({"data/raw/imgs/1": "1"})
    datakit.add("data/raw/imgs", root=project.path)
    (done,) = datakit.validate(root=project.path)
    assert (done.rows, done.results, done.passed) == (None, (), True)


def test_no_dataset_at_all(project: Repo) -> None:
    assert datakit.validate(root=project.path) == ()


def test_an_unknown_one(birds: Repo) -> None:
    with pytest.raises(NotFound) as caught:
        datakit.validate("brids", root=birds.path)
    assert caught.value.message == "there is no dataset `brids`"


def test_a_broken_manifest(birds: Repo) -> None:
    birds.write(
        {"catalog/birds/manifest.json": birds.read("catalog/birds/manifest.json").replace('"rows": 3', '"rows": 9')}
    )
    with pytest.raises(InvalidRecord) as caught:
        datakit.validate(root=birds.path)
    assert "was changed by hand or staged in part" in caught.value.message
    assert caught.value.hint == "datakit add birds"


def test_a_room_without_a_manifest_or_a_contract(birds: Repo) -> None:
    (birds.path / CONTRACT).unlink()
    with pytest.raises(UsageError) as caught:
        datakit.validate(root=birds.path)
    assert (caught.value.message, caught.value.hint) == ("`birds` has no contract", "datakit add birds")
    (birds.path / "catalog/birds/manifest.json").unlink()
    with pytest.raises(InvalidRecord) as broken:
        datakit.validate(root=birds.path)
    assert broken.value.message == "catalog/birds/manifest.json: the room has no manifest"


def test_staging_can_be_left_to_the_user(birds: Repo) -> None:
    birds.write({"datakit.yaml": "git: {autostage: false}\n"})
    (birds.path / "catalog/birds/receipt.json").write_text("{")
    datakit.validate(root=birds.path)
    assert not any(line.startswith("M ") for line in birds.status())
    assert record(birds, "birds", "receipt")["verdict"] == "passed"

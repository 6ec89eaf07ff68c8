"""`show`: all records of one dataset, now and then."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import InvalidRecord, NotFound, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with two committed versions, the first one registered."""
    project.write({PATH: BIRDS})
    datakit.add(PATH, fields=CARD, root=project.path)
    project.commit("one")
    project.git("tag", "-a", "birds@v1.0.0", "-m", "first")
    project.write({PATH: MORE_BIRDS})
    datakit.add("birds", note="more", root=project.path)
    project.commit("two")
    return project


def test_the_working_tree(birds: Repo) -> None:
    found = datakit.show("birds", root=birds.path)
    assert (found.name, found.commit, found.versions) == ("birds", None, ("v1.0.0",))
    assert found.manifest.data.rows == 4
    assert found.card is not None
    assert found.card.fields["license"] == "CC0-1.0"
    assert found.contract is not None
    assert found.contract.status == "draft"
    assert found.receipt is not None
    assert found.receipt.passed
    assert found.profile is not None
    assert found.profile.rows == 4


@pytest.mark.parametrize("version", ["v1.0.0", "1.0.0", "latest", "^1", "HEAD~1", "birds@v1.0.0"])
def test_a_version(birds: Repo, version: str) -> None:
    found = datakit.show(f"birds@{version}", root=birds.path)
    assert found.commit == birds.git("rev-parse", "HEAD~1")
    assert found.manifest.data.rows == 3


@pytest.mark.parametrize(
    ("reference", "error", "message", "hint"),
    [
        ("brids", NotFound, "there is no dataset `brids`", "did you mean `birds`?"),
        ("birds@v9.0.0", NotFound, "there is no version of `birds` `v9.0.0`", "did you mean `v1.0.0`?"),
        ("birds@", UsageError, "`birds@` ends with `@` but names no version", "`birds` alone means the working tree"),
        ("birds@--output=x", NotFound, "there is no version of `birds` `--output=x`", "those that exist: `v1.0.0`"),
    ],
)
def test_what_is_not_there(birds: Repo, reference: str, error: type[UsageError], message: str, hint: str) -> None:
    with pytest.raises(error) as caught:
        datakit.show(reference, root=birds.path)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_records_that_are_missing_are_none(birds: Repo) -> None:
    for name in ("README.md", "contract.odcs.yaml", "receipt.json", "profile.json"):
        (birds.path / "catalog/birds" / name).unlink()
    assert datakit.show("birds", root=birds.path)[-4:] == (None, None, None, None)
    (birds.path / "catalog/birds/manifest.json").unlink()
    birds.write({"catalog/birds/x": ""})
    with pytest.raises(NotFound) as caught:
        datakit.show("birds", root=birds.path)
    assert caught.value.message == "there is no manifest `catalog/birds/manifest.json`"
    assert caught.value.hint == "record the data with `datakit add PATH --name birds`"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("manifest.json", "datakit add birds"), ("receipt.json", "datakit add birds"), ("README.md", None)],
)
def test_a_broken_record_is_named(birds: Repo, name: str, hint: str | None) -> None:
    birds.write({f"catalog/birds/{name}": "---\na: 1\na: 1\n---\n"})
    with pytest.raises(InvalidRecord) as caught:
        datakit.show("birds", root=birds.path)
    assert caught.value.message.startswith(f"catalog/birds/{name}:")
    assert caught.value.hint == hint

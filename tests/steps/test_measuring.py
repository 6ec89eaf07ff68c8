"""What is read of a version before it is compared."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.errors import InvalidRecord
from datakit.gate.dataset import Dataset
from datakit.repo import project, references
from datakit.repo.tree import Commit
from datakit.steps import measuring, recording
from datakit.versions.differences import Facts
from tests.support.repo import Repo


def facts(repo: Repo, name: str, revision: str = "HEAD") -> Facts:
    """Read the facts of a dataset in a commit."""
    where = project.find(repo.path)
    with where.objects:
        tree = Commit(where.git, where.objects, where.git.resolve(revision) or "")
        return measuring.facts(Dataset(tree, where.policy, name), recording.open_cache(where))


def test_a_table(ready: Repo) -> None:
    found = facts(ready, "birds")
    assert (found.manifest.name, found.license, found.splits, found.listing) == ("birds", "CC0-1.0", {}, None)
    assert found.contract is not None
    assert found.profile is not None
    assert set(found.words) == {"README.md", "contract.odcs.yaml"}


def test_a_folder(ready: Repo) -> None:
    found = facts(ready, "photos")
    assert found.listing is not None
    assert [entry.relpath for entry in found.listing] == ["f/ü.png", "m/1.png", "m/2.png"]
    for path in (ready.path / ".dvc/cache").rglob("*.dir"):
        path.unlink()
    assert facts(ready, "photos").listing is None


def test_a_license_that_the_policy_gives(ready: Repo) -> None:
    card = "catalog/birds/README.md"
    ready.write({card: ready.read(card).replace("license: CC0-1.0\n", "")})
    ready.write({"datakit.yaml": ready.read("datakit.yaml") + "defaults: {license: CC-BY-4.0}\n"})
    ready.commit("policy")
    assert facts(ready, "birds").license == "CC-BY-4.0"


def test_what_is_missing_or_broken(ready: Repo) -> None:
    with pytest.raises(InvalidRecord, match=r"catalog/birds/manifest\.json: is missing"):
        facts(ready, "birds", "HEAD~1")
    contract = "catalog/birds/contract.odcs.yaml"
    ready.write({contract: "nonsense: ["})
    ready.commit("broken")
    with pytest.raises(InvalidRecord, match=r"contract\.odcs\.yaml"):
        facts(ready, "birds")


def test_a_version_is_read_under_its_own_policy(ready: Repo) -> None:
    ready.git("tag", "-a", "-m", "x", "birds@v1.0.0")
    where: Any = project.find(ready.path)
    moved = where._replace(policy=where.policy._replace(catalog="elsewhere"))
    with where.objects:
        (tag,) = references.registered(where.git, "birds")
        found = measuring.former(moved, recording.open_cache(where), "birds", tag)
        assert found is not None
        assert found.manifest.name == "birds"
        assert measuring.former(moved, recording.open_cache(where), "eggs", tag) is None

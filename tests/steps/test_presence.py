"""What a remote lacks, and `status --remote`, which says so."""

from __future__ import annotations

from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem
from datakit.records import State
from datakit.repo.project import find
from datakit.steps import objects, presence, recording
from datakit.store import remotes
from tests.support.clones import TABLE
from tests.support.datasets import MORE_BIRDS, md5
from tests.support.repo import Repo


def stored(repo: Repo, content: bytes) -> Path:
    """Return where the remote has an object."""
    files = (path for path in (repo.path.parent / "storage").rglob("*") if path.is_file())
    return next(path for path in files if path.read_bytes() == content)


def conditions(repo: Repo) -> list[tuple[str, str]]:
    """Return what `status --remote` says of each dataset."""
    return [(state.name, state.condition) for state in datakit.status(remote=True, root=repo.path)]


def test_until_everything_is_there(ready: Repo) -> None:
    assert datakit.status(remote=True, root=ready.path) == (
        State("birds", TABLE, "unpushed", "remote `storage` lacks 1 of 1 objects", "datakit push birds"),
        State("photos", "data/raw/photos", "unpushed", "remote `storage` lacks 4 of 4 objects", "datakit push photos"),
    )
    assert [state.condition for state in datakit.status(root=ready.path)] == ["clean", "clean"]
    datakit.push("birds", root=ready.path)
    assert conditions(ready) == [("birds", "clean"), ("photos", "unpushed")]
    datakit.push("photos", root=ready.path)
    assert conditions(ready) == [("birds", "clean"), ("photos", "clean")]


def test_a_hole_that_dvc_does_not_see(ready: Repo) -> None:
    ready.dvc("push")
    stored(ready, b"two").unlink()
    found = datakit.status("photos", remote=True, root=ready.path)
    assert [state.detail for state in found] == ["remote `storage` lacks 1 of 4 objects"]


def test_what_must_be_done_first_is_said_first(ready: Repo) -> None:
    ready.write({TABLE: MORE_BIRDS})
    assert conditions(ready) == [("birds", "changed"), ("photos", "unpushed")]
    datakit.add("birds", note="more", root=ready.path)
    assert conditions(ready)[0] == ("birds", "unpushed")
    datakit.push("birds", root=ready.path)
    assert conditions(ready)[0] == ("birds", "ready")


def test_a_listing_that_the_cache_has_lost(ready: Repo) -> None:
    datakit.push(root=ready.path)
    for path in (ready.path / ".dvc/cache").rglob("*.dir"):
        path.unlink()
    (found,) = datakit.status("photos", remote=True, root=ready.path)
    assert (found.condition, found.command) == ("unpushed", "datakit push photos")
    assert found.detail == (
        "the cache lacks the listing of the folder, so remote `storage` cannot be asked for its files"
    )
    datakit.push("photos", root=ready.path)
    assert conditions(ready) == [("birds", "clean"), ("photos", "clean")]


def test_memberships_of_splits_count(ready: Repo) -> None:
    datakit.push(root=ready.path)
    ready.write({"catalog/birds/splits/default.parquet": "keys"})
    ready.dvc("add", "--quiet", "catalog/birds/splits/default.parquet")
    where = find(ready.path)
    with where.objects:
        version = objects.find(where, "birds")
        wanted = presence.wanted(recording.open_cache(where), version.dataset)
        found = presence.lacking(remotes.open_remote(where.root), {"birds": wanted})
    assert [item.path for item in found["birds"]] == ["catalog/birds/splits/default.parquet"]
    assert found["birds"][0].name == md5("keys")


def test_no_remote(project: Repo) -> None:
    with pytest.raises(EnvironmentProblem, match="DVC has no remote here"):
        datakit.status(remote=True, root=project.path)


def test_a_remote_that_does_not_answer(ready: Repo) -> None:
    ready.dvc("remote", "modify", "storage", "url", "s3://nowhere/x")
    ready.dvc("remote", "modify", "storage", "endpointurl", "http://127.0.0.1:9")
    with pytest.raises(EnvironmentProblem, match="storage"):
        datakit.status(remote=True, root=ready.path)

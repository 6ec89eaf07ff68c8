"""The objects of a dataset: which they are, where they come from, and that nothing unrecorded gets into the cache."""

from __future__ import annotations

import shutil

import pytest

from datakit.errors import EnvironmentProblem, NotFound
from datakit.repo import project
from datakit.repo.project import Project
from datakit.steps import objects, recording
from datakit.store.remotes import Remote
from tests.support.clones import FOLDER, TABLE
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.repo import Repo


@pytest.fixture
def where(origin: Repo) -> Project:
    """The project, opened."""
    return project.find(origin.path)


def never() -> Remote:
    """Fail where a remote is asked."""
    raise AssertionError("a remote was asked")


def test_of_a_file_and_of_a_folder(where: Project) -> None:
    cache = recording.open_cache(where)
    with where.objects:
        (table,) = objects.of(cache, objects.find(where, "birds@v1.0.0").manifest)
        assert table == (md5(BIRDS), TABLE, len(BIRDS), len(BIRDS))
        listing, *members = objects.of(cache, objects.find(where, "photos").manifest)
    assert listing.name.endswith(".dir")
    assert [(item.path, item.name, item.size) for item in members] == [
        (f"{FOLDER}/f/ü.png", md5(""), 0),
        (f"{FOLDER}/m/2.png", md5("two"), 3),
        (f"{FOLDER}/m/3.png", md5("three"), 5),
    ]


def test_the_working_tree_gives_what_the_cache_lost(where: Project) -> None:
    cache = recording.open_cache(where)
    shutil.rmtree(cache.path)
    with where.objects:
        for name in ("birds", "photos"):
            assert objects.fetch(where, cache, objects.find(where, name), never) == 0
    assert cache.has(md5(MORE_BIRDS))


def test_bytes_that_are_not_recorded_stay_out_of_the_cache(where: Project) -> None:
    cache = recording.open_cache(where)
    shutil.rmtree(cache.path)
    (where.root / TABLE).write_text("id\nnot recorded\n")
    with where.objects:
        lacking = objects.refill(where, cache, objects.find(where, "birds"))
    assert [item.name for item in lacking] == [md5(MORE_BIRDS)]
    assert not cache.has(md5("id\nnot recorded\n"))


def test_another_version_is_not_looked_for_in_the_working_tree(where: Project) -> None:
    cache = recording.open_cache(where)
    shutil.rmtree(cache.path)
    with where.objects, pytest.raises(AssertionError, match="a remote was asked"):
        objects.fetch(where, cache, objects.find(where, "birds@HEAD"), never)


def test_no_remote_is_opened_offline(where: Project) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        objects.opener(where, None, offline=True)()
    assert caught.value.hint == "leave `--offline` out"
    opened = objects.opener(where, None)
    assert opened() is opened()


def test_a_room_without_a_manifest(origin: Repo, where: Project) -> None:
    (origin.path / "catalog/birds/manifest.json").unlink()
    with where.objects, pytest.raises(NotFound) as caught:
        objects.find(where, "birds")
    assert caught.value.message == "there is no manifest `catalog/birds/manifest.json`"
    assert caught.value.hint == "datakit add PATH --name birds"

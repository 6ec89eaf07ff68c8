"""`push --prove`: every object asked for by itself, nothing sent."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, NotFound
from tests.support.clones import FOLDER, TABLE, cloned, files, published
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.repo import Repo


def storage(repo: Repo) -> dict[str, bytes]:
    """Return what the remote has."""
    return files(repo.path.parent / "storage")


def test_what_is_there_and_what_is_not(project: Repo) -> None:
    published(project)
    with pytest.raises(
        EnvironmentProblem, match=r"remote `storage` lacks 1 of 1 objects of `birds`, and something of 1 more"
    ) as caught:
        datakit.push(prove=True, root=project.path)
    assert caught.value.hint == "datakit push birds photos --remote storage"
    assert len(caught.value.details) == 5
    assert caught.value.details[0] == f"{TABLE}: object {md5(BIRDS)}"
    assert storage(project) == {}
    datakit.push(root=project.path)
    before = storage(project)
    done = datakit.push(prove=True, root=project.path)
    assert [(item.name, item.uploaded, item.present, item.remote) for item in done] == [
        ("birds", 0, 1, "storage"), ("photos", 0, 4, "storage"),
    ]  # fmt: skip
    assert storage(project) == before


def test_a_hole_in_a_folder(project: Repo) -> None:
    published(project)
    datakit.push(root=project.path)
    place = project.path.parent / "storage/files/md5" / md5("one")[:2] / md5("one")[2:]
    place.chmod(0o644)
    place.write_text("cut")  # the size tells; `verify` is what reads
    place.unlink()
    with pytest.raises(EnvironmentProblem, match=r"lacks 1 of 4 objects of `photos`") as caught:
        datakit.push("photos", prove=True, root=project.path)
    assert caught.value.hint == "datakit push photos --remote storage"


def test_old_versions_are_proved_and_sent_too(project: Repo) -> None:
    published(project)
    project.write({TABLE: MORE_BIRDS})
    datakit.add("birds", note="more", root=project.path)
    commit = project.commit("more")
    datakit.push("birds", root=project.path)
    assert [item.present for item in datakit.push(f"birds@{commit}", prove=True, root=project.path)] == [1]
    with pytest.raises(EnvironmentProblem, match=r"objects of `birds@v1\.0\.0`") as caught:
        datakit.push("birds@v1.0.0", prove=True, root=project.path)
    assert caught.value.hint == "datakit push birds@v1.0.0 --remote storage"
    (done,) = datakit.push("birds@v1.0.0", root=project.path)
    assert (done.uploaded, done.md5) == (1, md5(BIRDS))
    assert datakit.push("birds@v1.0.0", prove=True, root=project.path)[0].present == 1
    with pytest.raises(NotFound, match=r"version of `birds` `v9`"):
        datakit.push("birds@v9", prove=True, root=project.path)


def test_a_clone_without_any_data(project: Repo) -> None:
    published(project)
    datakit.push(root=project.path)
    clone = cloned(project, project.path.parent / "clone")
    assert [item.present for item in datakit.push(prove=True, root=clone.path)] == [1, 4]
    assert not (clone.path / TABLE).exists()
    assert not (clone.path / FOLDER).exists()
    listing = next(Path(project.path.parent / "storage").rglob("*.dir"))
    listing.unlink()
    shutil.rmtree(clone.path / ".dvc/cache")
    with pytest.raises(EnvironmentProblem, match=r"lacks 1 of 1 objects of `photos`"):
        datakit.push("photos", prove=True, root=clone.path)


def test_the_memberships_of_splits_are_asked_for(split_origin: Repo) -> None:
    whole = [item.present for item in datakit.push("birds", prove=True, root=split_origin.path)]
    assert whole[0] >= 2
    objects = [path for path in (split_origin.path.parent / "storage").rglob("*") if path.is_file()]
    for place in objects:
        place.unlink()
    with pytest.raises(EnvironmentProblem, match=rf"lacks {whole[0]} of {whole[0]} objects of `birds`"):
        datakit.push("birds", prove=True, root=split_origin.path)


def test_without_a_remote(project: Repo) -> None:
    published(project)
    project.dvc("remote", "remove", "storage")
    with pytest.raises(EnvironmentProblem, match="DVC has no remote here"):
        datakit.push(prove=True, root=project.path)

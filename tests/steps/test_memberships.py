"""Memberships of splits: found by their records and pointers, sent, fetched and put where DVC expects them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, IntegrityError, InvalidRecord, UsageError
from datakit.repo import project as projects
from datakit.splits.inputs import Folder, Table
from datakit.steps import memberships, objects, recording
from tests.support.clones import cloned
from tests.support.datasets import everything, md5
from tests.support.parts import FOLDER, PHOTOS, TABLE, birds, record
from tests.support.repo import Repo

SPLITS = {"birds": ("cv1", "default"), "photos": ("halves",)}
PLACES = [f"catalog/{name}/splits/{split}.parquet" for name, found in SPLITS.items() for split in found]


def on_remote(repo: Repo, name: str) -> Path:
    """Return where the remote has an object."""
    return repo.path.parent / "storage/files/md5" / name[:2] / name[2:]


def lying(repo: Repo) -> dict[str, str]:
    """Return the md5 of each membership that lies at its place."""
    return {place: md5((repo.path / place).read_bytes()) for place in PLACES if (repo.path / place).exists()}


def recorded(repo: Repo) -> dict[str, str]:
    """Return the md5 that the records name for each place."""
    wanted = [(name, split) for name, found in SPLITS.items() for split in found]
    return {place: record(repo, *pair).membership for place, pair in zip(PLACES, wanted, strict=True)}


class TestPullInPlace:
    def test_memberships_come_to_their_places(self, split_clone: Repo) -> None:
        done = datakit.pull(root=split_clone.path)
        assert [(item.name, item.written, item.memberships, item.fetched) for item in done] == [
            ("birds", 1, 2, 3), ("photos", len(PHOTOS), 1, len(PHOTOS) + 2),
        ]  # fmt: skip
        assert lying(split_clone) == recorded(split_clone)
        assert "up to date" in split_clone.dvc("status")
        assert split_clone.status() == []
        before = everything(split_clone)
        assert {(item.written, item.memberships, item.fetched) for item in datakit.pull(root=split_clone.path)} == {
            (0, 0, 0)
        }
        assert everything(split_clone) == before

    def test_another_branch_brings_its_own(self, split_origin: Repo) -> None:
        split_origin.git("checkout", "--quiet", "birds@v1.0.0")
        (done,) = datakit.pull("birds", offline=True, root=split_origin.path)
        assert (done.written, done.memberships) == (1, 2)
        assert lying(split_origin) == recorded(split_origin)
        assert "up to date" in split_origin.dvc("status")

    def test_what_is_recorded_nowhere_stays(self, split_origin: Repo) -> None:
        split_origin.write({PLACES[1]: "precious"})
        before = everything(split_origin)
        with pytest.raises(EnvironmentProblem, match=r"default\.parquet` is recorded nowhere and would be lost"):
            datakit.pull("birds", root=split_origin.path)
        assert everything(split_origin) == before
        assert datakit.pull("birds", force=True, root=split_origin.path)[0].memberships == 1
        assert lying(split_origin) == recorded(split_origin)

    def test_never_through_a_link(self, split_clone: Repo, tmp_path: Path) -> None:
        room = split_clone.path / "catalog/birds/splits"
        shutil.move(room, tmp_path / "elsewhere")
        room.symlink_to(tmp_path / "elsewhere")
        before = sorted((tmp_path / "elsewhere").iterdir())
        datakit.pull("birds", root=split_clone.path)
        assert sorted((tmp_path / "elsewhere").iterdir()) == before

    def test_missing_on_the_remote(self, split_clone: Repo) -> None:
        before = everything(split_clone)
        name = record(split_clone, "birds").membership
        on_remote(split_clone, name).unlink()
        with pytest.raises(
            IntegrityError, match=f"catalog/birds/splits/default.parquet: object {name}: it is not there"
        ):
            datakit.pull("birds", root=split_clone.path)
        assert everything(split_clone) == before

    def test_a_broken_pointer_keeps_no_data_from_its_place(self, split_clone: Repo) -> None:
        split_clone.write({f"{PLACES[0]}.dvc": "outs: 1\n"})
        (done,) = datakit.pull("birds", root=split_clone.path)
        assert (done.written, done.memberships) == (1, 0)
        with pytest.raises(
            InvalidRecord, match=r"^catalog/birds/splits/cv1\.parquet\.dvc:1: `outs`: expected"
        ) as caught:
            datakit.push("birds", root=split_clone.path)
        assert caught.value.hint == "datakit split birds --split cv1"

    def test_a_pointer_to_another_place_is_not_ours(self, split_clone: Repo) -> None:
        path = f"{PLACES[1]}.dvc"
        split_clone.write({path: split_clone.read(path).replace("path: default.parquet", "path: ../../../../x")})
        datakit.pull("birds", root=split_clone.path)
        assert set(lying(split_clone)) == {PLACES[0]}

    def test_a_version_elsewhere_brings_none(self, split_clone: Repo) -> None:
        (done,) = datakit.pull("birds@v1.0.0", to="out", root=split_clone.path)
        assert (done.memberships, done.fetched, lying(split_clone)) == (0, 1, {})


class TestPush:
    def test_plain_dvc_pulls_what_was_pushed(self, split_clone: Repo) -> None:
        split_clone.dvc("pull")
        assert lying(split_clone) == recorded(split_clone)
        assert split_clone.read(TABLE) == birds(60)
        assert {(item.written, item.memberships) for item in datakit.pull(root=split_clone.path)} == {(0, 0)}

    def test_each_is_asked_for_and_counted(self, split_origin: Repo) -> None:
        storage = split_origin.path.parent / "storage"
        shutil.rmtree(storage)
        done = datakit.push(root=split_origin.path)
        assert [(item.uploaded, item.present, item.repaired) for item in done] == [(3, 0, 0), (len(PHOTOS) + 2, 0, 0)]
        assert "up to date" in split_origin.dvc("push")
        again = datakit.push(root=split_origin.path)
        assert [(item.uploaded, item.present) for item in again] == [(0, 3), (0, len(PHOTOS) + 2)]
        on_remote(split_origin, record(split_origin, "photos", "halves").membership).unlink()
        assert datakit.push("photos", root=split_origin.path)[0][5:8] == (1, len(PHOTOS) + 1, 0)

    def test_one_that_only_the_working_tree_has(self, split_origin: Repo) -> None:
        shutil.rmtree(split_origin.path.parent / "storage")
        shutil.rmtree(split_origin.path / ".dvc/cache")
        assert [item.uploaded for item in datakit.push(root=split_origin.path)] == [3, len(PHOTOS) + 2]

    def test_one_that_is_nowhere(self, split_origin: Repo) -> None:
        name = record(split_origin, "birds").membership
        shutil.rmtree(split_origin.path.parent / "storage")
        (split_origin.path / ".dvc/cache/files/md5" / name[:2] / name[2:]).unlink()
        split_origin.write({PLACES[1]: "other"})
        with pytest.raises(IntegrityError) as caught:
            datakit.push("birds", root=split_origin.path)
        assert caught.value.message == (
            f"recorded bytes of `birds` are nowhere to be found: {PLACES[1]}: object {name} is neither in the cache, nor in "
            "the working tree, nor on remote `storage`"
        )
        assert not on_remote(split_origin, md5("other")).exists()

    def test_a_clone_without_bytes_has_nothing_to_send(self, split_clone: Repo) -> None:
        assert {item.uploaded for item in datakit.push(root=split_clone.path)} == {0}


class TestFetch:
    def test_from_the_working_tree_then_the_remote(self, split_origin: Repo) -> None:
        where = projects.find(split_origin.path)
        cache = recording.open_cache(where)
        with where.objects:
            version = objects.find(where, "birds")
            found = memberships.find(version, "default")
            item = cache.object_path(found.membership)
            item.unlink()
            offline = objects.opener(where, None, offline=True)
            assert memberships.fetch(where, cache, version, found, offline) == item
            assert md5(item.read_bytes()) == found.membership
            item.unlink()
            (split_origin.path / PLACES[1]).unlink()
            with pytest.raises(EnvironmentProblem, match="`--offline` asks no remote"):
                memberships.fetch(where, cache, version, found, offline)
            assert memberships.fetch(where, cache, version, found, objects.opener(where, None)).exists()

    def test_what_is_split(self, split_origin: Repo) -> None:
        where = projects.find(split_origin.path)
        with where.objects:
            for lost in (False, True):
                cache = recording.open_cache(where)
                if lost:
                    shutil.rmtree(cache.objects)
                table, folder = (
                    memberships.data_of(where, cache, objects.find(where, name)) for name in ("birds", "photos")
                )
                assert isinstance(table, Table)
                assert (table.name, table.path.read_text(), table.reader.format) == (TABLE, birds(60), "csv")
                assert [column.name for column in table.columns] == ["id", "sex", "mass", "seen"]
                assert isinstance(folder, Folder)
                assert {f"{folder.name}/{entry.relpath}": entry.md5 for entry in folder.entries} == {
                    path: md5(text) for path, text in PHOTOS.items()
                }
                assert folder.name == FOLDER

    def test_a_file_that_is_no_table(self, split_origin: Repo) -> None:
        split_origin.write({"data/raw/note.txt": "hello\n"})
        datakit.add("data/raw/note.txt", root=split_origin.path)
        where = projects.find(split_origin.path)
        with where.objects, pytest.raises(UsageError) as caught:
            memberships.data_of(where, recording.open_cache(where), objects.find(where, "note"))
        assert caught.value.message == "`note` is a file, not a table, and has no rows to be split"
        assert caught.value.hint == 'datakit.path("note") says where it lies'

    def test_names(self, split_origin: Repo) -> None:
        split_origin.write(
            {
                "catalog/birds/splits/Upper.json": "",
                "catalog/birds/splits/a/b.json": "",
                "catalog/birds/splits/only.yaml": "",
            }
        )
        where = projects.find(split_origin.path)
        with where.objects:
            assert [memberships.names(objects.find(where, name).dataset) for name in SPLITS] == list(SPLITS.values())


def test_a_life_in_two_clones(split_origin: Repo) -> None:
    """A colleague extends the data and its splits; the other one pulls a part of what came."""
    other = cloned(split_origin, split_origin.path.parent / "other")
    datakit.pull("birds", root=other.path)
    other.write({TABLE: birds(80)})
    datakit.add(note="and more", root=other.path)
    for name in SPLITS["birds"]:
        datakit.split("birds", name, extend=True, root=other.path)
    other.commit("third")
    datakit.push(root=other.path)
    split_origin.git("pull", "--quiet", str(other.path), "main")
    before = set(datakit.load("birds@v1.0.0", split="test", root=split_origin.path)["id"])
    after = set(datakit.load("birds", split="test", root=split_origin.path)["id"])
    assert before < after
    assert max(after | set(datakit.load("birds", split="train", root=split_origin.path)["id"])) == 80

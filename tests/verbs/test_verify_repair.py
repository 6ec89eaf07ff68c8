"""`verify --repair`: from any good copy, nothing of a person's overwritten, and what was wrong is kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem
from datakit.records import Verified
from datakit.store import ledger
from tests.support.clones import FOLDER, TABLE, files
from tests.support.datasets import BIRDS, MORE_BIRDS, everything, md5
from tests.support.repo import Repo
from tests.support.spoiled import kept, rot, sent, spoil, stored

TWO, THREE = md5("two"), md5("three")


def repaired(repo: Repo, *references: str, remote: bool = False) -> dict[str, Verified]:
    """Repair, and return what came of it by dataset."""
    return {item.name: item for item in datakit.verify(*references, remote=remote, repair=True, root=repo.path)}


def left(found: Verified) -> list[tuple[str, str]]:
    """Return what is still wrong: where, and what is advised."""
    return [(fault.kind, fault.command) for fault in found.faults]


def listing(repo: Repo) -> str:
    """Return the name of the folder's listing."""
    return repo.read(f"{FOLDER}.dvc").partition("md5: ")[2].split()[0]


def test_nothing_to_do(origin: Repo) -> None:
    before = everything(origin)
    assert [item.mended for item in repaired(origin, remote=True).values()] == [(), ()]
    assert everything(origin) == before
    assert not (origin.path / ".datakit" / ledger.FILE).exists()


class TestCache:
    def test_from_the_file_that_has_the_bytes(self, origin: Repo) -> None:
        shutil.rmtree(origin.path.parent / "storage")
        spoil(stored(origin, TWO), "2wo")
        (mended,) = repaired(origin, "photos")["photos"].mended
        assert (mended.fault.kind, mended.source) == ("cache", f"`{FOLDER}/m/2.png`")
        assert kept(origin) == {f"{TWO}.{md5('2wo')}": b"2wo"}
        assert mended.kept == f".datakit/quarantine/{TWO}.{md5('2wo')}"
        assert stored(origin, TWO).read_bytes() == b"two"
        assert stored(origin, TWO).stat().st_mode & 0o777 == 0o444
        assert (origin.path / mended.kept).stat().st_nlink == 1
        assert repaired(origin, "photos")["photos"].mended == ()

    def test_from_the_remote(self, origin: Repo) -> None:
        (origin.path / FOLDER / "m/2.png").write_text("edited")
        spoil(stored(origin, TWO), "2wo")
        stored(origin, THREE).unlink()
        (origin.path / FOLDER / "m/3.png").write_text("edited, too")
        found = repaired(origin, "photos")["photos"]
        assert {item.source for item in found.mended} == {"remote `storage`"}
        assert (stored(origin, TWO).read_bytes(), stored(origin, THREE).read_bytes()) == (b"two", b"three")
        assert (origin.path / FOLDER / "m/2.png").read_text() == "edited"
        assert left(found) == [("data", "datakit pull photos --force, or record it with `datakit add photos`")] * 2

    def test_from_a_file_of_another_dataset(self, origin: Repo) -> None:
        """Of a file that was not looked at, what it hashed to is remembered; it is hashed on its way."""
        shutil.rmtree(origin.path.parent / "storage")
        origin.write({"data/raw/more/a.bin": "two", "data/raw/more/b.bin": "x"})
        datakit.add("data/raw/more", root=origin.path)
        for path in (origin.path / "data/raw/more").iterdir():
            rot(origin, "data/raw/more", path.name, path.read_text(), path.read_text())
        rot(origin, "data/raw/more", "a.bin", "two", "two")
        (origin.path / FOLDER / "m/2.png").write_text("edited")
        spoil(stored(origin, TWO), "2wo")
        assert [item.source for item in repaired(origin, "photos")["photos"].mended] == ["`data/raw/more/a.bin`"]
        assert stored(origin, TWO).read_bytes() == b"two"

    def test_a_memory_that_is_wrong_is_no_copy(self, origin: Repo) -> None:
        shutil.rmtree(origin.path.parent / "storage")
        rot(origin, TABLE, "birds.csv", "two", MORE_BIRDS)
        (origin.path / FOLDER / "m/2.png").write_text("edited")
        spoil(stored(origin, TWO), "2wo")
        (origin.path.parent / "storage").mkdir()
        found = repaired(origin, "photos")["photos"]
        assert (
            "cache",
            "`datakit push photos` in a clone that has the bytes, then datakit verify photos --repair",
        ) in left(found)
        assert stored(origin, TWO).read_bytes() == b"2wo"
        assert kept(origin) == {}

    @pytest.mark.parametrize("where", ["here", "there"])
    def test_a_listing(self, origin: Repo, where: str) -> None:
        name = listing(origin)
        right = stored(origin, name).read_bytes()
        spoil(stored(origin, name), "[]")
        if where == "there":
            origin.write({f"{FOLDER}/new.png": "new"})
        else:
            shutil.rmtree(origin.path.parent / "storage")
        found = repaired(origin, "photos")["photos"]
        assert [item.source for item in found.mended] == ["the working tree" if where == "here" else "remote `storage`"]
        assert stored(origin, name).read_bytes() == right
        assert kept(origin) == {f"{name}.{md5('[]')}": b"[]"}
        assert found.objects == 4

    def test_a_version(self, origin: Repo) -> None:
        spoil(stored(origin, md5(BIRDS)), "spoilt")
        (found,) = datakit.verify("birds@v1.0.0", repair=True, root=origin.path)
        assert (found.intact, len(found.mended), found.checks > 0) == (True, 1, True)

    @pytest.mark.parametrize("near", [True, False])
    def test_a_membership(self, split_origin: Repo, near: bool) -> None:
        path = "catalog/birds/splits/default.parquet"
        if not near:
            (split_origin.path / path).unlink()
        name = split_origin.read("catalog/birds/splits/default.parquet.dvc").partition("md5: ")[2].split()[0]
        right = stored(split_origin, name).read_bytes()
        spoil(stored(split_origin, name), "spoilt")
        found = repaired(split_origin, "birds")["birds"]
        assert (found.faults, [item.source for item in found.mended]) == (
            (),
            [f"`{path}`" if near else "remote `storage`"],
        )
        assert stored(split_origin, name).read_bytes() == right

    def test_a_cache_that_is_lost(self, origin: Repo) -> None:
        shutil.rmtree(origin.path / ".dvc/cache")
        found = repaired(origin)
        assert [(item.faults, bool(item.mended)) for item in found.values()] == [((), True), ((), True)]
        assert all(item.intact for item in datakit.verify(cache=True, root=origin.path))

    def test_no_copy_anywhere(self, origin: Repo) -> None:
        shutil.rmtree(origin.path.parent / "storage")
        origin.dvc("remote", "remove", "storage")
        spoil(stored(origin, md5(MORE_BIRDS)), "spoilt")
        (origin.path / TABLE).unlink()
        found = repaired(origin, "birds")["birds"]
        again = "`datakit push birds` in a clone that has the bytes, then datakit verify birds --repair"
        assert left(found) == [("data", "datakit pull birds"), ("cache", again)]
        assert (stored(origin, md5(MORE_BIRDS)).read_text(), kept(origin)) == ("spoilt", {})


class TestWorkingTree:
    def test_what_is_missing_comes_back(self, origin: Repo) -> None:
        shutil.rmtree(origin.path.parent / "storage")
        (origin.path / TABLE).unlink()
        (origin.path / FOLDER / "m/3.png").unlink()
        found = repaired(origin)
        assert [(item.faults, item.mended[0].source) for item in found.values()] == [((), "the cache")] * 2
        assert (origin.read(TABLE), origin.read(f"{FOLDER}/m/3.png")) == (MORE_BIRDS, "three")
        assert origin.status() == []

    def test_a_whole_folder(self, clone: Repo) -> None:
        found = repaired(clone)
        assert [item.intact for item in found.values()] == [True, True]
        assert files(clone.path / FOLDER)["m/3.png"] == b"three"
        assert clone.status() == []

    def test_an_edit_stays(self, origin: Repo) -> None:
        origin.write({TABLE: "mine\n", f"{FOLDER}/new.png": "new", f"{FOLDER}/m/2.png": "mine"})
        found = repaired(origin)
        assert [item.mended for item in found.values()] == [(), ()]
        assert [command for item in found.values() for _, command in left(item)] == [
            "datakit pull birds --force, or record it with `datakit add birds`",
            *["datakit pull photos --force, or record it with `datakit add photos`"] * 2,
        ]
        assert (origin.read(TABLE), origin.read(f"{FOLDER}/m/2.png")) == ("mine\n", "mine")

    def test_what_a_disk_changed_is_replaced_and_kept(self, origin: Repo) -> None:
        rot(origin, FOLDER, "m/2.png", "two", "2wo")
        (found,) = datakit.verify("photos", root=origin.path)
        assert [fault.problem for fault in found.faults] == ["has other bytes than recorded, and nobody wrote to it"]
        found = repaired(origin, "photos")["photos"]
        assert (found.faults, found.mended[0].kept) == ((), f".datakit/quarantine/{TWO}.{md5('2wo')}")
        assert (origin.read(f"{FOLDER}/m/2.png"), kept(origin)) == ("two", {f"{TWO}.{md5('2wo')}": b"2wo"})

    def test_an_edit_with_the_old_time_stays(self, origin: Repo) -> None:
        """Size and time of change can be set by anybody; the time of the last change of the file itself cannot."""
        rot(origin, FOLDER, "m/2.png", "two", "2wo")
        place = origin.path / FOLDER / "m/2.png"
        with place.open("r+") as file:
            file.write("mne")
        os.utime(place, (1_700_000_000, 1_700_000_000))
        found = repaired(origin, "photos")["photos"]
        assert (found.mended, place.read_text()) == ((), "mne")

    def test_an_edit_through_a_link_to_the_object_stays(self, origin: Repo) -> None:
        place, target = origin.path / FOLDER / "m/2.png", stored(origin, TWO)
        place.unlink()
        place.symlink_to(target)
        spoil(target, "mine")
        found = repaired(origin, "photos")["photos"]
        assert (found.mended, place.read_text()) == ((), "mine")
        fault = next(fault for fault in found.faults if fault.kind == "cache")
        assert fault.problem.endswith(f"and `{FOLDER}/m/2.png` is a link to it, through which it may have been edited")
        assert fault.command == (
            f"datakit add photos to keep the edit, or rm {FOLDER}/m/2.png; then datakit verify photos --repair"
        )
        place.unlink()
        assert (repaired(origin, "photos")["photos"].faults, place.read_text()) == ((), "two")

    def test_an_object_that_its_disk_changed_under_a_link(self, origin: Repo) -> None:
        place, target = origin.path / FOLDER / "m/2.png", stored(origin, TWO)
        place.unlink()
        place.symlink_to(target)
        target.chmod(0o644)
        rot(origin, FOLDER, "m/2.png", "two", "2wo")
        found = repaired(origin, "photos")["photos"]
        assert (found.faults, place.read_text(), place.is_symlink()) == ((), "two", True)
        assert sorted(item.fault.kind for item in found.mended) == ["cache", "data"]

    def test_a_file_in_the_place_of_a_folder(self, origin: Repo) -> None:
        shutil.rmtree(origin.path / FOLDER / "m")
        origin.write({f"{FOLDER}/m": "mine"})
        found = repaired(origin, "photos")["photos"]
        assert (found.mended, origin.read(f"{FOLDER}/m")) == ((), "mine")


class TestRemote:
    def test_missing_and_wrong(self, origin: Repo) -> None:
        spoil(sent(origin, TWO), "2wo")
        sent(origin, THREE).unlink()
        found = repaired(origin, "photos", remote=True)["photos"]
        assert (found.faults, found.remote) == ((), 4)
        assert {(item.fault.kind, item.source, item.kept) for item in found.mended} == {
            ("remote", "the cache", f".datakit/quarantine/{TWO}.{md5('2wo')}"),
            ("remote", "the cache", ""),
        }
        assert (sent(origin, TWO).read_bytes(), sent(origin, THREE).read_bytes()) == (b"two", b"three")
        assert kept(origin) == {f"{TWO}.{md5('2wo')}": b"2wo"}

    def test_only_a_good_copy_is_sent(self, origin: Repo) -> None:
        for place in (sent(origin, TWO), stored(origin, TWO), origin.path / FOLDER / "m/2.png"):
            spoil(place, "2wo")
        found = repaired(origin, "photos", remote=True)["photos"]
        again = "`datakit push photos` in a clone that has the bytes, then datakit verify photos --repair"
        assert [command for kind, command in left(found) if kind == "remote"] == [again]
        assert sent(origin, TWO).read_bytes() == b"2wo"

    def test_without_asking_for_it_the_remote_stays(self, origin: Repo) -> None:
        spoil(sent(origin, TWO), "2wo")
        assert repaired(origin, "photos")["photos"].mended == ()
        assert sent(origin, TWO).read_bytes() == b"2wo"


def test_a_second_run_reads_only_what_is_left(origin: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an interrupted run had hashed is known; what it found wrong is hashed again."""
    spoil(sent(origin, TWO), "2wo")

    def stop(*_: object, **__: object) -> None:
        raise EnvironmentProblem("the disk is full")

    state = origin.path / ".datakit" / ledger.FILE
    with monkeypatch.context() as patch:
        patch.setattr("datakit.steps.mending.remote", stop)
        with pytest.raises(EnvironmentProblem):
            repaired(origin, remote=True)
    names = {line.split()[1] for line in state.read_text().splitlines() if line}
    assert TWO in names
    assert {line.split()[0] for line in state.read_text().splitlines() if TWO in line} == {"cache"}
    assert repaired(origin, remote=True)["photos"].mended[0].fault.kind == "remote"
    assert not state.exists()


def test_a_private_folder_that_is_a_link(origin: Repo, tmp_path: Path) -> None:
    shutil.move(origin.path / ".datakit", tmp_path / "elsewhere")
    (origin.path / ".datakit").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EnvironmentProblem, match="is a symbolic link"):
        repaired(origin)

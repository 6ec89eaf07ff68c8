"""Getting bytes to the disk: leftovers of dead writers go, those of living ones stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.store import disk, files
from tests.support import faults


def temporaries(folder: Path) -> list[str]:
    """List what killed writers left."""
    return [path.name for path in folder.rglob(disk.PREFIX + "*")]


class TestSweep:
    def test_removes_what_a_killed_writer_left(self, tmp_path: Path) -> None:
        faults.run(lambda: files.write_atomic(tmp_path / "a", b"x" * 100), faults.Fault(2, "half"))
        assert len(temporaries(tmp_path)) == 1
        assert disk.sweep(tmp_path) == 1
        assert temporaries(tmp_path) == []

    def test_leaves_a_living_writer_alone(self, tmp_path: Path) -> None:
        with disk.temporary(tmp_path) as (_, temp):
            code = f"from pathlib import Path; from datakit.store import disk, files; print(disk.sweep(Path({str(tmp_path)!r})))"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
            assert done.stdout == "0\n"
            assert os.path.exists(temp)
            os.unlink(temp)

    def test_leaves_other_names_alone(self, tmp_path: Path) -> None:
        (tmp_path / "datakit-a").touch()
        (tmp_path / "folder").mkdir()
        mine = [".datakit-notes", ".datakit-0123-0", ".datakit-0123456789abc-0.bak", ".datakit-0123456789ABC-0"]
        for name in mine:
            (tmp_path / name).touch()
        (tmp_path / ".datakit-link").symlink_to("datakit-a")
        disk.temporary_name(tmp_path).symlink_to("datakit-a")
        assert disk.sweep(tmp_path) == 1
        assert set(os.listdir(tmp_path)) == {"datakit-a", "folder", ".datakit-link", *mine}

    def test_a_folder_goes_when_its_writer_is_gone(self, tmp_path: Path) -> None:
        def killed() -> None:
            with disk.temporary_folder(tmp_path) as temp:
                os.mkdir(temp / "inner")
                os.mkdir(temp / "never")

        assert faults.run(killed, faults.Fault(3, "before")).code == faults.KILLED
        with disk.temporary_folder(tmp_path) as held:
            assert len(temporaries(tmp_path)) == 2
            assert disk.sweep(tmp_path) == 1
            assert temporaries(tmp_path) == [held.name]
            held.rename(tmp_path / "done")
        with pytest.raises(KeyError), disk.temporary_folder(tmp_path):
            raise KeyError
        assert os.listdir(tmp_path) == ["done"]

    def test_missing_folder_is_clean(self, tmp_path: Path) -> None:
        assert disk.sweep(tmp_path / "no") == 0


class TestSyncFilesystem:
    def test_works_here(self, tmp_path: Path) -> None:
        disk.sync_filesystem(tmp_path)

    def test_missing_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            disk.sync_filesystem(tmp_path / "no")

    def test_error_of_the_disk_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from datakit.store.cache import Cache

        def broken(folder: Path) -> None:
            raise OSError(5, "Input/output error")

        (tmp_path / "a").write_bytes(b"x")
        cache = Cache(tmp_path / "cache")
        cache.put(tmp_path / "a")
        monkeypatch.setattr(disk, "sync_filesystem", broken)
        with pytest.raises(EnvironmentProblem, match=r"^cannot bring to the disk `.*/md5`: the disk reports an error$"):
            cache.sync()


def test_what_a_sweep_would_remove_is_listed_and_stays(tmp_path: Path) -> None:
    left, folder, link = (f".datakit-0123456789abc-{number}" for number in range(3))
    (tmp_path / left).write_text("x")
    (tmp_path / folder).mkdir()
    (tmp_path / link).symlink_to("gone")
    (tmp_path / "other").write_text("x")
    with disk.temporary(tmp_path) as (_, temp):
        found = disk.abandoned(tmp_path)
        Path(temp).unlink()
    assert [path.name for path in found] == [left, folder, link]
    assert disk.sweep(tmp_path) == 3
    assert disk.abandoned(tmp_path) == disk.abandoned(tmp_path / "gone") == []

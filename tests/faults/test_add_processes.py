"""`add` of so many files that processes store them: one that fails or dies, a disk that is full; nothing is lost or left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem
from datakit.formats import listing
from datakit.store import pool, worker
from tests.support.datasets import CARD, md5
from tests.support.repo import Repo

FOLDER = "data/raw/many"
COUNT = 40  # files, of which processes take all once `pool.ENOUGH` is lowered
# The real program of a process, in which one call of the system goes wrong.
FAULTY = """
import errno, os, runpy
count, real = 0, os.{step}
def faulty(*args, **kwargs):
    global count
    if {step!r} == "open" and not args[1] & os.O_CREAT:
        return real(*args, **kwargs)
    count += 1
    if count == {at}:
        {fault}
    return real(*args, **kwargs)
os.{step} = faulty
runpy.run_path({program!r}, run_name="__main__")
"""
FAULTS = [*(f"raise OSError(errno.{name}, 'refused')" for name in ("ENOSPC", "EIO", "EACCES")), "os._exit(137)"]


@pytest.fixture
def many(project: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A folder whose files go to processes."""
    monkeypatch.setattr(pool, "ENOUGH", 10)
    project.write({f"{FOLDER}/{number:02}.bin": f"file {number}" for number in range(COUNT)})
    return project


def add(repo: Repo) -> None:
    """Record the folder."""
    datakit.add(FOLDER, fields=CARD, root=repo.path)


def whole(repo: Repo) -> None:
    """Hold the cache against the folder: every object, nothing else, nothing unfinished."""
    objects = repo.path / ".dvc/cache/files/md5"
    found = {path.parent.name + path.name: path for path in objects.glob("??/*")}
    names = {md5(f"file {number}") for number in range(COUNT)}
    (top,) = set(found) - names
    assert {entry.md5 for entry in listing.load(found[top].read_bytes(), top)} == names <= set(found)
    assert all(md5(path.read_bytes()) == name[:32] for name, path in found.items())
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in found.values())
    assert [path.name for path in repo.path.rglob(".datakit-*")] == []


@pytest.mark.parametrize("fault", FAULTS, ids=["ENOSPC", "EIO", "EACCES", "killed"])
@pytest.mark.parametrize("step", ["open", "write", "rename"])
def test_a_process_that_fails(
    many: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: str
) -> None:
    """What it leaves is done by its parent."""
    program = tmp_path / "faulty.py"
    program.write_text(FAULTY.format(step=step, at=3, fault=fault, program=worker.__file__))
    monkeypatch.setattr(worker, "__file__", str(program))
    add(many)
    whole(many)
    assert datakit.verify("many", cache=True, root=many.path)[0].faults == ()


@pytest.fixture
def small(many: Repo, tmp_path: Path) -> Iterator[Path]:
    """A disk of a quarter of a megabyte, in the place of the cache."""
    place = many.path / ".dvc/cache"
    place.mkdir(exist_ok=True)
    command = ("mount", "-t", "tmpfs", "-o", "size=256k", "datakit-test", str(place))
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount a file system can make one that is really full")
    yield place
    subprocess.run(("umount", str(place)), check=True)


def test_a_disk_that_is_really_full(many: Repo, small: Path) -> None:
    filler = small / "filler"
    for left in (0, 20):  # pages of 4 KiB: no object, or some of them
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        os.truncate(filler, max(filler.stat().st_size // 4096 - left, 0) * 4096)
        with pytest.raises(EnvironmentProblem, match=r"`.*\.dvc/cache/.*`: no space is left on the device") as caught:
            add(many)
        assert caught.value.exit_code == 3
        assert [path.name for path in many.path.rglob(".datakit-*")] == []
        assert many.read(f"{FOLDER}/00.bin") == "file 0"
        filler.unlink()
    subprocess.run(("mount", "-o", "remount,size=8m", str(small)), check=True)
    add(many)
    whole(many)

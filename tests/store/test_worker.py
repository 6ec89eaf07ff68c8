"""The process that works for another one: it does what is plainly good, and leaves everything else as it was."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from datakit.store import worker
from datakit.store.hashing import Stamp
from datakit.store.worker import FOUND, LEFT, ROW, STAMP, WRITTEN, Worker

DATA = b"a photo"
ANY = bytes(STAMP.size)


def md5(data: bytes) -> str:
    """Name an object."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source with one file, and the folder of a cache with its folders."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source").mkdir()
    (tmp_path / "source/a").write_bytes(DATA)
    (tmp_path / "objects/temp").mkdir(parents=True)
    for number in range(256):
        (tmp_path / f"objects/{number:02x}").mkdir()
    return tmp_path


def run(
    place: Path, kind: str, *tasks: tuple[str, str, str, bytes], mode: str = "0"
) -> list[tuple[int, int, str, str]]:
    """Let a worker do one batch in this process."""
    made = Worker(kind, str(place / "source"), str(place / "objects"), "temp", mode)
    text = "\0".join(part for task in tasks for part in task[:3])
    answer = made.batch(len(tasks), b"".join(task[3] for task in tasks) + text.encode("utf-8", "surrogateescape"))
    return [(done, size, md5.hex(), sha256.hex()) for done, size, md5, sha256 in ROW.iter_unpack(answer)]


def left(row: tuple[int, int, str, str]) -> bool:
    """Tell whether a file was left to the parent."""
    return row[0] == LEFT


def objects(place: Path) -> dict[str, bytes]:
    """List all files of the cache."""
    top = place / "objects"
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def target(data: bytes) -> str:
    """Name an object's file."""
    return f"{md5(data)[:2]}/{md5(data)[2:]}"


def test_hash(place: Path) -> None:
    row = (FOUND, len(DATA), md5(DATA), hashlib.sha256(DATA).hexdigest())
    stamp = STAMP.pack(*Stamp.of((place / "source/a").stat()))
    assert run(place, "hash", ("a", "", "", ANY), ("a", "", md5(DATA), stamp)) == [row, row]
    assert objects(place) == {}


class TestStore:
    def test_new_object(self, place: Path) -> None:
        ((done, size, *_),) = run(place, "store", ("a", "", "", ANY))
        assert (done, size) == (WRITTEN, len(DATA))
        assert objects(place) == {target(DATA): DATA}
        assert (place / "objects" / target(DATA)).stat().st_mode & 0o777 == 0o666 & ~_umask()

    def test_mode(self, place: Path) -> None:
        run(place, "store", ("a", "", "", ANY), mode="444")
        assert (place / "objects" / target(DATA)).stat().st_mode & 0o777 == 0o444

    def test_object_that_is_there(self, place: Path) -> None:
        there = place / "objects" / target(DATA)
        there.write_bytes(DATA)
        there.chmod(0o444)
        before = Stamp.of(there.stat())
        assert run(place, "store", ("a", "", "", ANY))[0][0] == FOUND
        assert Stamp.of(there.stat()) == before

    def test_object_that_no_sync_has_reached(self, place: Path) -> None:
        there = place / "objects" / target(DATA)
        there.write_bytes(DATA)
        before = Stamp.of(there.stat())
        assert run(place, "store", ("a", "", "", ANY))[0][0] == WRITTEN, (
            "it is not read-only, so the parent must sync it"
        )
        assert Stamp.of(there.stat()) == before

    @pytest.mark.parametrize("wrong", [b"A photo", b"", b"a photo and more"])
    def test_torn_object_is_left(self, place: Path, wrong: bytes) -> None:
        (place / "objects" / target(DATA)).write_bytes(wrong)
        assert left(run(place, "store", ("a", "", "", ANY))[0])
        assert objects(place) == {target(DATA): wrong}

    def test_same_bytes_twice(self, place: Path) -> None:
        (place / "source/b").write_bytes(DATA)
        assert [row[0] for row in run(place, "store", ("a", "", "", ANY), ("b", "", "", ANY))] == [WRITTEN, WRITTEN]
        assert objects(place) == {target(DATA): DATA}

    def test_folder_that_is_missing(self, place: Path) -> None:
        (place / "objects" / target(DATA)[:2]).rmdir()
        assert left(run(place, "store", ("a", "", "", ANY))[0])
        assert objects(place) == {}

    def test_other_bytes_than_named(self, place: Path) -> None:
        assert left(run(place, "store", ("a", "", "0" * 32, ANY))[0])
        assert objects(place) == {}

    @pytest.mark.parametrize("call", ["write", "fchmod", "rename"])
    def test_refused_by_the_disk(self, place: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise OSError(28, "no space")

        monkeypatch.setattr(os, call, refuse)
        assert left(run(place, "store", ("a", "", "", ANY), mode="444")[0])
        assert objects(place) == {}

    def test_lost_bytes(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write = os.write
        monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:-1]) + 1)
        assert left(run(place, "store", ("a", "", "", ANY))[0])
        assert objects(place) == {}


class TestPlace:
    def test_new_file(self, place: Path) -> None:
        assert run(place, "place", ("a", "00/x", md5(DATA), ANY))[0][0] == WRITTEN
        assert objects(place) == {"00/x": DATA}

    def test_nothing_is_replaced_or_followed(self, place: Path) -> None:
        (place / "objects/there").write_bytes(b"mine")
        (place / "objects/link").symlink_to(place / "outside")
        assert all(map(left, run(place, "place", ("a", "there", "", ANY), ("a", "link", "", ANY))))
        assert objects(place) == {"there": b"mine"}
        assert not (place / "outside").exists()


class TestSource:
    def test_what_is_no_regular_file(self, place: Path) -> None:
        os.mkfifo(place / "source/fifo")
        (place / "source/folder").mkdir()
        (place / "source/dangling").symlink_to("nowhere")
        tasks = [(name, "", "", ANY) for name in ("fifo", "folder", "dangling", "missing", "")]
        assert all(map(left, run(place, "store", *tasks)))

    def test_what_is_not_what_it_was(self, place: Path) -> None:
        stamp = Stamp.of((place / "source/a").stat())
        for field in Stamp._fields:
            moved = stamp._replace(**{field: getattr(stamp, field) + 1})
            assert left(run(place, "store", ("a", "", "", STAMP.pack(*moved)))[0]), field

    def test_what_is_too_large(self, place: Path) -> None:
        with open(place / "source/large", "wb") as file:
            file.truncate(worker.LARGEST + 1)
        assert left(run(place, "hash", ("large", "", "", ANY))[0])

    @pytest.mark.parametrize("change", ["grow", "shrink", "rewrite", "replace", "remove"])
    def test_what_changes_meanwhile(self, place: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
        read, path = os.read, place / "source/a"
        os.utime(path, ns=(1, 1))

        def meddle(fd: int, count: int) -> bytes:
            data = read(fd, count)
            if change == "grow":
                path.write_bytes(DATA + b"x")
            elif change == "shrink":
                os.truncate(path, 3)
            elif change == "rewrite":
                path.write_bytes(b"A photo")
            elif change == "replace":
                (place / "other").write_bytes(DATA)
                os.replace(place / "other", path)
            else:
                path.unlink()
            return data

        monkeypatch.setattr(os, "read", meddle)
        assert left(run(place, "store", ("a", "", "", ANY))[0])
        assert objects(place) == {}

    def test_names_of_any_bytes(self, place: Path) -> None:
        name = os.fsdecode(b"\xff \n")
        (place / "source" / name).write_bytes(DATA)
        assert run(place, "hash", (name, "", "", ANY))[0][0] == FOUND


class TestProcess:
    def test_it_is_started_without_site_and_works_until_its_input_ends(self, place: Path) -> None:
        request = worker.HEAD.pack(1, 3) + ANY + b"a\0\0"
        done = subprocess.run(
            [sys.executable, "-I", "-S", worker.__file__, "hash", place / "source", place / "objects", "", "0"],
            input=request * 2,
            capture_output=True,
            check=True,
        )
        row = ROW.pack(FOUND, len(DATA), bytes.fromhex(md5(DATA)), hashlib.sha256(DATA).digest())
        assert (done.stdout, done.stderr) == (row * 2, b"")

    def test_it_loads_the_standard_library_only(self, tmp_path: Path) -> None:
        text = "import sys, runpy; sys.argv[1:] = ['hash', '.', '.', '', '0']; "
        text += f"runpy.run_path({worker.__file__!r}, run_name='__main__'); "
        text += "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", text], input=b"", capture_output=True, check=True, cwd=tmp_path
        )
        assert done.stdout.split() == [b"__main__"]


def _umask() -> int:
    """Return the mask of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

"""Hashing: right for every size, one read, and never the hash of a file that moved."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import EnvironmentProblem, InvalidData
from datakit.store import hashing
from datakit.store.hashing import Digest, Stamp


def expected(data: bytes) -> Digest:
    """Hash with nothing but hashlib."""
    return Digest(hashlib.md5(data, usedforsecurity=False).hexdigest(), hashlib.sha256(data).hexdigest(), len(data))


class Bytes:
    """A progress that adds up."""

    def __init__(self) -> None:
        self.seen = 0

    def start(self, description: str, total: int | None) -> None:
        """Nobody starts it here."""

    def advance(self, amount: int) -> None:
        """Add up."""
        self.seen += amount


class TestHashFile:
    @pytest.mark.parametrize(
        "size",
        [
            0,
            1,
            hashing.CHUNK,
            hashing.SMALL - 1,
            hashing.SMALL,
            hashing.SMALL + 1,
            3 * hashing.CHUNK,
            3 * hashing.CHUNK + 7,
        ],
    )
    def test_every_size(self, tmp_path: Path, size: int) -> None:
        data = os.urandom(size)
        (tmp_path / "a").write_bytes(data)
        progress = Bytes()
        assert hashing.hash_file(tmp_path / "a", progress=progress) == expected(data)
        assert progress.seen == size

    def test_link_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"x")
        (tmp_path / "b").symlink_to("a")
        assert hashing.hash_file(tmp_path / "b") == expected(b"x")

    def test_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(EnvironmentProblem, match=r"^cannot read `.*/a`: it does not exist"):
            hashing.hash_file(tmp_path / "a")

    def test_folder_fifo_and_socket_are_no_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "folder").mkdir()
        os.mkfifo(tmp_path / "fifo")
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")
            for name in ("folder", "fifo", "socket"):
                with pytest.raises(InvalidData, match=rf"/{name}` is not a regular file$"):
                    hashing.hash_file(tmp_path / name)

    def test_other_stamp_than_expected(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"one")
        stamp = Stamp.of(path.stat())
        assert hashing.hash_file(path, stamp=stamp) == expected(b"one")
        with pytest.raises(InvalidData, match=r"^`.*/a` changed while being read$"):
            hashing.hash_file(path, stamp=stamp._replace(mtime_ns=stamp.mtime_ns + 1))


class TestMovingTarget:
    @pytest.mark.parametrize("size", [10, hashing.SMALL + 10])
    @pytest.mark.parametrize("change", ["grow", "shrink", "rewrite", "replace", "remove", "swap folder"])
    def test_is_refused(self, tmp_path: Path, size: int, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "folder").mkdir()
        path = tmp_path / "folder" / "a"
        path.write_bytes(b"x" * size)
        os.utime(path, ns=(1, 1))
        done = threading.Event()

        def meddling(read: Callable[[int, Any], Any]) -> Callable[[int, Any], Any]:
            def meddle(fd: int, wanted: Any) -> Any:
                data = read(fd, wanted)
                if not done.is_set():
                    done.set()
                    self.change(path, change, size)
                return data

            return meddle

        monkeypatch.setattr(os, "read", meddling(os.read))
        monkeypatch.setattr(os, "readv", meddling(os.readv))
        with pytest.raises(InvalidData, match=r"^`.*/a` changed while being read$") as caught:
            hashing.hash_file(path)
        assert caught.value.hint == "wait until nothing writes to it, then run the command again"

    @staticmethod
    def change(path: Path, change: str, size: int) -> None:
        """Do to a file what must not be done while it is hashed."""
        if change == "grow":
            with path.open("ab") as file:
                file.write(b"y")
        elif change == "shrink":
            os.truncate(path, size - 1)
        elif change == "rewrite":
            path.write_bytes(b"y" * size)
        elif change == "replace":
            (path.parent / "b").write_bytes(b"y" * size)
            os.replace(path.parent / "b", path)
        elif change == "swap folder":  # the file itself is not touched
            path.parent.rename(path.parent.parent / "away")
            path.parent.mkdir()
            path.write_bytes(b"x" * size)
            os.utime(path, ns=(1, 1))
        else:
            path.unlink()


class TestSpread:
    def test_keeps_the_order(self) -> None:
        items = [(number, hashing.HANDED_OVER * (number % 3)) for number in range(50)]
        assert list(hashing.spread(lambda number: number * 2, items)) == [number * 2 for number in range(50)]

    def test_big_ones_go_to_threads_and_small_ones_stay(self) -> None:
        here = threading.get_ident()
        small, big = hashing.spread(lambda _: threading.get_ident() == here, [("s", 1), ("b", hashing.HANDED_OVER + 1)])
        assert (small, big) == (True, False)

    @pytest.mark.parametrize("size", [0, hashing.HANDED_OVER + 1])
    def test_first_failure_is_raised(self, tmp_path: Path, size: int) -> None:
        with pytest.raises(EnvironmentProblem, match="cannot read"):
            list(hashing.spread(hashing.hash_file, [(tmp_path / "no", size)] * 20))

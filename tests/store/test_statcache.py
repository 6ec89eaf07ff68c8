"""The stat cache: what it remembers is true, and losing it costs nothing but time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.store import hashing, statcache
from datakit.store.hashing import Digest, Stamp
from datakit.store.statcache import StatCache
from tests.support import faults

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND + 500
OLD = Stamp(5, NOW - 60 * SECOND, NOW - 60 * SECOND, 7)
DIGEST = Digest("1" * 32, "2" * 64, 5)

names = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20)
stamps = st.builds(Stamp, st.integers(0, 2**64 - 1), st.integers(-(2**62), NOW - SECOND * 9), st.integers(0, NOW - SECOND * 9), st.integers(0, 2**64 - 1))  # fmt: skip
digests = st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))


class TestRoundTrip:
    def test_known_file(self, tmp_path: Path) -> None:
        cache = StatCache.load(tmp_path)
        assert cache.get("a", OLD) is None
        cache.put("a", OLD, DIGEST)
        assert cache.get("a", OLD) == DIGEST
        assert cache.save(NOW) is True
        assert StatCache.load(tmp_path).get("a", OLD) == DIGEST

    @pytest.mark.parametrize("field", Stamp._fields)
    def test_any_change_of_the_stamp_counts(self, tmp_path: Path, field: str) -> None:
        cache = StatCache.load(tmp_path)
        cache.put("a", OLD, DIGEST)
        assert cache.get("a", OLD._replace(**{field: getattr(OLD, field) + 1})) is None

    @settings(max_examples=40, deadline=None)
    @given(st.dictionaries(names, st.tuples(stamps, digests), max_size=8))
    def test_anything_comes_back(
        self, tmp_path_factory: pytest.TempPathFactory, known: dict[str, tuple[Stamp, tuple[bytes, bytes]]]
    ) -> None:
        folder = tmp_path_factory.mktemp("state")
        cache = StatCache.load(folder)
        for name, (stamp, (md5, sha256)) in known.items():
            cache.put(name, stamp, Digest(md5.hex(), sha256.hex(), stamp.size))
        cache.save(NOW)
        again = StatCache.load(folder)
        assert len(again) == len(known)
        for name, (stamp, (md5, sha256)) in known.items():
            assert again.get(name, stamp) == Digest(md5.hex(), sha256.hex(), stamp.size)

    def test_others_stay_and_the_newest_counts(self, tmp_path: Path) -> None:
        cache = StatCache.load(tmp_path)
        cache.put("a", OLD, DIGEST)
        cache.put("b", OLD, DIGEST)
        cache.save(NOW)
        cache = StatCache.load(tmp_path)
        newer, other = OLD._replace(inode=8), Digest("3" * 32, "4" * 64, 5)
        cache.put("b", newer, other)
        cache.save(NOW)
        again = StatCache.load(tmp_path)
        assert (again.get("a", OLD), again.get("b", OLD), again.get("b", newer)) == (DIGEST, None, other)

    def test_nothing_new_touches_nothing(self, tmp_path: Path) -> None:
        cache = StatCache.load(tmp_path)
        cache.put("a", OLD, DIGEST)
        cache.save(NOW)
        before = Stamp.of((tmp_path / "stat.db").stat())
        again = StatCache.load(tmp_path)
        again.put("a", OLD, DIGEST)
        assert again.save(NOW) is False
        assert Stamp.of((tmp_path / "stat.db").stat()) == before

    def test_folder_is_made_private(self, tmp_path: Path) -> None:
        cache = StatCache.load(tmp_path / ".datakit")
        cache.put("a", OLD, DIGEST)
        cache.save(NOW)
        assert (tmp_path / ".datakit/.gitignore").read_bytes() == b"*\n"


class TestRaces:
    @pytest.mark.parametrize(
        ("touched", "kept"),
        [
            (NOW + 1, False), (NOW, False), (NOW - 1, False), (NOW - 19_000_000, False), (NOW - 21_000_000, True),
            (NOW - 500 - SECOND, False), (NOW - 500 - 3 * SECOND, True), (NOW + 3600 * SECOND, False),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("field", ["mtime_ns", "ctime_ns"])
    def test_what_was_touched_lately_is_not_remembered(
        self, tmp_path: Path, field: str, touched: int, kept: bool
    ) -> None:
        stamp = OLD._replace(**{field: touched})
        cache = StatCache.load(tmp_path)
        cache.put("a", stamp, DIGEST)
        cache.save(NOW)
        assert (StatCache.load(tmp_path).get("a", stamp) == DIGEST) is kept

    def test_late_entry_does_not_leave_the_old_one(self, tmp_path: Path) -> None:
        cache = StatCache.load(tmp_path)
        cache.put("a", OLD, DIGEST)
        cache.save(NOW)
        cache = StatCache.load(tmp_path)
        cache.put("a", OLD._replace(mtime_ns=NOW), DIGEST)
        cache.save(NOW)
        assert len(StatCache.load(tmp_path)) == 0

    def test_rewrite_within_one_tick_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        for number in range(30):
            started = time.time_ns()
            path.write_bytes(b"one")
            stamp = Stamp.of(path.stat())
            cache = StatCache.load(tmp_path)
            cache.put("a", stamp, hashing.hash_file(path))
            path.write_bytes(b"two")
            cache.save(started)
            known = StatCache.load(tmp_path).get("a", Stamp.of(path.stat()))
            assert known is None, number


class TestBroken:
    def test_missing(self, tmp_path: Path) -> None:
        assert len(StatCache.load(tmp_path / "no")) == 0

    def test_cut_or_flipped_anywhere(self, tmp_path: Path) -> None:
        cache = StatCache.load(tmp_path)
        cache.put("a", OLD, DIGEST)
        cache.put("bü", OLD, DIGEST)
        cache.save(NOW)
        data = (tmp_path / "stat.db").read_bytes()
        for at in range(len(data)):
            for broken in (data[:at], data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]):
                (tmp_path / "stat.db").write_bytes(broken)
                assert len(StatCache.load(tmp_path)) == 0

    def test_other_version(self, tmp_path: Path) -> None:
        (tmp_path / "stat.db").write_bytes(b"dkstat\0\2" + bytes(100))
        assert len(StatCache.load(tmp_path)) == 0

    def test_folder_or_link_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "stat.db").mkdir()
        assert len(StatCache.load(tmp_path)) == 0
        (tmp_path / "stat.db").rmdir()
        (tmp_path / "stat.db").symlink_to("/etc/hostname")
        assert len(StatCache.load(tmp_path)) == 0

    def test_old_or_new_after_a_kill(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: None)

        def save(folder: Path) -> None:
            cache = StatCache.load(folder)
            cache.put("b", OLD, DIGEST)
            cache.save(NOW)

        (tmp_path / "count").mkdir()
        for number, fault in enumerate(faults.kills(lambda: save(tmp_path / "count"))):
            folder = tmp_path / str(number)
            cache = StatCache.load(folder)
            cache.put("a", OLD, DIGEST)
            folder.mkdir()
            cache.save(NOW)
            (folder / ".gitignore").unlink()
            assert faults.run(lambda folder=folder: save(folder), fault).code == faults.KILLED  # type: ignore[misc]
            assert StatCache.load(folder).get("a", OLD) == DIGEST


def test_head_is_as_documented() -> None:
    """The format's numbers are part of it: a change needs a new version."""
    assert (statcache._HEAD.size, statcache._ROW.size, statcache._MAGIC) == (20, 80, b"dkstat\0\1")

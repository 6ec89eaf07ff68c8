"""The stat cache: what it remembers is true, what is gone is forgotten, and losing it costs nothing but time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.store import hashing, rows, statcache
from datakit.store.hashing import Digest, Stamp
from datakit.store.rows import Files
from datakit.store.statcache import Memory
from datakit.store.worker import STAMP
from tests.support import faults

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND + 500
OLD = Stamp(5, NOW - 60 * SECOND, NOW - 60 * SECOND, 7)
DIGEST = Digest("1" * 32, "2" * 64, 5)

names = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=20)
stamps = st.builds(Stamp, st.integers(0, 2**64 - 1), st.integers(-(2**62), NOW - SECOND * 9), st.integers(0, NOW - SECOND * 9), st.integers(0, 2**64 - 1))  # fmt: skip
digests = st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))


def seen(**known: Stamp) -> Files:
    """Make files that were looked at."""
    return Files(list(known), b"".join(STAMP.pack(*stamp) for stamp in known.values()), bytes(len(known)))


def memory(files: Files, digest: Digest = DIGEST, path: str = "d") -> Memory:
    """Make what all of them hashed to."""
    return Memory(path, list(files.names), files.stamps, rows.pack(digest) * len(files), "5" * 32, "6" * 64)


def recalled(folder: Path, files: Files, path: str = "d") -> list[Digest | None]:
    """Load what is remembered and look files up."""
    found, unknown = statcache.load(folder, path).recall(files)
    digests = rows.Digests(bytes(found), files.sizes)
    return [None if number in unknown else digest for number, digest in enumerate(digests)]


def file(folder: Path) -> Path:
    """Return the one file of the cache."""
    (only,) = (folder / "stat").iterdir()
    return only


class TestRoundTrip:
    def test_known_files(self, tmp_path: Path) -> None:
        files = seen(a=OLD, b=OLD)
        assert recalled(tmp_path, files) == [None, None]
        statcache.save(tmp_path, memory(files), NOW)
        assert recalled(tmp_path, files) == [DIGEST, DIGEST]
        assert statcache.load(tmp_path, "d") == memory(files)
        assert statcache.load(tmp_path, "d").covers(files)

    def test_another_path_is_another_memory(self, tmp_path: Path) -> None:
        statcache.save(tmp_path, memory(seen(a=OLD)), NOW)
        assert recalled(tmp_path, seen(a=OLD), "e") == [None]

    @pytest.mark.parametrize("field", Stamp._fields)
    def test_any_change_of_the_stamp_counts(self, tmp_path: Path, field: str) -> None:
        statcache.save(tmp_path, memory(seen(a=OLD, b=OLD)), NOW)
        moved = OLD._replace(**{field: getattr(OLD, field) + 1})
        assert recalled(tmp_path, seen(a=moved, b=OLD))[0] is None
        assert recalled(tmp_path, seen(a=moved, b=OLD))[1] == DIGEST
        assert not statcache.load(tmp_path, "d").covers(seen(a=moved, b=OLD))

    def test_files_that_came_and_went(self, tmp_path: Path) -> None:
        statcache.save(tmp_path, memory(seen(a=OLD, b=OLD)), NOW)
        assert recalled(tmp_path, seen(b=OLD, c=OLD)) == [DIGEST, None]

    @settings(max_examples=40, deadline=None)
    @given(st.dictionaries(names, st.tuples(stamps, digests), max_size=8))
    def test_anything_comes_back(
        self, tmp_path_factory: pytest.TempPathFactory, known: dict[str, tuple[Stamp, tuple[bytes, bytes]]]
    ) -> None:
        folder = tmp_path_factory.mktemp("state")
        files = seen(**{name: stamp for name, (stamp, _) in known.items()})
        hashed = b"".join(md5 + sha256 for _, (md5, sha256) in known.values())
        statcache.save(folder, memory(files)._replace(digests=hashed), NOW)
        assert recalled(folder, files) == [
            Digest(md5.hex(), sha256.hex(), stamp.size) for stamp, (md5, sha256) in known.values()
        ]

    def test_folder_is_made_private(self, tmp_path: Path) -> None:
        statcache.save(tmp_path / ".datakit", memory(seen(a=OLD)), NOW)
        assert (tmp_path / ".datakit/.gitignore").read_bytes() == b"*\n"


class TestForgetting:
    def test_files_that_are_gone(self, tmp_path: Path) -> None:
        statcache.save(tmp_path, memory(seen(a=OLD, b=OLD)), NOW)
        statcache.save(tmp_path, memory(seen(b=OLD)), NOW)
        assert statcache.load(tmp_path, "d").names == ["b"]

    def test_paths_that_are_gone(self, tmp_path: Path) -> None:
        state = tmp_path / ".datakit"
        (tmp_path / "lasting").touch()
        for number in range(40):
            (tmp_path / "passing").touch()
            statcache.save(state, memory(seen(a=OLD), path="lasting" if number == 1 else f"gone{number}"), NOW)
        assert len(list((state / "stat").iterdir())) < 4
        assert statcache.load(state, "lasting").names == ["a"]


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
        files = seen(a=OLD._replace(**{field: touched}), b=OLD)
        statcache.save(tmp_path, memory(files), NOW)
        assert recalled(tmp_path, files) == [DIGEST if kept else None, DIGEST]
        assert bool(statcache.load(tmp_path, "d").md5) is kept, "the whole is known only where all of it is"

    def test_late_entry_does_not_leave_the_old_one(self, tmp_path: Path) -> None:
        statcache.save(tmp_path, memory(seen(a=OLD)), NOW)
        statcache.save(tmp_path, memory(seen(a=OLD._replace(mtime_ns=NOW))), NOW)
        assert statcache.load(tmp_path, "d").names == []

    def test_rewrite_within_one_tick_is_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        for number in range(30):
            started = time.time_ns()
            path.write_bytes(b"one")
            files = seen(a=Stamp.of(path.stat()))
            statcache.save(tmp_path, memory(files, hashing.hash_file(path)), started)
            path.write_bytes(b"two")
            assert recalled(tmp_path, seen(a=Stamp.of(path.stat()))) == [None], number


class TestBroken:
    def test_missing(self, tmp_path: Path) -> None:
        assert statcache.load(tmp_path / "no", "d") == Memory("d", [], b"", b"")

    def test_cut_or_flipped_anywhere(self, tmp_path: Path) -> None:
        files = seen(a=OLD, bü=OLD)
        statcache.save(tmp_path, memory(files), NOW)
        data = file(tmp_path).read_bytes()
        for at in range(len(data)):
            for broken in (data[:at], data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]):
                file(tmp_path).write_bytes(broken)
                assert recalled(tmp_path, files) == [None, None], at

    def test_other_version(self, tmp_path: Path) -> None:
        statcache.save(tmp_path, memory(seen(a=OLD)), NOW)
        file(tmp_path).write_bytes(b"dkstat\0\1" + bytes(100))
        assert recalled(tmp_path, seen(a=OLD)) == [None]

    def test_the_memory_of_another_path_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "d").touch()
        state = tmp_path / ".datakit"
        statcache.save(state, memory(seen(a=OLD)), NOW)
        one = file(state)
        statcache.save(state, memory(seen(a=OLD), path="e"), NOW)
        (other,) = set((state / "stat").iterdir()) - {one}
        one.replace(other)
        assert recalled(state, seen(a=OLD), "e") == [None]

    def test_folder_or_link_in_its_place(self, tmp_path: Path) -> None:
        statcache.save(tmp_path, memory(seen(a=OLD)), NOW)
        place = file(tmp_path)
        place.unlink()
        place.mkdir()
        assert recalled(tmp_path, seen(a=OLD)) == [None]
        place.rmdir()
        place.symlink_to("/etc/hostname")
        assert recalled(tmp_path, seen(a=OLD)) == [None]

    def test_old_or_new_after_a_kill(self, tmp_path: Path) -> None:
        def save(folder: Path) -> None:
            statcache.save(folder, memory(seen(a=OLD, b=OLD)), NOW)

        (tmp_path / "count").mkdir()
        for number, fault in enumerate(faults.kills(lambda: save(tmp_path / "count"))):
            folder = tmp_path / str(number)
            folder.mkdir()
            statcache.save(folder, memory(seen(a=OLD)), NOW)
            (folder / ".gitignore").unlink()
            assert faults.run(lambda folder=folder: save(folder), fault).code == faults.KILLED  # type: ignore[misc]
            assert recalled(folder, seen(a=OLD)) == [DIGEST]

    def test_a_full_disk_says_so_and_leaves_nothing(self, tmp_path: Path) -> None:
        def save(folder: Path) -> None:
            statcache.save(folder, memory(seen(a=OLD)), NOW)

        (tmp_path / "count").mkdir()
        for step, _ in enumerate(faults.steps(lambda: save(tmp_path / "count")), start=1):
            folder = tmp_path / str(step)
            folder.mkdir()
            done = faults.run(lambda folder=folder: save(folder), faults.Fault(step, 28))  # type: ignore[misc]
            assert done.code == 0 or done.text.startswith("EnvironmentProblem: cannot "), done.text
            assert not [name for name in os.listdir(folder) if name.startswith(".datakit-")]


def test_head_is_as_documented() -> None:
    """The format's numbers are part of it: a change needs a new version."""
    assert (statcache._HEAD.size, STAMP.size, rows.DIGEST.size, statcache._MAGIC) == (24, 32, 48, b"dkstat\0\2")


def test_a_broken_file_is_told_from_a_whole_one(tmp_path: Path) -> None:
    assert statcache.is_whole(tmp_path)
    statcache.save(tmp_path, memory(seen(a=OLD)), NOW)
    assert statcache.is_whole(tmp_path)
    place = file(tmp_path)
    whole = place.read_bytes()
    for data in (b"", whole[:-1], whole[:10], whole.replace(b"dkstat", b"dkstot")):
        place.write_bytes(data)
        assert not statcache.is_whole(tmp_path)
    place.unlink()
    place.mkdir()
    assert not statcache.is_whole(tmp_path)
    place.rmdir()
    place.parent.rmdir()
    place.parent.touch()
    assert not statcache.is_whole(tmp_path)

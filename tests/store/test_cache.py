"""The cache: complete objects only, read-only once durable, and the user's file never missing."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, IntegrityError, InvalidData, InvalidRecord
from datakit.formats import listing
from datakit.formats.listing import Entry
from datakit.store import disk, files, hashing
from datakit.store.cache import Cache
from datakit.store.hashing import Stamp
from tests.support import faults
from tests.support.unprivileged import enterable

DATA = b"some bytes\n" * 50
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
BIG = os.urandom(hashing.SMALL + 1000)


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty cache."""
    return Cache(tmp_path / "cache")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file in the workspace."""
    (tmp_path / "work").mkdir()
    path = tmp_path / "work" / "a"
    path.write_bytes(DATA)
    return path


class TestObjectPath:
    def test_is_where_dvc_has_it(self, cache: Cache) -> None:
        assert cache.object_path(MD5) == cache.path / "files" / "md5" / MD5[:2] / MD5[2:]
        assert cache.object_path(MD5 + ".dir").name == MD5[2:] + ".dir"

    @pytest.mark.parametrize(
        "name", ["", "../" * 11, MD5.upper(), MD5[:-1], MD5 + "x", MD5 + ".DIR", MD5 + "\n", "/etc/passwd"]
    )
    def test_hostile_name_is_refused(self, cache: Cache, name: str) -> None:
        with pytest.raises(InvalidRecord, match=r"^cache: `.*` is not the name of an object$"):
            cache.object_path(name)


class TestPut:
    @pytest.mark.parametrize("data", [b"", DATA, BIG], ids=["empty", "small", "big"])
    def test_stores_a_copy(self, cache: Cache, source: Path, data: bytes) -> None:
        source.write_bytes(data)
        before = source.stat()
        found = cache.put(source)
        assert found == hashing.hash_bytes(data)
        assert cache.object_path(found.md5).read_bytes() == data
        assert source.read_bytes() == data
        assert source.stat().st_ino == before.st_ino != cache.object_path(found.md5).stat().st_ino
        assert sorted(path.name for path in cache.objects.iterdir()) == [found.md5[:2]]

    def test_read_only_only_once_it_is_durable(
        self, cache: Cache, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache.put(source)
        assert mode(cache.object_path(MD5)) == 0o644
        seen: list[int] = []
        real = disk.sync_filesystem
        monkeypatch.setattr(
            disk, "sync_filesystem", lambda path: (seen.append(mode(cache.object_path(MD5))), real(path))
        )
        cache.sync()
        assert (seen, mode(cache.object_path(MD5))) == ([0o644], 0o444)
        cache.sync()
        assert len(seen) == 1

    def test_existing_object_is_not_rewritten(self, cache: Cache, source: Path) -> None:
        cache.put(source)
        cache.sync()
        before = cache.object_path(MD5).stat()
        assert Cache(cache.path).put(source).md5 == MD5
        after = cache.object_path(MD5).stat()
        assert (before.st_ino, before.st_mtime_ns, before.st_ctime_ns) == (
            after.st_ino,
            after.st_mtime_ns,
            after.st_ctime_ns,
        )

    @pytest.mark.parametrize("broken", [b"", DATA[:-1], DATA + b"x"])
    def test_object_of_wrong_size_is_replaced(self, cache: Cache, source: Path, broken: bytes) -> None:
        cache.put(source)
        cache.sync()
        path = cache.object_path(MD5)
        path.chmod(0o644)
        path.write_bytes(broken)
        path.chmod(0o444)
        Cache(cache.path).put(source)
        assert path.read_bytes() == DATA

    def test_writable_object_is_hashed_before_it_is_trusted(self, cache: Cache, source: Path) -> None:
        cache.put(source)
        cache.object_path(MD5).write_bytes(bytes(len(DATA)))  # what a crash leaves of unsynced bytes
        fresh = Cache(cache.path)
        assert not fresh.has(MD5, len(DATA))
        fresh.put(source)
        fresh.sync()
        assert cache.object_path(MD5).read_bytes() == DATA
        assert mode(cache.object_path(MD5)) == 0o444

    def test_right_writable_object_is_kept_and_made_read_only(self, cache: Cache, source: Path) -> None:
        cache.put(source)
        inode = cache.object_path(MD5).stat().st_ino
        fresh = Cache(cache.path)
        fresh.put(source)
        fresh.sync()
        assert (cache.object_path(MD5).stat().st_ino, mode(cache.object_path(MD5))) == (inode, 0o444)

    def test_changed_since_it_was_looked_at(self, cache: Cache, source: Path) -> None:
        stamp = Stamp.of(source.stat())
        source.write_bytes(DATA + b"more")
        with pytest.raises(InvalidData, match="changed while being read"):
            cache.put(source, stamp=stamp)
        assert not cache.path.exists()

    def test_changing_big_file_leaves_no_temporary_file(
        self, cache: Cache, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source.write_bytes(BIG)
        read = os.readv

        def meddle(fd: int, buffers: list[memoryview]) -> int:
            os.utime(source, ns=(1, 1))
            return read(fd, buffers)

        monkeypatch.setattr(os, "readv", meddle)
        with pytest.raises(InvalidData, match="changed while being read"):
            cache.put(source)
        assert not list(cache.path.rglob(disk.PREFIX + "*"))

    def test_shared_folders_belong_to_the_group(self, tmp_path: Path, source: Path) -> None:
        shared = Cache(tmp_path / "cache", shared=True)
        shared.put(source)
        shared.sync()
        folders = [shared.path, shared.path / "files", shared.objects, shared.objects / MD5[:2]]
        assert [mode(folder) for folder in folders] == [0o2775] * 4
        assert mode(shared.object_path(MD5)) == 0o444

    @pytest.mark.parametrize("data", [DATA, BIG], ids=["small", "big"])
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
    def test_refusal_at_any_step_leaves_nothing(self, tmp_path: Path, source: Path, data: bytes, code: int) -> None:
        source.write_bytes(data)
        for step in range(1, len(faults.steps(lambda: Cache(tmp_path / "count").put(source))) + 1):
            cache = Cache(tmp_path / str(step))
            done = faults.run(lambda cache=cache: cache.put(source), faults.Fault(step, code))  # type: ignore[misc]
            assert done.code == faults.FAILED, done
            assert done.text.startswith("EnvironmentProblem: cannot "), done.text
            assert str(source) not in done.text
            assert [path for path in cache.path.rglob("*") if path.is_file()] == []
            assert source.read_bytes() == data


class TestListing:
    ENTRIES = (Entry("a", "1" * 32), Entry("b/ü", "2" * 32))

    def test_round_trip(self, cache: Cache) -> None:
        name = cache.put_listing(self.ENTRIES[::-1])
        cache.sync()
        assert name.endswith(".dir")
        assert cache.read_listing(name) == self.ENTRIES

    def test_tampered_listing_is_refused(self, cache: Cache) -> None:
        name = cache.put_listing(self.ENTRIES)
        path = cache.object_path(name)
        path.write_bytes(path.read_bytes().replace(b'"a"', b'"c"'))
        with pytest.raises(
            IntegrityError, match=rf"^object `{name}` in the cache is corrupt: expected md5 {name[:32]}, found "
        ):
            cache.read_listing(name)

    def test_oversized_listing_is_refused_unread(self, cache: Cache) -> None:
        name = "0" * 32 + ".dir"
        cache.object_path(name).parent.mkdir(parents=True)
        with cache.object_path(name).open("wb") as file:
            file.truncate(listing.MAX_BYTES + 1)  # a hole: no byte of it is on the disk
        with pytest.raises(InvalidRecord, match=rf"^{re.escape(name)}: listing larger than 536,870,912 bytes$"):
            cache.read_listing(name)

    def test_missing_listing(self, cache: Cache) -> None:
        with pytest.raises(IntegrityError, match=r"^object `.*\.dir` is not in the cache$"):
            cache.read_listing("0" * 32 + ".dir")


class TestVerifyObject:
    def test_right_object(self, cache: Cache, source: Path) -> None:
        cache.put(source)
        assert cache.verify_object(MD5) == hashing.hash_bytes(DATA)

    def test_bit_rot_behind_a_read_only_mode(self, cache: Cache, source: Path) -> None:
        cache.put(source)
        cache.sync()
        path = cache.object_path(MD5)
        path.chmod(0o644)
        path.write_bytes(b"X" + DATA[1:])
        path.chmod(0o444)
        assert cache.has(MD5, len(DATA))
        with pytest.raises(
            IntegrityError, match=rf"^object `{MD5}` in the cache is corrupt: expected md5 {MD5}, found [0-9a-f]{{32}}$"
        ):
            cache.verify_object(MD5)

    def test_missing_object(self, cache: Cache) -> None:
        assert not cache.has(MD5)
        with pytest.raises(IntegrityError, match=rf"^object `{MD5}` is not in the cache$"):
            cache.verify_object(MD5)

    def test_link_is_no_object(self, cache: Cache, source: Path) -> None:
        cache.put(source)
        path = cache.object_path(MD5)
        path.unlink()
        path.symlink_to(source)
        assert not cache.has(MD5, len(DATA))


class TestLink:
    def linked(self, cache: Cache, source: Path, *types: str) -> bool:
        """Put a file and link it."""
        made = Cache(cache.path, types)
        stamp = Stamp.of(source.stat())
        md5 = made.put(source, stamp=stamp).md5
        return made.link(md5, source, stamp)

    @pytest.mark.parametrize("types", [("reflink", "copy"), ("copy",), ("copy", "symlink"), ("reflink", "hardlink")])
    def test_copies_stay(self, cache: Cache, source: Path, types: tuple[str, ...]) -> None:
        inode = source.stat().st_ino
        assert not self.linked(cache, source, *types)
        assert source.lstat().st_ino == inode

    def test_hardlink(self, cache: Cache, source: Path) -> None:
        assert self.linked(cache, source, "hardlink", "copy")
        assert source.samefile(cache.object_path(MD5))
        assert (source.read_bytes(), mode(source), source.is_symlink()) == (DATA, 0o444, False)
        assert self.linked(cache, source, "hardlink", "copy")

    def test_symlink(self, cache: Cache, source: Path) -> None:
        assert self.linked(cache, source, "symlink")
        assert source.readlink() == cache.object_path(MD5)
        assert self.linked(cache, source, "symlink")

    def test_edit_through_a_symlink_is_recorded_as_new(self, cache: Cache, source: Path) -> None:
        self.linked(cache, source, "symlink")
        old = cache.object_path(MD5)
        old.chmod(0o644)
        source.write_bytes(b"edited")
        assert self.linked(cache, source, "symlink")
        assert source.read_bytes() == b"edited"
        assert source.readlink() == cache.object_path(hashing.hash_bytes(b"edited").md5)

    def test_next_type_where_links_are_impossible(
        self, cache: Cache, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: object, **kwargs: object) -> None:
            raise OSError(errno.EXDEV, "no")

        monkeypatch.setattr(os, "link", refuse)
        assert not self.linked(cache, source, "hardlink", "copy")
        assert self.linked(cache, source, "hardlink", "symlink")

    def test_executable_and_empty_files_keep_their_own_copy(self, cache: Cache, source: Path) -> None:
        source.chmod(0o755)
        assert not self.linked(cache, source, "hardlink")
        source.chmod(0o644)
        source.write_bytes(b"")
        assert not self.linked(cache, source, "symlink")
        assert not source.is_symlink()

    @pytest.mark.parametrize("kind", ["hardlink", "symlink"])
    def test_file_that_changed_is_left_alone(self, cache: Cache, source: Path, kind: str) -> None:
        made = Cache(cache.path, [kind])
        stamp = Stamp.of(source.stat())
        made.put(source)
        source.write_bytes(DATA[::-1])
        with pytest.raises(InvalidData, match=r"^`.*/a` changed after it was hashed$"):
            made.link(MD5, source, stamp)
        assert (source.read_bytes(), source.is_symlink()) == (DATA[::-1], False)
        assert not list(source.parent.glob(disk.PREFIX + "*"))

    def test_missing_object(self, cache: Cache, source: Path) -> None:
        with pytest.raises(IntegrityError, match="is not in the cache"):
            Cache(cache.path, ["hardlink"]).link(MD5, source, Stamp.of(source.stat()))
        assert source.read_bytes() == DATA


class TestKills:
    @pytest.mark.parametrize(
        ("kind", "data"),
        [("hardlink", DATA), ("symlink", DATA), ("copy", BIG)],
        ids=["small hardlink", "small symlink", "big copy"],
    )
    def test_nothing_is_lost_and_a_rerun_finishes(
        self, tmp_path: Path, kind: str, data: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A kill loses nothing that was written, so waiting for the disk 200 times would show nothing more.
        monkeypatch.setattr(disk, "sync_filesystem", lambda _: None)
        monkeypatch.setattr(os, "fsync", lambda _: None)
        md5 = hashing.hash_bytes(data).md5

        def prepared(name: str) -> Callable[[], None]:
            work = tmp_path / name / "work"
            work.mkdir(parents=True)
            (work / "a").write_bytes(data)

            def add() -> None:
                cache = Cache(tmp_path / name / "cache", [kind])
                stamp = Stamp.of((work / "a").stat())
                assert cache.put(work / "a", stamp=stamp).md5 == md5
                name_of = cache.put_listing([Entry("a", md5)])
                cache.sync()
                cache.link(md5, work / "a", stamp)
                files.write_atomic(work.parent / "pointer", name_of.encode())

            return add

        for number, fault in enumerate(faults.kills(prepared("count"))):
            add, root = prepared(str(number)), tmp_path / str(number)
            assert faults.run(add, fault).code == faults.KILLED
            assert (root / "work" / "a").read_bytes() == data  # never missing, never half
            cache = Cache(root / "cache", [kind])
            for path in cache.objects.rglob("*"):
                if path.is_file() and disk.PREFIX not in path.name:
                    assert hashing.hash_file(path).md5 == (path.parent.name + path.name)[:32]
            if (root / "pointer").exists():  # what a pointer names is there and read-only
                listing = cache.read_listing((root / "pointer").read_text())
                assert all(mode(cache.object_path(entry.md5)) == 0o444 for entry in listing)
            add()
            cache.sweep()
            disk.sweep(root / "work")
            disk.sweep(root)
            assert not list(root.rglob(disk.PREFIX + "*"))
            assert (root / "work" / "a").read_bytes() == cache.object_path(md5).read_bytes() == data
            assert mode(cache.object_path(md5)) == 0o444


class TestPermissions:
    @pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")
    def test_cache_of_somebody_else(self, cache: Cache, source: Path, tmp_path: Path) -> None:
        enterable(tmp_path)
        done = faults.unprivileged(lambda: cache.put(source))
        assert done.text.strip() == f"EnvironmentProblem: cannot make the folder `{cache.path}`: permission denied"
        cache.objects.mkdir(parents=True)
        done = faults.unprivileged(lambda: cache.put(source))
        assert done.text.strip() == f"EnvironmentProblem: cannot write `{cache.object_path(MD5)}`: permission denied"

    def test_unwritable_cache_is_named(self, cache: Cache, source: Path) -> None:
        cache.path.write_bytes(b"in the way")
        with pytest.raises(
            EnvironmentProblem, match=r"^cannot make the folder `.*/cache/files`: a part of its path is a file"
        ):
            cache.put(source)

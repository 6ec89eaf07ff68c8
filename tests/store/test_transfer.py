"""Between cache and remote: nothing counts that was not proved, and nothing wrong is accepted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, IntegrityError
from datakit.formats.listing import Entry
from datakit.store import pool, transfer
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object
from tests.support.datasets import md5

FILES = {"a": b"first", "b/c": b"second", "b/d": b""}


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """A folder that does not exist yet."""
    return Remote("storage", str(tmp_path / "storage"), str(tmp_path / "storage/files/md5"), None, 4)


@pytest.fixture
def full(tmp_path: Path) -> Cache:
    """A cache with a folder."""
    made = Cache(tmp_path / "full")
    for number, data in enumerate(FILES.values()):
        source = tmp_path / f"source{number}"
        source.write_bytes(data)
        made.put(source)
    made.put_listing([Entry(path, md5(data)) for path, data in FILES.items()])
    made.sync()
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Cache:
    """A cache with nothing."""
    return Cache(tmp_path / "empty")


@pytest.fixture
def wanted(full: Cache) -> list[Object]:
    """The objects of the folder, its listing first."""
    name = full.put_listing([Entry(path, md5(data)) for path, data in FILES.items()])
    return [Object(name, "data (its listing)", 1000), *(Object(md5(d), p, 100, len(d)) for p, d in FILES.items())]


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def spoil(path: Path, data: bytes) -> None:
    """Replace the bytes of an object."""
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)


def test_there_and_back(remote: Remote, full: Cache, empty: Cache, wanted: list[Object], tmp_path: Path) -> None:
    assert transfer.missing(remote, wanted) == tuple(wanted)
    assert transfer.put(remote, full, wanted) == sum(len(data) for data in tree(full.path).values())
    assert tree(tmp_path / "storage") == tree(full.path)
    assert transfer.missing(remote, wanted) == ()
    transfer.get(remote, empty, wanted, tmp_path / "state")
    assert tree(empty.path) == tree(full.path)
    assert {path.stat().st_mode & 0o777 for path in empty.path.rglob("*") if path.is_file()} == {0o444}
    assert not (tmp_path / "state").exists()


def test_a_listing_proves_nothing_and_the_size_counts(remote: Remote, full: Cache, wanted: list[Object]) -> None:
    transfer.put(remote, full, wanted)
    Path(remote.path(md5(b"first"))).unlink()
    spoil(Path(remote.path(md5(b"second"))), b"sec")
    lacking = transfer.missing(remote, wanted)
    assert [item.path for item in lacking] == ["a", "b/c"]
    transfer.put(remote, full, lacking)
    assert transfer.missing(remote, wanted) == ()
    assert Path(remote.path(md5(b"second"))).read_bytes() == b"second"


def test_members_go_before_the_listing(remote: Remote, full: Cache, wanted: list[Object]) -> None:
    full.object_path(md5(b"second")).unlink()
    with pytest.raises(IntegrityError, match=f"object `{md5(b'second')}` is not in the cache"):
        transfer.put(remote, full, wanted)
    assert wanted[0] in transfer.missing(remote, wanted)


def test_what_is_corrupt_here_is_not_sent(remote: Remote, full: Cache, wanted: list[Object]) -> None:
    spoil(full.object_path(md5(b"second")), b"sekond")
    with pytest.raises(IntegrityError) as caught:
        transfer.put(remote, full, wanted)
    name = md5(b"second")
    assert caught.value.message == (
        f"object `{name}` in the cache is corrupt: expected md5 {name}, found {md5(b'sekond')}"
    )
    assert not Path(remote.path(name)).exists()


class TestWrong:
    @pytest.mark.parametrize("bad", [b"sekond", b"sec", b""], ids=["same size", "truncated", "empty"])
    def test_bytes_are_put_aside_and_the_rest_arrives(
        self, remote: Remote, full: Cache, empty: Cache, wanted: list[Object], tmp_path: Path, bad: bytes
    ) -> None:
        transfer.put(remote, full, wanted)
        name = md5(b"second")
        spoil(Path(remote.path(name)), bad)
        with pytest.raises(IntegrityError) as caught:
            transfer.get(remote, empty, wanted, tmp_path / "state")
        kept = tmp_path / "state/quarantine" / f"{name}.{md5(bad)}"
        assert caught.value.message == (
            f"remote `storage`: b/c: object {name}: expected md5 {name}, found {md5(bad)} of {len(bad)} bytes, "
            f"kept as `{kept}`"
        )
        assert (
            caught.value.hint
            == f"remove the wrong object from the remote, `{remote.path(name)}`, then `datakit push` in a clone that has "
            "the bytes"
        )
        assert kept.read_bytes() == bad
        assert not empty.has(name)
        assert empty.has(wanted[0].name)
        assert empty.has(md5(b"first"))
        assert not [each for each in os.listdir(empty.objects) if each.startswith(".")]

    def test_a_listing_is_held_against_its_name(
        self, remote: Remote, full: Cache, empty: Cache, wanted: list[Object], tmp_path: Path
    ) -> None:
        transfer.put(remote, full, wanted)
        spoil(Path(remote.path(wanted[0].name)), b'[{"md5": "' + b"0" * 32 + b'", "relpath": "../../x"}]')
        with pytest.raises(IntegrityError, match=r"data \(its listing\): object .*\.dir: expected md5"):
            transfer.get(remote, empty, wanted[:1], tmp_path / "state")
        assert not empty.has(wanted[0].name)

    def test_more_bytes_than_there_can_be_are_not_read(
        self, remote: Remote, full: Cache, empty: Cache, wanted: list[Object], tmp_path: Path
    ) -> None:
        transfer.put(remote, full, wanted)
        spoil(Path(remote.path(md5(b"first"))), b"x" * 101)
        with pytest.raises(IntegrityError, match="expected at most 100 bytes, found more"):
            transfer.get(remote, empty, wanted, tmp_path / "state")
        assert not (tmp_path / "state").exists()


class TestMissing:
    def test_one_object(self, remote: Remote, full: Cache, empty: Cache, wanted: list[Object], tmp_path: Path) -> None:
        transfer.put(remote, full, wanted)
        Path(remote.path(md5(b"first"))).unlink()
        with pytest.raises(IntegrityError) as caught:
            transfer.get(remote, empty, wanted, tmp_path / "state")
        assert caught.value.message == f"remote `storage`: a: object {md5(b'first')}: it is not there"
        assert caught.value.hint == "`datakit push` in a clone that has the bytes"

    def test_several(self, remote: Remote, full: Cache, empty: Cache, wanted: list[Object], tmp_path: Path) -> None:
        transfer.put(remote, full, wanted[:1])
        with pytest.raises(IntegrityError) as caught:
            transfer.get(remote, empty, wanted, tmp_path / "state")
        assert caught.value.message == ("remote `storage`: 3 objects are missing or are not what their names say")
        assert [line.partition(":")[0] for line in caught.value.details] == ["a", "b/c", "b/d"]

    def test_the_whole_place(self, remote: Remote, empty: Cache, wanted: list[Object], tmp_path: Path) -> None:
        with pytest.raises(EnvironmentProblem, match="the folder of remote `storage` does not exist"):
            transfer.get(remote, empty, wanted, tmp_path / "state")


def test_many_objects_go_to_a_folder_and_come_back_by_processes(tmp_path: Path, remote: Remote) -> None:
    """As few ones do: read-only there, each held against its name, a wrong one put aside and named."""
    here, there = Cache(tmp_path / "here"), Cache(tmp_path / "there")
    names = [here.put(_file(tmp_path, number)).md5 for number in range(pool.ENOUGH + 50)]
    here.sync()
    objects = [Object(name, name, 100) for name in names]
    assert transfer.put(remote, here, objects) == sum(size or 0 for size in here.sizes(names))
    assert transfer.missing(remote, objects) == ()
    assert {os.stat(remote.path(name)).st_mode & 0o777 for name in names} == {0o444}
    os.chmod(remote.path(names[7]), 0o644)
    Path(remote.path(names[7])).write_bytes(b"wrong")
    os.unlink(remote.path(names[8]))
    with pytest.raises(
        IntegrityError, match=r"^remote `storage`: 2 objects are missing or are not what their names say$"
    ):
        transfer.get(remote, there, objects, tmp_path / "state")
    assert [at for at, size in enumerate(there.sizes(names)) if size is None] == [7, 8]
    assert [path.name for path in (tmp_path / "state/quarantine").iterdir()] == [f"{names[7]}.{md5(b'wrong')}"]
    assert {there.object_path(name).stat().st_mode & 0o777 for name in names if there.has(name)} == {0o444}


def _file(folder: Path, number: int) -> Path:
    """Write a small file."""
    path = folder / "file"
    path.write_bytes(b"%d" % number)
    return path

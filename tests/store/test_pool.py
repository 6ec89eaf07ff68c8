"""Processes for many small files: the same bytes, errors and leftovers (none) as one process alone, whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, InvalidData
from datakit.store import hashing, pool, worker
from datakit.store.cache import Cache
from datakit.store.hashing import Digest
from datakit.store.pool import Job, Result, Task, Work
from datakit.store.scan import Scan, scan

COUNT = pool.ENOUGH + 300


class Bytes:
    """A progress that adds up."""

    def __init__(self) -> None:
        self.seen = 0

    def start(self, description: str, total: int | None) -> None:
        """Nobody starts it here."""

    def advance(self, amount: int) -> None:
        """Add up."""
        self.seen += amount


@pytest.fixture
def found(tmp_path: Path) -> Scan:
    """Look at many small files, some of them twice there, and a large one."""
    data = tmp_path / "repo/data"
    for number in range(COUNT):
        folder = data / f"{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}").write_bytes(b"file %d" % (number // 2))
    (data / "large").write_bytes(b"x" * (worker.LARGEST + 5))
    return scan(tmp_path / "repo", data)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache without objects."""
    return Cache(tmp_path / "cache")


def stored(cache: Cache, found: Scan, progress: Bytes | None = None) -> dict[int, bytes]:
    """Store everything."""
    return dict(cache.put_all(found, range(len(found.files)), progress or Bytes()))


def right(cache: Cache, found: Scan, rows: dict[int, bytes]) -> None:
    """Hold the results and the cache against what one process computes."""
    assert sorted(rows) == list(range(len(found.files)))
    for number, file in enumerate(found.files):
        digest = hashing.hash_file(found.path(file))
        assert rows[number].hex() == digest.md5 + digest.sha256
        assert cache.object_path(digest.md5).stat().st_size == digest.size
    cache.sync()
    assert {path.stat().st_mode & 0o777 for path in cache.objects.rglob("*") if path.is_file()} == {0o444}
    assert leftovers(cache) == []


def leftovers(cache: Cache) -> list[str]:
    """List what is no object."""
    return [name for name in os.listdir(cache.objects) if len(name) != 2]


def children() -> list[str]:
    """List the processes that this one started and that are not gone."""
    return [pid for task in Path("/proc/self/task").glob("*/children") for pid in task.read_text("utf-8").split()]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """List the processes that were started."""
    pids: list[int] = []
    start = pool._start

    def remember(job: Job, temp: str) -> pool._Process:
        process = start(job, temp)
        pids.append(process.child.pid)
        return process

    monkeypatch.setattr(pool, "_start", remember)
    return pids


def test_everything_is_stored_and_told_of(cache: Cache, found: Scan, started: list[int]) -> None:
    progress = Bytes()
    right(cache, found, stored(cache, found, progress))
    assert progress.seen == found.size
    assert len(started) == pool._count() > 0
    assert not set(children()) & {str(pid) for pid in started}


def test_a_second_time_nothing_is_written(cache: Cache, found: Scan) -> None:
    right(cache, found, stored(cache, found))
    before = {path: path.stat().st_ctime_ns for path in cache.objects.rglob("*")}
    again = Cache(cache.path)
    right(again, found, stored(again, found))
    assert {path: path.stat().st_ctime_ns for path in cache.objects.rglob("??/*")} == {
        path: ctime for path, ctime in before.items() if path.parent != cache.objects
    }


def test_the_processes_do_the_work(cache: Cache, found: Scan) -> None:
    """All but the large file: what is left to the parent costs three times as much."""
    alone: list[int] = []

    def do(number: int) -> Digest:
        alone.append(number)
        return hashing.hash_file(found.path(found.files[number]))

    job, sizes = Job("hash", found.target, found.target), found.files.sizes
    work = Work(lambda number: pool.describe(found, number), sizes.__getitem__, do)
    done = list(pool.each(job, range(len(sizes)), work))
    assert sum(isinstance(result, Result) for _, result in done) == COUNT
    assert [found.files[number].relpath for number in alone] == ["large"]


def test_few_files_start_no_process(tmp_path: Path, cache: Cache, started: list[int]) -> None:
    (tmp_path / "repo/data").mkdir(parents=True)
    for number in range(30):
        (tmp_path / f"repo/data/{number}").write_bytes(b"%d" % number)
    found = scan(tmp_path / "repo", tmp_path / "repo/data")
    right(cache, found, stored(cache, found))
    assert started == []


def test_hash_all(found: Scan) -> None:
    rows = dict(pool.hash_all(found, range(len(found.files))))
    for number, file in enumerate(found.files):
        assert rows[number].hex().startswith(hashing.hash_file(found.path(file)).md5)


@pytest.mark.parametrize("which", [0, slice(None)], ids=["one", "all"])
def test_killed_processes_cost_time_only(
    cache: Cache, found: Scan, which: int | slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, asked = pool._ask, []

    def kill(free: object, request: bytes, count: int) -> bytes:
        asked.append(1)
        if len(asked) == 3:
            pids = children()
            for pid in pids[which] if isinstance(which, slice) else [pids[which]]:
                os.kill(int(pid), signal.SIGKILL)
        return ask(free, request, count)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(pool, "_ask", kill)
    right(cache, found, stored(cache, found))
    assert len(asked) > 3


@pytest.mark.parametrize("interpreter", ["/nowhere/python", "/bin/false", ""])
def test_no_process_can_be_started(
    cache: Cache, found: Scan, interpreter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter)
    right(cache, found, stored(cache, found))


def test_a_file_that_changed_is_named(cache: Cache, found: Scan, started: list[int]) -> None:
    (found.target / "3/1501").write_bytes(b"another")
    with pytest.raises(InvalidData, match=r"^`.*/data/3/1501` changed while being read$"):
        stored(cache, found)
    assert leftovers(cache) == []
    assert not set(children()) & {str(pid) for pid in started}


def test_a_cache_that_cannot_be_written_is_named(cache: Cache, found: Scan, started: list[int]) -> None:
    cache.objects.mkdir(parents=True)
    (cache.objects / "0a").write_bytes(b"in the way")
    with pytest.raises(EnvironmentProblem, match=r"^cannot write `.*`: a part of its path is a file, not a folder$"):
        stored(cache, found)
    assert leftovers(cache) == []
    assert not set(children()) & {str(pid) for pid in started}


def test_an_interrupt_leaves_nothing(cache: Cache, found: Scan, started: list[int]) -> None:
    results = cache.put_all(found, range(len(found.files)))
    next(results)
    assert started
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt())  # type: ignore[attr-defined]  # a generator
    assert leftovers(cache) == []
    assert not set(children()) & {str(pid) for pid in started}
    right(cache, found, stored(cache, found))


def test_a_killed_parent_leaves_what_the_next_one_removes(cache: Cache, found: Scan, tmp_path: Path) -> None:
    text = (
        "import os, signal, sys; from pathlib import Path; from datakit.store.cache import Cache; from datakit.store.scan import scan\n"
        "cache = Cache(Path(sys.argv[1])); found = scan(Path(sys.argv[2]), Path(sys.argv[2]) / 'data')\n"
        "results = cache.put_all(found, range(len(found.files))); next(results); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    words = [sys.executable, "-c", text, cache.path, tmp_path / "repo"]
    done = subprocess.run(words, check=False, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    assert done.returncode == -signal.SIGKILL
    assert leftovers(cache)
    deadline = time.monotonic() + 20
    while leftovers(cache) and time.monotonic() < deadline:  # its processes end by themselves
        cache.sweep()
        time.sleep(0.05)
    right(cache, found, stored(cache, found))


def test_the_main_module_is_not_run_again(tmp_path: Path, found: Scan) -> None:
    """A script without a `__main__` guard, as people write them."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys; from pathlib import Path; from datakit.store.pool import hash_all; from datakit.store.scan import scan\n"
        "print('once'); found = scan(Path(sys.argv[1]), Path(sys.argv[1]) / 'data')\n"
        "print(len(list(hash_all(found, range(len(found.files))))))\n"
    )
    done = subprocess.run(
        [sys.executable, script, tmp_path / "repo"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout.split() == ["once", str(COUNT + 1)]


def test_place(tmp_path: Path, cache: Cache, found: Scan) -> None:
    """Objects are copied out under other names, each held against its md5; a wrong one is left to the caller."""
    digests = [hashing.hash_file(found.path(file)) for file in found.files]
    stored(cache, found)
    cache.sync()
    wrong = cache.object_path(digests[0].md5)
    wrong.chmod(0o644)
    wrong.write_bytes(b"File 0")
    (tmp_path / "out").mkdir()
    refused: list[int] = []

    def describe(number: int) -> Task:
        return Task(pool.object_name(digests[number].md5), f"{number}", digests[number].md5)

    job = Job("place", cache.objects, tmp_path / "out")
    work: Work[int, None] = Work(describe, lambda _: 0, refused.append)
    done = dict(pool.each(job, range(COUNT), work))
    assert {digests[number].md5 for number in refused} == {digests[0].md5}
    for number in set(done) - set(refused):
        assert hashing.hash_file(tmp_path / f"out/{number}") == digests[number]
    assert not any((tmp_path / f"out/{number}").exists() for number in refused)

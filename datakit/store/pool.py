"""Many small files on every core: processes of our own program, since threads of one Python would wait for one another.

Each is a fresh `python -I -S datakit/store/worker.py`, never a fork: this process may have threads (DuckDB's, a terminal's) and
a main module that nobody wants to run again. Nothing is lost where a process cannot be started, is killed or meets a file
that is not plainly good: the parent does those files itself, and raises what there is to raise.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Generic, NamedTuple, TypeVar

from datakit.progress import SILENT, Progress
from datakit.store import disk, hashing, rows, worker
from datakit.store.scan import Scan
from datakit.store.worker import HEAD, LARGEST, LEFT, ROW, STAMP, WRITTEN

ENOUGH = 2000  # files; fewer are done before the processes have started
ANY = bytes(STAMP.size)  # the stamp of a file that may be anything
_BATCH = 256  # files: a hundredth of a second, so that nobody waits for the last batch and nobody for the pipe
_BATCH_BYTES = 16 * 1024 * 1024
_PROCESSES = 8  # at most: more wait for the folders of one file system

_Item = TypeVar("_Item")
_Other = TypeVar("_Other")  # what is returned for a file that this process did


class _Process(NamedTuple):
    """One of the processes."""

    child: subprocess.Popen[bytes]
    sink: IO[bytes]
    source: IO[bytes]


class Job(NamedTuple):
    """What is done to each file."""

    kind: str  # `hash`, `store` or `place`: see `worker.Worker`
    source: Path  # the folder that sources are counted from
    target: Path  # the folder that is written to; any where nothing is
    mode: int = 0  # permissions of what is written; 0 for what the umask leaves


class Task(NamedTuple):
    """One file."""

    source: str  # path in the job's source
    target: str = ""  # path in the job's target, of what is placed
    md5: str = ""  # what it must be; empty for anything
    stamp: bytes = ANY  # what it was when it was looked at


class Result(NamedTuple):
    """What a process did."""

    written: bool  # and nothing brought it to the disk
    size: int
    row: bytes  # of `rows.DIGEST`


class Work(NamedTuple, Generic[_Item, _Other]):
    """How a job is done on files of some kind."""

    describe: Callable[[_Item], Task]  # what a process has to know of one
    size: Callable[[_Item], int]  # how large one is, bytes
    alone: Callable[
        [_Item], _Other
    ]  # does the same in this process; thread-safe; tells progress, raises what there is to raise


def each(
    job: Job, items: Sequence[_Item], work: Work[_Item, _Other], progress: Progress = SILENT
) -> Iterator[tuple[_Item, Result | _Other]]:
    """Do a job on files, in processes where that is quicker.

    Args:
        job: What is done.
        items: The files.
        work: How.
        progress: Told of every byte that the processes did.

    Yields:
        Each file with what a process did, or with what `alone` returned; in no order.
    """
    rest = items
    if sum(1 for item in items if work.size(item) <= LARGEST) >= ENOUGH:
        with _team(job) as team:
            if team:
                small = [item for item in items if work.size(item) <= LARGEST]
                yield from _shared(team, small, work, progress)
                rest = [item for item in items if work.size(item) > LARGEST]
    yield from zip(rest, hashing.spread(work.alone, [(item, work.size(item)) for item in rest]), strict=True)


def object_name(md5: str) -> str:
    """Name an object's file, counted from the folder of all objects.

    Args:
        md5: The object, 32 hexadecimal digits.

    >>> object_name("d41d8cd98f00b204e9800998ecf8427e")
    'd4/1d8cd98f00b204e9800998ecf8427e'
    """
    return f"{md5[:2]}/{md5[2:]}"


def describe(found: Scan, number: int) -> Task:
    """Say what a process has to know of a file that was seen."""
    return Task(found.files.names[number], stamp=found.files.row(number))


def hash_all(found: Scan, wanted: Sequence[int], progress: Progress = SILENT) -> Iterator[tuple[int, bytes]]:
    """Hash many files.

    Args:
        found: The files.
        wanted: The numbers of those to hash.
        progress: Told of every byte.

    Yields:
        Each number with the file's row of `rows.DIGEST`, in no order.

    Raises:
        InvalidData: A file changed while it was read.
        EnvironmentProblem: A file cannot be read.
    """

    def alone(number: int) -> bytes:
        file = found.files[number]
        return rows.pack(hashing.hash_file(found.path(file), stamp=file.stamp, progress=progress))

    work = Work(partial(describe, found), found.files.sizes.__getitem__, alone)
    for number, done in each(Job("hash", found.target, found.target), wanted, work, progress):
        yield number, done.row if isinstance(done, Result) else done


def _shared(
    team: Sequence[_Process], items: Sequence[_Item], work: Work[_Item, _Other], progress: Progress
) -> Iterator[tuple[_Item, Result | _Other]]:
    """Let the processes do their part, and do here what they leave."""
    for batch, answer in _results(team, _batches(items, work.size), work.describe):
        told = 0
        for item, (done, length, md5, sha256) in zip(batch, ROW.iter_unpack(answer), strict=True):
            if done == LEFT:
                yield item, work.alone(item)
            else:
                told += length
                yield item, Result(done == WRITTEN, length, md5 + sha256)
        progress.advance(told)


def _batches(items: Sequence[_Item], size: Callable[[_Item], int]) -> Iterator[list[_Item]]:
    """Cut files into batches."""
    batch: list[_Item] = []
    held = 0
    for item in items:
        batch.append(item)
        held += size(item)
        if len(batch) == _BATCH or held >= _BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _results(
    team: Sequence[_Process], batches: Iterator[list[_Item]], describe: Callable[[_Item], Task]
) -> Iterator[tuple[list[_Item], bytes]]:
    """Give batches to whoever is free and pass the rows on, in order; a thread of ours waits for each process."""
    free: queue.SimpleQueue[_Process] = queue.SimpleQueue()
    for process in team:
        free.put(process)
    asked: deque[tuple[list[_Item], Future[bytes]]] = deque()
    with ThreadPoolExecutor(len(team), thread_name_prefix="datakit-pool") as threads:
        try:
            for batch in batches:
                asked.append((batch, threads.submit(_ask, free, _encoded(map(describe, batch)), len(batch))))
                if len(asked) > 2 * len(team):
                    oldest, answer = asked.popleft()
                    yield oldest, answer.result()
            while asked:
                oldest, answer = asked.popleft()
                yield oldest, answer.result()
        except BaseException:
            _end(team)  # else the threads would wait for the processes, and we for the threads
            threads.shutdown(cancel_futures=True)
            raise


def _encoded(tasks: Iterable[Task]) -> bytes:
    """Write a batch."""
    names: list[str] = []
    stamps = bytearray()
    for task in tasks:
        names += task[:3]
        stamps += task.stamp
    text = "\0".join(names).encode("utf-8", "surrogateescape")
    return HEAD.pack(len(stamps) // STAMP.size, len(text)) + stamps + text


def _ask(free: queue.SimpleQueue[_Process], request: bytes, count: int) -> bytes:
    """Let a free process do a batch; all of it is left where that one is gone."""
    process = free.get()
    answer = b""
    with suppress(OSError, ValueError):  # it was killed, or its pipes are closed
        process.sink.write(request)
        process.sink.flush()
        answer = process.source.read(count * ROW.size)
    free.put(process)
    return answer if len(answer) == count * ROW.size else bytes(count * ROW.size)


@contextmanager
def _team(job: Job) -> Iterator[list[_Process]]:
    """Start processes for a block; none where that cannot be done, which costs time only."""
    team: list[_Process] = []
    with ExitStack() as stack:
        stack.callback(_end, team)
        with suppress(OSError):
            temp = stack.enter_context(_temporary(job)) if job.kind == "store" else ""
            for number in range(_count()):
                own = os.path.join(temp, f"{number}")
                if temp:
                    os.mkdir(os.path.join(job.target, own))
                team.append(_start(job, own))
        stack.callback(_end, team)  # before the folder goes
        yield team


@contextmanager
def _temporary(job: Job) -> Iterator[str]:
    """Make the folder for unfinished objects, which `disk.sweep` removes once we are dead."""
    with disk.temporary_folder(job.target) as folder:
        try:
            yield folder.name
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _count() -> int:
    """Say how many processes are worth while."""
    if not sys.executable or not os.path.isfile(worker.__file__):
        return 0
    return min(_PROCESSES, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _start(job: Job, temp: str) -> _Process:
    """Start one process."""
    words = (job.kind, os.fspath(job.source), os.fspath(job.target), temp, f"{job.mode:o}")
    child = subprocess.Popen(
        (sys.executable, "-I", "-S", worker.__file__, *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return _Process(child, *filter(None, (child.stdin, child.stdout)))


def _end(team: Sequence[_Process]) -> None:
    """End the processes; what they have not finished is theirs alone."""
    for process in team:
        process.child.kill()
    for process in team:
        process.child.wait()
        for pipe in (process.sink, process.source):
            with suppress(OSError):  # what it no longer took
                pipe.close()

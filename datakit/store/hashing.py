"""Hashing: md5 (DVC's name of an object) and sha256 (its identity) of a file in one read that refuses a moving target."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from datakit.errors import InvalidData
from datakit.formats.listing import shown
from datakit.progress import SILENT, Progress
from datakit.store import files

SMALL = 4 * 1024 * 1024  # up to here a file is read in one piece, by the thread that took it
HANDED_OVER = 256 * 1024  # from here on a file is worth a thread
CHUNK = 1024 * 1024  # big enough that handing it to a thread is free, small enough for the processor's cache
_RING = 8  # chunks between the reader and the slowest of those that work on them
WORKERS = min(16, (os.cpu_count() or 1) + 2)  # two more than can compute: some wait for the disk

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Digest(NamedTuple):
    """What the bytes of a file are."""

    md5: str  # 32 lower-case hexadecimal digits
    sha256: str  # 64 lower-case hexadecimal digits
    size: int  # bytes


class Stamp(NamedTuple):
    """What the system says about a file; while it stays the same, so do the bytes."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        """Take the stamp from what `os.stat` returned."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def hash_bytes(data: bytes) -> Digest:
    """Hash bytes that are in memory.

    Args:
        data: The bytes.

    >>> hash_bytes(b"").md5
    'd41d8cd98f00b204e9800998ecf8427e'
    """
    md5 = hashlib.md5(data, usedforsecurity=False)
    return Digest(md5.hexdigest(), hashlib.sha256(data).hexdigest(), len(data))


def hash_file(path: Path, *, stamp: Stamp | None = None, progress: Progress = SILENT) -> Digest:
    """Hash a file in one read.

    Args:
        path: A regular file, or a link to one.
        stamp: What the file was when it was looked at; it must still be that.
        progress: Told of every byte.

    Returns:
        Its hashes and size.

    Raises:
        InvalidData: The file changed while it was read, or is no regular file.
        EnvironmentProblem: It cannot be read.
    """
    with open_steady(path, stamp) as (fd, size):
        if size <= SMALL:
            data = read_whole(fd, size)
            progress.advance(len(data))
            return hash_bytes(data)
        return hash_stream(fd, progress)


def spread(work: Callable[[_Item], _Result], items: Sequence[tuple[_Item, int]]) -> Iterator[_Result]:
    """Do something to many files: the big ones with threads, meanwhile the small ones here.

    A thread costs more than it saves on a file that is hashed in less time than it takes to hand it over.

    Args:
        work: What is done; thread-safe.
        items: What it is done to, each with its size in bytes.

    Yields:
        The results, in the order of `items`; the first failure stops the rest.
    """
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="datakit") as pool:
        try:
            big = {number: pool.submit(work, item) for number, (item, size) in enumerate(items) if size > HANDED_OVER}
            for number, (item, _) in enumerate(items):
                yield big.pop(number).result() if number in big else work(item)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def hash_stream(fd: int, progress: Progress = SILENT, sink: Callable[[memoryview], None] | None = None) -> Digest:
    """Hash what an open file holds from here on, the two hashes and the copy side by side.

    Each has a thread of its own and its own pace, as far as the ring of buffers lets them drift apart: md5 is the slowest,
    and keeps one core busy while the others share what is left.

    Args:
        fd: The open file.
        progress: Told of every byte.
        sink: Given every chunk, which is its own until it returns; it raises no bare `OSError`.

    Returns:
        Hashes and size of what was read.
    """
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    works: list[Callable[[memoryview], None]] = [md5.update, sha256.update, *([sink] if sink is not None else [])]
    ring = deque(memoryview(bytearray(CHUNK)) for _ in range(_RING))
    asked: deque[tuple[memoryview, int, list[Future[None]]]] = deque()

    def settle() -> int:
        buffer, count, futures = asked.popleft()
        for future in futures:
            future.result()
        ring.append(buffer)
        progress.advance(count)
        return count

    with ExitStack() as stack:
        lanes = [stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="datakit-lane")) for _ in works]
        while count := os.readv(fd, [ring[0]]):
            buffer = ring.popleft()
            chunk = buffer[:count]
            asked.append((buffer, count, [lane.submit(work, chunk) for lane, work in zip(lanes, works, strict=True)]))
            if not ring:
                size += settle()
        while asked:
            size += settle()
    return Digest(md5.hexdigest(), sha256.hexdigest(), size)


def read_whole(fd: int, size: int) -> bytes:
    """Read a small file in one piece.

    Args:
        fd: The open file.
        size: How long it was when it was opened; a longer one shows as changed afterwards.
    """
    pieces = []
    while piece := os.read(fd, size + 1):
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@contextmanager
def open_steady(path: Path, stamp: Stamp | None = None) -> Iterator[tuple[int, int]]:
    """Open a file for reading and refuse it if it changed by the end of the block.

    Args:
        path: A regular file, or a link to one.
        stamp: What the file was when it was looked at; it must still be that.

    Yields:
        The file descriptor and the size in bytes.

    Raises:
        InvalidData: The file is not the same afterwards, or is no regular file.
        EnvironmentProblem: It cannot be read.
    """
    name = shown(os.fspath(path))
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise InvalidData(f"`{name}` is not a regular file") from error
        raise files.problem(error, "read", path) from error
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise InvalidData(f"`{name}` is not a regular file")
        if stamp is not None and Stamp.of(before) != stamp:
            raise _changed(name)
        yield fd, before.st_size
        after = os.stat(path)  # by name: it tells of a change of the file and of another file in its place
    except FileNotFoundError as error:
        raise _changed(name) from error
    except OSError as error:
        raise files.problem(error, "read", path) from error
    finally:
        os.close(fd)
    if Stamp.of(before) != Stamp.of(after) or before.st_dev != after.st_dev:
        raise _changed(name)


def _changed(name: str) -> InvalidData:
    """Say that a file moved under the reader."""
    return InvalidData(
        f"`{name}` changed while being read", hint="wait until nothing writes to it, then run the command again"
    )

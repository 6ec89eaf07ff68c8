"""A process that reads, hashes and writes small files for another one: `python -I -S worker.py KIND SOURCE TARGET TEMP MODE`.

Batches come in on standard input, and for each a batch of rows goes out; the end of the input is the end of the work. It
imports the standard library only, so that it starts in no time and runs nothing of the user's. It makes no decisions: a file
that is not plainly good it leaves to its parent, whose errors are the ones that people read.

    in      number of files, bytes of text; a row of `STAMP` for each file, zeros for any; source, target, md5 of each, NUL between
    out     a row of `ROW` for each file
"""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import struct
import sys

HEAD = struct.Struct("=II")
STAMP = struct.Struct("=QqqQ")  # size, mtime_ns, ctime_ns, inode
ROW = struct.Struct("=BQ16s32s")  # what was done, size, md5, sha256
LEFT, FOUND, WRITTEN = 0, 1, 2  # to the parent; nothing had to be written; an object or file was
READ_ONLY = 0o444  # an object that is on the disk
LARGEST = 4 * 1024 * 1024  # bytes of a file
_NOTHING = ROW.pack(LEFT, 0, bytes(16), bytes(32))
_ANY = bytes(STAMP.size)
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_CREAT | os.O_EXCL


def read(name: str, folder: int, stamp: bytes) -> bytes | None:
    """Read a file that is what it was and stays so.

    Args:
        name: Its path in the folder.
        folder: The open folder.
        stamp: What it was; zeros for anything.

    Returns:
        Its bytes; None where it moves, is too large or is no regular file.
    """
    fd = os.open(name, _READ, dir_fd=folder)
    try:
        before = os.fstat(fd)
        size = before.st_size
        seen = STAMP.pack(size, before.st_mtime_ns, before.st_ctime_ns, before.st_ino)
        if size > LARGEST or not stat.S_ISREG(before.st_mode) or stamp not in {seen, _ANY}:
            return None
        data = os.read(fd, size + 1)
    finally:
        os.close(fd)
    after = os.stat(name, dir_fd=folder)  # by name: it tells of a change of the file and of another file in its place
    now = STAMP.pack(after.st_size, after.st_mtime_ns, after.st_ctime_ns, after.st_ino)
    return data if len(data) == size and now == seen and after.st_dev == before.st_dev else None


def write(place: str, data: bytes, mode: int) -> None:
    """Write a new file, complete or not at all.

    Args:
        place: Where; nothing is there.
        data: Its bytes.
        mode: Its permissions; 0 for what the umask leaves.
    """
    fd = os.open(place, _NEW, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        if os.fstat(fd).st_size != len(data):
            raise OSError  # noqa: TRY301 - the file goes in any case
        if mode:
            os.fchmod(fd, mode)
    except BaseException:
        os.unlink(place)
        raise
    finally:
        os.close(fd)


def store(name: str, data: bytes, folder: int, temp: str, mode: int) -> int:
    """Store an object in the current folder, unless it is there.

    Args:
        name: Its path: two characters, a slash, and the rest of the md5.
        data: Its bytes.
        folder: The current folder, open.
        temp: The name that the object has until it is complete.
        mode: Its permissions; 0 for what the umask leaves.

    Returns:
        What was done.
    """
    if os.access(name, os.F_OK):
        there = os.lstat(name)
        if not stat.S_ISREG(there.st_mode) or there.st_size != len(data):
            return LEFT
        if stat.S_IMODE(there.st_mode) == READ_ONLY:
            return FOUND
        return (
            WRITTEN if read(name, folder, _ANY) == data else LEFT
        )  # not on the disk yet: another worker's, or left by a kill
    write(temp, data, mode)
    try:
        os.rename(temp, name)
    except BaseException:
        os.unlink(temp)
        raise
    return WRITTEN


class Worker:
    """What one process works with.

    Args:
        kind: `hash` writes nothing, `store` writes objects named by their md5, `place` files that nobody sees yet.
        source: The folder that the paths of sources count from.
        target: The folder that the paths of targets count from.
        temp: A folder in it for temporary files, of this process only.
        mode: The permissions of what is written, octal; 0 for what the umask leaves.
    """

    def __init__(self, kind: str, source: str, target: str, temp: str, mode: str) -> None:
        self._kind = kind
        self._source = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        os.chdir(target)
        self._target = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._temp = temp + os.sep
        self._count = 0
        self._mode = int(mode, 8)

    def batch(self, count: int, payload: bytes) -> bytes:
        """Work on a batch.

        Args:
            count: How many files it has.
            payload: Their rows and names.

        Returns:
            Their rows.
        """
        names = payload[count * STAMP.size :].decode("utf-8", "surrogateescape").split("\0")
        return b"".join(
            [
                self._work(payload[at * STAMP.size : (at + 1) * STAMP.size], *names[3 * at : 3 * at + 3])
                for at in range(count)
            ]
        )

    def _work(self, stamp: bytes, source: str, target: str, expected: str) -> bytes:
        """Work on one file."""
        try:
            data = read(source, self._source, stamp)
            if data is None:
                return _NOTHING
            md5 = hashlib.md5(data, usedforsecurity=False)
            name = md5.hexdigest()
            if expected and name != expected:
                return _NOTHING
            done = FOUND
            if self._kind == "store":
                self._count += 1
                done = store(f"{name[:2]}/{name[2:]}", data, self._target, f"{self._temp}{self._count:x}", self._mode)
            elif self._kind == "place":
                write(target, data, self._mode)
                done = WRITTEN
        except OSError:
            return _NOTHING
        return ROW.pack(done, len(data), md5.digest(), hashlib.sha256(data).digest())


def main() -> None:
    """Work until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends the input
    worker = Worker(*sys.argv[1:])
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(HEAD.size)) == HEAD.size:
        count, size = HEAD.unpack(head)
        payload = source.read(count * STAMP.size + size)
        sink.write(worker.batch(count, payload))
        sink.flush()


if __name__ == "__main__":
    main()

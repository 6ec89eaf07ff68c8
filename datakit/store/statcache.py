"""What the files of a dataset hashed to when they were last read, so that an unchanged one need not be read again.

One file for each file or folder that was scanned, so that what is gone is forgotten with the next save: a head, the
path, md5 and sha256 of the whole, a row of `rows.STAMP` and one of `rows.DIGEST` for each file, the names. Nothing depends on it: where it is missing, cut or
of another version, files are hashed again. Git's rule for races holds: a file that was touched when it was hashed, or after,
could have changed without its stamp showing it, so it is not remembered.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem
from datakit.store import disk, files
from datakit.store.rows import DIGEST, Files
from datakit.store.worker import STAMP

FOLDER = "stat"  # in the private folder
_HEAD = struct.Struct(
    "=8sIIQ"
)  # magic and version, checksum of the rest, bytes of path, md5 and sha256, number of files
_MAGIC = b"dkstat\0\2"
_TICK_NS = 20_000_000  # two ticks of the slowest kernel clock: within one tick two writes leave the same mtime
_COARSE_NS = 2_000_000_000  # the same for file systems that count in whole seconds


class Memory(NamedTuple):
    """What is remembered of one file or folder."""

    path: str
    names: Sequence[str]
    stamps: bytes  # a row of `rows.STAMP` for each name
    digests: bytes  # a row of `rows.DIGEST` for each name
    md5: str = ""  # of the whole, as in a pointer; empty where not every file is remembered
    sha256: str = ""

    def recall(self, found: Files) -> tuple[bytearray, list[int]]:
        """Look up what files hashed to.

        Args:
            found: The files as they are now.

        Returns:
            A row of `rows.DIGEST` for each, and the numbers of those that are unknown or not what they were.
        """
        if self.covers(found):
            return bytearray(self.digests), []
        at = {name: number for number, name in enumerate(self.names)}
        rows, unknown = bytearray(len(found) * DIGEST.size), []
        for number, name in enumerate(found.names):
            old = at.get(name)
            if old is None or self.stamps[old * STAMP.size : (old + 1) * STAMP.size] != found.row(number):
                unknown.append(number)
            else:
                rows[number * DIGEST.size : (number + 1) * DIGEST.size] = self._digest(old)
        return rows, unknown

    def covers(self, found: Files) -> bool:
        """Tell whether all files are what they were, and no other is there."""
        return self.stamps == found.stamps and self.names == found.names

    def _digest(self, number: int) -> bytes:
        """Return one file's row of `rows.DIGEST`."""
        return self.digests[number * DIGEST.size : (number + 1) * DIGEST.size]


def load(state_dir: Path, path: str) -> Memory:
    """Read what is remembered of a file or folder.

    Args:
        state_dir: datakit's private folder in the repository.
        path: Its path, relative to the repository.

    Returns:
        All of it; nothing where the file is missing or broken.
    """
    with suppress(EnvironmentProblem):
        found = _parse(files.read(_file(state_dir, path)))
        if found is not None and found.path == path:
            return found
    return Memory(path, [], b"", b"")


def save(state_dir: Path, memory: Memory, started_ns: int) -> None:
    """Remember what files hashed to, in place of what was remembered of that file or folder.

    Args:
        state_dir: datakit's private folder in the repository.
        memory: What they are.
        started_ns: The clock before the first of them was looked at. What was touched since then, or just before, is
            left out.

    Raises:
        EnvironmentProblem: The system refuses.
    """
    kept = _settled(memory, started_ns)
    place = _file(state_dir, memory.path)
    files.private_folder(state_dir)
    try:
        place.parent.mkdir(exist_ok=True)
        is_new = not place.exists()
        # No sync: a file that a crash leaves torn does not have its checksum.
        with disk.temporary(state_dir) as (fd, temp):
            disk.write_all(fd, _dump(kept))
            os.replace(temp, place)
        if is_new:
            _forget(place, state_dir.parent)
    except OSError as error:
        raise files.problem(error, "write", place) from error


def is_whole(state_dir: Path) -> bool:
    """Say whether everything that is remembered can be used; what cannot costs nothing but time.

    Args:
        state_dir: datakit's private folder in the repository.
    """
    folder = state_dir / FOLDER
    try:
        return all(_parse(files.read(path)) is not None for path in folder.iterdir())
    except FileNotFoundError:
        return True
    except (EnvironmentProblem, OSError):
        return False


def _file(state_dir: Path, path: str) -> Path:
    """Name the file that remembers a path."""
    return state_dir / FOLDER / hashlib.sha256(os.fsencode(path)).hexdigest()[:32]


def _forget(fresh: Path, root: Path) -> None:
    """Drop what is remembered of other paths that are gone, whenever the number of files has doubled."""
    folder = fresh.parent
    names = os.listdir(folder)
    if len(names) & (len(names) - 1):
        return
    for name in set(names) - {fresh.name}:
        with suppress(OSError):  # somebody else was quicker
            with open(folder / name, "rb") as file:
                head = file.read(_HEAD.size).ljust(_HEAD.size, b"\0")
                path = os.fsdecode(file.read(_HEAD.unpack(head)[2]).partition(b"\0")[0])
            if not os.path.lexists(root / path):
                os.unlink(folder / name)


def _settled(memory: Memory, started_ns: int) -> Memory:
    """Leave out the files of which a later change might not show in their stamp."""
    times = memoryview(memory.stamps).cast("q")
    newest = max(max(times[1::4].tolist(), default=0), max(times[2::4].tolist(), default=0))
    if newest + _COARSE_NS < started_ns:
        return memory
    kept = [
        number
        for number, (_, mtime, ctime, _) in enumerate(STAMP.iter_unpack(memory.stamps))
        if _is_settled(max(mtime, ctime), started_ns)
    ]
    if len(kept) == len(memory.names):
        return memory
    stamps = b"".join([memory.stamps[at * STAMP.size : (at + 1) * STAMP.size] for at in kept])
    digests = b"".join([memory.digests[at * DIGEST.size : (at + 1) * DIGEST.size] for at in kept])
    return Memory(memory.path, [memory.names[at] for at in kept], stamps, digests)


def _is_settled(touched: int, started_ns: int) -> bool:
    """Tell whether a later change of a file would show in its stamp."""
    return touched + (_TICK_NS if touched % 1_000_000_000 else _COARSE_NS) < started_ns


def _dump(memory: Memory) -> bytes:
    """Write the file."""
    texts = f"{memory.path}\0{memory.md5}\0{memory.sha256}".encode()
    body = b"".join((texts, memory.stamps, memory.digests, "\0".join(memory.names).encode()))
    numbers = (len(texts), len(memory.names))
    checksum = zlib.crc32(body, zlib.crc32(_HEAD.pack(_MAGIC, 0, *numbers)))
    return _HEAD.pack(_MAGIC, checksum, *numbers) + body


def _parse(data: bytes) -> Memory | None:
    """Read the file; nothing where it is not whole."""
    if len(data) < _HEAD.size:
        return None
    magic, checksum, length, count = _HEAD.unpack_from(data)
    body = memoryview(data)[_HEAD.size :]
    if magic != _MAGIC or zlib.crc32(body, zlib.crc32(_HEAD.pack(_MAGIC, 0, length, count))) != checksum:
        return None
    stamps_at = _HEAD.size + length
    digests_at = stamps_at + count * STAMP.size
    names_at = digests_at + count * DIGEST.size
    path, md5, sha256 = data[_HEAD.size : stamps_at].decode().split("\0")
    names = data[names_at:].decode().split("\0") if count else []
    return Memory(path, names, data[stamps_at:digests_at], data[digests_at:names_at], md5, sha256)

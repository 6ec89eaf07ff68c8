"""Files and digests by the hundred thousand: fixed-size rows of bytes behind sequences of records.

A million files as Python objects take a gigabyte; as rows they take a fifth of it, and a whole folder is held against what
is remembered of it in one comparison of bytes. The rows are in the machine's own byte order: they never leave it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

from datakit.store.hashing import Digest, Stamp
from datakit.store.worker import STAMP

DIGEST = struct.Struct("=16s32s")  # md5, sha256; `STAMP` is size, mtime_ns, ctime_ns, inode
_PIECE = 10_000  # rows that are text at a time
EXECUTABLE, LINK = 1, 2  # the bits of a file's kind


class File(NamedTuple):
    """One regular file as it was seen."""

    relpath: str  # relative to the folder that was scanned, POSIX separators; the name, where a file was scanned
    stamp: Stamp  # of the file that a link leads to
    executable: bool
    link: bool  # reached through a symbolic link


class Files(Sequence[File]):
    """Files in the order of their paths.

    Args:
        names: Their relative paths.
        stamps: A row of `STAMP` for each.
        kinds: A byte for each: `EXECUTABLE` and `LINK`.
    """

    def __init__(self, names: Sequence[str], stamps: bytes, kinds: bytes) -> None:
        self.names = names
        self.stamps = stamps
        self.kinds = kinds

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, at: int) -> File: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[File, ...]: ...
    def __getitem__(self, at: int | slice) -> File | tuple[File, ...]:
        if isinstance(at, slice):
            return tuple(self[number] for number in range(*at.indices(len(self))))
        name, kind = self.names[at], self.kinds[at]
        return File(name, Stamp(*STAMP.unpack(self.row(at % len(self)))), bool(kind & EXECUTABLE), bool(kind & LINK))

    def __iter__(self) -> Iterator[File]:
        for name, stamp, kind in zip(self.names, STAMP.iter_unpack(self.stamps), self.kinds, strict=True):
            yield File(name, Stamp(*stamp), bool(kind & EXECUTABLE), bool(kind & LINK))

    @property
    def sizes(self) -> Sequence[int]:
        """List the size of each file, bytes; a view that holds no numbers of its own."""
        return memoryview(self.stamps).cast("Q")[::4]

    def row(self, at: int) -> bytes:
        """Return one file's row of `STAMP`."""
        return self.stamps[at * STAMP.size : (at + 1) * STAMP.size]


class Digests(Sequence[Digest]):
    """What files hashed to, in the order of the files.

    Args:
        rows: A row of `DIGEST` for each.
        sizes: The size of each file, bytes.
    """

    def __init__(self, rows: bytes, sizes: Sequence[int]) -> None:
        self.rows = rows
        self.sizes = sizes

    def __len__(self) -> int:
        return len(self.sizes)

    @overload
    def __getitem__(self, at: int) -> Digest: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Digest, ...]: ...
    def __getitem__(self, at: int | slice) -> Digest | tuple[Digest, ...]:
        if isinstance(at, slice):
            return tuple(self[number] for number in range(*at.indices(len(self))))
        size = self.sizes[at]
        return unpack(self.rows[(at := at % len(self)) * DIGEST.size : (at + 1) * DIGEST.size], size)

    def __iter__(self) -> Iterator[Digest]:
        for (md5, sha256), size in zip(DIGEST.iter_unpack(self.rows), self.sizes, strict=True):
            yield Digest(md5.hex(), sha256.hex(), size)


def pack(digest: Digest) -> bytes:
    """Write a digest as a row, without the size.

    Args:
        digest: What a file hashed to.

    >>> unpack(pack(Digest("0" * 32, "1" * 64, 5)), 5) == Digest("0" * 32, "1" * 64, 5)
    True
    """
    return bytes.fromhex(digest.md5 + digest.sha256)


def texts(rows: bytes | bytearray) -> Iterator[str]:
    """Write digests as text: for each row the md5 and the sha256 behind it, 96 characters.

    Args:
        rows: Rows of `DIGEST`.

    >>> list(texts(bytes(48))) == ["0" * 96]
    True
    """
    width = 2 * DIGEST.size
    for start in range(0, len(rows), _PIECE * DIGEST.size):
        text = rows[start : start + _PIECE * DIGEST.size].hex()
        for at in range(0, len(text), width):
            yield text[at : at + width]


def unpack(row: bytes, size: int) -> Digest:
    """Read a digest from a row.

    Args:
        row: A row of `DIGEST`.
        size: The size of the file, bytes.
    """
    text = row.hex()
    return Digest(text[:32], text[32:], size)

"""What files hashed to when they were last read, so that an unchanged one need not be read again.

One file: a head, a fixed-size row for each path, then the paths, each ended by NUL. Nothing depends on it: where it is
missing, cut or of another version, files are hashed again. Git's rule for races holds: a file that was touched when it
was hashed, or after, could have changed without its stamp showing it, so it is not remembered.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem
from datakit.store import files
from datakit.store.hashing import Digest, Stamp

FILE_NAME = "stat.db"
_HEAD = struct.Struct("<8sIQ")  # magic and version, checksum of the rest, number of rows
_ROW = struct.Struct("<QqqQ16s32s")  # size, mtime_ns, ctime_ns, inode, md5, sha256
_MAGIC = b"dkstat\0\1"
_TICK_NS = 20_000_000  # two ticks of the slowest kernel clock: within one tick two writes leave the same mtime
_COARSE_NS = 2_000_000_000  # the same for file systems that count in whole seconds


class Known(NamedTuple):
    """What a file was and what it hashed to."""

    stamp: Stamp
    digest: Digest


class StatCache:
    """What is remembered of a repository's files; see `StatCache.load`."""

    def __init__(self, state_dir: Path, known: dict[str, Known]) -> None:
        self._state_dir = state_dir
        self._known = known  # as the file has it
        self._fresh: dict[str, Known] = {}  # put since

    @classmethod
    def load(cls, state_dir: Path) -> StatCache:
        """Read what is remembered.

        Args:
            state_dir: datakit's private folder in the repository.

        Returns:
            All of it; nothing where the file is missing or broken.
        """
        try:
            data = files.read(state_dir / FILE_NAME)
        except EnvironmentProblem:
            return cls(state_dir, {})
        return cls(state_dir, _parse(data))

    def __len__(self) -> int:
        return len(self._known.keys() | self._fresh.keys())

    def get(self, name: str, stamp: Stamp) -> Digest | None:
        """Look a file up.

        Args:
            name: Its path, as it was given to `put`.
            stamp: What it is now.

        Returns:
            What it hashed to; `None` where it is unknown or not what it was.
        """
        known = self._fresh.get(name) or self._known.get(name)
        return known.digest if known is not None and known.stamp == stamp else None

    def put(self, name: str, stamp: Stamp, digest: Digest) -> None:
        """Remember what a file hashed to.

        Args:
            name: Its path; any text that names it for good.
            stamp: What it was before and after it was hashed.
            digest: What it hashed to.
        """
        entry = Known(stamp, digest)
        if self._known.get(name) != entry:
            self._fresh[name] = entry

    def save(self, started_ns: int) -> bool:
        """Write what is remembered.

        Args:
            started_ns: The clock before the first file that was put since `load` was looked at, as `Scan.started_ns`.
                What was touched since then, or just before, is left out.

        Returns:
            Whether anything was written.

        Raises:
            EnvironmentProblem: The system refuses.
        """
        if not self._fresh:
            return False
        kept = {name: entry for name, entry in self._known.items() if name not in self._fresh}
        kept |= {name: entry for name, entry in self._fresh.items() if _is_settled(entry.stamp, started_ns)}
        files.private_folder(self._state_dir)
        return files.write_atomic(self._state_dir / FILE_NAME, _dump(kept))


def _dump(known: Mapping[str, Known]) -> bytes:
    """Write the file."""
    rows = b"".join(
        _ROW.pack(*stamp, bytes.fromhex(digest.md5), bytes.fromhex(digest.sha256)) for stamp, digest in known.values()
    )
    body = rows + "".join(name + "\0" for name in known).encode()
    return _HEAD.pack(_MAGIC, zlib.crc32(body), len(known)) + body


def _parse(data: bytes) -> dict[str, Known]:
    """Read the file; nothing where it is not whole."""
    if len(data) < _HEAD.size:
        return {}
    magic, checksum, count = _HEAD.unpack_from(data)
    names_at = _HEAD.size + count * _ROW.size
    if magic != _MAGIC or names_at > len(data) or zlib.crc32(data[_HEAD.size :]) != checksum:
        return {}
    found: dict[str, Known] = {}
    with suppress(UnicodeDecodeError):
        names = data[names_at:].decode("utf-8").split("\0")
        for name, row in zip(names, _ROW.iter_unpack(data[_HEAD.size : names_at]), strict=False):
            size, mtime, ctime, inode, md5, sha256 = row
            found[name] = Known(Stamp(size, mtime, ctime, inode), Digest(md5.hex(), sha256.hex(), size))
    return found


def _is_settled(stamp: Stamp, started_ns: int) -> bool:
    """Tell whether a later change of the file would show in its stamp."""
    touched = max(stamp.mtime_ns, stamp.ctime_ns)
    return touched + (_TICK_NS if touched % 1_000_000_000 else _COARSE_NS) < started_ns

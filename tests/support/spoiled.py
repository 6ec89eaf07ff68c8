"""Objects of DVC's cache and of a remote that are missing or wrong, and files that their disk changed."""

from __future__ import annotations

import os
from pathlib import Path

from datakit.repo.project import STATE
from datakit.store import rows, statcache
from datakit.store.hashing import hash_bytes
from datakit.store.statcache import Memory
from datakit.store.worker import STAMP
from tests.support.repo import Repo


def stored(repo: Repo, name: str) -> Path:
    """Return where the cache has an object."""
    return repo.path / ".dvc/cache/files/md5" / name[:2] / name[2:]


def sent(repo: Repo, name: str) -> Path:
    """Return where the remote of `clones.published` has an object."""
    return repo.path.parent / "storage/files/md5" / name[:2] / name[2:]


def spoil(path: Path, data: str) -> None:
    """Replace the bytes of an object and let it look untouched."""
    path.chmod(0o644)
    path.write_text(data)
    path.chmod(0o444)


def rot(repo: Repo, data: str, name: str, was: str, now: str) -> None:
    """Let a disk change the bytes of a file: what is remembered of it has the stamp of today and the bytes of before."""
    place = repo.path / data / name if (repo.path / data).is_dir() else repo.path / data
    place.write_text(now)
    os.utime(place, (1_700_000_000, 1_700_000_000))
    found = os.stat(place)
    stamp = STAMP.pack(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    memory = Memory(data, [name], stamp, rows.pack(hash_bytes(was.encode())))
    statcache.save(repo.path / STATE, memory, found.st_ctime_ns + 10**10)


def kept(repo: Repo) -> dict[str, bytes]:
    """Return what the quarantine has."""
    folder = repo.path / STATE / "quarantine"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}

"""What `add` and `validate` have in common: storing bytes, holding them against the contract, writing records."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidData, InvalidRecord
from datakit.formats import contract as contracts
from datakit.formats import listing, profile, receipt
from datakit.formats.contract import Contract, Reader
from datakit.formats.listing import Entry
from datakit.formats.receipt import Receipt, Result
from datakit.formats.room import Room
from datakit.gate.dataset import text_digest
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.store import disk, dvc_config, files, guard, hashing, journal
from datakit.store.cache import Cache
from datakit.store.hashing import Digest
from datakit.store.scan import File, Scan, scan
from datakit.store.statcache import StatCache
from datakit.tables.scan import scan as scan_table
from datakit.tables.sniff import sniff

_DAY = 24 * 60 * 60  # seconds


class Snapshot(NamedTuple):
    """What the bytes of a dataset were when they were stored."""

    scan: Scan
    digests: tuple[Digest, ...]  # of the files, in the scan's order
    md5: str  # of the file, or of the folder's listing with `.dir`
    sha256: str

    @property
    def size(self) -> int:
        """Sum up the bytes of all files."""
        return sum(digest.size for digest in self.digests)


class Verdict(NamedTuple):
    """What came of holding bytes against a contract, with the files that say so."""

    results: tuple[Result, ...]
    format: str  # what the bytes were read as; `files` for what is no table
    rows: int | None  # None: files, not a table
    columns: int | None
    receipt: bytes
    profile: bytes | None
    notes: tuple[str, ...]


def open_cache(where: Project) -> Cache:
    """Open DVC's cache as DVC's own configuration says."""
    config = dvc_config.read(where.root)
    return Cache(config.cache_dir, config.cache_types, shared=config.cache_shared)


def recover(where: Project, cache: Cache) -> None:
    """Finish what killed commands had decided and remove what else they left; every verb that writes begins with it.

    Args:
        where: The project.
        cache: DVC's cache.

    Raises:
        EnvironmentProblem: The private folder is reached through a link, or the repository cannot be locked.
        InvalidRecord: A journal is not one that datakit wrote.
        LockTimeout: Another process holds the repository.
    """
    room = where.state / "tmp"
    files.inside(where.root, room / "x")
    with guard.lock(where.root / ".dvc"):
        journal.recover(where.state, where.root)
    cache.sweep()
    disk.sweep(where.state)
    # Nobody holds what was fetched and waits for its place, nor the engine's folders: only their age tells.
    for left in room.iterdir() if room.is_dir() else ():
        with suppress(OSError):  # its owner was quicker
            if left.lstat().st_mtime < time.time() - _DAY:
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def snapshot(where: Project, cache: Cache, path: str, progress: Progress = SILENT) -> Snapshot:
    """Hash a file or folder and store its bytes; what did not change since the last time is not read.

    Args:
        where: The project.
        cache: DVC's cache.
        path: The data, relative to the repository.
        progress: Told of every byte.

    Raises:
        DatakitError: Something in it cannot be recorded, changed meanwhile, or cannot be stored.
    """
    found = scan(where.root, where.root / path, cache=cache.path)
    known = StatCache.load(where.state)
    progress.start(path, found.size)

    def store(file: File) -> Digest:
        digest = known.get(_key(where, found, file), file.stamp)
        if digest is not None and cache.has(digest.md5, digest.size):
            progress.advance(digest.size)
            return digest
        return cache.put(found.path(file), stamp=file.stamp, progress=progress)

    digests = tuple(hashing.spread(store, [(file, file.stamp.size) for file in found.files]))
    pairs = list(zip(found.files, digests, strict=True))
    for file, digest in pairs:
        known.put(_key(where, found, file), file.stamp, digest)
    known.save(found.started_ns)
    if not found.is_folder:
        return Snapshot(found, digests, digests[0].md5, digests[0].sha256)
    md5 = cache.put_listing([Entry(file.relpath, digest.md5) for file, digest in pairs])
    sha256 = listing.sha256((file.relpath, digest.size, digest.sha256) for file, digest in pairs)
    return Snapshot(found, digests, md5, sha256)


def digest(where: Project, cache: Cache, path: str, progress: Progress = SILENT) -> str:
    """Return the md5 that DVC would give a file or folder now; its bytes are not stored, only what they hashed to.

    Args:
        where: The project.
        cache: DVC's cache, into which links may lead.
        path: The data, relative to the repository.
        progress: Told of every byte that is hashed.

    Raises:
        DatakitError: Something in it could not be recorded.
    """
    found = scan(where.root, where.root / path, cache=cache.path)
    known = StatCache.load(where.state)

    def look(file: File) -> Digest:
        remembered = known.get(_key(where, found, file), file.stamp)
        return remembered or hashing.hash_file(found.path(file), stamp=file.stamp, progress=progress)

    digests = tuple(hashing.spread(look, [(file, file.stamp.size) for file in found.files]))
    for file, item in zip(found.files, digests, strict=True):
        known.put(_key(where, found, file), file.stamp, item)
    with suppress(EnvironmentProblem):  # a repository that may only be read can still be looked at
        known.save(found.started_ns)
    if not found.is_folder:
        return digests[0].md5
    return listing.digest(Entry(file.relpath, item.md5) for file, item in zip(found.files, digests, strict=True))


def spill(where: Project) -> Path:
    """Return the folder for temporary data, made where it is missing."""
    folder = where.state / "tmp"
    files.private_folder(where.state)
    files.make_folder(folder, root=where.root)
    return folder


def judge(where: Project, room: Room, data: tuple[str, str, Path, str], contract: bytes, version: str) -> Verdict:
    """Hold stored bytes against a contract.

    Args:
        where: The project.
        room: The dataset's room.
        data: md5, sha256, the object or file to read, and the path that messages name.
        contract: The contract's bytes.
        version: datakit's own, for the receipt.

    Returns:
        Results, and the receipt and profile to write.
    """
    md5, sha256, source, path = data
    agreed = _contract(contract, room)
    reader = _reader(where, agreed, source, path)
    results = tuple(Result(check.id, "skipped", None, 0, "the data is not a table") for check in agreed.checks)
    kind, rows, columns, found_profile = "files", None, None, None
    notes: tuple[str, ...] = ()
    if reader is not None:
        scanned = scan_table(source, path, reader, agreed, spill(where))
        results, kind = scanned.results, reader.format
        rows, columns = scanned.profile.rows, len(scanned.columns)
        found_profile, notes = profile.dump(room.name, scanned.profile), scanned.notes
    fresh = Receipt(
        room.name, md5, sha256, text_digest(contract), contracts.fingerprint(agreed), rows, results, version
    )
    return Verdict(results, kind, rows, columns, _receipt(where, room, fresh), found_profile, notes)


def _contract(data: bytes, room: Room) -> Contract:
    """Read a contract, held against the published schema first."""
    problems = contracts.problems(data, room.contract)
    if len(problems) > 1:
        raise InvalidRecord(
            room.contract,
            f"{len(problems)} places are not what the Open Data Contract Standard demands",
            hint=f"edit {room.contract}",
            details=problems,
        )
    if problems:
        raise InvalidRecord(room.contract, problems[0], hint=f"edit {room.contract}")
    return contracts.read(data, room.contract)


def _reader(where: Project, agreed: Contract, source: Path, path: str) -> Reader | None:
    """Return how the data is read: as the contract says, or as its suffix does where the contract has checks only."""
    if not source.is_dir():
        return agreed.reader or (sniff(source, path, spill(where)) if agreed.checks else None)
    if agreed.reader is not None:
        raise InvalidData(
            f"`{path}` is a folder, its contract describes a {agreed.reader.format} table",
            hint="take `datakit.reader` and the columns out of the contract, or put the file back",
        )
    return None


def _receipt(where: Project, room: Room, fresh: Receipt) -> bytes:
    """Write a receipt; the one that is there stays where only datakit's version or a comment in the contract differs."""
    path = where.root / room.receipt
    if path.is_file():
        old = path.read_bytes()
        try:
            known = receipt.read(old, room.receipt)
        except InvalidRecord:
            return receipt.dump(fresh)
        if receipt.dump(known._replace(datakit=fresh.datakit, contract=fresh.contract)) == receipt.dump(fresh):
            return old
    return receipt.dump(fresh)


def _key(where: Project, found: Scan, file: File) -> str:
    """Name a file in the stat cache."""
    return found.path(file).relative_to(where.root).as_posix()

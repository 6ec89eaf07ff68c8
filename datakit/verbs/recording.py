"""What `add` and `validate` have in common: storing bytes, holding them against the contract, writing records."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import contract as contracts
from datakit.formats import listing, profile, receipt
from datakit.formats.contract import Contract
from datakit.formats.listing import Entry
from datakit.formats.receipt import Receipt, Result
from datakit.formats.room import Room
from datakit.gate.dataset import text_digest
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.store import dvc_config, files, hashing
from datakit.store.cache import Cache
from datakit.store.hashing import Digest
from datakit.store.scan import File, Scan, scan
from datakit.store.statcache import StatCache
from datakit.tables.scan import scan as scan_table


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
    rows: int | None  # None: files, not a table
    columns: int | None
    receipt: bytes
    profile: bytes | None
    notes: tuple[str, ...]


def open_cache(where: Project) -> Cache:
    """Open DVC's cache as DVC's own configuration says."""
    config = dvc_config.read(where.root)
    return Cache(config.cache_dir, config.cache_types, shared=config.cache_shared)


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
    """Return the md5 that DVC would give a file or folder now; nothing is stored.

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
    if not found.is_folder:
        return digests[0].md5
    return listing.digest(Entry(file.relpath, item.md5) for file, item in zip(found.files, digests, strict=True))


def read_contract(data: bytes, room: Room) -> Contract:
    """Read a contract, held against the published schema first.

    Raises:
        InvalidRecord: It names the first problem and how many there are.
    """
    problems = contracts.problems(data, room.contract)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InvalidRecord(room.contract, f"{problems[0]}{more}", hint=f"mend {room.contract} by hand")
    return contracts.read(data, room.contract)


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
    agreed = read_contract(contract, room)
    results: tuple[Result, ...] = ()
    rows = columns = found_profile = None
    notes: tuple[str, ...] = ()
    if agreed.reader is not None:
        spill = where.state / "tmp"
        files.make_folder(spill, root=where.root)
        scanned = scan_table(source, path, agreed.reader, agreed, spill)
        results, rows, columns = scanned.results, scanned.profile.rows, len(scanned.columns)
        found_profile, notes = profile.dump(room.name, scanned.profile), scanned.notes
    fresh = Receipt(
        room.name, md5, sha256, text_digest(contract), contracts.fingerprint(agreed), rows, results, version
    )
    return Verdict(results, rows, columns, _receipt(where, room, fresh), found_profile, notes)


def _receipt(where: Project, room: Room, fresh: Receipt) -> bytes:
    """Write a receipt; the one that is there stays where only the version that wrote it differs."""
    path = where.root / room.receipt
    if path.is_file():
        old = path.read_bytes()
        try:
            known = receipt.read(old, room.receipt)
        except InvalidRecord:
            return receipt.dump(fresh)
        if receipt.dump(known._replace(datakit=fresh.datakit)) == receipt.dump(fresh):
            return old
    return receipt.dump(fresh)


def _key(where: Project, found: Scan, file: File) -> str:
    """Name a file in the stat cache."""
    return found.path(file).relative_to(where.root).as_posix()

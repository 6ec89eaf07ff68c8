"""What `add` and `validate` have in common: storing bytes, holding them against the contract, writing records."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidData, InvalidRecord
from datakit.formats import contract as contracts
from datakit.formats import listing, profile, receipt
from datakit.formats.contract import Column, Contract, Reader
from datakit.formats.finding import command
from datakit.formats.listing import Entry, shown
from datakit.formats.receipt import Receipt, Result
from datakit.formats.room import Room
from datakit.gate.dataset import text_digest
from datakit.progress import SILENT, Progress
from datakit.repo.project import STATE, Project
from datakit.steps import workspace
from datakit.store import disk, dvc_config, files, guard, journal, pool, quarantine, relocation, rows, statcache
from datakit.store.cache import Cache
from datakit.store.rows import Digests
from datakit.store.scan import Scan, scan
from datakit.store.statcache import Memory

_NAMED = 10  # columns that a note names
_DAY = 24 * 60 * 60  # seconds


class Snapshot(NamedTuple):
    """What the bytes of a dataset were when they were stored."""

    scan: Scan
    digests: Digests  # of the files, in the scan's order
    md5: str  # of the file, or of the folder's listing with `.dir`
    sha256: str

    @property
    def size(self) -> int:
        """Sum up the bytes of all files."""
        return sum(self.digests.sizes)


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
    return Cache(config.cache_dir, config.cache_types, shared=config.cache_shared, aside=where.state)


def recover(where: Project, cache: Cache) -> None:
    """Finish what killed commands had decided and remove what else they left; every verb that writes begins with it.

    Args:
        where: The project.
        cache: DVC's cache.

    Raises:
        EnvironmentProblem: The private folder is reached through a link or may not be written, or the repository cannot
            be locked.
        InvalidRecord: A journal is not one that datakit wrote.
        LockTimeout: Another process holds the repository.
    """
    room = _tmp(where)
    files.inside(where.root, room / "x")
    if closed := _closed(where):
        raise closed
    with guard.lock(where.root / ".dvc"):
        journal.recover(where.state, where.root)
        relocation.recover(where.state, where.root)
    cache.sweep()
    disk.sweep(where.state)
    disk.sweep(room)
    disk.sweep(where.state / workspace.FOLDER)
    disk.sweep(where.state / quarantine.FOLDER)
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
    known = statcache.load(where.state, path)
    progress.start(path, found.size)
    hashed, unknown = known.recall(found.files)
    sizes = found.files.sizes
    wanted = unknown
    if len(unknown) < len(sizes):
        wanted = sorted((*unknown, *_lost(cache, hashed, sizes, frozenset(unknown))))
    progress.advance(found.size - sum(map(sizes.__getitem__, wanted)))
    for number, row in cache.put_all(found, wanted, progress):
        hashed[number * len(row) : (number + 1) * len(row)] = row
    taken = _taken(known, found, bytes(hashed), partial(cache.put_listing, in_order=True))
    if found.is_folder and not cache.has(taken.md5):
        cache.put_listing(_entries(taken), in_order=True)
    _remember(where, known, taken)
    return taken


def look(where: Project, cache: Cache, path: str, progress: Progress = SILENT) -> Snapshot:
    """Hash a file or folder as DVC would now, and store nothing of it but what it hashed to.

    Args:
        where: The project.
        cache: DVC's cache, into which links may lead.
        path: The data, relative to the repository.
        progress: Told of every byte that is hashed.

    Raises:
        DatakitError: Something in it could not be recorded.
    """
    found = scan(where.root, where.root / path, cache=cache.path)
    known = statcache.load(where.state, path)
    hashed, unknown = known.recall(found.files)
    for number, row in pool.hash_all(found, unknown, progress):
        hashed[number * len(row) : (number + 1) * len(row)] = row
    taken = _taken(known, found, bytes(hashed), partial(listing.digest, in_order=True))
    with suppress(EnvironmentProblem):  # a repository that may only be read can still be looked at
        _remember(where, known, taken)
    return taken


def spill(where: Project) -> Path:
    """Return the folder for what no command leaves behind: the private one, or the system's where that is read-only.

    Args:
        where: The project, which may belong to somebody else.

    Raises:
        EnvironmentProblem: The private folder is reached through a link, or the system refuses.
    """
    return Path(tempfile.gettempdir()) if _closed(where) else staging(where)


def staging(where: Project) -> Path:
    """Return the private folder for what gets a place in the work tree at last, made where it is missing.

    Args:
        where: The project.

    Raises:
        EnvironmentProblem: It may not be written, or is reached through a link.
    """
    if closed := _closed(where):
        raise closed
    files.private_folder(where.state)
    files.make_folder(_tmp(where), root=where.root)
    return _tmp(where)


def _tmp(where: Project) -> Path:
    """Name the private folder for temporary data."""
    return where.state / "tmp"


def _closed(where: Project) -> EnvironmentProblem | None:
    """Return the error of a private folder that this user may not write, None where there is none or it is open."""
    folders = (where.state, _tmp(where)) if where.state.exists() else (where.root,)
    for folder in folders:
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            mend = command("chmod u+rwx", str(folder)) if folder == where.root else f"chmod -R u+rwX {STATE}"
            return EnvironmentProblem(
                f"cannot write into `{shown(str(folder))}`, where datakit keeps its private state: permission denied",
                hint=f"{mend}, or have its owner do it",
            )
    return None


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
    agreed = contracts.held(contract, room.contract)
    reader = _reader(where, agreed, source, path)
    results = tuple(Result(check.id, "skipped", None, 0, "the data is not a table") for check in agreed.checks)
    kind, rows, columns, found_profile = "files", None, None, None
    notes: tuple[str, ...] = ()
    if reader is not None:
        from datakit.tables.scan import scan as scan_table  # `status` has no use for the compiler of checks

        scanned = scan_table(source, path, reader, agreed, spill(where))
        results, kind = scanned.results, reader.format
        rows, columns = scanned.profile.rows, len(scanned.columns)
        found_profile = profile.dump(room.name, scanned.profile)
        notes = (*scanned.notes, *_undescribed(agreed, scanned.columns), *_guessed(agreed, reader, room))
    fresh = Receipt(
        room.name, md5, sha256, text_digest(contract), contracts.fingerprint(agreed), rows, results, version
    )
    return Verdict(results, kind, rows, columns, _receipt(where, room, fresh), found_profile, notes)


def _undescribed(agreed: Contract, columns: Sequence[Column]) -> tuple[str, ...]:
    """Name the columns of a table that its contract does not describe: nobody checks them."""
    known = {column.name for column in agreed.columns}
    others = [f"`{column.name}`" for column in columns if column.name not in known]
    if not others or len(others) == len(columns):  # a table of other columns is a finding of its own
        return ()
    listed = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
    number = "1 column is" if len(others) == 1 else f"{len(others)} columns are"
    return (f"{number} not in the contract, so nothing checks {'it' if len(others) == 1 else 'them'}: {listed}",)


def _guessed(agreed: Contract, reader: Reader, room: Room) -> tuple[str, ...]:
    """Say that the contract leaves open how the table is read, and what to write into it."""
    if agreed.reader is not None:
        return ()
    line = f"customProperties: [{{property: {contracts.READER}, value: {contracts.reader_text(reader)}}}]"
    return (f"how the file is read was guessed, and is guessed anew each time: add `{line}` to {room.contract}",)


def _reader(where: Project, agreed: Contract, source: Path, path: str) -> Reader | None:
    """Return how the data is read: as the contract says, or as its suffix does where the contract has checks only."""
    if not source.is_dir():
        from datakit.tables.sniff import sniff

        guess = bool(agreed.checks) and not agreed.files
        return agreed.reader or (sniff(source, path, spill(where)) if guess else None)
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


def _lost(cache: Cache, hashed: bytes | bytearray, sizes: Sequence[int], unknown: AbstractSet[int]) -> Iterator[int]:
    """Number the files that are known, and whose objects the cache does not have."""
    kept = [number for number in range(len(sizes)) if number not in unknown]
    names = [text[:32] for number, text in enumerate(rows.texts(hashed)) if number not in unknown]
    for number, size in zip(kept, cache.sizes(names), strict=True):
        if size != sizes[number]:
            yield number


def _taken(known: Memory, found: Scan, hashed: bytes, name: Callable[[Iterable[Entry]], str]) -> Snapshot:
    """Say what files are as a whole, as far as that is not remembered too."""
    digests = Digests(hashed, found.files.sizes)
    if known.md5 and known.digests == hashed and known.covers(found.files):
        return Snapshot(found, digests, known.md5, known.sha256)
    if not found.is_folder:
        return Snapshot(found, digests, digests[0].md5, digests[0].sha256)
    taken = Snapshot(found, digests, "", "")
    sha256 = listing.sha256(
        zip(found.files.names, digests.sizes, (text[32:] for text in rows.texts(hashed)), strict=True), in_order=True
    )
    return taken._replace(md5=name(_entries(taken)), sha256=sha256)


def _entries(taken: Snapshot) -> Iterator[Entry]:
    """List the files of a folder as its listing does."""
    return map(Entry, taken.scan.files.names, (text[:32] for text in rows.texts(taken.digests.rows)))


def _remember(where: Project, known: Memory, taken: Snapshot) -> None:
    """Remember what files hashed to, unless it is remembered."""
    seen = taken.scan.files
    fresh = Memory(known.path, seen.names, seen.stamps, taken.digests.rows, taken.md5, taken.sha256)
    if fresh != known:
        statcache.save(where.state, fresh, taken.scan.started_ns)

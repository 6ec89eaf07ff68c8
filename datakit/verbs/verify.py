"""Compare bytes with their records: every file hashed, every check of the contract computed, every split looked up again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from datakit.errors import DatakitError, IntegrityError, InvalidData, InvalidRecord
from datakit.formats import listing
from datakit.formats import receipt as receipts
from datakit.formats.listing import Entry, shown
from datakit.formats.receipt import Receipt
from datakit.progress import SILENT, Progress
from datakit.records import Fault, Verified
from datakit.repo import project
from datakit.repo.project import Project
from datakit.steps import catalog, objects, recording, recounting
from datakit.steps.objects import Version
from datakit.store import hashing
from datakit.store.cache import Cache
from datakit.store.hashing import Digest
from datakit.store.scan import scan
from datakit.version import VERSION


def verify(
    *references: str, cache: bool = False, root: Path | str | None = None, progress: Progress = SILENT
) -> tuple[Verified, ...]:
    """Hash the bytes of datasets again, and hold the results in their receipts, and their splits, against the data.

    Nothing is written, no remote is asked, and no remembered hash is believed.

    Args:
        references: `NAME` for what the working tree records and has, `NAME@VERSION` for a version's objects in DVC's
            cache; by default all datasets of the working tree.
        cache: Hash the objects of the working tree's datasets in DVC's cache, too.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        What was compared and what differs, one for each reference.

    Raises:
        NotFound: No such dataset or version; the nearest names are offered.
        InvalidRecord: A manifest is broken, or a listing holds an unsafe name.
    """
    where = project.find(root)
    store = recording.open_cache(where)
    with where.objects:
        asked = references or catalog.names(where.tree, where.policy)
        versions = [objects.find(where, reference) for reference in dict.fromkeys(asked)]
        return tuple(_verify(where, store, version, progress, cache=cache) for version in versions)


def _verify(where: Project, store: Cache, version: Version, progress: Progress, *, cache: bool) -> Verified:
    """Verify one dataset."""
    here = version.commit is None
    known, listed = _listing(store, version)
    hashed, data = _data(where, store, version, known, progress) if here else (0, [])
    count, stored = 0, listed
    if cache or not here:
        count, stored = _objects(store, version, listed, progress)
    source = _source(where, store, version, intact=here and not data)
    checks, stated = (0, []) if source is None else _receipt(where, version, source)
    splits, apart = recounting.recount(where, store, version, None if listed else source, progress)
    return Verified(
        name=version.manifest.name,
        commit=version.commit,
        path=version.manifest.path,
        files=hashed,
        objects=count,
        checks=checks,
        faults=(*data, *stored, *stated, *apart),
        splits=splits,
    )


def _listing(store: Cache, version: Version) -> tuple[dict[str, str] | None, list[Fault]]:
    """Read which files the dataset has; None, and why, where its listing cannot be relied on."""
    name = version.manifest.data.md5
    if not name.endswith(".dir"):
        return {"": name}, []
    try:
        return {entry.relpath: entry.md5 for entry in store.read_listing(name)}, []
    except IntegrityError:
        found = _hash(store.object_path(name))
        return None, [_object(store, version, name, found)]


def _data(
    where: Project, store: Cache, version: Version, known: dict[str, str] | None, progress: Progress
) -> tuple[int, list[Fault]]:
    """Hash what lies in the working tree and compare it, file by file where the listing is known."""
    data, path, name = version.manifest.data, version.manifest.path, version.manifest.name
    target = where.root / path
    if not os.path.lexists(target):
        return 0, [Fault("data", path, "is not here", data.md5, "", f"datakit pull {name}")]
    try:
        seen = scan(where.root, target, cache=store.path)
        progress.start(path, seen.size)

        digests = hashing.spread(
            lambda file: hashing.hash_file(seen.path(file), stamp=file.stamp, progress=progress),
            [(file, file.stamp.size) for file in seen.files],
        )
        found = {file.relpath if seen.is_folder else "": each for file, each in zip(seen.files, digests, strict=True)}
    except DatakitError as error:
        return 0, [Fault("data", path, f"cannot be read: {error.message}", data.md5, "", error.hint or "")]
    mend = f"datakit pull {name} --force, or record it with `datakit add {name}`"
    if seen.is_folder != data.md5.endswith(".dir"):
        kind = "a folder" if seen.is_folder else "a file"
        return len(found), [Fault("data", path, f"is {kind}, which is not what is recorded", data.md5, "", mend)]
    faults = list(_compared(path, known, found, mend)) if known is not None else []
    total = _total(found)
    if not faults and total[0] != data.md5:
        faults.append(Fault("data", path, "has other bytes than recorded", data.md5, total[0], mend))
    elif not faults and total[1] != data.sha256:
        faults.append(Fault("data", path, "has the recorded md5 and another sha256", data.sha256, total[1], mend))
    return len(found), faults


def _total(found: dict[str, Digest]) -> tuple[str, str]:
    """Return md5 and sha256 of a file or folder as they are recorded."""
    if "" in found:
        return found[""].md5, found[""].sha256
    return (
        listing.digest(Entry(path, digest.md5) for path, digest in found.items()),
        listing.sha256((path, digest.size, digest.sha256) for path, digest in found.items()),
    )


def _compared(path: str, known: dict[str, str], found: dict[str, Digest], mend: str) -> Iterator[Fault]:
    """Name each file that differs, is missing or is no part of the dataset."""
    for relpath in sorted({*known, *found}):
        place = f"{path}/{relpath}" if relpath else path
        expected, digest = known.get(relpath, ""), found.get(relpath)
        if digest is None:
            yield Fault("data", place, "is not here", expected, "", mend)
        elif not expected:
            yield Fault("data", place, "is no part of the recorded folder", "", digest.md5, mend)
        elif digest.md5 != expected:
            yield Fault("data", place, "has other bytes than recorded", expected, digest.md5, mend)


def _objects(store: Cache, version: Version, listed: list[Fault], progress: Progress) -> tuple[int, list[Fault]]:
    """Hash the objects in the cache."""
    if listed:
        return 0, listed
    wanted = objects.of(store, version.manifest)
    progress.start(f"{version.manifest.path} in the cache", sum(item.size or 0 for item in wanted))
    found = hashing.spread(
        lambda item: _hash(store.object_path(item.name), progress), [(item, item.size or 0) for item in wanted]
    )
    faults = [
        _object(store, version, item.name, digest, item.path)
        for item, digest in zip(wanted, found, strict=True)
        if digest is None or digest.md5 != item.name[:32]
    ]
    top = version.manifest.data
    if not faults and not top.md5.endswith(".dir"):
        digest = _hash(store.object_path(top.md5))
        if digest is not None and digest.sha256 != top.sha256:
            text = "the object has the recorded md5 and another sha256"
            faults.append(Fault("cache", version.manifest.path, text, top.sha256, digest.sha256, ""))
    return len(wanted), faults


def _object(store: Cache, version: Version, name: str, found: Digest | None, path: str = "") -> Fault:
    """Make the fault of an object that is missing or wrong."""
    place = shown(path or f"{version.manifest.path} (its listing)")
    again = f"datakit pull {version.reference}" + (" --to DIR" if version.commit is not None else "")
    if found is None:
        return Fault("cache", place, f"object {name} is not in the cache", name, "", again)
    full = store.object_path(name)
    text = f"object {name} in the cache is corrupt"
    return Fault("cache", place, text, name, found.md5, f"rm -f {shlex.quote(os.fspath(full))} && {again}")


def _hash(path: Path, progress: Progress = SILENT) -> Digest | None:
    """Hash an object; None where there is none."""
    return hashing.hash_file(path, progress=progress) if path.exists() else None


def _source(where: Project, store: Cache, version: Version, *, intact: bool) -> Path | None:
    """Return where the recorded bytes of a file can be read: the working tree where it is right, else the cache."""
    md5 = version.manifest.data.md5
    if intact or md5.endswith(".dir"):
        return where.root if md5.endswith(".dir") else where.root / version.manifest.path
    found = _hash(store.object_path(md5))
    return store.object_path(md5) if found is not None and found.md5 == md5 else None


def _receipt(where: Project, version: Version, source: Path) -> tuple[int, list[Fault]]:
    """Compute the receipt again and compare it with the one that is there."""
    dataset, data = version.dataset, version.manifest.data
    room, name = dataset.room, dataset.name
    contract = dataset.tree.read(room.contract)
    if dataset.receipt.error is not None:
        text = dataset.receipt.error.problem
        return 0, [Fault("receipt", room.receipt, text, "", "", f"datakit validate {name}")]
    stated = dataset.receipt.value
    if stated is None or contract is None:
        return 0, []  # what was never validated claims nothing; `check` asks for it
    try:
        verdict = recording.judge(
            where, room, (data.md5, data.sha256, source, version.manifest.path), contract, VERSION
        )
    except (InvalidData, InvalidRecord) as error:
        text = f"cannot be computed again: {error.message}"
        return 0, [Fault("receipt", room.receipt, text, "", "", error.hint or f"datakit validate {name}")]
    fresh = receipts.read(verdict.receipt, room.receipt)
    return len(fresh.results), list(_differences(room.receipt, stated, fresh, f"datakit validate {name}"))


def _differences(path: str, stated: Receipt, fresh: Receipt, mend: str) -> Iterator[Fault]:
    """Name what a receipt states and the data does not bear out."""
    for what, said, computed in (
        ("is about another dataset", stated.name, fresh.name),
        ("is about other bytes", stated.md5, fresh.md5),
        ("is about other bytes", stated.sha256, fresh.sha256),
        ("is about another contract", stated.enforced, fresh.enforced),
        ("counts other rows", str(stated.rows), str(fresh.rows)),
    ):
        if said != computed:
            yield Fault("receipt", path, what, computed, said, mend)
            return
    before, after = {each.id: each for each in stated.results}, {each.id: each for each in fresh.results}
    for check in dict.fromkeys((*after, *before)):
        if before.get(check) != after.get(check):
            now, was = (
                f"{each.outcome} {each.reason}".strip() if each else "no such check"
                for each in (after.get(check), before.get(check))
            )
            yield Fault("receipt", path, f"`{shown(check)}` is not what the data says", now, was, mend)

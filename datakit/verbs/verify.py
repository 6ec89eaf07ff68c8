"""Compare bytes with their records: every file hashed, every check of the contract computed, every split looked up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem
from datakit.progress import SILENT, Progress
from datakit.records import Fault, Mended, Verified
from datakit.repo import project
from datakit.repo.project import Project
from datakit.steps import catalog, looking, mending, objects, recording, recounting, rejudging
from datakit.steps.auditing import Run, Shelf
from datakit.steps.looking import Looked
from datakit.steps.objects import Version
from datakit.steps.remote_auditing import There
from datakit.store import dvc_config, ledger, remotes
from datakit.store.ledger import Ledger
from datakit.store.remotes import Remote


class _Outside(NamedTuple):
    """What came of looking at one dataset on a remote."""

    objects: int = 0
    vouched: int = 0
    faults: tuple[Fault, ...] = ()
    mended: tuple[Mended, ...] = ()


def verify(
    *references: str,
    cache: bool = False,
    remote: str | bool = False,
    repair: bool = False,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> tuple[Verified, ...]:
    """Hash the bytes of datasets again, and hold the results in their receipts, and their splits, against the data.

    Without `repair` nothing of the project changes, and no remembered hash is believed; a verification with `remote` or
    `repair` that was interrupted less than a day ago is taken up where it ended.

    Args:
        references: `NAME` for what the working tree records and has, `NAME@VERSION` for a version's objects in DVC's
            cache; by default all datasets of the working tree.
        cache: Hash the objects of the working tree's datasets in DVC's cache, too.
        remote: Look at every object on one of DVC's remotes, too: its name, or True for the default one. Its bytes are read
            and not kept; only an object whose md5 an S3 server states as its ETag is not read.
        repair: Replace what is missing or wrong in the cache, in the working tree and, with `remote`, there, from any good
            copy. What is replaced is kept in `.datakit/quarantine`. A file that somebody may have edited stays as it is.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        What was compared, what differs and what was mended, one for each reference.

    Raises:
        NotFound: No such dataset, version or remote; the nearest names are offered.
        InvalidRecord: A manifest is broken, or a listing holds an unsafe name.
        EnvironmentProblem: There is no remote, it does not answer or refuses, or the disk is full.
        LockTimeout: Another process holds the repository.
    """
    where = project.find(root)
    store = recording.open_cache(where)
    named = remote if isinstance(remote, str) else None
    with where.objects:
        asked = references or catalog.names(where.tree, where.policy)
        versions = [objects.find(where, reference) for reference in dict.fromkeys(asked)]
        opener = objects.opener(where, named)
        if repair:
            recording.recover(where, store)
        with _taken_up(where, needed=repair or remote is not False) as notes:
            source = _source(where, named, opener) if repair else None
            run = Run(where, store, Shelf(store, notes, progress), repair, source, progress)
            looked = [looking.look(run, version, cache=cache) for version in versions]
            there = There(opener(), store, notes, progress, default=named is None) if remote is not False else None
            outside = _outside(run, there, versions)
            return tuple(_verified(run, each, other) for each, other in zip(looked, outside, strict=True))


@contextmanager
def _taken_up(where: Project, *, needed: bool) -> Iterator[Ledger]:
    """Go on with an interrupted verification where that may write."""
    if not needed:
        yield Ledger()
        return
    with ledger.opened(where.state) as notes:
        yield notes


def _source(where: Project, named: str | None, opener: Callable[[], Remote]) -> Callable[[], Remote] | None:
    """Return what opens the remote that good copies may come from; None where DVC has none."""
    try:
        remotes.choose(dvc_config.read(where.root), named)
    except EnvironmentProblem:
        return None
    return opener


def _outside(run: Run, there: There | None, versions: Sequence[Version]) -> list[_Outside]:
    """Look at the objects of all datasets on the remote, and mend what is wrong there where that is asked for."""
    if there is None:
        return [_Outside()] * len(versions)
    found = there.audit(versions)
    every = [wrong for one in found for wrong in one.wrong]
    mended, left = mending.remote(run, there, every) if run.repair else ([], every)
    return [
        _Outside(
            one.objects,
            one.vouched,
            tuple(each.fault for each in left if each.version is version),
            tuple(each for each in mended if each.fault in {wrong.fault for wrong in one.wrong}),
        )
        for one, version in zip(found, versions, strict=True)
    ]


def _verified(run: Run, looked: Looked, outside: _Outside) -> Verified:
    """Compute the receipt and the splits of a dataset again, and put together what is known of it."""
    version = looked.version
    source = _bytes(run, version, intact=version.commit is None and not looked.data)
    checks, stated = (0, []) if source is None else rejudging.rejudge(run.where, version, source)
    readable = source if looked.listed else None
    splits, apart = recounting.recount(run.where, run.cache, version, readable, run.progress)
    return Verified(
        name=version.manifest.name,
        commit=version.commit,
        path=version.manifest.path,
        files=looked.files,
        objects=looked.objects,
        checks=checks,
        faults=(*looked.data, *looked.stored, *outside.faults, *stated, *apart),
        splits=splits,
        remote=outside.objects,
        vouched=outside.vouched,
        mended=(*looked.mended, *outside.mended),
    )


def _bytes(run: Run, version: Version, *, intact: bool) -> Path | None:
    """Return where the recorded bytes of a file can be read: the working tree where it is right, else the cache."""
    md5 = version.manifest.data.md5
    if intact or md5.endswith(".dir"):
        return run.where.root if md5.endswith(".dir") else run.where.root / version.manifest.path
    run.shelf.audit(version, [objects.named(version.manifest)])
    return run.cache.object_path(md5) if run.shelf.has(md5) else None

"""Put recorded bytes where they belong, or any version or part of them anywhere; Git's HEAD, index and files stay as they are."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import InvalidRecord, UsageError
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.records import Pulled
from datakit.repo import project
from datakit.repo.project import Project
from datakit.steps import (
    catalog,
    executables,
    memberships,
    objects,
    parts,
    places,
    portions,
    recording,
    workspace,
    worktrees,
)
from datakit.steps.objects import Version
from datakit.steps.parts import Chosen
from datakit.steps.places import Item
from datakit.store import checkout, guard
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object


class _Ready(NamedTuple):
    """A dataset whose bytes are in the cache, and with them the memberships that lie beside its records."""

    version: Version
    memberships: tuple[Object, ...]
    fetched: int  # objects that came from the remote


def pull(
    *references: str,
    split: str | None = None,
    only: Sequence[str] = (),
    to: Path | str | None = None,
    force: bool = False,
    remote: str | None = None,
    offline: bool = False,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> tuple[Pulled, ...]:
    """Put the bytes of datasets where their records say, or of any version at a place of its own.

    Every byte is hashed on its way. What is right already is left alone, so a second run does nothing. Where the bytes
    of a dataset go into the working tree, the memberships of its splits do too.

    Args:
        references: `NAME` for what the working tree records, `NAME@VERSION` for a version or revision; by default all
            datasets of the working tree.
        split: One part of a split and nothing else: `PART` of the split called `default`, or of the only one there is,
            or `SPLIT/PART`. The rows of a table become a Parquet file, sorted by the text of their key; of a folder the
            files of the part are put there, and no others are fetched.
        only: Patterns as in a `.gitignore`, counted from the data's folder: of a dataset that is a folder, the files that
            match and nothing else. In its own place they come beside what lies there; `status` says that it is partial.
        to: The folder, or the file where it has the suffix of the data (of a part: `.parquet`), that gets the bytes. A
            folder is filled with the files of a dataset that is one; several datasets get a file or folder each. Needed
            for a part, and for other bytes than those that the working tree records.
        force: Replace what lies there, even bytes that are recorded nowhere. With `to`, a folder that
            holds anything else is refused all the same: nothing there is removed, and the data never lies among it.
        remote: One of DVC's remotes; its default one by default. It is asked for what the cache does not have.
        offline: Ask no remote.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        What lies where, one for each reference.

    Raises:
        UsageError: A version or part without `to`, two datasets at one place, a part of one of several splits, or `only` of
            a dataset that is one file.
        NotFound: No such dataset, version, split, part or remote; the nearest names are offered.
        InvalidRecord: A record is broken, a split is of other bytes, or a listing holds an unsafe name.
        InvalidData: A value of a part does not read as its column's type.
        IntegrityError: Bytes are missing or are not what is recorded; what arrived wrong is put aside and named.
        EnvironmentProblem: There is no remote, it does not answer, or something is in the way.
        LockTimeout: Another process holds the repository.
    """
    where = project.find(root)
    cache = recording.open_cache(where)
    with where.objects:
        if to is not None and not references:
            raise UsageError("`--to` needs the name of a dataset", hint="datakit list")
        asked = references or catalog.names(where.tree, where.policy)
        versions = [objects.find(where, reference) for reference in dict.fromkeys(asked)]
        opened = objects.opener(where, remote, offline=offline)
        if split is not None and only:
            raise UsageError("`--split` and `--only` exclude each other", hint="leave one out")
        if split is not None:
            return _parts(where, cache, versions, split, to, opened, force=force, progress=progress)
        targets = _targets(where, versions, to)
        recording.recover(where, cache)
        if only:
            some = [portions.choose(where, cache, version, only, opened, progress) for version in versions]
            return tuple(
                portions.put(where, cache, ready, target, force=force, progress=progress)
                for ready, target in zip(some, targets, strict=True)
            )
        fetched = [_fetch(where, cache, version, opened, progress, in_place=to is None) for version in versions]
        return tuple(
            _place(where, cache, ready, target, in_place=to is None, force=force, progress=progress)
            for ready, target in zip(fetched, targets, strict=True)
        )


def _targets(where: Project, versions: Sequence[Version], to: Path | str | None) -> list[Path]:
    """Choose where whole datasets go."""
    if to is None:
        return places.recorded(where, versions)
    items = [
        Item(each.reference, each.manifest.path.rsplit("/", 1)[-1], each.manifest.data.md5.endswith(".dir"))
        for each in versions
    ]
    return places.chosen(where, items, to)


def _fetch(
    where: Project, cache: Cache, version: Version, remote: Callable[[], Remote], progress: Progress, *, in_place: bool
) -> _Ready:
    """Fetch one dataset; for its own place, with the memberships that pointers beside the records name."""
    came = objects.fetch(where, cache, version, remote, progress)
    wanted = _beside(where, version) if in_place else ()
    if lacking := memberships.lacking(where, cache, wanted, here=True):
        came += worktrees.get(where, cache, lacking, remote, progress)
    return _Ready(version, wanted, came)


def _beside(where: Project, version: Version) -> tuple[Object, ...]:
    """Return the memberships of a dataset; a pointer that a merge left in conflict keeps no data from its place."""
    try:
        return memberships.pointed(Dataset(where.tree, where.policy, version.manifest.name))
    except InvalidRecord:
        return ()


def _place(
    where: Project, cache: Cache, ready: _Ready, target: Path, *, in_place: bool, force: bool, progress: Progress
) -> Pulled:
    """Put one dataset at its place."""
    version, goal, beside = ready.version, executables.goal(cache, ready.version), 0
    if in_place:
        existing: checkout.Existing = "replace" if force else "recorded"
        staging = recording.staging(where)
        with guard.lock(where.root / ".dvc"):
            done = checkout.checkout(
                cache, where.root, target, goal, existing=existing, staging=staging, progress=progress
            )
            checkout.relink(cache, target, goal, done)
            beside = sum(memberships.put(where, cache, item, existing, progress) for item in ready.memberships)
            executables.put(where, cache, version.manifest, existing, progress)
        workspace.note(where, version.manifest.name, goal.md5, version.manifest.data.executable)
    else:
        top = places.make(target.parent)
        existing = "over" if force else "refuse"
        done = checkout.checkout(cache, top, target, goal, existing=existing, progress=progress)
    return Pulled(
        name=version.manifest.name,
        commit=version.commit,
        path=where.relative(target) or os.fspath(target),
        md5=goal.md5,
        files=done.files,
        written=len(done.written),
        removed=done.removed,
        fetched=ready.fetched,
        size=version.manifest.data.size,
        memberships=beside,
    )


def _parts(
    where: Project,
    cache: Cache,
    versions: Sequence[Version],
    split: str,
    to: Path | str | None,
    remote: Callable[[], Remote],
    *,
    force: bool,
    progress: Progress,
) -> tuple[Pulled, ...]:
    """Put one part of each dataset at a place of its own."""
    if to is None:
        name = versions[0].reference if len(versions) == 1 else "NAME"
        raise UsageError(
            "`--split` needs `--to`: a part in the place of the whole is not what is recorded",
            hint=f"datakit pull {name} --split {split} --to DIR",
        )
    chosen = [parts.choose(version, split) for version in versions]
    targets = places.chosen(where, [_item(where, each, to) for each in chosen], to)
    for each, target in zip(chosen, targets, strict=True):
        places.refuse_part(where, each.version, target)
    recording.recover(where, cache)
    ready = [parts.fetch(where, cache, each, remote, progress) for each in chosen]
    return tuple(
        parts.put(where, cache, each, target, force=force, progress=progress)
        for each, target in zip(ready, targets, strict=True)
    )


def _item(where: Project, chosen: Chosen, to: Path | str) -> Item:
    """Say what a part needs of its place; a name that promises another format than Parquet is refused."""
    suffix, data = Path(to).suffix.lower(), Path(chosen.version.manifest.path).suffix.lower()
    promised = suffix == data and suffix not in {"", parts.SUFFIX}
    if not chosen.is_folder and promised and not (where.here / to).is_dir():
        mend = f"--to {shlex.quote(os.fspath(Path(to).with_suffix(parts.SUFFIX)))}"
        raise UsageError(f"a part of a table is written as Parquet, not as `{suffix}`", hint=mend)
    return Item(chosen.version.reference, chosen.file, chosen.is_folder)

"""Some files of a folder: chosen by patterns or by a split, fetched and put in place without the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import NotFound, UsageError
from datakit.formats import listing
from datakit.formats.listing import Entry
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.records import Pulled
from datakit.repo.project import Project
from datakit.steps import executables, objects, places, recording, workspace, worktrees
from datakit.steps.objects import Version
from datakit.steps.recording import Snapshot
from datakit.store import checkout, guard
from datakit.store.cache import Cache
from datakit.store.checkout import Existing, Goal
from datakit.store.remotes import Remote
from datakit.store.transfer import Object


class Portion(NamedTuple):
    """Files whose bytes are in the cache."""

    version: Version
    goal: Goal  # what shall lie where they are put
    size: int  # bytes of all of them
    fetched: int  # objects that came from the remote


def matching(entries: Iterable[Entry], patterns: Sequence[str], reference: str) -> tuple[Entry, ...]:
    """Choose files by patterns.

    Args:
        entries: The files of a folder.
        patterns: Patterns as in a `.gitignore`, counted from the folder; one that begins with `!` takes out again.
        reference: What messages call the dataset.

    Raises:
        NotFound: A pattern matches no file.

    >>> files = [Entry("a/x.jpg", "0" * 32), Entry("b/y.png", "1" * 32)]
    >>> [entry.relpath for entry in matching(files, ["*.jpg"], "birds")]
    ['a/x.jpg']
    """
    from pathspec import GitIgnoreSpec

    every = tuple(entries)
    for pattern in patterns:
        alone = GitIgnoreSpec.from_lines([pattern.removeprefix("!")])
        if not any(alone.match_file(entry.relpath) for entry in every):
            known = [entry.relpath for entry in every[:1000]]
            raise NotFound(f"file of `{reference}` like", pattern, known)
    chosen = GitIgnoreSpec.from_lines(patterns)
    return tuple(entry for entry in every if chosen.match_file(entry.relpath))


def choose(
    where: Project,
    cache: Cache,
    version: Version,
    patterns: Sequence[str],
    remote: Callable[[], Remote],
    progress: Progress = SILENT,
) -> Portion:
    """Fetch the files of a dataset that patterns choose, and no others.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        patterns: See `matching`.
        remote: Opens the remote; called only where something is missing.
        progress: Told of every byte.

    Raises:
        UsageError: The dataset is one file.
        NotFound: A pattern matches no file.
        IntegrityError: Objects are missing, or are not what their names say.
        EnvironmentProblem: There is no remote, or it does not answer.
        InvalidRecord: The listing holds unsafe names.
    """
    data = version.manifest.data
    if not data.md5.endswith(".dir"):
        raise UsageError(
            f"`{version.reference}` is one file: `--only` chooses among the files of a folder",
            hint=f"datakit pull {version.reference}",
        )
    came = objects.fetch_top(where, cache, version, remote, progress)
    entries = matching(cache.read_listing(data.md5), patterns, version.reference)
    found = fetch(where, cache, version, entries, remote, progress)
    return found._replace(fetched=found.fetched + came)


def fetch(
    where: Project,
    cache: Cache,
    version: Version,
    entries: tuple[Entry, ...],
    remote: Callable[[], Remote],
    progress: Progress = SILENT,
) -> Portion:
    """See to it that the cache has some files of a folder, whatever it has of the others.

    The manifest's sha256 is that of all files together, so these are held against their md5 alone.

    Args:
        where: The project.
        cache: DVC's cache, which has the listing.
        version: The dataset.
        entries: The files.
        remote: Opens the remote; called only where something is missing.
        progress: Told of every byte.

    Raises:
        IntegrityError: Objects are missing, or are not what their names say.
        EnvironmentProblem: There is no remote, or it does not answer.
        InvalidRecord: The listing holds unsafe names.
    """
    manifest, came = version.manifest, 0
    wanted = {each.md5: Object(each.md5, f"{manifest.path}/{each.relpath}", manifest.data.size) for each in entries}
    if any(size is None for size in cache.sizes(wanted)):
        objects.refill(where, cache, version, progress)
    if lacking := [item for item in wanted.values() if not cache.has(item.name)]:
        came = worktrees.get(where, cache, lacking, remote, progress)
    runs, more = executables.fetch(where, cache, version, remote, progress)
    sizes = dict(zip(wanted, cache.sizes(wanted), strict=True))
    size = sum(sizes[entry.md5] or 0 for entry in entries)
    return Portion(version, Goal(listing.digest(entries), None, runs, entries), size, came + more)


def put(where: Project, cache: Cache, ready: Portion, target: Path, *, force: bool, progress: Progress) -> Pulled:
    """Put files where the dataset lies, beside what lies there, or at a place of their own.

    Args:
        where: The project.
        cache: DVC's cache.
        ready: The files.
        target: The folder; where it is the dataset's own, what else lies there is left alone.
        force: Whether anything may give way.
        progress: Told of every byte.

    Raises:
        IntegrityError: An object is not what it should be.
        EnvironmentProblem: Something is in the way, or a file cannot be written.
        LockTimeout: Another process holds the repository.
    """
    manifest = ready.version.manifest
    existing: Existing
    if target == where.root / manifest.path:
        existing = "replace" if force else "recorded"
        goal = ready.goal._replace(beside=True)
        if checkout.is_vacant(target):
            workspace.note_partial(where, manifest.name)
        with guard.lock(where.root / ".dvc"):
            staging = recording.staging(where)
            done = checkout.checkout(
                cache, where.root, target, goal, existing=existing, staging=staging, progress=progress
            )
            checkout.relink(cache, target, goal, done)
    else:
        existing = "over" if force else "refuse"
        done = checkout.checkout(
            cache, places.make(target.parent), target, ready.goal, existing=existing, progress=progress
        )
    return Pulled(
        name=manifest.name,
        commit=ready.version.commit,
        path=where.relative(target) or os.fspath(target),
        md5=ready.goal.md5,
        files=done.files,
        written=len(done.written),
        removed=done.removed,
        fetched=ready.fetched,
        size=ready.size,
        of=manifest.data.files,
    )


def left_out(where: Project, cache: Cache, dataset: Dataset, taken: Snapshot) -> str | None:
    """Say that only some of a folder's recorded files were ever brought here; None where nobody can tell.

    A working tree that is known to have had them all has lost them by somebody's will. Where nothing is known, as after a
    partial `dvc pull`, a file that is still as recorded tells that it came from there.

    Args:
        where: The project.
        cache: DVC's cache, which has the listing of whoever pulled some of the files.
        dataset: The dataset.
        taken: What lies there.
    """
    recorded = dataset.manifest.value
    if recorded is None or not taken.scan.is_folder or not recorded.data.md5.endswith(".dir"):
        return None
    extent = workspace.extent(where, dataset.name)
    if recorded.pointer.endswith("dvc.lock") or extent == "whole" or taken.md5 == recorded.data.md5:
        return None  # a stage makes all of its output anew
    if not cache.has(recorded.data.md5):
        return "only some of its files were brought here" if extent == "partial" else None
    entries, names = cache.read_listing(recorded.data.md5), taken.scan.files.names
    lying = dict(zip(names, (digest.md5 for digest in taken.digests), strict=True))
    missing = sum(entry.relpath not in lying for entry in entries)
    if not missing or (extent is None and not any(lying.get(entry.relpath) == entry.md5 for entry in entries)):
        return None
    return f"{len(entries) - missing:,} of its {len(entries):,} files are here, and the others were never brought"


def refuse(where: Project, cache: Cache, dataset: Dataset, taken: Snapshot) -> None:
    """Refuse to record a folder of which only some files were brought here: that would drop the others.

    Args:
        where: The project.
        cache: DVC's cache.
        dataset: The dataset.
        taken: What lies there.

    Raises:
        UsageError: It would shrink by mistake.
    """
    said = left_out(where, cache, dataset, taken)
    if said is not None:
        name = dataset.name
        raise UsageError(
            f"`{name}`: {said}; recorded, it would lose them",
            hint=f"`datakit pull {name}` first; to drop them from the dataset: `datakit add {name} --force`",
        )

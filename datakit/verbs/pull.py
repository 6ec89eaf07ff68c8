"""Put recorded bytes where they belong, or any version of them anywhere; Git's HEAD, index and files stay as they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from datakit.errors import EnvironmentProblem, UsageError
from datakit.formats.listing import shown
from datakit.progress import SILENT, Progress
from datakit.records import Pulled
from datakit.repo import project
from datakit.repo.project import Project
from datakit.store import checkout, guard
from datakit.store.cache import Cache
from datakit.verbs import catalog, objects, recording
from datakit.verbs.objects import Version

_PRIVATE = frozenset({".git", ".dvc", ".datakit"})


def pull(
    *references: str,
    to: Path | str | None = None,
    force: bool = False,
    remote: str | None = None,
    offline: bool = False,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> tuple[Pulled, ...]:
    """Put the bytes of datasets where their records say, or of any version at a place of its own.

    Every byte is hashed on its way. What is right already is left alone, so a second run does nothing.

    Args:
        references: `NAME` for what the working tree records, `NAME@VERSION` for a version or revision; by default all
            datasets of the working tree.
        to: The folder, or the file where it has the suffix of the data, that gets the bytes. A folder is filled with
            the files of a dataset that is one; several datasets get a file or folder each. Needed for other bytes than
            those that the working tree records.
        force: Replace what lies there, even bytes that are recorded nowhere.
        remote: One of DVC's remotes; its default one by default. It is asked for what the cache does not have.
        offline: Ask no remote.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        What lies where, one for each reference.

    Raises:
        UsageError: A version without `to`, or two datasets at one place.
        NotFound: No such dataset, version or remote; the nearest names are offered.
        InvalidRecord: A record is broken, or a listing holds an unsafe name.
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
        places = _places(where, versions, to)
        recording.recover(where, cache)
        opened = objects.opener(where, remote, offline=offline)
        fetched = [objects.fetch(where, cache, version, opened, progress) for version in versions]
        return tuple(
            _place(where, cache, version, place, came, in_place=to is None, force=force, progress=progress)
            for version, place, came in zip(versions, places, fetched, strict=True)
        )


def _place(
    where: Project,
    cache: Cache,
    version: Version,
    place: Path,
    fetched: int,
    *,
    in_place: bool,
    force: bool,
    progress: Progress,
) -> Pulled:
    """Put one dataset at its place."""
    goal = version.goal
    if in_place:
        existing: checkout.Existing = "replace" if force else "recorded"
        staging = recording.spill(where)
        with guard.lock(where.root / ".dvc"):
            done = checkout.checkout(
                cache, where.root, place, goal, existing=existing, staging=staging, progress=progress
            )
            checkout.relink(cache, place, goal, done)
    else:
        top = _made(place.parent)
        done = checkout.checkout(cache, top, place, goal, existing="replace" if force else "refuse", progress=progress)
    return Pulled(
        name=version.manifest.name,
        commit=version.commit,
        path=where.relative(place) or os.fspath(place),
        md5=goal.md5,
        files=done.files,
        written=len(done.written),
        removed=done.removed,
        fetched=fetched,
        size=version.manifest.data.size,
    )


def _places(where: Project, versions: Sequence[Version], to: Path | str | None) -> list[Path]:
    """Choose where each dataset goes; refuse what makes no sense before anything is fetched."""
    if to is None:
        for version in versions:
            _refuse_elsewhere(where, version)
        places = [where.root / version.manifest.path for version in versions]
    else:
        places = [_target(where, version, to, alone=len(versions) == 1) for version in versions]
    for number, place in enumerate(places):
        for other in range(number):
            if place == places[other] or place in places[other].parents or places[other] in place.parents:
                raise UsageError(
                    f"`{versions[other].reference}` and `{versions[number].reference}` would lie at one place: "
                    f"`{shown(os.fspath(place))}`",
                    hint="pull them one at a time, each with a `--to` of its own",
                )
    return places


def _refuse_elsewhere(where: Project, version: Version) -> None:
    """Refuse to put a version into the working tree that its records know nothing of."""
    if version.commit is None:
        return
    lying = catalog.recorded(where, where.tree, version.manifest.name)
    if lying is None or (lying.data.md5, lying.path) != (version.manifest.data.md5, version.manifest.path):
        raise UsageError(
            f"`{version.reference}` has other bytes than the working tree records, which would no longer agree with them",
            hint=f"datakit pull {version.reference} --to DIR",
        )


def _target(where: Project, version: Version, to: Path | str, *, alone: bool) -> Path:
    """Return where a dataset goes; folders above it are followed as the user's word."""
    path = version.manifest.path.rsplit("/", 1)[-1]
    full = Path(os.path.normpath(where.here / to))
    full = Path(os.path.realpath(full.parent)) / full.name
    if alone:
        folder = version.manifest.data.md5.endswith(".dir")
        same = full.suffix.lower() == Path(path).suffix.lower() and not os.fspath(to).endswith(os.sep)
        full = full if folder or (same and not full.is_dir()) else full / path
    else:
        full /= path
    root = Path(os.path.realpath(where.root))
    if full == root or full in root.parents:
        raise UsageError(f"`{shown(os.fspath(full))}` holds the repository", hint="choose a place of its own")
    if _PRIVATE & {part.casefold() for part in full.parts}:
        raise UsageError(
            f"`{shown(os.fspath(full))}` is private to Git, DVC or datakit", hint="choose a place of its own"
        )
    return full


def _made(folder: Path) -> Path:
    """Make the folders above a place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(
            f"cannot make the folder `{shown(os.fspath(folder))}`: {error.strerror}", hint="choose another place"
        ) from error
    return folder

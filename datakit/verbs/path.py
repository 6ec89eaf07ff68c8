"""The path of a dataset's verified bytes, of the working tree's records or of any version, whole or one part."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from datakit.progress import SILENT, Progress
from datakit.repo import project
from datakit.repo.project import Project
from datakit.steps import executables, objects, parts, recording
from datakit.steps.parts import Rows
from datakit.store import checkout, derived, files
from datakit.store.cache import Cache
from datakit.store.checkout import Goal

_VERSIONS = "versions"  # in the private folder


def path(
    reference: str, *, split: str | None = None, root: Path | str | None = None, progress: Progress = SILENT
) -> Path:
    """Return where the recorded bytes of a dataset can be read: a file, or a folder, that is not to be written to.

    The bytes are hashed anew at each call. They are those of the record, whatever lies in the working tree. A part of a
    table is computed anew at each call, as Parquet sorted by key, and what lies there is held against that.

    Args:
        reference: `NAME` for what the working tree records, `NAME@VERSION` for a version or any Git revision.
        split: The part of its split: `PART` of the split called `default`, or of the only one there is, or
            `SPLIT/PART`; all by default.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        An absolute path whose last part is the name of the data, or of dataset and part; the files are read-only.

    Raises:
        NotFound: No such dataset, version, split or part; the nearest names are offered.
        UsageError: There are several splits and `split` does not say which.
        InvalidRecord: A record is broken, the split is of other bytes, or a listing holds an unsafe name.
        InvalidData: A value of a part does not read as its column's type.
        IntegrityError: The bytes are nowhere to be found, or are not what is recorded.
        EnvironmentProblem: They have to be fetched and there is no remote, or it does not answer.
    """
    where = project.find(root)
    cache = recording.open_cache(where)
    with where.objects:
        version = objects.find(where, reference)
        opened = objects.opener(where, None)
        if split is None:
            objects.fetch(where, cache, version, opened, progress)
            name = version.manifest.path.rsplit("/", 1)[-1]
            return _copied(where, cache, executables.goal(cache, version), name, progress)
        chosen = parts.choose(version, split)
        if chosen.is_folder:
            files_of = parts.fetch_files(where, cache, chosen, opened, progress)
            return _copied(where, cache, files_of.goal, chosen.file, progress)
        return _computed(where, parts.fetch_rows(where, cache, chosen, opened, progress))


def _copied(where: Project, cache: Cache, goal: Goal, name: str, progress: Progress) -> Path:
    """Put bytes of the cache into the private folder, where they lie read-only under their name."""
    place = _room(where) / goal.md5.replace(".", "-") / name
    staging = recording.staging(where)
    done = checkout.checkout(cache, _room(where), place, goal, existing="replace", staging=staging, progress=progress)
    written = [place / each for each in done.written] if goal.md5.endswith(".dir") else [place] * len(done.written)
    _set_read_only(written)
    return place


def _computed(where: Project, rows: Rows) -> Path:
    """Put a part of a table into the private folder, under the hash of its bytes."""
    room = _room(where)
    with parts.built(where, rows, recording.staging(where)) as made:
        place = room / made.digest.md5 / rows.chosen.file
        files.make_folder(place.parent, root=room)
        derived.place(made.path, made.digest, place, root=room, replace=True)
    _set_read_only([place])
    return place


def _room(where: Project) -> Path:
    """Return the folder for versions, made where it is missing."""
    recording.staging(where)
    room = where.state / _VERSIONS
    files.make_folder(room, root=where.state)
    return room


def _set_read_only(paths: Iterable[Path]) -> None:
    """Take the right to write away."""
    for each in paths:
        with suppress(OSError):  # file systems without modes
            os.chmod(each, 0o555 if os.stat(each).st_mode & 0o111 else 0o444)

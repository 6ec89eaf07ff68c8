"""The path of a dataset's verified bytes, of the working tree's records or of any version."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from datakit.progress import SILENT, Progress
from datakit.repo import project
from datakit.repo.project import Project
from datakit.store import checkout, files
from datakit.store.cache import Cache
from datakit.verbs import objects, recording
from datakit.verbs.objects import Version

_VERSIONS = "versions"  # in the private folder


def path(reference: str, *, root: Path | str | None = None, progress: Progress = SILENT) -> Path:
    """Return where the recorded bytes of a dataset can be read: a file, or a folder, that is not to be written to.

    The bytes are hashed anew at each call. They are those of the record, whatever lies in the working tree.

    Args:
        reference: `NAME` for what the working tree records, `NAME@VERSION` for a version or any Git revision.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        An absolute path whose last part is the name of the data; the files are read-only.

    Raises:
        NotFound: No such dataset or version; the nearest names are offered.
        InvalidRecord: A record is broken, or a listing holds an unsafe name.
        IntegrityError: The bytes are nowhere to be found, or are not what is recorded.
        EnvironmentProblem: They have to be fetched and there is no remote, or it does not answer.
    """
    where = project.find(root)
    cache = recording.open_cache(where)
    with where.objects:
        version = objects.find(where, reference)
        objects.fetch(where, cache, version, objects.opener(where, None), progress)
        return _materialised(where, cache, version, progress)


def _materialised(where: Project, cache: Cache, version: Version, progress: Progress) -> Path:
    """Put a version's bytes into the private folder, where they lie read-only under the data's own name."""
    files.private_folder(where.state)
    room = where.state / _VERSIONS
    files.make_folder(room, root=where.state)
    goal = version.goal
    place = room / goal.md5.replace(".", "-") / version.manifest.path.rsplit("/", 1)[-1]
    staging = recording.spill(where)
    done = checkout.checkout(cache, room, place, goal, existing="replace", staging=staging, progress=progress)
    written = [place / name for name in done.written] if goal.md5.endswith(".dir") else [place] * len(done.written)
    for each in written:
        with suppress(OSError):  # file systems without modes
            os.chmod(each, 0o555 if version.executable else 0o444)
    return place

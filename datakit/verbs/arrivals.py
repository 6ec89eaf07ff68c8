"""Data that comes from a URL: fetched into a private place, proved, then given its name in the work tree."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from datakit.errors import UsageError
from datakit.formats import names
from datakit.formats.manifest import Manifest, Source
from datakit.formats.url import redact
from datakit.gate.dataset import Dataset
from datakit.progress import Progress
from datakit.repo.project import Project
from datakit.store import fetch as store
from datakit.store import files, hashing
from datakit.verbs import catalog


def fetch(
    where: Project, url: str, to: str | None, *, private: bool, now: str, progress: Progress
) -> tuple[str, Source | None]:
    """Fetch a URL's data and put it where it belongs.

    A file that is there is replaced only where its bytes are recorded, so that nothing of the user's is lost.

    Args:
        where: The project.
        url: Any URL that the installed file systems know.
        to: Where the data goes, relative to the repository; a folder where it ends with `/`.
        private: Allow this machine and private networks.
        now: The time, UTC.
        progress: Told of every byte.

    Returns:
        The path of the data, and what can be said of its source.

    Raises:
        UsageError: Another file is in the way.
        EnvironmentProblem: The server cannot be reached or refuses.
        IntegrityError: What arrived is not what the server promised.
    """
    arrived = store.fetch(url, where.state / "tmp", progress, allow_private=private)
    try:
        path = _place(where, to, arrived.name)
        target = where.root / path
        if os.path.lexists(target) and not _recorded(where, path, target, arrived.sha256):
            raise UsageError(
                f"`{path}` is there already, and its bytes are not recorded",
                hint=f"record them with `datakit add {path}`, or name another place with `--to`",
            )
        files.make_folder(target.parent, root=where.root)
        files.publish(arrived.path, target, root=where.root)
    finally:
        arrived.path.unlink(missing_ok=True)
    return path, Source(redact(arrived.uri), now, arrived.sha256, proofs=arrived.proofs)


def _place(where: Project, to: str | None, name: str) -> str:
    """Return where fetched data goes, relative to the repository."""
    folder = where.policy.data.get("raw") or next(iter(where.policy.data.values()))
    wanted = f"{folder}/{name}" if to is None else f"{to}{name}" if to.endswith("/") else to
    path = where.relative(wanted if to is not None else where.root / wanted)
    if path is None or PurePosixPath(path).name in {"", ".", ".."}:
        raise UsageError(f"`{wanted}` is not inside the repository", hint=f"--to {folder}/{names.suggest(name)}")
    return path


def _recorded(where: Project, path: str, target: os.PathLike[str], sha256: str) -> bool:
    """Say whether what lies at a path is kept elsewhere: the bytes that arrived, or those of a manifest."""
    found = hashing.hash_file(where.root / path).sha256 if os.path.isfile(target) else None
    return found is not None and found in {sha256, *_known(where, path)}


def _known(where: Project, path: str) -> set[str]:
    """Return the sha256 that is recorded for a path."""
    tree = where.tree
    manifests: list[Manifest | None] = [
        Dataset(tree, where.policy, name).manifest.value for name in catalog.names(tree, where.policy)
    ]
    return {item.data.sha256 for item in manifests if item is not None and item.path == path}

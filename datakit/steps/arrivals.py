"""Data that comes from a URL: fetched into a private place, proved, then given its name in the work tree."""

from __future__ import annotations

import os

from datakit.errors import UsageError
from datakit.formats import listing
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest, Source
from datakit.formats.url import redact
from datakit.gate.dataset import Dataset
from datakit.progress import Progress
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import catalog, provenance, recording, targets
from datakit.store import files, hashing
from datakit.store.cache import Cache


def fetch(
    where: Project,
    cache: Cache,
    url: str,
    to: str | None,
    *,
    explained: bool,
    private: bool,
    now: str,
    progress: Progress,
) -> tuple[str, Source]:
    """Fetch a URL's data and put it where it belongs.

    A file that is there is replaced only where its bytes are recorded, and only once the cache has them, so that nothing
    of the user's is lost. One that holds the very bytes that arrived is left as it is.

    Args:
        where: The project.
        cache: DVC's cache.
        url: Any URL that the installed file systems know.
        to: Where the data goes, counted from where the user is; a folder where it ends with `/`.
        explained: A reason was given, or can be asked for, should these bytes replace committed ones.
        private: Allow this machine and private networks.
        now: The time, UTC.
        progress: Told of every byte.

    Returns:
        The path of the data, and what can be said of its source.

    Raises:
        UsageError: Another file is in the way, or the reason is missing.
        EnvironmentProblem: The server cannot be reached or refuses.
        IntegrityError: What arrived is not what the server promised.
    """
    from datakit.store import fetch as store

    if to is not None and not to.endswith("/"):
        _place(where, to, "")  # a place that will not do is refused before anything is fetched
    arrived = store.fetch(url, recording.staging(where), progress, allow_private=private)
    try:
        path = _place(where, to, arrived.name)
        if not explained:
            _demand_reason(where, path, arrived.md5)
        if _make_room(where, cache, path, arrived.sha256):
            files.make_folder((where.root / path).parent, root=where.root)
            files.publish(arrived.path, where.root / path, root=where.root)
    finally:
        arrived.path.unlink(missing_ok=True)
    return path, Source(redact(arrived.uri), now, arrived.sha256, proofs=arrived.proofs)


def _place(where: Project, to: str | None, name: str) -> str:
    """Return where fetched data goes, relative to the repository."""
    folder = where.policy.data.get("raw") or next(iter(where.policy.data.values()))
    wanted = f"{folder}/{name}" if to is None else f"{to}{name}" if to.endswith("/") else to
    path = where.relative(wanted if to is not None else where.root / wanted)
    if path is None:
        raise UsageError(f"`{wanted}` is not inside the repository", hint=f"--to {folder}/")
    targets.refuse_catalog(where, path)
    if problem := listing.path_problem(path):
        raise UsageError(f"`{wanted}` cannot be recorded: {problem}", hint=f"--to {folder}/")
    return path


def _demand_reason(where: Project, path: str, md5: str) -> None:
    """Refuse bytes that would replace committed ones without a reason, while the old ones still lie there."""
    head = Commit(where.git, where.objects, where.git.head())
    for last in _recorded(where, path):
        committed = Dataset(head, where.policy, last.name).manifest.value
        if provenance.unexplained(md5, committed=committed, last=last):
            raise provenance.unsaid(last.name)


def _make_room(where: Project, cache: Cache, path: str, sha256: str) -> bool:
    """Say whether the file has to be written; what lies there is kept in the cache first, or refused."""
    target = where.root / path
    if not os.path.lexists(target):
        return True
    found = hashing.hash_file(target).sha256 if target.is_file() else None
    if found == sha256:
        return False
    if found is None or found not in {item.data.sha256 for item in _recorded(where, path)}:
        raise UsageError(
            f"`{path}` is there already, and its bytes are not recorded",
            hint=f"record them with `{command('datakit add', path)}`, or name another place with `--to`",
        )
    cache.put(target)
    cache.sync()
    return True


def _recorded(where: Project, path: str) -> list[Manifest]:
    """Return what is recorded of a path."""
    tree = where.tree
    known = (catalog.recorded(where, tree, name) for name in catalog.names(tree, where.policy))
    return [item for item in known if item is not None and item.path == path]

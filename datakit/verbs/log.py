"""The history of a dataset: what changed, why, who, and which versions were registered."""

from __future__ import annotations

from pathlib import Path

from datakit.errors import InvalidRecord
from datakit.formats import manifest, names, tags
from datakit.formats.manifest import Manifest
from datakit.records import Entry
from datakit.repo import project
from datakit.verbs import catalog
from datakit.versions import history


def log(name: str, *, root: Path | str | None = None) -> tuple[Entry, ...]:
    """Return the states of a dataset's data on HEAD's line, newest first.

    Commits that changed the record and not the data are folded into the state that they are about.

    Args:
        name: The dataset.
        root: A folder of the project; the current one by default.

    Returns:
        One entry for each state of the bytes.

    Raises:
        NotFound: There is no such dataset, neither in the working tree nor in HEAD.
    """
    where = project.find(root)
    room = where.room(names.check(name))
    with where.objects:
        found = history.revisions(where.root, room.manifest)
        if not found:
            catalog.known(catalog.names(where.tree, where.policy), [name])
        versions: dict[str, list[str]] = {}
        for item in sorted(history.registered(where.root, name), key=lambda item: tags.order(item.version)):
            versions.setdefault(item.commit, []).append(str(item.version))
        return tuple(_entries([(revision, _read(revision.content, room.manifest)) for revision in found], versions))


def _entries(found: list[tuple[history.Revision, Manifest | None]], versions: dict[str, list[str]]) -> list[Entry]:
    """Make one entry of all commits in a row that have the same bytes; the first of them brought the bytes."""
    entries: list[Entry] = []
    pending: list[str] = []
    for i, (revision, record) in enumerate(found):
        before = found[i + 1][1] if i + 1 < len(found) else None
        pending = [*versions.get(revision.commit, []), *pending]
        if record is not None and before is not None and record.data.md5 == before.data.md5:
            continue
        entries.append(
            Entry(
                commit=revision.commit,
                at=revision.at,
                by=revision.author,
                note=record.change.note if record else "",
                md5=record.data.md5 if record else None,
                size=record.data.size if record else None,
                rows=record.data.rows if record else None,
                versions=tuple(pending),
            )
        )
        pending = []
    return entries


def _read(content: bytes | None, where: str) -> Manifest | None:
    """Read a manifest of the past; one that was broken then is as good as none."""
    if content is None:
        return None
    try:
        return manifest.read(content, where)
    except InvalidRecord:
        return None

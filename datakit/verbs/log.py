"""The history of a dataset: what changed, why, who, and which versions were registered."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path

from datakit.formats import names
from datakit.formats.manifest import Manifest
from datakit.gate.dataset import Dataset
from datakit.records import Entry
from datakit.repo import project, references
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import catalog, lineage
from datakit.versions import history


def log(name: str, *, root: Path | str | None = None) -> tuple[Entry, ...]:
    """Return the states of a dataset's data on HEAD's line, newest first, under the names that it had before too.

    Commits that changed the record and not the data are folded into the state that they are about. A removal is an
    entry without bytes, whose note is the tombstone's reason.

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
        found = lineage.line(where, name)
        if not any(some for _, some in found):
            catalog.find(where, where.tree, [name])
        line = [revision for _, some in found for revision in some]
        versions = _registered(where, name, {called for called, _ in found}, {revision.commit for revision in line})
        return tuple(
            entry if entry.md5 is not None else entry._replace(note=_farewell(where, name, entry.commit))
            for entry in entries(line, room.manifest, versions)
        )


def _registered(where: Project, name: str, called: Iterable[str], known: Container[str]) -> dict[str, list[str]]:
    """Return the versions by the commit that gave the record its content: a tag is often on a later one."""
    found: dict[str, list[str]] = {}
    for one in called:
        for version, commit in references.versions(where.git, one).items():
            text = str(version) if one == name else f"{one}@{version}"
            brought = commit if commit in known else history.last_change(where.root, where.room(one).manifest, commit)
            found.setdefault(brought or commit, []).append(text)
    return found


def _farewell(where: Project, name: str, commit: str) -> str:
    """Say why a commit no longer has a dataset: the tombstone's reason, or the name that it got."""
    tree = Commit(where.git, where.objects, commit)
    stone = catalog.buried(tree, where.policy, name)
    if stone is not None:
        return stone.reason
    for other in catalog.names(tree, where.policy):
        found = Dataset(tree, where.policy, other).manifest.value
        if found is not None and found.former == name:
            return f"renamed to {other}"
    return ""


def entries(
    revisions: Sequence[history.Revision],
    where: str,
    versions: Mapping[str, Sequence[str]],
    former: Manifest | None = None,
) -> tuple[Entry, ...]:
    """Make one entry of all commits in a row that have the same bytes; the first of them brought the bytes.

    Args:
        revisions: The commits that changed the manifest, newest first.
        where: Its path.
        versions: What is registered, by commit.
        former: The manifest before the oldest of them.
    """
    entries: list[Entry] = []
    pending: list[str] = []
    found = [(revision, lineage.read(revision.content, where)) for revision in revisions]
    for i, (revision, record) in enumerate(found):
        before = found[i + 1][1] if i + 1 < len(found) else former
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
    return tuple(entries)

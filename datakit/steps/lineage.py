"""The names that a dataset had: each manifest knows the one before, and the history goes on under it."""

from __future__ import annotations

from collections.abc import Sequence

from datakit.errors import InvalidRecord
from datakit.formats import manifest
from datakit.formats.manifest import Manifest
from datakit.gate.dataset import Dataset
from datakit.repo.project import Project
from datakit.repo.tree import Tree
from datakit.versions import history


def name_in(where: Project, tree: Tree, name: str) -> str:
    """Return what a dataset is called in a tree: the name itself, or a former one that the tree has.

    Args:
        where: The project.
        tree: A commit before the dataset was renamed, perhaps.
        name: The dataset; a name that neither tree nor history knows is returned as it is.
    """
    if tree.under(where.room(name).folder):
        return name
    former = (called for called, _ in line(where, name)[1:])
    return next((called for called in former if not Dataset(tree, where.policy, called).manifest.missing), name)


def line(where: Project, name: str) -> list[tuple[str, Sequence[history.Revision]]]:
    """Return the commits of a dataset, newest first, with the name that it had in them; a name may come again."""
    found: list[tuple[str, Sequence[history.Revision]]] = []
    lying = Dataset(where.tree, where.policy, name).manifest.value
    current: str | None = name
    before: str | None = None
    while current is not None:
        revisions = history.revisions(where.root, where.room(current).manifest, before=before)
        if not revisions and current == name and before is None and lying is not None and lying.former is not None:
            found.append((current, ()))  # renamed, and not committed yet
            current = lying.former
            continue
        own, former = _own(revisions, where.room(current).manifest)
        found.append((current, own))
        current, before = former, own[-1].commit if own else None
    return found


def _own(revisions: Sequence[history.Revision], where: str) -> tuple[Sequence[history.Revision], str | None]:
    """Return the commits up to the one in which the dataset took this name, and the name that it had before."""
    for i, revision in enumerate(revisions):
        record = read(revision.content, where)
        first = i + 1 == len(revisions) or revisions[i + 1].content is None
        if record is not None and record.former is not None and first:
            return revisions[: i + 1], record.former
    return revisions, None


def read(content: bytes | None, where: str) -> Manifest | None:
    """Read a manifest of the past; one that was broken then is as good as none."""
    if content is None:
        return None
    try:
        return manifest.read(content, where)
    except InvalidRecord:
        return None

"""Data that nothing tracks and that is a dataset's, moved by hand: the same bytes at another place."""

from __future__ import annotations

import os
from collections.abc import Iterable

from datakit.errors import DatakitError
from datakit.formats.finding import command
from datakit.formats.manifest import Data
from datakit.gate.dataset import Dataset
from datakit.records import State
from datakit.repo.project import Project
from datakit.repo.tree import Tree
from datakit.steps import recording
from datakit.store.cache import Cache
from datakit.store.scan import scan


def claimed(
    where: Project, cache: Cache, tree: Tree, states: Iterable[State], unrecorded: Iterable[str]
) -> tuple[list[State], list[str]]:
    """Tell datasets whose data is gone where it went.

    Args:
        where: The project.
        cache: DVC's cache, into which links may lead.
        tree: The work tree.
        states: What is known of each dataset.
        unrecorded: Paths of data that nothing tracks.

    Returns:
        The states, those of moved data with the command that follows it; and the paths that are nobody's: what lies
        where a record says is that dataset's, though its pointer may be gone or elsewhere.
    """
    states = tuple(states)
    recorded = {state.path for state in states if state.name}
    left, told = [path for path in unrecorded if path not in recorded], []
    for state in states:
        place = next(
            (path for path in left if _is_target(state, path) or _is_gone(where, cache, tree, state, path)), None
        )
        if place is not None:
            left.remove(place)
        if place is not None and state.condition == "absent":
            mend = command(f"datakit mv {state.name}", place)
            told.append(state._replace(detail=f"the data was moved to `{place}`", command=mend))
        else:
            told.append(state)
    return told, left


def _is_target(state: State, path: str) -> bool:
    """Say whether a state already knows that the data went there."""
    return bool(state.name) and state.command == command(f"datakit mv {state.name}", path)


def _is_gone(where: Project, cache: Cache, tree: Tree, state: State, path: str) -> bool:
    """Say whether a path has the bytes of a dataset whose data is not at its place."""
    manifest = Dataset(tree, where.policy, state.name).manifest.value if state.condition == "absent" else None
    if manifest is None:
        return False
    try:
        return _could_be(where, cache, path, manifest.data) and (
            recording.look(where, cache, path).md5 == manifest.data.md5
        )
    except DatakitError:
        return False  # what cannot be recorded is not what is recorded


def _could_be(where: Project, cache: Cache, path: str, data: Data) -> bool:
    """Compare kind, size and number of files, before a byte is read."""
    if os.path.isdir(where.root / path) != data.md5.endswith(".dir"):
        return False
    found = scan(where.root, where.root / path, cache=cache.path)
    return (found.size, len(found.files)) == (data.size, data.files)

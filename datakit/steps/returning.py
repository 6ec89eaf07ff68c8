"""How what was removed is brought back: all of it while Git can undo the removal, or the bytes of one version."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from datakit.formats import artifacts, tags
from datakit.formats.finding import command
from datakit.formats.tombstone import Tombstone
from datakit.gate.dataset import Dataset
from datakit.repo import references
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import ignoring
from datakit.versions import history


def back(where: Project, stone: Tombstone) -> str:
    """Say how to bring a dataset back.

    Args:
        where: The project.
        stone: Its tombstone.
    """
    name, head = stone.name, where.git.head()
    room = where.room(name)
    known = references.versions(where.git, name)
    newest = max(known, key=tags.order) if known else None
    if not Dataset(Commit(where.git, where.objects, head), where.policy, name).manifest.missing:
        undo = command("git restore --source=HEAD --staged --worktree --", room.folder, *_beside(where, stone))
        return f"`{undo}` and `datakit pull {name}` bring it back; its bytes alone: {_bytes(name, newest or head[:10])}"
    removal = history.last_change(where.root, room.manifest, head)
    if removal is None:
        return f"`datakit log {name}` has its commits: {_bytes(name, newest or 'COMMIT')}"
    undo = f"`git revert {removal[:10]}` and `datakit pull {name}` bring it back; "
    taken = stone.pointer.endswith(".dvc") and where.tree.entry(stone.pointer) is not None
    return (
        f"{'' if taken else undo}its bytes alone: {_bytes(name, newest or f'{removal[:10]}~1')}; "
        f'other data under its name: `datakit add PATH --name {name} -m "why it is back"`'
    )


def _bytes(name: str, version: object) -> str:
    """Return the command that puts the bytes of one version anywhere."""
    return f"`datakit pull {name}@{version} --to DIR`"


def _beside(where: Project, stone: Tombstone) -> Iterator[str]:
    """Return what HEAD has of a dataset outside of its room; a file that others changed since is left out."""
    tree, head = where.tree, Commit(where.git, where.objects, where.git.head())
    folder = stone.path.rpartition("/")[0]
    without: dict[str, Callable[[bytes], bytes]] = {
        f"{folder}/.gitignore".lstrip("/"): lambda data: ignoring.remove(data, stone.path),
        artifacts.FILE: lambda data: artifacts.remove(data, stone.name),
    }
    if stone.pointer.endswith(".dvc") and head.entry(stone.pointer) is not None:
        yield stone.pointer
    for path, cut in without.items():
        then, now = head.read(path), tree.read(path)
        if then is not None and then != now and cut(then) == (now or b""):
            yield path

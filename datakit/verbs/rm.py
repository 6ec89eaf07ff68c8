"""Take a dataset out of the working tree; nothing is lost: a tombstone says what it was and why it went.

Every file that goes can be had again: the records are in HEAD, the bytes are in DVC's cache, hashed just now. What
cannot be had again is refused before anything is done. A dataset that was deleted by hand gets its tombstone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from datakit.errors import EnvironmentProblem, UsageError
from datakit.formats import artifacts, names, pointer_edit, tombstone, url
from datakit.formats.finding import command
from datakit.formats.room import Room
from datakit.formats.tombstone import Last, Tombstone
from datakit.gate.dataset import Dataset, outs, pipeline_of
from datakit.progress import SILENT, Progress
from datakit.records import DataFate, Removed
from datakit.repo import project
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import (
    catalog,
    publishing,
    recording,
    returning,
    rewriting,
    targets,
    vouching,
)
from datakit.steps.rewriting import Plan
from datakit.store import guard
from datakit.version import VERSION


def rm(
    name: str,
    *,
    reason: str,
    keep_data: bool = False,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> Removed:
    """Remove a dataset: its room, its pointer, its artifact and its data; every committed version can still be had.

    Args:
        name: The dataset.
        reason: Why it is no longer needed; the tombstone keeps it.
        keep_data: Leave the data in the working tree, tracked by nothing.
        root: A folder of the project; the current one by default.
        progress: Told of every byte that is hashed.

    Returns:
        What went, and how to get it back.

    Raises:
        UsageError: There is no reason, or it holds a secret.
        NotFound: There is no such dataset.
        InvalidRecord: A record is broken.
        EnvironmentProblem: Something would be lost, or a stage makes the data.
        IntegrityError: The cache has other bytes than those that are recorded.
        LockTimeout: Another process holds the repository.
    """
    where = project.find(root)
    names.check(name)
    _check(name, reason)
    cache = recording.open_cache(where)
    recording.recover(where, cache)
    with where.objects, guard.lock(where.root / ".dvc"):
        stone = _stone(where, name, reason.strip())
        dataset = Dataset(where.tree, where.policy, name)
        _refuse_stage(where, stone)
        owners = _owners(where, stone)
        passed_on = bool(owners) or _is_over(where, dataset)
        own = None if keep_data or passed_on else vouching.data(where, cache, stone, progress)
        splits = vouching.memberships(where, cache, dataset.room, progress)
        plan = _plan(where, dataset, stone, keep_data=keep_data or passed_on, others=bool(owners))
        changed = rewriting.carry_out(where, plan, _traces(where, stone))
        for found in (*splits, *([] if own is None else [own])):
            vouching.remove(where, found)
        _drop_empty(where.root / dataset.room.splits)
        lies = os.path.lexists(where.root / stone.path) and not passed_on
        data: DataFate = "kept" if lies else "absent" if own is None else "removed"
        notes = (*(f"`{stone.path}` is data of `{other}` now" for other in owners), *_notes(where, stone))
        return Removed(name, stone.path, data, dataset.room.tombstone, changed, where.policy.autostage, notes)


def _owners(where: Project, stone: Tombstone) -> list[str]:
    """Return the other datasets whose data lies there now: what was this one's is theirs, whatever its bytes are."""
    found = []
    for name in catalog.names(where.tree, where.policy):
        other = catalog.recorded(where, where.tree, name) if name != stone.name else None
        if other is not None and targets.nested(other.path, stone.path):
            found.append(name)
    return found


def _is_over(where: Project, dataset: Dataset) -> bool:
    """Say whether a commit has the removal, and no pointer has the data: what lies there since then is people's."""
    head = Dataset(Commit(where.git, where.objects, where.git.head()), where.policy, dataset.name)
    stone = head.tombstone.value
    if stone is None or not head.manifest.missing or not dataset.manifest.missing:
        return False
    data = publishing.current(where, stone.pointer)
    return data is None or all(target != stone.path for target, _ in outs(data, stone.pointer))


def _drop_empty(folder: Path) -> None:
    """Remove the folder of splits, which held memberships until now."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _check(name: str, reason: str) -> None:
    """Refuse a removal without a reason, and a secret, which would be committed."""
    if not reason.strip():
        raise UsageError(f"`{name}` is not removed without a reason", hint=_again(name))
    if found := url.secrets(reason):
        raise UsageError(f"`--reason` holds a secret, which would be committed: {found[0]}", hint="leave it out")


def _again(name: str) -> str:
    """Return the command with a place for the reason."""
    return f'datakit rm {name} --reason "why it is no longer needed"'


def _stone(where: Project, name: str, reason: str) -> Tombstone:
    """Return the tombstone: the one that lies there, else one of what HEAD has."""
    now = Dataset(where.tree, where.policy, name)
    then = Dataset(Commit(where.git, where.objects, where.git.head()), where.policy, name)
    for found in (now.tombstone.value, then.tombstone.value):
        if found is not None and now.manifest.missing and found.name == name:
            _refuse_edited(where, now)
            return found
    lying = catalog.whole(now.manifest, name)
    committed = then.manifest.value
    if lying is None and committed is None:
        catalog.find(where, where.tree, [name])
    if committed is None or (lying is not None and lying.data.md5 != committed.data.md5):
        what = "it" if committed is None else "its last change"
        raise EnvironmentProblem(
            f"`{name}` would be lost: no commit has {what}", hint="commit it first; then every version can still be had"
        )
    _refuse_edited(where, now)
    last = lying or committed
    data = Last(last.data.md5, last.data.sha256, last.data.size, last.data.files)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Tombstone(name, last.path, last.pointer, data, reason, where.git.author(), at, VERSION)


def _refuse_edited(where: Project, now: Dataset) -> None:
    """Refuse where people wrote something into the room that no commit has."""
    lying = (path for path in _unsaved(where, now.room) if not _is_membership(now.room, path))
    staged = (change.path for change in where.git.changes(where.git.head()) if not change.removed)
    inside = dict.fromkeys(path for path in (*lying, *staged) if path.startswith(f"{now.room.folder}/"))
    edited = [path for path in inside if not _is_ours(now.room, path)]
    if edited:
        more = f" and {len(edited) - 1} more" if len(edited) > 1 else ""
        raise EnvironmentProblem(
            f"`{edited[0]}`{more} would be lost: no commit has what it says",
            hint=f"commit it first, or {command('git restore --source=HEAD --staged --worktree --', edited[0])}",
        )


def _is_ours(room: Room, path: str) -> bool:
    """Say whether datakit or DVC wrote a file of a room, so that nothing of people's is in it."""
    inner = path.startswith(f"{room.splits}/") and path.endswith((".json", ".parquet.dvc", "/.gitignore"))
    own = {room.manifest, room.receipt, room.profile, room.tombstone, room.executable_pointer}
    return inner or path in own


def _has_lines_of_people(where: Project, room: Room, path: str) -> bool:
    """Say whether the list of a room's ignored files has lines that neither datakit wrote nor HEAD has."""
    known = {f"/{room.executable.rpartition('/')[2]}"}
    committed = where.objects.read(f"{where.git.head()}:{path}") or b""
    known |= set(committed.decode(errors="replace").splitlines())
    return bool(set((where.root / path).read_bytes().decode(errors="replace").splitlines()) - known)


def _unsaved(where: Project, room: Room) -> Iterator[str]:
    """Find the files of a room that lie in the working tree and are not what HEAD has."""
    for change in where.git.pending(where.git.head()):
        path = where.root / change.path
        if not change.path.startswith(f"{room.folder}/") or not os.path.lexists(path):
            continue
        # Git calls gone what the index has not, though a new file may lie there.
        comparable = change.removed and stat.S_ISREG(os.lstat(path).st_mode)
        if comparable and where.git.blob_id(change.path) == change.old_oid:
            continue
        if change.path != f"{room.folder}/.gitignore" or _has_lines_of_people(where, room, change.path):
            yield change.path


def _is_membership(room: Room, path: str) -> bool:
    """Say whether DVC keeps a file of a room, such as the membership of a split: it goes by itself, if vouched for."""
    return (path.startswith(f"{room.splits}/") and path.endswith(".parquet")) or path == room.executable


def _refuse_stage(where: Project, stone: Tombstone) -> None:
    """Refuse what a stage makes: DVC would make it again."""
    if stone.pointer.endswith(".dvc"):
        return
    data = where.tree.read(stone.pointer)
    found = () if data is None else outs(data, stone.pointer, pipeline_of(where.tree, stone.pointer))
    if any(target == stone.path for target, _ in found):
        raise EnvironmentProblem(
            f"`{stone.path}` is the output of a stage, which would make it again",
            hint=f"`dvc remove STAGE`, then {_again(stone.name)}",
        )


def _plan(where: Project, dataset: Dataset, stone: Tombstone, *, keep_data: bool, others: bool) -> Plan:
    """Return what is written and what goes; where the data is another dataset's now, its pointer is no business of ours."""
    room = dataset.room
    tracked = {*where.git.listed(paths=[room.folder]), *where.tree.under(room.folder)}
    unsaved = {path for path in _unsaved(where, room) if _is_membership(room, path)}
    gone = {path for path in tracked - unsaved if path != room.tombstone and os.path.lexists(where.root / path)}
    written = {room.tombstone: tombstone.dump(stone)}
    line = artifacts.remove(rewriting.pipeline(where), stone.name)
    if line:
        written[artifacts.FILE] = line
    else:
        gone.add(artifacts.FILE)
    gone |= set() if others else _without_out(where, stone, written)
    if not keep_data and (hidden := rewriting.unhidden(where, stone.path)) is not None:
        file, left = hidden
        if left:
            written[file] = left
        else:
            gone.add(file)
    return Plan(room.tombstone, written, tuple(sorted(gone)))


def _without_out(where: Project, stone: Tombstone, written: dict[str, bytes]) -> set[str]:
    """Take the data out of its pointer; return the pointer where nothing else is in it."""
    data = publishing.current(where, stone.pointer) if stone.pointer.endswith(".dvc") else None
    for target, out in outs(data, stone.pointer) if data is not None else ():
        if target == stone.path and out.name in {None, stone.name}:
            left = pointer_edit.drop(data or b"", stone.pointer, out.path)
            if left is None:
                return {stone.pointer}
            written[stone.pointer] = left
    return set()


def _traces(where: Project, stone: Tombstone) -> list[str]:
    """Return what Git may still know though it is gone from the working tree."""
    room = where.room(stone.name)
    ignore = f"{stone.path.rpartition('/')[0]}/.gitignore".lstrip("/")
    return [stone.pointer, ignore, artifacts.FILE, *where.git.listed(paths=[room.folder])]


def _notes(where: Project, stone: Tombstone) -> Iterator[str]:
    """Say how to get it back, and what else names it."""
    yield returning.back(where, stone)
    yield "its bytes stay in DVC's cache and on the remote; `dvc gc -w` would take them: `datakit push` first"
    tree = where.tree
    for name in catalog.names(tree, where.policy):
        found = Dataset(tree, where.policy, name).manifest.value
        if found is not None and any(parent.name == stone.name for parent in found.derived_from):
            yield f"`{name}` is made of it and keeps its name and hash"
    yield from rewriting.mentions(where, stone.path)

"""Writing what `add` found out: every file of a dataset at once, under the lock, staged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats import artifacts, pointer
from datakit.formats.finding import Finding, command
from datakit.formats.pointer import Out
from datakit.formats.room import Room
from datakit.gate.judge import judge
from datakit.repo.project import Project
from datakit.repo.tree import Commit, Tree
from datakit.steps import ignoring, targets
from datakit.steps.recording import Snapshot
from datakit.steps.targets import Tracking
from datakit.store import files, guard, journal
from datakit.store.cache import Cache


def pointer_of(where: Project, tree: Tree, tracked: Tracking, path: str, taken: Snapshot, name: str) -> bytes | None:
    """Write the pointer as DVC would, with the dataset's name; None where a stage makes the data, so that DVC writes it.

    Raises:
        EnvironmentProblem: An import of DVC, or data that it keeps as versions of a bucket: only DVC may change those.
    """
    if tracked.stage:
        return None
    is_folder = taken.scan.is_folder
    fresh = Out(
        path=path.rsplit("/", 1)[-1],
        md5=taken.md5,
        size=taken.size,
        files=len(taken.scan.files) if is_folder else None,
        hash="md5",
        name=name,
        executable=not is_folder and taken.scan.files[0].executable,
    )
    old = targets.pointer_bytes(where, tree, tracked.pointer)
    if tracked.out is None or old is None:
        return pointer.render(fresh)
    if tracked.out.cloud:
        raise EnvironmentProblem(
            f"`{tracked.pointer}` keeps its versions in a cloud bucket of its own, which only DVC can update",
            hint=f"{command('dvc update', tracked.pointer)}, or track the data without `version_aware`",
        )
    if pointer.read(old, tracked.pointer).imported and tracked.out.md5 != taken.md5:
        raise EnvironmentProblem(
            f"`{path}` was imported by DVC and has other bytes than its import",
            hint=command("dvc update", tracked.pointer),
        )
    return pointer.update(old, tracked.pointer, fresh._replace(path=tracked.out.path, cache=tracked.out.cache))


def pointer_beside(where: Project, tree: Tree, path: str, fresh: Out) -> bytes:
    """Write the pointer of what lies in a room as DVC would; what people added to one that is there stays.

    Args:
        where: The project.
        tree: The working tree.
        path: The pointer.
        fresh: Its one out.
    """
    old = targets.pointer_bytes(where, tree, path)
    try:
        known = None if old is None else pointer.read(old, path)
    except InvalidRecord:
        known = None
    if old is None or known is None or [out.path for out in known.outs] != [fresh.path] or known.wdir != ".":
        return pointer.render(fresh)
    return pointer.update(old, path, fresh._replace(name=known.outs[0].name))


def publish(
    where: Project,
    room: Room,
    path: str,
    tracked: str,
    ignore: str | None,
    written: Mapping[str, bytes],
    *,
    lying: Mapping[str, bytes | None],
    place: Callable[[], object] = tuple,
) -> tuple[str, ...] | None:
    """Write all files of a dataset as one, and those that it shares with others, and stage them.

    Args:
        where: The project.
        room: The dataset's room.
        path: The data.
        tracked: Its pointer, staged even where DVC wrote it.
        ignore: The `.gitignore` that must hide the data; None where a rule does already.
        written: The new content of each of the dataset's own files.
        lying: What the dataset's files held when the work began.
        place: Puts what DVC keeps, and Git does not, at its place, once the records are written.

    Returns:
        As `write`.

    Raises:
        EnvironmentProblem: As `write`.
        LockTimeout: Another process holds the repository.
    """

    def plan() -> dict[str, bytes]:
        shared = {artifacts.FILE: artifacts.put(current(where, artifacts.FILE) or b"", room.name, path)}
        if ignore is not None:
            shared[ignore] = ignoring.put(current(where, ignore) or b"", path)
        return {**shared, **written}

    return write(where, room, plan, lying=lying, also=(tracked,), place=place)


def write(
    where: Project,
    room: Room,
    plan: Callable[[], Mapping[str, bytes]],
    *,
    lying: Mapping[str, bytes | None],
    also: Iterable[str] = (),
    place: Callable[[], object] = tuple,
) -> tuple[str, ...] | None:
    """Write files as one and stage them; only this holds the lock, and files that datasets share are read in it.

    Args:
        where: The project.
        room: The dataset's room.
        plan: Returns the new content of each file; called under the lock.
        lying: What the dataset's files held when the work began.
        also: Further files to stage.
        place: Puts what DVC keeps, and Git does not, at its place, once the records are written.

    Returns:
        The files that changed, sorted; None, and nothing is done, where another process wrote one of them meanwhile.

    Raises:
        EnvironmentProblem: A file cannot be written, or Git cannot stage it.
        LockTimeout: Another process holds the repository.
    """
    with guard.lock(where.root / ".dvc"):
        journal.recover(where.state, where.root)
        if any(current(where, name) != data for name, data in lying.items()):
            return None
        content = plan()
        check_writable(where, content)
        with journal.transaction(where.state, where.root) as change:
            changed = [name for name, data in content.items() if change.write(where.root / name, data)]
            if room.manifest in content and change.remove(where.root / room.tombstone):
                changed.append(room.tombstone)  # what was removed is back
            if room.manifest in content and room.executable_pointer not in content:
                changed += [room.executable_pointer] * change.remove(where.root / room.executable_pointer)
        place()
        if where.policy.autostage:
            where.git.stage(sorted({*content, *also, *changed} - _in_conflict(where, room)))
    return tuple(sorted(changed))


def remaining(where: Project, name: str) -> tuple[Finding, ...]:
    """Return what the gate would still say of a dataset in the work tree.

    Args:
        where: The project.
        name: The dataset.
    """
    base = where.git.head()
    tree, before = where.tree, Commit(where.git, where.objects, base)
    return tuple(item for item in judge(tree, before, where.git.pending(base)) if item.dataset == name)


def relink(cache: Cache, taken: Snapshot) -> None:
    """Replace files by links to their objects where DVC's configuration asks for links."""
    if not cache.makes_links:
        return
    for file, digest in zip(taken.scan.files, taken.digests, strict=True):
        cache.link(digest.md5, taken.scan.path(file), file.stamp)


def _in_conflict(where: Project, room: Room) -> set[str]:
    """Return the files of people's hand that a merge left in conflict: staging them would call it resolved."""
    records = where.git.listed("--unmerged", paths=[room.card, room.contract, room.splits])
    paths = {record.partition("\t")[2] for record in records}
    return {path for path in paths if path.endswith((".md", ".yaml"))}


def current(where: Project, path: str) -> bytes | None:
    """Return a file as it lies now, or None where there is none."""
    full = where.root / path
    return files.read(full) if os.path.lexists(full) else None


def check_writable(where: Project, paths: Iterable[str]) -> None:
    """Refuse before the first file is written where a later one could not be: then nothing at all has happened."""
    index = where.git.path("index")
    if where.policy.autostage and (locked := where.git.index_lock()) is not None:
        raise EnvironmentProblem(
            "another Git command is changing the index", hint=f"wait until it is done; if none runs, rm {locked}"
        )
    for name in (*paths, *[str(index)] * where.policy.autostage):
        folder = (where.root / name).parent
        while not folder.exists():
            folder = folder.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise EnvironmentProblem(
                f"cannot write `{name}`: the folder `{folder}` is not writable", hint=f"chmod u+w {folder}"
            )

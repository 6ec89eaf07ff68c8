"""A dataset's data at another place: the bytes, the pointer beside them, the manifest, the artifact and the ignore rules."""

from __future__ import annotations

import os
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, UsageError
from datakit.formats import artifacts, manifest, pointer, pointer_edit
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest
from datakit.formats.pointer import Out
from datakit.gate.dataset import Dataset, outs
from datakit.records import Moved
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import (
    catalog,
    ignoring,
    publishing,
    recording,
    rewriting,
    targets,
    vouching,
)
from datakit.steps.rewriting import Plan
from datakit.steps.vouching import Vouched
from datakit.store.relocation import Move
from datakit.version import VERSION


class _Pointer(NamedTuple):
    """The pointer as it lies, and where it shall lie."""

    lies: str
    target: str
    out: Out
    moved: bool  # by hand, by `dvc mv` or `git mv`


def move(where: Project, name: str, path: str) -> Moved:
    """Move the data of a dataset; the caller holds the lock.

    Args:
        where: The project.
        name: The dataset.
        path: Where its data shall lie, relative to the repository.

    Raises:
        UsageError: The place is taken.
        NotFound: There is no such dataset.
        InvalidRecord: A record is broken.
        EnvironmentProblem: Something is in the way, or DVC alone may move it.
    """
    catalog.find(where, where.tree, [name])
    dataset = Dataset(where.tree, where.policy, name)
    known = catalog.whole(dataset.manifest, name)
    if known is None:
        raise EnvironmentProblem(f"`{name}` has no manifest", hint=f"datakit add PATH --name {name}")
    if path == known.path and not dataset.pointer.missing:
        return _done(where, known)
    if not known.pointer.endswith(".dvc"):
        return _stage_output(where, dataset, known, path)
    found = _pointer(where, known, path)
    moves = _data(where, known, path, found)
    _refuse_taken(where, path, found)
    fresh = known._replace(path=path, pointer=found.target, datakit=VERSION)
    written = {dataset.room.manifest: manifest.dump(fresh), **_pointer_files(where, found, path)}
    gone = [found.lies] if found.lies != found.target else []
    ignore = ignoring.rule_for(where, path, found.target, dataset.room)
    if (hidden := rewriting.unhidden(where, known.path)) is not None:
        file, left = hidden
        if left or file == ignore:
            written[file] = left
        else:
            gone.append(file)
    if ignore is not None:
        written[ignore] = ignoring.put(written.get(ignore, publishing.current(where, ignore) or b""), path)
    return _carried_out(where, known, fresh, Plan(dataset.room.manifest, written, tuple(gone), moves))


def _carried_out(where: Project, known: Manifest, fresh: Manifest, plan: Plan) -> Moved:
    """Carry a plan out, the artifact with it."""
    line = artifacts.put(rewriting.pipeline(where), fresh.name, fresh.path)
    whole = plan._replace(written={**plan.written, artifacts.FILE: line})
    changed = rewriting.carry_out(where, whole, [known.pointer, *_former_pointer(where, known)])
    notes = rewriting.mentions(where, known.path)
    return Moved(fresh.name, fresh.path, known.name, known.path, changed, where.policy.autostage, notes)


def _former_pointer(where: Project, known: Manifest) -> list[str]:
    """Return the pointer that HEAD has, which is to be staged as gone where it was moved by hand."""
    head = Dataset(Commit(where.git, where.objects, where.git.head()), where.policy, known.name).manifest.value
    return [] if head is None else [head.pointer, f"{head.path.rpartition('/')[0]}/.gitignore".lstrip("/")]


def _done(where: Project, known: Manifest) -> Moved:
    """Stage what an earlier run may not have staged; nothing else is left to do."""
    if where.policy.autostage:
        room = where.room(known.name)
        rewriting.stage(where, [known.pointer, room.manifest, artifacts.FILE, *_former_pointer(where, known)])
    return Moved(known.name, known.path, known.name, known.path, (), where.policy.autostage, ())


def _pointer(where: Project, known: Manifest, path: str) -> _Pointer:
    """Find the pointer: where the manifest says, or where it was moved to by hand."""
    beside = known.pointer == f"{known.path}.dvc"
    target = f"{path}.dvc" if beside else known.pointer
    data = publishing.current(where, known.pointer)
    for place, out in outs(data, known.pointer) if data is not None else ():
        if place == known.path:
            _refuse_import(known, path, data or b"")
            return _Pointer(known.pointer, target, out, moved=False)
        if place == path and out.name in {None, known.name} and not beside:
            return _Pointer(known.pointer, target, out, moved=True)
    data = publishing.current(where, f"{path}.dvc")
    found = outs(data, f"{path}.dvc") if data is not None and beside else ()
    if len(found) == 1 and _is_ours(found[0][1], known):
        return _Pointer(f"{path}.dvc", target, found[0][1], moved=True)
    raise EnvironmentProblem(
        f"`{known.pointer}` is missing or has no out `{known.path}`",
        hint=command("git restore --source=HEAD --staged --worktree --", known.pointer),
    )


def _is_ours(out: Out, known: Manifest) -> bool:
    """Say whether an out is that of the dataset: by its name, or without one by its hash."""
    return out.name == known.name or (out.name is None and out.md5 == known.data.md5)


def _refuse_import(known: Manifest, path: str, data: bytes) -> None:
    """Refuse to move what DVC imported: where from is relative to the pointer, and DVC keeps a hash of all that."""
    if pointer.read(data, known.pointer).imported:
        raise EnvironmentProblem(
            f"`{known.path}` was imported by DVC, which has to move it",
            hint=f"{command('dvc mv', known.path, path)}, then {command(f'datakit mv {known.name}', path)}",
        )


def _data(where: Project, known: Manifest, path: str, found: _Pointer) -> tuple[Move, ...]:
    """Return what of the data moves; refuse what lies at the new place already and is not this data."""
    old, new = where.root / known.path, where.root / path
    here, there = os.path.lexists(old), os.path.lexists(new)
    if not there:
        if here:
            _refuse_relative_link(where, known, path)
        return (Move(known.path, path),) * here
    if not here and path != known.path:
        moved = found.moved and _leads_to(where, found, path)
        if moved or recording.look(where, recording.open_cache(where), path).md5 == known.data.md5:
            return ()
    raise UsageError(
        f"`{path}` is there already, and nothing is replaced",
        hint=f"move it away, or choose another place for `{known.name}`",
    )


def _leads_to(where: Project, found: _Pointer, path: str) -> bool:
    """Say whether a pointer that was moved by hand names the data at its new place, as after `dvc mv`."""
    data = publishing.current(where, found.lies) or b""
    return any(place == path for place, _ in outs(data, found.lies))


def _refuse_relative_link(where: Project, known: Manifest, path: str) -> None:
    """Refuse to move a link that would lead elsewhere from another folder."""
    full = where.root / known.path
    if (
        full.is_symlink()
        and not os.path.isabs(os.readlink(full))
        and os.path.dirname(known.path) != os.path.dirname(path)
    ):
        raise EnvironmentProblem(
            f"`{known.path}` is a relative link, which would lead elsewhere from another folder",
            hint="replace it by the file that it leads to",
        )


def _refuse_taken(where: Project, path: str, found: _Pointer) -> None:
    """Refuse a place that another dataset, pointer or stage has; overlapping places are refused with it."""
    other = targets.tracking(where, where.tree, path)
    if other.out is not None and other.pointer not in {found.lies, found.target}:
        raise UsageError(f"`{path}` is tracked by `{other.pointer}`", hint="choose another place")
    if found.lies != found.target and os.path.lexists(where.root / found.target):
        raise EnvironmentProblem(
            f"`{found.target}` is there already, and nothing is replaced",
            hint="move it away, then run the command again",
        )


def _pointer_files(where: Project, found: _Pointer, path: str) -> dict[str, bytes]:
    """Return the pointer with the new place in it."""
    data = publishing.current(where, found.lies) or b""
    return {
        found.target: pointer_edit.move(data, found.target, found.out.path, path, beside=found.target == f"{path}.dvc")
    }


def _stage_output(where: Project, dataset: Dataset, known: Manifest, path: str) -> Moved:
    """Follow a stage's output that DVC makes elsewhere now; DVC's pipeline is people's to edit."""
    other = targets.tracking(where, where.tree, path)
    if not other.stage or not dataset.pointer.missing:
        raise EnvironmentProblem(
            f"`{known.path}` is the output of a stage, which decides where it lies",
            hint=f"write `{path}` into dvc.yaml, `dvc repro`, then {command(f'datakit mv {known.name}', path)}",
        )
    fresh = known._replace(path=path, pointer=other.pointer, datakit=VERSION)
    left = _leftover(where, known)
    plan = Plan(dataset.room.manifest, {dataset.room.manifest: manifest.dump(fresh)})
    done = _carried_out(where, known, fresh, plan)
    if left is not None:
        vouching.remove(where, left)
    if os.path.lexists(where.root / known.path):
        stays = f"`{known.path}` is left over from before: delete it if nothing needs it"
        return done._replace(notes=(*done.notes, stays))
    return done


def _leftover(where: Project, known: Manifest) -> Vouched | None:
    """Return what a stage made before, once nothing speaks of it any more and DVC's cache has its bytes."""
    if not os.path.lexists(where.root / known.path) or rewriting.mentions(where, known.path):
        return None
    try:
        if targets.tracking(where, where.tree, known.path).out is not None:
            return None
    except EnvironmentProblem:
        return None  # Git, a stage or another pointer has it
    return vouching.vouch(where, recording.open_cache(where), known.path, known.data.md5)

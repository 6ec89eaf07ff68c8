"""Writing what `mv` and `rm` decided: files written, taken away and moved as one, then staged; the caller holds the lock."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from datakit.formats import artifacts
from datakit.repo.project import Project
from datakit.steps import ignoring, publishing
from datakit.store import journal, relocation
from datakit.store.relocation import Move

PRIVATE = frozenset({".git", ".dvc", ".datakit"})


class Plan(NamedTuple):
    """What changes, as paths relative to the repository."""

    decider: str  # the record that says whether it was decided: one of `written`
    written: Mapping[str, bytes]
    gone: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()


def carry_out(where: Project, plan: Plan, also: Iterable[str] = ()) -> tuple[str, ...]:
    """Move, write and take away as one, and stage it.

    Args:
        where: The project.
        plan: What changes.
        also: Further paths to stage, where Git knows them or they are there.

    Returns:
        The files that were written or taken away, sorted; what only moved is not among them.

    Raises:
        EnvironmentProblem: A file cannot be written or moved, or Git cannot stage it; then nothing has happened.
    """
    tracked = where.git.listed(paths=[move.source for move in plan.moves]) if plan.moves else []
    arrived = [_follow(path, plan.moves) for path in tracked]
    publishing.check_writable(where, [*plan.written, *plan.gone, *(name for move in plan.moves for name in move)])
    content = plan.written[plan.decider]
    with (
        relocation.moved(where.state, where.root, plan.moves, plan.decider, content),
        journal.transaction(where.state, where.root) as change,
    ):
        changed = [name for name, data in plan.written.items() if change.write(where.root / name, data)]
        changed += [name for name in plan.gone if change.remove(where.root / name)]
    _sweep(where, plan)
    if where.policy.autostage:
        stage(where, {*plan.written, *plan.gone, *tracked, *arrived, *also})
    return tuple(sorted(changed))


def stage(where: Project, paths: Iterable[str]) -> None:
    """Stage paths that are there or that Git knows, those in conflict left out: staging would call it resolved."""
    listed = sorted(set(paths))
    known = set(where.git.listed(paths=listed)) if listed else set()
    unresolved = {item.partition("\t")[2] for item in where.git.listed("--unmerged", paths=listed)} if listed else set()
    by_hand = {path for path in unresolved if path.endswith((".md", ".yaml"))}
    there = {path for path in listed if os.path.lexists(where.root / path)}
    hidden = where.git.ignored(there - known)
    where.git.stage(sorted((known | there) - set(hidden) - by_hand))


def pipeline(where: Project) -> bytes:
    """Return dvc.yaml as it lies; empty where there is none."""
    return publishing.current(where, artifacts.FILE) or b""


def mentions(where: Project, text: str) -> tuple[str, ...]:
    """Say where dvc.yaml still speaks of a place that is no more: stages are people's to edit, artifacts are ours."""
    whole = re.compile(rf"(?<![\w./-])(?:\./)?{re.escape(text)}(?![\w.-])")  # no part of another path
    found, section = [], ""
    for number, line in enumerate(pipeline(where).decode(errors="replace").splitlines(), start=1):
        if line[:1].strip() and not line.startswith("#"):
            section = line
        if not section.startswith("artifacts:") and whole.search(line):
            found.append(str(number))
    if not found:
        return ()
    return (f"{artifacts.FILE} still has `{text}` in line {', '.join(found)}: edit it by hand, then `dvc repro`",)


def unhidden(where: Project, path: str) -> tuple[str, bytes] | None:
    """Return the `.gitignore` that has our line for some data, without that line; None where none has."""
    folder = path.rpartition("/")[0]
    file = f"{folder}/.gitignore" if folder else ".gitignore"
    data = publishing.current(where, file)
    if data is None or (left := ignoring.remove(data, path)) == data:
        return None
    return file, left


def _follow(path: str, moves: Iterable[Move]) -> str:
    """Return where a path lies after the moves."""
    for move in moves:
        if path == move.source or path.startswith(f"{move.source}/"):
            return move.target + path[len(move.source) :]
    return path


def _sweep(where: Project, plan: Plan) -> None:
    """Remove the folders of rooms that lost their last file."""
    top = where.root / where.policy.catalog
    for path in (*plan.gone, *(move.source for move in plan.moves)):
        folder = (where.root / path).parent
        while folder != top and top in folder.parents and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

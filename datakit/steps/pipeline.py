"""Data that a stage of dvc.yaml makes: its pointer is dvc.lock, and the stage says how it was made."""

from __future__ import annotations

from collections.abc import Sequence

from datakit.errors import EnvironmentProblem
from datakit.formats import artifacts
from datakit.formats.finding import command
from datakit.formats.manifest import Code, Parent, Production
from datakit.formats.pointer import Stage
from datakit.gate.dataset import outs, stages_of
from datakit.repo.project import Project
from datakit.repo.tree import Tree
from datakit.steps.targets import Tracking


def production(
    where: Project, tree: Tree, path: str, tracked: Tracking, command: str, code: Sequence[str]
) -> Production:
    """Say how data was made: as the user says, and for a stage's output as dvc.lock says.

    Args:
        where: The project.
        tree: Its work tree.
        path: The data.
        tracked: Its pointer.
        command: As given; empty where it was not.
        code: Paths of code as given.

    Raises:
        EnvironmentProblem: A file of code is missing or lies outside the repository.
    """
    files = {_inside(where, name) for name in code}
    stage = _stage(tree, path, tracked)
    if stage is not None:
        command = command or stage.command
        files |= {dep for dep in stage.deps if tree.entry(dep) is not None and not _is_data(tree, dep)}
    found = tuple(Code(name, where.git.blob_id(name)) for name in sorted(files))
    return Production(command, stage.name if stage else "", found, stage.params if stage else {})


def parents(tree: Tree, path: str, tracked: Tracking) -> list[Parent]:
    """Return the datasets that the stage reads, with the hash that dvc.lock says they had."""
    stage = _stage(tree, path, tracked)
    if stage is None:
        return []
    names = {found: name for name, found in artifacts.read(tree.read(artifacts.FILE) or b"").items()}
    return [Parent(names[dep], md5) for dep, md5 in stage.deps.items() if dep in names and md5 is not None]


def refuse_stale(path: str, tracked: Tracking, md5: str) -> None:
    """Refuse a stage's output whose bytes are not those that dvc.lock names: the lock is its pointer.

    Raises:
        EnvironmentProblem: It says which hash was expected and which was found.
    """
    if tracked.stage and tracked.out is not None and tracked.out.md5 != md5:
        raise EnvironmentProblem(
            f"`{path}` is the output of a stage and is not what `{tracked.pointer}` says: "
            f"expected md5 {tracked.out.md5}, found {md5}",
            hint=f"dvc repro, or `{command('dvc commit', path)}` if the bytes are right",
        )


def _stage(tree: Tree, path: str, tracked: Tracking) -> Stage | None:
    """Return the stage that makes the data."""
    stages = stages_of(tree, tracked.pointer) if tracked.stage else ()
    return next((stage for stage in stages if path in stage.outs), None)


def _is_data(tree: Tree, path: str) -> bool:
    """Say whether a dependency is tracked by DVC rather than Git."""
    data = tree.read(f"{path}.dvc")
    return data is not None and any(target == path for target, _ in outs(data, f"{path}.dvc"))


def _inside(where: Project, name: str) -> str:
    """Return a file of code relative to the repository."""
    path = where.relative(name)
    if path is None or not (where.root / path).is_file():
        raise EnvironmentProblem(f"there is no file of code `{name}` in the repository")
    return path

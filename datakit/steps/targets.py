"""What a word on the command line means: a URL, data in the work tree, or a dataset; and which pointer tracks it."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidRecord, NotFound, UsageError
from datakit.formats import artifacts, listing, names, stages
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest
from datakit.formats.pointer import Out
from datakit.gate.change import is_pointer
from datakit.gate.dataset import Dataset, outs, pipeline_of
from datakit.repo.objects import OURS, THEIRS
from datakit.repo.project import Project
from datakit.repo.tree import Tree
from datakit.steps import catalog

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[A-Za-z][A-Za-z0-9+.-]*::")


class Tracking(NamedTuple):
    """The pointer that has, or will have, the data."""

    pointer: str  # a `.dvc` file or a dvc.lock
    out: Out | None  # None: the pointer has to be written

    @property
    def stage(self) -> bool:
        """Say whether a stage of dvc.yaml makes the data, so that DVC writes the pointer."""
        return not self.pointer.endswith(".dvc")


def is_url(word: str) -> bool:
    """Say whether a word is a URL rather than a path.

    >>> is_url("s3://bucket/a.csv"), is_url("data/a.csv"), is_url("C:/a.csv")
    (True, False, False)
    """
    return bool(_URL.match(word))


def path_of(where: Project, tree: Tree, word: str) -> str:
    """Return the path of the data that a word means, relative to the repository.

    Args:
        where: The project.
        tree: Its work tree.
        word: A path, a pointer's path, or a dataset's name.

    Raises:
        UsageError: Outside the repository, in the catalogue, or both a path and another dataset's name.
        NotFound: Neither; the nearest dataset names are offered.
        InvalidRecord: A dataset whose manifest is broken beyond what Git remembers.
    """
    known = catalog.names(tree, where.policy)
    path = where.relative(word)
    here = path is not None and os.path.lexists(where.root / path)
    recorded = _recorded(where, tree, word) if word in known else None
    if recorded is not None:
        if here and path != recorded:
            raise UsageError(
                f"`{word}` is a dataset and also a path", hint=f"write `./{word}` for the path, or `{recorded}`"
            )
        return recorded
    if path is None:
        raise _outside(where, word)
    if is_pointer(path) and path.endswith(".dvc") and (data := pointer_bytes(where, tree, path)) is not None:
        tracked = [target for target, _ in outs(data, path) if target is not None]
        if len(tracked) != 1:
            raise UsageError(f"`{path}` tracks {len(tracked)} outs", hint="name the data, not the pointer")
        refuse_catalog(where, tracked[0])
        return tracked[0]
    if not here:
        catalog.find(where, tree, [word] if catalog.buried(tree, where.policy, word) else [], _again(word))
        raise NotFound("file, folder or dataset", word, known)
    refuse_catalog(where, path)
    if problem := listing.path_problem(path):
        raise UsageError(f"`{word}` cannot be recorded: {problem}", hint="move or rename it")
    return path


def refuse_catalog(where: Project, path: str) -> None:
    """Refuse data in the catalogue, where records and the memberships of splits lie.

    Args:
        where: The project.
        path: The data, relative to the repository.

    Raises:
        UsageError: It is there.
    """
    if f"{path}/".startswith(f"{where.policy.catalog}/"):
        folder = next(iter(where.policy.data.values()), "data")
        raise UsageError(
            f"`{path}` is in the catalogue, where no data lies",
            hint=f"put data of your own into `{folder}/`; records and splits are written by datakit itself",
        )


def tracking(where: Project, tree: Tree, path: str) -> Tracking:
    """Find the pointer of some data, or where a new one belongs.

    Raises:
        EnvironmentProblem: The data overlaps with what another pointer or Git itself tracks, or a stage shall make it.
    """
    own = f"{path}.dvc"
    for found in dict.fromkeys((own, *_pointers(tree, path))):
        data = pointer_bytes(where, tree, found)
        for target, out in [] if data is None else outs(data, found, pipeline_of(tree, found)):
            if target == path:
                return Tracking(found, out)
            if target is not None and nested(target, path):
                raise _overlap(path, target, found)
    lock = _stage(tree, path)
    if lock is not None:
        return lock
    _refuse_unmade(tree, path)
    _refuse_git(where, path)
    return Tracking(own, None)


def pointer_bytes(where: Project, tree: Tree, path: str) -> bytes | None:
    """Return a `.dvc` file; where it is in conflict, our side of it, since its facts are about to be replaced."""
    data = tree.read(path)
    if data is None or b"\n<<<<<<< " not in b"\n" + data:
        return data
    return where.objects.staged(path, OURS) or where.objects.staged(path, THEIRS) or data


def name_for(where: Project, tree: Tree, path: str, tracked: Tracking, asked: str | None) -> str:
    """Choose the dataset's name: as asked, as the pointer or dvc.yaml says, or after the file.

    Raises:
        UsageError: Not a name, or the name of a dataset with other data.
    """
    said = tracked.out.name if tracked.out is not None else None
    artifact = _artifact(tree, path)
    name = names.check(asked or said or artifact or names.suggest(path))
    other = catalog.recorded(where, tree, name)
    if other is not None and other.path != path and _is_there(where, tree, name, other):
        offer = names.suggest(path.replace("/", "-"))
        raise UsageError(
            f"`{name}` is the dataset of `{other.path}`",
            hint=f"choose another: `{command('datakit add', path)} --name {offer}`",
        )
    if asked and (known := said or artifact) and known != asked:
        raise UsageError(f"`{path}` is recorded as `{known}` already", hint=command("datakit add", path))
    return name


def _is_there(where: Project, tree: Tree, name: str, recorded: Manifest) -> bool:
    """Say whether a dataset still has its data or its pointer; otherwise the data was moved."""
    return os.path.lexists(where.root / recorded.path) or not Dataset(tree, where.policy, name).pointer.missing


def _artifact(tree: Tree, path: str) -> str | None:
    """Return the artifact of dvc.yaml that has this path, where its name could be ours."""
    data = tree.read(artifacts.FILE)
    known = {} if data is None else artifacts.read(data)
    return next((name for name, found in known.items() if found == path and names.problem(name) is None), None)


def _recorded(where: Project, tree: Tree, name: str) -> str | None:
    """Return the path of a dataset's data; None for a room that never had a manifest."""
    known = catalog.recorded(where, tree, name)
    if known is not None:
        return known.path
    broken = Dataset(tree, where.policy, name).manifest.error
    path = artifacts.read(tree.read(artifacts.FILE) or b"").get(name)
    if broken is not None and path is None:
        raise InvalidRecord(broken.path, broken.problem, hint=f"datakit add PATH --name {name}")
    return path


def _pointers(tree: Tree, path: str) -> list[str]:
    """Return the pointers that could track the data, what holds it, or what it holds.

    A pointer lies beside its data or above it, and names it; one below the data can only track a part of it.
    """
    parts = path.split("/")
    above = {"/".join(parts[:i]): parts[i] for i in range(len(parts))}  # each folder and what of the path lies in it
    found = []
    for name in tree.paths():
        if name.endswith(".dvc") and is_pointer(name):
            folder = name.rpartition("/")[0]
            if name.startswith(f"{path}/") or (folder in above and _mentions(tree, name, above[folder])):
                found.append(name)
    return found


def _mentions(tree: Tree, pointer: str, name: str) -> bool:
    """Say whether a pointer may be about a name; quoting may hide one that is not plain."""
    return not name.isascii() or not name.isprintable() or name.encode() in (tree.read(pointer) or b"")


def _stage(tree: Tree, path: str) -> Tracking | None:
    """Find the stage that makes the data."""
    for found in tree.paths():
        if found.rsplit("/", 1)[-1] != "dvc.lock" or (data := tree.read(found)) is None:
            continue
        for target, out in outs(data, found, pipeline_of(tree, found)):
            if target == path:
                return Tracking(found, out)
            if target is not None and nested(target, path):
                raise _overlap(path, target, found)
    return None


def _refuse_unmade(tree: Tree, path: str) -> None:
    """Refuse data that a stage shall make and has not: a pointer of its own would stop every command of DVC."""
    for found in tree.paths():
        if found.rsplit("/", 1)[-1] != artifacts.FILE or (data := tree.read(found)) is None:
            continue
        for target, stage in stages.outputs(data, found).items():
            if nested(target, path):
                raise EnvironmentProblem(
                    f"`{target}` is an output of the stage `{stage}` in {found}, which has not run",
                    hint=f"dvc repro {stage if found == artifacts.FILE else f'{found}:{stage}'}",
                )


def _refuse_git(where: Project, path: str) -> None:
    """Refuse data that Git tracks itself."""
    tracked = [found for found in where.git.listed(paths=[path]) if found == path or found.startswith(f"{path}/")]
    if tracked:
        more = f" and {len(tracked) - 1:,} more are" if len(tracked) > 1 else " is"
        raise EnvironmentProblem(
            f"`{tracked[0]}`{more} tracked by Git, not DVC",
            hint=f"{command('git rm -r --cached --', path)}, then {command('datakit add', path)}",
        )


def _again(name: str) -> str:
    """Return the command that records data under the name of a dataset that was removed."""
    return f'datakit add PATH --name {name} -m "why it is back"'


def nested(one: str, other: str) -> bool:
    """Say whether one path is the other or lies in it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _overlap(path: str, other: str, found: str) -> EnvironmentProblem:
    """Make the error of two pointers for the same bytes."""
    return EnvironmentProblem(
        f"`{path}` overlaps with `{other}`, which `{found}` tracks",
        hint=f"record that instead: `{command('datakit add', other)}`",
    )


def _outside(where: Project, word: str) -> UsageError:
    """Make the error of a path that is not in the repository, or is the repository."""
    folder = next(iter(where.policy.data.values()), "data")
    if where.relative(os.path.join(word, "x")) is not None:
        return UsageError(f"`{word}` is the repository itself", hint=f"name a file or folder in it, such as `{folder}`")
    return UsageError(
        f"`{word}` is not inside the repository",
        hint=f"copy it in, for instance to `{folder}/`, or fetch it with `datakit add file://PATH`",
    )

"""What a word on the command line means: a URL, data in the work tree, or a dataset; and which pointer tracks it."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, NotFound, UsageError
from datakit.formats import artifacts, names
from datakit.formats.pointer import Out
from datakit.gate.change import is_pointer
from datakit.gate.dataset import Dataset, outs
from datakit.repo.project import Project
from datakit.repo.tree import Tree
from datakit.verbs import catalog

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
        UsageError: Outside the repository, or both a path and another dataset's name.
        NotFound: Neither; the nearest dataset names are offered.
    """
    known = catalog.names(tree, where.policy)
    recorded = Dataset(tree, where.policy, word).manifest.value if word in known else None
    path = where.relative(word)
    here = path is not None and os.path.lexists(where.root / path)
    if recorded is not None:
        if here and path != recorded.path:
            raise UsageError(
                f"`{word}` is a dataset and also a path", hint=f"write `./{word}` for the path, or `{recorded.path}`"
            )
        return recorded.path
    if path is None:
        raise UsageError(
            f"`{word}` is not inside the repository",
            hint=f"copy it in, for instance to `{_first_folder(where)}/`, or fetch it with `datakit add file://PATH`",
        )
    if is_pointer(path) and path.endswith(".dvc") and (data := tree.read(path)) is not None:
        tracked = [target for target, _ in outs(data, path) if target is not None]
        if len(tracked) != 1:
            raise UsageError(f"`{path}` tracks {len(tracked)} outs", hint="name the data, not the pointer")
        return tracked[0]
    if not here:
        raise NotFound("file, folder or dataset", word, known)
    return path


def tracking(where: Project, tree: Tree, path: str) -> Tracking:
    """Find the pointer of some data, or where a new one belongs.

    Raises:
        EnvironmentProblem: The data overlaps with what another pointer or Git itself tracks.
    """
    own = f"{path}.dvc"
    for found in (own, *_siblings(tree, path, own)):
        data = tree.read(found)
        out = next((out for target, out in outs(data, found) if target == path), None) if data is not None else None
        if out is not None:
            return Tracking(found, out)
    lock = _stage(tree, path)
    if lock is not None:
        return lock
    _refuse_overlap(tree, path)
    _refuse_git(where, path)
    return Tracking(own, None)


def name_for(where: Project, tree: Tree, path: str, tracked: Tracking, asked: str | None) -> str:
    """Choose the dataset's name: as asked, as the pointer or dvc.yaml says, or after the file.

    Raises:
        UsageError: Not a name, or the name of a dataset with other data.
    """
    said = tracked.out.name if tracked.out is not None else None
    artifact = _artifact(tree, path)
    name = names.check(asked or said or artifact or names.suggest(path))
    other = Dataset(tree, where.policy, name).manifest.value
    if other is not None and other.path != path and os.path.lexists(where.root / other.path):
        offer = names.suggest(path.replace("/", "-"))
        raise UsageError(
            f"`{name}` is the dataset of `{other.path}`", hint=f"choose another: `datakit add {path} --name {offer}`"
        )
    if asked and (known := said or artifact) and known != asked:
        raise UsageError(f"`{path}` is recorded as `{known}` already", hint=f"datakit add {path}")
    return name


def _artifact(tree: Tree, path: str) -> str | None:
    """Return the artifact of dvc.yaml that has this path, where its name could be ours."""
    data = tree.read(artifacts.FILE)
    known = {} if data is None else artifacts.read(data)
    return next((name for name, found in known.items() if found == path and names.problem(name) is None), None)


def _siblings(tree: Tree, path: str, own: str) -> list[str]:
    """Return the other pointers in the data's folder that mention its name; DVC allows several outs in one."""
    folder, _, base = path.rpartition("/")
    around = tree.under(folder) if folder else tree.paths()
    near = (p for p in around if p.endswith(".dvc") and p.rpartition("/")[0] == folder and p != own and is_pointer(p))
    return [found for found in near if base.encode() in (tree.read(found) or b"")]


def _stage(tree: Tree, path: str) -> Tracking | None:
    """Find the stage that makes the data."""
    for found in tree.paths():
        if found.rsplit("/", 1)[-1] != "dvc.lock" or (data := tree.read(found)) is None:
            continue
        for target, out in outs(data, found):
            if target == path:
                return Tracking(found, out)
            if target is not None and _nested(target, path):
                raise _overlap(path, target, found)
    return None


def _refuse_overlap(tree: Tree, path: str) -> None:
    """Refuse data that lies in, or holds, what another pointer tracks."""
    parts = path.split("/")
    above = ["/".join(parts[:i]) + ".dvc" for i in range(1, len(parts))]
    below = [found for found in tree.under(path) if is_pointer(found)]
    for found in (*above, *below):
        data = tree.read(found)
        for target, _ in [] if data is None else outs(data, found):
            if target is not None and _nested(target, path):
                raise _overlap(path, target, found)


def _refuse_git(where: Project, path: str) -> None:
    """Refuse data that Git tracks itself."""
    tracked = [found for found in where.git.listed(paths=[path]) if found == path or found.startswith(f"{path}/")]
    if tracked:
        more = f" and {len(tracked) - 1} more files" if len(tracked) > 1 else ""
        raise EnvironmentProblem(
            f"`{tracked[0]}`{more} is tracked by Git, not DVC",
            hint=f"git rm -r --cached -- {path}, then datakit add {path}",
        )


def _nested(one: str, other: str) -> bool:
    """Say whether one path is the other or lies in it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _overlap(path: str, other: str, found: str) -> EnvironmentProblem:
    """Make the error of two pointers for the same bytes."""
    return EnvironmentProblem(
        f"`{path}` overlaps with `{other}`, which `{found}` tracks", hint=f"record that instead: `datakit add {other}`"
    )


def _first_folder(where: Project) -> str:
    """Return the folder that new data goes to by default."""
    return next(iter(where.policy.data.values()), "data")

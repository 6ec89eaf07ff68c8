"""Finding the project; the only module that reads the current folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, NotAProject
from datakit.formats import policy
from datakit.formats.finding import command
from datakit.formats.policy import Policy
from datakit.formats.room import Room
from datakit.repo.git import Git
from datakit.repo.objects import OURS, STAGED, THEIRS, Objects
from datakit.repo.tree import Tree
from datakit.repo.worktree import WorkTree

STATE = ".datakit"  # private state: stat cache, journal, quarantine; never in Git


class Project(NamedTuple):
    """A repository with datakit in it: the folder of datakit.yaml, of .dvc and of Git alike."""

    root: Path
    policy: Policy
    git: Git
    objects: Objects
    here: Path  # what relative paths of the user count from

    @property
    def tree(self) -> Tree:
        """The work tree as it lies now."""
        return WorkTree(self.git, self.objects)

    @property
    def state(self) -> Path:
        """The folder of private state."""
        return self.root / STATE

    def room(self, name: str) -> Room:
        """Return the room of a dataset."""
        return Room(self.policy.catalog, name)

    def kept(self, path: str) -> Iterator[bytes]:
        """Yield what Git still has of a file: what is staged, or in a merge our side and theirs, then what HEAD has.

        Args:
            path: The file, relative to the repository.

        Raises:
            EnvironmentProblem: An object is known but is not in this clone.
        """
        for stage in (STAGED, OURS, THEIRS):
            if (data := self.objects.staged(path, stage)) is not None:
                yield data
        if (data := self.objects.read(f"{self.git.head()}:{path}")) is not None:
            yield data

    def relative(self, path: Path | str) -> str | None:
        """Return a path relative to the repository with `/` between its parts, or None outside; links are not followed."""
        full = os.path.normpath(self.here / path)
        for root in (self.root, self.root.resolve()):
            if full.startswith(f"{root}{os.sep}"):
                return os.path.relpath(full, root).replace(os.sep, "/")
        return None


def find(start: Path | str | None = None) -> Project:
    """Find the project that holds a folder.

    Args:
        start: Any folder in it; the current one by default.

    Returns:
        The project, its policy read.

    Raises:
        NotAProject: No datakit.yaml here or above, or Git or DVC is missing beside it.
        InvalidRecord: datakit.yaml is broken.
    """
    here = Path.cwd() if start is None else Path(start).absolute()
    for folder in (here, *here.parents):
        if (folder / policy.FILE).is_file():
            return opened(folder)._replace(here=here)
        if (folder / ".git").exists():
            raise NotAProject(f"the repository `{folder}` has no {policy.FILE}", hint="run `datakit init` there")
    raise NotAProject(
        f"there is no datakit project in `{here}` or above it", hint="run `datakit init` in your repository"
    )


def absolute(path: Path | str) -> Path:
    """Return a path that the user gave as an absolute one; a relative one counts from the current folder."""
    return Path.cwd() / path


def top(start: Path) -> Path | None:
    """Return the nearest folder that holds datakit.yaml or is the top of a repository, whatever state it is in.

    Args:
        start: Any folder, absolute.
    """
    return next((at for at in (start, *start.parents) if (at / policy.FILE).exists() or (at / ".git").exists()), None)


def opened(root: Path) -> Project:
    """Open the project whose root is known."""
    if not (root / ".git").exists():
        raise NotAProject(
            f"`{root}` has {policy.FILE} but is not the top of a Git repository", hint=f"run `datakit init {root}`"
        )
    if not (root / ".dvc").is_dir():
        raise NotAProject(f"`{root}` has {policy.FILE} but no .dvc folder", hint=f"run `datakit init {root}`")
    git = Git(root)
    try:
        data = (root / policy.FILE).read_bytes()
    except PermissionError as error:
        raise EnvironmentProblem(
            f"cannot read `{root / policy.FILE}`: permission denied", hint=command("chmod u+r", str(root / policy.FILE))
        ) from error
    return Project(root, policy.read(data), git, Objects(git), root)

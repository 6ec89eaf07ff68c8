"""The ways in which a staged change becomes a commit: each takes what a scenario staged and commits it as people do.

Every way commits the same tree, so every way must end in the same verdict. That is what makes them generic: a scenario
stages a state in the index, and a way puts that state where its command looks for it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.scenarios.prepared import WITHOUT_HOOKS
from tests.support.repo import Repo, Result, copied

DECOY = "notes.md"  # staged and left out of the commit; no scenario touches it


class Desk(NamedTuple):
    """Where somebody works."""

    repo: Repo
    folder: str = "."  # where Git is started

    def commit(self, *args: str) -> Result:
        """Commit through the hooks."""
        return Repo(self.repo.path / self.folder).try_git("commit", "--quiet", "-m", "x", *args)


class Mode(NamedTuple):
    """A place, and a way to commit there."""

    name: str
    place: Callable[[Path, Path], Desk]  # the prepared folder, and an empty one
    way: Callable[[Desk], Result]
    within: bool = False  # the prepared folder is that of a submodule


def at_top(prepared: Path, folder: Path) -> Desk:
    """Work at the top of the repository."""
    return Desk(copied(prepared / "repo", folder / "repo"))


def with_remote(prepared: Path, folder: Path) -> Desk:
    """Work at the top of a repository whose remote is there too."""
    copied(prepared / "bare.git", folder / "bare.git")
    return at_top(prepared, folder)


def in_subfolder(prepared: Path, folder: Path) -> Desk:
    """Work in a folder of the repository; Git starts its hooks at the top, and says so in GIT_PREFIX."""
    return at_top(prepared, folder)._replace(folder="src")


def in_worktree(prepared: Path, folder: Path) -> Desk:
    """Work in a linked worktree; Git names its folder and its index in the environment of the hook."""
    desk = at_top(prepared, folder)
    desk.repo.git(*WITHOUT_HOOKS, "worktree", "add", "--quiet", "-b", "side", "../linked")
    return Desk(Repo(folder / "linked"))


def in_submodule(prepared: Path, folder: Path) -> Desk:
    """Work in a repository whose folder of Git lies in that of another one."""
    copied(prepared / "above", folder / "above")
    return Desk(Repo(folder / "above/sub"))


def plainly(desk: Desk) -> Result:
    """Commit what is staged."""
    return desk.commit()


def everything(desk: Desk) -> Result:
    """Commit with `-a` what lies in the work tree; nothing is staged before."""
    laid_out(desk.repo)
    return desk.commit("-a")


def of_paths(desk: Desk) -> Result:
    """Commit with `-- path` what lies in the work tree; what is staged beside it is left out."""
    paths = laid_out(desk.repo)
    with (desk.repo.path / DECOY).open("a") as file:
        file.write("staged, and not committed\n")
    desk.repo.git("add", "--", DECOY)
    # Names that are no UTF-8 and those that look like an option are given as the bytes that they are.
    (desk.repo.path.parent / "paths").write_bytes(b"".join(path + b"\0" for path in paths))
    named = f"--pathspec-from-file={desk.repo.path.parent / 'paths'}"
    return desk.commit(named, "--pathspec-file-nul")


def amending(desk: Desk) -> Result:
    """Amend a commit that nobody else has."""
    repo = desk.repo
    wip = repo.git("commit-tree", "-p", "HEAD", "-m", "wip", "HEAD^{tree}")
    repo.git("update-ref", "HEAD", wip)
    return desk.commit("--amend")


def laid_out(repo: Repo) -> list[bytes]:
    """Take what is staged out of the index and put it into the work tree; return its paths.

    Paths that HEAD has not are only announced, since `commit -a` and `commit -- path` know no others.
    """
    tree = repo.git("write-tree")
    paths = raw(repo, "diff", "--name-only", "--no-renames", "-z", "HEAD", tree).split(b"\0")[:-1]
    added = raw(repo, "diff", "--name-only", "--no-renames", "-z", "--diff-filter=A", "HEAD", tree)
    repo.git("restore", f"--source={tree}", "--staged", "--worktree", "--", ":/")
    repo.git("reset", "--quiet")
    if added:
        raw(repo, "add", "--force", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=added)
    return paths


def raw(repo: Repo, *args: str, stdin: bytes = b"") -> bytes:
    """Run Git, which has to succeed, and return the bytes that it wrote."""
    return subprocess.run(["git", *args], cwd=repo.path, input=stdin, capture_output=True, check=True).stdout


PLAIN = Mode("plain", at_top, plainly)
MODES = {
    mode.name: mode
    for mode in (
        PLAIN,
        Mode("-a", at_top, everything),
        Mode("-- path", at_top, of_paths),
        Mode("--amend", at_top, amending),
        Mode("subfolder", in_subfolder, plainly),
        Mode("worktree", in_worktree, plainly),
        Mode("submodule", in_submodule, plainly, within=True),
    )
}
EVERY = tuple(MODES)
FEW = ("plain", "-a", "-- path")  # of a row that differs from another one in what the rule is
ONCE = (PLAIN.name,)
STAGED = ("plain", "--amend", "subfolder", "worktree", "submodule")  # where index and work tree are to differ

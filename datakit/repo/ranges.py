"""What commits bring to those that have others already: the commits that are new, and the state that they start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from datakit.errors import EnvironmentProblem
from datakit.repo.git import ABSENT, Change, Git, split

_SHORT = 10  # digits of a commit in a message


class Range(NamedTuple):
    """New commits as one change."""

    base: str  # full id of the commit that they start from, or of the empty tree
    tip: str  # full id of their last commit
    commits: tuple[str, ...]  # full ids of the new ones, newest first
    root: bool = False  # whether nothing is there that they start from

    @property
    def start(self) -> str:
        """What `git rebase` takes for where they start."""
        return "--root" if self.root else self.base[:_SHORT]


def between(git: Git, left: str, right: str) -> Range:
    """Return what merging one commit into another would bring: the new commits, over the last one that both have.

    Args:
        git: The repository.
        left: Full id of the commit that is merged into.
        right: Full id of the commit that is merged.

    Raises:
        EnvironmentProblem: The clone is too shallow to tell.
    """
    return _range(git, right, [left], _listed(git, right, (left,))[0])


def pushed(git: Git, tip: str, there: str | None, remote: str) -> Range:
    """Return what pushing a commit brings to a remote.

    A branch that goes on is judged over what it was there, so that a merge counts with all that it brings. A new or a
    rewritten branch is judged over the newest commit of its history that the remote has, as far as this clone knows.

    Args:
        git: The repository.
        tip: Full id of the pushed commit.
        there: Full id of the commit that the remote has in its place; None where it has none, or that is not here.
        remote: The remote's name, or its URL where it has none.

    Raises:
        EnvironmentProblem: The clone is too shallow to tell.
    """
    known = (f"--remotes={remote}", *([there] if there else []))
    commits, edges = _listed(git, tip, known)
    if there is not None and git.try_run("merge-base", "--is-ancestor", there, tip).returncode == 0:
        return Range(there, tip, commits)
    if not commits:
        return Range(tip, tip, ())
    return _range(git, tip, edges, commits)


def changes(git: Git, commits: Sequence[str]) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Return what each commit changed; of a merge only what is on none of its sides.

    Args:
        git: The repository.
        commits: Full ids.

    Raises:
        EnvironmentProblem: Git failed.
    """
    flags = ("--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev")
    items = iter(split(git.run("diff-tree", *flags, stdin="".join(f"{oid}\n" for oid in commits).encode())))
    commit, found = "", list[Change]()
    for item in items:
        if item.startswith(":"):
            found.append(_change(item, next(items)))
            continue
        if found:
            yield commit, tuple(found)
        commit, found = item, []
    if found:
        yield commit, tuple(found)


def _change(head: str, path: str) -> Change:
    """Read one change; what a merge has on no side is new where no side has a file."""
    fields = head.lstrip(":").split(" ")
    sides = len(head) - len(head.lstrip(":"))
    modes, oids = fields[: sides + 1], fields[sides + 1 : 2 * sides + 2]
    old = next((at for at in range(sides) if modes[at] != ABSENT), 0)
    return Change(path, modes[old], modes[-1], oids[old], oids[-1])


def _listed(git: Git, tip: str, known: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the commits of a history that are not known, and the known ones that they stand on."""
    lines = git.run("rev-list", "--boundary", tip, "--not", *known, "--").decode().split()
    return tuple(line for line in lines if line[0] != "-"), [line[1:] for line in lines if line[0] == "-"]


def _range(git: Git, tip: str, others: Sequence[str], commits: tuple[str, ...]) -> Range:
    """Return the commits over the newest one that others have, or over nothing where they have nothing in common."""
    done = git.try_run("merge-base", tip, *others) if others else None
    found = done.stdout.decode().strip() if done is not None else ""
    if found:
        return Range(found, tip, commits)
    if git.run("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise EnvironmentProblem(
            f"what {tip[:_SHORT]} starts from is not in this clone, which is shallow",
            hint="git fetch --unshallow, or `fetch-depth: 0` where CI checks out",
        )
    return Range(git.empty_tree(), tip, commits, root=True)

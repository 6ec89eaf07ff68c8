"""Check that the records agree: Git only, no data is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from datakit.errors import NotFound, UsageError
from datakit.formats.finding import Finding
from datakit.gate.judge import judge
from datakit.gate.rules import TABLE
from datakit.repo import project
from datakit.repo.git import Git, Objects
from datakit.repo.tree import Commit, Index, Tree, WorkTree
from datakit.verbs import catalog


def check(
    *names: str,
    staged: bool = False,
    at: str | None = None,
    select: Iterable[str] = (),
    root: Path | str | None = None,
) -> tuple[Finding, ...]:
    """Judge datasets by their records.

    Args:
        names: The datasets to report on; all by default.
        staged: Judge what is staged against HEAD, as the hook does, rather than the work tree.
        at: Judge a commit instead: any Git revision.
        select: Codes of the rules to report, or their first letters: `DK2`.
        root: A folder of the project; the current one by default.

    Returns:
        The findings, sorted by path.

    Raises:
        UsageError: `staged` and `at` together.
        NotFound: An unknown dataset, rule or revision.
    """
    codes = tuple(code.upper() for code in select)
    for code in codes:
        if not any(known.startswith(code) for known in TABLE):
            raise NotFound("rule", code, TABLE)
    if staged and at is not None:
        raise UsageError("`--staged` and `--at` exclude each other", hint="leave one out")
    found = _judge(project.find(root), names, staged=staged, at=at)
    return tuple(
        item for item in found if (not names or item.dataset in names) and (not codes or item.code.startswith(codes))
    )


def _judge(where: project.Project, names: tuple[str, ...], *, staged: bool, at: str | None) -> tuple[Finding, ...]:
    """Choose the trees and judge them."""
    git = Git(where.root, inherit=True) if staged else where.git
    with Objects(git) as objects:
        if at is not None:
            oid = git.resolve(at)
            if oid is None:
                raise NotFound("revision", at, ())
            base = git.parent(oid)
            tree: Tree = Commit(git, objects, oid)
            changes = git.changes(base, oid)
        else:
            base = git.head()
            tree = Index(git, objects) if staged else WorkTree(git, objects)
            changes = git.changes(base) if staged else git.pending(base)
        catalog.known(catalog.names(tree, where.policy), names)
        return judge(tree, Commit(git, objects, base), changes, whole=not staged)

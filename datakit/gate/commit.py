"""Judging one commit as a whole, with what only the published schema of contracts knows: for CI and releases, not for the hook."""

from __future__ import annotations

from datakit.formats.finding import Finding
from datakit.gate.judge import in_order, judge
from datakit.gate.schema import departures
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from datakit.repo.tree import arriving


def judged(git: Git, objects: Objects, oid: str) -> tuple[Finding, ...]:
    """Judge every dataset of a commit; its first parent is what it changed.

    Args:
        git: The repository.
        objects: Its objects.
        oid: The full id of the commit.

    Returns:
        The findings, sorted.

    Raises:
        EnvironmentProblem: An object is not in this clone.
    """
    base = git.parent(oid)
    changes = git.changes(base, oid)
    tree, before = arriving(git, objects, base, oid, changes)
    return in_order([*judge(tree, before, changes, whole=True), *departures(tree)])

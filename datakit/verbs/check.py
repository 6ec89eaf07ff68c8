"""Check that the records agree: Git only, no data is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from datakit.errors import NotFound, UsageError
from datakit.formats.finding import Finding
from datakit.gate import commit, incoming
from datakit.gate.judge import in_order, judge
from datakit.gate.rules import TABLE
from datakit.gate.schema import departures
from datakit.repo import project, ranges
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from datakit.repo.tree import Commit, Tree, committing
from datakit.repo.worktree import WorkTree
from datakit.steps import catalog

_RANGE = re.compile(r"(.*?)\.\.\.?([^.].*|)", re.DOTALL)


def check(
    *names: str,
    staged: bool = False,
    at: str | None = None,
    between: str | None = None,
    select: Iterable[str] = (),
    baseline: Literal["use", "off", "write"] = "use",
    root: Path | str | None = None,
) -> tuple[Finding, ...]:
    """Judge datasets by their records.

    Args:
        names: The datasets to report on; all by default.
        staged: Judge what is staged against HEAD, as the hook does, rather than the work tree.
        at: Judge a commit instead: any Git revision.
        between: Judge what merging would bring instead: `A..B`, and `A...B` alike, judges B over the last commit that
            both have, as one change; HEAD stands for a side that is left out. What a later commit mends is no finding;
            data that a later one takes away again is, since history keeps it.
        select: Codes of the rules to report, or their first letters: `DK2`.
        baseline: `use` gives what `datakit-baseline.json` covers the level `known`; `off` reports it as if there were no
            baseline; `write` first writes one of all that the work tree has wrong and that can wait, and stages it.
        root: A folder of the project; the current one by default.

    Returns:
        The findings, sorted by path.

    Raises:
        UsageError: Two of `staged`, `at` and `between` together, or no range; a baseline of less than the work tree.
        NotFound: An unknown dataset, rule or revision.
        EnvironmentProblem: An object is not in this clone, or it is too shallow to tell; the baseline cannot be written.
        LockTimeout: Another process holds the repository.
    """
    codes = tuple(code.upper() for code in select)
    for code in codes:
        if not any(known.startswith(code) for known in TABLE):
            raise NotFound("rule", code, TABLE)
    chosen = [("--staged", staged), ("--at", at is not None), ("--range", between is not None)]
    if len(given := [f"`{option}`" for option, is_given in chosen if is_given]) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other", hint="leave one out")
    if baseline == "write" and (given or names or codes):
        raise UsageError("a baseline is of the whole work tree", hint="datakit check --baseline write")
    where = project.find(root)
    if baseline == "write":
        from datakit.steps import baselines

        baselines.write(where)
    found = _judge(where, names, staged=staged, at=at) if between is None else _between(where, names, between)
    return tuple(
        item._replace(level="error") if baseline == "off" and item.level == "known" else item
        for item in found
        if (not names or item.dataset in names) and (not codes or item.code.startswith(codes))
    )


def _between(where: project.Project, names: tuple[str, ...], asked: str) -> tuple[Finding, ...]:
    """Judge a range of commits; a name is known where one of its ends has it."""
    sides = _RANGE.fullmatch(asked)
    if sides is None:
        raise UsageError(f"`--range {asked}` is no range of commits", hint="--range main..HEAD")
    git = where.git
    left, right = (_commit(git, side or "HEAD") for side in sides.groups())
    with Objects(git) as objects:
        span = ranges.between(git, left, right)
        have = [catalog.names(Commit(git, objects, oid), where.policy) for oid in (span.base, span.tip)]
        catalog.known(sorted({name for known in have for name in known}), names)
        return incoming.judged(git, objects, span)


def _commit(git: Git, revision: str) -> str:
    """Return the id of a commit that the user named."""
    oid = git.resolve(revision)
    if oid is None:
        raise NotFound("revision", revision, ())
    return oid


def _judge(where: project.Project, names: tuple[str, ...], *, staged: bool, at: str | None) -> tuple[Finding, ...]:
    """Choose the trees and judge them."""
    git = Git(where.root, inherit=True) if staged else where.git
    with Objects(git) as objects:
        if at is not None:
            oid = _commit(git, at)
            catalog.known(catalog.names(Commit(git, objects, oid), where.policy), names)
            return commit.judged(git, objects, oid)
        base = git.head()
        changes = git.changes(base) if staged else git.pending(base)
        tree: Tree
        if staged:
            tree, before = committing(git, objects, base, changes)
        else:
            tree, before = WorkTree(git, objects), Commit(git, objects, base)
        catalog.known(catalog.names(tree, where.policy), names)
        found = judge(tree, before, changes, whole=not staged)
        return found if staged else in_order([*found, *departures(tree)])

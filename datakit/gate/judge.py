"""Judging a change: every rule, the severities of the policy, and the policy that was there before."""

from __future__ import annotations

from collections.abc import Iterable

from datakit.errors import InvalidRecord
from datakit.formats import policy as policies
from datakit.formats.finding import Finding
from datakit.formats.policy import Policy
from datakit.gate.change import announce, case
from datakit.gate.rules import RULES, TABLE
from datakit.repo.git import Change
from datakit.repo.tree import Tree


def judge(tree: Tree, base: Tree, changes: Iterable[Change], *, whole: bool = False) -> tuple[Finding, ...]:
    """Judge what `tree` brings over `base`.

    Args:
        tree: The judged state.
        base: The state before; its policy judges too where it differs.
        changes: What differs between the two.
        whole: Judge every dataset of the tree, not only the touched ones.

    Returns:
        The findings, sorted by path, those that are switched off left out. A tree that has no policy, and had none
        before, is no project of ours and has no findings.
    """
    changed = tuple(changes)
    announce(tree, base, changed)
    ours, former = tree.read(policies.FILE), base.read(policies.FILE)
    if ours is None and former is None:
        return ()
    found: list[Finding] = []
    own: list[Finding] = []
    policy: Policy | None = None
    if ours is None:
        found.append(
            Finding(
                policies.FILE,
                "DK701",
                "the policy is removed",
                f"git restore --source=HEAD --staged --worktree -- {policies.FILE}",
            )
        )
    else:
        try:
            policy = policies.read(ours)
            own = _judge(tree, base, policy, changed, whole=whole or _moved(former, policy))
            found += _unknown(policy)
        except InvalidRecord as error:
            mend = error.hint or f"mend {policies.FILE} by hand"
            found.append(Finding(policies.FILE, "DK104", error.problem, mend, line=error.line))
    if former is not None and former != ours:
        found += _weakened(tree, base, former, policy, changed, own, whole=whole)
    return in_order([*own, *found])


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by path and line."""
    return tuple(sorted(findings, key=_order))


def blocking(findings: Iterable[Finding]) -> bool:
    """Say whether any finding is an error."""
    return any(finding.level == "error" for finding in findings)


def _judge(tree: Tree, base: Tree, policy: Policy, changes: tuple[Change, ...], *, whole: bool) -> list[Finding]:
    """Apply every rule under one policy, with its severities."""
    subject = case(tree, base, policy, changes, whole=whole)
    found = (finding for rule in RULES for finding in rule(subject))
    levelled = [f._replace(level=policy.severity.get(f.code, TABLE[f.code].level)) for f in found]
    return sorted({finding for finding in levelled if finding.level != "off"}, key=_order)


def _unknown(policy: Policy) -> list[Finding]:
    """Return a finding for each severity of a rule that does not exist."""
    mend = f"the rules are {', '.join(sorted(TABLE))}"
    codes = sorted(code for code in policy.severity if code not in TABLE)
    return [Finding(policies.FILE, "DK104", f"`severity.{code}`: there is no such rule", mend) for code in codes]


def _moved(former: bytes | None, ours: Policy) -> bool:
    """Say whether a change of the policy puts rooms or data elsewhere, so that no dataset is where it was judged."""
    try:
        before = None if former is None else policies.read(former)
    except InvalidRecord:
        return True
    return before is not None and (before.catalog, before.data) != (ours.catalog, ours.data)


def _order(finding: Finding) -> tuple[str, int, str, str]:
    """Return what findings are sorted by."""
    return (finding.path, finding.line or 0, finding.code, finding.message)


def _weakened(
    tree: Tree,
    base: Tree,
    former: bytes,
    ours: Policy | None,
    changes: tuple[Change, ...],
    own: list[Finding],
    *,
    whole: bool,
) -> list[Finding]:
    """Return a finding for each error that only the policy before this change would have made."""
    try:
        policy = policies.read(former)
    except InvalidRecord:
        return []
    if ours is not None and not tree.under(policy.catalog):
        policy = policy._replace(catalog=ours.catalog)  # every room moved along
    known = {(f.path, f.code, f.message) for f in own if f.level == "error"}
    return [
        Finding(
            policies.FILE,
            "DK701",
            f"the policy before this change blocks {f.path}: {f.code} {f.message}",
            f.hint,
            f.dataset,
        )
        for f in _judge(tree, base, policy, changes, whole=whole)
        if f.level == "error" and (f.path, f.code, f.message) not in known
    ]

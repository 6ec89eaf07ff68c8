"""Judging a change: every rule, severities, the baseline; and the policy and the baseline that were there before."""

from __future__ import annotations

from collections.abc import Iterable

from datakit.errors import InvalidRecord
from datakit.formats import baseline
from datakit.formats import policy as policies
from datakit.formats.baseline import Entry, Key
from datakit.formats.finding import Finding
from datakit.formats.policy import Policy
from datakit.gate.change import Case, announce, case
from datakit.gate.dataset import part
from datakit.gate.rules import RULES, TABLE
from datakit.repo.git import Change
from datakit.repo.tree import Tree


def judge(tree: Tree, base: Tree, changes: Iterable[Change], *, whole: bool = False) -> tuple[Finding, ...]:
    """Judge what `tree` brings over `base`.

    Args:
        tree: The judged state.
        base: The state before; its policy and its baseline judge too where they differ.
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
    edited = any(change.path == baseline.FILE for change in changed)
    policy, own, found = _ours(tree, base, ours, former, changed, whole=whole, edited=edited)
    if former is not None and (former != ours or edited):
        found += _weakened(tree, base, former, policy, changed, own)
    return in_order([*own, *found])


def standing(tree: Tree, base: Tree, changes: Iterable[Change]) -> frozenset[Entry]:
    """Return what a baseline may cover of a whole tree: what would block, and is no contradiction of records.

    Args:
        tree: The judged state.
        base: The state before.
        changes: What differs between the two.

    Raises:
        InvalidRecord: The policy is broken.
    """
    data = tree.read(policies.FILE)
    subject = case(tree, base, Policy() if data is None else policies.read(data), changes, whole=True)
    entries = [entry for found in _judge(subject) if found.level == "error" and (entry := _entry(subject, found))]
    return frozenset(entry for entry in entries if entry.data != baseline.ANY or entry.key in _lasting(subject))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by path and line."""
    return tuple(sorted(findings, key=_order))


def blocking(findings: Iterable[Finding]) -> bool:
    """Say whether any finding is an error."""
    return any(finding.level == "error" for finding in findings)


def _ours(
    tree: Tree,
    base: Tree,
    ours: bytes | None,
    former: bytes | None,
    changes: tuple[Change, ...],
    *,
    whole: bool,
    edited: bool,
) -> tuple[Policy | None, list[Finding], list[Finding]]:
    """Judge by the policy and the baseline of the judged state; return that policy, and what is wrong with either."""
    if ours is None:
        mend = f"git restore --source=HEAD --staged --worktree -- {policies.FILE}"
        return None, [], [Finding(policies.FILE, "DK701", "the policy is removed", mend)]
    try:
        policy = policies.read(ours)
        subject = case(tree, base, policy, changes, whole=whole or _moved(former, policy))
        own = _judge(subject)
    except InvalidRecord as error:
        mend = error.hint or f"mend {policies.FILE} by hand"
        return None, [], [Finding(policies.FILE, "DK104", error.problem, mend, line=error.line)]
    found = _unknown(policy)
    if edited or blocking(own):
        accepted = part(tree, baseline.FILE, baseline.read)
        own = _covered(subject, own, accepted.value or frozenset())
        if accepted.error is not None:
            mend = accepted.error.hint or "datakit check --baseline write"
            found.append(Finding(baseline.FILE, "DK104", accepted.error.problem, mend, line=accepted.error.line))
    return policy, own, found


def _judge(subject: Case) -> list[Finding]:
    """Apply every rule under one policy, with its severities."""
    found = (finding for rule in RULES for finding in rule(subject))
    levelled = [f._replace(level=subject.policy.severity.get(f.code, TABLE[f.code].level)) for f in found]
    return sorted({finding for finding in levelled if finding.level != "off"}, key=_order)


def _covered(subject: Case, findings: Iterable[Finding], accepted: frozenset[Key]) -> list[Finding]:
    """Mark what would block and a baseline covers."""
    listed = list(findings)
    entries = [_entry(subject, found) if found.level == "error" else None for found in listed]
    keys = {entry.key for entry in entries if entry is not None} & accepted
    if any(data == baseline.ANY for _, _, data, _ in keys):
        keys -= {key for key in keys if key[2] == baseline.ANY} - _lasting(subject)
    return [
        found._replace(level="known") if entry is not None and entry.key in keys else found
        for found, entry in zip(listed, entries, strict=True)
    ]


def _lasting(subject: Case) -> frozenset[Key]:
    """Return what was wrong before the change, whatever the data: what was mended since is not covered once more."""
    former = case(subject.base, subject.base, subject.policy, subject.changes, whole=subject.whole)
    entries = (_entry(former, found) for found in _judge(former))
    return frozenset(entry.key for entry in entries if entry is not None and entry.data == baseline.ANY)


def _entry(subject: Case, finding: Finding) -> Entry | None:
    """Return a finding as a baseline keeps it; None for one that cannot wait.

    What is missing, or was found in data, can wait: until other data comes, and what only people can write until they
    do. Records that contradict one another cannot, since nothing in them can be believed; and what a change does was
    never there before.
    """
    data, waits = finding.data, TABLE[finding.code].waits
    dataset = subject.now.get(finding.dataset)
    if waits == "mended":
        data = baseline.ANY
    elif waits == "data" and dataset is not None and dataset.manifest.value is not None:
        data = dataset.manifest.value.data.md5
    entry = Entry(finding.path, finding.code, data, finding.message)
    return entry if data and not any(map(_is_broken, entry)) else None


def _is_broken(text: str) -> bool:
    """Say whether a text has bytes that no record holds, from a name that is not UTF-8."""
    return any("\ud800" <= character <= "\udfff" for character in text)


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
    tree: Tree, base: Tree, former: bytes, ours: Policy | None, changes: tuple[Change, ...], own: list[Finding]
) -> list[Finding]:
    """Return a finding for each error in what changed that only policy and baseline before this change would have made."""
    try:
        policy = policies.read(former)
    except InvalidRecord:
        return []
    if ours is not None and not tree.under(policy.catalog):
        policy = policy._replace(catalog=ours.catalog)  # every room moved along
    subject = case(tree, base, policy, changes)
    accepted = part(base, baseline.FILE, baseline.read).value or frozenset()
    now = {(f.path, f.code, f.message): f.level for f in own}
    found = []
    for f in _covered(subject, _judge(subject), accepted):
        level = now.get((f.path, f.code, f.message))
        if f.level == "error" and level != "error":
            file, what = (baseline.FILE, "baseline") if level == "known" else (policies.FILE, "policy")
            words = f"the {what} before this change blocks {f.path}: {f.code} {f.message}"
            found.append(Finding(file, "DK701", words, f.hint, f.dataset))
    return found

"""Judging commits that arrive together: what they end in, and what they leave in history for good.

A pull request whose second commit mends the first is clean, and so is one that will be squashed: so commits are judged by
their end, over what is there, as one change. Only what no later commit mends is looked for in each of them: bytes that Git
keeps for ever once they are pushed. A version is what a tag names, so that commit is judged by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from datakit.errors import InvalidRecord
from datakit.formats import policy as policies
from datakit.formats import room
from datakit.formats.finding import Finding
from datakit.formats.policy import Policy
from datakit.formats.tags import Tag
from datakit.gate.change import case
from datakit.gate.dataset import Dataset
from datakit.gate.judge import in_order, judge
from datakit.gate.rules import LASTING, TABLE
from datakit.repo import ranges
from datakit.repo.git import Change, Git
from datakit.repo.objects import Objects
from datakit.repo.ranges import Range
from datakit.repo.tree import Commit, Tree, arriving

_DRAFT = "DK305"  # a warning at a commit; a version is for others
_MODE, _OID = "100644", "0" * 40


def judged(git: Git, objects: Objects, span: Range) -> tuple[Finding, ...]:
    """Judge new commits.

    Args:
        git: The repository.
        objects: Its objects.
        span: The commits.

    Returns:
        The findings on their end, and those that no later commit mends, sorted.

    Raises:
        EnvironmentProblem: An object is not in this clone.
    """
    changes = git.changes(span.base, span.tip)
    tree, base = arriving(git, objects, span.base, span.tip, changes)
    found = judge(tree, base, changes)
    policy = _policy(base) or _policy(tree)
    if policy is None:
        return found
    left = _left(git, objects, policy, span, changes)
    return in_order([*found, *(item for item in left if item.level != "off")])


def version(git: Git, objects: Objects, tag: Tag, span: Range, *, annotated: bool) -> tuple[Finding, ...]:
    """Judge a version of a dataset: everything that is recorded of it in the commit that its tag names.

    Args:
        git: The repository.
        objects: Its objects.
        tag: The version.
        span: The commits that come with it; its end is the commit of the version.
        annotated: Whether the tag is one that registers something.

    Returns:
        The findings, sorted; none for what is no dataset of ours, such as a model that GTO registers.

    Raises:
        EnvironmentProblem: An object is not in this clone.
    """
    tree = Commit(git, objects, span.tip)
    policy = _policy(tree)
    if policy is None or not is_dataset(tree, policy, tag.name) or tag.removed:
        return ()
    dataset = Dataset(tree, policy, tag.name)
    paths = {*tree.under(dataset.room.folder)}
    if dataset.manifest.value is not None:
        paths.add(dataset.manifest.value.pointer)
    files = [Change(path, _MODE, _MODE, _OID, _OID) for path in sorted(paths)]
    found = judge(tree, Commit(git, objects, span.base), files)
    own = [item for item in found if item.dataset == tag.name]
    levelled = [item._replace(level="error") if item.code == _DRAFT or item.level == "known" else item for item in own]
    return in_order([*levelled, *([] if annotated else [lightweight(tag)])])


def is_dataset(tree: Tree, policy: Policy, name: str) -> bool:
    """Say whether a tree knows a dataset of that name, one that was removed included."""
    dataset = Dataset(tree, policy, name)
    return not (dataset.manifest.missing and dataset.tombstone.missing)


def registers(git: Git, objects: Objects, commit: str, tag: Tag) -> bool:
    """Say whether a version, as a commit knows its name, is one of a dataset rather than of a model.

    Args:
        git: The repository.
        objects: Its objects.
        commit: Full id.
        tag: The version.
    """
    tree = Commit(git, objects, commit)
    policy = _policy(tree)
    return policy is not None and is_dataset(tree, policy, tag.name)


def lightweight(tag: Tag) -> Finding:
    """Return the finding of a tag that looks like a version and registers nothing."""
    mend = f"git tag --delete {tag}, then datakit release {tag.name}"
    message = "is a lightweight tag, which registers nothing: neither GTO nor DVC counts it"
    return Finding(f"refs/tags/{tag}", "DK702", message, mend, tag.name)


def revoked(tag: Tag, *, moved: bool) -> Finding:
    """Return the finding of a version that is taken from those who have it."""
    what = "is moved to another commit" if moved else "is deleted"
    mend = f"datakit release {tag.name}" if moved else f"git tag -a '{tag}!' -m 'why' '{tag}^{{}}', then push that"
    message = f"a released version {what}, and others may have it already"
    return Finding(f"refs/tags/{tag}", "DK702", message, mend, tag.name)


def changed(git: Git, objects: Objects, span: Range) -> tuple[str, ...]:
    """Return the datasets of which a commit records other bytes, or another split, than what it starts from; sorted."""
    tree = Commit(git, objects, span.tip)
    policy = _policy(tree)
    if policy is None:
        return ()
    files = ("/manifest.json", ".dvc")
    paths = (change.path for change in git.changes(span.base, span.tip) if change.path.endswith(files))
    names = {name for path in paths if (name := room.of(path, policy.catalog)) is not None}
    return tuple(sorted(name for name in names if not Dataset(tree, policy, name).manifest.missing))


def named(git: Git, objects: Objects, tag: Tag, span: Range) -> tuple[str, ...]:
    """Return the dataset that a version needs; nothing for what is taken back, or is no dataset."""
    tree = Commit(git, objects, span.tip)
    policy = _policy(tree)
    known = policy is not None and not Dataset(tree, policy, tag.name).manifest.missing
    return (tag.name,) if known and not tag.removed else ()


def agreed(git: Git, objects: Objects, span: Range) -> Policy:
    """Return the policy that decides about the bytes: that of the end, unless it switches off what the base asked for."""
    ends = [_policy(Commit(git, objects, oid)) for oid in (span.tip, span.base)]
    known = [policy for policy in ends if policy is not None]
    return next((policy for policy in known if policy.pre_push != "off"), known[0] if known else Policy())


def _policy(tree: Tree) -> Policy | None:
    """Return the policy of a tree; a broken one is a finding of its own."""
    data = tree.read(policies.FILE)
    try:
        return None if data is None else policies.read(data)
    except InvalidRecord:
        return None


def _left(git: Git, objects: Objects, policy: Policy, span: Range, changes: Iterable[Change]) -> Iterator[Finding]:
    """Return what a commit brought and a later one took away again, so that history keeps what nobody sees."""
    end = {change.path: change.oid for change in changes}
    base = Commit(git, objects, span.base)
    subject = case(base, base, policy, ())
    seen: set[tuple[str, str]] = set()
    for commit, each in ranges.changes(git, span.commits[::-1]):
        gone = [c for c in each if not c.removed and end.get(c.path) != c.oid and (c.path, c.oid) not in seen]
        if gone:
            seen |= {(c.path, c.oid) for c in gone}
            here = subject._replace(tree=arriving(git, objects, span.base, commit, gone)[0], changes=tuple(gone))
            yield from (_lasting(item, policy, span, commit) for rule in LASTING for item in rule(here))


def _lasting(item: Finding, policy: Policy, span: Range, commit: str) -> Finding:
    """Say of a finding in which commit it lies, and how that commit is mended."""
    void = "; make the secret void where it was given out" if item.code == "DK603" else ""
    return item._replace(
        message=f"in commit {commit[:10]} {item.message}; taken away later, it stays in history",
        hint=f"git rebase --interactive {span.start}, and take it out of that commit{void}",
        level=policy.severity.get(item.code, TABLE[item.code].level),
    )

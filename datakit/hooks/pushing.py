"""Before a push: judge what each ref brings, from Git's objects; then have the bytes proved by a process of its own.

Git writes a line for each ref to standard input; every one is read. pre-commit reads them itself and passes on the first
that has something new, in its environment: where Git also starts a hook of ours by itself, that one has judged them all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datakit.hooks import saying
from datakit.hooks.harmless import harmless
from datakit.repo import ranges
from datakit.repo.git import Git
from datakit.repo.objects import Objects, absent
from datakit.repo.ranges import Range

if TYPE_CHECKING:
    from datakit.formats.finding import Finding
    from datakit.formats.tags import Tag

_TAGS = "refs/tags/"
_OURS = b"-m datakit.hooks pre-push"


class Update(NamedTuple):
    """A ref that is pushed."""

    local: str  # the ref here; `(delete)` for a deletion
    oid: str  # what is pushed; zeros for a deletion
    remote: str  # full name of the ref there
    former: str  # what it is there; zeros where there is none

    @property
    def deletes(self) -> bool:
        """Say whether the ref is taken away."""
        return not self.oid.strip("0")

    @property
    def creates(self) -> bool:
        """Say whether the ref is new there."""
        return not self.former.strip("0")


class Verdict(NamedTuple):
    """What was found on one ref, and the datasets whose bytes it needs there."""

    update: Update
    span: Range | None
    findings: tuple[Finding, ...]
    needed: tuple[str, ...]  # names of datasets, as the end of the span records them


def run(remote: str, root: Path, lines: Sequence[str], environ: Mapping[str, str]) -> int:
    """Judge a push.

    Args:
        remote: The remote's name, or its URL.
        root: The top of the work tree.
        lines: What Git wrote to standard input.
        environ: The environment, in which pre-commit says what it read there.

    Returns:
        0 to let Git go on, 1 for findings that block; the exit code of the proof where that fails.

    Raises:
        EnvironmentProblem: An object is not in this clone.
    """
    git = Git(root, inherit=True)
    updates = [found for each in lines if (found := _update(each)) is not None]
    if not updates and "PRE_COMMIT_REMOTE_NAME" in environ:
        if _has_own(git):
            return 0
        remote, updates = environ["PRE_COMMIT_REMOTE_NAME"], _passed_on(git, environ)
    judged: dict[Range, tuple[tuple[Finding, ...], tuple[str, ...]]] = {}
    with Objects(git) as objects:
        verdicts = [_verdict(git, objects, update, remote, judged) for update in updates]
        if not any(verdict.findings or verdict.needed for verdict in verdicts):
            return 0
        from datakit.gate.judge import blocking
        from datakit.hooks import proving

        _say(verdicts)
        if any(blocking(verdict.findings) for verdict in verdicts):
            saying.blocked("push")
            return 1
        wanted = proving.wanted(git, objects, [(v.span, v.needed) for v in verdicts if v.span is not None], environ)
    return proving.run(root, wanted, environ)


def _verdict(
    git: Git,
    objects: Objects,
    update: Update,
    remote: str,
    judged: dict[Range, tuple[tuple[Finding, ...], tuple[str, ...]]],
) -> Verdict:
    """Judge one ref; what was judged for another one is not judged again."""
    tag = _tag(update.remote)
    taken = () if tag is None or update.creates else _taken(git, objects, update, tag)
    if update.deletes:
        return Verdict(update, None, taken, ())
    tip = git.resolve(update.oid)
    if tip is None:
        if git.try_run("cat-file", "-e", update.oid).returncode:
            raise absent(update.oid)
        return Verdict(update, None, taken, ())  # a tag of a file or folder: no commit comes with it
    span = ranges.pushed(git, tip, None if update.creates else git.resolve(update.former), remote)
    if span not in judged:
        judged[span] = _judged(git, objects, span)
    found, needed = judged[span]
    if tag is None:
        return Verdict(update, span, (*taken, *found), needed)
    from datakit.gate import incoming
    from datakit.gate.judge import in_order

    annotated = git.run("cat-file", "-t", update.oid).strip() == b"tag"
    own = incoming.version(git, objects, tag, span, annotated=annotated)
    extra = incoming.named(git, objects, tag, span)
    together = {(item.path, item.code, item.message): item for item in (*found, *taken, *own)}
    return Verdict(update, span, in_order(together.values()), tuple(sorted({*needed, *extra})))


def _judged(git: Git, objects: Objects, span: Range) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Judge new commits; those of code are let through before the gate is loaded."""
    if span.base == span.tip:
        return (), ()
    before = f"{span.base}:"
    if harmless(git.changes(span.base, span.tip), objects, before):
        each = [change for _, changes in ranges.changes(git, span.commits) for change in changes]
        if harmless(each, objects, before):
            return (), ()
    from datakit.gate import incoming

    return incoming.judged(git, objects, span), incoming.changed(git, objects, span)


def _taken(git: Git, objects: Objects, update: Update, tag: Tag) -> tuple[Finding, ...]:
    """Return the finding of a version that is moved or deleted; a lightweight tag never was one."""
    if update.oid == update.former:
        return ()
    from datakit.gate import incoming

    kind = git.try_run("cat-file", "-t", update.former).stdout.strip()
    if kind == b"commit":
        return ()
    places = [oid for name in (update.former, "HEAD") if (oid := git.resolve(name)) is not None]
    if not any(incoming.registers(git, objects, oid, tag) for oid in places):
        return ()
    return (incoming.revoked(tag, moved=not update.deletes),)


def _tag(ref: str) -> Tag | None:
    """Return the version that a ref registers, or None."""
    if not ref.startswith(_TAGS) or "@" not in ref:
        return None
    from datakit.formats import tags

    return tags.tag(ref.removeprefix(_TAGS))


def _say(verdicts: Sequence[Verdict]) -> None:
    """Write the findings, those of several refs under the name of each; what two refs share is said once."""
    said: set[tuple[str, str, str]] = set()
    for verdict in verdicts:
        fresh = [item for item in verdict.findings if (item.path, item.code, item.message) not in said]
        said |= {(item.path, item.code, item.message) for item in fresh}
        if fresh and len(verdicts) > 1:
            from datakit.report.escape import printable

            saying.line(f"{printable(verdict.update.remote)}:")
        saying.findings(fresh)


def _update(text: str) -> Update | None:
    """Read a line; names of refs hold no blanks, but what stands for a local one may: `HEAD~1`, or `:/fix a bug`."""
    fields = text.rsplit(None, 3)
    return Update(*fields) if len(fields) == 4 else None


def _has_own(git: Git) -> bool:
    """Say whether Git starts a hook of ours by itself, or pre-commit does it as the one that was there before."""
    folder = git.path("hooks")
    for name in ("pre-push", "pre-push.legacy"):
        file = folder / name
        if os.access(file, os.X_OK) and _OURS in file.read_bytes():
            return True
    return False


def _passed_on(git: Git, environ: Mapping[str, str]) -> list[Update]:
    """Return the ref that pre-commit passes on; it does not say what the remote has in its place."""
    local = environ.get("PRE_COMMIT_LOCAL_BRANCH", "HEAD")
    oid = git.resolve(environ.get("PRE_COMMIT_TO_REF") or local)
    if oid is None:
        raise absent(local)
    return [Update(local, oid, environ.get("PRE_COMMIT_REMOTE_BRANCH", local), "0" * len(oid))]


def lines() -> list[str]:
    """Read what Git writes to standard input; a person who tries the hook writes nothing."""
    return (
        []
        if sys.stdin is None or sys.stdin.isatty()
        else sys.stdin.buffer.read().decode(errors="surrogateescape").splitlines()
    )

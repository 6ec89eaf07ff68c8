"""Register what HEAD has of a dataset as a version: an annotated tag that GTO and DVC read, with measured notes.

Everything that could speak against it is asked first. Then, with `push`, the bytes are sent, the tag is made, and commits
and tag are pushed together; a tag that could not be pushed is taken back, so that the same command can be run again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from datakit.errors import DatakitError, EnvironmentProblem, UsageError
from datakit.formats import names, notes, tags
from datakit.formats.tags import LEVELS, Level, Tag, Version
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.records import Difference, Pushed, Released
from datakit.repo import project, publication, references
from datakit.repo.project import Project
from datakit.repo.references import Registered
from datakit.steps import measuring, objects, presence, recording, releasable
from datakit.store import remotes
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.verbs import log
from datakit.verbs.push import send
from datakit.versions import differences, history
from datakit.versions.differences import Facts

FIRST = Version(1, 0, 0)
BUMPS = ("auto", *LEVELS)


class _Plan(NamedTuple):
    """What is to be registered."""

    tag: Tag
    commit: str
    former: Version | None
    level: Level | None
    found: tuple[Difference, ...]
    notes: str


def release(
    name: str,
    *,
    bump: str = "auto",
    note: str | None = None,
    push: bool = False,
    dry_run: bool = False,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> Released:
    """Register what HEAD has of a dataset as its next version.

    The number moves as far as what changed since the version before asks for; `datakit.versions.differences` has the table.

    Args:
        name: The dataset.
        bump: `major`, `minor` or `patch`: a step at least as large as what was measured; `auto` takes that.
        note: What the notes begin with.
        push: Send the bytes, then push commits and tag.
        dry_run: Ask everything, do nothing.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        The version, what was measured, and what was sent.

    Raises:
        NotFound: HEAD has no such dataset.
        UsageError: Nothing changed, the step is too small, files are not committed, or the tag exists.
        InvalidRecord: A rule speaks against the dataset, its contract is a draft, or the policy names an unknown remote.
        IntegrityError: A version was moved, or bytes are nowhere to be found.
        EnvironmentProblem: A remote lacks bytes or does not answer, the clone is shallow, or Git refuses.
    """
    if bump not in BUMPS:
        raise UsageError(f"`--bump {bump}` is no step of a version", hint=f"one of {', '.join(BUMPS)}")
    found = project.find(root)
    with found.objects:
        where, head = releasable.at_head(found)
        dataset = releasable.sound(where, head, names.check(name))
        cache = recording.open_cache(where)
        known = references.registered(where.git, name)
        plan = _plan(where, cache, dataset, head.oid, known, bump, note or "", progress)
        if publication.exists(where.git, plan.tag):
            raise publication.taken(plan.tag)
        place = publication.destination(where.git) if push else None
        if place is not None:
            publication.compare(where.git, place, name, known)
        opened = _opened(where, push=push)
        sent = _bytes(where, cache, name, opened, progress, push=push, dry_run=dry_run)
        if not dry_run:
            oid = publication.register(where.git, plan.tag, plan.commit, plan.notes.encode())
            if place is not None:
                _publish(where, place, plan, oid)
        return Released(
            name=name,
            version=str(plan.tag.version),
            former=str(plan.former) if plan.former else None,
            commit=plan.commit,
            tag=str(plan.tag),
            registered=not dry_run,
            level=plan.level,
            differences=plan.found,
            notes=plan.notes,
            remotes=tuple(remote.name for remote in opened),
            sent=sent,
            published=place.label if place is not None and not dry_run else None,
        )


def _plan(
    where: Project,
    cache: Cache,
    dataset: Dataset,
    commit: str,
    known: tuple[Registered, ...],
    bump: str,
    note: str,
    progress: Progress,
) -> _Plan:
    """Measure what changed, choose the number and write the notes."""
    name, now = dataset.name, measuring.facts(dataset, cache)
    removed = {item.tag.version for item in known if item.tag.removed}
    left = [item for item in known if item.tag.version not in removed]
    if not known:
        if bump != "auto":
            raise UsageError(f"the first version of `{name}` is {FIRST}, whatever the step", hint="leave `--bump` out")
        text = notes.compose(f"{name} {FIRST}", note, (), now.manifest.data)
        return _Plan(Tag(name, FIRST), commit, None, None, (), text)
    # What consumers were given by `latest` so far, on whichever branch it was registered.
    former = next((item for item in reversed(left) if not item.tag.version.pre), left[-1] if left else None)
    before = None if former is None else measuring.former(where, cache, name, former)
    found: tuple[Difference, ...] = ()
    level: Level | None = None
    if former is not None and before is not None:
        rows = measuring.compared(where, cache, (former.commit, before), (commit, now), progress)
        found = differences.differences(before, now, rows)
        if not found:
            raise UsageError(
                f"`{name}` in HEAD is {former.tag.version} already: data, contract, card and splits are the same",
                hint=f"to publish it: datakit push {name} && git push --follow-tags",
            )
        level = differences.heaviest(found)
    version = _number(known[-1].tag.version, former, found, level, bump)
    text = notes.compose(f"{name} {version}", note, _sections(where, dataset, former, before, found), now.manifest.data)
    return _Plan(Tag(name, version), commit, former.tag.version if former else None, level, found, text)


def _number(
    highest: Version, former: Registered | None, found: Iterable[Difference], level: Level | None, bump: str
) -> Version:
    """Choose a number above every one that was ever registered; a step that is too small is refused."""
    chosen = next((item for item in LEVELS if item == bump), None)
    base = highest if former is None else former.tag.version
    if level is None:
        if chosen is None:
            raise UsageError(
                f"what changed since {base} cannot be measured: its records cannot be read, or it was taken back",
                hint="say the step: `--bump major` where you cannot tell",
            )
    else:
        need = tags.needed(base, level)
        if chosen is not None and LEVELS.index(chosen) > LEVELS.index(need):
            reasons = [item.what for item in found if tags.needed(base, item.level) == need]
            raise UsageError(
                f"`--bump {bump}` is too small for what changed since {base}, expected {need}: {reasons[0]}",
                hint=f"`--bump {need}`, or leave it out",
                details=reasons if len(reasons) > 1 else (),
            )
        chosen = chosen or need
    version = tags.successor(base, chosen)
    return version if tags.order(version) > tags.order(highest) else tags.successor(highest, chosen)


def _sections(
    where: Project,
    dataset: Dataset,
    former: Registered | None,
    before: Facts | None,
    found: tuple[Difference, ...],
) -> list[tuple[str, list[str]]]:
    """Return what the notes tell: what was measured, and why the data changed since."""
    if former is None or before is None:
        return []
    measured = [f"{item.level}: {item.what}" for item in found]
    revisions = history.revisions(where.root, dataset.room.manifest, former.commit)
    entries = log.entries(revisions, dataset.room.manifest, {}, before.manifest)
    told = [f"{item.note or 'no reason given'} ({item.by}, {item.at[:10]}, {item.commit[:10]})" for item in entries]
    version = former.tag.version
    return [(f"Measured since {version}", measured), (f"Changes of the data since {version}", told)]


def _opened(where: Project, *, push: bool) -> tuple[Remote, ...]:
    """Open the remotes that must have the bytes: those that the policy requires, and the default one for a push."""
    required = [remotes.open_remote(where.root, name) for name in releasable.required(where)]
    wanted = [*([remotes.open_remote(where.root)] if push else []), *required]
    return tuple({remote.name: remote for remote in wanted}.values())


def _bytes(
    where: Project,
    cache: Cache,
    name: str,
    opened: tuple[Remote, ...],
    progress: Progress,
    *,
    push: bool,
    dry_run: bool,
) -> tuple[Pushed, ...]:
    """See to it that the remotes have every byte: send them, or ask for each."""
    if not opened or (push and dry_run):
        return ()
    version = objects.find(where, name)  # the work tree, which is as HEAD has it
    if push:
        return tuple(send(where, cache, remote, version, progress) for remote in opened)
    for remote in opened:
        objects.fetch_top(where, cache, version, lambda remote=remote: remote, progress)  # type: ignore[misc]  # bound now
        wanted = presence.wanted(cache, version.dataset)
        if missing := presence.lacking(remote, {name: wanted})[name]:
            raise EnvironmentProblem(
                f"remote `{remote.name}`, which the policy requires, lacks {len(missing):,} of "
                f"{len(wanted.objects):,} objects of `{name}`",
                hint=f"datakit push {name} --remote {remote.name}, or `datakit release {name} --push`",
                details=[f"{notes.escaped(item.path)}: object {item.name}" for item in missing],
            )
    return ()


def _publish(where: Project, place: publication.Destination, plan: _Plan, oid: str) -> None:
    """Push commits and tag; a tag that did not arrive is taken back."""
    tag = plan.tag
    try:
        publication.publish(where.git, place, tag, f"{tag.name}@{plan.commit}")
    except DatakitError:
        if not publication.holds(where.git, place, tag, oid):
            publication.take_back(where.git, tag, oid)
            raise
    except KeyboardInterrupt:
        publication.take_back(where.git, tag, oid)
        raise

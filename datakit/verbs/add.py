"""Record data: its bytes, where they came from, why they changed, what they must be and whether they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from datakit.errors import DatakitError, EnvironmentProblem, NotFound, PartlyDone, UsageError
from datakit.formats import card_answers, contract, manifest, names, url
from datakit.formats.finding import Finding
from datakit.formats.manifest import Change, Data, Manifest, Parent, Production, Source
from datakit.formats.room import Room
from datakit.formats.tombstone import Tombstone
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.records import Action, Added, Ask, Form, Validation
from datakit.repo import project
from datakit.repo.project import Project
from datakit.repo.tree import Commit, Tree
from datakit.steps import (
    arrivals,
    catalog,
    drafts,
    executables,
    following,
    ignoring,
    memberships,
    pipeline,
    portions,
    provenance,
    publishing,
    recording,
    splitting,
    standins,
    targets,
    workspace,
)
from datakit.steps.recording import Snapshot, Verdict
from datakit.steps.targets import Tracking
from datakit.store.cache import Cache
from datakit.verbs.check import check
from datakit.version import VERSION

_ATTEMPTS = 5  # before other writers are told of


class Wishes(NamedTuple):
    """What the caller says about the data, beyond the data itself."""

    name: str | None = None
    note: str | None = None
    fields: Mapping[str, str] = {}
    form: Form | None = None
    parents: Sequence[str] = ()
    command: str = ""
    code: Sequence[str] = ()
    validate: bool = True
    force: bool = False
    ask: Ask | None = None


class _Subject(NamedTuple):
    """What is known of one file or folder before its bytes are read."""

    tree: Tree
    path: str
    tracked: Tracking
    room: Room
    ignore: str | None  # the `.gitignore` that must gain a line
    lying: Mapping[str, bytes | None]  # its files as they lie; others may change them while the bytes are read
    committed: Manifest | None  # the manifest in HEAD
    buried: Tombstone | None  # what is left of an earlier dataset of that name
    made: Production
    parents: tuple[Parent, ...]


def add(
    *data: str,
    name: str | None = None,
    to: str | None = None,
    note: str | None = None,
    fields: Mapping[str, str] | None = None,
    form: Form | None = None,
    parents: Sequence[str] = (),
    command: str = "",
    code: Sequence[str] = (),
    validate: bool = True,
    force: bool = False,
    private: bool = False,
    ask: Ask | None = None,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> tuple[Added, ...]:
    """Record files, folders, URLs or datasets; each of the user's bytes stays where it is.

    Args:
        data: Paths, URLs or names of datasets; by default every recorded dataset whose data or contract changed or
            whose records cannot be read. Paths count from `root`.
        name: The dataset's name; by default as recorded, or after the file. For one piece of data only.
        to: Where a URL's data goes, a folder where it ends with `/`; by default the first data folder.
        note: Why the data changed; required from the second version on.
        fields: Card fields to set: keys of the front matter, or section titles in lower case.
        form: What the data is, whatever its name promises: `files` records it unread, `table` reads it; kept in the
            contract, so that it is said once.
        parents: Names of datasets that this one was made of.
        command: The command that made it.
        code: Files of code that took part, recorded by what they hold.
        validate: Hold the data against its contract.
        force: Record data that would undo what Git brought meanwhile: of another branch, or of one side of a merge.
        private: Allow URLs of this machine and of private networks.
        ask: Asked for what is missing and a person knows; nobody is asked by default.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        What was done with each dataset.

    Raises:
        UsageError: Names, options or a missing reason.
        NotFound: No such file or dataset.
        InvalidData: The data cannot be recorded, or not as the table that it claims to be.
        InvalidRecord: A record of people's hand cannot be read.
        EnvironmentProblem: Something is in the way: an ignore rule, another pointer, Git, the disk, the network.
        LockTimeout: Another process holds the repository.
        PartlyDone: Of several pieces of data some could not be recorded; it has those errors and what was done.
    """
    where = project.find(root)
    wishes = Wishes(name, note, fields or {}, form, parents, command, code, validate, force, ask)
    _check(wishes, data, to)
    cache = recording.open_cache(where)
    recording.recover(where, cache)
    with where.objects:
        done: list[Added] = []
        failed: list[DatakitError] = []
        words = data or [os.fspath(where.root / path) for path in _changed(where, cache, progress, validate=validate)]
        for word in words:
            try:
                path, source = _arrived(where, cache, word, to, wishes, private=private, progress=progress)
                done.append(_add(where, cache, path, source, wishes, progress))
            except DatakitError as error:  # the others are still tried
                if len(words) == 1:
                    raise
                failed.append(error)
        if failed:
            raise PartlyDone(failed, done)
        return tuple(done)


def left_out(
    data: Sequence[str] | None, done: Sequence[Added], *, root: Path | str | None = None
) -> tuple[Finding, ...]:
    """Return what `add` without arguments does not look at, where it found nothing to do: data that nothing records.

    Args:
        data: What it was given.
        done: What it did.
        root: A folder of the project; the current one by default.
    """
    return () if data or done else check(select=["DK101"], root=root)


def _check(wishes: Wishes, data: Sequence[str], to: str | None) -> None:
    """Refuse options that make no sense together, and secrets, which would be committed."""
    if wishes.name is not None:
        names.check(wishes.name)
        if len(data) != 1:
            raise UsageError("`--name` names one dataset", hint="add one path or URL at a time")
    if to is not None and not any(targets.is_url(word) for word in data):
        raise UsageError(
            "`--to` says where a URL's data goes", hint="leave it out for data that lies in the repository"
        )
    said = {"-m": wishes.note or "", "--command": wishes.command}
    for field, value in wishes.fields.items():
        _refuse_answer(field, value, wishes.fields)
    if wishes.form not in {None, "files", "table"}:
        raise UsageError(f"data is no `{wishes.form}`", hint="say `files` or `table`")
    for option, text in (said | {f"--set {field}": value for field, value in wishes.fields.items()}).items():
        if found := url.secrets(text):
            raise UsageError(f"`{option}` holds a secret, which would be committed: {found[0]}", hint="leave it out")


def _refuse_answer(field: str, value: str, fields: Mapping[str, str]) -> None:
    """Refuse to set a field to nothing, or to what the gate would block; what the card has beside it is not known yet."""
    mend = f"--set {field}=…"
    if not value.strip():
        raise UsageError(f"`--set {field}=` says nothing", hint=f"give it a value: `{mend}`")
    needed = {"license_name": "", "license_link": "", "license_details": ""}
    problem = card_answers.problem(field, value.strip(), {key: fields.get(key, "in the card") for key in needed})
    if problem is not None:
        raise UsageError(problem, hint=f"say it otherwise: `{mend}`")


def _changed(where: Project, cache: Cache, progress: Progress, *, validate: bool) -> list[str]:
    """Return the paths of the recorded datasets whose data is here and for which `add` has something to do."""
    tree, found = where.tree, []
    for name in catalog.names(tree, where.policy):
        known, dataset = catalog.recorded(where, tree, name), Dataset(tree, where.policy, name)
        if known is None or not (where.root / known.path).exists():
            continue
        broken = any(part.error is not None for part in (dataset.manifest, dataset.receipt, dataset.profile))
        broken |= validate and _is_outdated(dataset)
        md5 = recording.snapshot(where, cache, known.path, progress).md5
        moved = md5 != known.data.md5
        if (broken or moved or following.stale(dataset)) and workspace.standing(where, dataset, md5) != "behind":
            found.append(known.path)
    return found


def _is_outdated(dataset: Dataset) -> bool:
    """Say whether the receipt is of other data, or of a contract that demanded something else."""
    manifest, receipt = dataset.manifest.value, dataset.receipt.value
    if manifest is None or receipt is None:
        return False
    if (receipt.md5, receipt.sha256) != (manifest.data.md5, manifest.data.sha256):
        return True
    agreed = dataset.contract.value
    if receipt.contract == dataset.contract_digest:
        return False
    return agreed is None or contract.fingerprint(agreed) != receipt.enforced


def _arrived(
    where: Project, cache: Cache, word: str, to: str | None, wishes: Wishes, *, private: bool, progress: Progress
) -> tuple[str, Source | None]:
    """Return where the data of a word lies now, fetched first where it is a URL."""
    if targets.is_url(word):
        explained = wishes.ask is not None or bool((wishes.note or "").strip())
        return arrivals.fetch(
            where, cache, word, to, explained=explained, private=private, now=_now(), progress=progress
        )
    return targets.path_of(where, where.tree, word), None


def _add(where: Project, cache: Cache, path: str, source: Source | None, wishes: Wishes, progress: Progress) -> Added:
    """Record one file or folder; from the start again where somebody changed its records meanwhile."""
    for _ in range(_ATTEMPTS):
        done = _attempt(where, cache, _subject(where, path, wishes), source, wishes, progress)
        if done is not None:
            return done
    raise EnvironmentProblem(f"the records of `{path}` change all the time", hint="run the command again")


def _subject(where: Project, path: str, wishes: Wishes) -> _Subject:
    """Look at everything that can be refused before a byte is read."""
    tree = where.tree
    tracked = targets.tracking(where, tree, path)
    room = where.room(targets.name_for(where, tree, path, tracked, wishes.name))
    head = Commit(where.git, where.objects, where.git.head())
    return _Subject(
        tree=tree,
        path=path,
        tracked=tracked,
        room=room,
        ignore=ignoring.rule_for(where, path, tracked.pointer, room),
        lying={
            **{
                each: publishing.current(where, each)
                for each in (room.manifest, room.card, room.contract, room.executable_pointer, tracked.pointer)
            },
            **splitting.lying(where, room, memberships.names(Dataset(tree, where.policy, room.name))),
        },
        committed=catalog.committed(where, head, tree, room.name),
        buried=catalog.buried(tree, where.policy, room.name) or catalog.buried(head, where.policy, room.name),
        made=pipeline.production(where, tree, path, tracked, wishes.command, wishes.code),
        parents=(
            *_parents(where, tree, wishes.parents),
            *pipeline.parents(tree, path, tracked),
        ),
    )


def _attempt(
    where: Project, cache: Cache, subject: _Subject, source: Source | None, wishes: Wishes, progress: Progress
) -> Added | None:
    """Store the bytes, judge them and write the records; None where the manifest changed meanwhile."""
    tree, path, room, tracked = subject.tree, subject.path, subject.room, subject.tracked
    taken = recording.snapshot(where, cache, path, progress)
    standins.refuse(taken.scan, path)
    pipeline.refuse_stale(path, tracked, taken.md5)
    lying = Dataset(tree, where.policy, room.name)
    if not wishes.force:
        workspace.refuse(where, lying, path, taken.md5)
        portions.refuse(where, cache, lying, taken)
    subject = subject._replace(parents=(*subject.parents, *workspace.sides(where, lying, taken.md5)))
    last = _last(where, subject, taken.md5)
    reason = _reason(where, subject, taken.md5, last, wishes)  # before the work that a missing one would waste
    with drafts.opaque_instead(tree, room, path, folder=taken.scan.is_folder):
        agreed, drafted = drafts.contract_of(where, tree, room, path, taken, cache, wishes.form)
        verdict = _verdict(where, room, taken, cache, path, agreed) if wishes.validate else None
    runs = executables.settle(where, cache, room, taken.scan, last.data if last else None)
    data = _data(taken, agreed, room, verdict, last)._replace(executable=runs.value)
    fresh = _manifest(subject, data, reason, last, source)
    followed = following.follow(where, cache, Dataset(tree, where.policy, room.name), fresh, progress)
    own = publishing.pointer_of(where, tree, tracked, path, taken, room.name)
    written = {
        **({} if own is None else {tracked.pointer: own}),
        room.manifest: manifest.dump(fresh),
        room.contract: agreed,
        room.card: drafts.card_of(where, tree, room, fresh, wishes.fields, wishes.ask),
        **({room.receipt: verdict.receipt} if verdict else {}),
        **({room.profile: verdict.profile} if verdict and verdict.profile else {}),
        **followed.files,
        **runs.files,
    }
    cache.sync()

    def place() -> None:
        splitting.place(where, cache, followed.worked)()
        executables.put(where, cache, fresh, "recorded")

    changed = publishing.publish(
        where, room, path, tracked.pointer, subject.ignore, written, lying=subject.lying, place=place
    )
    if changed is None:
        return None
    publishing.relink(cache, taken)
    executables.part(where, cache, taken)
    workspace.note(where, room.name, taken.md5, executables.noted(taken.scan))
    validation = Validation(room.name, path, verdict.rows, verdict.results, ()) if verdict else None
    action: Action = "recorded" if last is None else "updated" if changed else "unchanged"
    notes = (*drafted, *(verdict.notes if verdict else ()), *_scan_notes(taken), *runs.notes, *followed.notes)
    left = publishing.remaining(where, room.name)
    return Added(room.name, path, action, fresh.data, validation, changed, where.policy.autostage, notes, left)


def _manifest(subject: _Subject, data: Data, reason: Change, last: Manifest | None, source: Source | None) -> Manifest:
    """Say all that is true of these bytes; the last manifest itself where nothing is new."""
    md5, made = data.md5, subject.made
    fresh = Manifest(
        name=subject.room.name,
        path=subject.path,
        pointer=subject.tracked.pointer,
        data=data,
        change=reason,
        sources=provenance.sources(md5, source, last),
        derived_from=provenance.parents(md5, subject.parents, made, fetched=source is not None, last=last),
        produced_by=provenance.production(md5, made, last),
        datakit=VERSION,
        former=last.former if last else None,
        other=last.other if last else {},
    )
    return last if last is not None and fresh._replace(datakit=last.datakit) == last else fresh


def _last(where: Project, subject: _Subject, md5: str) -> Manifest | None:
    """Return what was recorded last; what HEAD says where the bytes are those of HEAD again."""
    lying, committed = catalog.recorded(where, subject.tree, subject.room.name, md5), subject.committed
    back = committed is not None and committed.data.md5 == md5
    return committed if back and lying is not None and lying.data.md5 != md5 else lying


def _reason(where: Project, subject: _Subject, md5: str, last: Manifest | None, wishes: Wishes) -> Change:
    """Say why the bytes changed: as given, or as a person answers where a reason is needed."""
    name, committed, note = subject.room.name, subject.committed, wishes.note
    if committed is None and subject.buried is not None:
        return provenance.revival(subject.buried, note, last, by=where.git.author(), at=_now())
    if note is None and wishes.ask is not None and provenance.unexplained(md5, committed=committed, last=last):
        note = wishes.ask("note", f"Why did the data of {name} change?")
    return provenance.change(name, md5, note, committed=committed, last=last, by=where.git.author(), at=_now())


def _verdict(where: Project, room: Room, taken: Snapshot, cache: Cache, path: str, agreed: bytes) -> Verdict:
    """Validate the stored bytes, so that what is judged is what was hashed."""
    source = where.root / path if taken.scan.is_folder else cache.object_path(taken.md5)
    return recording.judge(where, room, (taken.md5, taken.sha256, source, path), agreed, VERSION)


def _data(taken: Snapshot, agreed: bytes, room: Room, verdict: Verdict | None, last: Manifest | None) -> Data:
    """Say what the bytes are; the shape of a table is known from validation, or from before for the same bytes."""
    if verdict is not None:
        form, rows, columns = verdict.format, verdict.rows, verdict.columns
    elif last is not None and last.data.md5 == taken.md5:
        form, rows, columns = last.data.format, last.data.rows, last.data.columns
    else:
        reader = contract.read(agreed, room.contract).reader
        form, rows, columns = reader.format if reader else "files", None, None
    return Data(taken.md5, taken.sha256, taken.size, len(taken.scan.files), form, rows, columns)


def _parents(where: Project, tree: Tree, given: Iterable[str]) -> list[Parent]:
    """Return the named datasets with the hash that they have now."""
    known = catalog.names(tree, where.policy)
    found = []
    for name in given:
        catalog.known(known, [name])
        parent = catalog.whole(Dataset(tree, where.policy, name).manifest, name)
        if parent is None:
            raise NotFound("manifest of", name, ())
        found.append(Parent(name, parent.data.md5))
    return found


def _scan_notes(taken: Snapshot) -> tuple[str, ...]:
    """Say what of a folder is not recorded, as with DVC."""
    notes = []
    if taken.scan.empty_folders:
        notes.append(f"empty folders are not recorded, DVC records files only: {taken.scan.empty_folders}")
    if taken.scan.ignored:
        notes.append(f"files or folders that .dvcignore leaves out: {taken.scan.ignored}")
    return tuple(notes)


def _now() -> str:
    """Return the time as records keep it: UTC, seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Record data: its bytes, where they came from, why they changed, what they must be and whether they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, NotFound, UsageError
from datakit.formats import artifacts, card, contract, manifest, names, pointer
from datakit.formats.finding import Finding
from datakit.formats.manifest import Data, Manifest, Parent, Source
from datakit.formats.pointer import Out
from datakit.formats.room import Room
from datakit.gate.dataset import Dataset
from datakit.gate.judge import judge
from datakit.progress import SILENT, Progress
from datakit.records import Action, Added, Validation
from datakit.repo import project
from datakit.repo.project import Project
from datakit.repo.tree import Commit, Tree
from datakit.store import files, guard, journal
from datakit.store.cache import Cache
from datakit.tables.infer import infer
from datakit.tables.sniff import sniff
from datakit.verbs import arrivals, catalog, ignoring, pipeline, provenance, recording, targets
from datakit.verbs.recording import Snapshot, Verdict
from datakit.version import VERSION

Ask = Callable[[str, str], str | None]  # (what, question) to an answer, or None where there is none


class Wishes(NamedTuple):
    """What the caller says about the data, beyond the data itself."""

    name: str | None = None
    note: str | None = None
    fields: Mapping[str, str] = {}
    parents: Sequence[str] = ()
    command: str = ""
    code: Sequence[str] = ()
    validate: bool = True


def add(
    *data: str,
    name: str | None = None,
    to: str | None = None,
    note: str | None = None,
    fields: Mapping[str, str] | None = None,
    parents: Sequence[str] = (),
    command: str = "",
    code: Sequence[str] = (),
    validate: bool = True,
    private: bool = False,
    ask: Ask | None = None,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> tuple[Added, ...]:
    """Record files, folders, URLs or datasets; each of the user's bytes stays where it is.

    Args:
        data: Paths, URLs or names of datasets; by default every recorded dataset whose data changed.
        name: The dataset's name; by default as recorded, or after the file. For one piece of data only.
        to: Where a URL's data goes, relative to the repository; by default the first data folder.
        note: Why the data changed; required from the second version on.
        fields: Card fields to set: keys of the front matter, or section titles in lower case.
        parents: Names of datasets that this one was made of.
        command: The command that made it.
        code: Files of code that took part, recorded by what they hold.
        validate: Hold the data against its contract.
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
        InvalidRecord: A record that is there cannot be read.
        EnvironmentProblem: Something is in the way: an ignore rule, another pointer, Git, the disk, the network.
    """
    where = project.find(root)
    wishes = Wishes(name, note, fields or {}, parents, command, code, validate)
    if name is not None:
        names.check(name)
        if len(data) != 1:
            raise UsageError("`--name` names one dataset", hint="add one path or URL at a time")
    if to is not None and not any(targets.is_url(word) for word in data):
        raise UsageError(
            "`--to` says where a URL's data goes", hint="leave it out for data that lies in the repository"
        )
    cache = recording.open_cache(where)
    with guard.lock(where.root / ".dvc"):
        journal.recover(where.state, where.root)
    with where.objects:
        done = []
        for word in data or _changed(where, cache, progress):
            path, source = _arrived(where, word, to, private=private, progress=progress)
            done.append(_add(where, cache, path, source, wishes, ask, progress))
        return tuple(done)


def _changed(where: Project, cache: Cache, progress: Progress) -> list[str]:
    """Return the paths of the recorded datasets whose data is here and is not what is recorded."""
    tree = where.tree
    found = [Dataset(tree, where.policy, name).manifest.value for name in catalog.names(tree, where.policy)]
    here = [item for item in found if item is not None and (where.root / item.path).exists()]
    return [item.path for item in here if recording.snapshot(where, cache, item.path, progress).md5 != item.data.md5]


def _arrived(
    where: Project, word: str, to: str | None, *, private: bool, progress: Progress
) -> tuple[str, Source | None]:
    """Return where the data of a word lies now, fetched first where it is a URL."""
    if targets.is_url(word):
        return arrivals.fetch(where, word, to, private=private, now=_now(), progress=progress)
    return targets.path_of(where, where.tree, word), None


def _add(
    where: Project, cache: Cache, path: str, source: Source | None, wishes: Wishes, ask: Ask | None, progress: Progress
) -> Added:
    """Record one file or folder."""
    tree = where.tree
    tracked = targets.tracking(where, tree, path)
    name = targets.name_for(where, tree, path, tracked, wishes.name)
    room = where.room(name)
    ignore = ignoring.rule_for(where, path, tracked.pointer, room)
    last = Dataset(tree, where.policy, name).manifest.value
    head = where.git.head()
    committed = Dataset(Commit(where.git, where.objects, head), where.policy, name).manifest.value
    made = pipeline.production(where, tree, path, tracked, wishes.command, wishes.code)
    parents = (*_parents(where, tree, wishes.parents), *pipeline.parents(tree, path, tracked))

    taken = recording.snapshot(where, cache, path, progress)
    pipeline.refuse_stale(path, tracked, taken.md5)
    note = wishes.note
    if note is None and ask is not None and committed is not None and committed.data.md5 != taken.md5:
        note = ask("note", f"Why did the data of {name} change?")
    reason = provenance.change(name, taken.md5, note, committed=committed, last=last, by=where.git.author(), at=_now())

    contract_bytes, drafted = _contract(where, tree, room, path, taken, cache)
    verdict = _verdict(where, room, taken, cache, path, contract_bytes) if wishes.validate else None
    fresh = Manifest(
        name=name,
        path=path,
        pointer=tracked.pointer,
        data=_data(taken, contract_bytes, room, verdict, last),
        change=reason,
        sources=provenance.sources(taken.md5, source, last),
        derived_from=provenance.parents(taken.md5, parents, made, fetched=source is not None, last=last),
        produced_by=provenance.production(taken.md5, made, last),
        datakit=VERSION,
        other=last.other if last else {},
    )
    if last is not None and fresh._replace(datakit=last.datakit) == last:
        fresh = last
    written = {
        **({} if tracked.stage else {tracked.pointer: _pointer(tree, tracked, path, taken, name)}),
        room.manifest: manifest.dump(fresh),
        room.contract: contract_bytes,
        room.card: _card(where, tree, room, path, fresh, wishes.fields, ask),
        **({room.receipt: verdict.receipt} if verdict else {}),
        **({room.profile: verdict.profile} if verdict and verdict.profile else {}),
    }
    cache.sync()
    changed = _publish(where, room, written, last, path, ignore)
    _relink(cache, taken)
    staged = where.policy.autostage
    validation = Validation(name, path, verdict.rows, verdict.results, ()) if verdict else None
    action: Action = "recorded" if last is None else "updated" if changed else "unchanged"
    notes = (*drafted, *(verdict.notes if verdict else ()), *_scan_notes(taken))
    return Added(name, path, action, fresh.data, validation, changed, staged, notes, _remaining(where, name))


def _contract(
    where: Project, tree: Tree, room: Room, path: str, taken: Snapshot, cache: Cache
) -> tuple[bytes, tuple[str, ...]]:
    """Return the contract as it is, or a first draft of it with what was decided for it."""
    known = tree.read(room.contract)
    if known is not None:
        return known, ()
    title = _title(room.name)
    if taken.scan.is_folder:
        return contract.draft(room.name, title, (), (), None), ()
    source, spill = cache.object_path(taken.md5), where.state / "tmp"
    spill.mkdir(parents=True, exist_ok=True)
    reader = sniff(source, path, spill)
    if reader is None:
        return contract.draft(room.name, title, (), (), None), ()
    columns, checks = infer(source, path, reader, spill)
    notes = (
        [f"missing values are written {', '.join(f'`{text}`' for text in reader.missing)}"] if reader.missing else []
    )
    return contract.draft(room.name, title, columns, checks, reader), tuple(notes)


def _verdict(where: Project, room: Room, taken: Snapshot, cache: Cache, path: str, agreed: bytes) -> Verdict:
    """Validate the stored bytes, so that what is judged is what was hashed."""
    source = where.root / path if taken.scan.is_folder else cache.object_path(taken.md5)
    return recording.judge(where, room, (taken.md5, taken.sha256, source, path), agreed, VERSION)


def _data(taken: Snapshot, agreed: bytes, room: Room, verdict: Verdict | None, last: Manifest | None) -> Data:
    """Say what the bytes are; the shape of a table is known from validation, or from before for the same bytes."""
    reader = contract.read(agreed, room.contract).reader
    same = last is not None and last.data.md5 == taken.md5
    rows, columns = (
        (verdict.rows, verdict.columns)
        if verdict
        else (last.data.rows, last.data.columns)
        if last and same
        else (None, None)
    )
    return Data(
        md5=taken.md5,
        sha256=taken.sha256,
        size=taken.size,
        files=len(taken.scan.files),
        format=reader.format if reader else "files",
        rows=rows,
        columns=columns,
    )


def _pointer(tree: Tree, tracked: targets.Tracking, path: str, taken: Snapshot, name: str) -> bytes:
    """Write the pointer as DVC would, with the dataset's name."""
    files = len(taken.scan.files) if taken.scan.is_folder else None
    old = tree.read(tracked.pointer)
    if tracked.out is None or old is None:
        out = Out(path.rsplit("/", 1)[-1], taken.md5, taken.size, files, "md5", name)
        return pointer.render(out)
    if tracked.out.cloud:
        raise EnvironmentProblem(
            f"`{tracked.pointer}` keeps its versions in a cloud bucket of its own, which only DVC can update",
            hint=f"dvc update {tracked.pointer}, or track the data without `version_aware`",
        )
    if pointer.read(old, tracked.pointer).imported and tracked.out.md5 != taken.md5:
        raise EnvironmentProblem(
            f"`{path}` was imported by DVC and has other bytes than its import", hint=f"dvc update {tracked.pointer}"
        )
    return pointer.update(
        old, tracked.pointer, tracked.out._replace(md5=taken.md5, size=taken.size, files=files, hash="md5", name=name)
    )


def _card(
    where: Project, tree: Tree, room: Room, path: str, fresh: Manifest, fields: Mapping[str, str], ask: Ask | None
) -> bytes:
    """Return the card: as it is or a first draft, with what the user says set."""
    known = tree.read(room.card)
    if known is None:
        known = card.draft(room.name, _title(room.name), defaults=where.policy.defaults, facts=_facts(fresh, path))
        if ask is not None:
            asked = {
                field: ask(field, question)
                for field, question in QUESTIONS.items()
                if field in where.policy.required and field not in fields and field not in where.policy.defaults
            }
            fields = {**{field: answer for field, answer in asked.items() if answer}, **fields}
    return card.set_fields(known, fields) if fields else known


QUESTIONS = {
    "license": "Under which licence may the data be used? (an SPDX id such as CC-BY-4.0, or LicenseRef-Internal)",
    "owner": "Who answers for the data? (name <address>)",
    "personal_data": "Does it hold personal data? (none, pseudonymous, identifying)",
    "summary": "What is it, in one sentence?",
    "collection": "How was it collected?",
}


def _facts(fresh: Manifest, path: str) -> dict[str, str]:
    """Return what a machine knows for the card."""
    rows = fresh.data.rows
    facts = {"path": path, "format": fresh.data.format}
    return facts | ({"size_categories": size_category(rows)} if rows is not None else {})


def size_category(rows: int) -> str:
    """Return Hugging Face's size category of a number of rows.

    >>> size_category(344), size_category(12_000)
    ('n<1K', '10K<n<100K')
    """
    steps = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
    limits = [10**power for power in range(3, 13)]
    above = sum(rows >= limit for limit in limits)
    if above == 0:
        return f"n<{steps[0]}"
    return f"n>{steps[-1]}" if above == len(steps) else f"{steps[above - 1]}<n<{steps[above]}"


def _parents(where: Project, tree: Tree, given: Sequence[str]) -> list[Parent]:
    """Return the named datasets with the hash that they have now."""
    known = catalog.names(tree, where.policy)
    catalog.known(known, given)
    found = []
    for name in given:
        parent = Dataset(tree, where.policy, name).manifest
        if parent.error is not None:
            raise parent.error
        if parent.value is None:
            raise NotFound("manifest of", name, ())
        found.append(Parent(name, parent.value.data.md5))
    return found


def _publish(
    where: Project, room: Room, written: Mapping[str, bytes], last: Manifest | None, path: str, ignore: str | None
) -> tuple[str, ...]:
    """Write all files as one and stage them; only this holds the lock, and files that datasets share are read in it."""
    with guard.lock(where.root / ".dvc"):
        journal.recover(where.state, where.root)
        if Dataset(where.tree, where.policy, room.name).manifest.value != last:
            raise EnvironmentProblem(f"`{room.manifest}` changed while the data was read", hint="run the command again")
        shared = {artifacts.FILE: artifacts.put(_current(where, artifacts.FILE), room.name, path)}
        if ignore is not None:
            shared[ignore] = ignoring.put(_current(where, ignore), path)
        with journal.transaction(where.state, where.root) as change:
            plan = {**shared, **written}
            changed = [name for name, data in plan.items() if change.write(where.root / name, data)]
        if where.policy.autostage:
            where.git.stage(sorted(plan))
    return tuple(sorted(changed))


def _current(where: Project, path: str) -> bytes:
    """Read a file that several datasets share; empty where there is none."""
    full = where.root / path
    return files.read(full) if full.exists() else b""


def _relink(cache: Cache, taken: Snapshot) -> None:
    """Replace files by links to their objects where DVC's configuration asks for links."""
    for file, digest in zip(taken.scan.files, taken.digests, strict=True):
        cache.link(digest.md5, taken.scan.path(file), file.stamp)


def _remaining(where: Project, name: str) -> tuple[Finding, ...]:
    """Return what the gate would still say of the dataset in the work tree."""
    base = where.git.head()
    tree, before = where.tree, Commit(where.git, where.objects, base)
    return tuple(item for item in judge(tree, before, where.git.pending(base)) if item.dataset == name)


def _scan_notes(taken: Snapshot) -> tuple[str, ...]:
    """Say what of a folder is not recorded, as with DVC."""
    notes = []
    if taken.scan.empty_folders:
        notes.append(f"{taken.scan.empty_folders} empty folders are not recorded: DVC records files")
    if taken.scan.ignored:
        notes.append(f"{taken.scan.ignored} files or folders are left out by .dvcignore")
    return tuple(notes)


def _title(name: str) -> str:
    """Make a readable title of a name.

    >>> _title("palmer-penguins_raw")
    'Palmer penguins raw'
    """
    return name.replace("-", " ").replace("_", " ").capitalize()


def _now() -> str:
    """Return the time as records keep it: UTC, seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

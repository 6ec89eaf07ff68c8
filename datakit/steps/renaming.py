"""A dataset under another name: its room, its records, its pointer, its artifact, and the datasets that are made of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from datakit.errors import EnvironmentProblem, InvalidRecord, UsageError
from datakit.formats import artifacts, card_edit, contract, manifest, pointer_edit, profile, receipt, split
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest, Parent
from datakit.formats.receipt import Receipt
from datakit.formats.room import Room
from datakit.gate.dataset import Dataset, outs, text_digest
from datakit.records import Moved
from datakit.repo import references
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import catalog, drafts, publishing, rewriting
from datakit.steps.rewriting import Plan
from datakit.store.relocation import Move
from datakit.version import VERSION


def rename(where: Project, old: str, new: str) -> Moved:
    """Rename a dataset; the caller holds the lock.

    Args:
        where: The project.
        old: Its name.
        new: The name that it gets, which is a name.

    Raises:
        UsageError: The name is taken, or there is nothing to rename.
        InvalidRecord: A record is broken.
        EnvironmentProblem: A file is in the way.
    """
    now, then = (Dataset(where.tree, where.policy, name) for name in (old, new))
    if old == new:
        catalog.find(where, where.tree, [old])
    lying = catalog.whole(then.manifest, new)
    if lying is not None and (old == new or (lying.name == new and _was(where, lying, old) and now.manifest.missing)):
        return _done(where, lying, old)
    begun = lying is not None and lying.name == old
    _refuse_taken(then, lying if not begun else None)
    if lying is not None and not now.manifest.missing:
        raise EnvironmentProblem(
            f"`{then.room.folder}` has a copy of the records of `{old}`", hint=f"rm {then.room.manifest}"
        )
    known = lying or catalog.whole(now.manifest, old)
    if known is None:
        catalog.find(where, where.tree, [old])
        raise InvalidRecord(
            now.room.manifest, "is missing, so nothing says what to rename", hint=f"datakit add PATH --name {old}"
        )
    moves = tuple(_moves(where, now.room, then.room))
    fresh = _manifest(where, known, old, new)
    written = {then.room.manifest: manifest.dump(fresh), **dict(_records(where, now.room, then.room))}
    if known.pointer.endswith(".dvc"):
        written[known.pointer] = _pointer(where, known, new)
    line = artifacts.rename(rewriting.pipeline(where), old, new)
    written[artifacts.FILE] = artifacts.put(line, new, known.path)
    children = dict(_children(where, old, new))
    known_files = _known_files(where, now.room, then.room)  # a room that was renamed by hand
    changed = rewriting.carry_out(where, Plan(then.room.manifest, {**written, **children}, moves=moves), known_files)
    return Moved(
        new, known.path, old, known.path, changed, where.policy.autostage, tuple(_notes(where, old, new, children))
    )


def _was(where: Project, lying: Manifest, old: str) -> bool:
    """Say whether a dataset was called `old` in HEAD, or says so itself."""
    head = Dataset(Commit(where.git, where.objects, where.git.head()), where.policy, old).manifest.value
    return lying.former == old or (head is not None and head.path == lying.path)


def _done(where: Project, lying: Manifest, old: str) -> Moved:
    """Stage what an earlier run may not have staged; nothing else is left to do."""
    room, former = where.room(lying.name), where.room(old)
    if where.policy.autostage and old != lying.name:
        rewriting.stage(where, [*_known_files(where, former, room), lying.pointer, artifacts.FILE])
    return Moved(lying.name, lying.path, old, lying.path, (), where.policy.autostage, ())


def _known_files(where: Project, old: Room, new: Room) -> list[str]:
    """Return the files that Git knows in the old room, and what they are called in the new one."""
    head = Commit(where.git, where.objects, where.git.head())
    staged = where.git.listed(paths=[old.folder])
    return [*staged, *(new.folder + path[len(old.folder) :] for path in {*staged, *head.under(old.folder)})]


def _refuse_taken(then: Dataset, lying: Manifest | None) -> None:
    """Refuse a name that another dataset has, or had."""
    if lying is not None:
        raise UsageError(f"`{then.name}` is the dataset of `{lying.path}`", hint="choose another name")
    stone = then.tombstone.value
    if stone is not None:
        raise UsageError(f"`{then.name}` was removed on {catalog.gone(stone)}", hint="choose another name")


def _moves(where: Project, old: Room, new: Room) -> Iterator[Move]:
    """Return what moves: the room as a whole, or file by file where the new one has begun."""
    source, target = where.root / old.folder, where.root / new.folder
    if not source.is_dir():
        return
    if not os.path.lexists(target):
        yield Move(old.folder, new.folder)
        return
    for folder, _, found in os.walk(source):
        for name in sorted(found):
            path = os.path.relpath(os.path.join(folder, name), source).replace(os.sep, "/")
            if os.path.lexists(target / path):
                raise EnvironmentProblem(
                    f"`{new.folder}/{path}` is in the way of `{old.folder}/{path}`",
                    hint="move one of the two away, then run the command again",
                )
            yield Move(f"{old.folder}/{path}", f"{new.folder}/{path}")


def _manifest(where: Project, known: Manifest, old: str, new: str) -> Manifest:
    """Return the manifest under the new name; `former` is the name that history has."""
    head = Commit(where.git, where.objects, where.git.head())
    there, back = (Dataset(head, where.policy, name).manifest.value for name in (old, new))
    former = old if there is not None else back.former if back is not None else known.former
    parents = tuple(Parent(new if parent.name == old else parent.name, parent.md5) for parent in known.derived_from)
    return known._replace(name=new, former=former, derived_from=parents, datakit=VERSION)


def _records(where: Project, old: Room, new: Room) -> Iterator[tuple[str, bytes]]:
    """Return what datakit's own records, and the contract, say under the new name; one that is broken stays as it is."""

    def lying(path: str) -> bytes | None:
        return publishing.current(where, f"{new.folder}/{path}") or publishing.current(where, f"{old.folder}/{path}")

    said = lying("README.md")
    if said is not None and (renamed := _card(said, old.name, new.name)) != said:
        yield new.card, renamed
    agreed, digests = lying("contract.odcs.yaml"), ("", "")
    if agreed is not None:
        edited = contract.rename(agreed, old.name, new.name, new.contract)
        digests = text_digest(agreed), text_digest(edited)
        yield new.contract, edited
    readers: dict[str, Callable[[bytes], bytes]] = {
        "receipt.json": lambda data: _receipt(receipt.read(data, old.receipt), new.name, *digests),
        "profile.json": lambda data: profile.dump(new.name, profile.read(data, old.profile)),
    }
    for path in _splits(where, old, new):
        readers[path] = lambda data, path=path: split.dump(split.read(data, path)._replace(name=new.name))  # type: ignore[misc]  # the loop's own path
    for path, written in readers.items():
        data = lying(path)
        try:
            if data is not None:
                yield f"{new.folder}/{path}", written(data)
        except InvalidRecord:
            continue  # a finding of its own, which its own command mends


def _card(data: bytes, old: str, new: str) -> bytes:
    """Write the new name into what datakit drafted of a card and nobody changed."""
    return card_edit.rename(data, (old, drafts.title(old)), (new, drafts.title(new)))


def _receipt(known: Receipt, name: str, before: str, after: str) -> bytes:
    """Write a receipt for the new name; it is of the edited contract only where it was of the one before."""
    return receipt.dump(known._replace(name=name, contract=after if known.contract == before else known.contract))


def _splits(where: Project, old: Room, new: Room) -> list[str]:
    """Return the records of splits, relative to the room."""
    folders = [where.root / room.splits for room in (old, new)]
    return sorted({f"splits/{path.name}" for folder in folders if folder.is_dir() for path in folder.glob("*.json")})


def _pointer(where: Project, known: Manifest, new: str) -> bytes:
    """Write the pointer with the new name."""
    data = publishing.current(where, known.pointer)
    found = () if data is None else outs(data, known.pointer)
    out = next((out for target, out in found if target == known.path), None)
    if data is None or out is None:
        raise EnvironmentProblem(
            f"`{known.pointer}` is missing or has no out `{known.path}`",
            hint=command("git restore --source=HEAD --staged --worktree --", known.pointer),
        )
    return pointer_edit.rename(data, known.pointer, out.path, new)


def _children(where: Project, old: str, new: str) -> Iterator[tuple[str, bytes]]:
    """Return the manifests of other datasets that are made of this one, with its new name."""
    tree = where.tree
    for name in catalog.names(tree, where.policy):
        found = Dataset(tree, where.policy, name).manifest.value
        if name in {old, new} or found is None or not any(parent.name == old for parent in found.derived_from):
            continue
        parents = tuple(Parent(new if item.name == old else item.name, item.md5) for item in found.derived_from)
        yield where.room(name).manifest, manifest.dump(found._replace(derived_from=parents, datakit=VERSION))


def _notes(where: Project, old: str, new: str, children: Iterable[str]) -> Iterator[str]:
    """Say what keeps the old name, and what else was written."""
    for path in sorted(children):
        yield f"`{path}` names its parent `{new}` now"
    said = (publishing.current(where, where.room(new).card) or b"").decode(errors="replace")
    lines = card_edit.lines_with(said, (old, drafts.title(old)))
    if lines:
        which = ", ".join(map(str, lines))
        yield f"{where.room(new).card} still says `{old}` in line {which}: edit it if the dataset is meant"
    known = list(references.versions(where.git, old))
    if known:
        last = f"{old}@{known[-1]}"
        yield f"released versions keep the old name: `datakit pull {last} --to DIR` still gives {last}"
    yield from rewriting.mentions(where, f"{where.policy.catalog}/{old}")

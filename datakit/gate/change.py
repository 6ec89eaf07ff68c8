"""What a change touches: the datasets that must be judged, and the files that Git itself would take.

A dataset is touched when a file of its room, its pointer, its artifact or the stage that makes it changes, on either
side of the change, so that deletions and renames count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import artifacts, names, room
from datakit.formats import policy as policies
from datakit.formats.pointer import Out
from datakit.formats.policy import Policy
from datakit.gate.dataset import Dataset, outs, part, pipeline_of
from datakit.repo.git import Change
from datakit.repo.tree import Tree

_FEW = 200  # folders that are listed one by one; of more, the whole catalogue is listed at once
_TELLTALES = ("/manifest.json", "/receipt.json", "/contract.odcs.yaml")  # of a room
_READ_IF_CHANGED = ("tombstone.json", "profile.json", "README.md")
_SPLIT = (".yaml", ".json", ".parquet", ".parquet.dvc")  # recipe, record, membership, pointer


class Tracked(NamedTuple):
    """One out of a pointer in the judged tree."""

    pointer: str  # path of the `.dvc` file or dvc.lock
    path: str | None  # of the data; None where it leads outside the repository
    out: Out
    name: str | None  # the dataset that it says it is: `meta` of the out, or the artifact of its path


class Case(NamedTuple):
    """What the rules judge."""

    tree: Tree
    base: Tree
    policy: Policy
    changes: tuple[Change, ...]
    names: tuple[str, ...]  # datasets that are touched, sorted
    tracked: tuple[Tracked, ...]  # outs of touched pointers
    broken: tuple[InvalidRecord, ...]  # touched pointers that cannot be read
    artifacts: dict[str, str] | None  # path by name, of the touched datasets at least; None: dvc.yaml is broken
    now: dict[str, Dataset]
    before: dict[str, Dataset]
    paths: frozenset[str]  # that changed
    whole: bool  # every dataset is judged, or the policy changed
    splits: dict[str, dict[str, tuple[str, ...]]]  # files of splits, by dataset and then by split

    def judges(self, path: str) -> bool:
        """Say whether a file is judged by itself: one that did not change was judged when it did."""
        return self.whole or path in self.paths

    def is_new(self, dataset: Dataset) -> bool:
        """Say whether the base asked nothing of a dataset: it had none, or only recorded it."""
        before = self.before[dataset.name]
        return before.manifest.missing or not before.strict


def case(tree: Tree, base: Tree, policy: Policy, changes: Iterable[Change], *, whole: bool = False) -> Case:
    """Find out what is to be judged.

    Args:
        tree: The judged state.
        base: The state before.
        policy: The policy to judge by.
        changes: What differs between the two.
        whole: Judge every dataset of the tree, not only the touched ones.
    """
    changed = tuple(changes)
    paths = [change.path for change in changed]
    pointers = {path for path in paths if is_pointer(path)}
    rooms = {room.of(path, policy.catalog) for path in paths}
    listed = tree.paths() if whole else None
    if listed is not None:
        pointers |= {path for path in listed if is_pointer(path)}
        rooms |= {room.of(path, policy.catalog) for path in listed}
    locks = any(not path.endswith(".dvc") for path in pointers)
    known = _artifacts(tree) if locks else {}
    tracked, broken = _tracked(tree, sorted(pointers), known)
    former, _ = _tracked(base, [path for path in paths if is_pointer(path)], _artifacts(base) if locks else {})
    # An out of dvc.lock that did not change is none of this change's business: stages share one lock.
    if not whole:
        unchanged = {item for item in former if not item.pointer.endswith(".dvc")} & set(tracked)
        tracked = [item for item in tracked if item not in unchanged]
        former = [item for item in former if item not in unchanged]
    touched = {name for name in rooms if name is not None and not names.problem(name)}
    touched |= {item.name for item in (*tracked, *former) if item.name is not None and not names.problem(item.name)}
    if artifacts.FILE in paths:
        touched |= set(_renamed(tree, base))
        broken += [error for error in [part(tree, artifacts.FILE, artifacts.read).error] if error is not None]
    ordered = tuple(sorted(touched))
    _expect(tree, base, policy, ordered)
    now = {name: Dataset(tree, policy, name) for name in ordered}
    before = {name: Dataset(base, policy, name) for name in ordered}
    tracked += _left(tree, [before[name] for name in ordered if now[name].manifest.missing], tracked)
    return Case(
        tree,
        base,
        policy,
        changed,
        ordered,
        tuple(tracked),
        tuple(broken),
        _known(tree, ordered),
        now,
        before,
        frozenset(paths),
        whole or policies.FILE in paths,
        _splits(tree, base, policy, changed, ordered, listed),
    )


def announce(tree: Tree, base: Tree, changes: Iterable[Change]) -> None:
    """Announce what will be read, in the order in which it is: one question to Git instead of one for each file.

    Where rooms lie is not known before the policy is read, so they are guessed by their files; what is not guessed is
    asked for later.

    Args:
        tree: The judged state.
        base: The state before.
        changes: What differs between the two.
    """
    listed = tuple(changes)
    paths = {change.path for change in listed}
    pointers = sorted(path for path in paths if is_pointer(path))
    folders = sorted({path.rpartition("/")[0] for path in paths if path.endswith(_TELLTALES)})
    manifests, receipts = [f"{room}/manifest.json" for room in folders], [f"{room}/receipt.json" for room in folders]
    edited = [path for room in folders for name in _READ_IF_CHANGED if (path := f"{room}/{name}") in paths]
    tree.expect((policies.FILE, artifacts.FILE))
    base.expect((policies.FILE, *([artifacts.FILE] if artifacts.FILE in paths else [])))
    tree.expect(pointers)
    base.expect(pointers)
    tree.expect((*manifests, *receipts))
    base.expect(manifests)
    tree.expect((*edited, *(f"{room}/contract.odcs.yaml" for room in folders)))
    base.expect(receipts)


def is_pointer(path: str) -> bool:
    """Say whether a path is one of DVC's pointers.

    >>> is_pointer("data/a.csv.dvc"), is_pointer("dvc.lock"), is_pointer(".dvc/config")
    (True, True, False)
    """
    name = path.rsplit("/", 1)[-1]
    return name == "dvc.lock" or (name.endswith(".dvc") and name != ".dvc")


def _tracked(tree: Tree, pointers: Iterable[str], known: dict[str, str]) -> tuple[list[Tracked], list[InvalidRecord]]:
    """Read pointers: their outs, and what is wrong with those that cannot be read."""
    found: list[Tracked] = []
    broken: list[InvalidRecord] = []
    listed = list(pointers)
    tree.expect(listed)
    for path in listed:
        try:
            data = tree.read(path)
            for target, out in () if data is None else outs(data, path, pipeline_of(tree, path)):
                found.append(Tracked(path, target, out, out.name or known.get(target or "")))
        except InvalidRecord as error:
            broken.append(error)
    return found, broken


def _left(tree: Tree, gone: Iterable[Dataset], tracked: Iterable[Tracked]) -> list[Tracked]:
    """Return the outs of datasets whose room was taken away as a whole, though nothing of their pointers changed."""
    known = set(tracked)
    found: list[Tracked] = []
    for former in gone:
        manifest = former.manifest.value
        if manifest is not None and not tree.under(former.room.folder):
            items, _ = _tracked(tree, [manifest.pointer], {manifest.path: former.name})
            found += [item for item in items if item.path == manifest.path and item not in known]
    return found


def _splits(
    tree: Tree,
    base: Tree,
    policy: Policy,
    changes: Iterable[Change],
    touched: Sequence[str],
    listed: Sequence[str] | None,
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the files of the touched datasets' splits, and announce them.

    A commit lists a few folders in no time, an index only by going through all of its entries: so what is judged is what
    the base has and what differs from it. Of many folders it is the index that lists them in no time.
    """
    folders = {f"{room.Room(policy.catalog, name).splits}/": name for name in touched}
    if listed is None and len(folders) > _FEW:
        listed = [path for path in tree.under(policy.catalog) if "/splits/" in path]
    elif listed is None:
        gone = {change.path for change in changes if change.removed}
        new = {change.path for change in changes if "/splits/" in change.path}
        listed = sorted({*base.under(*folders), *new} - gone)
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path in listed:
        folder, _, file = path.rpartition("/")
        if f"{folder}/" in folders and file.endswith(_SPLIT):
            splits = found.setdefault(folders[f"{folder}/"], {})
            name = file.removesuffix(".dvc").rpartition(".")[0]
            splits[name] = (*splits.get(name, ()), path)
    tree.expect(path for splits in found.values() for paths in splits.values() for path in paths)
    return found


def _expect(tree: Tree, base: Tree, policy: Policy, touched: Iterable[str]) -> None:
    """Announce the records of the touched datasets that `announce` could not guess."""
    rooms = [room.Room(policy.catalog, name) for name in touched]
    tree.expect([each.manifest for each in rooms])
    tree.expect([each.receipt for each in rooms])
    base.expect([each.manifest for each in rooms])
    tree.expect([each.contract for each in rooms])
    base.expect([each.receipt for each in rooms])


def _known(tree: Tree, touched: Iterable[str]) -> dict[str, str] | None:
    """Return the artifacts of the touched datasets; the whole of dvc.yaml is parsed only for what is written unusually."""
    read = part(tree, artifacts.FILE, lambda data, _: data)
    known = artifacts.lines(read.value or b"")
    if all(name in known for name in touched):
        return known
    whole = part(tree, artifacts.FILE, artifacts.read)
    return None if whole.error else whole.value or {}


def _artifacts(tree: Tree) -> dict[str, str]:
    """Return the dataset of each artifact's path."""
    return {path: name for name, path in _read(tree).items()}


def _renamed(tree: Tree, base: Tree) -> Iterator[str]:
    """Return the names whose artifact differs between two trees; names that no room could have are not ours."""
    new, old = _read(tree), _read(base)
    for name in {**old, **new}:
        if new.get(name) != old.get(name) and not names.problem(name):
            yield name


def _read(tree: Tree) -> dict[str, str]:
    """Read a tree's artifacts; a broken dvc.yaml is the business of its own rule."""
    return part(tree, artifacts.FILE, artifacts.read).value or {}

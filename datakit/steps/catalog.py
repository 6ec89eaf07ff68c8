"""The datasets of a tree: one room each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from datakit.errors import InvalidRecord, NotFound, UsageError
from datakit.formats import manifest, room
from datakit.formats import names as rules
from datakit.formats.manifest import Manifest
from datakit.formats.policy import Policy
from datakit.formats.tombstone import Tombstone
from datakit.gate.dataset import Dataset, Part
from datakit.repo.project import Project
from datakit.repo.tree import Tree
from datakit.steps import lineage, returning

T = TypeVar("T")
_TOMBSTONE = "/tombstone.json"


def names(tree: Tree, policy: Policy) -> tuple[str, ...]:
    """Return the name of every room in a tree, sorted; one that holds only a tombstone is no dataset's."""
    found = {room.of(path, policy.catalog) for path in tree.under(policy.catalog) if not path.endswith(_TOMBSTONE)}
    return tuple(sorted(name for name in found if name is not None and rules.problem(name) is None))


def known(existing: Iterable[str], asked: Iterable[str]) -> None:
    """Refuse a name that no dataset has.

    Raises:
        NotFound: It offers the nearest names.
    """
    have = tuple(existing)
    for name in asked:
        if name not in have:
            raise NotFound("dataset", name, have, hint=None if have else "record one with `datakit add PATH`")


def find(where: Project, tree: Tree, asked: Iterable[str], hint: str | None = None) -> tuple[str, ...]:
    """Return the names of all datasets, once those that are asked for are among them.

    Args:
        where: The project.
        tree: Where they are looked for.
        asked: Names.
        hint: What to do with one that was removed; by default how to get a version of it.

    Raises:
        UsageError: A dataset was removed; the message says when, by whom and why. Or it was renamed; it says to what.
        NotFound: There is none of that name; the nearest are offered.
    """
    have = names(tree, where.policy)
    for name in asked:
        if name not in have and (stone := buried(tree, where.policy, name)) is not None:
            raise UsageError(f"`{name}` was removed on {gone(stone)}", hint=hint or returning.back(where, stone))
        if name not in have and (heir := _heir(where, tree, have, name)) is not None:
            raise UsageError(f"`{name}` was renamed to `{heir}`", hint=f"write `{heir}`; `datakit log {heir}` has both")
    known(have, asked)
    return have


def _heir(where: Project, tree: Tree, have: Iterable[str], name: str) -> str | None:
    """Return the dataset that had a name before it was renamed."""
    found = ((other, Dataset(tree, where.policy, other).manifest.value) for other in have)
    renamed = [other for other, lying in found if lying is not None and lying.former is not None]
    return next((other for other in renamed if name in {called for called, _ in lineage.line(where, other)}), None)


def buried(tree: Tree, policy: Policy, name: str) -> Tombstone | None:
    """Return the tombstone of a dataset, or None."""
    return Dataset(tree, policy, name).tombstone.value if rules.problem(name) is None else None


def gone(stone: Tombstone) -> str:
    """Say when a dataset was removed, by whom and why: one clause."""
    return f"{stone.at[:10]}{f' by {stone.by}' if stone.by else ''}: {stone.reason}"


def recorded(where: Project, tree: Tree, name: str, md5: str | None = None) -> Manifest | None:
    """Return the manifest of a dataset; where it cannot be read, one that Git still has.

    A merge conflict, an edit by hand or half a write must not cost what was known of the data: it is looked up in the
    index, on both sides of a merge, and in HEAD.

    Args:
        where: The project.
        tree: Its work tree.
        name: The dataset.
        md5: The bytes that lie there now; a manifest of these very bytes is preferred.
    """
    found = Dataset(tree, where.policy, name).manifest
    if found.error is None:
        return found.value
    readable = [item for data in where.kept(found.path) if (item := _read(data, found.path)) is not None]
    return next((item for item in readable if item.data.md5 == md5), readable[0] if readable else None)


def committed(where: Project, head: Tree, tree: Tree, name: str) -> Manifest | None:
    """Return what HEAD says of a dataset, under the name that it had there.

    Args:
        where: The project.
        head: HEAD.
        tree: The work tree, whose manifest knows the former name of a dataset that was renamed since.
        name: The dataset.
    """
    found = Dataset(head, where.policy, name).manifest
    lying = Dataset(tree, where.policy, name).manifest.value
    if not found.missing or lying is None or lying.former is None:
        return found.value
    former = Dataset(tree, where.policy, lying.former).manifest
    known = Dataset(head, where.policy, lying.former).manifest.value if former.missing else None
    return None if known is None else known._replace(name=name, former=lying.former)


def whole(found: Part[T], name: str) -> T | None:
    """Return a record that datakit wrote, or None where there is none.

    Raises:
        InvalidRecord: It cannot be read; the hint is the command that writes it anew.
    """
    if found.error is not None:
        error = found.error
        raise InvalidRecord(error.path, error.problem, line=error.line, hint=error.hint or f"datakit add {name}")
    return found.value


def _read(data: bytes, where: str) -> Manifest | None:
    """Read a manifest, or nothing where it is broken too."""
    try:
        return manifest.read(data, where)
    except InvalidRecord:
        return None

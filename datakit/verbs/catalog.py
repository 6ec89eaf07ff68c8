"""The datasets of a tree: one room each."""

from __future__ import annotations

from collections.abc import Iterable

from datakit.errors import NotFound
from datakit.formats import names as rules
from datakit.formats import room
from datakit.formats.policy import Policy
from datakit.repo.tree import Tree


def names(tree: Tree, policy: Policy) -> tuple[str, ...]:
    """Return the name of every room in a tree, sorted."""
    found = {room.of(path, policy.catalog) for path in tree.under(policy.catalog)}
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

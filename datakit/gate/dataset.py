"""One dataset as a tree shows it: each of its files read when first asked for, broken ones kept as their error.

The readers of what most changes do not touch are loaded when they are needed: together they take longer than a commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from datakit.errors import InvalidRecord
from datakit.formats import manifest, pointer, receipt
from datakit.formats.manifest import Manifest
from datakit.formats.pointer import Out, Pointer
from datakit.formats.policy import STRICT_TIERS, Policy
from datakit.formats.receipt import Receipt
from datakit.formats.room import Room
from datakit.repo.tree import Tree

if TYPE_CHECKING:
    from datakit.formats.card import Card
    from datakit.formats.contract import Contract
    from datakit.formats.profile import Profile
    from datakit.formats.recipe import Recipe
    from datakit.formats.split import Split
    from datakit.formats.tombstone import Tombstone

T = TypeVar("T")


class Part(NamedTuple, Generic[T]):
    """One file of a dataset: its record, or why it cannot be read, or neither where it is missing."""

    path: str
    value: T | None = None
    error: InvalidRecord | None = None

    @property
    def missing(self) -> bool:
        """Say whether the tree has no such file."""
        return self.value is None and self.error is None


class Dataset:
    """The files of one dataset in one tree.

    Args:
        tree: Where they are read.
        policy: Where rooms and data lie.
        name: The dataset.
    """

    def __init__(self, tree: Tree, policy: Policy, name: str) -> None:
        self.tree, self.policy, self.name = tree, policy, name
        self.room = Room(policy.catalog, name)
        self._recipes: dict[str, Part[Recipe]] = {}
        self._splits: dict[str, Part[Split]] = {}

    @cached_property
    def manifest(self) -> Part[Manifest]:
        """What is recorded."""
        return self._part(self.room.manifest, manifest.read)

    @cached_property
    def receipt(self) -> Part[Receipt]:
        """What validation found."""
        return self._part(self.room.receipt, receipt.read)

    @cached_property
    def profile(self) -> Part[Profile]:
        """The statistics of its columns."""
        from datakit.formats import profile

        return self._part(self.room.profile, profile.read)

    @cached_property
    def tombstone(self) -> Part[Tombstone]:
        """What is left of it where it was removed."""
        from datakit.formats import tombstone

        return self._part(self.room.tombstone, tombstone.read)

    @cached_property
    def card(self) -> Part[Card]:
        """What people say of it."""
        from datakit.formats import card

        return self._part(self.room.card, card.read)

    @cached_property
    def contract(self) -> Part[Contract]:
        """What it must be."""
        from datakit.formats import contract

        return self._part(self.room.contract, contract.read)

    @cached_property
    def contract_digest(self) -> str | None:
        """The sha256 of the contract's bytes, line ends as LF; None where there is no contract, empty for a closed one."""
        found = part(self.tree, self.room.contract, lambda data, _: text_digest(data))
        return "" if found.error else found.value

    @cached_property
    def pointer(self) -> Part[Out]:
        """The out that names its data, as the manifest says where to look."""
        if self.manifest.value is None:
            return Part("")
        path, target = self.manifest.value.pointer, self.manifest.value.path

        def find(data: bytes, where: str) -> Out | None:
            found = outs(data, where, pipeline_of(self.tree, where))
            return next((out for place, out in found if place == target), None)

        return self._part(path, find)

    def recipe(self, name: str) -> Part[Recipe]:
        """How a split is made."""
        if name not in self._recipes:
            from datakit.formats import recipe

            self._recipes[name] = self._part(self.room.recipe(name), recipe.read)
        return self._recipes[name]

    def split(self, name: str) -> Part[Split]:
        """What a split assigned."""
        if name not in self._splits:
            from datakit.formats import split

            self._splits[name] = self._part(self.room.split(name), split.read)
        return self._splits[name]

    def membership(self, name: str) -> Part[Pointer]:
        """The pointer to the membership of a split."""
        return self._part(self.room.membership_pointer(name), pointer.read)

    @cached_property
    def tier(self) -> str | None:
        """The tier of the folder that holds the data."""
        return None if self.manifest.value is None else self.policy.tier(self.manifest.value.path)

    @cached_property
    def strict(self) -> bool:
        """Say whether every rule applies: in the strict tiers, and outside the data folders for what carries a name."""
        return self.tier in STRICT_TIERS or self.tier is None

    def _part(self, path: str, reader: Callable[[bytes, str], T | None]) -> Part[T]:
        """Read one of its files."""
        return part(self.tree, path, reader)


def part(tree: Tree, path: str, reader: Callable[[bytes, str], T | None]) -> Part[T]:
    """Read one file, keeping what is wrong with it."""
    try:
        data = tree.read(path)
        return Part(path, None if data is None else reader(data, path))
    except InvalidRecord as error:
        return Part(path, error=error)


def content(tree: Tree, path: str) -> bytes:
    """Read any file; nothing where there is none, or where it cannot be read, which the rules of its kind say."""
    return part(tree, path, lambda data, _: data).value or b""


@lru_cache(maxsize=2**16)  # a touched pointer is read for its change and for its dataset
def outs(data: bytes, where: str, pipeline: bytes = b"") -> tuple[tuple[str | None, Out], ...]:
    """Return the outs of a `.dvc` file or dvc.lock, each with where its data lies; None outside the repository.

    Args:
        data: The pointer.
        where: Its path.
        pipeline: The dvc.yaml beside a dvc.lock, which alone knows the stages that run in another folder.

    Raises:
        InvalidRecord: The pointer is broken.
    """
    if where.endswith(".dvc"):
        found = pointer.read(data, where)
        return tuple((pointer.target(where, out, found.wdir), out) for out in found.outs)
    return tuple((pointer.target(where, out), out) for out in pointer.read_lock(data, where, _folders(pipeline)))


def pipeline_of(tree: Tree, where: str) -> bytes:
    """Return the dvc.yaml beside a dvc.lock; nothing for a `.dvc` file."""
    return b"" if where.endswith(".dvc") else tree.read(f"{where.removesuffix('dvc.lock')}dvc.yaml") or b""


def stages_of(tree: Tree, where: str) -> tuple[pointer.Stage, ...]:
    """Return the stages of a dvc.lock, none where there is none.

    Raises:
        InvalidRecord: The lock is broken.
    """
    data = tree.read(where)
    return () if data is None else pointer.read_stages(data, where, _folders(pipeline_of(tree, where)))


def _folders(pipeline: bytes) -> dict[str, str]:
    """Return the folders of stages; a broken dvc.yaml is a finding of its own."""
    from datakit.formats import stages

    try:
        return stages.folders(pipeline, "dvc.yaml")
    except InvalidRecord:
        return {}


def text_digest(data: bytes) -> str:
    """Return the sha256 of a text file, the same whatever line ends a checkout gave it."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()

"""The room of a dataset: the folder `catalog/NAME/` and the files in it."""

from __future__ import annotations

from typing import NamedTuple


class Room(NamedTuple):
    """The paths of one dataset's files, relative to the repository.

    >>> Room("catalog", "reviews").manifest
    'catalog/reviews/manifest.json'
    """

    catalog: str
    name: str

    @property
    def folder(self) -> str:
        """The room itself."""
        return f"{self.catalog}/{self.name}"

    @property
    def card(self) -> str:
        """Written by people: what the data is."""
        return f"{self.folder}/README.md"

    @property
    def contract(self) -> str:
        """Written by people, first draft inferred: what the data must be."""
        return f"{self.folder}/contract.odcs.yaml"

    @property
    def manifest(self) -> str:
        """Written by datakit: what the bytes are and where they came from."""
        return f"{self.folder}/manifest.json"

    @property
    def receipt(self) -> str:
        """Written by datakit: what validation found."""
        return f"{self.folder}/receipt.json"

    @property
    def profile(self) -> str:
        """Written by datakit: statistics of the columns."""
        return f"{self.folder}/profile.json"

    @property
    def executable(self) -> str:
        """Written by datakit, kept by DVC: of a folder in which some files may be run and others not, which may."""
        return f"{self.folder}/executable.json"

    @property
    def executable_pointer(self) -> str:
        """DVC's pointer to that list."""
        return f"{self.executable}.dvc"

    @property
    def tombstone(self) -> str:
        """Written by datakit, alone in the room of a dataset that was removed: what it was and why it went."""
        return f"{self.folder}/tombstone.json"

    @property
    def splits(self) -> str:
        """The folder of its splits."""
        return f"{self.folder}/splits"

    def recipe(self, split: str) -> str:
        """Written by people: how a split is made."""
        return f"{self.splits}/{split}.yaml"

    def split(self, split: str) -> str:
        """Written by datakit: what a split assigned, and which bytes were split."""
        return f"{self.splits}/{split}.json"

    def membership(self, split: str) -> str:
        """Written by datakit, kept by DVC: which key is in which part."""
        return f"{self.splits}/{split}.parquet"

    def membership_pointer(self, split: str) -> str:
        """DVC's pointer to the membership."""
        return f"{self.membership(split)}.dvc"


def of(path: str, catalog: str) -> str | None:
    """Return the name of the dataset whose room holds `path`, or None.

    >>> of("catalog/reviews/README.md", "catalog")
    'reviews'
    >>> of("catalog/README.md", "catalog") is None
    True
    """
    if not path.startswith(f"{catalog}/"):
        return None
    name, slash, _ = path[len(catalog) + 1 :].partition("/")
    return name if slash else None

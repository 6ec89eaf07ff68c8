"""Rooms: where each file of a dataset lies, and whose file a path is."""

from __future__ import annotations

import pytest

from datakit.formats import room
from datakit.formats.room import Room


def test_the_files_of_a_room() -> None:
    files = Room("a/catalog", "reviews")
    assert (files.folder, files.card, files.contract, files.manifest, files.receipt, files.profile) == (
        "a/catalog/reviews",
        "a/catalog/reviews/README.md",
        "a/catalog/reviews/contract.odcs.yaml",
        "a/catalog/reviews/manifest.json",
        "a/catalog/reviews/receipt.json",
        "a/catalog/reviews/profile.json",
    )
    for path in (files.card, files.contract, files.manifest, files.receipt, files.profile):
        assert room.of(path, "a/catalog") == "reviews"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("catalog/reviews/splits/default.json", "reviews"),
        ("catalog/README.md", None),
        ("catalog", None),
        ("catalogue/reviews/README.md", None),
        ("x/catalog/reviews/README.md", None),
        ("catalog/No Name/x", "No Name"),
        ("catalog//x", ""),
    ],
)
def test_whose_file_a_path_is(path: str, name: str | None) -> None:
    assert room.of(path, "catalog") == name

"""Tombstones: what is left of a dataset that was removed."""

from __future__ import annotations

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import record, tombstone
from datakit.formats.tombstone import Last, Tombstone

STONE = Tombstone(
    "reviews",
    "data/raw/reviews.csv",
    "data/raw/reviews.csv.dvc",
    Last("1" * 32, "2" * 64, 10, 1),
    "the shop is closed",
    "Jane Doe <jane@company.org>",
    "2026-11-22T10:00:03Z",
    "0.1.0",
)
WHERE = "catalog/reviews/tombstone.json"


def test_round_trip() -> None:
    assert tombstone.read(tombstone.dump(STONE), WHERE) == STONE


def test_it_reads_as_a_story() -> None:
    assert tombstone.dump(STONE).decode() == (
        '{\n  "tombstone": 1,\n  "name": "reviews",\n  "path": "data/raw/reviews.csv",\n'
        '  "pointer": "data/raw/reviews.csv.dvc",\n  "data": {\n'
        f'    "md5": "{"1" * 32}",\n    "sha256": "{"2" * 64}",\n    "size": 10,\n    "files": 1\n  }},\n'
        '  "reason": "the shop is closed",\n  "by": "Jane Doe <jane@company.org>",\n  "at": "2026-11-22T10:00:03Z",\n'
        f'  "datakit": "0.1.0",\n  "digest": "{tombstone.dump(STONE)[-68:-4].decode()}"\n}}\n'
    )


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "No", "`name`: `No` cannot name a dataset: a name is lower-case letters"),
        ("reason", " ", "`reason`: expected why the dataset was removed, found ' '"),
        ("path", "../x", "`path`: expected a normal path inside the repository"),
        ("pointer", "/etc/passwd", "`pointer`: expected a normal path inside the repository"),
        ("tombstone", 2, "is a tombstone of schema 2, this datakit reads up to 1"),
        ("more", 1, "`more`: unknown key"),
    ],
)
def test_what_is_none(field: str, value: object, problem: str) -> None:
    fields = {**record.load(tombstone.dump(STONE), WHERE), field: value}
    with pytest.raises(InvalidRecord) as caught:
        tombstone.read(record.dump(fields), WHERE)
    assert caught.value.problem.startswith(problem)


def test_an_edit_by_hand_is_seen() -> None:
    with pytest.raises(InvalidRecord, match="was changed by hand"):
        tombstone.read(tombstone.dump(STONE).replace(b"closed", b"open"), WHERE)

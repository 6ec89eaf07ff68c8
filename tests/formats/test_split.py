"""The record of a split."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import record, split
from datakit.formats.recipe import Recipe
from datakit.formats.split import Part, Split

MD5, SHA256 = "0" * 32, "0" * 64
RECIPE = Recipe({"train": Decimal("0.8"), "test": Decimal("0.2")}, ("id",), ("patient",), "label", "", "s", "exclude")
FULL = Split(
    "reviews", "default", MD5, SHA256, RECIPE, "2" * 32,
    {"train": Part(8, "3" * 64), "test": Part(2, "4" * 64)},
    {"null key": 1}, {"duplicate": 2}, {"test": "benchmark of 2026"}, "0.1.0",
)  # fmt: skip


@pytest.mark.parametrize("whole", [FULL, FULL._replace(excluded={}, leaks={}, sealed={}, datakit="")])
def test_what_is_written_reads_back(whole: Split) -> None:
    data = split.dump(whole)
    assert split.read(data, "x") == whole
    assert split.dump(split.read(data, "x")) == data


def test_parts_keep_their_order() -> None:
    assert list(split.read(split.dump(FULL), "x").parts) == ["train", "test"]


def test_a_row_moved_by_hand_is_noticed() -> None:
    data = split.dump(FULL).replace(b'"rows": 8', b'"rows": 9')
    with pytest.raises(InvalidRecord, match="was changed by hand or staged in part"):
        split.read(data, "x")


def test_a_later_schema_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="is a split of schema 2, this datakit reads up to 1"):
        split.read(record.dump({"split": 2}), "x")


def test_names_are_names() -> None:
    with pytest.raises(InvalidRecord, match="`dvc` cannot name a split: DVC would take"):
        split.read(split.dump(FULL._replace(split="dvc")), "x")
    with pytest.raises(InvalidRecord, match="`A` cannot name a dataset"):
        split.read(split.dump(FULL._replace(name="A")), "x")


def test_the_recipe_is_as_strict_as_its_own_file() -> None:
    data = split.dump(FULL._replace(recipe=RECIPE._replace(into={"train": Decimal("0.8")})))
    with pytest.raises(InvalidRecord, match=r"^x: `into`: the shares sum to 0.8, expected exactly 1$"):
        split.read(data, "x")
    odd = record.dump(
        {**record.load(split.dump(FULL), "x"), "recipe": {"into": {"a": "1"}, "key": ["id"], "salt": "@"}}
    )
    head = odd[: odd.index(b'  "digest"')].replace(b'"@"', b'"\\ud800"')
    with pytest.raises(InvalidRecord, match=r"^x: holds half a character, which no text can be written with$"):
        split.read(head + b'  "digest": "' + hashlib.sha256(head).hexdigest().encode() + b'"\n}\n', "x")

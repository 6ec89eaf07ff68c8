"""Two memberships by the same key: what is gone, new, and in another part."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import IntegrityError
from datakit.formats.recipe import Recipe
from datakit.formats.split import Compared
from datakit.splits.compare import compare
from datakit.splits.make import Made
from tests.support.splits import THREE, TWO, Row, made, members, tables, written


def split(folder: Path, name: str, rows: list[Row], recipe: Recipe) -> tuple[Path, Made]:
    """Split rows in a folder of their own."""
    place = folder / name
    place.mkdir()
    return place / "membership", made(place, written(place, rows), recipe)


@settings(max_examples=20, deadline=None)
@given(tables(), tables(), st.sampled_from(["", "other"]))
def test_what_plain_python_says(rows: list[Row], more: list[Row], salt: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        old, before = split(Path(name), "old", rows, Recipe(THREE, ("id",)))
        new, after = split(Path(name), "new", rows[3:] + [row for row in more if row[0] not in {r[0] for r in rows}],
                           Recipe(dict(reversed(THREE.items())), ("id",), salt=salt)) if len(rows) > 6 else (old, before)  # fmt: skip
        first, now = members(old), members(new)
        moved = sum(first[key] != now[key] for key in first.keys() & now.keys())
        expected = Compared(len(first.keys() - now.keys()), len(now.keys() - first.keys()), moved)
        assert compare(old, before.record, new, after.record) == expected


def test_excluded_is_a_part_too(tmp_path: Path) -> None:
    recipe = Recipe(TWO, ("id",), group=("who",), nulls="exclude")
    rows: list[Row] = [(at, f"p{at}", "t", "x", 0) for at in range(9)]
    old, before = split(tmp_path, "old", rows, recipe)
    new, after = split(tmp_path, "new", [(0, None, "t", "x", 0), *rows[1:]], recipe)
    assert compare(old, before.record, new, after.record) == Compared(0, 0, 1)


def test_a_membership_of_another_record(tmp_path: Path) -> None:
    rows: list[Row] = [(at, f"p{at}", "t", "x", 0) for at in range(9)]
    old, before = split(tmp_path, "old", rows, Recipe(TWO, ("id",)))
    new, after = split(tmp_path, "new", rows[1:], Recipe(TWO, ("id",)))
    with pytest.raises(IntegrityError, match="are not those of the record"):
        compare(old, before.record, old, after.record)
    assert compare(old, before.record, new, after.record) == Compared(1, 0, 0)

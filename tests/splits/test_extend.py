"""The extension of a split: nothing moves, known groups grow, what would tie parts together is excluded."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import IntegrityError, UsageError
from datakit.formats.recipe import Recipe
from datakit.splits import keys
from datakit.splits.extend import Extension
from datakit.splits.make import extend
from tests.support.splits import RECIPES, SUBJECT, THREE, TWO, Row, grown, made, members, tables, written


@settings(max_examples=20, deadline=None)
@given(tables(), tables(), st.sampled_from(RECIPES), st.randoms())
def test_no_old_row_moves(rows: list[Row], more: list[Row], how: dict[str, object], random: random.Random) -> None:
    recipe = Recipe(THREE, ("id",), **how)  # type: ignore[arg-type]  # a dict of its fields
    old = {row[0] for row in rows}
    fresh = [row for row in more if row[0] not in old]
    kept = [row for row in rows if random.random() < 0.9]
    data = kept + fresh
    random.shuffle(data)
    if len(kept) < 3:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = made(folder, written(folder, rows), recipe)
        first = members(folder / "membership")
        after = grown(folder, written(folder, data, "jsonl"), before)
        now = members(folder / "extended") if after.written else first
        assert {key: now[key] for key in now if key in first} == {str(row[0]): first[str(row[0])] for row in kept}
        assert set(now) == {str(row[0]) for row in data}
        assert after.report.extension == Extension(len(fresh), len(rows) - len(kept))
        assert after.report.rows == sum(after.report.parts.values()) + sum(after.report.excluded.values())
        assert not [leak for leak in after.report.leaks if leak.kind in {"group", "time"}]
        # A second time nothing changes, for the rows that were excluded neither.
        (folder / "extended" if after.written else folder / "membership").replace(folder / "membership")
        random.shuffle(data)
        again = grown(folder, written(folder, data), after)
        assert not again.written
        assert again.record == after.record


def test_groups_grow_and_bridges_are_excluded(tmp_path: Path) -> None:
    recipe = Recipe(TWO, ("id",), group=("who", "text"))
    trains = [n for n in range(40) if keys.part(TWO, keys.digest("", f"text\x1ft{n}")) == "train"]
    tests = [n for n in range(40) if n not in trains]
    a, b = trains[0], tests[0]
    rows: list[Row] = [(1, "A", f"t{a}", "x", 0), (2, "B", f"t{b}", "x", 0)]
    before = made(tmp_path, written(tmp_path, rows), recipe)
    assert members(tmp_path / "membership") == {"1": "train", "2": "test"}
    new: list[Row] = [
        (3, "A", "new", "x", 0),  # joins train by A
        (4, "C", "new", "x", 0),  # shares a new text with 3
        (5, "A", f"t{b}", "x", 0),  # ties train to test by itself
        (6, "B", "u", "x", 0),  # 6 and 7 tie test to train together
        (7, "D", "u", "x", 0),
        (8, "D", f"t{a}", "x", 0),
        (9, None, f"t{b}", "x", 0),  # joins test, by the one value that it has
        (10, "A", "w", "x", 0),  # 10 and 11 tie train to test together, and leave 3 alone, which has an A too
        (11, "B", "w", "x", 0),
    ]
    after = grown(tmp_path, written(tmp_path, [*new, *rows]), before)
    excluded = dict.fromkeys(["5", "6", "7", "8", "10", "11"], "excluded")
    assert (
        members(tmp_path / "extended")
        == {"1": "train", "2": "test", "3": "train", "4": "train", "9": "test"} | excluded
    )
    assert after.report.excluded == after.record.excluded == {"ties parts": 6}
    assert after.record.parts["excluded"].rows == 6


def test_what_is_excluded_ties_nothing(tmp_path: Path) -> None:
    recipe = Recipe({"all": TWO["train"], "none": TWO["test"]}, ("id",), group=("who", "text", "label", "at"))
    rows: list[Row] = [(i, f"A{i}", f"t{i}", f"l{i}", i) for i in range(20)]
    before = made(tmp_path, written(tmp_path, rows), recipe)
    first = members(tmp_path / "membership")
    one, other = (next(i for i in range(20) if first[str(i)] == part) for part in recipe.into)
    new: list[Row] = [
        (30, f"A{one}", f"t{other}", "both", 99),  # ties by itself, and holds a label of 31 and a time of 32
        (31, f"A{one}", "t31", "both", 31),
        (32, f"A{other}", "t32", "l32", 99),
    ]
    grown(tmp_path, written(tmp_path, rows + new), before)
    now = members(tmp_path / "extended")
    assert (now["30"], now["31"], now["32"]) == ("excluded", "all", "none")


def test_an_old_row_stays_though_its_group_is_gone(tmp_path: Path) -> None:
    recipe = Recipe(TWO, ("id",), group=("who",), nulls="exclude")
    before = made(
        tmp_path, written(tmp_path, [(1, "A", "t", "x", 0), (2, "B", "t", "x", 0), (3, None, "t", "x", 0)]), recipe
    )
    assert before.report.excluded == {"null group": 1}
    after = grown(
        tmp_path, written(tmp_path, [(1, None, "t", "x", 0), (2, "B", "t", "x", 0), (3, "B", "t", "x", 0)]), before
    )
    first, now = members(tmp_path / "membership"), members(tmp_path / "extended")
    assert first["3"] == "excluded"
    assert now == {"1": first["1"], "2": first["2"], "3": first["2"]}
    assert after.report.excluded == {}


def test_a_later_row_goes_to_the_last_part(tmp_path: Path) -> None:
    recipe = Recipe(TWO, ("id",), time="at")
    rows: list[Row] = [(i, "p", "t", "a", i) for i in range(10)]
    before = made(tmp_path, written(tmp_path, rows), recipe)
    more: list[Row] = [(20, "p", "t", "a", 99), (21, "p", "t", "a", 7), (22, "p", "t", "a", 6), (23, "p", "t", "a", -5)]
    grown(tmp_path, written(tmp_path, rows + more), before)
    now = members(tmp_path / "extended")
    assert [now[str(i)] for i in (20, 21, 22, 23)] == ["test", "test", "train", "train"]
    with pytest.raises(
        UsageError, match=r"^t.csv: no row of the former split is left by whose `at` a new row could be placed$"
    ):
        grown(tmp_path, written(tmp_path, more), before)


def test_another_recipe_is_refused_with_what_differs(tmp_path: Path) -> None:
    data = written(tmp_path, [(i, "p", "t", "a", 0) for i in range(5)])
    before = made(tmp_path, data, Recipe(TWO, ("id",)))
    with pytest.raises(UsageError) as caught:
        grown(tmp_path, data, before, Recipe(THREE, ("id",), group=("who",), salt="s"))
    assert caught.value.message == (
        "the recipe of split `default` of `t` changed, so it cannot be extended: `into` train=0.7,test=0.3 -> "
        "train=0.6,valid=0.15,test=0.25; `group` none -> who; `salt` none -> s"
    )
    assert caught.value.hint == "take the change back, or split anew, which moves rows: datakit split t --split default"


def test_a_membership_of_other_keys_is_refused(tmp_path: Path) -> None:
    data = written(tmp_path, [(i, "p", "t", "a", 0) for i in range(5)])
    before = made(tmp_path, data, Recipe(TWO, ("id",)))
    other = made(tmp_path, written(tmp_path, [(i, "p", "t", "a", 0) for i in range(6)]), Recipe(TWO, ("id",)))
    assert other.written
    with pytest.raises(
        IntegrityError, match=r"^the membership of split `default` of `t`: the keys of part `[a-z]+` are not"
    ):
        extend(data, before.record.recipe, SUBJECT, tmp_path / "x", before.record, tmp_path / "membership")

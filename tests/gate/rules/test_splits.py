"""DK401 to DK403: a split is of this data by this recipe, can be had, and keeps its parts apart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from datakit.formats import names, pointer, recipe, split
from datakit.formats.finding import Finding
from datakit.formats.pointer import Out
from datakit.formats.recipe import Recipe
from datakit.formats.split import Part, Split
from tests.support.rooms import md5, repository, room, sha256, without
from tests.support.trees import DictTree, changes, judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
ONE = repository(room())
SPLITS = "catalog/reviews/splits"
RECIPE = Recipe({"train": Decimal("0.8"), "test": Decimal("0.2")}, ("id",))


def made(stem: str = "default", data: str = "v1", plan: Recipe = RECIPE, **more: Any) -> dict[str, bytes]:
    """Return the files of a split."""
    keys = {"train": Part(8, sha256("train")), "test": Part(2, sha256("test"))}
    record = Split("reviews", stem, md5(data), sha256(data), plan, md5(f"keys of {data}"), keys)._replace(**more)
    return {
        f"{SPLITS}/{stem}.yaml": recipe.dump(RECIPE),
        f"{SPLITS}/{stem}.json": split.dump(record),
        f"{SPLITS}/{stem}.parquet.dvc": pointer.render(Out(f"{stem}.parquet", record.membership, 700, None, "md5")),
        f"{SPLITS}/.gitignore": b"/*.parquet\n",
    }


GOOD = {**ONE, **made()}


def found(new: dict[str, Any], old: dict[str, Any] | None = None) -> list[tuple[str, str, str, str]]:
    """Judge a step, and again as a whole, which says the same."""
    step = judged(EMPTY if old is None else old, new)
    assert judged(new, new, whole=True) == step
    assert all(finding.dataset == "reviews" and finding.level == "error" for finding in step)
    return [(f.path.removeprefix(f"{SPLITS}/"), f.code, f.message, f.hint) for f in step]


@pytest.mark.parametrize("old", [EMPTY, ONE, GOOD])
def test_a_split_that_is_right(old: dict[str, Any]) -> None:
    assert judged(old, GOOD) == ()
    assert judged(GOOD, GOOD, whole=True) == ()
    assert judged(old, {**GOOD, **made("cv-1")}) == ()


def test_dk401_a_recipe_that_made_nothing() -> None:
    new = without(GOOD, "default.json", "parquet.dvc")
    assert judged(ONE, new) == (
        Finding(
            f"{SPLITS}/default.yaml",
            "DK401",
            "split `default` was never made by it",
            "datakit split reviews",
            "reviews",
        ),
    )
    named = without({**ONE, **made("cv")}, "cv.json", "parquet.dvc")
    assert found(named)[0][3] == "datakit split reviews --split cv"


def test_dk401_a_record_without_its_recipe() -> None:
    for old in (EMPTY, GOOD):
        assert found(without(GOOD, "default.yaml"), old) == [
            (
                "default.json",
                "DK401",
                "there is no recipe of split `default`",
                f"git restore --source=HEAD --staged --worktree -- {SPLITS}/default.yaml, or remove {SPLITS}/default.*",
            )
        ]


def test_dk401_older_data() -> None:
    # The data changed and nothing of the split did: it is looked up all the same.
    new = {**GOOD, **room(data="v2", before="v1", note="more")}
    assert found(new, GOOD) == [
        (
            "default.json",
            "DK401",
            f"split `default` is of other data: md5 {md5('v1')[:8]}…, the manifest says {md5('v2')[:8]}…",
            "datakit split reviews --extend",
        )
    ]
    assert [f[1] for f in found({**GOOD, **made(sha256="0" * 64)})] == ["DK401"]


def test_dk401_another_recipe() -> None:
    edited = recipe.dump(RECIPE).replace(b"0.8", b"0.7").replace(b"0.2", b"0.3")
    assert found({**GOOD, f"{SPLITS}/default.yaml": edited}, GOOD) == [
        (
            "default.json",
            "DK401",
            "split `default` was made by another recipe: `into` train=0.8,test=0.2 -> train=0.7,test=0.3",
            "datakit split reviews",
        )
    ]
    remark = b"# as agreed in March\n" + recipe.dump(RECIPE)
    assert judged(GOOD, {**GOOD, f"{SPLITS}/default.yaml": remark}) == ()


def test_dk401_the_order_of_the_parts_is_a_part_of_the_recipe() -> None:
    turned = RECIPE._replace(into=dict(reversed(list(RECIPE.into.items()))))
    assert (
        "made by another recipe: `into` test=0.2,train=0.8 -> train=0.8,test=0.2"
        in found({**ONE, **made(plan=turned)})[0][2]
    )


@pytest.mark.parametrize("more", [{"split": "other"}, {"name": "others"}])
def test_dk401_the_record_of_something_else(more: dict[str, Any]) -> None:
    whose = f"split `{more.get('split', 'default')}` of `{more.get('name', 'reviews')}`"
    assert found({**ONE, **made(**more)}) == [
        ("default.json", "DK401", f"the record is of {whose}", "datakit split reviews --anew")
    ]


def test_dk401_a_name_that_no_split_can_have() -> None:
    assert found({**ONE, f"{SPLITS}/Default.yaml": recipe.dump(RECIPE)}) == [
        (
            "Default.yaml",
            "DK401",
            f"`Default` cannot name a split: {names.problem('Default')}",
            f"git mv {SPLITS}/Default.yaml {SPLITS}/NAME",
        )
    ]


def test_dk402_no_pointer() -> None:
    for old in (EMPTY, GOOD):
        assert found(without(GOOD, "parquet.dvc"), old) == [
            (
                "default.parquet.dvc",
                "DK402",
                "the membership of split `default` has no pointer",
                "datakit split reviews",
            )
        ]


def test_dk402_a_pointer_to_other_keys() -> None:
    other = pointer.render(Out("default.parquet", md5("x"), 700, None, "md5"))
    assert found({**GOOD, f"{SPLITS}/default.parquet.dvc": other}) == [
        (
            "default.parquet.dvc",
            "DK402",
            f"its md5 is {md5('x')[:8]}…, the record says {md5('keys of v1')[:8]}…",
            "datakit split reviews",
        )
    ]
    unhashed = b"outs:\n- path: default.parquet\n"
    assert "its md5 is none…" in found({**GOOD, f"{SPLITS}/default.parquet.dvc": unhashed})[0][2]


@pytest.mark.parametrize(
    "data",
    [
        pointer.render(Out("others.parquet", md5("keys of v1"), 700, None, "md5")),
        pointer.render(Out("default.parquet", md5("keys of v1"), 700, None, "md5")) + b"  cache: false\n",
    ],
)
def test_dk402_a_pointer_to_something_else(data: bytes) -> None:
    assert found({**GOOD, f"{SPLITS}/default.parquet.dvc": data}) == [
        ("default.parquet.dvc", "DK402", "expected one out that DVC keeps, `default.parquet`", "datakit split reviews")
    ]


def test_dk402_a_broken_pointer_is_told_once() -> None:
    # One that changed is DK104's; one that did not is found when the dataset is touched.
    broken = {**GOOD, f"{SPLITS}/default.parquet.dvc": b"outs: 1\n"}
    assert [(f.path, f.code) for f in judged(GOOD, broken)] == [(f"{SPLITS}/default.parquet.dvc", "DK104")]
    card = {**broken, "catalog/reviews/README.md": broken["catalog/reviews/README.md"] + b"\nMore.\n"}
    assert [(f.code, f.hint) for f in judged(broken, card)] == [("DK402", "datakit split reviews")]


def test_dk402_a_pointer_alone() -> None:
    assert found(without(GOOD, "default.yaml", "default.json")) == [
        (
            "default.parquet.dvc",
            "DK402",
            "there is no record of split `default`",
            f"git rm --force -- {SPLITS}/default.parquet.dvc",
        )
    ]


@pytest.mark.parametrize("rest", [True, False])
def test_dk402_a_membership_in_git(rest: bool) -> None:
    new = {**(GOOD if rest else ONE), f"{SPLITS}/default.parquet": b"PAR1"}
    assert found(new) == [
        (
            "default.parquet",
            "DK402",
            "Git has it, where DVC keeps it",
            f"git rm --cached --ignore-unmatch -- {SPLITS}/default.parquet, then `datakit split reviews`",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "shared"), [("group", "share a group with"), ("duplicate", "are equal, but for the key, to")]
)
def test_dk403_parts_that_share_something(kind: str, shared: str) -> None:
    assert found({**ONE, **made(leaks={kind: 1200, "conflict": 1})}) == [
        (
            "default.json",
            "DK403",
            f"rows of split `default` that {shared} a row of another part: 1,200",
            (
                "`datakit split reviews --extend` names the rows: remove them, then `datakit add reviews`; or add `group` to "
                f"{SPLITS}/default.yaml, then `datakit split reviews --anew`, which moves rows; or accept them with "
                "`severity: {DK403: warn}` in datakit.yaml"
            ),
        )
    ]


def test_dk403_what_is_only_reported() -> None:
    assert judged(EMPTY, {**ONE, **made(leaks={"conflict": 3, "time": 1, "group": 0})}) == ()


def test_dk403_is_left_to_the_policy() -> None:
    new = {**ONE, **made(leaks={"duplicate": 1}), "datakit.yaml": b"policy: 1\nseverity: {DK403: warn}\n"}
    assert [(f.code, f.level) for f in judged({}, new)] == [("DK403", "warn")]


def test_a_dataset_that_is_only_recorded() -> None:
    new = {**repository(room(folder="data/interim")), **made(data="v0", leaks={"group": 1})}
    assert judged(EMPTY, without(new, "parquet.dvc")) == ()


def test_splits_of_untouched_datasets_are_not_looked_at() -> None:
    bad = {**GOOD, **made(data="v0")}
    other = {**bad, **room("others")}
    other["dvc.yaml"] = repository(room(), room("others"))["dvc.yaml"]
    assert judged(bad, other) == ()
    base, tree = DictTree(bad), DictTree({**bad, "code.py": b"1"})
    assert changes(base, tree)
    assert judged(bad, tree.files) == ()


def test_a_removed_dataset_takes_its_splits_along() -> None:
    codes = {f.code for f in judged(GOOD, EMPTY)}
    assert not {code for code in codes if code.startswith("DK4")}


def test_the_pointer_of_a_membership_is_no_unrecorded_data() -> None:
    assert judged(ONE, GOOD) == ()


def test_many_datasets_are_listed_at_once() -> None:
    files = repository(*(room(f"n{at}") for at in range(201)))
    stray = "catalog/n7/splits/default.yaml"
    old = {**files, stray: recipe.dump(RECIPE)}
    new = {path: data + b"\nMore.\n" if path.endswith("README.md") else data for path, data in old.items()}
    for base in (EMPTY, old):
        assert [(f.path, f.code) for f in judged(base, new)] == [(stray, "DK401")]

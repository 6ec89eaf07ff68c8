"""What a change touches, on either side of it."""

from __future__ import annotations

from typing import Any

from datakit.formats import artifacts, pointer
from datakit.formats.pointer import Out
from datakit.formats.policy import Policy
from datakit.gate.change import Case, case, is_pointer
from tests.support.rooms import md5, repository, room, without
from tests.support.trees import DictTree, changes

ONE = repository(room(), room("others"))


def touched(old: dict[str, Any], new: dict[str, Any], *, whole: bool = False) -> Case:
    """Return what is to be judged of a step."""
    base, tree = DictTree(old), DictTree(new)
    return case(tree, base, Policy(), changes(base, tree), whole=whole)


def test_every_file_of_a_room_and_the_pointer_touch_their_dataset() -> None:
    for path in room():
        assert touched(ONE, {**ONE, path: b"x"}).names == ("reviews",)
        assert touched(ONE, without(ONE, path)).names == ("reviews",)
    assert touched(ONE, {**ONE, "catalog/reviews/notes.md": b"x"}).names == ("reviews",)


def test_an_artifact_touches_its_dataset_on_both_sides() -> None:
    for data in (artifacts.remove(ONE["dvc.yaml"], "reviews"), artifacts.put(ONE["dvc.yaml"], "reviews", "other")):
        assert touched(ONE, {**ONE, "dvc.yaml": data}).names == ("reviews",)
    assert touched(ONE, {**ONE, "dvc.yaml": ONE["dvc.yaml"] + b"vars: []\n"}).names == ()
    assert touched(ONE, {**ONE, "dvc.yaml": artifacts.put(ONE["dvc.yaml"], "Model/x", "m")}).names == ()


def test_a_pointer_that_changes_its_name_touches_both() -> None:
    data = pointer.render(Out("reviews.csv", md5("v1"), 10, None, "md5", "renamed"))
    found = touched(ONE, {**ONE, "data/raw/reviews.csv.dvc": data})
    assert found.names == ("renamed", "reviews")
    assert [(item.pointer, item.path, item.name) for item in found.tracked] == [
        ("data/raw/reviews.csv.dvc", "data/raw/reviews.csv", "renamed")
    ]


def test_what_is_no_dataset_touches_none() -> None:
    for path in ("src/a.py", "catalog/README.md", "catalog/No Name/x", "data/README.md", "catalogue/reviews/x"):
        found = touched(ONE, {**ONE, path: b"x"})
        assert (found.names, found.tracked, found.broken) == ((), (), ())


def test_the_whole_tree() -> None:
    found = touched(ONE, ONE, whole=True)
    assert found.names == ("others", "reviews")
    assert len(found.tracked) == 2
    assert all(found.judges(path) for path in ONE)


def test_only_what_changed_is_judged_by_itself() -> None:
    found = touched(ONE, {**ONE, "catalog/reviews/README.md": b"x"})
    assert found.judges("catalog/reviews/README.md")
    assert not found.judges("catalog/reviews/profile.json")
    assert touched(ONE, {**ONE, "datakit.yaml": b"policy: 1\n# x\n"}).judges("catalog/reviews/profile.json")


def test_untouched_rooms_are_not_read() -> None:
    base, tree = DictTree(ONE), DictTree({**ONE, **room(data="v2", before="v1", note="n")})
    found = case(tree, base, Policy(), changes(base, tree))
    assert found.now["reviews"].manifest.value is not None
    assert not [path for path in (*tree.asked, *base.asked) if "others" in path]


def test_a_broken_pointer_is_kept_with_its_error() -> None:
    found = touched(ONE, {**ONE, "data/raw/new.csv.dvc": b"- a"})
    assert [(error.path, error.problem) for error in found.broken] == [
        ("data/raw/new.csv.dvc", "expected a mapping, found a list")
    ]
    assert found.names == ()


LOCK = "schema: '2.0'\nstages:\n" + "".join(
    f"  {name}:\n    cmd: c\n    outs:\n    - {{path: data/processed/{name}, hash: md5, md5: {md5(name)}, size: 1}}\n"
    for name in ("a", "b")
)


def test_only_the_outs_of_a_lock_that_differ_are_touched() -> None:
    base = {
        "dvc.yaml": artifacts.put(artifacts.put(b"", "set-a", "data/processed/a"), "set-b", "data/processed/b"),
        "dvc.lock": LOCK,
    }
    found = touched(base, {**base, "dvc.lock": LOCK.replace(md5("a"), md5("x"))})
    assert found.names == ("set-a",)
    assert [item.name for item in found.tracked] == ["set-a"]
    assert touched({}, base).names == ("set-a", "set-b")
    assert touched(base, {**base, "dvc.lock": LOCK + "datasets: []\n"}).names == ()


def test_pointers() -> None:
    assert [is_pointer(path) for path in ("a.dvc", "d/dvc.lock", ".dvc/config", "d/.dvc", "x.dvc/y", "my.dvc.lock", "a.csv")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip

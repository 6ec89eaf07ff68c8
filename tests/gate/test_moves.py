"""Moves that were begun by hand: which dataset goes on where, and the command that finishes it."""

from __future__ import annotations

from datakit.formats import artifacts, manifest, pointer
from datakit.formats.pointer import Out
from datakit.formats.policy import read as policy
from datakit.gate import moves
from datakit.gate.change import Case, case
from tests.support.rooms import md5, repository, room, without
from tests.support.trees import DictTree, Files, changes, judged

ONE = repository(room())
MANIFEST = "catalog/reviews/manifest.json"


def made(before: Files, now: Files) -> Case:
    """Return the case of a change."""
    base, tree = DictTree(before), DictTree(now)
    return case(tree, base, policy(b"policy: 1\n"), changes(base, tree))


def successor(now: Files) -> str | None:
    """Return the name under which the reviews go on."""
    found = moves.successors(made(ONE, now)).get("reviews")
    return None if found is None else found.name


def test_successors() -> None:
    assert successor(ONE) is None
    assert successor(repository(room("others"))) == "others"
    assert successor(repository(room("others", data="v2"))) is None
    other = room("others", data="v2")
    path = "catalog/others/manifest.json"
    known = manifest.read(other[path], path)
    assert successor(repository({**other, path: manifest.dump(known._replace(former="reviews"))})) == "others"
    same_place = known._replace(path="data/raw/reviews.csv", pointer="data/raw/reviews.csv.dvc")
    assert successor(repository({**other, path: manifest.dump(same_place)})) == "others"


def test_bytes_of_a_dataset_that_was_there_before_are_no_sign() -> None:
    base = repository(room(), room("others"))
    found = moves.successors(made(base, repository(room("others", note="x"))))
    assert found == {}


def test_finish_is_about_pointers_whose_own_is_gone() -> None:
    there = pointer.render(Out("reviews.csv", md5("v1"), 10, None, "md5", "reviews"))
    moved = made(ONE, {**without(ONE, ".csv.dvc"), "data/processed/reviews.csv.dvc": there})
    (item,) = moved.tracked
    assert moves.finish(moved, item) == "datakit mv reviews data/processed/reviews.csv"
    assert moves.moved_to(moved, moved.now["reviews"]) == "datakit mv reviews data/processed/reviews.csv"
    copied = made(ONE, {**ONE, "data/processed/reviews.csv.dvc": there})
    assert [moves.finish(copied, item) for item in copied.tracked] == [None]


def test_renamed_tells_the_room_from_the_pointer() -> None:
    room_only = {path.replace("catalog/reviews/", "catalog/others/"): data for path, data in ONE.items()}
    found = made(ONE, room_only)
    assert moves.renamed(found, found.now["others"]) == "datakit mv reviews others"
    pointer_only = made(
        ONE,
        {
            **ONE,
            "data/raw/reviews.csv.dvc": ONE["data/raw/reviews.csv.dvc"].replace(
                b"datakit: reviews", b"datakit: others"
            ),
        },
    )
    assert moves.renamed(pointer_only, pointer_only.now["reviews"]) == "datakit mv reviews others"
    copied = made(ONE, {**ONE, **room_only})
    assert moves.renamed(copied, copied.now["others"]) is None


def lock(*outs: str, stage: str = "clean") -> bytes:
    """Return a dvc.lock of one stage."""
    listed = "".join(f"    - path: {path}\n      hash: md5\n      md5: {md5(path)}\n      size: 3\n" for path in outs)
    return f"schema: '2.0'\nstages:\n  {stage}:\n    cmd: x\n    outs:\n{listed}".encode()


def stage_output(*, stage: str = "clean", artifact: str = "data/processed/a.csv") -> dict[str, object]:
    """Return a dataset that a stage makes."""
    files = without(repository(room(folder="data/processed")), ".csv.dvc")
    known = manifest.read(files[MANIFEST], MANIFEST)
    made_by = manifest.Production("x", stage)
    files[MANIFEST] = manifest.dump(
        known._replace(path="data/processed/a.csv", pointer="dvc.lock", produced_by=made_by)
    )
    return {**files, "dvc.lock": lock("data/processed/a.csv"), "dvc.yaml": artifacts.put(b"", "reviews", artifact)}


def test_a_stage_makes_its_output_elsewhere() -> None:
    before = stage_output()
    now = {**before, "dvc.lock": lock("data/processed/b.csv")}
    assert moves.remade(made(before, before)) == {}
    assert moves.remade(made(before, now)) == {"reviews": "data/processed/b.csv"}
    assert {f.hint for f in judged(before, now)} == {"datakit mv reviews data/processed/b.csv"}
    assert {f.dataset for f in judged(before, now)} == {"reviews"}


def test_of_several_new_outputs_the_artifact_tells_which() -> None:
    before = stage_output()
    now = {**before, "dvc.lock": lock("data/processed/b.csv", "data/processed/c.csv")}
    assert moves.remade(made(before, now)) == {}
    edited = {**now, "dvc.yaml": artifacts.put(b"", "reviews", "data/processed/c.csv")}
    assert moves.remade(made(before, edited)) == {"reviews": "data/processed/c.csv"}
    other = {**before, "dvc.lock": lock("data/processed/b.csv", stage="another")}
    assert moves.remade(made(before, other)) == {}

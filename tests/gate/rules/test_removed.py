"""DK106: what goes leaves a tombstone, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats import artifacts, manifest, pointer, tombstone
from datakit.formats.finding import Finding
from datakit.formats.pointer import Out
from datakit.formats.tombstone import Last, Tombstone
from tests.support.rooms import md5, repository, room, sha256
from tests.support.trees import judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
ONE = repository(room())
POINTER = "data/raw/reviews.csv.dvc"
STONE = "catalog/reviews/tombstone.json"
RM = 'datakit rm reviews --reason "why it is no longer needed"'
BURIED = Tombstone(
    "reviews",
    "data/raw/reviews.csv",
    POINTER,
    Last(md5("v1"), sha256("v1"), 10, 1),
    "closed",
    "",
    "2026-11-22T10:00:03Z",
)
REMOVED = {**EMPTY, STONE: tombstone.dump(BURIED)}


def told(found: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """Return path, code and message of findings."""
    return [(f.path, f.code, f.message) for f in found]


# Scenario 7: room and pointer are deleted.


def test_dk106_without_a_tombstone() -> None:
    message = "`reviews` is gone, and no tombstone says why"
    assert judged(ONE, EMPTY) == (Finding(STONE, "DK106", message, RM, "reviews"),)
    assert judged(ONE, {**EMPTY, "catalog/reviews/README.md": ONE["catalog/reviews/README.md"]}) == (
        Finding(STONE, "DK106", message, RM, "reviews"),
    )


def test_dk106_interim_data_may_go() -> None:
    base = repository(room(folder="data/interim"))
    assert judged(base, EMPTY) == ()


# Scenario 8: with a record of the retirement.


def test_with_a_tombstone_it_may_go() -> None:
    assert judged(ONE, REMOVED) == ()
    assert judged(REMOVED, REMOVED, whole=True) == ()
    assert judged(REMOVED, EMPTY) == ()


def test_dk104_a_tombstone_edited_by_hand() -> None:
    edited = {**REMOVED, STONE: REMOVED[STONE].replace(b"closed", b"opened")}
    assert [f.code for f in judged(REMOVED, edited)] == ["DK104"]
    assert [f.code for f in judged(ONE, edited)] == ["DK104"]


def test_dk106_a_tombstone_beside_what_it_buries() -> None:
    assert told(judged(ONE, {**ONE, STONE: REMOVED[STONE]})) == [
        (STONE, "DK106", "a tombstone lies beside the manifest"),
    ]
    assert told(judged(ONE, {**REMOVED, POINTER: ONE[POINTER]})) == [
        (POINTER, "DK106", "it still tracks `data/raw/reviews.csv`, and a tombstone says that `reviews` is removed"),
    ]
    line = artifacts.put(b"", "reviews", "data/raw/reviews.csv")
    assert told(judged(ONE, {**REMOVED, "dvc.yaml": line})) == [
        ("dvc.yaml", "DK106", "it still has the artifact `reviews`, and a tombstone says that it is removed"),
    ]
    for path in ("README.md", "contract.odcs.yaml"):
        beside = {**REMOVED, f"catalog/reviews/{path}": ONE[f"catalog/reviews/{path}"]}
        assert told(judged(ONE, beside)) == [
            (f"catalog/reviews/{path}", "DK106", "it lies beside the tombstone of `reviews`, which has to be alone"),
        ]


def test_dk106_a_tombstone_of_another() -> None:
    copied = {**ONE, **room("others"), "catalog/gone/tombstone.json": REMOVED[STONE]}
    found = [f for f in judged(ONE, copied) if f.dataset == "gone"]
    assert told(tuple(found))[0][2] == "it names `reviews`, its folder names `gone`"


def test_dk202_what_comes_back_says_why() -> None:
    assert judged(REMOVED, repository(room(before="v1", note="found again"))) == ()
    assert told(judged(REMOVED, ONE)) == [
        (
            "catalog/reviews/manifest.json",
            "DK202",
            "the dataset was removed, is back, and `change.note` does not say why",
        )
    ]


# Scenario 24: another name is no removal.


def test_a_new_name_is_no_removal() -> None:
    other = room("others")
    path = "catalog/others/manifest.json"
    known = manifest.read(other[path], path)
    assert judged(ONE, repository(other)) == ()  # the same bytes
    named = {**other, path: manifest.dump(known._replace(former="reviews"))}
    assert judged(ONE, repository(named)) == ()


def test_dk202_a_new_name_hides_no_change() -> None:
    changed = room("others", data="v2")
    path = "catalog/others/manifest.json"
    known = manifest.read(changed[path], path)
    named = {**changed, path: manifest.dump(known._replace(former="reviews"))}
    assert [f.code for f in judged(ONE, repository(named))] == ["DK202"]
    assert [f.code for f in judged(ONE, repository(changed))] == ["DK106"]


@pytest.mark.parametrize("level", ["error", "warn", "off"])
def test_severity(level: str) -> None:
    policy = {"datakit.yaml": f"severity: {{DK106: {level}}}\n".encode()}
    assert [f.level for f in judged({**ONE, **policy}, policy)] == ([level] if level != "off" else [])


def test_a_path_that_another_dataset_has_by_now_is_no_longer_the_tombstone_s() -> None:
    other = {path.replace("catalog/reviews/", "catalog/films/"): data for path, data in room("films").items()}
    own = next(path for path in other if path.endswith(".dvc"))
    moved = pointer.render(Out("reviews.csv", md5("v1"), 10, None, "md5", "films"))
    films = manifest.read(other["catalog/films/manifest.json"], "m")._replace(
        path="data/raw/reviews.csv", pointer=POINTER
    )
    del other[own]
    now = {
        **REMOVED,
        **other,
        POINTER: moved,
        "catalog/films/manifest.json": manifest.dump(films),
        "dvc.yaml": artifacts.put(b"", "films", "data/raw/reviews.csv"),
    }
    assert judged(REMOVED, now) == judged(now, now, whole=True) == ()
    still = pointer.render(Out("reviews.csv", md5("v1"), 10, None, "md5", "eggs"))
    found = judged(REMOVED, {**REMOVED, POINTER: still, "catalog/reviews/tombstone.json": REMOVED[STONE]}, whole=True)
    assert ("DK106", RM) in {(f.code, f.hint) for f in found}  # a name alone is no record


def test_an_undone_removal_needs_no_reason_of_its_own() -> None:
    later = {**EMPTY, STONE: tombstone.dump(BURIED._replace(at="2026-11-23T00:00:00Z"))}
    assert judged(later, ONE) == ()
    assert [f.code for f in judged(later, repository(room(data="v2")))] == ["DK202"]

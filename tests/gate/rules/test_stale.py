"""DK205: a card is looked at again where the data became another."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats.contract import Column, LogicalType
from datakit.formats.finding import Finding
from datakit.formats.manifest import Parent, Source
from datakit.formats.url import redact
from tests.support.rooms import CARD, drafted, md5, profiled, repository, restated, room, sha256, without
from tests.support.trees import judged

README = "catalog/reviews/README.md"
STARS: tuple[str, LogicalType] = ("stars", "integer")
KINDS: tuple[tuple[str, LogicalType], ...] = (("v1", "string"), ("v2", "date"))
MEND = f"mend what is no longer so in {README}, or, where all holds, `datakit add reviews --set reviewed=2026-11-22`"


def state(
    data: str, *columns: tuple[str, LogicalType], rows: int = 3, card: str = CARD, **options: Any
) -> dict[str, Any]:
    """Return the dataset with these bytes, columns, which its contract has too, and rows; after `v1` with its reason."""
    said: dict[str, Any] = {} if data == "v1" else {"before": "v1", "note": f"{data} came"}
    said["terms"] = drafted("reviews", columns=[Column(name, kind) for name, kind in columns or (STARS,)])
    return profiled(repository(room(data=data, card=card, **said, **options)), *(columns or (STARS,)), rows=rows)


def said(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, int | None]]:
    """Return what DK205 says of a step, and of which line."""
    start = "the data changed and the card did not: "
    return [(f.message.removeprefix(start), f.line) for f in judged(old, new) if f.code == "DK205"]


def test_dk205_a_column_went_and_another_came() -> None:
    old = state("v1", STARS, ("mass", "number"))
    found = judged(old, state("v2", STARS, ("weight", "number")))
    assert tuple(f for f in found if f.code == "DK205") == (
        Finding(
            README,
            "DK205",
            "the data changed and the card did not: column `mass` is gone; column `weight` is new",
            MEND,
            "reviews",
            "warn",
        ),
    )


def test_dk205_the_line_that_names_a_column_that_is_gone() -> None:
    card = f"{CARD}\nThe column `mass` is in grams.\n"
    old = state("v1", STARS, ("mass", "number"), card=card)
    line = card.count("\n")
    assert said(old, state("v2", card=card)) == [(f"column `mass` is gone, and line {line} still names `mass`", line)]


def test_dk205_columns_of_another_type_and_many_columns() -> None:
    days = [state(data, STARS, ("day", kind)) for data, kind in KINDS]
    assert said(*days) == [("column `day` is of another type", None)]
    many: list[tuple[str, LogicalType]] = [(f"c{number}", "string") for number in range(5)]
    assert said(state("v1"), state("v2", STARS, *many)) == [("columns `c0`, `c1`, `c2` and 2 more are new", None)]
    turned: tuple[tuple[str, LogicalType], ...] = (("a", "date"), ("b", "date"))
    assert said(state("v1", STARS, *turned), state("v2", STARS, *reversed(turned))) == []


def test_dk205_columns_are_compared_only_where_they_may_be_others() -> None:
    old, new = state("v1", STARS, ("a", "date")), state("v2", STARS, ("a", "date"))
    renamed = profiled(new, STARS, ("b", "date"))
    assert said(old, renamed) == []  # the receipt says that it keeps the very contract that has `a`
    wider = profiled(new, STARS, ("a", "date"), ("b", "date"))
    assert said(old, wider) == [("column `b` is new", None)]
    lost = state("v2", STARS, ("a", "date"), outcome="failed")
    assert said(old, profiled(lost, STARS, ("b", "date"))) == [("column `a` is gone; column `b` is new", None)]
    assert said(old, without(renamed, "receipt.json")) == [("column `a` is gone; column `b` is new", None)]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (10, 19, ""), (10, 20, "10 -> 20 rows"), (20, 11, ""), (20, 10, "20 -> 10 rows"), (1200, 3000, "1,200 -> 3,000 rows"),
        (0, 1, "0 -> 1 rows"), (5, 0, "5 -> 0 rows"),
    ],
)  # fmt: skip
def test_dk205_twice_as_many_rows_or_half(before: int, after: int, text: str) -> None:
    assert [found for found, _ in said(state("v1", rows=before), state("v2", rows=after))] == [text] * bool(text)


@pytest.mark.parametrize(
    ("rows", "text", "stands"),
    [
        (344, "All 344 reviews.", True), (344, "344.", True), (12345, "There are 12,345.", True), (12345, "12 345 of them", True),
        (12345, "12345 rows", True), (12345, "12'345", True), (344, "1344 reviews", False), (344, "344.5 grams", False),
        (344, "v344", False), (344, "1,344 rows", False), (3, "3 stars", False), (2007, "from 2007 on", False), (344, "none", False),
    ],
)  # fmt: skip
def test_dk205_a_number_of_rows_that_the_card_still_states(rows: int, text: str, *, stands: bool) -> None:
    card = CARD.replace("One row is", f"{text}\nOne row is")
    found = said(state("v1", rows=rows, card=card), state("v2", rows=rows + 1, card=card))
    line = card[: card.index(text)].count("\n") + 1
    message = f"{rows:,} -> {rows + 1:,} rows, and line {line} still says so"
    assert found == ([(message, line)] if stands else [])


def test_dk205_the_size_category_that_was_right_before() -> None:
    for written in ('["n<1K"]', '"n<1K"'):
        card = CARD.replace("personal_data", f"size_categories: {written}\npersonal_data")
        found = said(state("v1", rows=990, card=card), state("v2", rows=1010, card=card))
        assert found == [("990 -> 1,010 rows, and `size_categories` is `n<1K`", None)]
        assert said(state("v1", rows=5000, card=card), state("v2", rows=5001, card=card)) == []
        assert said(state("v1", rows=98, card=card), state("v2", rows=99, card=card)) == []


def test_dk205_files_that_are_no_table() -> None:
    def folder(data: str, files: int, rows: int | None = None) -> dict[str, Any]:
        return restated(
            without(state(data), "profile"), data={"files": files, "rows": rows, "format": "files", "columns": None}
        )

    assert said(folder("v1", 10), folder("v2", 19)) == []
    assert said(folder("v1", 10), folder("v2", 20)) == [("10 -> 20 files", None)]
    assert said(state("v1"), folder("v2", 1)) == [("format csv -> files", None)]


def test_dk205_data_from_elsewhere() -> None:
    def source(uri: str) -> Source:
        return Source(redact(uri), "2026-11-22T10:00:00Z", sha256("x"))

    old = restated(state("v1"), sources=(source("https://a.org/1.csv"),))
    assert said(old, restated(state("v2"), sources=(source("https://a.org/2.csv"),))) == []
    assert said(old, restated(state("v2"), sources=(source("s3://films/2.csv"),))) == [
        ("it comes from `films` now", None)
    ]
    by_hand = (Parent("reviews", md5("v1")), Parent("ratings", md5("v1")))
    assert said(old, restated(state("v2"), derived_from=by_hand, former="ratings")) == []
    assert said(old, restated(state("v2"), derived_from=by_hand)) == [("it comes from `ratings` now", None)]


def test_dk205_an_edit_of_the_card_says_that_somebody_looked() -> None:
    old, new = state("v1", rows=10), state("v2", rows=30)
    assert len(said(old, new)) == 1
    assert said(old, {**new, README: CARD.replace("film", "movie").encode()}) == []
    reviewed = CARD.replace("personal_data", "reviewed: 2026-11-22\npersonal_data")
    assert said(old, {**new, README: reviewed.encode()}) == []


def test_dk205_a_second_change_of_one_day_is_reviewed_by_the_time() -> None:
    card = CARD.replace("personal_data", "reviewed: 2026-11-22\npersonal_data")
    (found,) = judged(state("v1", rows=10, card=card), state("v2", rows=30, card=card))
    assert found.hint.endswith("`datakit add reviews --set reviewed=2026-11-22T10:00:03Z`")


def test_dk205_once_committed_it_is_not_complained_of_again() -> None:
    new = state("v2", rows=30)
    assert judged(new, new, whole=True) == ()
    assert said(state("v1", rows=10), restated(state("v1", rows=30), data={"rows": 30})) == []  # the same bytes


def test_dk205_what_has_no_card_to_mend() -> None:
    old, new = state("v1", rows=10), state("v2", rows=30)
    assert said(without(old, "README.md"), without(new, "README.md")) == []
    interim = [state(data, rows=rows, folder="data/interim") for data, rows in (("v1", 10), ("v2", 30))]
    assert said(*interim) == []
    broken = {README: b"---\na: [\n---\n"}
    assert said({**old, **broken}, {**new, **broken}) == []
    assert said(without(old, "catalog"), new) == []
    for lost in (old, new):
        rest = [without(lost, "profile.json") if side is lost else side for side in (old, new)]
        assert said(rest[0], rest[1]) == [("10 -> 30 rows", None)]


def test_severities() -> None:
    old, new = state("v1", rows=10), state("v2", rows=30)
    for level, found in {"error": ["error"], "warn": ["warn"], "off": []}.items():
        policy = {"datakit.yaml": f'severity: {{"DK205": {level}}}\n'}
        assert [f.level for f in judged({**old, **policy}, {**new, **policy})] == found

"""Answers of a card: what says nothing is refused, short honest ones pass."""

from __future__ import annotations

import pytest

from datakit.formats.card_answers import problem


@pytest.mark.parametrize("owner", ["me", "You", "todo", "owner", "user", "Admin", "x", "--", "1234", " the team ", "<someone>"])  # fmt: skip
def test_an_owner_whom_nobody_could_find(owner: str) -> None:
    assert problem("owner", owner, {}) == (
        f"`owner` is `{owner}`, which nobody could find: expected the name or address of a person or team"
    )


@pytest.mark.parametrize("owner", ["Data Team", "Bo Li", "Max", "李小龙", "data@example.org", "Team A", "ml-platform"])
def test_an_owner_whom_somebody_knows(owner: str) -> None:
    assert problem("owner", owner, {}) is None


@pytest.mark.parametrize("text", ["x", "Birds", "Some birds.", "a b c"])
def test_prose_that_says_nothing(text: str) -> None:
    words = len(text.split())
    counted = f"{words} word{'s' * (words != 1)}"
    assert problem("summary", text, {}) == f"`summary` has {counted}, expected a sentence: what one row or file is"
    assert problem("collection", text, {}) == (
        f"`collection` has {counted}, expected a sentence: how, when and by whom it came to be"
    )
    assert problem("limitations", text, {}) is None


@pytest.mark.parametrize("text", ["One row, one bird.", "Handwritten postcards", "每行是一只鸟的体重"])
def test_prose_that_is_short_and_honest(text: str) -> None:
    assert problem("summary", text, {}) is None


def test_an_unknown_licence_needs_its_story() -> None:
    assert problem("license", "unknown", {}) == (
        "`license: unknown` needs `license_details` beside it: whom you asked for the terms, and what came of it"
    )
    assert problem("license", "unknown", {"license_details": "the author did not answer"}) is None
    assert problem("license", "other", {}) == "`license: other` needs `license_name` and `license_link` beside it"
    assert problem("license", "cc0-1.0", {}) is None
    assert problem("personal_data", "maybe", {}) == (
        "`personal_data` is `maybe`, expected one of none, pseudonymous, identifying"
    )
    assert problem("tags", "x", {}) is None


@pytest.mark.parametrize("day", ["2026-01-31", "2026-01-31T10:00", "2026-01-31T10:00:03Z"])
def test_the_day_on_which_a_card_was_reviewed(day: str) -> None:
    assert problem("reviewed", day, {}) is None


@pytest.mark.parametrize("text", ["yes", "31.01.2026", "2026-99-01", "2026-01-31 by me"])
def test_what_is_no_day(text: str) -> None:
    assert problem("reviewed", text, {}) == (
        f"`reviewed` is `{text}`, expected the day on which somebody held the card against the data: 2026-01-31"
    )

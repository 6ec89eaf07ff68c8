"""The recipe of a split."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import recipe
from datakit.formats.recipe import Recipe

GOOD = b"recipe: 1\ninto: {train: 0.7, valid: 0.1, test: 0.2}\nkey: [id]\ngroup: [patient]\nstratify: label\nsalt: s\n"

COLUMN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp"]), min_size=1, max_size=12)


def test_everything_is_read() -> None:
    found = recipe.read(GOOD, "default.yaml")
    assert found == Recipe(
        {"train": Decimal("0.7"), "valid": Decimal("0.1"), "test": Decimal("0.2")},
        ("id",),
        ("patient",),
        "label",
        "",
        "s",
    )
    assert list(found.into) == ["train", "valid", "test"]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 99),
    st.lists(COLUMN, min_size=1, max_size=3),
    st.lists(COLUMN, max_size=2),
    COLUMN,
    st.sampled_from(recipe.NULLS),
)
def test_what_is_written_reads_back(share: int, key: list[str], group: list[str], text: str, nulls: str) -> None:
    into = {"train": Decimal(share) / 100, "test": Decimal(100 - share) / 100}
    made = Recipe(into, tuple(key), tuple(group), text, text, text, nulls)
    again = recipe.read(recipe.dump(made), "default.yaml")
    assert again == made
    assert recipe.fingerprint(again) == recipe.fingerprint(made)


def test_comments_and_layout_do_not_count_and_the_order_of_parts_does() -> None:
    plain = recipe.read(b"into: {a: 0.5, b: 0.5}\nkey: [id]\n", "x")
    laid_out = recipe.read(b"# halves\nkey:\n- id\ninto:\n  a: 0.50\n  b: 0.5\n", "x")
    swapped = recipe.read(b"into: {b: 0.5, a: 0.5}\nkey: [id]\n", "x")
    assert recipe.fingerprint(plain) == recipe.fingerprint(laid_out) != recipe.fingerprint(swapped)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("into: {a: 0.5, b: 0.4}\nkey: [id]", "x: `into`: the shares sum to 0.9, expected exactly 1"),
        ("key: [id]", "x: `into`: the shares sum to 0, expected exactly 1"),
        ("into: {a: much}\nkey: [id]", "x:1: `into.a`: expected a share between 0 and 1, found 'much'"),
        ("into: {a: -1, b: 2}\nkey: [id]", "x:1: `into.a`: expected a share between 0 and 1, found '-1'"),
        ("into: {a: NaN}\nkey: [id]", "x:1: `into.a`: expected a share between 0 and 1, found 'NaN'"),
        (
            "into: {excluded: 1}\nkey: [id]",
            "x: `into`: `excluded` cannot name a part: it is the part of rows that belong to none",
        ),
        (
            "into: {A: 1}\nkey: [id]",
            "x: `into`: `A` cannot name a part: a name is lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit",
        ),
        ("into: {a: 1}", "x: `key`: expected a list of the columns that identify a row, found nothing"),
        ("into: {a: 1}\nkey: [id]\nnulls: drop", "x:3: `nulls`: expected `refuse` or `exclude`, found 'drop'"),
        (
            "into: {a: 1}\nkey: [id]\nseed: 1",
            "x: `seed`: unknown key, expected one of group, into, key, nulls, recipe, salt, stratify, time",
        ),
        ("recipe: 2\ninto: {a: 1}\nkey: [id]", "x: is a recipe of schema 2, this datakit reads up to 1"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        recipe.read(text.encode(), "x")
    assert caught.value.message == message

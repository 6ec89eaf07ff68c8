"""The recipe of a split."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord, UsageError
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
    made = Recipe(into, tuple(key), tuple(group), text, "", text, nulls)
    if nulls == "refuse":
        made = made._replace(group=(), stratify="", time=text)
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
        (
            "into: {a: much}\nkey: [id]",
            "x:1: `into.a`: expected a share between 0 and 1 of at most 12 decimals, found 'much'",
        ),
        (
            "into: {a: -1, b: 2}\nkey: [id]",
            "x:1: `into.a`: expected a share between 0 and 1 of at most 12 decimals, found '-1'",
        ),
        (
            "into: {a: NaN}\nkey: [id]",
            "x:1: `into.a`: expected a share between 0 and 1 of at most 12 decimals, found 'NaN'",
        ),
        (
            "into: {a: 0.0000000000001, b: 0.9999999999999}\nkey: [id]",
            "x:1: `into.a`: expected a share between 0 and 1 of at most 12 decimals, found '0.0000000000001'",
        ),
        (
            "into: {a: 1e-999999999}\nkey: [id]",
            "x:1: `into.a`: expected a share between 0 and 1 of at most 12 decimals, found '1e-999999999'",
        ),
        (
            f"into: {{{', '.join(f'p{n}: 0' for n in range(101))}}}\nkey: [id]",
            "x: `into`: 101 parts, expected at most 100",
        ),
        (
            "into: {a: 1}\nkey: [id]\ntime: t\ngroup: [g]",
            "x: `time` orders the rows, which leaves nothing for `group` to decide",
        ),
        (
            "into: {a: 1}\nkey: [id]\ntime: t\nstratify: g",
            "x: `time` orders the rows, which leaves nothing for `stratify` to decide",
        ),
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


def test_shares_as_the_command_takes_them() -> None:
    assert list(recipe.into("train=0.70,valid=.1, test = 0.2").items()) == [
        ("train", Decimal("0.70")), ("valid", Decimal("0.1")), ("test", Decimal("0.2")),
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"^--into: `train` has no share$") as caught:
        recipe.into("train")
    assert caught.value.hint == "write it as `--into train=0.8,test=0.2`"
    with pytest.raises(UsageError, match=r"^--into: `a` is named twice$"):
        recipe.into("a=0.5,a=0.5")
    with pytest.raises(InvalidRecord, match=r"^--into: `into`: the shares sum to 0.9, expected exactly 1$"):
        recipe.into("a=0.5,b=0.4")


def test_what_differs_is_named() -> None:
    one = recipe.read(GOOD, "x")
    other = one._replace(
        into={"train": Decimal("0.7"), "test": Decimal("0.2"), "valid": Decimal("0.10")}, stratify="", nulls="exclude"
    )
    assert recipe.differences(one, other) == (
        "`into` train=0.7,valid=0.1,test=0.2 -> train=0.7,test=0.2,valid=0.1",
        "`stratify` label -> none",
        "`nulls` refuse -> exclude",
    )
    assert recipe.differences(one, one._replace(into={**one.into, "train": Decimal("0.700")})) == ()

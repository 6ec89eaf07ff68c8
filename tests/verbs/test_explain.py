"""`explain`: every rule, by its code in any case."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import NotFound
from datakit.gate.rules import TABLE
from datakit.report import rule


@pytest.mark.parametrize("code", TABLE)
def test_every_rule(code: str) -> None:
    found = datakit.explain(code.lower())
    assert found == TABLE[code]
    assert all(part in rule.text(found) for part in (code, found.title, found.reason, found.mend))


def test_an_unknown_one() -> None:
    with pytest.raises(NotFound) as caught:
        datakit.explain("DK110")
    assert caught.value.message == "there is no rule `DK110`"
    assert str(caught.value.hint).startswith("did you mean `DK101`, ")


@pytest.mark.parametrize("code", ["DK999", "x", ""])
def test_one_that_is_like_none(code: str) -> None:
    with pytest.raises(NotFound) as caught:
        datakit.explain(code)
    assert caught.value.hint == "`datakit explain` lists every rule"


def test_all_of_them() -> None:
    assert datakit.explain() == tuple(TABLE[code] for code in sorted(TABLE))

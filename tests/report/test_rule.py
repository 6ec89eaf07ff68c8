"""A rule, explained."""

from __future__ import annotations

import pytest

from datakit.formats.finding import Level, Rule
from datakit.gate.rules import TABLE
from datakit.report import rule
from datakit.verbs.explain import explain


@pytest.mark.parametrize(("level", "words"), [("error", "blocks a commit"), ("warn", "warns"), ("off", "is off")])
def test_all_of_it(level: Level, words: str) -> None:
    found = Rule("DK999", "Birds fly", "Because.", "a penguin", "a tern", "let it swim", level)
    assert rule.text(found) == (
        f"DK999 Birds fly ({words})\n\nBecause.\n\n  fails   a penguin\n  passes  a tern\n  mend    let it swim\n"
    )


def test_all_rules_in_a_table() -> None:
    lines = rule.text(explain()).splitlines()
    assert lines[0] == "DK101  blocks a commit  Data that DVC tracks has a record"
    assert [line[:5] for line in lines[:-2]] == sorted(TABLE)
    assert lines[-1] == "`datakit explain CODE` says why a rule is there and how to mend what it finds"

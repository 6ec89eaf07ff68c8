"""A rule, explained."""

from __future__ import annotations

import pytest

from datakit.formats.finding import Level, Rule
from datakit.report import rule


@pytest.mark.parametrize(("level", "words"), [("error", "blocks a commit"), ("warn", "warns"), ("off", "is off")])
def test_all_of_it(level: Level, words: str) -> None:
    found = Rule("DK999", "Birds fly", "Because.", "a penguin", "a tern", "let it swim", level)
    assert rule.text(found) == (
        f"DK999 Birds fly ({words})\n\nBecause.\n\n  fails   a penguin\n  passes  a tern\n  mend    let it swim\n"
    )

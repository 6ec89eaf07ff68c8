"""The steps of `init`, as text."""

from __future__ import annotations

from datakit.report import steps
from datakit.report.style import Style

STEPS = [("problem", "data/x", "in the way"), ("created", "a\x1b", "why"), ("kept", "b", "")]


def test_problems_come_last() -> None:
    assert steps.text(STEPS) == "created  a\\x1b   why\nkept     b\nproblem  data/x  in the way\n"


def test_a_dry_run_says_so() -> None:
    assert steps.text(STEPS[2:], dry_run=True) == "kept  b\nnothing was done: this was a dry run\n"


def test_actions_are_coloured() -> None:
    assert steps.text(STEPS[2:], Style(colour=True)) == "\x1b[2mkept\x1b[0m  b\n"

"""What the verbs return: plain records with a verdict of their own."""

from __future__ import annotations

import pytest

from datakit.formats.receipt import Outcome, Result
from datakit.records import Validation


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [((), True), (("passed", "warned", "skipped"), True), (("passed", "failed"), False), (("failed",), False)],
)
def test_a_validation_passes_unless_a_check_failed(outcomes: tuple[Outcome, ...], passed: bool) -> None:
    results = tuple(Result(f"c{number}", outcome, 0, 1) for number, outcome in enumerate(outcomes))
    assert Validation("birds", "b.csv", 1, results, ()).passed is passed

"""Whatever is done in whatever order, the hook says what a slow and full look at the commit says; see `sequences.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.scenarios.sequences import Sequences

RUNS = 2  # so that two processes share them; fewer examples in each might not see both verdicts
EXAMPLES, STEPS = 60, 10  # two commits in each example, on average
NIGHTLY = (500, 25)  # with `--hypothesis-profile=nightly`


@pytest.mark.parametrize("number", range(RUNS))
def test_sequences(shelves: Callable[[str, bool], Path], monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(Sequences, "prepared", shelves("native", False), raising=False)
    monkeypatch.setattr(Sequences, "verdicts", set(), raising=False)
    examples, steps = NIGHTLY if settings.get_current_profile_name() == "nightly" else (EXAMPLES, STEPS)
    limits = settings(
        max_examples=-(-examples // RUNS),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    def machine() -> Sequences:
        return Sequences()

    # The same examples each time, as the profile asks for, and other ones in each run.
    run_state_machine_as_test(seed(number)(machine) if limits.derandomize else machine, settings=limits)
    assert Sequences.verdicts == {"passed", "blocked"}

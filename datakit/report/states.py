"""What must be done next about each dataset, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from datakit.records import State
from datakit.report.escape import printable
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns


def text(states: Sequence[State], style: Style = PLAIN) -> str:
    """Write one line a dataset with the command that brings it on, then a count.

    >>> print(text([State("reviews", "data/r.csv", "clean", "", "")]), end="")
    reviews  clean
    1 clean
    """
    if not states:
        return "there is no dataset yet: record one with `datakit add PATH`\n"
    marks = {
        "clean": style.good,
        "ready": style.good,
        "draft": style.warn,
        "broken": style.bad,
        "incomplete": style.bad,
    }
    rows = [[state.name or state.path, state.condition, _rest(state)] for state in states]
    lines = []
    for state, line in zip(states, columns(rows), strict=True):
        mark = marks.get(state.condition, style.warn)
        start = line.index(state.condition, len(printable(state.name or state.path)))
        end = start + len(state.condition)
        lines.append(f"{line[:start]}{mark(line[start:end])}{line[end:]}")
    counts = Counter(state.condition for state in states)
    lines.append(", ".join(f"{number} {condition}" for condition, number in counts.items()))
    return "\n".join(lines) + "\n"


def _rest(state: State) -> str:
    """Return why, and the command."""
    return f"{state.detail}: {state.command}" if state.detail and state.command else state.detail or state.command

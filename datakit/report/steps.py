"""The steps of `init`, for people."""

from __future__ import annotations

from collections.abc import Sequence

from datakit.report.escape import printable
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns


def text(steps: Sequence[tuple[str, str, str]], style: Style = PLAIN, *, dry_run: bool = False) -> str:
    """Write what was created, merged, kept, installed and configured, problems last.

    Args:
        steps: Action, path and detail of each.
        style: How to mark words.
        dry_run: Nothing was done yet.

    >>> print(text([("created", "datakit.yaml", "")]), end="")
    created  datakit.yaml
    """
    ordered = sorted(steps, key=lambda step: step[0] == "problem")
    lines = []
    for step, line in zip(ordered, columns(ordered), strict=True):
        action = printable(step[0])
        mark = {"problem": style.bad, "kept": style.faint}.get(step[0], style.good)
        lines.append(f"{mark(action)}{line[len(action) :]}")
    if dry_run:
        lines.append("nothing was done: this was a dry run")
    return "\n".join(lines) + "\n"

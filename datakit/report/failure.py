"""Errors as text: what is wrong, then the command that mends it."""

from __future__ import annotations

from datakit.errors import DatakitError, PartlyDone
from datakit.report.escape import printable
from datakit.report.style import PLAIN, Style


def text(error: DatakitError, style: Style = PLAIN) -> str:
    """Write an error in one line, its details below it, and its hint in another; of several, each in this way.

    >>> print(text(DatakitError("no remote", hint="dvc remote add -d storage URL")), end="")
    error: no remote
    hint: dvc remote add -d storage URL
    """
    if isinstance(error, PartlyDone):
        parts = "".join(text(part, style) for part in error.errors)
        return f"{parts}{style.bad('error:')} {printable(error.message)}\n"
    lines = [f"{style.bad('error:')} {printable(error.message)}"]
    lines += [f"  {printable(detail)}" for detail in error.details]
    if error.hint:
        lines.append(f"{style.strong('hint:')} {printable(error.hint)}")
    return "\n".join(lines) + "\n"

"""What `doctor` found, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from datakit.records import Diagnosis
from datakit.report.escape import printable
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns, width


def text(found: Sequence[Diagnosis], style: Style = PLAIN) -> str:
    """Write one line a check, below it the command that mends what is wrong, then a count.

    >>> print(text([Diagnosis("git", "ok", "2.39.5"), Diagnosis("ci", "warn", "none", "datakit init")]), end="")
    ok    git  2.39.5
    warn  ci   none
               mend: datakit init
    1 ok, 1 warn
    """
    marks = {"ok": style.good, "warn": style.warn, "fail": style.bad}
    lines = []
    indent = " " * (len("warn  ") + max((width(printable(item.title)) for item in found), default=0) + 2)
    for item, line in zip(found, columns([[f"{i.condition:4}", i.title, i.detail] for i in found]), strict=True):
        lines.append(f"{marks[item.condition](item.condition)}{line[len(item.condition) :]}")
        if item.command:
            lines.append(f"{indent}{style.faint('mend:')} {style.strong(printable(item.command))}")
    counts = Counter(item.condition for item in found)
    lines.append(", ".join(f"{counts[each]} {each}" for each in ("ok", "warn", "fail") if counts[each]))
    return "\n".join(lines) + "\n"

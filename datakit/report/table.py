"""Aligned columns for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from datakit.report.escape import printable


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Align texts in columns, two spaces apart; the last column is not padded.

    Args:
        rows: Texts; every row has the same number of them.
        right: Indexes of the columns that are aligned to the right.

    >>> columns([["a", "10"], ["bcd", "5"]], right=[1])
    ['a    10', 'bcd   5']
    """
    safe = [[printable(cell) for cell in row] for row in rows]
    widths = [max((width(row[i]) for row in safe), default=0) for i in range(len(safe[0]))] if safe else []
    lines = []
    for row in safe:
        cells = []
        for i, cell in enumerate(row):
            gap = " " * (widths[i] - width(cell))
            cells.append(gap + cell if i in right else cell if i == len(row) - 1 else cell + gap)
        lines.append("  ".join(cells).rstrip())
    return lines


def width(text: str) -> int:
    """Return the cells that a text takes on a terminal: East Asian wide characters two, combining ones none.

    >>> width("日本"), width("e\u0301")
    (4, 1)
    """
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )

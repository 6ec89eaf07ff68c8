"""The history of a dataset, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datakit.report.escape import printable
from datakit.report.plain import size
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns

if TYPE_CHECKING:
    from datakit.records import Entry


def text(entries: Sequence[Entry], style: Style = PLAIN) -> str:
    """Write one line for each state of the data, newest first."""
    if not entries:
        return "nothing is committed yet\n"
    head = ["COMMIT", "DATE", "MD5", "SIZE", "ROWS", "VERSIONS", "WHY"]
    rows = [
        [
            entry.commit[:10],
            entry.at[:10],
            entry.md5[:8] if entry.md5 else "removed",
            "" if entry.size is None else size(entry.size),
            "" if entry.rows is None else f"{entry.rows:,}",
            ", ".join(entry.versions),
            printable(entry.note),
        ]
        for entry in entries
    ]
    first, *rest = columns([head, *rows], right=(3, 4))
    return "\n".join([style.strong(first), *rest]) + "\n"

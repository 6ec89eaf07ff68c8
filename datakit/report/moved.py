"""What `mv` and `rm` did, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datakit.report.escape import printable
from datakit.report.style import PLAIN, Style

if TYPE_CHECKING:
    from datakit.records import Moved, Removed

_DATA = {"removed": "its data is gone from the working tree", "kept": "its data stays where it is, tracked by nothing"}


def text(item: Moved, style: Style = PLAIN) -> str:
    """Write what a dataset is called and where its data lies now."""
    name = style.strong(printable(item.name))
    if not item.written:
        head = f"unchanged {name}: {printable(item.path)}"
    elif item.name != item.old_name:
        head = f"renamed {printable(item.old_name)} to {name}: {printable(item.path)}"
    else:
        head = f"moved {name}: {printable(item.old_path)} to {printable(item.path)}"
    return _lines(head, item.written, item.notes, staged=item.staged)


def removed(item: Removed, style: Style = PLAIN) -> str:
    """Write what went, and how to get it back."""
    head = f"{'removed' if item.written else 'unchanged'} {style.strong(printable(item.name))}: {printable(item.path)}"
    notes = [_DATA[item.data]] if item.data in _DATA else []
    return _lines(head, item.written, [*notes, *item.notes], staged=item.staged)


def _lines(head: str, written: Sequence[str], notes: Sequence[str], *, staged: bool) -> str:
    """Write a head line, each file and each note."""
    did = "staged" if staged else "wrote "
    lines = [
        head,
        *(f"  {did} {printable(path)}" for path in written),
        *(f"  note: {printable(note)}" for note in notes),
    ]
    return "\n".join(lines) + "\n"

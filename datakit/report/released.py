"""A version that was registered, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from datakit.report.escape import printable
from datakit.report.plain import count, size
from datakit.report.style import PLAIN, Style

if TYPE_CHECKING:
    from datakit.records import Released


def text(item: Released, style: Style = PLAIN) -> str:
    """Write the version, what it was measured by, where it is now, and what comes next."""
    return "".join(f"{line}\n" for line in _lines(item, style))


def _lines(item: Released, style: Style) -> Iterator[str]:
    """Write the lines."""
    step = f": {item.level} since {item.former}" if item.level else f", after {item.former}" if item.former else ""
    yield f"{style.strong(printable(item.tag))} at {item.commit[:10]}{step}"
    marks = {"major": style.bad, "minor": style.warn, "patch": style.faint}
    for difference in item.differences:
        yield f"  {marks[difference.level](difference.level)}  {printable(difference.what)}"
    if not item.registered:
        yield from (f"  | {printable(line)}".rstrip() for line in item.notes.splitlines())
        yield "nothing was done: this was a dry run"
        return
    for done in item.sent:
        sent = f"sent {count(done.uploaded, 'object')}, {size(done.size)}" if done.uploaded else "nothing to send"
        yield f"{sent}; remote {printable(done.remote)} has every byte"
    if not item.sent and item.remotes:
        yield f"remote {', '.join(printable(name) for name in item.remotes)} has every byte"
    if item.published:
        yield f"pushed to {printable(item.published)}: commits and tag"
    else:
        yield f"to publish it: datakit push {printable(item.name)} && git push --follow-tags"

"""What `push`, `pull` and `verify` did and found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from datakit.report.escape import printable
from datakit.report.plain import count, size
from datakit.report.style import PLAIN, Style

if TYPE_CHECKING:
    from datakit.records import Fault, Pulled, Pushed, Verified

_NOTHING = "there is no dataset yet: record one with `datakit add PATH`\n"


def pushed(items: Sequence[Pushed], style: Style = PLAIN) -> str:
    """Write what the remote has now, one line a dataset."""
    if not items:
        return _NOTHING
    lines = []
    for item in items:
        did = f"sent {count(item.uploaded, 'object')}, {size(item.size)}" if item.uploaded else "nothing to send"
        mended = f", {item.repaired:,} of them repaired" if item.repaired else ""
        there = f"; {count(item.present, 'object')} there already" if item.present else ""
        lines.append(f"{style.strong(printable(item.name))}: {did}{mended}{there}")
    return "\n".join(lines) + f"\nremote {printable(items[0].remote)}: {printable(items[0].url)}\n"


def pulled(items: Sequence[Pulled], style: Style = PLAIN) -> str:
    """Write what lies where now, one line a dataset."""
    if not items:
        return _NOTHING
    return "".join(f"{_pulled(item, style)}\n" for item in items)


def verified(items: Sequence[Verified], style: Style = PLAIN) -> str:
    """Write what was compared, each difference with its mend."""
    if not items:
        return _NOTHING
    return "".join(f"{line}\n" for item in items for line in _verified(item, style))


def _pulled(item: Pulled, style: Style) -> str:
    """Write one dataset, or one part of it."""
    at = f" at {item.commit[:10]}" if item.commit else ""
    at += f", part {printable(item.part)}" if item.part else ""
    did = f"wrote {item.written:,} of {count(item.files, 'file')}" if item.written else "there already"
    did += f" (of {item.of:,} in all)" if item.of is not None else ""
    if item.part and not item.md5.endswith(".dir"):
        rows = count(item.rows or 0, "row")
        did = f"wrote {rows}" if item.written else f"{rows} there already"
    did += f", removed {item.removed:,}" if item.removed else ""
    did += f", wrote {count(item.memberships, 'membership')}" if item.memberships else ""
    did += f", fetched {count(item.fetched, 'object')}" if item.fetched else ""
    return f"{style.strong(printable(item.name))}{at}: {printable(item.path)}: {did}"


def _verified(item: Verified, style: Style) -> Iterator[str]:
    """Write one dataset."""
    looked = [
        count(number, noun)
        for number, noun in (
            (item.files, "file"),
            (item.objects, "object"),
            (item.remote, "remote object"),
            (item.checks, "check"),
            (item.splits, "split"),
        )
        if number
    ]
    at = f" at {item.commit[:10]}" if item.commit else ""
    verdict = style.good("as recorded") if not item.faults else style.bad(count(len(item.faults), "difference"))
    verdict += f", {len(item.mended):,} mended" if item.mended else ""
    yield f"{style.strong(printable(item.name))}{at}: {verdict} ({', '.join(looked) or 'nothing to compare'})"
    for each in item.mended:
        kept = f"; the wrong bytes are kept as `{printable(each.kept)}`" if each.kept else ""
        yield f"  {printable(each.fault.path)}: {printable(each.fault.problem)}"
        yield f"    mended from {printable(each.source)}{kept}"
    for fault in item.faults:
        yield from _fault(fault)


def _fault(fault: Fault) -> Iterator[str]:
    """Write one difference."""
    yield f"  {printable(fault.path)}: {printable(fault.problem)}"
    if fault.expected or fault.found:
        yield f"    expected {printable(fault.expected) or 'nothing'}, found {printable(fault.found) or 'nothing'}"
    if fault.command:
        yield f"    mend: {printable(fault.command)}"

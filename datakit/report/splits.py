"""What `split` did, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datakit.report import findings
from datakit.report.escape import printable
from datakit.report.plain import count
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns

if TYPE_CHECKING:
    from datakit.records import Splitted

_SHARED = {
    "group": "rows that share a group with a row of another part",
    "duplicate": "rows that are equal, but for the key, to a row of another part",
    "conflict": "rows that are equal, but for key and label, to a row of another part with another label",
    "time": "rows that are not later than some row of an earlier part",
}


def text(item: Splitted, style: Style = PLAIN) -> str:
    """Write the parts with their rows, what is in none, and what the gate still wants.

    Args:
        item: What was done.
        style: How to mark words; plain unless the output is a terminal.

    Returns:
        Text that ends with a line end.
    """
    name = style.strong(f"{printable(item.name)}/{printable(item.split)}")
    grown = "" if item.new is None else f", {count(item.new, 'new row')}, {item.gone or 0:,} gone"
    lines = [f"{item.action} {name}: {count(item.rows, 'row')}{grown}"]
    lines += [f"  {'staged' if item.staged else 'wrote '} {printable(path)}" for path in item.written]
    total = sum(item.parts.values()) or 1
    rows = [[part, f"{number:,}", f"{100 * number / total:.1f} %"] for part, number in item.parts.items()]
    lines += [f"    {line}" for line in columns(rows, right=[1, 2])]
    if item.strata:
        lines.append(f"  note: strata too small for all parts, taken together: {item.strata:,}")
    lines += [f"  note: in no part, {printable(reason)}: {number:,}" for reason, number in item.excluded.items()]
    lines += [f"  note: {_SHARED.get(kind, printable(kind))}: {number:,}" for kind, number in item.leaks.items()]
    said = findings.text(item.findings, style)
    if said:
        blocked = any(finding.level == "error" for finding in item.findings)
        lines += ["", *["before it can be committed:"] * blocked, said.rstrip("\n")]
    return "\n".join(lines) + "\n"

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
    "group": "{0}s that share a group with a {0} of another part",
    "duplicate": "{0}s that are equal, but for the key, to a {0} of another part",
    "conflict": "{0}s that are equal, but for key and label, to a {0} of another part with another label",
    "time": "{0}s that are not later than some {0} of an earlier part",
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
    unit = item.unit
    grown = "" if item.new is None else f", {count(item.new, f'new {unit}')}, {item.gone or 0:,} gone"
    grown += f", {item.kept:,} moved that kept the part" if item.kept else ""
    if item.moved is not None:
        grown += f", {count(item.moved, unit) if item.moved else f'no {unit}'} changed the part"
    lines = [f"{item.action} {name}: {count(item.rows, unit)}{grown}"]
    lines += [f"  {'staged' if item.staged else 'wrote '} {printable(path)}" for path in item.written]
    total = sum(item.parts.values()) or 1
    rows = [[part, f"{number:,}", f"{100 * number / total:.1f} %"] for part, number in item.parts.items()]
    lines += [f"    {line}" for line in columns(rows, right=[1, 2])]
    if item.strata:
        lines.append(f"  note: strata too small for all parts, taken together: {item.strata:,}")
    lines += [f"  note: in no part, {printable(reason)}: {number:,}" for reason, number in item.excluded.items()]
    for kind, number in item.leaks.items():
        where = item.places.get(kind, "")
        said = _SHARED[kind].format(unit) if kind in _SHARED else printable(kind)
        lines.append(f"  note: {said}: {printable(where) or f'{number:,}'}")
    if item.strayed:
        lines.append(f"  note: files that lie, byte for byte the same, in another part than before: {item.strayed:,}")
    said = findings.text(item.findings, style)
    if said:
        blocked = any(finding.level == "error" for finding in item.findings)
        lines += ["", *["before it can be committed:"] * blocked, said.rstrip("\n")]
    return "\n".join(lines) + "\n"

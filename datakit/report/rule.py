"""A rule of the gate, explained; or all of them, a line each."""

from __future__ import annotations

from datakit.formats.finding import Rule
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns

_LEVELS = {"error": "blocks a commit", "warn": "warns", "off": "is off"}


def text(rule: Rule | tuple[Rule, ...], style: Style = PLAIN) -> str:
    """Write what a rule demands, why, an example of either side, and the mend; of several rules code, title and level."""
    if not isinstance(rule, Rule):
        rows = columns([[each.code, _LEVELS[each.level], each.title] for each in rule])
        lines = [f"{style.strong(line[:5])}{line[5:]}" for line in rows]
        return (
            "\n".join([*lines, "", "`datakit explain CODE` says why a rule is there and how to mend what it finds"])
            + "\n"
        )
    level = _LEVELS[rule.level]
    return (
        f"{style.strong(rule.code)} {rule.title} ({level})\n"
        f"\n{rule.reason}\n\n"
        f"  fails   {rule.fails}\n"
        f"  passes  {rule.passes}\n"
        f"  mend    {rule.mend}\n"
    )

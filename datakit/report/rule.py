"""A rule of the gate, explained."""

from __future__ import annotations

from datakit.formats.finding import Rule
from datakit.report.style import PLAIN, Style


def text(rule: Rule, style: Style = PLAIN) -> str:
    """Write what a rule demands, why, an example of either side, and the mend."""
    level = {"error": "blocks a commit", "warn": "warns", "off": "is off"}[rule.level]
    return (
        f"{style.strong(rule.code)} {rule.title} ({level})\n"
        f"\n{rule.reason}\n\n"
        f"  fails   {rule.fails}\n"
        f"  passes  {rule.passes}\n"
        f"  mend    {rule.mend}\n"
    )

"""DK7: a change is judged by the policy that it found, not only by the one that it brings."""

from __future__ import annotations

from datakit.formats.finding import Rule

RULES = (
    Rule(
        "DK701",
        "A change does not weaken the policy that would have stopped it",
        "Otherwise one commit could switch a rule off and break it.",
        "`severity: {DK201: off}` and a dataset without a card in one commit",
        "the policy changes in a commit of its own",
        "commit datakit.yaml alone first",
    ),
)

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
    Rule(
        "DK702",
        "A released version stays what it is",
        "Others train with it and name it in papers; a version that changes under its name makes theirs a lie.",
        "`git push --delete origin reviews@v1.0.0`, `git tag -f reviews@v1.0.0`, or a lightweight tag of that name",
        "`datakit release reviews` registers the next version, with an annotated tag",
        "datakit release NAME",
    ),
)

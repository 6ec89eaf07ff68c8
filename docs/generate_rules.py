"""Write docs/rules.md from the table of rules, so that the page says what the gate does."""

from __future__ import annotations

from itertools import groupby

from datakit.formats.finding import Rule
from datakit.gate.rules import TABLE
from docs.transcripts import TOP

PAGE = TOP / "docs" / "rules.md"
HUNDREDS = {
    "DK1": "recorded: pointer, manifest and artifact say the same",
    "DK2": "documented: people have said what the data is, and why it changed",
    "DK3": "validated: the data was held against its contract",
    "DK4": "split: each split is of this very data, and its parts share nothing that they must not",
    "DK5": "stored: the bytes are where others can have them",
    "DK6": "hygiene: Git holds code and records, never data",
    "DK7": "policy: a change is judged by the policy that it found",
}
LEVELS = {"error": "blocks", "warn": "warns", "off": "off"}
INTRODUCTION = """\
# Rules

<!-- Written by `make docs` from datakit/gate/rules; change it there. -->

A rule compares records with one another; it never reads the data and computes nothing anew, so a commit is judged in
milliseconds. `datakit check` applies the rules to the work tree, `datakit check --staged` and the hook to what is staged,
`datakit check --at REV` to a commit. `datakit explain CODE` prints what this page says.

## Severity

A rule is an `error`, which blocks a commit, a `warn`, which only speaks, or `off`. `datakit.yaml` changes it:

```yaml
severity:
  DK305: error # a draft of a contract may not be committed
```

## Baseline

`datakit check --baseline write` writes `datakit-baseline.json`: what would block today and can wait, so that an old repository
adopts datakit in one commit (see [adoption](adoption.md#twenty-datasets-and-no-time-today)) and a new demand of the policy blocks
what is new. Covered findings do not block; they are counted, `--baseline off` shows them.

- Until the data changes: DK101 and DK104 of a pointer that datakit never wrote, {data}.
- Until somebody mends it: {mended}.
- Never: every other rule. Records that contradict one another cannot be believed in anything, and one command mends them; and
  what a change does was never there before.

The baseline before a change judges the change, too: what only that one would block is DK701. A version is never covered.

## What the hook cannot see

- `git commit --no-verify` and `dvc exp run` start no hook. The workflow that `init` writes judges what was pushed.
- With `git commit --amend` Git does not say that a commit is being replaced: the change is judged against that very commit,
  so a policy that is weakened in the same amended commit passes here.
- An object that is not in the clone (shallow, partial, sparse) ends with exit code 3 and the command that brings it. It
  never passes as good.
"""


def page() -> str:
    """Return the whole page."""
    rules = list(TABLE.values())
    waiting = {kind: ", ".join(rule.code for rule in rules if rule.waits == kind) for kind in ("data", "mended")}
    introduction = INTRODUCTION.replace("{data}", waiting["data"]).replace("{mended}", waiting["mended"])
    parts = [introduction, "## All rules\n", "| code | what must hold | by default |", "|---|---|---|"]
    parts += [f"| [{rule.code}](#{rule.code.lower()}) | {rule.title} | {LEVELS[rule.level]} |" for rule in rules]
    for hundred, group in groupby(rules, key=lambda rule: rule.code[:3]):
        parts += ["", f"## {hundred}: {HUNDREDS[hundred]}", ""]
        parts += ["\n".join(_rule(rule)) for rule in group]
    return "\n".join(parts).rstrip("\n") + "\n"


def _rule(rule: Rule) -> list[str]:
    """Write one rule."""
    return [
        f"### {rule.code}",
        "",
        f"**{rule.title}** ({LEVELS[rule.level]} by default). {rule.reason}",
        "",
        f"- fails: {rule.fails}",
        f"- passes: {rule.passes}",
        f"- mend: {_code(rule.mend)}",
        "",
    ]


def _code(text: str) -> str:
    """Mark a command as code; a sentence that marks its own code stays."""
    return text if "`" in text else f"`{text}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print("wrote docs/rules.md")

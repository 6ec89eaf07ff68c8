"""Findings of the gate: what is wrong, where, and the command that mends it."""

from __future__ import annotations

import shlex
from typing import Literal, NamedTuple

Level = Literal["error", "warn", "off"]
Standing = Literal["error", "warn", "off", "known"]  # known: it would block, and the baseline covers it

Waits = Literal["never", "data", "mended"]  # never covered; until the data changes; until somebody mends it


class Finding(NamedTuple):
    """One thing that the gate found."""

    path: str  # relative to the repository, POSIX separators; the file that must change
    code: str  # DK101 and so on: see docs/rules.md
    message: str  # one sentence without a full stop: what, expected, found
    hint: str = ""  # the command or edit that mends it
    dataset: str = ""  # the dataset that is concerned, where one is
    level: Standing = "error"
    line: int | None = None  # counted from 1, where it is known
    data: str = ""  # hash of what was found without a record, by which a baseline knows it; empty for everything else

    @property
    def place(self) -> str:
        """The path, with the line where it is known."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


class Rule(NamedTuple):
    """What `datakit explain CODE` and docs/rules.md say of a rule."""

    code: str
    title: str  # what must hold, as a statement
    reason: str  # why it matters
    fails: str  # an example that is blocked
    passes: str  # the same, right
    mend: str  # the command or edit
    level: Level = "error"  # severity unless datakit.yaml says otherwise
    waits: Waits = "never"  # until what a baseline may cover it


def command(words: str, *paths: str) -> str:
    """Return a command that can be pasted into a shell, whatever the paths are called.

    Args:
        words: The command without its paths.
        paths: Paths from a repository, which may hold spaces, quotes and what a shell would run.

    >>> command("datakit add", "a b.csv", "$(x)", "-y", "data/raw/z.csv")
    "datakit add 'a b.csv' '$(x)' ./-y data/raw/z.csv"
    """
    return " ".join([words, *(shlex.quote(f"./{path}" if path.startswith("-") else path) for path in paths)])

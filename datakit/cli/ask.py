"""Questions, on a terminal only."""

from __future__ import annotations

import sys

from datakit.records import Ask


def asker(*, wanted: bool) -> Ask | None:
    """Return how to ask, or None where nobody could answer."""
    if not wanted or not sys.stdin.isatty() or not sys.stderr.isatty():
        return None
    return _ask


def _ask(_what: str, question: str) -> str | None:
    """Ask one question on standard error; an empty answer, or the end of input, leaves the matter open."""
    sys.stderr.write(f"{question}\n> ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() or None

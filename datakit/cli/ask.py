"""Questions, on a terminal only."""

from __future__ import annotations

import sys

import typer

from datakit.records import Ask


def asker(*, wanted: bool) -> Ask | None:
    """Return how to ask, or None where nobody could answer."""
    if not wanted or not sys.stdin.isatty() or not sys.stderr.isatty():
        return None
    return _ask


def _ask(_what: str, question: str) -> str | None:
    """Ask one question; an empty answer leaves the matter open."""
    answer: str = typer.prompt(f"{question}\n ", default="", show_default=False, err=True)
    return answer.strip() or None

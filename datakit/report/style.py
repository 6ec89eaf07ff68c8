"""Marks of words on a terminal; colour never carries a meaning that the word does not."""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """Whether escape sequences are written.

    >>> Style(False).bad("failed")
    'failed'
    """

    colour: bool

    def bad(self, text: str) -> str:
        """Mark what blocks."""
        return self._mark(text, "1;31")

    def warn(self, text: str) -> str:
        """Mark what deserves a look."""
        return self._mark(text, "33")

    def good(self, text: str) -> str:
        """Mark what is as it should be."""
        return self._mark(text, "32")

    def strong(self, text: str) -> str:
        """Mark a heading."""
        return self._mark(text, "1")

    def faint(self, text: str) -> str:
        """Mark what can be skipped."""
        return self._mark(text, "2")

    def _mark(self, text: str, code: str) -> str:
        """Wrap a text in an escape sequence."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


PLAIN = Style(colour=False)


def fitting(*, terminal: bool, environ: dict[str, str]) -> Style:
    """Choose the style of an output: colour on a terminal that can show it, unless NO_COLOR is set.

    Source: no-color.org; FORCE_COLOR as in most tools that know it.
    """
    if environ.get("NO_COLOR"):
        return PLAIN
    return Style(colour=bool(environ.get("FORCE_COLOR")) or (terminal and environ.get("TERM") != "dumb"))

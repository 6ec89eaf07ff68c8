"""Streams that say that they are a terminal."""

from __future__ import annotations

import io


class Terminal(io.StringIO):
    """Text that somebody types or sees."""

    def isatty(self) -> bool:
        """Say so."""
        return True

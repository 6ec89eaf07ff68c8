"""Progress on a terminal: nothing for work that is done within a second."""

from __future__ import annotations

import sys
import time
from typing import Any

_PATIENCE = 1.0  # seconds before a bar is worth its noise


class Bar:
    """A bar on standard error that appears when work takes longer than a second."""

    def __init__(self) -> None:
        self._description = ""
        self._total: int | None = None
        self._done = 0
        self._begun = time.monotonic()
        self._shown: Any = None  # rich's Progress, loaded only when it is drawn
        self._task: Any = None

    def start(self, description: str, total: int | None) -> None:
        """Begin a piece of work."""
        self.close()
        self._description, self._total, self._done, self._begun = description, total, 0, time.monotonic()

    def advance(self, amount: int) -> None:
        """Draw what is done."""
        self._done += amount
        if self._shown is None and sys.stderr.isatty() and time.monotonic() - self._begun > _PATIENCE:
            self._draw()
        if self._shown is not None:
            self._shown.update(self._task, completed=self._done)

    def close(self) -> None:
        """Take the bar away."""
        if self._shown is not None:
            self._shown.stop()
            self._shown = None

    def _draw(self) -> None:
        """Put the bar on the terminal."""
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        from datakit.report.escape import printable

        parts = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._shown = Progress(*parts, console=Console(stderr=True), transient=True)
        self._task = self._shown.add_task(escape(printable(self._description)), total=self._total)
        self._shown.start()

"""Progress of long work: a protocol that the lower layers report to and that only the terminal draws."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A receiver of progress; every unit is a byte unless the description says otherwise."""

    def start(self, description: str, total: int | None) -> None:
        """Begin a piece of work of `total` units, or of unknown size."""

    def advance(self, amount: int) -> None:
        """Report that `amount` more units are done."""


class Silent:
    """Report to nobody."""

    def start(self, description: str, total: int | None) -> None:
        """Ignore the beginning."""

    def advance(self, amount: int) -> None:
        """Ignore the advance."""


SILENT: Progress = Silent()

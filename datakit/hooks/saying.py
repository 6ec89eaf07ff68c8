"""What the doors write: findings and verdicts, to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datakit.formats.finding import Finding


def findings(found: Sequence[Finding]) -> None:
    """Write findings; nothing for none."""
    if found:
        from datakit.report import findings as report
        from datakit.report import style

        sys.stderr.write(report.text(found, style.fitting(terminal=sys.stderr.isatty(), environ=dict(os.environ))))


def blocked(what: str) -> None:
    """Say that a commit, merge or push does not take place."""
    sys.stderr.write(f"{what} blocked by datakit; `datakit explain CODE` says why a rule is there\n")


def line(text: str) -> None:
    """Write one line."""
    sys.stderr.write(f"{text}\n")

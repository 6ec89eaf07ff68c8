"""Every row of the list has a test, and no test names a row that is none."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from tests.scenarios.rows import OTHERWISE, ROWS
from tests.scenarios.table import Table

_NAMED = re.compile(r"(?:def test_row|class TestRow)s?_?(\d+)(?:To(\d+))?")


def tried() -> set[int]:
    """Return the rows that are in a table, or that a test or a class of tests has in its name."""
    found: set[int] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        module = importlib.import_module(f"tests.scenarios.{path.stem}")
        for first, last in _NAMED.findall(path.read_text()):
            found |= {*range(int(first), int(last or first) + 1)}
        for value in vars(module).values():
            found |= {item.row for item in value.rows} if isinstance(value, Table) else set()
        found |= {merge.row for merge in getattr(module, "MERGES", ())}
        found |= {row for row, _ in getattr(module, "COMMANDS", {}).values()}
    return found


def test_every_row_is_tried() -> None:
    assert tried() - {0} == set(ROWS)  # 0: what the list has no row for
    assert list(ROWS) == list(range(1, 65))
    assert set(OTHERWISE) <= set(ROWS)

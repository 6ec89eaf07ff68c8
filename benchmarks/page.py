"""docs/benchmarks.md: what was measured last, and where the time goes."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.clock import Row, Table

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# What it costs

Written by `make bench`, which measures everything anew. Works are run in turns on a file system in memory, and the fastest
run of each counts. What is judged is the ratio to a peer in the same run, since seconds say more about the machine; the
column of the disk is shown and never judged.
"""
WHERE = """## Where the time goes

What one file of 4 KB costs, in microseconds of one core, each step measured by itself:

| step of `add` | microseconds |
|---|---|
| open, read, close | 5.3 |
| md5 | 6.8 |
| sha256 | 3.2 |
| create, write, look at the length, rename | 21 |
| look at the tree | 5 |
| make the object read-only after the sync | 2 |

- Small files go to processes (`store/pool.py`, `store/worker.py`): threads of one Python wait for one another. They are fresh
  interpreters without `site`, up in 15 ms, never forks. Fewer than 2,000 files stay in the process.
- Files and digests are rows of bytes, 32 and 48 each, so `status` holds a folder against what it remembers by comparing two
  strings of bytes, and a million files fit into memory.
- One large file is read once into a ring of buffers; md5, sha256 and the copy each have a thread of their own. md5 is the
  slowest and keeps one core busy.
- `status` of an unchanged folder is `stat` and the start of Python.
"""


def write(tables: Sequence[Table], memory: Sequence[float]) -> None:
    """Write the page."""
    machine = f"Last run: Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores.\n"
    parts = [HEAD, machine, *(_section(table) for table in tables)]
    if memory:
        few, held_few, many, held_many, each, million = memory
        parts.append(
            "## Memory of `datakit add`\n\n"
            "| files | MB |\n|---|---|\n"
            f"| {few:,.0f} | {held_few / 1e6:.0f} |\n| {many:,.0f} | {held_many / 1e6:.0f} |\n"
            f"| 1,000,000, at {each:.0f} bytes a file; limit 1,000 | {million / 1e6:.0f} |\n"
        )
    PAGE.write_text("\n".join([*parts, WHERE]), encoding="utf-8")
    print(f"\nwrote {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}", file=sys.stderr)


def _section(table: Table) -> str:
    """Write one table."""
    return f"## {table.title[0].upper()}{table.title[1:]}\n\n" + "\n".join(_lines(table)) + "\n"


def _lines(table: Table) -> Iterator[str]:
    """Write the lines of one table."""
    yield "| work | seconds | CPU | on disk | peer | ratio | limit | |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in table.rows:
        yield f"| {row.work} | {row.cost.wall:.3f} | {row.cost.cpu:.3f} | {_disk(row)} | {_judged(row)} |"


def _disk(row: Row) -> str:
    """Write what the disk took."""
    return f"{row.disk.wall:.1f}" if row.disk else ""


def _judged(row: Row) -> str:
    """Write how a row compares with its limit."""
    if row.limit is None:
        return "| | |"
    return f"{row.limit.peer} | {row.ratio:.2f} | {row.limit.times:g} | {row.verdict}"

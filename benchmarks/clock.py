"""Timing commands beside one another: interleaved, the fastest of several runs, in CPU and wall seconds."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What one run took, seconds."""

    wall: float
    cpu: float


class Limit(NamedTuple):
    """What a run is held against: the peer, and how many times its wall time is allowed."""

    peer: str
    times: float


class Row(NamedTuple):
    """One line of a table."""

    work: str
    cost: Cost
    disk: Cost | None
    limit: Limit | None
    peer: Cost | None  # what the limit's peer took

    @property
    def ratio(self) -> float:
        """How many times the peer's wall time this took."""
        return self.cost.wall / self.peer.wall if self.peer else 0.0

    @property
    def verdict(self) -> str:
        """Whether the limit holds."""
        return "held" if self.limit is None or self.ratio <= self.limit.times else "MISSED"


class Table(NamedTuple):
    """Works that were measured beside one another."""

    title: str
    rows: tuple[Row, ...]

    @property
    def held(self) -> bool:
        """Whether every limit holds."""
        return all(row.verdict == "held" for row in self.rows)


TABLES: list[Table] = []  # in the order in which they were printed


def measure(work: Callable[[], object]) -> Cost:
    """Measure one call, its child processes included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started, own = time.perf_counter(), time.process_time()
    work()
    wall, spent = time.perf_counter() - started, time.process_time() - own
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, spent + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def best(works: Mapping[str, Callable[[], object]], rounds: int = 7) -> dict[str, Cost]:
    """Measure several works in turns, so that a slow moment of the machine meets all of them; keep each one's fastest."""
    runs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            runs[name].append(measure(work))
    return {name: min(costs) for name, costs in runs.items()}


def command(*words: str | os.PathLike[str], cwd: Path, codes: Sequence[int] = (0,), **env: str) -> Callable[[], object]:
    """Return the running of a command, which has to end with one of the codes."""

    def run() -> None:
        done = subprocess.run(words, cwd=cwd, env={**os.environ, **env}, capture_output=True, check=False)
        if done.returncode not in codes:
            raise SystemExit(f"{words} ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")

    return run


def peak(*words: str, cwd: Path, **env: str) -> int:
    """Return the most memory that a command held at a time, bytes."""
    with subprocess.Popen(words, cwd=cwd, env={**os.environ, **env}, stdout=subprocess.DEVNULL) as child:
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
    return used.ru_maxrss * 1024


def table(
    title: str,
    costs: Mapping[str, Cost],
    limits: Mapping[str, Sequence[Limit]],
    disk: Mapping[str, Cost] | None = None,
) -> Table:
    """Print costs with their ratio to each limit; what they are on a disk is shown and never judged."""
    rows = []
    for name, cost in costs.items():
        on_disk = (disk or {}).get(name)
        judged: Sequence[Limit | None] = limits.get(name) or (None,)
        rows += [Row(name, cost, on_disk, limit, costs[limit.peer] if limit else None) for limit in judged]
    print(f"\n{title}")
    width = max(map(len, costs))
    for row in rows:
        verdict = (
            f"  {row.ratio:6.2f} x {row.limit.peer}, limit {row.limit.times:g}: {row.verdict}" if row.limit else ""
        )
        there = f"  {row.disk.wall * 1000:9.1f} ms on disk" if row.disk else ""
        print(
            f"  {row.work:<{width}}  {row.cost.wall * 1000:9.1f} ms wall  {row.cost.cpu * 1000:9.1f} ms cpu{there}{verdict}"
        )
    made = Table(title, tuple(rows))
    TABLES.append(made)
    return made


@contextmanager
def scratch(*, disk: bool = False) -> Iterator[Path]:
    """Give a folder in memory where there is one, since the disk says more about its neighbours than about us."""
    memory = Path("/dev/shm")  # noqa: S108 - the point is that it is memory; mkdtemp makes it private
    folder = Path(tempfile.mkdtemp(prefix="datakit-bench-", dir=memory if memory.is_dir() and not disk else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

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


def table(title: str, costs: Mapping[str, Cost], limits: Mapping[str, Limit]) -> bool:
    """Print costs with their ratio to the limit; say whether every limit holds."""
    print(f"\n{title}")
    held = True
    width = max(map(len, costs))
    for name, cost in costs.items():
        line = f"  {name:<{width}}  {cost.wall * 1000:9.1f} ms wall  {cost.cpu * 1000:9.1f} ms cpu"
        limit = limits.get(name)
        if limit is not None:
            ratio = cost.wall / costs[limit.peer].wall
            held &= ratio <= limit.times
            verdict = "held" if ratio <= limit.times else "MISSED"
            line += f"  {ratio:6.2f} x {limit.peer}, limit {limit.times:g}: {verdict}"
        print(line)
    return held


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder in memory where there is one, since the disk says more about its neighbours than about us."""
    memory = Path("/dev/shm")  # noqa: S108 - the point is that it is memory; mkdtemp makes it private
    folder = Path(tempfile.mkdtemp(prefix="datakit-bench-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""What it costs to load datakit and to ask it something small, beside bare Python."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.clock import best, command, scratch, table

IMPORT_LIMIT = 0.030  # seconds over bare Python


def main() -> int:
    """Measure and print; exit 1 where the limit of the import is missed."""
    here = Path(__file__).parents[1]
    env = {"PYTHONPATH": str(here)}
    with scratch() as folder:
        root = folder / "repo"
        command(sys.executable, "-m", "datakit", "init", "--no-hooks", str(root), cwd=folder, **env)()
        shutil.copy(here / "examples" / "penguins" / "penguins_raw.csv", root / "data" / "raw")
        command(sys.executable, "-m", "datakit", "add", "data/raw/penguins_raw.csv", "--no-input", cwd=root, **env)()
        works = {"python -c pass": command(sys.executable, "-c", "pass", cwd=root)}
        works["import datakit"] = command(sys.executable, "-c", "import datakit", cwd=root, **env)
        for verb in ("--help", "list", "show penguins_raw", "check", "status", "validate"):
            words = verb.split()
            works[f"datakit {verb}"] = command(sys.executable, "-m", "datakit", *words, cwd=root, codes=(0, 1), **env)
        costs = best(works)
    table("start-up", costs, {})
    over = costs["import datakit"].cpu - costs["python -c pass"].cpu
    print(f"  import datakit over bare Python: {over * 1000:.1f} ms, limit {IMPORT_LIMIT * 1000:.0f} ms")
    return int(over > IMPORT_LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m benchmarks`: every measurement, one after the other; exit 1 where a limit is missed."""

from __future__ import annotations

import sys

from benchmarks import data, hook, startup

if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    raise SystemExit(max(startup.main(), hook.main(), data.main()))

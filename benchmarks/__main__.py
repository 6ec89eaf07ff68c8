"""`python -m benchmarks`: every measurement, one after the other, and docs/benchmarks.md; exit 1 where a limit is missed."""

from __future__ import annotations

import sys

from benchmarks import clock, data, hook, page, s3, startup

if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    missed = max(startup.main(), hook.main(), data.main(), s3.main())
    page.write(clock.TABLES, data.MEMORY)
    raise SystemExit(missed)

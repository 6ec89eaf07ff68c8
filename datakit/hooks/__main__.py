"""`python -m datakit.hooks`: what the hooks that `datakit init` installs start."""

from __future__ import annotations

from datakit.hooks.main import main

if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m datakit`."""

from __future__ import annotations

from datakit.cli.app import main

if __name__ == "__main__":
    main()

"""`python -m datakit` and the script `datakit`."""

from __future__ import annotations

from typing import NoReturn

from datakit.searchpath import isolate


def main() -> NoReturn:
    """Run the command line; nothing is imported from the work tree."""
    isolate()
    import gc

    gc.set_threshold(100_000)  # records hold no cycles: walking them again and again takes a tenth of the time
    from datakit.cli.app import main as run

    run()


if __name__ == "__main__":
    main()

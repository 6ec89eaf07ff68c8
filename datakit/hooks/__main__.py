"""`python -m datakit.hooks`, what the hooks that `datakit init` installs start, and the script `datakit-hook`."""

from __future__ import annotations

from datakit.searchpath import isolate


def main() -> int:
    """Run one hook; nothing is imported from the work tree."""
    isolate()
    import gc

    gc.disable()  # a process that ends at once leaves no rubbish; looking for some takes a tenth of its time
    from datakit.hooks.main import main as run

    return run()


if __name__ == "__main__":
    raise SystemExit(main())

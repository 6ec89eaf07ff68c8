"""The doors that Git opens: judge what is about to be committed or pushed and stop what is wrong; say what came along."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from datakit.errors import DatakitError

COMMITS = ("pre-commit", "pre-merge-commit")
PUSH = "pre-push"
ARRIVALS = ("post-checkout", "post-merge")
DOORS = (*COMMITS, PUSH, *ARRIVALS)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one hook.

    Args:
        argv: The name of the hook and what Git gives it; what pre-commit adds to that of a commit is ignored.

    Returns:
        0 to let Git go on, 1 for findings that block, 3 where it could not be judged, 70 for a bug.
    """
    door, rest = _asked(sys.argv[1:] if argv is None else argv)
    try:
        return _open(door, _top(Path.cwd()), rest)
    except DatakitError as error:
        from datakit.report.failure import text

        sys.stderr.write(text(error))
        return error.exit_code
    except Exception:  # noqa: BLE001 - the last resort: what could not be judged is stopped, and told from a finding
        import traceback

        traceback.print_exc()
        sys.stderr.write("this is a bug in datakit; please report it with the lines above\n")
        return 70


def _asked(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the name of the hook and what Git gives it; what reads options takes longer to load than Git to answer."""
    if argv and argv[0] in DOORS and not any(word.startswith("-") for word in argv):
        return argv[0], argv[1:]
    import argparse

    parser = argparse.ArgumentParser(prog="datakit-hook", description="Judge what Git is about to commit or push.")
    parser.add_argument("door", choices=DOORS)
    given, rest = parser.parse_known_args(argv)
    return given.door, rest


def _open(door: str, root: Path, args: Sequence[str]) -> int:
    """Open one door."""
    if door in COMMITS:
        from datakit.hooks import committing

        return committing.run(door, root)
    if door == PUSH:
        from datakit.hooks import pushing

        return pushing.run(args[0] if args else "", root, pushing.lines(), os.environ)
    from datakit.hooks import arriving

    return arriving.run(door, root, _arrived(args, os.environ))


def _arrived(args: Sequence[str], environ: os._Environ[str]) -> Sequence[str]:
    """Return what Git gives after a checkout, or what pre-commit kept of it in the environment."""
    if args or "PRE_COMMIT_FROM_REF" not in environ:
        return args
    return (environ["PRE_COMMIT_FROM_REF"], environ["PRE_COMMIT_TO_REF"], environ.get("PRE_COMMIT_CHECKOUT_TYPE", "1"))


def _top(start: Path) -> Path:
    """Return the top of the work tree; Git starts its hooks there."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), start)

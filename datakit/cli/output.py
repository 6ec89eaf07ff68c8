"""Standard output and what the options have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO, TypeVar

import typer

from datakit.errors import EnvironmentProblem, IntegrityError, PartlyDone, UsageError
from datakit.records import Verified
from datakit.report.style import Style, fitting

Item = TypeVar("Item")


def say(text: str) -> None:
    """Write to standard output; what its encoding cannot show is escaped, and a reader that has gone misses nothing."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # The work is done and its exit code stands; Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def batch(work: Callable[[], tuple[Item, ...]], write: Callable[[tuple[Item, ...]], str]) -> tuple[Item, ...]:
    """Run a verb over several things and write what it did, also where some of it failed.

    Args:
        work: Runs the verb.
        write: Turns what was done into text.

    Raises:
        PartlyDone: As the verb raised it, once what was done is written.
    """
    try:
        done = work()
    except PartlyDone as error:
        if error.done:
            say(write(error.done))
        raise
    say(write(done))
    return done


def style(stream: TextIO | None = None) -> Style:
    """Choose colours for an output; standard output by default."""
    return fitting(terminal=(stream or sys.stdout).isatty(), environ=dict(os.environ))


def enter(folder: str) -> None:
    """Go to the folder of `-C`."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise EnvironmentProblem(f"cannot enter `{folder}`: {error.strerror}") from error


def version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        from datakit.version import VERSION

        say(f"datakit {VERSION}\n")
        raise typer.Exit


def verdict(found: Iterable[Verified]) -> int:
    """Return the exit code of a verification: bytes that differ weigh more than a receipt or split that lies.

    Args:
        found: What was compared.
    """
    codes = {
        fault.kind: 1 if fault.kind in {"receipt", "split"} else IntegrityError.exit_code
        for x in found
        for fault in x.faults
    }
    return max(codes.values(), default=0)


def pairs(given: Sequence[str] | None) -> dict[str, str]:
    """Read `FIELD=VALUE` options.

    >>> pairs(["license=CC0-1.0", "summary=a = b"])
    {'license': 'CC0-1.0', 'summary': 'a = b'}
    """
    found = {}
    for text in given or ():
        field, sign, value = text.partition("=")
        if not sign or not field.strip():
            raise UsageError(f"`--set {text}` is not FIELD=VALUE", hint="for instance `--set license=CC-BY-4.0`")
        found[field.strip()] = value.strip()
    return found

"""Faults at every step: run something in a forked child that dies, or is refused, at its k-th change of the disk.

A step is one call of a function of `os` that changes something, or an `open` of Python's for writing. The child is killed
before it, after it, or in the middle of a write; or the call fails with an error number. Random kills are too weak a test: they
miss windows of microseconds.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import stat
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

CHANGES = (
    "open", "write", "pwrite", "ftruncate", "fsync", "fchmod", "chmod", "rename", "replace", "unlink", "remove", "rmdir",
    "mkdir", "link", "symlink",
)  # fmt: skip
KILLED = 137
FAILED = 99
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
TAKING = frozenset({"unlink", "remove", "rmdir"})  # steps that tidy up: what they are kept from taking is left
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Fault(NamedTuple):
    """What happens and when."""

    step: int  # counted from 1
    kind: str | int  # before, half, after: killed there; a number: the call fails with this errno


class Outcome(NamedTuple):
    """How the child ended."""

    code: int  # 0 finished, KILLED, FAILED with an exception
    text: str  # the steps that it made; the exception


def run(work: Callable[[], object], fault: Fault | None = None) -> Outcome:
    """Run something in a child, with a fault or without one.

    Args:
        work: What is run.
        fault: What goes wrong; nothing where it is not given.

    Returns:
        How the child ended.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other tests started threads, which the child does not use
        child = os.fork()
    if child == 0:
        _child(work, fault, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        text = pipe.read().decode()
    return Outcome(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text)


def kills(work: Callable[[], object]) -> Iterator[Fault]:
    """List every way to kill something; it is run once to count its steps.

    Args:
        work: What is run; a fresh one is killed each time.
    """
    for step, name in enumerate(steps(work), start=1):
        for kind in ("before", "half", "after") if name == "write" else ("before", "after"):
            yield Fault(step, kind)


def states(made: list[str]) -> Iterator[Fault]:
    """List the states that a kill can leave: before each step, halfway through a write, at the end.

    What an `fsync` is preceded by is what it is followed by, for a kill is no loss of power.

    Args:
        made: The steps of an uninterrupted run.
    """
    for step, name in enumerate(made, start=1):
        if name != "fsync":
            yield Fault(step, "before")
        if name == "write":
            yield Fault(step, "half")
    yield Fault(len(made), "after")


def refusals(made: list[str], *, each: bool = True) -> Iterator[Fault]:
    """List the errors that a system can answer at each step.

    Args:
        made: The steps of an uninterrupted run.
        each: Every error at every step; else one at each step, in turn.
    """
    for step in range(1, len(made) + 1):
        for code in ERRORS if each else (ERRORS[step % len(ERRORS)],):
            yield Fault(step, code)


def steps(work: Callable[[], object]) -> list[str]:
    """List the steps of something by running it.

    Args:
        work: What is run.
    """
    done = run(work)
    assert done.code == 0, done.text
    return done.text.split()


def unprivileged(work: Callable[[], object]) -> Outcome:
    """Run something in a child as nobody, to whom permissions apply.

    Args:
        work: What is run.
    """

    def dropped() -> None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        work()

    return run(dropped)


def _child(work: Callable[[], object], fault: Fault | None, writing: int) -> None:
    """Do the work and say how it went; never returns."""
    strike, write, end = _Strike(fault), os.write, os._exit
    code = 0
    try:
        strike.install()
        work()
        text = " ".join(strike.made)
    except BaseException as error:  # noqa: BLE001 - the parent judges what went wrong
        code, text = FAILED, f"{type(error).__name__}: {error}\n"
        if not hasattr(error, "message"):
            text += traceback.format_exc()
    write(writing, text.encode())
    sys.stdout.flush()
    end(code)


def _is_file(fd: int) -> bool:
    """Say whether what is written to changes the disk; a pipe to Git does not."""
    return stat.S_ISREG(os.fstat(fd).st_mode)


class _Strike:
    """Counts the steps and strikes at one of them."""

    def __init__(self, fault: Fault | None) -> None:
        self.made: list[str] = []
        self._fault = fault or Fault(0, "before")
        self._write = os.write

    def install(self) -> None:
        """Put a counter around every function that changes something."""
        for name in CHANGES:
            setattr(os, name, self._around(name, getattr(os, name)))
        builtins.open = io.open = self._around_files(open)  # type: ignore[assignment]  # in a child that ends soon

    def _around_files(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap Python's `open`, which does not go through that of `os`."""
        counted = self._around("file", real)

        def opening(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            changes = not isinstance(file, int) and set(mode) & set("wax+")
            return (counted if changes else real)(file, mode, *args, **kwargs)

        return opening

    def _around(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap one function."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            reads = name == "open" and (not args[1] & _WRITING or args[0] == os.devnull)
            if reads or (name == "write" and not _is_file(args[0])):
                return real(*args, **kwargs)
            self.made.append(name)
            if len(self.made) != self._fault.step:
                return real(*args, **kwargs)
            if isinstance(self._fault.kind, int):
                raise OSError(self._fault.kind, os.strerror(self._fault.kind))
            if self._fault.kind == "half" and name == "write":
                self._write(args[0], bytes(args[1])[: len(args[1]) // 2])
            elif self._fault.kind == "after":
                with suppress(OSError):
                    real(*args, **kwargs)
            return os._exit(KILLED)

        return counted

"""Errors that people can act on: one class per recovery, each with the exit code that scripts can rely on.

    DatakitError
    ├── UsageError          2  the command was asked for something that makes no sense
    │   └── NotFound        2  a name that does not exist; the nearest ones are offered
    ├── InvalidRecord       1  a file that datakit reads is broken, hostile or was edited by hand
    ├── InvalidData         1  the data cannot be read as what it claims to be
    ├── EnvironmentProblem  3  something outside datakit is missing or in the way
    │   └── NotAProject     3  there is no datakit project here
    ├── IntegrityError      4  bytes differ from their hash
    ├── LockTimeout         5  another process holds the repository
    └── PartlyDone          -  of several things some failed; the worst of their codes

A message says what, which, expected and found; the hint is the command that mends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = [
    "DatakitError",
    "EnvironmentProblem",
    "IntegrityError",
    "InvalidData",
    "InvalidRecord",
    "LockTimeout",
    "NotAProject",
    "NotFound",
    "PartlyDone",
    "UsageError",
]


OFFERED = 16  # names; more would be no help


class DatakitError(Exception):
    """Something that datakit cannot do, and what can be done about it.

    Args:
        message: One sentence without a full stop: what, which, expected, found.
        hint: The command or the edit that mends it.
        details: What the message sums up, one line each.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str | None = None, details: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = tuple(details)


class UsageError(DatakitError):
    """The command or call makes no sense as it was given."""

    exit_code = 2


class NotFound(UsageError):
    """Something was named that does not exist.

    Args:
        kind: What was looked for, in one word: `dataset`, `version`, `rule`.
        name: The name that was given.
        known: The names that exist; the nearest are offered, or all of them where they are few.
        hint: Overrides the offer.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str | None = None) -> None:
        import difflib

        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        if hint is None and near:
            hint = "did you mean " + " or ".join(f"`{n}`" for n in near) + "?"
        elif hint is None and 0 < len(names) <= OFFERED:
            hint = "those that exist: " + ", ".join(f"`{n}`" for n in names)
        super().__init__(f"there is no {kind} `{name}`", hint=hint)
        self.kind, self.name, self.known = kind, name, names


class InvalidRecord(DatakitError):
    """A file that datakit reads is not what its format demands.

    Args:
        path: The file, relative to the repository, POSIX separators.
        problem: What is wrong, with expected and found.
        line: The line, counted from 1, where it is known.
        hint: The command or the edit that mends it.
        details: Every problem, one line each, where there are several.
    """

    exit_code = 1

    def __init__(
        self,
        path: str,
        problem: str,
        *,
        line: int | None = None,
        hint: str | None = None,
        details: Iterable[str] = (),
    ) -> None:
        where = path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {problem}", hint=hint, details=details)
        self.path, self.problem, self.line = path, problem, line


class InvalidData(DatakitError):
    """The data cannot be read as what it claims to be."""

    exit_code = 1


class EnvironmentProblem(DatakitError):
    """Something outside datakit is missing, unreachable or in the way."""


class NotAProject(EnvironmentProblem):
    """There is no datakit project here."""


class IntegrityError(DatakitError):
    """Bytes differ from the hash that names them."""

    exit_code = 4


class LockTimeout(DatakitError):
    """Another process holds the repository."""

    exit_code = 5


class PartlyDone(DatakitError):
    """Of several things that were asked for at once, some failed; the others were done.

    Args:
        errors: What went wrong, in the order in which it was asked for.
        done: What was done, in the same order: the verb's records.
    """

    def __init__(self, errors: Iterable[DatakitError], done: Iterable[Any]) -> None:
        self.errors, self.done = tuple(errors), tuple(done)
        self.exit_code = max(error.exit_code for error in self.errors)
        total = len(self.errors) + len(self.done)
        super().__init__(
            f"{len(self.errors)} of {total} failed, the others are done", details=[e.message for e in self.errors]
        )

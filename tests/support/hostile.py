"""Hostile repositories: what each would run, proof that it would, and every reading command run over it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from tests.support import reader
from tests.support.repo import Repo, Result

READING = (
    ("status",), ("list",), ("list", "--at", "HEAD", "--json"), ("show", "birds"), ("show", "birds@v1.0.0"),
    ("log", "birds"), ("check",), ("check", "--staged"), ("check", "--at", "HEAD", "--format", "github"),
    ("explain", "DK101"), ("verify",), ("verify", "birds@v1.0.0"), ("load", "birds"), ("path", "photos"),
    ("pull", "--offline"), ("release", "birds", "--dry-run"),
)  # fmt: skip
WRITING = (("validate",), ("add", "birds", "-m", "more were caught", "--no-input"))
PROPER = frozenset({0, 1, 2, 3, 4})  # exit codes that are no bug, no lost lock and no interrupt


class Attack(NamedTuple):
    """One way to have something run."""

    name: str
    prepare: Callable[[Victim], None]
    careless: Callable[[Victim], object] | None = None  # what runs it, so that the test can fail
    adding: bool = True  # `datakit add` must not run it either; not so where the user's own Git has to


class Victim(Repo):
    """A repository that somebody prepared.

    Args:
        path: Its top.
        canary: The file that must not come into being.
    """

    def __init__(self, path: Path, canary: Path) -> None:
        super().__init__(path)
        self.canary = canary
        self.folder = "."  # where the commands are started

    def script(self, name: str = "evil.sh") -> str:
        """Write a script that leaves the canary, outside of Git's sight, and return its path."""
        place = self.path / ".git" / name
        place.write_text(f"#!/bin/sh\n: > '{self.canary}'\nexit 1\n")
        place.chmod(0o755)
        return str(place)

    def config(self, text: str, file: str = ".git/config") -> None:
        """Append to a file of Git's configuration, not through Git."""
        with (self.path / file).open("a") as stream:
            stream.write(f"\n{text}\n")

    def careless(self, *command: str, **env: str) -> Result:
        """Do what a careless reader does."""
        return self.run(*command, env=env)


class Reader:
    """The process that reads; see `tests.support.reader`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate()

    def run(self, folder: Path, commands: Sequence[Sequence[str]]) -> list[Result]:
        """Run commands in a folder; a command that kills or hangs the process fails the test."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", reader.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        request = {"folder": str(folder), "environ": dict(os.environ), "commands": [list(each) for each in commands]}
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"the reader ended with {process.wait()}"
        return [Result(*each) for each in json.loads(answer)]


def read(reader: Reader, victim: Victim, commands: Sequence[Sequence[str]] = READING) -> dict[str, Result]:
    """Run commands and the hook; hold that each ends properly and that nothing but private state is written.

    Args:
        reader: The process.
        victim: The repository.
        commands: The commands; all that read by default.
    """
    before = seen(victim)
    found = reader.run(victim.path / victim.folder, commands)
    answers = {" ".join(command): result for command, result in zip(commands, found, strict=True)}
    answers["hook"] = victim.run(sys.executable, "-P", "-m", "datakit.hooks", "pre-commit")
    proper(answers)
    after = seen(victim)
    assert {path for path in {*before, *after} if before.get(path, "") != after.get(path, "")} == set()
    return answers


def add(reader: Reader, victim: Victim, commands: Sequence[Sequence[str]] = WRITING) -> dict[str, Result]:
    """Run the commands that read data and write records; they may change the repository, and nothing outside."""
    before = outside(victim)
    found = reader.run(victim.path / victim.folder, commands)
    answers = {" ".join(command): result for command, result in zip(commands, found, strict=True)}
    proper(answers)
    after = outside(victim)
    assert {path for path in {*before, *after} if before.get(path, "") != after.get(path, "")} == set()
    return answers


def proper(answers: dict[str, Result]) -> None:
    """Hold that no command ended in a bug, and that none wrote what a terminal would obey."""
    for command, result in answers.items():
        assert result.code in PROPER, (command, result)
        assert "Traceback" not in result.err, (command, result)
        assert not (set("\x1b\x07\x9b\u202e\u2066") & set(result.out + result.err)), (command, result)


def seen(victim: Victim) -> dict[str, object]:
    """Return all that a reading command may not change: everything but datakit's and DVC's private state."""
    private = (".datakit/", ".dvc/cache/", ".dvc/tmp/")
    inner = {path: item for path, item in victim.snapshot().items() if not path.startswith(private)}
    index = victim.path / ".git/index"
    return {**outside(victim), **inner, "index": index.read_bytes() if index.exists() else None}


def outside(victim: Victim) -> dict[str, object]:
    """Return everything beside the repository and in the user's home."""
    found: dict[str, object] = {}
    for top in (victim.path.parent, Path(os.environ["HOME"])):
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if Path(folder, name) != victim.path]
            found |= {str(Path(folder, name)): Path(folder, name).read_bytes() for name in names}
            found |= {str(Path(folder, name)): None for name in folders}
    return found

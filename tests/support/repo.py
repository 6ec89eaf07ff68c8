"""A real Git and DVC repository in a temporary folder."""

from __future__ import annotations

import io
import logging
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple


class Result(NamedTuple):
    """What a command that was allowed to fail left behind."""

    code: int
    out: str  # standard output
    err: str  # standard error


class Repo:
    """One repository and what a user does in it.

    Args:
        path: Its top; made where it is missing. Nothing is initialised: call `git("init")` or copy a prepared one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def git(self, *args: str, env: Mapping[str, str] | None = None) -> str:
        """Run Git, which has to succeed, and return its output without the last newline."""
        done = self.try_git(*args, env=env)
        assert done.code == 0, f"git {' '.join(args)} -> {done.code}\n{done.out}{done.err}"
        return done.out.rstrip("\n")

    def try_git(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        """Run Git and return what came of it."""
        return self.run("git", *args, env=env)

    def run(self, *command: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Result:
        """Run any command at the top of the repository."""
        done = subprocess.run(
            command,
            cwd=self.path,
            env={**os.environ, **(env or {})},
            input=stdin.encode(),
            capture_output=True,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def dvc(self, *args: str) -> str:
        """Run a DVC command, which has to succeed, and return what it printed."""
        done = self.try_dvc(*args)
        assert done.code == 0, f"dvc {' '.join(args)} -> {done.code}\n{done.out}{done.err}"
        return done.out

    def try_dvc(self, *args: str) -> Result:
        """Run DVC inside this process: 20 ms for a status that costs a second in a process of its own."""
        from dvc.cli import main

        out, err = io.StringIO(), io.StringIO()
        before = Path.cwd()
        os.chdir(self.path)
        try:
            with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings(), _logged(err):
                warnings.simplefilter("ignore")
                code = main(list(args))
        finally:
            os.chdir(before)
        return Result(code, out.getvalue(), err.getvalue())

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, making their folders; text is written as UTF-8 with its line ends as they are."""
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.path / name).read_bytes().decode()

    def commit(self, message: str = "change", *paths: str) -> str:
        """Stage everything, or the given paths, commit past the hooks and return the commit's id."""
        self.git("add", "--all", *paths)
        self.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def status(self) -> list[str]:
        """Return `git status --porcelain`, one line a path."""
        return self.git("status", "--porcelain", "--untracked-files=all").splitlines()

    def snapshot(self) -> dict[str, tuple[int, bytes | str]]:
        """Return the time and content of every file, Git's own objects and index left out."""
        found: dict[str, tuple[int, bytes | str]] = {}
        for folder, _, names in os.walk(self.path):
            for name in names:
                full = Path(folder, name)
                relative = full.relative_to(self.path).as_posix()
                if relative.startswith((".git/objects/", ".dvc/tmp/")) or relative == ".git/index":
                    continue
                content = os.readlink(full) if full.is_symlink() else full.read_bytes()
                found[relative] = (full.lstat().st_mtime_ns, content)
        return found


def copied(template: Path, path: Path) -> Repo:
    """Copy a prepared repository, which costs a fiftieth of making one."""
    shutil.copytree(template, path, symlinks=True)
    return Repo(path)


@contextmanager
def _logged(stream: io.StringIO) -> Iterator[None]:
    """Send what DVC logs to a buffer too; its own handlers keep the streams of the moment they were made."""
    logger = logging.getLogger("dvc")
    handler = logging.StreamHandler(stream)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(next((each.formatter for each in logger.handlers), None))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)

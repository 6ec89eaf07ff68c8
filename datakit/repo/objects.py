"""Contents and sizes of Git's objects, asked of running `cat-file` processes rather than of one process for each."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Self, cast

from datakit.errors import EnvironmentProblem
from datakit.repo.git import Git

STAGED, BASE, OURS, THEIRS = range(4)  # stages of Git's index; the last three are those of a merge

_PIPE = 60_000  # bytes of questions that a pipe takes at once, 64 KiB
_BUFFER = 65_536  # bytes; as much as a pipe holds is taken at once
_FEW = 12  # announced objects; so few are asked one by one, and no process is started for them
_AHEAD = ["--batch", "--buffer"]  # answers come in blocks, and the process ends after them


class Objects:
    """Objects by id, `:0:PATH` or `COMMIT:PATH`, through running Gits: one gives contents, one only sizes.

    A context manager. What was announced is asked all at once, when the first of it is read, and is answered while the
    work goes on; everything else is asked one at a time. Git dies at the first object that a partial clone lacks: the
    rest of the announced ones is then asked one at a time, too, so that an error names the right one.
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._announced: dict[str, None] = {}  # not asked yet
        self._asked: set[str] = set()  # and not answered yet
        self._order: list[str] = []  # the last one is answered next
        self._answers: subprocess.Popen[bytes] | None = None
        self._known: dict[str, bytes | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes; the next question starts another."""
        for mode in list(self._running):
            _end(self._running.pop(mode))
        self._stop()

    def expect(self, names: Iterable[str]) -> None:
        """Announce contents that will be read, best in the order in which they will be."""
        self._announced |= dict.fromkeys(
            name for name in names if name not in self._known and name not in self._asked and not _is_unaskable(name)
        )

    def staged(self, path: str, stage: int = STAGED) -> bytes | None:
        """Return what Git's index has of a file at one stage; None where it has nothing there.

        Args:
            path: The file, relative to the repository.
            stage: `STAGED`, or in a merge `BASE`, `OURS` or `THEIRS`.

        Raises:
            EnvironmentProblem: The object is known but is not in this clone.
        """
        return self.read(f":{stage}:{path}")

    def read(self, name: str, called: str = "") -> bytes | None:
        """Return a file's content; None where there is no such path, or no file there.

        Args:
            name: `:0:PATH`, `COMMIT:PATH` or an object id.
            called: What an error calls it; `name` by default.

        Raises:
            EnvironmentProblem: The object is known but is not in this clone.
        """
        if name in self._announced:
            self._ask_all()
        if name in self._asked:
            self._receive(name)
        if name in self._known:
            return self._known[name]
        if _is_unaskable(name):
            return self._alone(name)
        process = self._ask("--batch", name)
        try:
            return _content(process, name)
        except _Ended:
            _end(self._running.pop("--batch"))
            raise absent(called or name) from None
        except EnvironmentProblem:
            _end(self._running.pop("--batch"))
            raise

    def size(self, name: str, called: str = "") -> int | None:
        """Return a file's size, bytes; None where there is no such path, or no file there.

        Args:
            name: As for `read`.
            called: As for `read`.

        Raises:
            EnvironmentProblem: As for `read`.
        """
        if name in self._announced or name in self._asked or name in self._known:
            content = self.read(name, called)
            return None if content is None else len(content)
        if _is_unaskable(name):
            content = self._alone(name)
            return None if content is None else len(content)
        process = self._ask("--batch-check", name)
        try:
            return _answer(process)[0]
        except _Ended:
            _end(self._running.pop("--batch-check"))
            raise absent(called or name) from None

    def _alone(self, name: str) -> bytes | None:
        """Ask for an object whose name a line cannot hold: `cat-file --batch` drops a carriage return at the end."""
        if "\0" in name:
            return None
        done = self._git.try_run("cat-file", "blob", name)
        if done.returncode == 0:
            return done.stdout
        # Git has no exit code for "known but not here"; that it knows the name and that it is no folder tells it.
        known = self._git.try_run("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        if known.returncode == 0 and self._git.try_run("cat-file", "-e", known.stdout.decode().strip()).returncode:
            raise absent(name)
        return None

    def _ask(self, mode: str, name: str) -> subprocess.Popen[bytes]:
        """Ask one process, started when it is first asked."""
        if mode not in self._running:
            self._running[mode] = self._start(mode)
        _say(self._running[mode], os.fsencode(name) + b"\n")
        return self._running[mode]

    def _start(self, *flags: str) -> subprocess.Popen[bytes]:
        """Start a process."""
        return subprocess.Popen(
            self._git.command("cat-file", *flags),
            cwd=self._git.root,
            env=self._git.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=_BUFFER,
        )

    def _ask_all(self) -> None:
        """Ask for everything that was announced."""
        if self._asked:
            self._receive(self._order[0])
        wanted, self._announced = self._announced, {}
        if len(wanted) <= _FEW:
            for name in wanted:
                with contextlib.suppress(EnvironmentProblem):  # told when it is read, if it ever is
                    self._known[name] = self.read(name)
            return
        self._stop()
        self._answers, self._asked, self._order = self._start(*_AHEAD), set(wanted), list(reversed(wanted))
        questions = b"".join(os.fsencode(name) + b"\n" for name in wanted)
        if len(questions) <= _PIPE:
            _feed(self._answers, questions)
            return
        import threading

        # Git does not read on while nobody takes its answers.
        threading.Thread(target=_feed, args=(self._answers, questions), daemon=True).start()

    def _receive(self, name: str) -> None:
        """Take answers up to that of one object; where the process dies the rest counts as not asked."""
        try:
            while name in self._asked and self._answers is not None:
                first = self._order[-1]
                self._known[first] = _content(self._answers, first)
                self._asked.remove(self._order.pop())
        except EnvironmentProblem:
            self._stop()

    def _stop(self) -> None:
        """End the process that answers what was announced."""
        if self._answers is not None:
            _end(self._answers)
        self._answers, self._asked, self._order = None, set(), []


class _Ended(EnvironmentProblem):
    """A process said nothing more."""


def absent(name: str) -> EnvironmentProblem:
    """Make the error of an object that a partial clone does not have.

    Args:
        name: The object, as it was asked for.
    """
    return EnvironmentProblem(
        f"`{name}` is not in this clone: Git knows it but does not have its content",
        hint="fetch it with `git fetch --refetch`, or widen the clone with `git sparse-checkout add catalog`",
    )


def _is_unaskable(name: str) -> bool:
    """Say whether a line cannot hold a name."""
    return "\n" in name or "\r" in name or "\0" in name


def _feed(process: subprocess.Popen[bytes], questions: bytes) -> None:
    """Ask everything, and say that this was all."""
    _say(process, questions)
    with contextlib.suppress(OSError, ValueError):  # it died, or is not needed any more
        cast("IO[bytes]", process.stdin).close()


def _say(process: subprocess.Popen[bytes], question: bytes) -> None:
    """Write to a process."""
    pipe = cast("IO[bytes]", process.stdin)  # a pipe, as it was started
    with contextlib.suppress(OSError, ValueError):  # a process that died says so when it is listened to
        pipe.write(question)
        pipe.flush()


def _answer(process: subprocess.Popen[bytes]) -> tuple[int | None, int]:
    """Hear what a process says of an object: its size, None where it is no file; and how many bytes follow."""
    head = cast("IO[bytes]", process.stdout).readline()
    if not head:
        raise _Ended("`git cat-file` ended")
    if head.endswith((b" missing\n", b" ambiguous\n")):
        return None, 0
    _, kind, size = head.rsplit(b" ", 2)
    return (int(size) if kind == b"blob" else None), int(size) + 1


def _content(process: subprocess.Popen[bytes], name: str) -> bytes | None:
    """Read an answer and the content that follows it."""
    size, follows = _answer(process)
    content = cast("IO[bytes]", process.stdout).read(follows) if follows else b""
    if len(content) != follows:
        raise EnvironmentProblem(f"`git cat-file` ended in the middle of `{name}`", hint="git fsck")
    return None if size is None else content[:-1]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it still has to say: it stops listening when nobody listens to it."""
    for pipe in (process.stdout, process.stdin):
        if pipe is not None:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
    process.wait()

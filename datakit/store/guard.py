"""The repository's lock: DVC's own, `.dvc/tmp/lock`, so that datakit and DVC keep out of each other's way.

DVC locks with zc.lockfile: an exclusive `flock` and, once it is held, the holder's process id in the file. This takes the
same lock the same way. A file-locking library would not do: one that truncates the file or that falls back to another
kind of lock no longer excludes DVC. The kernel releases the lock when its holder dies. DVC gives it up while
`dvc repro` runs a command, so datakit works there; `rwlock`, which that command's stage holds, is not looked at.
A repository that DVC is told to lock by hard links is refused, since neither of the two would keep the other out.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datakit.errors import EnvironmentProblem, LockTimeout
from datakit.formats.listing import shown
from datakit.store import dvc_config, files

POLL = 0.05  # seconds between two attempts
_HELD_BY_OTHERS = frozenset({errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK})


class _Hold:
    """What this process knows of one lock file."""

    def __init__(self) -> None:
        self.threads = threading.RLock()  # one thread at a time, and that one again
        self.depth = 0
        self.fd = -1


_holds: dict[str, _Hold] = {}
os.register_at_fork(after_in_child=_holds.clear)  # the lock stays with the parent


@contextmanager
def lock(dvc_dir: Path, wait: float = 60.0) -> Iterator[None]:
    """Hold the repository's lock for a block; a thread that holds it may take it again.

    Args:
        dvc_dir: The repository's `.dvc`.
        wait: Seconds to wait for another holder; 0 does not wait.

    Raises:
        LockTimeout: Somebody else still holds it; the message says who, where that is known.
        EnvironmentProblem: The file cannot be locked, or DVC locks in another way.
        InvalidRecord: DVC's configuration cannot be read.
    """
    deadline = time.monotonic() + wait
    path = dvc_dir / "tmp" / "lock"
    hold = _holds.setdefault(os.path.realpath(path), _Hold())
    if not hold.threads.acquire(timeout=max(wait, 0)):
        raise LockTimeout(f"`{_name(path)}` is held by another thread of this process", hint="run the command again")
    try:
        if hold.depth == 0:
            hold.fd = _acquire(path, deadline, wait)
        hold.depth += 1
        try:
            yield
        finally:
            hold.depth -= 1
            if hold.depth == 0:
                _release(hold.fd)
    finally:
        hold.threads.release()


def holder(dvc_dir: Path) -> str | None:
    """Say who holds the repository's lock, for a look without a change; None where nobody does.

    Args:
        dvc_dir: The repository's `.dvc`.

    Raises:
        EnvironmentProblem: The file cannot be read.
    """
    path = dvc_dir / "tmp" / "lock"
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise files.problem(error, "look at", path) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)  # for an instant, and given back by the closing
    except OSError as error:
        return _holder(path) if error.errno in _HELD_BY_OTHERS else None
    finally:
        os.close(fd)
    return None


def _acquire(path: Path, deadline: float, wait: float) -> int:
    """Try to lock until it works or the time is up."""
    root = path.parent.parent.parent
    files.inside(root, path)
    if dvc_config.read(root).hardlink_lock:
        raise EnvironmentProblem(
            "DVC locks this repository by hard links (`core.hardlink_lock`), so it and datakit would not keep each other out",
            hint="dvc config --local core.hardlink_lock false",
        )
    while (fd := _attempt(path)) is None:
        if time.monotonic() >= deadline:
            raise _timeout(path, wait)
        time.sleep(POLL)
    return fd


def _attempt(path: Path) -> int | None:
    """Lock the file and write our process id into it, as DVC does; `None` where somebody else holds it."""
    fd = _open(path)
    try:
        ours = _flock(fd, path) and _is_named(fd, path)
        if ours:
            with suppress(OSError):  # a full disk: the process id only serves a message
                os.ftruncate(fd, 0)
                os.pwrite(fd, f" {os.getpid()}\n".encode(), 0)
            return fd
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None


def _open(path: Path) -> int:
    """Open the lock file, made if need be; never through a link."""
    try:
        path.parent.mkdir(exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as error:
        raise files.problem(error, "lock", path) from error


def _flock(fd: int, path: Path) -> bool:
    """Try to lock; tell whether it is ours."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD_BY_OTHERS:
            return False
        raise EnvironmentProblem(
            f"cannot lock `{_name(path)}`: the file system knows no locks ({error.strerror})",
            hint="put the repository on a file system that supports flock",
        ) from error
    return True


def _is_named(fd: int, path: Path) -> bool:
    """Tell whether what we locked is still what others would lock; somebody may have removed the file."""
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False


def _release(fd: int) -> None:
    """Give the lock up; the process id stays in the file, as with DVC."""
    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_UN)
    os.close(fd)


def _timeout(path: Path, wait: float) -> LockTimeout:
    """Say that waiting was in vain."""
    return LockTimeout(
        f"waited {wait:g} s for `{_name(path)}`, which {_holder(path)} holds",
        hint="wait until it is done, then run the command again",
    )


def _holder(path: Path) -> str:
    """Say who holds the lock, as far as the file and the kernel tell."""
    text = files.read(path)[:32].strip()
    if not text.isdigit():
        return "another process"
    found = f"process {int(text)}"
    with suppress(OSError, UnicodeDecodeError):  # only Linux tells, and only while it runs
        found += f" (`{shown(Path(f'/proc/{int(text)}/comm').read_text(encoding='utf-8').strip())}`)"
    return found


def _name(path: Path) -> str:
    """Show a path in a message."""
    return shown(os.fspath(path))

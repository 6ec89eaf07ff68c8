"""How far a verification came that was interrupted: what it had hashed is not hashed again when it is taken up.

One line for each object that was right: where, its name, what told that it was not touched since, md5 and sha256. The file lasts
as long as the verification: its end removes it, and a day after it was begun what it says counts no more, since a disk can change bytes
without touching a file. A torn line, or one of another form, is no line.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datakit.errors import EnvironmentProblem
from datakit.store import disk, files
from datakit.store.hashing import Digest

FILE = "verified"  # in the private folder
_DAY = 24 * 60 * 60  # seconds
_SINCE = "since "  # on the first line: when it was begun, seconds of the clock
_LINE = re.compile(r"(\S+) ([0-9a-f]{32}(?:\.dir)?) ([0-9a-f]{32}) (\d+) ([0-9a-f]{32}) ([0-9a-f]{64}|-)")
_LINES, _BYTES = (
    256,
    64 * 1024 * 1024,
)  # that are lost at most: lines not yet written, and the bytes that they stand for


class Ledger:
    """What was hashed; see `opened`.

    Args:
        fd: The open file that new lines go to; None keeps none.
        known: What former lines say.
    """

    def __init__(self, fd: int | None = None, known: dict[tuple[str, str], tuple[str, Digest]] | None = None) -> None:
        self._fd = fd
        self._known = known or {}
        self._lines: list[str] = []
        self._bytes = 0

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._fd is not None

    def recall(self, place: str, name: str, mark: str) -> Digest | None:
        """Return what an object hashed to, where nothing touched it since.

        Args:
            place: Where it lies.
            name: The object.
            mark: What changes when it does; 32 hexadecimal digits, or empty where nothing does.
        """
        seen, found = self._known.get((place, name), ("", None))
        return found if mark and seen == mark else None

    def note(self, place: str, name: str, mark: str, found: Digest) -> None:
        """Keep what an object hashed to.

        Args:
            place: Where it lies.
            name: The object.
            mark: What changed when it did.
            found: What it is; without a sha256 where only the md5 was computed.
        """
        if self._fd is None or not mark:
            return
        self._lines.append(f"{place} {name} {mark} {found.size} {found.md5} {found.sha256 or '-'}\n")
        self._bytes += found.size
        if len(self._lines) >= _LINES or self._bytes >= _BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was not written yet; a disk that is full costs time only."""
        if self._fd is not None and self._lines:
            with suppress(OSError):
                disk.write_all(self._fd, "".join(self._lines).encode())
        self._lines.clear()
        self._bytes = 0


@contextmanager
def opened(state: Path) -> Iterator[Ledger]:
    """Go on with a verification that was interrupted, or begin one; a private folder that is closed keeps nothing.

    Args:
        state: The private folder.

    Yields:
        What was hashed. The end of the block forgets it, unless the block fails.
    """
    path, fd = state / FILE, None
    known: dict[tuple[str, str], tuple[str, Digest]] = {}
    with suppress(OSError, EnvironmentProblem):
        files.private_folder(state)
        known = _known(path)
        fresh = 0 if known else os.O_TRUNC
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | fresh, 0o666)
        # What a kill tore stays a line of its own.
        disk.write_all(fd, b"\n" if known else f"{_SINCE}{int(time.time())}\n".encode())
    if fd is None:
        yield Ledger()
        return
    ledger = Ledger(fd, known)
    try:
        yield ledger
        with suppress(OSError):  # another one has ended
            os.unlink(path)
    finally:
        ledger.flush()
        os.close(fd)


def _known(path: Path) -> dict[tuple[str, str], tuple[str, Digest]]:
    """Read what is there; nothing where there is none, or where it is old."""
    try:
        since, *lines = files.read(path).decode("ascii", "replace").splitlines() or [""]
        if not 0 <= time.time() - int(since.removeprefix(_SINCE)) < _DAY:
            return {}
    except (ValueError, EnvironmentProblem):
        return {}
    found = {}
    for line in lines:
        if match := _LINE.fullmatch(line):
            place, name, mark, size, md5, sha256 = match.groups()
            found[place, name] = (mark, Digest(md5, sha256.strip("-"), int(size)))
    return found

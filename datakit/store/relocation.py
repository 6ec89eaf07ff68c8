"""Files and folders of people that get another place together with the records that name them.

Nothing is copied and no name is replaced: a file gets its new name before it loses the old one, a folder is renamed.
`STATE/moves.json` says what moves, and which record decides: once that record has its new content (see `journal`) the
move is finished by whoever comes next; until then it is taken back.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats.listing import shown
from datakit.store import disk, files, journal

FILE_NAME = "moves.json"
_FORMAT = 1
_PRIVATE = frozenset({".git", ".dvc", ".datakit"})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


class Move(NamedTuple):
    """One file or folder; paths relative to the root, POSIX separators."""

    source: str
    target: str


@contextmanager
def moved(state_dir: Path, root: Path, moves: Sequence[Move], decider: str, content: bytes) -> Iterator[None]:
    """Move files and folders for a block that writes the records; all is taken back if the block fails.

    The caller holds the repository's lock and has called `recover` before.

    Args:
        state_dir: datakit's private folder in the repository.
        root: The repository, absolute.
        moves: What moves, in this order; no target exists.
        decider: The record that decides, relative to the root.
        content: What the block gives that record.

    Raises:
        EnvironmentProblem: The system refuses, or a target is there.
    """
    for move in moves:
        files.inside(root, root / move.source)
        files.inside(root, root / move.target)
        _refuse_existing(root / move.target)
    files.private_folder(state_dir)
    intent = {"moves": _FORMAT, "paths": moves, "decider": decider, "sha256": hashlib.sha256(content).hexdigest()}
    files.write_atomic(state_dir / FILE_NAME, json.dumps(intent, indent=1).encode())
    try:
        for move in moves:
            _shift(root, move)
        yield
    finally:
        journal.recover(state_dir, root)
        recover(state_dir, root)


def recover(state_dir: Path, root: Path) -> None:
    """Finish or take back what a killed command was moving; journals are recovered first, the caller holds the lock.

    Args:
        state_dir: datakit's private folder in the repository.
        root: The repository, absolute.

    Raises:
        InvalidRecord: The file is not one that datakit wrote, or it names a place outside the root.
        EnvironmentProblem: The system refuses, or a folder on the way is a link.
    """
    if not pending(state_dir):
        return
    moves, decider, digest = _read(state_dir / FILE_NAME)
    for path in (decider, *(end for move in moves for end in move)):
        files.inside(root, root / path)
    decided = _digest(root / decider) == digest
    for move in moves if decided else [Move(move.target, move.source) for move in reversed(moves)]:
        if _is_due(root / move.source, root / move.target):
            _shift(root, move)
    with suppress(FileNotFoundError):
        os.unlink(state_dir / FILE_NAME)


def pending(state_dir: Path) -> bool:
    """Say whether a killed command left a move, for a look without a change.

    Args:
        state_dir: datakit's private folder in the repository.
    """
    return (state_dir / FILE_NAME).exists()


def _is_due(source: Path, target: Path) -> bool:
    """Say whether a move is still to be made; where both names lead to different things it never began."""
    if not os.path.lexists(source):
        return False
    return not os.path.lexists(target) or os.path.samestat(os.lstat(source), os.lstat(target))


def _shift(root: Path, move: Move) -> None:
    """Give one file or folder its new name; twice is once, and nothing that is there is replaced."""
    source, target = root / move.source, root / move.target
    for path in (source, target):
        files.inside(root, path)  # again: an earlier move may have brought a link
    files.make_folder(target.parent, root=root)
    try:
        found = os.lstat(source)
        if stat.S_ISDIR(found.st_mode):
            _refuse_existing(target)
            os.rename(source, target)
        else:
            _link(source, target, found)
        disk.sync_folder(target.parent)
        if source.parent != target.parent:
            disk.sync_folder(source.parent)
    except OSError as error:
        raise files.problem(error, f"move `{shown(move.source)}` to", target) from error


def _link(source: Path, target: Path, found: os.stat_result) -> None:
    """Move a file, which has both names for a moment; one that has both already loses the old one."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samestat(found, os.lstat(target)):
            _refuse_existing(target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _refuse_existing(target)  # a file system without links
        os.rename(source, target)
        return
    os.unlink(source)


def _refuse_existing(target: Path) -> None:
    """Refuse to replace anything."""
    if os.path.lexists(target):
        raise EnvironmentProblem(
            f"`{shown(os.fspath(target))}` is there already, and nothing is replaced",
            hint="move one of the two away, then run the command again",
        )


def _digest(path: Path) -> str | None:
    """Hash the record that decides."""
    return hashlib.sha256(files.read(path)).hexdigest() if os.path.lexists(path) else None


def _read(path: Path) -> tuple[list[Move], str, str]:
    """Read what was to be moved."""
    try:
        found = json.loads(files.read(path))
        if found["moves"] != _FORMAT:
            raise InvalidRecord(
                shown(os.fspath(path)),
                "says what another version was moving",
                hint="update datakit, then run the command again",
            )
        moves = [Move(_place(source), _place(target)) for source, target in found["paths"]]
        return moves, _place(found["decider"]), str(found["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidRecord(
            shown(os.fspath(path)), "does not say what was to be moved", hint=f"rm {shown(os.fspath(path))}"
        ) from error


def _place(value: object) -> str:
    """Insist on a path below the root, and on none that is private; a cloned repository could bring any text."""
    if not isinstance(value, str):
        raise TypeError(value)
    parts = value.split("/")
    if b"\0" in os.fsencode(value) or any(part in {"", ".", ".."} or part.casefold() in _PRIVATE for part in parts):
        raise ValueError(value)
    return value

"""Several files changed as one: an intent journal that the next command finishes when this one was killed.

    STATE/journal/ID/1, 2, …        the new content of each file, brought to the disk
    STATE/journal/ID/intent.json    for each file its path, the sha256 before and after; written last

Without `intent.json` nothing was decided, and the folder is thrown away. With it every file is brought to its new content,
unless somebody else changed it meanwhile: then it is left alone and reported.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.formats.listing import shown
from datakit.store import disk, files

_FOLDER = "journal"
_INTENT = "intent.json"
_FORMAT = 1


class Recovered(NamedTuple):
    """What `recover` found and did; all paths are relative to the root."""

    finished: tuple[str, ...]  # brought to the content that the killed command meant
    left_alone: tuple[str, ...]  # changed by somebody else since, so not touched


class _Step(NamedTuple):
    """One file that is to change."""

    path: str  # relative to the root, POSIX separators
    before: str | None  # sha256; None: it does not exist
    after: str | None  # sha256; None: it is removed
    staged: str | None  # the file in the journal's folder that holds the new content


class Transaction:
    """Changes that are made together; see `transaction`."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._steps: dict[str, _Step] = {}

    def write(self, path: Path, data: bytes) -> bool:
        """Plan a file's new content.

        Args:
            path: The file; folders that are missing are made.
            data: The whole content.

        Returns:
            Whether that is a change.

        Raises:
            InvalidRecord: The path is not inside the root.
            EnvironmentProblem: The file cannot be read, or is no regular file.
        """
        relpath = self._relpath(path)
        before, after = _current(path), hashlib.sha256(data).hexdigest()
        self._steps.pop(relpath, None)
        if before == after:
            return False
        staged = str(len(os.listdir(self._folder)) + 1)
        files.write_atomic(self._folder / staged, data)
        self._steps[relpath] = _Step(relpath, before, after, staged)
        return True

    def remove(self, path: Path) -> bool:
        """Plan that a file goes.

        Args:
            path: The file.

        Returns:
            Whether that is a change: `False` where there is no such file.

        Raises:
            InvalidRecord: The path is not inside the root.
            EnvironmentProblem: It is no regular file.
        """
        relpath = self._relpath(path)
        before = _current(path)
        self._steps.pop(relpath, None)
        if before is None:
            return False
        self._steps[relpath] = _Step(relpath, before, None, None)
        return True

    def commit(self) -> tuple[str, ...]:
        """Make all changes, in the order in which they were planned.

        Returns:
            The paths that changed, relative to the root.

        Raises:
            EnvironmentProblem: A file was changed by somebody else meanwhile; it is left alone.
        """
        steps = tuple(self._steps.values())
        moved = [step.path for step in steps if _current(self._root / step.path) != step.before]
        if moved:
            raise _changed(moved)
        if steps:
            record = {"journal": _FORMAT, "steps": [step._asdict() for step in steps]}
            files.write_atomic(self._folder / _INTENT, json.dumps(record, indent=1).encode())
            moved = [step.path for step in steps if not _apply(step, self._folder, self._root)]
        _discard(self._folder)
        if moved:
            raise _changed(moved)
        return tuple(step.path for step in steps)

    def _relpath(self, path: Path) -> str:
        """Name a path as the journal does; refuse one that is not inside the root."""
        files.inside(self._root, path)
        return path.relative_to(self._root).as_posix()


@contextmanager
def transaction(state_dir: Path, root: Path) -> Iterator[Transaction]:
    """Change several files as one; nothing changes if the block fails.

    The caller holds the repository's lock and has called `recover` before.

    Args:
        state_dir: datakit's private folder in the repository; made with a `.gitignore` where it is missing.
        root: The repository, absolute; nothing outside of it is written.

    Yields:
        What collects the changes.

    Raises:
        EnvironmentProblem: The system refuses, or a file was changed by somebody else meanwhile.
    """
    files.inside(root, state_dir / _FOLDER)
    files.private_folder(state_dir)
    folder = state_dir / _FOLDER / secrets.token_hex(8)
    try:
        folder.mkdir(parents=True)
        disk.sync_folder(folder.parent)
    except OSError as error:
        raise files.problem(error, "make the folder", folder) from error
    changes = Transaction(folder, root)
    try:
        yield changes
        changes.commit()
    except BaseException:
        if not (folder / _INTENT).exists():
            _discard(folder)
        raise


def recover(state_dir: Path, root: Path) -> Recovered:
    """Finish or throw away what killed commands left; the caller holds the repository's lock.

    Args:
        state_dir: datakit's private folder in the repository.
        root: The repository, absolute.

    Returns:
        What was finished and what was left alone.

    Raises:
        InvalidRecord: A journal is not one that datakit wrote.
        EnvironmentProblem: The system refuses.
    """
    finished: list[str] = []
    left_alone: list[str] = []
    for folder in pending(state_dir):
        for step in _intent(folder):
            before = _look(root / step.path, root)
            if not _apply(step, folder, root):
                left_alone.append(step.path)
            elif before != step.after:
                finished.append(step.path)
        _discard(folder)
    return Recovered(tuple(finished), tuple(left_alone))


def outlook(state_dir: Path, root: Path) -> Recovered:
    """Tell what `recover` would do, and change nothing.

    Args:
        state_dir: datakit's private folder in the repository.
        root: The repository, absolute.

    Raises:
        InvalidRecord: A journal is not one that datakit wrote.
    """
    finished: list[str] = []
    left_alone: list[str] = []
    for folder in pending(state_dir):
        for step in _intent(folder):
            found = _look(root / step.path, root)
            if found == step.before:
                finished.append(step.path)
            elif found != step.after:
                left_alone.append(step.path)
    return Recovered(tuple(finished), tuple(left_alone))


def pending(state_dir: Path) -> tuple[Path, ...]:
    """List the journals that killed commands left, for a look without a change.

    Args:
        state_dir: datakit's private folder in the repository.
    """
    try:
        return tuple(sorted(path for path in (state_dir / _FOLDER).iterdir() if path.is_dir()))
    except (FileNotFoundError, NotADirectoryError):
        return ()


def _current(path: Path) -> str | None:
    """Hash what a path holds; `None` where there is nothing."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise files.problem(error, "read", path) from error
    if not stat.S_ISREG(mode):
        kind = "a symbolic link" if stat.S_ISLNK(mode) else "not a regular file"
        raise EnvironmentProblem(f"cannot change `{shown(os.fspath(path))}`: it is {kind}", hint="move it away")
    return hashlib.sha256(files.read(path)).hexdigest()


def _look(path: Path, root: Path) -> str | None:
    """Hash what a path of a journal holds; what no file of ours can be counts as somebody else's."""
    try:
        files.inside(root, path)
        return _current(path)
    except EnvironmentProblem:
        return ""


def _apply(step: _Step, folder: Path, root: Path) -> bool:
    """Bring one file to its new content; `False` where somebody else changed it. Doing it twice is doing it once."""
    path = root / step.path
    current = _look(path, root)
    if current == step.after:
        return True
    if current != step.before:
        return False
    if step.staged is None:
        try:
            os.unlink(path)
            disk.sync_folder(path.parent)
        except OSError as error:
            raise files.problem(error, "remove", path) from error
        return True
    files.make_folder(path.parent, root=root)
    staged = folder / step.staged
    if hashlib.sha256(files.read(staged)).hexdigest() != step.after:
        raise EnvironmentProblem(
            f"`{shown(os.fspath(staged))}` is not what the journal says", hint=f"rm -r {shown(os.fspath(folder))}"
        )
    try:
        files.publish(staged, path, root=root)
    except EnvironmentProblem as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno != errno.EXDEV:
            raise
        files.write_atomic(path, files.read(staged), root=root)
    return True


def _intent(folder: Path) -> tuple[_Step, ...]:
    """Read what a killed command had decided; nothing where it had not."""
    path = folder / _INTENT
    if not path.exists():
        return ()
    where = shown(os.fspath(path))
    try:
        record = json.loads(files.read(path))
        if record["journal"] != _FORMAT:
            raise InvalidRecord(
                where, "a journal of another version", hint="update datakit, then run the command again"
            )
        return tuple(_step(step) for step in record["steps"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidRecord(where, "not a journal", hint=f"rm -r {shown(os.fspath(folder))}") from error


def _step(item: dict[str, object]) -> _Step:
    """Read one step; only text, and a staged file that lies in the journal's folder."""
    path, *texts = (item[key] for key in _Step._fields)
    before, after, staged = (text if text is None else _text(text) for text in texts)
    if (staged is None) != (after is None) or (staged is not None and not (staged.isascii() and staged.isdigit())):
        raise ValueError(staged)
    if any(part in {"", ".", ".."} for part in _text(path).split("/")):
        raise ValueError(path)
    return _Step(_text(path), before, after, staged)


def _text(value: object) -> str:
    """Insist on text."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _discard(folder: Path) -> None:
    """Throw a journal away, the decision first: without it the rest means nothing."""
    try:
        with suppress(FileNotFoundError):
            os.unlink(folder / _INTENT)
    except OSError as error:
        raise files.problem(error, "remove", folder / _INTENT) from error
    shutil.rmtree(folder, ignore_errors=True)


def _changed(paths: list[str]) -> EnvironmentProblem:
    """Say that somebody else was quicker."""
    names = ", ".join(f"`{shown(path)}`" for path in paths)
    return EnvironmentProblem(
        f"{names} changed while datakit was writing; left alone", hint="look at it, then run the command again"
    )

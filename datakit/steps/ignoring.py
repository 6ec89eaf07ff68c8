"""Git's ignore rules around a dataset: the data must be hidden from Git, its records must not be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from datakit.errors import EnvironmentProblem
from datakit.formats import artifacts
from datakit.formats.room import Room
from datakit.repo.project import Project


def rule_for(where: Project, path: str, pointer: str, room: Room) -> str | None:
    """Return the `.gitignore` that has or must gain our line for the data; None where another rule hides the data.

    Args:
        where: The project.
        path: The data, relative to the repository.
        pointer: Its pointer.
        room: Its room.

    Raises:
        EnvironmentProblem: A rule hides the pointer or the room, so that they could never be committed.
    """
    records = [pointer, room.manifest, room.card, room.contract, room.receipt, room.profile, artifacts.FILE]
    hidden = refuse_hidden(where, records, [path])
    folder = path.rpartition("/")[0]
    own = f"{folder}/.gitignore" if folder else ".gitignore"
    if path in hidden:
        file, _, pattern = hidden[path].split(":", 2)
        return own if (file, pattern) == (own, _line(path)) else None
    return own


def refuse_hidden(where: Project, records: Sequence[str], others: Sequence[str] = ()) -> dict[str, str]:
    """Refuse records that a rule hides from Git.

    Args:
        where: The project.
        records: Their paths.
        others: Further paths that are asked for.

    Returns:
        The rule that hides a path, as `file:line:pattern`, of all that are hidden.

    Raises:
        EnvironmentProblem: A rule hides a record that Git does not track yet.
    """
    hidden = where.git.ignored([*others, *records])
    tracked = set(where.git.listed(paths=records))
    for record in records:
        if record in hidden and record not in tracked:
            file, line, pattern = hidden[record].split(":", 2)
            raise EnvironmentProblem(
                f"`{record}` is hidden from Git by the rule `{pattern}` in {file}:{line}",
                hint="`datakit init` says which line to write instead",
            )
    return hidden


def put(data: bytes, path: str) -> bytes:
    r"""Add the line that hides one path from Git, as DVC does.

    Args:
        data: The `.gitignore` beside the data.
        path: The data, relative to the repository.

    >>> put(b"*.pyc", "models/a b.bin")
    b'*.pyc\n/a b.bin\n'
    """
    return _with(data, _line(path).encode())


def remove(data: bytes, path: str) -> bytes:
    r"""Take out the line that hides one path from Git.

    Args:
        data: The `.gitignore` beside the data.
        path: The data, relative to the repository.

    >>> remove(b"*.pyc\n/a.bin\n", "models/a.bin")
    b'*.pyc\n'
    """
    line = _line(path).encode()
    return b"".join(known for known in data.splitlines(keepends=True) if known.rstrip(b"\r\n") != line)


def memberships(data: bytes) -> bytes:
    """Add the line that hides the memberships of a dataset's splits: the same for all, so that branches merge.

    Args:
        data: The `.gitignore` of the folder of its splits.
    """
    return _with(data, b"/*.parquet")


def _with(data: bytes, line: bytes) -> bytes:
    """Add a line unless it is there."""
    if line in (known.removesuffix(b"\r") for known in data.split(b"\n")):
        return data
    return data + (b"\n" if data and not data.endswith(b"\n") else b"") + line + b"\n"


def _line(path: str) -> str:
    """Write the pattern that matches one name in its own folder; a line end cannot stand in one, so `?` matches it."""
    name = path.rpartition("/")[2]
    plain = len(name.rstrip(" "))
    escaped = re.sub(r"([\\*?\[\]!#])", r"\\\1", name[:plain]) + "\\ " * (len(name) - plain)
    return "/" + escaped.replace("\n", "?").replace("\r", "[\r]")

"""Git's ignore rules around a dataset: the data must be hidden from Git, its records must not be."""

from __future__ import annotations

import re

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
    hidden = where.git.ignored([path, *records])
    tracked = set(where.git.listed(paths=records))
    for record in records:
        if record in hidden and record not in tracked:
            file, line, pattern = hidden[record].split(":", 2)
            raise EnvironmentProblem(
                f"`{record}` is hidden from Git by the rule `{pattern}` in {file}:{line}",
                hint="`datakit init` says which line to write instead",
            )
    folder = path.rpartition("/")[0]
    own = f"{folder}/.gitignore" if folder else ".gitignore"
    if path in hidden:
        file, _, pattern = hidden[path].split(":", 2)
        return own if (file, pattern) == (own, _line(path)) else None
    return own


def put(data: bytes, path: str) -> bytes:
    r"""Add the line that hides one path from Git, as DVC does.

    Args:
        data: The `.gitignore` beside the data.
        path: The data, relative to the repository.

    >>> put(b"*.pyc", "models/a b.bin")
    b'*.pyc\n/a b.bin\n'
    """
    line = _line(path).encode()
    if line in (known.removesuffix(b"\r") for known in data.split(b"\n")):
        return data
    return data + (b"\n" if data and not data.endswith(b"\n") else b"") + line + b"\n"


def _line(path: str) -> str:
    """Write the pattern that matches one name in its own folder; a line end cannot stand in one, so `?` matches it."""
    name = path.rpartition("/")[2]
    plain = len(name.rstrip(" "))
    escaped = re.sub(r"([\\*?\[\]!#])", r"\\\1", name[:plain]) + "\\ " * (len(name) - plain)
    return "/" + escaped.replace("\n", "?").replace("\r", "[\r]")

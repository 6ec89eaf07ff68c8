"""A tree over a dictionary, and the changes between two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from datakit.formats.finding import Finding
from datakit.gate.judge import judge
from datakit.repo.git import ABSENT, GITLINK, Change
from datakit.repo.tree import Entry

Files = Mapping[str, bytes | str | tuple[str, bytes]]  # content, or mode and content


class DictTree:
    """A tree of files that lie nowhere."""

    def __init__(self, files: Files) -> None:
        self.files = {path: _normal(content) for path, content in files.items()}
        self.asked: list[str] = []

    def entry(self, path: str) -> Entry | None:
        """Return mode, id and size of a path."""
        if path not in self.files:
            return None
        mode, data = self.files[path]
        return Entry(mode, _oid(data), None if mode == GITLINK else len(data))

    def read(self, path: str) -> bytes | None:
        """Return the content of a path."""
        self.asked.append(path)
        mode, data = self.files.get(path, (GITLINK, b""))
        return None if mode == GITLINK else data

    def size(self, path: str) -> int | None:
        """Return the size of a path."""
        found = self.entry(path)
        return None if found is None else found.size

    def expect(self, paths: Iterable[str]) -> None:
        """Do nothing: all is here."""

    def under(self, *folders: str) -> tuple[str, ...]:
        """Return every path under some folders."""
        starts = tuple(f"{folder.rstrip('/')}/" for folder in folders)
        return tuple(path for path in self.paths() if path.startswith(starts))

    def paths(self) -> tuple[str, ...]:
        """Return every path."""
        return tuple(sorted(self.files))


def changes(old: DictTree, new: DictTree) -> tuple[Change, ...]:
    """Return what differs, as `git diff-index --raw` would list it."""
    nothing = (ABSENT, b"")
    found = []
    for path in sorted({*old.files, *new.files}):
        was, now = old.files.get(path, nothing), new.files.get(path, nothing)
        if was != now:
            found.append(Change(path, was[0], now[0], _oid(was[1]), _oid(now[1])))
    return tuple(found)


def judged(old: Files, new: Files, *, whole: bool = False) -> tuple[Finding, ...]:
    """Judge the step from one set of files to another."""
    base, tree = DictTree(old), DictTree(new)
    return judge(tree, base, changes(base, tree), whole=whole)


def _normal(content: bytes | str | tuple[str, bytes]) -> tuple[str, bytes]:
    """Return mode and content."""
    if isinstance(content, tuple):
        return content
    return ("100644", content.encode() if isinstance(content, str) else content)


def _oid(data: bytes) -> str:
    """Return the id that Git would give a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

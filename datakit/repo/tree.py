"""Trees: the files of a repository at one moment, read-only; every rule is written once against them.

WorkTree  what `git add -A` would commit; in `repo.worktree`
Index     what `git commit` would commit
Commit    what was committed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from datakit.repo.git import GITLINK, Change, Git, split
from datakit.repo.objects import Objects, absent


class Entry(NamedTuple):
    """What Git keeps of one path."""

    mode: str  # 100644, 100755, 120000 a link, 160000 another repository
    oid: str | None  # None in the work tree, where nothing is hashed
    size: int | None  # bytes; None for another repository


class Tree(Protocol):
    """A read-only view of a repository's files; paths are relative to its top, with `/` between the parts."""

    def entry(self, path: str) -> Entry | None:
        """Return what Git keeps of a path, or None."""

    def read(self, path: str) -> bytes | None:
        """Return the content of a file (of a link, where it leads to), or None."""

    def size(self, path: str) -> int | None:
        """Return the size of a file, bytes, or None."""

    def expect(self, paths: Iterable[str]) -> None:
        """Announce files that will be read, so that they come in one go."""

    def under(self, *folders: str) -> tuple[str, ...]:
        """Return every path under some folders, sorted."""

    def paths(self) -> tuple[str, ...]:
        """Return every path, sorted; for judging a whole tree only."""


_NOTHING: Mapping[str, str | None] = {}


def committing(git: Git, objects: Objects, base: str, changes: Iterable[Change]) -> tuple[Index, Commit]:
    """Return the index and the commit that it goes on from, which both know from their difference what they hold.

    Args:
        git: The repository.
        objects: Its objects.
        base: Full id of the commit, or of the empty tree.
        changes: All that differs.
    """
    listed = tuple(changes)
    tree = Index(git, objects, _brought(listed))
    return tree, Commit(git, objects, base, _replaced(listed), tree)


def arriving(git: Git, objects: Objects, base: str, tip: str, changes: Iterable[Change]) -> tuple[Commit, Commit]:
    """Return a commit and the one that it is compared with, which both know from their difference what they hold.

    Args:
        git: The repository.
        objects: Its objects.
        base: Full id of the commit before, or of the empty tree.
        tip: Full id of the commit.
        changes: All that differs.
    """
    listed = tuple(changes)
    tree = Commit(git, objects, tip, _brought(listed))
    return tree, Commit(git, objects, base, _replaced(listed), tree)


class Index:
    """The index, or the one that a running `git commit` has prepared (`GIT_INDEX_FILE`).

    Args:
        git: The repository.
        objects: Its objects.
        known: Blobs by path; None where there is no file: to ask for an object is cheaper than to look up a path.
    """

    def __init__(self, git: Git, objects: Objects, known: Mapping[str, str | None] = _NOTHING) -> None:
        self._git, self._objects, self._known = git, objects, known

    def entry(self, path: str) -> Entry | None:
        """Return what the index holds of a path; None for one in conflict."""
        if not _is_normal(path):
            return None
        for record in self._git.listed("--stage", paths=[path]):
            head, _, found = record.partition("\t")
            mode, oid, stage = head.split(" ")
            if found == path and stage == "0":
                size = None if mode == GITLINK else self._objects.size(oid)
                return None if size == 0 and not self._git.staged([path]) else Entry(mode, oid, size)
        return None

    def read(self, path: str) -> bytes | None:
        """Return the staged content of a path."""
        if path in self._known:
            return _blob(self._objects, self._known[path], f":0:{path}")
        content = self._objects.read(f":0:{path}") if _is_normal(path) else None
        # Git shows a path that was only announced (`git add -N`) as an empty file; a commit would not have it.
        return None if content == b"" and not self._git.staged([path]) else content

    def size(self, path: str) -> int | None:
        """Return the size of the staged content of a path."""
        if path in self._known:
            return _size(self._objects, self._known[path], f":0:{path}")
        size = self._objects.size(f":0:{path}") if _is_normal(path) else None
        return None if size == 0 and not self._git.staged([path]) else size

    def expect(self, paths: Iterable[str]) -> None:
        """Fetch the staged content of paths that will be read."""
        self._objects.expect(_names(paths, self._known, ":0:"))

    def under(self, *folders: str) -> tuple[str, ...]:
        """Return every path under some folders."""
        return _unique(self._git.staged(starts(folders))) if folders else ()

    def paths(self) -> tuple[str, ...]:
        """Return every path."""
        return _unique(self._git.staged())


class Commit:
    """A commit, by its full object id; or a tree, such as the empty one before the first commit.

    Args:
        git: The repository.
        objects: Its objects.
        oid: The full id.
        known: Blobs by path; None where there is no file.
        twin: A tree that differs from this one in those paths alone, and in which others are found faster: in the index,
            since Git reads all of a folder to find one file in a commit.
    """

    def __init__(
        self,
        git: Git,
        objects: Objects,
        oid: str,
        known: Mapping[str, str | None] = _NOTHING,
        twin: Index | Commit | None = None,
    ) -> None:
        self._git, self._objects, self.oid = git, objects, oid
        self._known, self._twin = known, twin

    def entry(self, path: str) -> Entry | None:
        """Return what the commit holds of a path."""
        if not _is_normal(path):
            return None
        for record in split(self._git.run("ls-tree", "-z", "--full-tree", self.oid, "--", path)):
            head, _, found = record.partition("\t")
            mode, kind, oid = head.split()
            if found == path and kind != "tree":
                return Entry(mode, oid, None if mode == GITLINK else self._objects.size(oid))
        return None

    def read(self, path: str) -> bytes | None:
        """Return the committed content of a path."""
        if path in self._known:
            return _blob(self._objects, self._known[path], f"{self.oid}:{path}")
        if self._twin is not None:
            return self._twin.read(path)
        return self._objects.read(f"{self.oid}:{path}") if _is_normal(path) else None

    def size(self, path: str) -> int | None:
        """Return the size of the committed content of a path."""
        if path in self._known:
            return _size(self._objects, self._known[path], f"{self.oid}:{path}")
        if self._twin is not None:
            return self._twin.size(path)
        return self._objects.size(f"{self.oid}:{path}") if _is_normal(path) else None

    def expect(self, paths: Iterable[str]) -> None:
        """Fetch the committed content of paths that will be read."""
        wanted = list(paths)
        if self._twin is not None:
            self._twin.expect(path for path in wanted if path not in self._known)
            wanted = [path for path in wanted if path in self._known]
        self._objects.expect(_names(wanted, self._known, f"{self.oid}:"))

    def under(self, *folders: str) -> tuple[str, ...]:
        """Return every path under some folders."""
        return self._names(*starts(folders)) if folders else ()

    def paths(self) -> tuple[str, ...]:
        """Return every path."""
        return self._names()

    def _names(self, *paths: str) -> tuple[str, ...]:
        """List paths, sub-folders included."""
        return _unique(
            split(self._git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.oid, "--", *paths))
        )


def _brought(changes: Iterable[Change]) -> dict[str, str | None]:
    """Return what changes say of the state after them: the blob of each path that differs, None where no file is left."""
    return {c.path: None if c.removed or c.mode == GITLINK else c.oid for c in changes}


def _replaced(changes: Iterable[Change]) -> dict[str, str | None]:
    """Return what changes say of the state before them."""
    return {c.path: None if c.added or c.old_mode == GITLINK else c.old_oid for c in changes}


def _names(paths: Iterable[str], known: Mapping[str, str | None], prefix: str) -> list[str]:
    """Return how Git is asked for paths, those left out that have no file."""
    asked = (known.get(path, f"{prefix}{path}") for path in paths if path in known or _is_normal(path))
    return [name for name in asked if name is not None]


def _blob(objects: Objects, oid: str | None, called: str) -> bytes | None:
    """Read a blob that a tree is known to have.

    Raises:
        EnvironmentProblem: It is not in this clone.
    """
    content = None if oid is None else objects.read(oid, called)
    if content is None and oid is not None:
        raise absent(called)
    return content


def _size(objects: Objects, oid: str | None, called: str) -> int | None:
    """Return the size of a blob that a tree is known to have.

    Raises:
        EnvironmentProblem: It is not in this clone.
    """
    size = None if oid is None else objects.size(oid, called)
    if size is None and oid is not None:
        raise absent(called)
    return size


def _is_normal(path: str) -> bool:
    """Say whether a path can be in a tree at all; Git takes `./a` and `../a` for places relative to the current folder."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def starts(folders: Iterable[str]) -> tuple[str, ...]:
    """Return what the paths in some folders begin with."""
    return tuple(f"{folder.rstrip('/')}/" for folder in folders)


def _unique(paths: list[str]) -> tuple[str, ...]:
    """Sort, and drop what a conflict lists several times."""
    return tuple(sorted(set(paths)))

"""The work tree as one of the trees: the files as they lie, before anything of them is staged."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from datakit.errors import InvalidRecord
from datakit.formats.finding import command
from datakit.repo.git import GITLINK, SYMLINK, Git
from datakit.repo.objects import Objects
from datakit.repo.tree import Entry, Index, starts


class WorkTree:
    """The files as they lie, less what Git ignores; a file that a sparse checkout leaves out is read from the index."""

    def __init__(self, git: Git, objects: Objects) -> None:
        self._git, self._root, self._index = git, git.root, Index(git, objects)
        self._listed: dict[str, bool] | None = None
        self._links: dict[str, bool] = {}

    def entry(self, path: str) -> Entry | None:
        """Return what would be committed of a path."""
        sparse = self._known().get(path)
        if sparse is None:
            return None
        if sparse:
            return self._index.entry(path)
        return self._entry(path)

    def read(self, path: str) -> bytes | None:
        """Return the content of a file as it lies; line ends are not converted."""
        sparse = self._known().get(path)
        if sparse is None:
            return None
        if sparse:
            return self._index.read(path)
        if self._is_linked(path):
            return None
        full = self._root / path
        try:
            return os.fsencode(os.readlink(full)) if full.is_symlink() else full.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except PermissionError as error:
            raise _unreadable(self._root, path) from error

    def size(self, path: str) -> int | None:
        """Return the size of a file as it lies."""
        found = self.entry(path)
        return None if found is None else found.size

    def expect(self, paths: Iterable[str]) -> None:
        """Do nothing: files that lie there are read at once."""

    def under(self, *folders: str) -> tuple[str, ...]:
        """Return every path under some folders; only those are looked at."""
        return self._lying(starts(folders)) if folders else ()

    def paths(self) -> tuple[str, ...]:
        """Return every path."""
        return self._lying(("",))

    def _lying(self, starts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the paths that begin so and would be committed."""
        listed = ((path, sparse) for path, sparse in self._known().items() if path.startswith(starts))
        return tuple(sorted(path for path, sparse in listed if sparse or self._entry(path) is not None))

    def _entry(self, path: str) -> Entry | None:
        """Describe a listed path as it lies; None where it is gone, or something else took its place."""
        found = None if self._is_linked(path) else _entry(self._root / path)
        if found is None or found.mode != GITLINK or (self._root / path / ".git").exists():
            return found
        staged = self._index.entry(path)  # a submodule that is not checked out is an empty folder
        return found if staged is not None and staged.mode == GITLINK else None

    def _is_linked(self, path: str) -> bool:
        """Say whether a folder above the path is a link: Git sees the link, and nothing behind it."""
        folder = path.rpartition("/")[0]
        if not folder:
            return False
        if folder not in self._links:
            self._links[folder] = self._is_linked(folder) or os.path.islink(self._root / folder)
        return self._links[folder]

    def _known(self) -> dict[str, bool]:
        """Return every tracked or untracked path that is not ignored; True where the work tree leaves it out."""
        if self._listed is None:
            records = self._git.listed("-t", "--cached", "--others", "--exclude-standard")
            self._listed = {record[2:].rstrip("/"): record[0] == "S" for record in records}
        return self._listed


def _entry(path: Path) -> Entry | None:
    """Describe a file as Git would."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:  # its folder may not be entered: that it is there is known from Git
        return Entry("100644", None, None)
    if stat.S_ISLNK(found.st_mode):
        return Entry(SYMLINK, None, found.st_size)
    if stat.S_ISDIR(found.st_mode):
        return Entry(GITLINK, None, None)
    return Entry("100755" if found.st_mode & stat.S_IXUSR else "100644", None, found.st_size)


def _unreadable(root: Path, path: str) -> InvalidRecord:
    """Make the error of a file that this user may not read; the hint names it, or the folder that is closed."""
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    closed = next((folder for folder in above if not os.access(root / folder, os.R_OK | os.X_OK)), None)
    hint = command("chmod u+r", path) if closed is None else command("chmod u+rx", closed)
    return InvalidRecord(path, "cannot be read: permission denied", hint=hint)

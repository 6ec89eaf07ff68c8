"""DVC's cache of objects: `files/md5/<2>/<30>[.dir]`, each complete under its name, read-only once it is on the disk.

DVC trusts an object of mode 0444 without hashing it. So an object gets that mode only after `Cache.sync` has brought its
bytes to the disk; one that a crash left writable is hashed before anything relies on it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

from datakit.errors import IntegrityError, InvalidRecord
from datakit.formats import listing
from datakit.formats.listing import Entry, shown
from datakit.progress import SILENT, Progress
from datakit.store import disk, files, hashing, links, pool, rows
from datakit.store.hashing import Digest, Stamp
from datakit.store.pool import Job, Result, Work
from datakit.store.scan import Scan

MODE = 0o444  # of an object, in a shared cache too
_TRUSTED = stat.S_IFREG | MODE
SHARED_FOLDER = 0o2775
_Item = TypeVar("_Item")
_Other = TypeVar("_Other")
_NAME = re.compile(r"[0-9a-f]{32}(?:\.dir)?")


class Cache:
    """A cache of objects.

    Args:
        path: DVC's `cache.dir`, absolute; made when the first object is put.
        types: DVC's `cache.type`: how files in the workspace are connected with objects, the best first.
        shared: DVC's `cache.shared = group`: folders that the whole group may write to.
        aside: A private folder of the workspace, which is swept: links are made there before they replace files.
    """

    def __init__(
        self,
        path: Path,
        types: Sequence[str] = ("reflink", "copy"),
        *,
        shared: bool = False,
        aside: Path | None = None,
    ) -> None:
        self.path = path
        self.types = tuple(types)
        self.shared = shared
        self._aside = aside
        self.objects = path / "files" / "md5"
        self._prefix = f"{self.objects}{os.sep}"
        self._folders: set[str] = set()  # that are known to exist
        self._fresh: set[str] = set()  # objects that no sync has brought to the disk
        self._written = bytearray()  # the md5 of those that processes wrote, 16 bytes each: there may be a million
        self._listing: tuple[str, tuple[Entry, ...]] = ("", ())  # the last one that was read: a name has one content

    @property
    def makes_links(self) -> bool:
        """Whether the configuration prefers links to copies in the workspace."""
        return self.types[:1] not in {("reflink",), ("copy",), ()}

    def object_path(self, md5: str) -> Path:
        """Tell where an object lies.

        Args:
            md5: Its name: 32 lower-case hexadecimal digits, and `.dir` for a listing.

        Raises:
            InvalidRecord: That is no name of an object.
        """
        return Path(self._path(md5))

    def has(self, md5: str, size: int | None = None) -> bool:
        """Tell whether an object is here and can be relied on.

        Args:
            md5: Its name.
            size: Its size in bytes, where it is known.

        Returns:
            Whether it is a file of that size; one that is not read-only was hashed, too.
        """
        path = self._path(md5)
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise files.problem(error, "look at", Path(path)) from error
        if not stat.S_ISREG(found.st_mode) or (size is not None and found.st_size != size):
            return False
        if stat.S_IMODE(found.st_mode) != MODE and md5 not in self._fresh:
            if hashing.hash_file(Path(path)).md5 != md5[:32]:
                return False
            self._fresh.add(md5)
        return True

    def sizes(self, wanted: Iterable[str]) -> list[int | None]:
        """Look up many objects as `has` does.

        Args:
            wanted: The name of each.

        Returns:
            The size of each in bytes; None where it is not here or cannot be relied on.
        """
        try:
            folder = os.open(self.objects, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            return [None for _ in wanted]
        except OSError as error:
            raise files.problem(error, "read", self.objects) from error
        try:
            there = frozenset(os.listdir(folder))  # of a cache that is new, nothing has to be looked up
            return [self._size(name, folder) if name[:2] in there else None for name in wanted]
        finally:
            os.close(folder)

    def _size(self, name: str, folder: int) -> int | None:
        """Look up one object in the open folder of all."""
        try:
            found = os.stat(f"{name[:2]}/{name[2:]}", dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError:
            return None if not self.has(name) else os.lstat(self._path(name)).st_size
        return found.st_size if found.st_mode == _TRUSTED or self.has(name) else None

    def put(self, source: Path, *, stamp: Stamp | None = None, progress: Progress = SILENT) -> Digest:
        """Hash a file and store a copy in the same read; the file itself is left alone.

        Args:
            source: A regular file, or a link to one.
            stamp: What the file was when it was looked at; it must still be that.
            progress: Told of every byte.

        Returns:
            Its hashes and size; the object's name is the md5.

        Raises:
            InvalidData: The file changed while it was read.
            EnvironmentProblem: The file cannot be read or the object cannot be written.
        """
        with hashing.open_steady(source, stamp) as (fd, size):
            if size > hashing.SMALL:
                return self._put_stream(fd, progress)
            data = hashing.read_whole(fd, size)
        found = hashing.hash_bytes(data)
        self._put(found.md5, data)
        progress.advance(len(data))
        return found

    def put_all(self, found: Scan, wanted: Sequence[int], progress: Progress = SILENT) -> Iterator[tuple[int, bytes]]:
        """Store many files as `put` does, on every core.

        Args:
            found: The files.
            wanted: The numbers of those to store.
            progress: Told of every byte.

        Yields:
            Each number with the file's row of `rows.DIGEST`, in no order.

        Raises:
            InvalidData: A file changed while it was read.
            EnvironmentProblem: A file cannot be read or an object cannot be written.
        """

        def alone(number: int) -> bytes:
            file = found.files[number]
            return rows.pack(self.put(found.path(file), stamp=file.stamp, progress=progress))

        work = Work(partial(pool.describe, found), found.files.sizes.__getitem__, alone)
        for number, done in self.store_all(found.target, wanted, work, progress):
            yield number, done.row if isinstance(done, Result) else done

    def store_all(
        self, source: Path, items: Sequence[_Item], work: Work[_Item, _Other], progress: Progress
    ) -> Iterator[tuple[_Item, Result | _Other]]:
        """Store many small files of a folder on every core; the others are done alone.

        Args:
            source: The folder.
            items: The files.
            work: How they are described and what else is done; see `pool.each`.
            progress: Told of every byte that is not done alone.

        Yields:
            As `pool.each`.
        """
        if len(items) >= pool.ENOUGH:
            for number in range(256):
                self._make(f"{self._prefix}{number:02x}")
        for item, done in pool.each(Job("store", source, self.objects), items, work, progress):
            if isinstance(done, Result) and done.written:
                self._written += done.row[:16]
            yield item, done

    def receive(
        self,
        md5: str,
        fill: Callable[[str], None],
        reject: Callable[[str, str, Digest], None],
        publishing: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Digest:
        """Store what arrives from elsewhere, once its bytes are known to be those of the name.

        Args:
            md5: The object's name.
            fill: Writes the bytes into the file that it is given; `FileNotFoundError` says that they are nowhere.
            reject: Takes the file (its path, the name, what was found) away where the bytes are others.
            publishing: What is held while the object gets its name, and puts aside what has the name already.

        Returns:
            What arrived.

        Raises:
            EnvironmentProblem: The object cannot be written.
        """
        path = self.object_path(md5)
        self._make(self._prefix[:-1])
        try:
            with disk.temporary(self.objects) as (_, temp):
                fill(temp)
                found = hashing.hash_file(Path(temp))
                if found.md5 == md5[:32]:
                    with publishing():
                        self._publish(temp, md5)
                else:
                    reject(temp, md5, found)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise files.problem(error, "write", path) from error
        return found

    def put_listing(self, entries: Iterable[Entry], *, in_order: bool = False) -> str:
        """Store the listing of a folder.

        Args:
            entries: Its files.
            in_order: They come in the order of their paths.

        Returns:
            The object's name, with `.dir`.
        """
        data = listing.dump(entries, in_order=in_order)
        name = hashing.hash_bytes(data).md5 + ".dir"
        self._put(name, data)
        return name

    def read_listing(self, md5: str) -> tuple[Entry, ...]:
        """Read the listing of a folder, and hold it against its name.

        Args:
            md5: The object's name, with `.dir`.

        Returns:
            The files of the folder.

        Raises:
            IntegrityError: The object is missing or its bytes are not those of its name.
            InvalidRecord: It is not a safe listing.
        """
        if self._listing[0] != md5:
            path = self.object_path(md5)
            if not path.exists():
                raise _missing(md5)
            if path.stat().st_size > listing.MAX_BYTES:
                raise InvalidRecord(md5, f"listing larger than {listing.MAX_BYTES:,} bytes")
            data = files.read(path)
            _check(md5, hashing.hash_bytes(data).md5)
            self._listing = (md5, listing.load(data, md5))
        return self._listing[1]

    def verify_object(self, md5: str, progress: Progress = SILENT) -> Digest:
        """Hash an object again.

        Args:
            md5: Its name.
            progress: Told of every byte.

        Returns:
            Its hashes and size.

        Raises:
            IntegrityError: The object is missing or its bytes are not those of its name.
        """
        path = self.object_path(md5)
        if not path.exists():
            raise _missing(md5)
        found = hashing.hash_file(path, progress=progress)
        _check(md5, found.md5)
        return found

    def sync(self) -> None:
        """Bring all new objects to the disk, then make them read-only; done before anything that names them is written.

        Raises:
            EnvironmentProblem: The disk reports an error.
        """
        if not self._fresh and not self._written:
            return
        try:
            disk.sync_filesystem(self.objects)
            folder = os.open(self.objects, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise files.problem(error, "bring to the disk", self.objects) from error
        try:
            written = (self._written[at : at + 16].hex() for at in range(0, len(self._written), 16))
            for name in chain(self._fresh, written):
                with suppress(OSError):  # file systems without modes: the object is hashed whenever it is relied on
                    os.chmod(f"{name[:2]}/{name[2:]}", MODE, dir_fd=folder)
        finally:
            os.close(folder)
        self._fresh.clear()
        self._written.clear()

    def link(self, md5: str, path: Path, stamp: Stamp) -> bool:
        """Replace a file by a link to its object where DVC's configuration asks for links; the name is never missing.

        Args:
            md5: The object that holds the file's bytes; `sync` has been called since it was put.
            path: The file in the workspace.
            stamp: What the file was when it was hashed.

        Returns:
            Whether it is a link now. Copies stay where the configuration prefers them, where links are impossible, and
            for empty and executable files, whose object would change with them.

        Raises:
            InvalidData: The file is not what it was when it was hashed.
            IntegrityError: The object is missing.
        """
        target = self.object_path(md5)
        for kind in self.types:
            if kind in {"reflink", "copy"} or stamp.size == 0:
                return False
            self.sync()
            if not self.has(md5, stamp.size):
                raise _missing(md5)
            found = os.lstat(path)
            if links.is_made(kind, path, found, target):
                return True
            if not stat.S_ISLNK(found.st_mode) and found.st_mode & 0o111:
                return False
            if links.make(kind, path, target, stamp, self._aside):
                return True
        return False

    def sweep(self) -> int:
        """Remove the temporary files of killed writers.

        Returns:
            How many there were.
        """
        return disk.sweep(self.objects)

    def _path(self, md5: str) -> str:
        """Tell where an object lies; text, since `pathlib` would cost more than the look."""
        if not _NAME.fullmatch(md5):
            raise InvalidRecord("cache", f"`{shown(md5)}` is not the name of an object")
        return f"{self._prefix}{md5[:2]}{os.sep}{md5[2:]}"

    def _put_stream(self, fd: int, progress: Progress) -> Digest:
        """Hash and copy a big file side by side."""
        self._make(self._prefix[:-1])
        try:
            with disk.temporary(self.objects) as (sink, temp):
                found = hashing.hash_stream(fd, progress, lambda chunk: _write(sink, chunk, self.objects))
                disk.check_length(sink, found.size, self.objects)
                if self.has(found.md5, found.size):
                    os.unlink(temp)
                else:
                    self._publish(temp, found.md5)
        except OSError as error:
            raise files.problem(error, "write", self.objects) from error
        return found

    def _put(self, md5: str, data: bytes) -> None:
        """Store bytes under their name, unless they are here."""
        if self.has(md5, len(data)):
            return
        self._make(self._prefix[:-1])
        try:
            with disk.temporary(self.objects) as (sink, temp):
                disk.write_all(sink, data)
                disk.check_length(sink, len(data), self.objects)
                self._publish(temp, md5)
        except OSError as error:
            raise files.problem(error, "write", self.object_path(md5)) from error

    def _publish(self, temp: str, md5: str) -> None:
        """Give an object its name."""
        path = self._path(md5)
        self._make(self._prefix + md5[:2])
        os.replace(temp, path)
        self._fresh.add(md5)

    def _make(self, folder: str) -> None:
        """Make a folder of the cache and those above it."""
        if folder in self._folders:
            return
        if not os.path.isdir(folder):
            self._make(os.path.dirname(folder))
            try:
                os.mkdir(folder)
                if self.shared:
                    os.chmod(folder, SHARED_FOLDER)
            except FileExistsError:
                pass  # another process was quicker; or a file is in the way, which the next write says
            except OSError as error:
                raise files.problem(error, "make the folder", Path(folder)) from error
        self._folders.add(folder)


def _write(sink: int, chunk: memoryview, folder: Path) -> None:
    """Write a chunk; the error names the cache, not the file that is read."""
    try:
        disk.write_all(sink, chunk)
    except OSError as error:
        raise files.problem(error, "write", folder) from error


def _check(md5: str, found: str) -> None:
    """Hold an object's hash against its name."""
    if found != md5[:32]:
        raise IntegrityError(
            f"object `{md5}` in the cache is corrupt: expected md5 {md5[:32]}, found {found}",
            hint="datakit verify --cache",
        )


def _missing(md5: str) -> IntegrityError:
    """Say that an object is not in the cache."""
    return IntegrityError(f"object `{md5}` is not in the cache", hint="dvc pull")

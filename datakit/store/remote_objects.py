"""The objects of a remote, one at a time: is it there, put it there, get it.

A folder on this machine is read and written here, since DVC's class tells of no progress and sets no mode.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from datakit.errors import EnvironmentProblem
from datakit.formats.listing import shown
from datakit.progress import Progress
from datakit.store import disk, hashing, http_objects, s3_objects
from datakit.store.remote_calls import Patience, TooLong, asking, call
from datakit.store.remotes import Remote

_BUCKETS = frozenset({"s3", "gs", "azure", "oss"})  # kinds of which the first part of the path is a bucket
_WEB = frozenset({"http", "https"})

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def size(remote: Remote, name: str) -> int | None:
    """Look one object up.

    Args:
        remote: Where.
        name: The object.

    Returns:
        Its size in bytes; None where it is not there.

    Raises:
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    path, kind = remote.path(name), _kind(remote)
    with asking(remote, "look at", name):
        try:
            if kind is None:
                found = os.stat(path)
                return found.st_size if stat.S_ISREG(found.st_mode) else None
            if kind == "s3":
                return s3_objects.size(remote, name)
            if kind in _WEB:
                return http_objects.size(remote, name)
            info = call(remote, Patience(remote), "info", path)
        except (FileNotFoundError, NotADirectoryError):
            return None
    return int(info["size"]) if info["type"] == "file" else None


def sizes(remote: Remote, names: Sequence[str]) -> Iterator[int | None]:
    """Look many objects up; where a page of names tells of many at once, those that it shows are not asked for again.

    Args:
        remote: Where.
        names: The objects.

    Yields:
        As `size`, in the order of the names.

    Raises:
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    known: dict[str, int | None] = {}
    if _kind(remote) == "s3" and len(names) >= s3_objects.LISTED:
        known |= _listed(remote, names)
        folders: dict[str, list[str]] = {}
        for name in names:
            if name not in known:
                folders.setdefault(name[:2], []).append(name)
        many = [inside for inside in folders.values() if len(inside) >= s3_objects.LISTED]
        for found in each(remote, lambda inside: _listed(remote, inside, f"{inside[0][:2]}/"), many):
            known |= found
    rest = [name for name in names if name not in known]
    known |= zip(rest, each(remote, partial(size, remote), rest), strict=True)
    yield from (known[name] for name in names)


def upload(remote: Remote, name: str, source: Path, progress: Progress) -> None:
    """Copy a file to the remote; it never has its name before it is whole.

    Args:
        remote: Where.
        name: The object.
        source: The file, which is what the name says.
        progress: Told of every byte.

    Raises:
        EnvironmentProblem: It cannot be written, or does not have its size afterwards.
        IntegrityError: The remote says that it keeps other bytes.
    """
    path, length, kind = remote.path(name), source.stat().st_size, _kind(remote)
    with asking(remote, "write to", name):
        if kind is None:
            _upload_here(Path(path), source, length)
        elif kind == "s3":
            s3_objects.send(remote, name, source, length)
        elif kind in _WEB:
            http_objects.send(remote, name, source, length)
        else:
            call(remote, Patience(remote, length), "put_file", os.fspath(source), path)
            found = call(remote, Patience(remote), "info", path)["size"]
            if found != length:
                raise EnvironmentProblem(
                    f"remote `{remote.name}` kept {found:,} bytes of object `{name}`, expected {length:,}",
                    hint="run the command again",
                )
    progress.advance(length)


def download(remote: Remote, name: str, target: str, limit: int, progress: Progress) -> None:
    """Copy an object into a file that exists.

    Args:
        remote: Where from.
        name: The object.
        target: The file; its content is replaced.
        limit: How many bytes it can have at most.
        progress: Told of every byte.

    Raises:
        FileNotFoundError: The remote has no such object.
        TooLong: There are more bytes than `limit`.
        EnvironmentProblem: The remote does not answer or refuses, or the disk is full.
    """
    path = remote.path(name)
    with asking(remote, "read from", name):
        if remote.fs is None:
            if os.stat(path).st_size > limit:
                raise TooLong(name)
            with open(path, "rb") as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, hashing.CHUNK)
            progress.advance(os.stat(target).st_size)
        else:
            patience = Patience(remote)
            call(remote, patience, "get_file", path, target, callback=_counter(remote, name, limit, progress, patience))


def prepare(remote: Remote) -> None:
    """Make the folders of a remote that is a folder on this machine, before many objects go there.

    Args:
        remote: The remote.

    Raises:
        EnvironmentProblem: They cannot be made.
    """
    with asking(remote, "write to"):
        for number in range(256):
            os.makedirs(os.path.join(remote.root, f"{number:02x}"), exist_ok=True)


def settle(remote: Remote) -> None:
    """Bring what was uploaded to the disk, where the remote is a folder on this machine; what killed writers left goes.

    Args:
        remote: The remote.

    Raises:
        EnvironmentProblem: The disk reports an error.
    """
    if remote.fs is None and os.path.isdir(remote.root):
        with asking(remote, "write to"):
            disk.sweep(Path(remote.root))
            disk.sync_filesystem(Path(remote.root))


def place_exists(remote: Remote) -> bool:
    """Tell whether there is the folder or bucket that a remote points at, as far as it lets itself be asked.

    Args:
        remote: The remote.
    """
    top = remote.root.removesuffix("/files/md5")
    if remote.fs is None:
        return os.path.isdir(top)
    if remote.fs.protocol not in _BUCKETS:
        return True
    with asking(remote, "look at"):
        try:
            call(remote, Patience(remote), "info", top.lstrip("/").partition("/")[0])
        except FileNotFoundError:
            return False
        except PermissionError:  # those who may read objects need not be allowed to ask about their bucket
            return True
    return True


def no_place(remote: Remote) -> EnvironmentProblem:
    """Make the error of a folder or bucket that is not there."""
    what = "folder" if remote.fs is None else "bucket"
    return EnvironmentProblem(
        f"the {what} of remote `{remote.name}` does not exist: {shown(remote.url)}",
        hint=f"make it, or correct the address with `dvc remote modify {remote.name} url URL`",
    )


def each(remote: Remote, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
    """Do something with many objects, several at a time where the remote is a server.

    Args:
        remote: The remote; a folder is looked at one object after the other, which is quicker there.
        work: What is done; thread-safe.
        items: With what.

    Yields:
        The results, in the order of `items`; the first failure stops the rest.
    """
    if remote.fs is None:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(remote.jobs, thread_name_prefix="datakit-remote") as pool:
        try:
            yield from pool.map(work, items)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _upload_here(path: Path, source: Path, length: int) -> None:
    """Copy a file into a folder on this machine, whole before it has its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk.temporary(path.parent.parent) as (fd, temp):  # where all that a kill leaves is swept together
        with open(source, "rb") as opened:
            while chunk := opened.read(hashing.CHUNK):
                disk.write_all(fd, chunk)
        disk.check_length(fd, length, path)
        with suppress(OSError):  # file systems without modes
            os.fchmod(fd, 0o444)
        os.replace(temp, path)


def _kind(remote: Remote) -> str | None:
    """Tell how a remote is spoken to; None for a folder on this machine."""
    return None if remote.fs is None else str(remote.fs.protocol)


def _listed(remote: Remote, names: Sequence[str], folder: str = "") -> Mapping[str, int | None]:
    """Look objects of S3 up by pages of names: the first one of the store, or as many of a folder as are worth it."""
    pages = len(names) // s3_objects.LISTED if folder else 1
    with asking(remote, "look at"):
        try:
            return s3_objects.listed(remote, names, folder, pages)
        except (FileNotFoundError, PermissionError):  # who may not list asks for each
            return {}


def _counter(remote: Remote, name: str, limit: int, progress: Progress, patience: Patience) -> Any:
    """Return what fsspec tells of each chunk: it counts, and ends what is too long."""
    from fsspec.callbacks import Callback

    class Counter(Callback):  # type: ignore[misc]  # fsspec publishes no types
        """A callback that reports and limits."""

        def set_size(self, size: int | None) -> None:
            """Refuse what is announced as too long; a web server announces the page of an error, too."""
            if size is not None and size > limit and _kind(remote) not in _WEB:
                raise TooLong(name)
            patience.extend(min(size or 0, limit))

        def relative_update(self, inc: int = 1) -> None:
            """Count a chunk."""
            self.value += inc
            if self.value > limit:
                raise TooLong(name)
            progress.advance(inc)

    return Counter()

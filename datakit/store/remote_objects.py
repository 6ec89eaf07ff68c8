"""The objects of a remote, one at a time: is it there, put it there, get it; and what may go wrong with a server.

A folder on this machine is read and written here, since DVC's class tells of no progress and sets no mode.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from datakit.errors import DatakitError, EnvironmentProblem
from datakit.formats.listing import shown
from datakit.progress import Progress
from datakit.store import disk, files, hashing
from datakit.store.remotes import Remote, reason

_BUCKETS = frozenset({"s3", "gs", "azure", "oss"})  # kinds of which the first part of the path is a bucket
_NO_CREDENTIALS = frozenset({"NoCredentialsError", "PartialCredentialsError", "AuthError", "RefreshError"})

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class TooLong(Exception):
    """More bytes arrive than the object can have."""


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
    path = remote.path(name)
    with _asking(remote, "look at"):
        try:
            if remote.fs is None:
                found = os.stat(path)
                return found.st_size if stat.S_ISREG(found.st_mode) else None
            info = remote.fs.info(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
    return int(info["size"]) if info["type"] == "file" else None


def upload(remote: Remote, name: str, source: Path, progress: Progress) -> None:
    """Copy a file to the remote; it never has its name before it is whole.

    Args:
        remote: Where.
        name: The object.
        source: The file, which is what the name says.
        progress: Told of every byte.

    Raises:
        EnvironmentProblem: It cannot be written, or does not have its size afterwards.
    """
    path, length = remote.path(name), source.stat().st_size
    with _asking(remote, "write to"):
        if remote.fs is None:
            _upload_here(Path(path), source, length)
        else:
            remote.fs.put_file(os.fspath(source), path, size=length)
            found = remote.fs.info(path)["size"]
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
    with _asking(remote, "read from"):
        if remote.fs is None:
            if os.stat(path).st_size > limit:
                raise TooLong(name)
            with open(path, "rb") as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, hashing.CHUNK)
            progress.advance(os.stat(target).st_size)
        else:
            remote.fs.get_file(path, target, callback=_counter(name, limit, progress))


def prepare(remote: Remote) -> None:
    """Make the folders of a remote that is a folder on this machine, before many objects go there.

    Args:
        remote: The remote.

    Raises:
        EnvironmentProblem: They cannot be made.
    """
    with _asking(remote, "write to"):
        for number in range(256):
            os.makedirs(os.path.join(remote.root, f"{number:02x}"), exist_ok=True)


def settle(remote: Remote) -> None:
    """Bring what was uploaded to the disk, where the remote is a folder on this machine.

    Args:
        remote: The remote.

    Raises:
        EnvironmentProblem: The disk reports an error.
    """
    if remote.fs is None and os.path.isdir(remote.root):
        with _asking(remote, "write to"):
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
    with _asking(remote, "look at"):
        try:
            remote.fs.info(top.lstrip("/").partition("/")[0])
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
    with disk.temporary(path.parent) as (fd, temp):
        with open(source, "rb") as opened:
            while chunk := opened.read(hashing.CHUNK):
                disk.write_all(fd, chunk)
        disk.check_length(fd, length, path)
        with suppress(OSError):  # file systems without modes
            os.fchmod(fd, 0o444)
        os.replace(temp, path)


def _counter(name: str, limit: int, progress: Progress) -> Any:
    """Return what fsspec tells of each chunk: it counts, and ends what is too long."""
    from fsspec.callbacks import Callback

    class Counter(Callback):  # type: ignore[misc]  # fsspec publishes no types
        """A callback that reports and limits."""

        def set_size(self, size: int | None) -> None:
            """Refuse what is announced as too long."""
            if size is not None and size > limit:
                raise TooLong(name)

        def relative_update(self, inc: int = 1) -> None:
            """Count a chunk."""
            self.value += inc
            if self.value > limit:
                raise TooLong(name)
            progress.advance(inc)

    return Counter()


@contextmanager
def _asking(remote: Remote, action: str) -> Iterator[None]:
    """Turn what a file system raises into errors that people can act on; a missing object is the caller's business."""
    try:
        yield
    except (DatakitError, TooLong, FileNotFoundError):
        raise
    except PermissionError as error:
        raise _refused(remote, action) from error
    except OSError as error:
        if action == "read from" and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
            raise  # the disk that it is read to, which the caller knows
        if remote.fs is None:
            raise files.problem(error, action, Path(remote.url)) from error
        raise _unreachable(remote, action, error) from error
    except (AssertionError, AttributeError, NameError, TypeError):
        raise  # a bug, not the remote
    except Exception as error:  # each store's library has exceptions of its own, without a common base
        if type(error).__name__ in _NO_CREDENTIALS:
            raise EnvironmentProblem(
                f"there are no credentials for remote `{remote.name}`: {shown(remote.url)}", hint=_credentials(remote)
            ) from error
        raise _unreachable(remote, action, error) from error


def _refused(remote: Remote, action: str) -> EnvironmentProblem:
    """Make the error of wrong credentials or rights."""
    if remote.fs is None:
        return EnvironmentProblem(
            f"cannot {action} remote `{remote.name}`: permission denied in {shown(remote.url)}",
            hint=f"check owner and mode: `ls -ld {shown(remote.url)}`",
        )
    return EnvironmentProblem(
        f"cannot {action} remote `{remote.name}`: {shown(remote.url)} refuses these credentials (403)",
        hint=_credentials(remote),
    )


def _credentials(remote: Remote) -> str:
    """Say where credentials belong: into the file that Git never sees."""
    if remote.fs.protocol == "s3":
        return (
            f"dvc remote modify --local {remote.name} access_key_id …, then secret_access_key; "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"
        )
    return f"dvc remote modify --local {remote.name} … with the credentials that DVC's manual names for this kind"


def _unreachable(remote: Remote, action: str, error: Exception) -> EnvironmentProblem:
    """Make the error of a server that does not answer as it should."""
    return EnvironmentProblem(
        f"cannot {action} remote `{remote.name}` ({shown(remote.url)}): {reason(error)}",
        hint="check the network and the address (`dvc remote list`), then run the command again",
    )

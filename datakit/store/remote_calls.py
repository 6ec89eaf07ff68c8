"""One request of a remote: given up in time, and every way in which a server refuses said so that people can act on it.

The libraries try again by themselves, and each try may wait a minute for a byte, so a server that stalls could keep them
for half an hour. An object has the time of one whole try and half as long again, and what its bytes take on a slow line.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from datakit.errors import DatakitError, EnvironmentProblem
from datakit.formats.listing import shown
from datakit.store import files, network
from datakit.store.remotes import Remote, reason

_NO_CREDENTIALS = frozenset({"NoCredentialsError", "PartialCredentialsError", "AuthError", "RefreshError"})
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_RIGHTS = {"look at": "s3:GetObject and s3:ListBucket", "read from": "s3:GetObject", "write to": "s3:PutObject"}

_Result = TypeVar("_Result")


class TooLong(Exception):
    """More bytes arrive than the object can have."""


class Patience:
    """How long one object may take.

    Args:
        remote: Where it is, or goes.
        size: Its size in bytes, as far as it is known.
    """

    def __init__(self, remote: Remote, size: int = 0) -> None:
        self._seconds = remote.patience
        self._size = size
        self._scope: asyncio.Timeout | None = None
        self._began = 0.0

    @property
    def seconds(self) -> float:
        """The whole time."""
        return self._seconds + self._size / network.SLOWEST

    def extend(self, size: int) -> None:
        """Allow for bytes that are announced.

        Args:
            size: How many there are.
        """
        self._size = max(size, self._size)
        if self._scope is not None:
            self._scope.reschedule(self._began + self.seconds)

    async def hold(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Wait for a request, and give it up in time.

        Args:
            work: The request.

        Raises:
            TimeoutError: It took longer.
        """
        self._began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self.seconds) as self._scope:
                return await work()
        except TimeoutError as error:
            if self._scope is not None and self._scope.expired():
                raise TimeoutError(f"no answer in {self.seconds:.0f} s") from error
            raise


def run(remote: Remote, work: Callable[[], Awaitable[_Result]], patience: Patience) -> _Result:
    """Run one request of a file system that is asynchronous, from any thread.

    Args:
        remote: Whose file system it is.
        work: The request.
        patience: How long it may take.

    Raises:
        TimeoutError: It took longer.
    """
    return asyncio.run_coroutine_threadsafe(patience.hold(work), remote.fs.fs.loop).result()


def call(remote: Remote, patience: Patience, method: str, *args: Any, **options: Any) -> Any:
    """Call a method of a remote's file system, whatever kind it is.

    Args:
        remote: Whose file system it is.
        patience: How long it may take, where it lets itself be stopped.
        method: The method: `info`, `get_file`, `put_file`.
        *args: What it is given.
        **options: What else.

    Raises:
        TimeoutError: It took longer.
    """
    if not remote.fs.fs.async_impl:
        return getattr(remote.fs, method)(*args, **options)
    return run(remote, lambda: getattr(remote.fs.fs, f"_{method}")(*args, **options), patience)


@contextmanager
def asking(remote: Remote, action: str, name: str = "") -> Iterator[None]:
    """Turn what a file system raises into errors that people can act on; a missing object is the caller's business.

    Args:
        remote: The remote.
        action: What is done with it: `look at`, `read from`, `write to`.
        name: The object that is meant, if it is one.

    Raises:
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    try:
        yield
    except (DatakitError, TooLong, FileNotFoundError):
        raise
    except PermissionError as error:
        raise _refused(remote, action, error) from error
    except OSError as error:
        if action == "read from" and error.errno in _DISK:
            raise  # the disk that it is read to, which the caller knows
        if remote.fs is None:
            raise files.problem(
                error, action, Path(remote.path(name) if action == "read from" else remote.url)
            ) from error
        raise _unreachable(remote, action, name, error) from error
    except (AssertionError, AttributeError, NameError, TypeError):
        raise  # a bug, not the remote
    except Exception as error:  # each store's library has exceptions of its own, without a common base
        if type(error).__name__ in _NO_CREDENTIALS:
            raise EnvironmentProblem(
                f"there are no credentials for remote `{remote.name}`: {shown(remote.url)}", hint=_credentials(remote)
            ) from error
        if getattr(error, "status", 0) in {401, 403}:
            raise _refused(remote, action, error) from error
        raise _unreachable(remote, action, name, error) from error


def code(error: BaseException) -> str:
    """Tell by which word S3 refuses.

    Args:
        error: What its library raised, as the file system passed it on.

    Returns:
        The word; nothing where there was none, as in the answer to a mere look.
    """
    answer = getattr(error.__cause__ or error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def _refused(remote: Remote, action: str, error: Exception) -> EnvironmentProblem:
    """Make the error of wrong credentials or rights."""
    url = shown(remote.url)
    if remote.fs is None:
        return EnvironmentProblem(
            f"cannot {action} remote `{remote.name}`: permission denied in {url}",
            hint=f"check owner and mode: `ls -ld {url}`",
        )
    said, instead = code(error), _credentials(remote)
    text = f"{url} refuses these credentials ({getattr(error, 'status', 403)})"
    if said == "AccessDenied":
        text = f"{url} does not allow it to these credentials (403)"
        instead = f"ask the bucket's owner for {_RIGHTS[action]} below {url}; or other credentials: {instead}"
    elif said in {"ExpiredToken", "TokenRefreshRequired"}:
        text = f"the credentials for {url} have expired (403)"
        instead = f"log in again, or give a new session_token: {instead}"
    elif said == "RequestTimeTooSkewed":
        text, instead = f"the clock of this machine is not that of {url} (403)", "set the clock: `timedatectl status`"
    return EnvironmentProblem(f"cannot {action} remote `{remote.name}`: {text}", hint=instead)


def _credentials(remote: Remote) -> str:
    """Say where credentials belong: into the file that Git never sees."""
    if remote.fs.protocol == "s3":
        return (
            f"dvc remote modify --local {remote.name} access_key_id …, then secret_access_key; "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"
        )
    return f"dvc remote modify --local {remote.name} … with the credentials that DVC's manual names for this kind"


def _unreachable(remote: Remote, action: str, name: str, error: Exception) -> EnvironmentProblem:
    """Make the error of a server that does not answer as it should."""
    at = f", at object {name}" if name else ""
    return EnvironmentProblem(
        f"cannot {action} remote `{remote.name}` ({shown(remote.url)}): {reason(error)}{at}",
        hint="check the network and the address (`dvc remote list`), then run the command again",
    )

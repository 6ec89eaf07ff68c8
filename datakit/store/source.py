"""A source that is being fetched: what HTTP and every other file system have in common."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from datakit.errors import DatakitError, EnvironmentProblem, UsageError
from datakit.formats import listing
from datakit.formats.listing import shown
from datakit.formats.url import redact
from datakit.store.proofs import Stated


class Opened(NamedTuple):
    """A source that is ready to be read."""

    read: Callable[[int], bytes]
    name: str  # safe as a file name
    size: int | None  # bytes, where the source says so
    content_type: str
    stated: Stated


def describe(url: str) -> str:
    """Name a URL in a message: scheme, host and path, nothing that could be secret.

    Args:
        url: Any text.

    >>> describe("https://user:pw@example.org:8443/a.csv?token=1#x")
    'https://example.org:8443/a.csv'
    """
    try:
        parts = urlsplit(redact(url))
    except (UsageError, ValueError):
        return "this URL"
    return shown(f"{parts.scheme}://{parts.netloc}{parts.path}")


def file_name(path: str) -> str:
    """Take a safe file name from a path or a header.

    Args:
        path: Percent-encoded, hostile.

    Returns:
        The last part; `data` where that would be no name.

    >>> file_name("a/b%20c.csv"), file_name("a/..%2f..%2fetc"), file_name("")
    ('b c.csv', 'data', 'data')
    """
    name = unquote(path.rstrip("/").rpartition("/")[2])
    return name if listing.path_problem(name) is None and "/" not in name and name.isprintable() else "data"


@contextmanager
def said_plainly(name: str) -> Iterator[None]:
    """Turn what a file system raises into an error without a URL in it; the cause is dropped for the same reason.

    Args:
        name: What to call the source.

    Raises:
        EnvironmentProblem: Whatever went wrong.
    """
    try:
        yield
    except DatakitError:
        raise
    except FileNotFoundError:
        raise EnvironmentProblem(f"cannot fetch `{name}`: it does not exist", hint="check the URL") from None
    except PermissionError:
        raise EnvironmentProblem(
            f"cannot fetch `{name}`: access is denied", hint="check your credentials for it"
        ) from None
    except TimeoutError:
        raise EnvironmentProblem(f"cannot fetch `{name}`: no answer in time", hint="try again later") from None
    except OSError as error:
        known = error.errno is not None and error.errno in errno.errorcode
        reason = os.strerror(error.errno or 0) if known else type(error).__name__
        raise EnvironmentProblem(f"cannot fetch `{name}`: {reason}", hint="check the connection") from None
    except Exception as error:  # noqa: BLE001 - each file system raises its own, and none of them may show the URL
        kind = type(error).__name__
        raise EnvironmentProblem(f"cannot fetch `{name}`: {kind}", hint="check the URL and your credentials") from None

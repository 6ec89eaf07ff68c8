"""Reading over HTTP: one request, each redirect looked at before it is followed, every failure in plain words."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidData, UsageError
from datakit.formats.listing import shown
from datakit.store import network, proofs
from datakit.store.source import Opened, file_name

MAX_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "datakit"}
_BY_HAND = "fetch it by hand, then `datakit add` the file"


@contextmanager
def opened(run: Callable[..., Any], session: Any, url: str, name: str) -> Iterator[Opened]:
    """Open a file that a web server has.

    Args:
        run: Runs a coroutine function with its arguments to the end.
        session: From `network.session`; the gate on every connection is there.
        url: Where it is.
        name: What to call it in an error.

    Yields:
        What is read.

    Raises:
        EnvironmentProblem: The server cannot be reached or refuses.
        InvalidData: The server sends something else than the file.
        IntegrityError: The connection broke half-way.
    """
    with _said_plainly(name):
        asked = _parsed(url)
        if asked is None:
            raise not_a_url(name)
        response = _response(run, session, asked, name)
        try:
            _check_status(response.status, name)
            encoding = response.headers.get("Content-Encoding", "identity").lower()
            if encoding not in {"identity", ""}:
                raise InvalidData(
                    f"`{name}` comes packed as {shown(encoding)}, though plain bytes were asked for", hint=_BY_HAND
                )
            stated = proofs.of_http(response.headers)
            if response.url != asked:
                stated.proofs["final_url"] = str(response.url)
            yield Opened(
                read=lambda size: _read(run, response, size, name),
                name=_name(response),
                size=response.content_length,
                content_type=response.headers.get("Content-Type", ""),
                stated=stated,
            )
        finally:
            response.close()


def not_a_url(name: str) -> UsageError:
    """Say that a URL has no host that could be asked.

    Args:
        name: What was to be fetched.
    """
    return UsageError(f"`{name}` is not a URL that can be fetched", hint="check host and port")


def _response(run: Callable[..., Any], session: Any, url: Any, name: str) -> Any:
    """Ask for the file, and follow where the server leads."""
    for _ in range(MAX_REDIRECTS + 1):
        response = run(session.get, url, allow_redirects=False, headers=_HEADERS)
        if response.status not in _REDIRECTS or "Location" not in response.headers:
            return response
        response.close()
        location = _parsed(response.headers["Location"])
        if location is None:
            raise EnvironmentProblem(f"`{name}` redirects to something that is no URL", hint=_BY_HAND)
        target = url.join(location)
        if target.scheme not in {"http", "https"} or (url.scheme, target.scheme) == ("https", "http"):
            raise EnvironmentProblem(
                f"`{name}` redirects from {url.scheme} to {shown(target.scheme)}, which is not followed", hint=_BY_HAND
            )
        url = target
    raise EnvironmentProblem(f"`{name}` redirects more than {MAX_REDIRECTS} times", hint=_BY_HAND)


def _parsed(url: str) -> Any:
    """Parse a URL as the client will; `None` where it is none."""
    import yarl

    try:
        return yarl.URL(url)
    except ValueError:
        return None


def _read(run: Callable[..., Any], response: Any, size: int, name: str) -> bytes:
    """Read some bytes; a connection that breaks is told from the end."""
    import aiohttp

    try:
        return bytes(run(response.content.read, size))
    except aiohttp.ClientPayloadError:
        expected = "more" if response.content_length is None else f"{response.content_length:,} bytes"
        raise IntegrityError(
            f"`{name}` arrived incomplete: expected {expected}, the connection broke before", hint="fetch it again"
        ) from None


def _name(response: Any) -> str:
    """Take the file's name: from the server's header, else from the URL."""
    given = response.content_disposition.filename if response.content_disposition is not None else None
    return file_name(unquote(given) if given else response.url.raw_path)


def _check_status(status: int, name: str) -> None:
    """Say in words what the server answered; only 200 is a file."""
    if status == 200:
        return
    reason, hint = {
        401: ("the server asks for a login (401)", _BY_HAND),
        403: ("the server refuses access (403)", _BY_HAND),
        404: ("the server has no such file (404)", "check the URL"),
        407: ("a proxy asks for a login (407)", _BY_HAND),
        410: ("the server has it no more (410)", "look for a newer address"),
        429: ("the server asks for fewer requests (429)", "try again later"),
    }.get(status, (f"the server answers {status}", _BY_HAND))
    if status >= 500:
        reason, hint = f"the server is in trouble ({status})", "try again later"
    raise EnvironmentProblem(f"cannot fetch `{name}`: {reason}", hint=hint)


@contextmanager
def _said_plainly(name: str) -> Iterator[None]:
    """Turn what the client raises into an error without a URL in it; the cause is dropped for the same reason."""
    import aiohttp

    try:
        yield
    except DatakitError:
        raise
    except aiohttp.ClientConnectorDNSError:
        raise network.unknown_host(name) from None
    except aiohttp.ClientConnectorCertificateError:
        raise EnvironmentProblem(f"cannot fetch `{name}`: its certificate cannot be verified", hint=_BY_HAND) from None
    except aiohttp.ClientSSLError:
        raise EnvironmentProblem(
            f"cannot fetch `{name}`: the server does not speak TLS", hint="check the URL"
        ) from None
    except aiohttp.ClientConnectorError as error:
        raise _unreachable(error.os_error, name) from None
    except aiohttp.InvalidURL:
        raise not_a_url(name) from None
    except TimeoutError:
        seconds = f"{network.CONNECT_SECONDS} s to connect, {network.READ_SECONDS} s to read"
        raise EnvironmentProblem(
            f"cannot fetch `{name}`: no answer in time ({seconds})", hint="try again later"
        ) from None
    except aiohttp.ClientError as error:
        kind = type(error).__name__
        raise EnvironmentProblem(
            f"cannot fetch `{name}`: the connection failed ({kind})", hint="try again later"
        ) from None


def _unreachable(error: OSError, name: str) -> EnvironmentProblem:
    """Say why no connection came about."""
    if isinstance(error, network.Refused):
        return network.private_host(name, str(error))
    reason = "the connection was refused" if error.errno == errno.ECONNREFUSED else "the host cannot be reached"
    return EnvironmentProblem(f"cannot fetch `{name}`: {reason}", hint="check host and port")

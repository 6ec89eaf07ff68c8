"""Requests that take too long, and refusals in words that say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from datakit.errors import EnvironmentProblem
from datakit.store import network, remote_calls
from datakit.store.remote_calls import Patience, asking
from datakit.store.remotes import Remote


def remote(patience: float = 0.05, protocol: str = "s3") -> Remote:
    """Return a remote of which only the kind matters."""
    return Remote("s", f"{protocol}://data/top", "data/top/files/md5", SimpleNamespace(protocol=protocol), 1, patience)


class TestPatience:
    def test_a_request_that_never_ends(self) -> None:
        with pytest.raises(TimeoutError, match=r"^no answer in 0 s$"):
            asyncio.run(Patience(remote()).hold(lambda: asyncio.sleep(60)))

    def test_what_is_announced_is_waited_for(self) -> None:
        patience = Patience(remote())

        async def work() -> str:
            patience.extend(network.SLOWEST * 60)
            await asyncio.sleep(0.2)
            return "came"

        assert asyncio.run(patience.hold(work)) == "came"
        assert patience.seconds == pytest.approx(60.05)

    def test_a_time_out_of_the_library_keeps_its_words(self) -> None:
        async def work() -> None:
            raise TimeoutError("the library's own")

        with pytest.raises(TimeoutError, match=r"^the library's own$"):
            asyncio.run(Patience(remote(60)).hold(work))


def said(error: Exception, action: str = "write to", name: str = "", protocol: str = "s3") -> tuple[str, str]:
    """Return what is said about an error."""
    with pytest.raises(EnvironmentProblem) as caught, asking(remote(protocol=protocol), action, name):
        raise error
    return caught.value.message, caught.value.hint or ""


def refusal(word: str) -> Callable[[], PermissionError]:
    """Make what s3fs raises where S3 refuses with a word."""

    def make() -> PermissionError:
        library = RuntimeError(word)
        library.response = {"Error": {"Code": word}}  # type: ignore[attr-defined]
        error = PermissionError(word)
        error.__cause__ = library
        return error

    return make


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("SignatureDoesNotMatch", "s3://data/top refuses these credentials (403)", "dvc remote modify --local s access_key_id"),
        ("AccessDenied", "s3://data/top does not allow it to these credentials (403)", "ask the bucket's owner for s3:PutObject below s3://data/top; or"),
        ("ExpiredToken", "the credentials for s3://data/top have expired (403)", "log in again, or give a new session_token: dvc"),
        ("RequestTimeTooSkewed", "the clock of this machine is not that of s3://data/top (403)", "set the clock: `timedatectl status`"),
    ],
)  # fmt: skip
def test_each_refusal_has_its_mend(word: str, message: str, hint: str) -> None:
    error = refusal(word)()
    assert remote_calls.code(error) == word
    found = said(error)
    assert found[0] == f"cannot write to remote `s`: {message}"
    assert found[1].startswith(hint)


def test_a_web_server_that_refuses() -> None:
    error = RuntimeError("401, message='Unauthorized'")
    error.status = 401  # type: ignore[attr-defined]
    assert said(error, protocol="http")[0] == (
        "cannot write to remote `s`: http://data/top refuses these credentials (401)"
    )


def test_everything_else_names_the_object() -> None:
    assert said(OSError("broken"), "read from", "0" * 32)[0] == (
        f"cannot read from remote `s` (s3://data/top): broken, at object {'0' * 32}"
    )


def test_a_bug_stays_one() -> None:
    with pytest.raises(TypeError, match="a bug"), asking(remote(), "read from"):
        raise TypeError("a bug")

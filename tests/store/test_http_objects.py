"""Objects on a web server: there, not there, or not to be had; and what was sent is read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, IntegrityError
from datakit.progress import SILENT
from datakit.store import remote_objects, remotes
from datakit.store.remotes import Remote
from tests.support import proxy
from tests.support.datasets import md5
from tests.support.proxy import Proxy
from tests.support.repo import Repo

BYTES = b"0123456789"
NAME = md5(BYTES)


@pytest.fixture
def between() -> Iterator[tuple[Proxy, dict[str, bytes]]]:
    """A web server behind a proxy, and what it keeps."""
    with proxy.shelf() as (address, kept), proxy.between(address) as made:
        yield made, kept


@pytest.fixture
def remote(repo: Repo, between: tuple[Proxy, dict[str, bytes]]) -> Remote:
    """A remote there."""
    repo.dvc("remote", "add", "--default", "s", f"{between[0].address}/top")
    return remotes.open_remote(repo.path)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with the bytes."""
    (tmp_path / "source").write_bytes(BYTES)
    return tmp_path / "source"


def test_there_and_back(remote: Remote, between: tuple[Proxy, dict[str, bytes]], source: Path, tmp_path: Path) -> None:
    assert remote_objects.size(remote, NAME) is None
    remote_objects.upload(remote, NAME, source, SILENT)
    assert between[1] == {f"/top/files/md5/{NAME[:2]}/{NAME[2:]}": BYTES}
    assert remote_objects.size(remote, NAME) == 10
    remote_objects.download(remote, NAME, str(tmp_path / "back"), 10, SILENT)
    assert (tmp_path / "back").read_bytes() == BYTES


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_that_knows_no_look(
    remote: Remote, between: tuple[Proxy, dict[str, bytes]], source: Path, status: int
) -> None:
    remote_objects.upload(remote, NAME, source, SILENT)
    with between[0].spoiling(proxy.answered(status), lambda exchange: exchange.method == "HEAD"):
        assert remote_objects.size(remote, NAME) == 10
        assert remote_objects.size(remote, md5("other")) is None


def test_a_server_that_tells_no_length(remote: Remote, between: tuple[Proxy, dict[str, bytes]], source: Path) -> None:
    remote_objects.upload(remote, NAME, source, SILENT)

    def chunked(exchange: proxy.Exchange) -> None:
        body = b"" if exchange.method == "HEAD" else b"a\r\n0123456789\r\n0\r\n\r\n"
        exchange.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    with between[0].spoiling(chunked, lambda _exchange: True):
        assert remote_objects.size(remote, NAME) == 10


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_refusal_is_no_missing_object(remote: Remote, between: tuple[Proxy, dict[str, bytes]], status: int) -> None:
    spoiling = between[0].spoiling(proxy.answered(status), lambda _exchange: True)
    with spoiling, pytest.raises(EnvironmentProblem) as caught:
        remote_objects.size(remote, NAME)
    assert caught.value.message.startswith("cannot look at remote `s`")
    assert str(status) in caught.value.message


@pytest.mark.parametrize("change", [proxy.flip, lambda body: body[:-1]], ids=["flipped", "short"])
def test_other_bytes_are_not_left_there(
    remote: Remote, between: tuple[Proxy, dict[str, bytes]], source: Path, change: Callable[[bytes], bytes]
) -> None:
    spoiling = between[0].spoiling(proxy.sent(change), lambda exchange: exchange.method == "POST")
    with spoiling, pytest.raises(IntegrityError) as caught:
        remote_objects.upload(remote, NAME, source, SILENT)
    found = change(BYTES)
    assert caught.value.message == (
        f"remote `s` kept other bytes of object `{NAME}` than it was sent: "
        f"{len(found)} bytes of md5 {md5(found)}, expected 10"
    )
    assert between[1] == {}


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "http://10.1.2.3/", "http://[::ffff:10.0.0.1]/"])
def test_a_server_leads_to_itself_and_to_public_hosts_only(
    remote: Remote, between: tuple[Proxy, dict[str, bytes]], tmp_path: Path, target: str
) -> None:
    spoiling = between[0].spoiling(proxy.answered(302, Location=target), lambda _exchange: True)
    with spoiling, pytest.raises(EnvironmentProblem, match=r"redirects to [0-9a-f.:]+, which is not public, at object"):
        remote_objects.download(remote, NAME, str(tmp_path / "to"), 10, SILENT)
    assert between[0].met == 1


def test_a_server_may_lead_to_itself(
    remote: Remote, between: tuple[Proxy, dict[str, bytes]], source: Path, tmp_path: Path
) -> None:
    remote_objects.upload(remote, NAME, source, SILENT)
    between[1]["/elsewhere"] = BYTES
    spoils = between[0].spoiling(proxy.answered(302, Location="/elsewhere"), lambda asked: "/files/" in asked.path)
    with spoils:
        remote_objects.download(remote, NAME, str(tmp_path / "to"), 10, SILENT)
    assert (tmp_path / "to").read_bytes() == BYTES

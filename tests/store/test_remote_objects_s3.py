"""Objects on an S3 server through DVC's own file system, and everything that it may refuse."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datakit.errors import DatakitError, EnvironmentProblem
from datakit.progress import SILENT
from datakit.store import remote_objects, remotes
from datakit.store.remotes import Remote
from tests.support import s3
from tests.support.datasets import md5
from tests.support.repo import Repo

BYTES = b"0123456789"
NAME = md5(BYTES)
OPEN = Callable[..., Remote]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """An S3 server with a bucket."""
    with s3.server() as found:
        s3.client(found).create_bucket(Bucket="data")
        yield found


@pytest.fixture
def opened(repo: Repo, address: str, monkeypatch: pytest.MonkeyPatch) -> OPEN:
    """A function that opens a remote on the server."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def make(url: str = "s3://data/top", endpoint: str = address, secret: str = s3.SECRET) -> Remote:
        repo.dvc("remote", "add", "--force", "--default", "s", url)
        repo.dvc("remote", "modify", "s", "endpointurl", endpoint)
        if secret:
            repo.dvc("remote", "modify", "--local", "s", "access_key_id", s3.KEY)
            repo.dvc("remote", "modify", "--local", "s", "secret_access_key", secret)
        return remotes.open_remote(repo.path)

    return make


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with the bytes."""
    (tmp_path / "source").write_bytes(BYTES)
    return tmp_path / "source"


def error_of(work: Callable[[], object]) -> DatakitError:
    """Return the error of something that fails, which names no key."""
    with pytest.raises(EnvironmentProblem) as caught:
        work()
    assert "canary" not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


def test_there_and_back(opened: OPEN, address: str, source: Path, tmp_path: Path) -> None:
    remote = opened()
    assert (remote.url, remote.root) == ("s3://data/top", "data/top/files/md5")
    assert remote_objects.size(remote, NAME) is None
    remote_objects.upload(remote, NAME, source, SILENT)
    assert remote_objects.size(remote, NAME) == 10
    assert s3.keys(address, "data") == {f"top/files/md5/{NAME[:2]}/{NAME[2:]}": BYTES}
    target = tmp_path / "back"
    remote_objects.download(remote, NAME, str(target), 10, SILENT)
    assert target.read_bytes() == BYTES
    with pytest.raises(remote_objects.TooLong):
        remote_objects.download(remote, NAME, str(target), 9, SILENT)
    with pytest.raises(FileNotFoundError):
        remote_objects.download(remote, md5("other"), str(target), 9, SILENT)
    assert remote_objects.place_exists(remote)


def test_a_bucket_that_is_not_there(opened: OPEN, source: Path) -> None:
    remote = opened("s3://nothing/top")
    assert remote_objects.size(remote, NAME) is None
    assert not remote_objects.place_exists(remote)
    error = remote_objects.no_place(remote)
    assert (error.message, error.hint) == (
        "the bucket of remote `s` does not exist: s3://nothing/top",
        "make it, or correct the address with `dvc remote modify s url URL`",
    )
    with pytest.raises(FileNotFoundError):
        remote_objects.upload(remote, NAME, source, SILENT)


def test_wrong_keys(opened: OPEN, address: str, source: Path) -> None:
    remote = opened(secret="canary-wrong")
    with s3.authorised(address):
        error = error_of(lambda: remote_objects.size(remote, NAME))
        assert error.message == "cannot look at remote `s`: s3://data/top refuses these credentials (403)"
        assert error.hint is not None
        assert error.hint.startswith("dvc remote modify --local s access_key_id …")
        other = error_of(lambda: remote_objects.upload(remote, NAME, source, SILENT))
        assert other.message == "cannot write to remote `s`: s3://data/top refuses these credentials (403)"


def test_no_keys(opened: OPEN) -> None:
    remote = opened(secret="")
    assert error_of(lambda: remote_objects.size(remote, NAME)).message == (
        "there are no credentials for remote `s`: s3://data/top"
    )


def test_a_server_that_is_not_there(opened: OPEN) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        remote = opened(endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}")
        began = time.monotonic()
        error = error_of(lambda: remote_objects.size(remote, NAME))
    assert error.message.startswith("cannot look at remote `s` (s3://data/top): Could not connect")
    assert error.hint == "check the network and the address (`dvc remote list`), then run the command again"
    assert time.monotonic() - began < 60

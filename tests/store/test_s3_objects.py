"""Objects on S3: proved by what the server answers, looked up by pages of names, refused in the server's own words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from datakit.errors import EnvironmentProblem, IntegrityError
from datakit.progress import SILENT
from datakit.store import remote_objects, remotes, s3_objects
from datakit.store.remotes import Remote
from tests.support import proxy, s3
from tests.support.datasets import md5
from tests.support.proxy import Proxy
from tests.support.repo import Repo

BYTES = b"0123456789"
NAME = md5(BYTES)
OPEN = Callable[..., Remote]


@pytest.fixture(scope="module")
def between() -> Iterator[Proxy]:
    """An S3 server with a bucket, behind a proxy."""
    with s3.server() as address, proxy.between(address) as made:
        s3.client(address).create_bucket(Bucket="proved")
        yield made


@pytest.fixture
def opened(repo: Repo, between: Proxy, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> OPEN:
    """A function that opens a remote on the server, in a folder of the test's own."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def make(key: str = s3.KEY, secret: str = s3.SECRET) -> Remote:
        repo.dvc("remote", "add", "--force", "--default", "s", f"s3://proved/{request.node.name}")
        repo.dvc("remote", "modify", "s", "endpointurl", between.address)
        repo.dvc("remote", "modify", "--local", "s", "access_key_id", key)
        repo.dvc("remote", "modify", "--local", "s", "secret_access_key", secret)
        return remotes.open_remote(repo.path)

    return make


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with the bytes."""
    (tmp_path / "source").write_bytes(BYTES)
    return tmp_path / "source"


def requests(between: Proxy, work: Callable[[], object]) -> list[str]:
    """Return the methods of the requests that something makes."""
    seen: list[str] = []

    def note(exchange: proxy.Exchange) -> None:
        seen.append(exchange.method)
        exchange.send(exchange.forward())

    with between.spoiling(note, lambda _exchange: True):
        work()
    return seen


def test_one_request_each_way(opened: OPEN, between: Proxy, source: Path) -> None:
    remote = opened()
    assert requests(between, lambda: remote_objects.size(remote, NAME)) == ["HEAD"]
    assert requests(between, lambda: remote_objects.upload(remote, NAME, source, SILENT)) == ["PUT"]
    assert requests(between, lambda: remote_objects.size(remote, NAME)) == ["HEAD"]


def test_a_page_of_names_spares_looks(opened: OPEN, between: Proxy, source: Path) -> None:
    remote = opened()
    names = [f"{NAME[:30]}{number:02}" for number in range(6)]
    remote_objects.upload(remote, NAME, source, SILENT)
    found: list[int | None] = []
    assert requests(between, lambda: found.extend(remote_objects.sizes(remote, [*names, NAME]))) == ["GET"]
    assert found == [*[None] * 6, 10]


def test_what_is_behind_a_page_is_asked_for(opened: OPEN, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = opened()
    monkeypatch.setattr(s3_objects, "PAGE", 1)
    monkeypatch.setattr(s3_objects, "LISTED", 2)
    for name in ("0" * 32, "0" * 31 + "1", NAME):
        s3_objects.send(remote, NAME, source, 10)
        s3_objects._call(remote, "put_object", s3_objects._where(remote, name), Body=BYTES)
    wanted = [NAME, "f" * 32, "0" * 31 + "1", "0" * 32, "0" * 31 + "2"]
    assert list(remote_objects.sizes(remote, wanted)) == [10, None, 10, 10, None]


def test_other_bytes_are_not_left_there(opened: OPEN, between: Proxy, source: Path) -> None:
    """This server takes any bytes; its ETag tells."""
    remote = opened()
    spoiling = between.spoiling(proxy.sent(proxy.flip), lambda exchange: exchange.method == "PUT")
    with spoiling, pytest.raises(IntegrityError) as caught:
        remote_objects.upload(remote, NAME, source, SILENT)
    assert caught.value.message == (
        f"remote `s` kept other bytes of object `{NAME}` than it was sent: "
        f"ETag {md5(proxy.flip(BYTES))}, expected {NAME}"
    )
    assert remote_objects.size(remote, NAME) is None


@pytest.mark.parametrize("kind", ["aws:kms", "aws:kms:dsse"])
def test_an_etag_of_a_key_service_tells_nothing(opened: OPEN, between: Proxy, source: Path, kind: str) -> None:
    remote = opened()
    fault = proxy.with_headers(ETag=f'"{"0" * 32}"', x_amz_server_side_encryption=kind)
    with between.spoiling(fault, lambda exchange: exchange.method in {"PUT", "HEAD"}):
        remote_objects.upload(remote, NAME, source, SILENT)
    assert remote_objects.size(remote, NAME) == 10


def test_an_object_of_parts(opened: OPEN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote, part = opened(), 5 * 2**20
    monkeypatch.setattr(s3_objects, "WHOLE", part)
    monkeypatch.setattr(s3_objects, "PART", part)
    (tmp_path / "big").write_bytes(b"x" * (2 * part + 1))
    name = md5(b"x" * (2 * part + 1))
    remote_objects.upload(remote, name, tmp_path / "big", SILENT)
    assert remote_objects.size(remote, name) == 2 * part + 1


@pytest.fixture
def user(between: Proxy) -> Iterator[tuple[str, str]]:
    """Somebody who may do nothing but list, on a server that checks it."""
    address = "http://{}:{}".format(*between.behind)
    iam = boto3.client(
        "iam", endpoint_url=address, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    iam.create_user(UserName="reader")
    rule = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
    iam.put_user_policy(UserName="reader", PolicyName="list", PolicyDocument=document)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    with s3.authorised(address):
        yield key["AccessKeyId"], key["SecretAccessKey"]
    iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="reader", PolicyName="list")
    iam.delete_user(UserName="reader")


def test_a_policy_that_denies(opened: OPEN, user: tuple[str, str], source: Path, tmp_path: Path) -> None:
    """A look has no words; a byte is asked for, so that the right that is missing is named."""
    remote = opened(*user)
    where = remote.url
    for work, action, rights in (
        (lambda: remote_objects.size(remote, NAME), "look at", "s3:GetObject and s3:ListBucket"),
        (lambda: remote_objects.upload(remote, NAME, source, SILENT), "write to", "s3:PutObject"),
        (lambda: remote_objects.download(remote, NAME, str(tmp_path / "to"), 10, SILENT), "read from", "s3:GetObject"),
    ):
        with pytest.raises(EnvironmentProblem) as caught:
            work()  # type: ignore[no-untyped-call]
        assert (
            caught.value.message == f"cannot {action} remote `s`: {where} does not allow it to these credentials (403)"
        )
        assert caught.value.hint is not None
        assert caught.value.hint.startswith(
            f"ask the bucket's owner for {rights} below {where}; or other credentials: dvc remote"
        )


@pytest.mark.parametrize("wrong", ["key", "secret"])
def test_keys_that_nobody_has(opened: OPEN, user: tuple[str, str], wrong: str) -> None:
    remote = opened(*{"key": ("canary-nobody", user[1]), "secret": (user[0], "canary-wrong")}[wrong])
    with pytest.raises(EnvironmentProblem) as caught:
        remote_objects.size(remote, NAME)
    assert caught.value.message == f"cannot look at remote `s`: {remote.url} refuses these credentials (403)"
    assert "canary" not in f"{caught.value.message}{caught.value.hint}"

"""An S3 server on this machine, with and without checks of who asks."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from tests.support.repo import Repo

KEY, SECRET = "canary-key-id", "canary-secret-of-the-tests"


@contextmanager
def server() -> Iterator[str]:
    """Run a server and give its address."""
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        made.stop()


def client(address: str) -> Any:
    """Return a client that may do everything."""
    return boto3.client(
        "s3", endpoint_url=address, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
    )


@contextmanager
def authorised(address: str) -> Iterator[None]:
    """Let the server check keys and rights for a while."""
    _post(address, b"0")
    try:
        yield
    finally:
        _post(address, b"1000000000")


def keys(address: str, bucket: str) -> dict[str, bytes]:
    """Return every object of a bucket."""
    s3 = client(address)
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed}


def _post(address: str, count: bytes) -> None:
    """Tell the server how many more requests nobody has to sign."""
    request = urllib.request.Request(
        f"{address}/moto-api/reset-auth", data=count, headers={"Content-Type": "text/plain"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def remote(repo: Repo, address: str, url: str) -> None:
    """Make a place on the server the default remote of a repository, with keys that Git does not see."""
    repo.dvc("remote", "add", "--force", "--default", "storage", url)
    repo.dvc("remote", "modify", "storage", "endpointurl", address)
    repo.dvc("remote", "modify", "--local", "storage", "access_key_id", KEY)
    repo.dvc("remote", "modify", "--local", "storage", "secret_access_key", SECRET)

"""Fetching from an S3 server: versions, ETags of one and of several parts, checksums, and what is refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, UsageError
from datakit.store import proofs
from datakit.store.fetch import fetch

DATA = os.urandom(100_000)
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 server on this machine."""
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client with an empty bucket that keeps versions."""
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "canary-key-id", "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="raw")
    client.put_bucket_versioning(Bucket="raw", VersioningConfiguration={"Status": "Enabled"})
    return client


class TestWhatArrives:
    def test_version_etag_and_checksum(self, s3: Any, tmp_path: Path) -> None:
        put = s3.put_object(Bucket="raw", Key="in/a.csv", Body=DATA, ChecksumAlgorithm="SHA256")
        found = fetch("s3://raw/in/a.csv", tmp_path)
        assert (found.path.read_bytes(), found.name, found.md5) == (DATA, "a.csv", MD5)
        assert found.proofs["etag"] == f'"{MD5}"'
        assert found.proofs["version_id"] == put["VersionId"]
        assert found.proofs["checksum_sha256"] == put["ChecksumSHA256"]
        assert found.proofs["last_modified"][:4].isdigit()

    def test_version_that_is_asked_for(self, s3: Any, tmp_path: Path) -> None:
        old = s3.put_object(Bucket="raw", Key="v.csv", Body=b"old")["VersionId"]
        new = s3.put_object(Bucket="raw", Key="v.csv", Body=b"newer")["VersionId"]
        first, second = fetch(f"s3://raw/v.csv?versionId={old}", tmp_path), fetch("s3://raw/v.csv", tmp_path)
        assert (first.path.read_bytes(), first.proofs["version_id"], first.name) == (b"old", old, "v.csv")
        assert (second.path.read_bytes(), second.proofs["version_id"]) == (b"newer", new)
        assert first.uri == f"s3://raw/v.csv?versionId={old}"

    def test_etag_of_several_parts_is_no_md5(self, s3: Any, tmp_path: Path) -> None:
        upload = s3.create_multipart_upload(Bucket="raw", Key="big")["UploadId"]
        parts = []
        for number, body in enumerate((b"x" * 5_242_880, b"y" * 10), start=1):
            part = s3.upload_part(Bucket="raw", Key="big", UploadId=upload, PartNumber=number, Body=body)
            parts.append({"ETag": part["ETag"], "PartNumber": number})
        s3.complete_multipart_upload(Bucket="raw", Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
        found = fetch("s3://raw/big", tmp_path)
        assert found.size == 5_242_890
        assert found.proofs["etag"].endswith('-2"')

    def test_bucket_without_versions(self, s3: Any, tmp_path: Path) -> None:
        s3.create_bucket(Bucket="plain")
        s3.put_object(Bucket="plain", Key="a", Body=DATA)
        found = fetch("s3://plain/a", tmp_path)
        assert (found.md5, "version_id" in found.proofs) == (MD5, False)


class TestRefused:
    @pytest.mark.parametrize(
        ("url", "kind", "message"),
        [
            ("s3://raw/no", EnvironmentProblem, "cannot fetch `s3://raw/no`: it does not exist"),
            ("s3://no-such-bucket/a", EnvironmentProblem, "cannot fetch `s3://no-such-bucket/a`: it does not exist"),
            ("s3://raw/dir", UsageError, "`s3://raw/dir` is not a file but a directory"),
            ("s3://raw", UsageError, "`s3://raw` is not a file but a directory"),
        ],
    )
    def test_says_what(self, s3: Any, tmp_path: Path, url: str, kind: type[DatakitError], message: str) -> None:
        s3.put_object(Bucket="raw", Key="dir/a", Body=b"x")
        with pytest.raises(kind) as caught:
            fetch(url, tmp_path)
        assert caught.value.message == message
        assert list(tmp_path.iterdir()) == []

    def test_md5_that_does_not_hold(self, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        s3.put_object(Bucket="raw", Key="a.csv", Body=DATA)
        real = proofs.of_s3
        monkeypatch.setattr(proofs, "of_s3", lambda head: real({**head, "ETag": f'"{"0" * 32}"'}))
        with pytest.raises(
            IntegrityError, match=rf"^`s3://raw/a\.csv` arrived damaged: expected md5 {'0' * 32}, found {MD5}$"
        ):
            fetch("s3://raw/a.csv", tmp_path)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.usefixtures("s3")
    def test_server_that_is_gone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(EnvironmentProblem, match=r"^cannot fetch `s3://raw/a`: ") as caught:
            fetch("s3://raw/a", tmp_path)
        assert "canary" not in caught.value.message

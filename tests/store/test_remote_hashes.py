"""What the objects of servers hash to: an ETag that is the md5 in the name proves an object, any other proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import EnvironmentProblem
from datakit.store import proofs, remote_hashes, remotes
from datakit.store.remotes import Remote
from tests.support import s3
from tests.support.datasets import md5
from tests.support.repo import Repo

BYTES = b"0123456789" * 1000
NAME = md5(BYTES)
BUCKET = "hashes"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """An S3 server with a bucket."""
    with s3.server() as found:
        s3.client(found).create_bucket(Bucket=BUCKET)
        yield found


@pytest.fixture
def remote(repo: Repo, address: str, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """A remote on the server."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3.remote(repo, address, f"s3://{BUCKET}/top")
    return remotes.open_remote(repo.path)


def key(name: str) -> str:
    """Return the key of an object."""
    return f"top/files/md5/{name[:2]}/{name[2:]}"


def put(address: str, name: str, data: bytes, **options: Any) -> None:
    """Put an object on the server, in one part."""
    s3.client(address).put_object(Bucket=BUCKET, Key=key(name), Body=data, **options)


def test_an_object_of_one_part_is_vouched_for(remote: Remote, address: str) -> None:
    put(address, NAME, BYTES)
    said = remote_hashes.stated(remote, NAME)
    assert said is not None
    assert (said.size, said.etag) == (len(BYTES), NAME)
    assert remote_hashes.read(remote, NAME, said.size) == NAME


def test_other_bytes_have_another_etag(remote: Remote, address: str) -> None:
    put(address, NAME, b"other")
    said = remote_hashes.stated(remote, NAME)
    assert said is not None
    assert said.etag == md5(b"other")
    assert remote_hashes.read(remote, NAME, said.size) == md5(b"other")


def test_an_object_of_several_parts_is_read(remote: Remote, address: str) -> None:
    client, data = s3.client(address), BYTES * 600  # the first part of an upload has 5 MiB at least
    name, place = md5(data), {"Bucket": BUCKET, "Key": key(md5(data))}
    upload = client.create_multipart_upload(**place)["UploadId"]
    parts = []
    for number, piece in enumerate((data[: 5 * 2**20], data[5 * 2**20 :]), start=1):
        tag = client.upload_part(**place, UploadId=upload, PartNumber=number, Body=piece)["ETag"]
        parts.append({"ETag": tag, "PartNumber": number})
    client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
    said = remote_hashes.stated(remote, name)
    assert said is not None
    assert (said.size, said.etag) == (len(data), "")
    assert remote_hashes.read(remote, name, said.size) == name


@pytest.mark.parametrize("options", [{"ServerSideEncryption": "aws:kms"}, {"ServerSideEncryption": "aws:kms:dsse"}])
def test_an_object_with_a_key_of_its_own_is_read(remote: Remote, address: str, options: dict[str, str]) -> None:
    put(address, NAME, BYTES, **options)
    said = remote_hashes.stated(remote, NAME)
    assert said is not None
    assert said.etag == ""
    assert remote_hashes.read(remote, NAME, said.size) == NAME


def test_what_the_service_encrypts_with_its_own_key_has_the_md5(remote: Remote, address: str) -> None:
    put(address, NAME, BYTES, ServerSideEncryption="AES256")
    said = remote_hashes.stated(remote, NAME)
    assert said is not None
    assert said.etag == NAME


@pytest.mark.parametrize("etag", ['"0"', '"5E1"', '""', f'"{NAME}-1"', f'"{NAME.upper()}"'])
def test_an_etag_of_another_form_proves_nothing(etag: str) -> None:
    """One of the right form that is no md5 is not the one in the name, so that the bytes are read."""
    assert "md5" not in proofs.of_s3({"ETag": etag}).expected


def test_what_changes_with_an_object(remote: Remote, address: str) -> None:
    put(address, NAME, BYTES)
    first, again = remote_hashes.stated(remote, NAME), remote_hashes.stated(remote, NAME)
    put(address, NAME, b"other")
    other = remote_hashes.stated(remote, NAME)
    assert first is not None
    assert other is not None
    assert (first == again, len(first.mark), first.mark == other.mark) == (True, 32, False)


def test_what_is_not_there(remote: Remote) -> None:
    missing = md5("missing")
    assert remote_hashes.stated(remote, missing) is None
    assert remote_hashes.whole(remote, missing, 10) is None
    with pytest.raises(FileNotFoundError):
        remote_hashes.read(remote, missing, 10)


def test_a_whole_object(remote: Remote, address: str) -> None:
    put(address, NAME, BYTES)
    assert remote_hashes.whole(remote, NAME, len(BYTES)) == BYTES
    assert remote_hashes.whole(remote, NAME, len(BYTES) - 1) is None


def test_a_whole_object_of_a_folder(tmp_path: Path) -> None:
    here = Remote("storage", str(tmp_path), str(tmp_path), None, 1, 1.0)
    assert remote_hashes.whole(here, NAME, 10) is None
    place = Path(here.path(NAME))
    place.parent.mkdir()
    place.write_bytes(b"bytes")
    assert (remote_hashes.whole(here, NAME, 5), remote_hashes.whole(here, NAME, 4)) == (b"bytes", None)


def test_a_refusal_names_the_remote(remote: Remote, address: str, repo: Repo) -> None:
    repo.dvc("remote", "modify", "--local", "storage", "secret_access_key", "canary-wrong")
    wrong = remotes.open_remote(repo.path)
    with s3.authorised(address):
        for work in (lambda: remote_hashes.stated(wrong, NAME), lambda: remote_hashes.read(wrong, NAME, 1)):
            with pytest.raises(EnvironmentProblem, match=r"remote `storage`.*refuses these credentials"):
                work()

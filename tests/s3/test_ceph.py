"""The life of a table and a folder on a real S3: Ceph checks who asks, which bytes arrive, and who may do what."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

import datakit
from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError
from datakit.store import s3_objects
from tests.support import ceph, proxy, s3
from tests.support.clones import FOLDER, TABLE, changed, cloned, files, published
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.repo import Repo

BUCKETS = (f"bucket{number}" for number in itertools.count())
Pointed = Callable[[Repo, str], Repo]


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new bucket."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = next(BUCKETS)
    s3.client(address).create_bucket(Bucket=name)
    return name


@pytest.fixture
def origin(project: Repo, bucket: str, address: str) -> Repo:
    """A project with a table and a folder, whose remote is the bucket; nothing is pushed."""
    return keyed(published(project, f"s3://{bucket}/top"), address)


def keyed(repo: Repo, address: str, key: str = s3.KEY, secret: str = s3.SECRET) -> Repo:
    """Give a repository the address and keys of its own."""
    for name, value in (("endpointurl", address), ("access_key_id", key), ("secret_access_key", secret)):
        repo.dvc("remote", "modify", "--local", "storage", name, value)
    return repo


def objects(repo: Repo) -> dict[str, bytes]:
    """Return what a cache has, by its key on the server."""
    return {f"top/{path}": data for path, data in files(repo.path / ".dvc/cache").items()}


def error_of(work: Callable[[], object], kind: type[DatakitError] = EnvironmentProblem) -> DatakitError:
    """Return the error of something that fails, which tells no secret."""
    with pytest.raises(kind) as caught:
        work()
    assert "secret" not in caught.value.message
    return caught.value


def test_there_and_back(origin: Repo, bucket: str, address: str) -> None:
    sent = datakit.push(root=origin.path)
    assert s3.keys(address, bucket) == objects(origin)
    assert [item.uploaded for item in datakit.push(root=origin.path)] == [0, 0]
    assert "up to date" in origin.dvc("push")
    assert "in sync" in origin.dvc("status", "--cloud")
    clone = keyed(cloned(origin, origin.path.parent / "clone"), address)
    assert [item.fetched for item in datakit.pull(root=clone.path)] == [item.uploaded for item in sent]
    assert (clone.read(TABLE), files(clone.path / FOLDER)) == (BIRDS, files(origin.path / FOLDER))
    assert all(item.faults == () for item in datakit.verify(root=clone.path))
    by_dvc = keyed(cloned(origin, origin.path.parent / "other"), address)
    by_dvc.dvc("pull", "--quiet")
    assert (by_dvc.read(TABLE), files(by_dvc.path / FOLDER)) == (BIRDS, files(origin.path / FOLDER))


def test_what_dvc_sends_is_there(origin: Repo, address: str, bucket: str) -> None:
    changed(origin)
    origin.dvc("push", "--quiet")
    assert [(item.uploaded, item.present) for item in datakit.push(root=origin.path)] == [(0, 1), (0, 4)]
    clone = keyed(cloned(origin, origin.path.parent / "clone"), address)
    datakit.pull(root=clone.path)
    assert clone.read(TABLE) == MORE_BIRDS


def test_objects_that_are_missing_or_wrong(origin: Repo, address: str, bucket: str) -> None:
    datakit.push(root=origin.path)
    client, key = s3.client(address), f"top/files/md5/{md5(BIRDS)[:2]}/{md5(BIRDS)[2:]}"
    clone = keyed(cloned(origin, origin.path.parent / "clone"), address)
    client.put_object(Bucket=bucket, Key=key, Body=b"x" * len(BIRDS))
    error = error_of(lambda: datakit.pull("birds", root=clone.path), IntegrityError)
    assert f"object {md5(BIRDS)}: expected md5 {md5(BIRDS)}, found" in error.message
    client.delete_object(Bucket=bucket, Key=key)
    error = error_of(lambda: datakit.pull("birds", root=clone.path), IntegrityError)
    assert error.message == f"remote `storage`: {TABLE}: object {md5(BIRDS)}: it is not there"
    assert sum(item.uploaded for item in datakit.push(root=origin.path)) == 1
    datakit.pull(root=clone.path)
    assert clone.read(TABLE) == BIRDS


def test_a_page_of_names_does_not_end_the_store(
    origin: Repo, address: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More objects than a page shows: those behind its end are asked for by themselves."""
    client = s3.client(address)
    for number in range(8):
        client.put_object(Bucket=bucket, Key=f"top/files/md5/00/{number:030x}", Body=b"x")
    monkeypatch.setattr(s3_objects, "LISTED", 2)
    monkeypatch.setattr(s3_objects, "PAGE", 5)
    assert sum(item.uploaded for item in datakit.push(root=origin.path)) == len(objects(origin))
    assert sum(item.uploaded for item in datakit.push(root=origin.path)) == 0


def test_an_object_of_parts(origin: Repo, address: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A big one goes in parts, whose ETag is no md5; ours is computed and held against it."""
    monkeypatch.setattr(s3_objects, "WHOLE", 6 * 2**20)
    monkeypatch.setattr(s3_objects, "PART", 3 * 2**20 + 2**21)
    data = bytes(range(256)) * 4 * 2**10 * 12
    origin.write({"data/raw/big.bin": data})
    datakit.add("data/raw/big.bin", root=origin.path)
    datakit.push("big", root=origin.path)
    key = f"top/files/md5/{md5(data)[:2]}/{md5(data)[2:]}"
    assert s3.client(address).head_object(Bucket=bucket, Key=key)["ETag"].endswith('-3"')
    (origin.path / "data/raw/big.bin").unlink()
    (origin.path / f".dvc/cache/files/md5/{md5(data)[:2]}/{md5(data)[2:]}").unlink()
    datakit.pull("big", root=origin.path)
    assert (origin.path / "data/raw/big.bin").read_bytes() == data


def test_bytes_that_change_on_the_way(origin: Repo, address: str, bucket: str) -> None:
    """The server itself holds what arrives against the md5 that is sent with it."""
    with proxy.between(address) as between:
        keyed(origin, between.address)
        with between.spoiling(proxy.sent(proxy.flip), lambda exchange: exchange.method == "PUT"):
            error = error_of(lambda: datakit.push("birds", root=origin.path), DatakitError)
        assert "remote `storage`" in error.message
        assert s3.keys(address, bucket) == {}
    keyed(origin, address)
    datakit.push(root=origin.path)
    assert s3.keys(address, bucket) == objects(origin)


@pytest.mark.parametrize(("key", "secret"), [(s3.KEY, "canary-wrong"), ("canary-nobody", s3.SECRET)])
def test_keys_that_nobody_has(origin: Repo, address: str, bucket: str, key: str, secret: str) -> None:
    keyed(origin, address, key, secret)
    for work, action in ((datakit.push, "look at"), (datakit.status, "look at")):
        options = {"remote": True} if work is datakit.status else {}
        error = error_of(lambda: work(root=origin.path, **options))  # type: ignore[operator]  # noqa: B023 - called at once
        assert error.message == f"cannot {action} remote `storage`: s3://{bucket}/top refuses these credentials (403)"
        assert (error.hint or "").startswith("dvc remote modify --local storage access_key_id …")
    assert s3.keys(address, bucket) == {}


def test_a_bucket_of_somebody_else(origin: Repo, address: str, bucket: str) -> None:
    datakit.push("birds", root=origin.path)
    keyed(origin, address, ceph.OTHER_KEY, ceph.OTHER_SECRET)
    error = error_of(lambda: datakit.push(root=origin.path))
    denied = f"s3://{bucket}/top does not allow it to these credentials (403)"
    assert error.message == f"cannot look at remote `storage`: {denied}"
    assert (error.hint or "").startswith(
        f"ask the bucket's owner for s3:GetObject and s3:ListBucket below s3://{bucket}/top"
    )


def test_a_reader_may_not_write(origin: Repo, address: str, bucket: str) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam:::user/{ceph.OTHER_KEY}"]},
            "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }],
    }  # fmt: skip
    datakit.push("birds", root=origin.path)
    s3.client(address).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    clone = keyed(cloned(origin, origin.path.parent / "clone"), address, ceph.OTHER_KEY, ceph.OTHER_SECRET)
    datakit.pull("birds", root=clone.path)
    assert clone.read(TABLE) == BIRDS
    keyed(origin, address, ceph.OTHER_KEY, ceph.OTHER_SECRET)
    error = error_of(lambda: datakit.push("photos", root=origin.path))
    denied = f"s3://{bucket}/top does not allow it to these credentials (403)"
    assert error.message == f"cannot write to remote `storage`: {denied}"
    assert (error.hint or "").startswith(f"ask the bucket's owner for s3:PutObject below s3://{bucket}/top; or other")


def test_a_bucket_that_is_not_there(origin: Repo, address: str) -> None:
    origin.dvc("remote", "modify", "--local", "storage", "url", "s3://nothing-here/top")
    assert error_of(lambda: datakit.push(root=origin.path)).message == (
        "the bucket of remote `storage` does not exist: s3://nothing-here/top"
    )

"""`verify --remote`: every object there is read and hashed, what is missing or wrong is named, and nothing is kept of any."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, InvalidRecord, NotFound
from datakit.records import Fault
from datakit.store import hashing, ledger
from tests.support import s3
from tests.support.clones import FOLDER, TABLE, files
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.repo import Repo
from tests.support.spoiled import sent, spoil

TWO, THREE = md5("two"), md5("three")
BUCKET = "verified"


def remote_faults(repo: Repo, *references: str, remote: str | bool = True) -> list[Fault]:
    """Return what is wrong on the remote."""
    found = datakit.verify(*references, remote=remote, root=repo.path)
    return [fault for item in found for fault in item.faults if fault.kind == "remote"]


def state(repo: Repo) -> dict[str, bytes]:
    """Return what a look may not change."""
    private = (".datakit/tmp", ".datakit/.gitignore")
    return {path: data for path, (_, data) in repo.snapshot().items() if not path.startswith(private)}  # type: ignore[misc]  # no links


class TestOnThisMachine:
    def test_everything_is_there(self, origin: Repo) -> None:
        before = state(origin)
        birds, photos = datakit.verify(remote=True, root=origin.path)
        assert (birds.remote, birds.vouched, birds.objects, photos.remote) == (1, 0, 0, 4)
        assert (birds.faults, photos.faults) == ((), ())
        assert state(origin) == before

    def test_missing_and_wrong(self, origin: Repo) -> None:
        spoil(sent(origin, TWO), "2wo")
        sent(origin, THREE).unlink()
        wrong, missing = remote_faults(origin)
        place = f"../storage/files/md5/{TWO[:2]}/{TWO[2:]}"
        assert wrong._replace(problem="") == Fault(
            "remote", f"{FOLDER}/m/2.png", "", TWO, md5("2wo"), "datakit verify photos --remote --repair"
        )
        assert wrong.problem.startswith(f"object {TWO} on remote `storage` is wrong, `")
        assert wrong.problem.endswith(f"{place[2:]}`")
        assert missing == Fault(
            "remote",
            f"{FOLDER}/m/3.png",
            f"object {THREE} is not on remote `storage`",
            THREE,
            "",
            "datakit push photos",
        )
        (found,) = datakit.verify("photos", remote=True, root=origin.path)
        assert not found.intact
        datakit.push("photos", root=origin.path)
        datakit.verify("photos", remote=True, repair=True, root=origin.path)
        assert remote_faults(origin) == []

    def test_another_remote(self, origin: Repo, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        origin.dvc("remote", "add", "other", str(tmp_path / "other"))
        assert {fault.command for fault in remote_faults(origin, remote="other")} == {
            "datakit push birds --remote other",
            "datakit push photos --remote other",
        }
        datakit.push(remote="other", root=origin.path)
        spoil(tmp_path / f"other/files/md5/{TWO[:2]}/{TWO[2:]}", "2wo")
        (fault,) = remote_faults(origin, remote="other")
        assert fault.command == "datakit verify photos --on other --repair"

    def test_a_clone_without_any_data(self, clone: Repo) -> None:
        """What a folder consists of is read from the remote, and not stored."""
        before = state(clone)
        birds, photos = datakit.verify(remote=True, root=clone.path)
        assert (birds.remote, photos.remote) == (1, 4)
        assert [fault.kind for fault in (*birds.faults, *photos.faults)] == ["data", "data", "cache"]
        assert state(clone) == before
        spoil(sent(clone, THREE), "3hree")
        assert [fault.found for fault in remote_faults(clone)] == [md5("3hree")]

    @pytest.mark.parametrize("how", ["wrong", "missing"])
    def test_a_clone_whose_listing_is_wrong_there(self, clone: Repo, how: str) -> None:
        name = clone.read(f"{FOLDER}.dvc").partition("md5: ")[2].split()[0]
        spoil(sent(clone, name), "[]")
        if how == "missing":
            sent(clone, name).unlink()
        (fault,) = remote_faults(clone, "photos")
        assert (fault.path, fault.found) == (f"{FOLDER} (its listing)", md5("[]") if how == "wrong" else "")

    def test_a_version(self, origin: Repo) -> None:
        spoil(sent(origin, md5(BIRDS)), "spoilt")
        (fault,) = remote_faults(origin, "birds@v1.0.0")
        assert (fault.path, fault.command) == (TABLE, "datakit verify birds@v1.0.0 --remote --repair")

    def test_the_memberships_of_splits(self, split_origin: Repo) -> None:
        name = split_origin.read("catalog/birds/splits/default.parquet.dvc").partition("md5: ")[2].split()[0]
        spoil(sent(split_origin, name), "spoilt")
        assert [fault.path for fault in remote_faults(split_origin)] == ["catalog/birds/splits/default.parquet"]

    def test_a_shared_object_is_read_once(self, origin: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[str] = []
        real = hashing.hash_file

        def counted(path: Path, **options: object) -> hashing.Digest:
            read.append(str(path))
            return real(path, **options)  # type: ignore[arg-type]  # passed on

        monkeypatch.setattr(hashing, "hash_file", counted)
        datakit.verify("photos", "photos@v1.0.0", remote=True, root=origin.path)
        there = [path for path in read if "/storage/" in path]
        assert len(there) == len(set(there)) > 4

    def test_no_remote_and_no_folder(self, origin: Repo) -> None:
        with pytest.raises(NotFound, match="there is no remote `nothing`"):
            datakit.verify(remote="nothing", root=origin.path)
        shutil.rmtree(origin.path.parent / "storage")
        with pytest.raises(EnvironmentProblem, match="the folder of remote `storage` does not exist"):
            datakit.verify(remote=True, root=origin.path)
        origin.dvc("remote", "remove", "storage")
        with pytest.raises(EnvironmentProblem, match="DVC has no remote here"):
            datakit.verify(remote=True, root=origin.path)


class TestOnS3:
    @pytest.fixture
    def address(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """A server with a bucket."""
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with s3.server() as found:
            s3.client(found).create_bucket(Bucket=BUCKET)
            yield found
            for key in s3.keys(found, BUCKET):  # the servers of one process have one memory
                s3.client(found).delete_object(Bucket=BUCKET, Key=key)

    @pytest.fixture
    def there(self, origin: Repo, address: str) -> Repo:
        """The project with its bytes on the server."""
        s3.remote(origin, address, f"s3://{BUCKET}/top")
        datakit.push(root=origin.path)
        return origin

    def test_seen_and_mended(self, there: Repo, address: str) -> None:
        birds, photos = datakit.verify(remote=True, root=there.path)
        assert (birds.remote, birds.vouched, photos.remote, photos.vouched) == (1, 1, 4, 4)
        client, place = s3.client(address), f"top/files/md5/{TWO[:2]}/{TWO[2:]}"
        client.put_object(Bucket=BUCKET, Key=place, Body=b"2wo")
        client.delete_object(Bucket=BUCKET, Key=f"top/files/md5/{THREE[:2]}/{THREE[2:]}")
        wrong, missing = remote_faults(there)
        assert (wrong.found, missing.found) == (md5("2wo"), "")
        assert f"`s3://{BUCKET}/{place}`" in wrong.problem
        (found,) = datakit.verify("photos", remote=True, repair=True, root=there.path)
        assert (found.faults, len(found.mended)) == ((), 2)
        assert s3.keys(address, BUCKET)[place] == b"two"
        assert files(there.path / ".datakit/quarantine") == {f"{TWO}.{md5('2wo')}": b"2wo"}
        assert remote_faults(there) == []

    def test_what_is_encrypted_is_read_and_not_read_again(self, there: Repo, address: str) -> None:
        client, name = s3.client(address), md5(MORE_BIRDS)
        for text in (MORE_BIRDS, "spoilt"):
            place = f"top/files/md5/{name[:2]}/{name[2:]}"
            client.put_object(Bucket=BUCKET, Key=place, Body=text.encode(), ServerSideEncryption="aws:kms")
            (found,) = datakit.verify("birds", remote=True, root=there.path)
            assert (found.vouched, found.remote) == (0, 1)
            assert [fault.found for fault in found.faults] == ([] if text == MORE_BIRDS else [md5(text)])

    def test_an_object_that_is_larger_than_it_can_be_is_not_read(self, there: Repo, address: str) -> None:
        name = md5(MORE_BIRDS)
        s3.client(address).put_object(Bucket=BUCKET, Key=f"top/files/md5/{name[:2]}/{name[2:]}", Body=b"x" * 10_000)
        (fault,) = remote_faults(there, "birds")
        assert fault.problem.endswith(f"it has 10,000 bytes, expected at most {len(MORE_BIRDS)}")
        assert fault.found == ""


def test_a_look_that_was_interrupted_goes_on(origin: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise InvalidRecord("x", "stopped")

    with monkeypatch.context() as patch:
        patch.setattr("datakit.steps.rejudging.rejudge", stop)
        with pytest.raises(InvalidRecord):
            datakit.verify(remote=True, root=origin.path)
    assert (origin.path / ".datakit" / ledger.FILE).exists()
    read: list[str] = []
    real = hashing.hash_file

    def counted(path: Path, **options: object) -> hashing.Digest:
        read.append(str(path))
        return real(path, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(hashing, "hash_file", counted)
    assert all(not item.faults for item in datakit.verify(remote=True, root=origin.path))
    assert [path for path in read if "/storage/" in path] == []
    assert not (origin.path / ".datakit" / ledger.FILE).exists()

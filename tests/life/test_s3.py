"""The life of a table whose remote is an S3 server, as far as it differs: keys, and objects that are missing or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import datakit
from datakit.errors import EnvironmentProblem, IntegrityError
from datakit.formats.recipe import Recipe
from tests.support import s3
from tests.support.clones import files
from tests.support.datasets import CARD, md5
from tests.support.life import (
    artifact,
    begun,
    blocked,
    cloned,
    committed,
    intact,
    recorded,
    sha256,
    untouched,
    versions,
)
from tests.support.parts import birds, fingerprint, objects
from tests.support.releases import agree
from tests.support.repo import Repo, copied
from tests.support.splits import expected

TABLE = "data/raw/birds.csv"
BUCKET, TOP = "whole-life", "s3://whole-life/top"
FIRST, SECOND = "birds@v1.0.0", "birds@v1.1.0"
OLD, NEW = birds(40), birds(60)
PLAIN = Recipe({"train": Decimal("0.6"), "test": Decimal("0.4")}, ("id",))
PART = expected([(at, None, None, None, None) for at in range(1, 61)], PLAIN)
TRAIN = sorted(str(at) for at in range(1, 41) if PART[str(at)] == "train")
GROWN = sorted(str(at) for at in range(1, 61) if PART[str(at)] == "train")


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with a bucket; nobody's keys are in the environment."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with s3.server() as found:
        s3.client(found).create_bucket(Bucket=BUCKET)
        yield found
        for key in s3.keys(found, BUCKET):  # the servers of one process have one memory
            s3.client(found).delete_object(Bucket=BUCKET, Key=key)


@pytest.fixture
def repo(address: str, blank: Path, tmp_path: Path) -> Repo:
    """A project with a table and its split, committed, and a remote on the server; nothing is pushed."""
    made = begun(copied(blank, tmp_path / "repo"), TOP)
    made.dvc("remote", "modify", "storage", "endpointurl", address)
    signed(made)
    committed(made, "Begin")
    made.write({TABLE: OLD})
    datakit.add(TABLE, fields=CARD, root=made.path)
    agree(made, "birds")
    datakit.split("birds", into="train=0.6,test=0.4", key=["id"], root=made.path)
    committed(made, "Add birds, split")
    return made


def signed(repo: Repo, secret: str = s3.SECRET) -> Repo:
    """Give the clone keys of its own, which Git does not see."""
    repo.dvc("remote", "modify", "--local", "storage", "access_key_id", s3.KEY)
    repo.dvc("remote", "modify", "--local", "storage", "secret_access_key", secret)
    return repo


def on_server(name: str) -> str:
    """Return where DVC keeps an object."""
    return f"top/files/md5/{name[:2]}/{name[2:]}"


@contextmanager
def gone(address: str, name: str, instead: bytes | None = None) -> Iterator[None]:
    """Take an object from the server for a while, or put other bytes in its place."""
    client, kept = s3.client(address), s3.keys(address, BUCKET)[on_server(name)]
    client.delete_object(Bucket=BUCKET, Key=on_server(name))
    if instead is not None:
        client.put_object(Bucket=BUCKET, Key=on_server(name), Body=instead)
    yield
    client.put_object(Bucket=BUCKET, Key=on_server(name), Body=kept)


def conditions(repo: Repo) -> list[tuple[str, str]]:
    """Return what `status --remote` says."""
    return [(state.condition, state.detail) for state in datakit.status(remote=True, root=repo.path)]


def ids(path: Path) -> list[str]:
    """Return the keys of a part in the order of its rows."""
    return [str(row[0]) for row in duckdb.read_parquet(str(path)).fetchall()]


def test_the_life_of_a_table_on_a_server(repo: Repo, address: str, tmp_path: Path) -> None:
    assert conditions(repo) == [("unpushed", "remote `storage` lacks 2 of 2 objects")]
    done = datakit.release("birds", push=True, root=repo.path)
    assert (done.tag, [(item.url, item.uploaded) for item in done.sent]) == (FIRST, [(TOP, 2)])
    first = recorded(repo, "birds")
    assert s3.keys(address, BUCKET).keys() == {on_server(md5(OLD)), on_server(first.membership)}
    assert "up to date" in repo.dvc("push")
    grow(repo)
    assert conditions(repo) == [("clean", "")]
    get_the_first_back(signed(cloned(repo)), tmp_path / "out")
    clone = signed(cloned(repo, "other"))
    clone.dvc("pull", "--quiet")
    assert (clone.read(TABLE), "up to date" in clone.dvc("status")) == (NEW, True)
    assert artifact(clone, "birds", "v1.0.0", tmp_path / "artifact.csv").read_text() == OLD
    assert versions(clone, "birds") == ["v1.1.0", "v1.0.0"]
    assert conditions(clone) == [("clean", "")]
    assert intact(clone) == intact(repo) == [("birds", 1)]


def grow(repo: Repo) -> None:
    """Rows are appended, one of them twice: that is not committed; mended and pushed by DVC, it is the second version."""
    repo.write({TABLE: NEW + NEW.splitlines()[1] + "\n"})
    (done,) = datakit.add("birds", note="more were caught", root=repo.path)
    assert done.notes[0].startswith("split `default` stays as it was: data/raw/birds.csv: the key `id` is not unique")
    broken, behind = blocked(repo, "More birds")
    assert broken == (
        "catalog/birds/receipt.json: DK303 check `primary_key` failed: 1 of 61 rows: expected a complete key that comes "
        "once (line 62)"
    )
    assert behind.startswith("catalog/birds/splits/default.json: DK401 split `default` is of other data: md5 ")
    repo.write({TABLE: NEW})
    datakit.add("birds", root=repo.path)
    committed(repo, "More birds")
    repo.dvc("push", "--quiet")
    done = datakit.release("birds", push=True, root=repo.path)
    assert (done.tag, [(item.uploaded, item.present) for item in done.sent]) == (SECOND, [(0, 2)])
    assert ids(datakit.path(SECOND, split="train", root=repo.path)) == GROWN


def get_the_first_back(clone: Repo, out: Path) -> None:
    """A fresh clone with keys of its own gets exactly the first rows, and the first file byte for byte."""
    with untouched(clone):
        (part,) = datakit.pull(FIRST, split="train", to=out, root=clone.path)
        assert (part.rows, part.fetched) == (len(TRAIN), 2)
        assert ids(out / "birds-train.parquet") == TRAIN
        first = recorded(clone, "birds", FIRST)
        assert fingerprint("", ids(out / "birds-train.parquet")) == first.parts["train"].fingerprint
        assert [str(key) for key in datakit.load(FIRST, split="train", root=clone.path)["id"]] == TRAIN
        datakit.pull(FIRST, to=out, root=clone.path)
        assert sha256((out / "birds.csv").read_bytes()) == sha256(OLD.encode())
        assert objects(clone.path / ".dvc/cache") == {md5(OLD), first.membership}
        assert intact(clone, FIRST) == [("birds", 1)]


def test_keys_that_are_wrong_or_missing(repo: Repo, address: str, tmp_path: Path) -> None:
    refused = "cannot look at remote `storage`: s3://whole-life/top refuses these credentials (403)"
    signed(repo, "canary-wrong")
    with s3.authorised(address):
        for work in (
            lambda: datakit.status(remote=True, root=repo.path),
            lambda: datakit.release("birds", push=True, root=repo.path),
        ):
            with pytest.raises(EnvironmentProblem) as caught:
                work()
            assert caught.value.message == refused
            assert caught.value.hint is not None
            assert caught.value.hint.startswith("dvc remote modify --local storage access_key_id …")
    assert (repo.git("tag"), repo.git("ls-remote", "origin"), s3.keys(address, BUCKET)) == ("", "", {})
    datakit.release("birds", push=True, root=signed(repo).path)
    clone = cloned(repo)
    with untouched(clone), pytest.raises(EnvironmentProblem) as caught:
        datakit.pull(FIRST, split="train", to=tmp_path / "out", root=clone.path)
    assert caught.value.message == "there are no credentials for remote `storage`: s3://whole-life/top"
    signed(clone, "canary-wrong")
    with s3.authorised(address), untouched(clone), pytest.raises(EnvironmentProblem) as caught:
        datakit.pull(FIRST, split="train", to=tmp_path / "out", root=clone.path)
    assert caught.value.message == refused.replace("look at", "read from")
    assert not (tmp_path / "out").exists()


def test_objects_that_are_missing_or_wrong(repo: Repo, address: str, tmp_path: Path) -> None:
    datakit.release("birds", push=True, root=repo.path)
    clone, membership = signed(cloned(repo)), recorded(repo, "birds").membership
    for name, path in ((membership, "catalog/birds/splits/default.parquet"), (md5(OLD), TABLE)):
        with gone(address, name), untouched(clone), pytest.raises(IntegrityError) as caught:
            datakit.pull(FIRST, split="train", to=tmp_path / "out", root=clone.path)
        assert caught.value.message == f"remote `storage`: {path}: object {name}: it is not there"
        assert caught.value.hint == "`datakit push` in a clone that has the bytes"
        with gone(address, name):
            assert conditions(repo) == [("unpushed", "remote `storage` lacks 1 of 2 objects")]
        bad = b"x" * len(s3.keys(address, BUCKET)[on_server(name)])
        with gone(address, name, bad), untouched(clone), pytest.raises(IntegrityError) as caught:
            datakit.pull(FIRST, split="train", to=tmp_path / "out", root=clone.path)
        assert f"{path}: object {name}: expected md5 {name}, found {md5(bad)} of " in caught.value.message
        assert files(clone.path / ".datakit/quarantine")[f"{name}.{md5(bad)}"] == bad
        assert not (tmp_path / "out").exists()
    datakit.pull(FIRST, split="train", to=tmp_path / "out", root=clone.path)
    assert ids(tmp_path / "out/birds-train.parquet") == TRAIN

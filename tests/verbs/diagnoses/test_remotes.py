"""Remotes: wrong settings, missing software, folders and servers that are not there, refuse, or never answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import datakit
from datakit.verbs.diagnoses import remotes as module
from tests.support import s3
from tests.support.datasets import BIRDS
from tests.support.health import diagnosed, mended
from tests.support.repo import Repo
from tests.support.unprivileged import enterable, unprivileged

SECRET = s3.SECRET


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A running S3 server."""
    with s3.server() as made:
        s3.client(made).create_bucket(Bucket="bucket")
        yield made


def bucket(repo: Repo, address: str, *, name: str = "bucket") -> None:
    """Give a project an S3 remote with keys that Git does not see."""
    repo.dvc("remote", "add", "--default", "cloud", f"s3://{name}/data")
    repo.dvc("remote", "modify", "cloud", "endpointurl", address)
    repo.dvc("remote", "modify", "--local", "cloud", "access_key_id", s3.KEY)
    repo.dvc("remote", "modify", "--local", "cloud", "secret_access_key", SECRET)


def test_dvc_has_the_same_software() -> None:
    """DVC's own table of schemes, which costs a second to load, against the one that `doctor` reads."""
    from dvc.config_schema import REMOTE_SCHEMAS
    from dvc_objects.fs import known_implementations

    schemes = set(REMOTE_SCHEMAS) - {"", "remote", "s3+https", "webhdfs+https"} & set(REMOTE_SCHEMAS)
    assert set(module.SOFTWARE) - set(schemes) == set()
    for scheme, (package, _) in module.SOFTWARE.items():
        assert known_implementations[scheme]["class"].partition(".")[0] in {package, package.replace("dvc_", "dvc.")}


def test_no_remote(project: Repo) -> None:
    found = diagnosed(project, "default remote")
    assert found[1:] == ("warn", "DVC has no remote here", "dvc remote add --default storage URL")


def test_no_default_remote(project: Repo, tmp_path: Path) -> None:
    project.dvc("remote", "add", "one", str(tmp_path))
    assert diagnosed(project, "default remote")[1:3] == ("warn", "none of DVC's remotes is the default one: one")
    project.dvc("remote", "default", "one")
    assert diagnosed(project, "remote one (default)", offline=False)[1:3] == ("ok", f"{tmp_path} is there")


def test_a_default_that_is_not_configured(project: Repo) -> None:
    project.write({".dvc/config": "[core]\n    remote = gone\n"})
    found = diagnosed(project, "default remote")
    assert (found.condition, found.command) == ("fail", "dvc remote add gone URL, or `dvc remote default NAME`")


def test_a_folder_that_is_not_there(project: Repo, tmp_path: Path) -> None:
    place = tmp_path / "a b"
    project.dvc("remote", "add", "-d", "storage", str(place))
    found = diagnosed(project, "remote storage (default)", offline=False)
    assert found[1:] == ("warn", f"{place} does not exist; the first push makes it", f"mkdir -p '{place}'")
    mended(project, found)
    assert diagnosed(project, "remote storage (default)", offline=False).condition == "ok"
    place.rmdir()
    place.write_text("")
    assert diagnosed(project, "remote storage (default)", offline=False)[1:3] == ("fail", f"{place} is a file")


@pytest.mark.parametrize(("mode", "said"), [(0o000, "cannot be read by this user"), (0o555, "may read it only")])
def test_a_folder_of_somebody_else(project: Repo, tmp_path: Path, mode: int, said: str) -> None:
    place = tmp_path / "storage"
    place.mkdir()
    project.dvc("remote", "add", "-d", "storage", str(place))
    place.chmod(mode)
    enterable(project.path)

    def work() -> str:
        return str([*module.reachable(project.path, None, offline=False)])

    assert said in unprivileged(work)
    place.chmod(0o755)


def test_an_address_of_an_unknown_kind(project: Repo) -> None:
    project.write({".dvc/config": "[core]\n    remote = odd\n['remote \"odd\"']\n    url = carrier://pigeon\n"})
    found = diagnosed(project, "remote odd")
    assert found[1:] == (
        "fail", "DVC knows no addresses that begin with `carrier://`", "dvc remote modify odd url URL",
    )  # fmt: skip


def test_an_address_that_hides_something(project: Repo) -> None:
    project.write({".dvc/config": "['remote \"odd\"']\n    url = s3://bucket/a\u202eb\n"})
    assert diagnosed(project, "remote odd")[1] == "fail"


def test_software_that_is_missing(project: Repo) -> None:
    project.dvc("remote", "add", "cloud", "gdrive://root/data")
    found = diagnosed(project, "remote cloud")
    assert found[1:] == ("fail", "DVC lacks the software for `gdrive://`", "pip install 'dvc[gdrive]'")


def test_offline_asks_nobody_and_tells_no_secret(project: Repo) -> None:
    project.write(
        {".dvc/config": f"['remote \"web\"']\n    url = https://jane:{SECRET}@example.org/x?token={SECRET}\n"}
    )
    found = diagnosed(project, "remote web")
    assert found[1:] == ("ok", "https://example.org/x, not asked", "")


class TestServer:
    def test_one_that_answers(self, project: Repo, address: str) -> None:
        bucket(project, address)
        found = diagnosed(project, "remote cloud (default)", offline=False)
        assert found[1:] == ("ok", "s3://bucket/data answers and can be read; writing was not tried", "")
        assert s3.keys(address, "bucket") == {}

    def test_a_bucket_that_is_not_there(self, project: Repo, address: str) -> None:
        bucket(project, address, name="gone")
        found = diagnosed(project, "remote cloud (default)", offline=False)
        assert found[1:3] == ("fail", "the bucket of remote `cloud` does not exist: s3://gone/data")
        assert found.command == "make it, or correct the address with `dvc remote modify cloud url URL`"

    def test_keys_that_are_wrong(self, project: Repo, address: str) -> None:
        bucket(project, address)
        project.write({"data/raw/birds.csv": BIRDS})
        datakit.add("data/raw/birds.csv", root=project.path)
        with s3.authorised(address):
            found = datakit.doctor(root=project.path)
        [item] = [item for item in found if item.title.startswith("remote ")]
        assert item.condition == "fail"
        assert item.detail.endswith("s3://bucket/data refuses these credentials (403)")
        assert item.command.startswith("dvc remote modify --local cloud access_key_id …")
        assert SECRET not in str(found)

    def test_nobody_listens(self, project: Repo) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            bucket(project, f"http://127.0.0.1:{taken.getsockname()[1]}")
            found = diagnosed(project, "remote cloud (default)", offline=False)
        assert found.condition == "fail"
        assert "remote `cloud` (s3://bucket/data)" in found.detail or "no answer" in found.detail

    def test_one_that_never_answers(self, project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "PATIENCE", 0.5)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            bucket(project, f"http://127.0.0.1:{silent.getsockname()[1]}")
            begun = time.monotonic()
            found = diagnosed(project, "remote cloud (default)", offline=False)
            assert time.monotonic() - begun < 8
        assert found[1:] == (
            "fail", "no answer within 0.5 s", "check the network and the address: dvc remote list",
        )  # fmt: skip

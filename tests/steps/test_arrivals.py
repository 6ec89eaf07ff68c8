"""`add URL`: what is recorded of a source, what stays true when it changes, and that no secret is left anywhere."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

import datakit
from datakit.cli.app import run
from datakit.errors import EnvironmentProblem, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
SECRET = "s3cr3t-canary"


class Server(ThreadingHTTPServer):
    """A web server on this machine that serves one file."""

    content = BIRDS.encode()

    @property
    def url(self) -> str:
        """Tell where the file is."""
        return f"http://127.0.0.1:{self.server_address[1]}/in/birds.csv"


class Handler(BaseHTTPRequestHandler):
    """Serves the file with an ETag."""

    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        """Keep quiet."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path.startswith("/in/") else 404)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.send_header("Content-Type", "text/csv")
        self.send_header("ETag", f'"{md5(self.server.content)}"')
        self.send_header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
        self.end_headers()
        self.wfile.write(self.server.content)


@pytest.fixture
def web() -> Iterator[Server]:
    """A running web server."""
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(project: Repo, url: str, **options: Any) -> Any:
    """Add a URL of this machine."""
    (done,) = datakit.add(url, private=True, root=project.path, **options)
    return done


class TestWeb:
    def test_what_the_server_says_is_recorded(self, project: Repo, web: Server) -> None:
        done = fetch(project, web.url)
        assert (done.name, done.path, done.data.rows) == ("birds", PATH, 3)
        (source,) = record(project, "birds")["sources"]
        assert source["uri"] == web.url
        assert source["sha256"] == record(project, "birds")["data"]["sha256"]
        assert source["proofs"]["etag"] == f'"{md5(BIRDS)}"'
        assert source["retrieved"].endswith("Z")
        assert "derived_from" not in record(project, "birds")
        assert project.read(PATH) == BIRDS
        assert list((project.path / ".datakit/tmp").iterdir()) == []

    def test_fetching_the_same_again_changes_nothing(self, project: Repo, web: Server) -> None:
        fetch(project, web.url, fields=CARD)
        before = everything(project)
        assert fetch(project, web.url).action == "unchanged"
        assert datakit.add("birds", root=project.path)[0].action == "unchanged"
        assert everything(project) == before

    def test_a_new_version_replaces_what_is_recorded(self, project: Repo, web: Server) -> None:
        fetch(project, web.url, fields=CARD)
        project.commit("one")
        web.content = MORE_BIRDS.encode()
        fetch(project, web.url, note="the April delivery")
        found = record(project, "birds")
        assert project.read(PATH) == MORE_BIRDS
        assert [item["proofs"]["etag"] for item in found["sources"]] == [f'"{md5(MORE_BIRDS)}"']
        assert found["change"]["from"] == md5(BIRDS)
        assert "derived_from" not in found

    def test_a_new_version_without_a_reason_leaves_the_old_one(self, project: Repo, web: Server) -> None:
        fetch(project, web.url, fields=CARD)
        project.commit("one")
        web.content = MORE_BIRDS.encode()
        before = everything(project)
        with pytest.raises(UsageError, match="needs a reason"):
            fetch(project, web.url)
        assert everything(project) == before
        fetch(project, web.url, note="the April delivery")
        assert record(project, "birds")["sources"][0]["proofs"]["etag"] == f'"{md5(MORE_BIRDS)}"'

    def test_bytes_edited_by_hand_have_no_source(self, project: Repo, web: Server) -> None:
        fetch(project, web.url, fields=CARD)
        project.commit("one")
        project.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="one more by hand", root=project.path)
        found = record(project, "birds")
        assert "sources" not in found
        assert found["derived_from"] == [{"name": "birds", "md5": md5(BIRDS)}]
        project.write({PATH: BIRDS})
        datakit.add("birds", root=project.path)
        assert record(project, "birds")["sources"][0]["uri"] == web.url
        assert project.status() == []

    def test_bytes_that_nobody_recorded_are_never_replaced(self, project: Repo, web: Server) -> None:
        project.write({PATH: MORE_BIRDS})
        before = everything(project)
        with pytest.raises(UsageError) as caught:
            fetch(project, web.url)
        assert caught.value.message == f"`{PATH}` is there already, and its bytes are not recorded"
        assert caught.value.hint == f"record them with `datakit add {PATH}`, or name another place with `--to`"
        assert everything(project) == before
        assert list((project.path / ".datakit/tmp").iterdir()) == []
        project.write({PATH: BIRDS})  # the very bytes that arrive
        assert fetch(project, web.url).action == "recorded"

    def test_recorded_bytes_that_the_cache_lost_are_kept_there_first(self, project: Repo, web: Server) -> None:
        fetch(project, web.url)
        shutil.rmtree(project.path / ".dvc/cache")
        web.content = MORE_BIRDS.encode()
        fetch(project, web.url)
        kept = project.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]
        assert kept.read_text() == BIRDS

    def test_edits_since_the_record_are_never_replaced(self, project: Repo, web: Server) -> None:
        fetch(project, web.url)
        project.write({PATH: MORE_BIRDS})
        with pytest.raises(UsageError, match="its bytes are not recorded"):
            fetch(project, web.url)
        assert project.read(PATH) == MORE_BIRDS

    @pytest.mark.parametrize(
        ("to", "path", "name"),
        [
            ("data/external/", "data/external/birds.csv", "birds"),
            ("data/external/zoo.csv", "data/external/zoo.csv", "zoo"),
            ("models/deep/m.csv", "models/deep/m.csv", "m"),
        ],
    )
    def test_goes_where_it_is_told(self, project: Repo, web: Server, to: str, path: str, name: str) -> None:
        done = fetch(project, web.url, to=to)
        assert (done.path, done.name) == (path, name)

    @pytest.mark.parametrize("to", ["../x.csv", "/etc/x.csv", ".git/x.csv", ".dvc/x", "data/.."])
    def test_never_goes_outside_or_into_private_folders(self, project: Repo, web: Server, to: str) -> None:
        before = everything(project)
        with pytest.raises(UsageError):
            fetch(project, web.url, to=to)
        assert everything(project) == before

    def test_never_goes_through_a_link(self, project: Repo, web: Server, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (project.path / "data/raw/link").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(EnvironmentProblem, match="is a symbolic link; nothing is recorded or written through it"):
            fetch(project, web.url, to="data/raw/link/x.csv")
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_this_machine_is_refused_unless_allowed(self, project: Repo, web: Server) -> None:
        before = everything(project)
        with pytest.raises(EnvironmentProblem, match=r"127\.0\.0\.1"):
            datakit.add(web.url, root=project.path)
        assert everything(project) == before

    def test_what_is_not_there(self, project: Repo, web: Server) -> None:
        before = everything(project)
        with pytest.raises(EnvironmentProblem, match="404"):
            fetch(project, web.url.replace("/in/", "/gone/"))
        assert everything(project) == before


def test_a_file(project: Repo, tmp_path: Path) -> None:
    (tmp_path / "birds.csv").write_text(BIRDS)
    done = fetch(project, f"file://{tmp_path}/birds.csv")
    assert done.path == PATH
    assert record(project, "birds")["sources"][0]["uri"] == f"file://{tmp_path}/birds.csv"
    assert (tmp_path / "birds.csv").read_text() == BIRDS


class TestS3:
    @pytest.fixture
    def bucket(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
        """An S3 server with a bucket that keeps versions."""
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="raw")
        client.put_bucket_versioning(Bucket="raw", VersioningConfiguration={"Status": "Enabled"})
        yield client
        server.stop()

    def test_the_version_is_recorded(self, project: Repo, bucket: Any) -> None:
        put = bucket.put_object(Bucket="raw", Key="in/birds.csv", Body=BIRDS.encode())
        fetch(project, "s3://raw/in/birds.csv", fields=CARD)
        (source,) = record(project, "birds")["sources"]
        assert source["uri"] == "s3://raw/in/birds.csv"
        assert source["proofs"]["version_id"] == put["VersionId"]
        assert source["proofs"]["etag"] == f'"{md5(BIRDS)}"'
        before = everything(project)
        assert fetch(project, "s3://raw/in/birds.csv").action == "unchanged"
        assert everything(project) == before


def test_no_secret_is_left_anywhere(
    project: Repo, web: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.path)
    user = web.url.replace("http://", f"http://jane:{SECRET}@")
    signed = f"{web.url}?X-Amz-Signature={SECRET}&token={SECRET}&versionId=7"
    assert run(["add", "--allow-private", "--json", user]) == 0
    assert run(["add", "--allow-private", "--name", "signed", "--to", "data/raw/signed.csv", signed]) == 0
    assert run(["add", "--allow-private", user.replace("/in/", "/gone/")]) == 3
    assert run(["add", user]) == 3
    assert run(["add", "--allow-private", f"http://jane:{SECRET}@127.0.0.1:1/x.csv"]) == 3
    for line in (["status"], ["list"], ["show", "signed"], ["check"]):
        run(line)
    project.commit("all of it")
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    assert record(project, "signed")["sources"][0]["uri"] == f"{web.url}?versionId=7"
    for path in project.path.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
    objects = project.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    assert objects
    for found in objects:
        assert SECRET not in project.git("cat-file", "-p", found)

"""Fetching: from a real web server on this machine, from an S3 server, from files; what is proved and what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidData, UsageError
from datakit.store.fetch import Fetched, fetch
from tests.support.web import DATA, MD5, SECRET, SHA256, Handler, b64, refused


class TestWhatArrives:
    def test_bytes_hashes_and_proofs(self, web: str, get: Callable[[str], Fetched]) -> None:
        found = get("/a.csv")
        assert found.path.read_bytes() == DATA
        assert (found.name, found.size, found.md5, found.sha256) == (
            "a.csv",
            len(DATA),
            MD5.hexdigest(),
            SHA256.hexdigest(),
        )
        assert found.uri == f"{web}/a.csv"
        assert found.proofs == {
            "etag": '"5e1"',
            "last_modified": "Thu, 01 Jan 1970 00:00:00 GMT",
            "content_md5": b64(MD5.digest()),
        }

    def test_one_request_and_no_secret_is_kept(self, web: str, get: Callable[[str], Fetched]) -> None:
        Handler.seen.clear()
        found = get(f"/a.csv?token={SECRET}&version=3")
        assert Handler.seen == [f"/a.csv?token={SECRET}&version=3"]
        assert found.uri == f"{web}/a.csv?version=3"

    def test_final_url_after_redirects(self, web: str, get: Callable[[str], Fetched]) -> None:
        assert get("/moved").proofs["final_url"] == f"{web}/a.csv"
        assert get("/relative").name == "a.csv"
        assert get("/signed").proofs["final_url"] == f"{web}/a.csv?versionId=7"

    @pytest.mark.parametrize("path", ["/digest", "/goog", "/nonsense-md5", "/etag-like-md5", "/plain"])
    def test_hashes_that_hold_or_prove_nothing(self, get: Callable[[str], Fetched], path: str) -> None:
        assert get(path).sha256 == SHA256.hexdigest()

    def test_name_from_the_header(self, get: Callable[[str], Fetched]) -> None:
        assert get("/named").name == "real name.csv"
        assert get("/evil-name").name == "passwd"

    def test_user_and_password_are_sent_and_never_kept(self, web: str, tmp_path: Path) -> None:
        found = fetch(web.replace("//", f"//jane:{SECRET}@") + "/a.csv", tmp_path, allow_private=True)
        assert found.uri == f"{web}/a.csv"

    def test_progress(self, web: str, tmp_path: Path) -> None:
        class Progress:
            """Adds up."""

            def __init__(self) -> None:
                self.started: list[tuple[str, int | None]] = []
                self.seen = 0

            def start(self, description: str, total: int | None) -> None:
                """Note the beginning."""
                self.started.append((description, total))

            def advance(self, amount: int) -> None:
                """Add up."""
                self.seen += amount

        progress = Progress()
        fetch(f"{web}/a.csv?token={SECRET}", tmp_path, progress, allow_private=True)
        assert progress.started == [(f"fetch {web}/a.csv", len(DATA))]
        assert progress.seen == len(DATA)


class TestUrls:
    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("a.csv", "` is not a URL"),
            ("https://", "` is not a URL"),
            ("://x", "` is not a URL"),
            ("9s://x/y", "` is not a URL"),
            ("https:///a.csv", "is not a URL that can be fetched"),
            ("https://[::1/a", "is not a URL that can be fetched"),
            ("https://example.org:x/a", "is not a URL that can be fetched"),
            ("https://example.org/a b", "the URL holds spaces, backslashes or control characters"),
            ("https://example.org/\r\nHost: x", "the URL holds spaces, backslashes or control characters"),
            ("https://example.org\\@127.0.0.1/", "the URL holds spaces, backslashes or control characters"),
            ("https://exam\tple.org/", "the URL holds spaces, backslashes or control characters"),
            ("zip://a::https://example.org/x.zip", "the URL is a chain of file systems (`::`)"),
            ("simplecache::s3://b/x", "the URL is a chain of file systems (`::`)"),
            ("s3://b/x::zip://y", "the URL is a chain of file systems (`::`)"),
            ("nosuch://x/y", "`nosuch://` is no scheme that fsspec knows"),
            *(
                (f"{scheme}://x/y", f"`{scheme}://` does not name a file that others could fetch again")
                for scheme in ("reference", "simplecache", "filecache", "blockcache", "jupyter", "zip", "tar", "dir", "libarchive", "memory", "data", "git", "dvc")
            ),
        ],
    )  # fmt: skip
    def test_no_url_of_one_file(self, tmp_path: Path, url: str, message: str) -> None:
        error = refused(tmp_path / "in", UsageError, lambda: fetch(url, tmp_path / "in"))
        assert message in error.message

    @pytest.mark.parametrize(
        ("scheme", "package"), [("gs", "gcsfs"), ("az", "adlfs"), ("abfs", "adlfs"), ("sftp", "paramiko")]
    )
    def test_missing_package_is_named(self, tmp_path: Path, scheme: str, package: str) -> None:
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"{scheme}://bucket/a.csv", tmp_path))
        assert error.message.startswith(f"`{scheme}://` needs another package: ")
        assert error.hint == f"pip install {package}"


class TestFiles:
    def test_full_disk(self, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.write

        def write(fd: int, data: bytes) -> int:
            if len(data) > 1000 or os.fstat(fd).st_size:
                raise OSError(28, "No space left on device")
            return real(fd, data)

        monkeypatch.setattr(os, "write", write)
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"{web}/plain", tmp_path, allow_private=True))
        assert error.message == f"cannot write `{tmp_path}`: no space is left on the device"

    def test_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(DATA)
        found = fetch(f"file://{tmp_path}/a.csv", tmp_path / "in")
        assert (found.path.read_bytes(), found.name, found.size) == (DATA, "a.csv", len(DATA))

    def test_missing_folder_and_device(self, tmp_path: Path) -> None:
        error = refused(
            tmp_path / "in", EnvironmentProblem, lambda: fetch(f"file://{tmp_path}/no.csv", tmp_path / "in")
        )
        assert error.message == f"cannot fetch `file://{tmp_path}/no.csv`: it does not exist"
        error = refused(tmp_path / "in", UsageError, lambda: fetch(f"file://{tmp_path}", tmp_path / "in"))
        assert error.message == f"`file://{tmp_path}` is not a file but a directory"
        error = refused(tmp_path / "in", UsageError, lambda: fetch("file:///dev/zero", tmp_path / "in"))
        assert error.message == "`file:///dev/zero` is not a file but a other"

    @pytest.mark.parametrize(
        ("meddle", "kind", "message"),
        [
            ("append", IntegrityError, "`{}` arrived longer than it is: expected 200,000 bytes, found more"),
            ("rewrite", InvalidData, "`{}` changed while being fetched"),
        ],
    )
    def test_file_that_changes(self, tmp_path: Path, meddle: str, kind: type[DatakitError], message: str) -> None:
        (tmp_path / "a.csv").write_bytes(DATA)

        class Meddler:
            """Changes the file while it is read."""

            def start(self, description: str, total: int | None) -> None:
                """Nothing yet."""

            def advance(self, amount: int) -> None:
                """Meddle."""
                with (tmp_path / "a.csv").open("ab" if meddle == "append" else "r+b") as file:
                    file.write(bytes(amount))
                os.utime(tmp_path / "a.csv", ns=(1, 1))

        url = f"file://{tmp_path}/a.csv"
        error = refused(tmp_path / "in", kind, lambda: fetch(url, tmp_path / "in", Meddler()))
        assert (error.message, error.hint) == (message.format(url), "fetch it again")

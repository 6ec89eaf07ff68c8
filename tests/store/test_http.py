"""What a web server may answer: each refusal in plain words, and no secret in any of them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidData
from datakit.store import network
from datakit.store.fetch import Fetched, fetch
from tests.support.web import DATA, MD5, SECRET, SHA256, refused


class TestRefusedAnswers:
    @pytest.mark.parametrize(
        ("path", "kind", "message"),
        [
            ("/status/401", EnvironmentProblem, "cannot fetch `{}`: the server asks for a login (401)"),
            ("/status/403", EnvironmentProblem, "cannot fetch `{}`: the server refuses access (403)"),
            ("/status/404", EnvironmentProblem, "cannot fetch `{}`: the server has no such file (404)"),
            ("/status/410", EnvironmentProblem, "cannot fetch `{}`: the server has it no more (410)"),
            ("/status/429", EnvironmentProblem, "cannot fetch `{}`: the server asks for fewer requests (429)"),
            ("/status/500", EnvironmentProblem, "cannot fetch `{}`: the server is in trouble (500)"),
            ("/status/503", EnvironmentProblem, "cannot fetch `{}`: the server is in trouble (503)"),
            ("/status/206", EnvironmentProblem, "cannot fetch `{}`: the server answers 206"),
            ("/status/302", EnvironmentProblem, "cannot fetch `{}`: the server answers 302"),
            ("/short.csv", IntegrityError, "`{}` arrived incomplete: expected 5,000 bytes, the connection broke before"),
            ("/chunked.csv", IntegrityError, "`{}` arrived incomplete: expected more, the connection broke before"),
            ("/wrong-md5", IntegrityError, f"`{{}}` arrived damaged: expected md5 {'78' * 16}, found {MD5.hexdigest()}"),
            ("/wrong-digest", IntegrityError, f"`{{}}` arrived damaged: expected sha256 {'78' * 32}, found {SHA256.hexdigest()}"),
            ("/login.csv", InvalidData, "`{}` sent a web page where `login.csv` was expected"),
            ("/export", InvalidData, "`{}` sent a web page where `export` was expected"),
            ("/packed", InvalidData, "`{}` comes packed as gzip, though plain bytes were asked for"),
            ("/loop", EnvironmentProblem, "`{}` redirects more than 5 times"),
            ("/file", EnvironmentProblem, "`{}` redirects from http to file, which is not followed"),
            ("/ftp", EnvironmentProblem, "`{}` redirects from http to ftp, which is not followed"),
            ("/bad", EnvironmentProblem, "`{}` redirects to something that is no URL"),
        ],
    )  # fmt: skip
    def test_says_what(self, web: str, tmp_path: Path, path: str, kind: type[DatakitError], message: str) -> None:
        url = web + path
        error = refused(tmp_path, kind, lambda: fetch(f"{url}?sig={SECRET}", tmp_path, allow_private=True))
        assert error.message == message.format(url)

    def test_web_page_that_is_wanted(self, get: Callable[[str], Fetched]) -> None:
        assert get("/page.html").name == "page.html"

    def test_no_http_at_all(self, web: str, tmp_path: Path) -> None:
        error = refused(
            tmp_path, EnvironmentProblem, lambda: fetch(f"{web}/garbage?k={SECRET}", tmp_path, allow_private=True)
        )
        assert error.message.startswith(f"cannot fetch `{web}/garbage`: the connection failed (")

    def test_server_that_stalls(self, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(network, "READ_SECONDS", 0.3)
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"{web}/stall.csv", tmp_path, allow_private=True))
        assert error.message == f"cannot fetch `{web}/stall.csv`: no answer in time (10 s to connect, 0.3 s to read)"

    def test_nobody_listens(self, tmp_path: Path) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.csv"
            error = refused(tmp_path, EnvironmentProblem, lambda: fetch(url, tmp_path, allow_private=True))
        assert error.message == f"cannot fetch `{url}`: the connection was refused"

    def test_certificate_of_nobody(self, tls: str, tmp_path: Path) -> None:
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"{tls}/a.csv", tmp_path, allow_private=True))
        assert error.message == f"cannot fetch `{tls}/a.csv`: its certificate cannot be verified"

    @pytest.mark.usefixtures("trusted")
    def test_redirect_from_https_to_http(self, tls: str, tmp_path: Path) -> None:
        assert fetch(f"{tls}/plain", tmp_path / "fine", allow_private=True).size == len(DATA)
        error = refused(
            tmp_path / "in", EnvironmentProblem, lambda: fetch(f"{tls}/moved", tmp_path / "in", allow_private=True)
        )
        assert error.message == f"`{tls}/moved` redirects from https to http, which is not followed"

    def test_plain_http_on_a_tls_url(self, web: str, tmp_path: Path) -> None:
        url = web.replace("http:", "https:") + "/a.csv"
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(url, tmp_path, allow_private=True))
        assert error.message == f"cannot fetch `{url}`: the server does not speak TLS"

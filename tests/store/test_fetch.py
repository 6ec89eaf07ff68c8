"""Fetching: from a real web server on this machine, from an S3 server, from files; what is proved and what is refused."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidData, UsageError
from datakit.store import network
from datakit.store.fetch import Fetched, fetch
from datakit.store.source import describe

DATA = os.urandom(200_000)
MD5 = hashlib.md5(DATA, usedforsecurity=False)
SHA256 = hashlib.sha256(DATA)
SECRET = "s3cr3t-canary"


def b64(raw: bytes) -> str:
    """Encode as headers do."""
    return base64.b64encode(raw).decode()


class Handler(BaseHTTPRequestHandler):
    """Answers as its path says."""

    protocol_version = "HTTP/1.1"
    seen: list[str] = []  # noqa: RUF012 - one list for the one server of a test

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        """Keep quiet."""

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        """Send one answer."""
        self.send_response(code)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        type(self).seen.append(self.path)
        host = f"http://127.0.0.1:{self.server.server_address[1]}"
        redirects = {
            "/moved": f"{host}/a.csv", "/signed": f"{host}/a.csv?X-Amz-Signature={SECRET}&versionId=7", "/relative": "a.csv",
            "/metadata": "http://169.254.169.254/latest/meta-data", "/other-private": "http://10.1.2.3/", "/loop": "/loop",
            "/file": "file:///etc/passwd", "/ftp": "ftp://example.org/x", "/mapped": "http://[::ffff:169.254.169.254]/",
            "/decimal": "http://2852039166/", "/zero": "http://0.0.0.0/", "/six": "http://[fd00:ec2::254]/", "/bad": "http://[",
        }  # fmt: skip
        if path in redirects:
            self.answer(302, Location=redirects[path])
        elif path.startswith("/status/"):
            self.answer(int(path.rpartition("/")[2]), b"no")
        elif path == "/short.csv":
            self.answer(200, DATA[:1000], Content_Length="5000")
            self.close_connection = True
        elif path == "/chunked.csv":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n")  # and no end
            self.close_connection = True
        elif path == "/stall.csv":
            self.answer(200, b"x", Content_Length="5000")
            self.wfile.flush()
            time.sleep(3)
        elif path == "/garbage":
            self.wfile.write(b"\0\1\2 what\r\n\r\n")
            self.close_connection = True
        else:
            self.answer(200, DATA, **self.files.get(path, {}))

    files = {  # noqa: RUF012 - never changed
        "/a.csv": {"ETag": '"5e1"', "Last_Modified": formatdate(0, usegmt=True), "Content_MD5": b64(MD5.digest())},
        "/plain": {},
        "/login.csv": {"Content_Type": "text/html; charset=utf-8"},
        "/export": {"Content_Type": "text/html"},
        "/page.html": {"Content_Type": "text/html"},
        "/wrong-md5": {"Content_MD5": b64(b"x" * 16)},
        "/wrong-digest": {"Repr_Digest": f"sha-256=:{b64(b'x' * 32)}:"},
        "/digest": {"Digest": f"md5={b64(MD5.digest())}, SHA-256={b64(SHA256.digest())}, unixsum=3"},
        "/goog": {"x_goog_hash": f"crc32c=AAAAAA==, md5={b64(MD5.digest())}", "x_goog_generation": "17"},
        "/nonsense-md5": {"Content_MD5": "nonsense"},
        "/packed": {"Content_Encoding": "gzip"},
        "/named": {"Content_Disposition": 'attachment; filename="real name.csv"'},
        "/evil-name": {"Content_Disposition": 'attachment; filename="../../etc/passwd"'},
        "/etag-like-md5": {"ETag": f'"{"0" * 32}"'},
    }


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """A web server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody signed, and its key beside it."""
    path = tmp_path_factory.mktemp("tls") / "own.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path.with_suffix(".key"), "-out", path],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def tls(certificate: Path) -> Iterator[str]:
    """The same web server behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust that certificate; the client loads the system's only once."""
    import aiohttp.connector

    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=str(certificate)))


@pytest.fixture
def get(web: str, tmp_path: Path) -> Callable[[str], Fetched]:
    """Fetch a path of the web server."""
    return lambda path: fetch(web + path, tmp_path / "in", allow_private=True)


def refused(folder: Path, kind: type[DatakitError], work: Callable[[], object]) -> DatakitError:
    """Expect an error that tells no secret and leaves no file."""
    with pytest.raises(kind) as caught:
        work()
    error = caught.value
    assert type(error) is kind
    assert SECRET not in f"{error.message}{error.hint}"
    chain = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert SECRET not in repr(chain)
    assert not folder.exists() or list(folder.iterdir()) == []
    return error


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

    @pytest.mark.parametrize("allow", [True, False])
    def test_unknown_host(self, tmp_path: Path, allow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*args: object, **kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "no")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        url = "https://no-such-host.invalid/a.csv"
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(url, tmp_path, allow_private=allow))
        assert error.message == f"cannot fetch `{url}`: its host is unknown"

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

    def test_full_disk(self, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.write

        def write(fd: int, data: bytes) -> int:
            if len(data) > 1000 or os.fstat(fd).st_size:
                raise OSError(28, "No space left on device")
            return real(fd, data)

        monkeypatch.setattr(os, "write", write)
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"{web}/plain", tmp_path, allow_private=True))
        assert error.message == f"cannot write `{tmp_path}`: no space is left on the device"


class TestPrivateHosts:
    def test_this_machine_is_refused_by_default(self, web: str, tmp_path: Path) -> None:
        Handler.seen.clear()
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"{web}/a.csv", tmp_path))
        assert error.message == f"cannot fetch `{web}/a.csv`: its host has the address 127.0.0.1, which is not public"
        assert error.hint == "datakit add --allow-private URL, if you trust that host"
        assert Handler.seen == []

    @pytest.mark.parametrize(
        ("path", "address"),
        [
            ("/metadata", "169.254.169.254"), ("/other-private", "10.1.2.3"), ("/mapped", "::ffff:169.254.169.254"),
            ("/zero", "0.0.0.0"), ("/six", "fd00:ec2::254"),  # noqa: S104 - refused, not bound
        ],
    )  # fmt: skip
    def test_redirect_to_a_private_host(self, web: str, tmp_path: Path, path: str, address: str) -> None:
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(web + path, tmp_path, allow_private=True))
        found = error.message.partition("its host has the address ")[2].partition(",")[0]
        assert found.replace("a9fe:a9fe", "169.254.169.254") == address

    def test_redirect_to_a_decimal_address(self, web: str, tmp_path: Path) -> None:
        error = refused(tmp_path, UsageError, lambda: fetch(f"{web}/decimal", tmp_path, allow_private=True))
        assert error.message == f"`{web}/decimal` is not a URL that can be fetched"

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "0", "localhost", "localhost.", "[::1]", "[::]",  # noqa: S104 - refused, not bound
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
            "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "[fe80::1]", "[fc00::1]", "[ff02::1]",
            "[fec0::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1.", "user@127.0.0.1", "example.org@127.0.0.1",
            "１２７.0.0.1", "127。0。0。1", "ⓛocalhost",
        ],
    )  # fmt: skip
    def test_no_form_gets_through(self, web: str, tmp_path: Path, host: str) -> None:
        Handler.seen.clear()
        port = web.rpartition(":")[2]
        with pytest.raises((EnvironmentProblem, UsageError)) as caught:
            fetch(f"http://{host}:{port}/a.csv", tmp_path)
        assert Handler.seen == []
        assert (
            "not public" in caught.value.message
            or "unknown" in caught.value.message
            or "not a URL" in caught.value.message
        )

    def test_name_that_first_answers_with_a_public_address(
        self, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, answers = socket.getaddrinfo, ["93.184.216.34", "127.0.0.1"]

        def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host != "rebind.example":
                return real(host, *args, **kwargs)
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            return real(answer, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        assert network.addresses("rebind.example", "x") == {"93.184.216.34"}
        Handler.seen.clear()
        port = web.rpartition(":")[2]
        for allow, given in ((True, ["93.184.216.34", "127.0.0.1"]), (False, ["127.0.0.1"])):
            answers[:] = given
            work = partial(fetch, f"http://rebind.example:{port}/a.csv", tmp_path, allow_private=allow)
            assert "127.0.0.1, which is not public" in refused(tmp_path, EnvironmentProblem, work).message
        assert Handler.seen == []

    def test_proxy_of_the_environment_is_not_asked(
        self, web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", web)
        monkeypatch.setenv("HTTP_PROXY", web)
        Handler.seen.clear()
        refused(tmp_path, EnvironmentProblem, lambda: fetch("http://10.255.255.1/a.csv", tmp_path))
        assert Handler.seen == []

    def test_other_protocols_too(self, tmp_path: Path) -> None:
        error = refused(tmp_path, EnvironmentProblem, lambda: fetch(f"ftp://u:{SECRET}@127.0.0.1:1/a.csv", tmp_path))
        assert (
            error.message
            == "cannot fetch `ftp://127.0.0.1:1/a.csv`: its host has the address 127.0.0.1, which is not public"
        )


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

    @pytest.mark.parametrize(
        "url",
        [
            f"https://jane:{SECRET}@example.org/a", f"https://example.org/a?token={SECRET}", f"s3://{SECRET}:{SECRET}@b/k",
            f"https://example.org/a#{SECRET}{SECRET}", f"https://{SECRET}@[::1/", f"x\n{SECRET}",
        ],
    )  # fmt: skip
    def test_description_has_no_secret(self, url: str) -> None:
        assert SECRET not in describe(url)


class TestFiles:
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

    def test_file_that_grows(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(DATA)

        class Meddler:
            """Appends while it is read."""

            def start(self, description: str, total: int | None) -> None:
                """Nothing yet."""

            def advance(self, amount: int) -> None:
                """Append."""
                with (tmp_path / "a.csv").open("ab") as file:
                    file.write(bytes(amount))

        with pytest.raises((InvalidData, IntegrityError)):
            fetch(f"file://{tmp_path}/a.csv", tmp_path / "in", Meddler())
        assert list((tmp_path / "in").iterdir()) == []

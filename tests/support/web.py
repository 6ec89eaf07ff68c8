"""A web server on this machine that answers as its path says, honestly or not."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from datakit.errors import DatakitError

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

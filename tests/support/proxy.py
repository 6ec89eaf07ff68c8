"""A web server's way to go wrong: a proxy on this machine that spoils what passes, and a shelf of objects to put behind it.

A fault is a function that gets one exchange and answers it, honestly or not; `Proxy.fault` is what is wrong at the moment.
"""

from __future__ import annotations

import gzip
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

PAGE = b"<!doctype html><html><body>Please log in to the hotel's network</body></html>"
_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "date", "server"})
_DRIP = 0.2  # seconds between two bytes of an answer that drips


class Answer(NamedTuple):
    """What a server answers."""

    status: int
    headers: dict[str, str]
    body: bytes


class Exchange:
    """One request, and the ways to answer it."""

    def __init__(self, handler: Any, proxy: Proxy, body: bytes) -> None:
        self._handler, self._proxy = handler, proxy
        self.method: str = handler.command
        self.path: str = handler.path
        self.body = body

    def forward(self, body: bytes | None = None) -> Answer:
        """Ask the server that is behind, with the same body or another."""
        sent = self.body if body is None else body
        headers = {name: value for name, value in self._handler.headers.items() if name.lower() not in _HOP}
        headers["Content-Length"] = str(len(sent))
        host, port = self._proxy.behind
        connection = http.client.HTTPConnection(host, port, timeout=20)
        try:
            connection.request(self.method, self.path, sent, headers)
            got = connection.getresponse()
            kept = {name: value for name, value in got.getheaders() if name.lower() not in _HOP}
            return Answer(got.status, kept, got.read())
        finally:
            connection.close()

    def send(self, answer: Answer, upto: int | None = None) -> None:
        """Answer, as far as a number of bytes of the body; after fewer than there are the connection ends."""
        self._handler.send_response_only(answer.status)
        lengths = {name.lower() for name in answer.headers} & {"content-length"}
        for name, value in {**({} if lengths else {"Content-Length": str(len(answer.body))}), **answer.headers}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        if self.method != "HEAD":
            self._handler.wfile.write(answer.body[:upto])
        self._handler.wfile.flush()
        self._handler.close_connection = self._handler.close_connection or upto is not None

    def raw(self, data: bytes) -> None:
        """Answer with any bytes, and end the connection."""
        self._handler.wfile.write(data)
        self._handler.close_connection = True

    def reset(self) -> None:
        """Break the connection without a word."""
        sock = self._handler.connection
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.wfile.flush()
        sock.close()
        self._handler.close_connection = True

    def stall(self) -> None:
        """Say nothing until the other side or the test has had enough."""
        self._handler.wfile.flush()
        self._proxy.ended.wait(30)
        self._handler.close_connection = True

    def drip(self, answer: Answer) -> None:
        """Answer byte by byte, each well before any time-out for a single one."""
        self.send(answer, upto=0)
        for at in range(len(answer.body)):
            if self._proxy.ended.wait(_DRIP):
                return
            self._handler.wfile.write(answer.body[at : at + 1])
            self._handler.wfile.flush()


Fault = Callable[[Exchange], None]


class Proxy:
    """What lies between a client and a server."""

    def __init__(self, behind: str) -> None:
        host, _, port = behind.removeprefix("http://").partition(":")
        self.behind = (host, int(port))
        self.fault: Fault | None = None
        self.spoils: Callable[[Exchange], bool] = lambda _exchange: True  # which requests the fault meets
        self.met = 0  # requests that it met
        self.ended = threading.Event()  # set where nothing needs to wait any longer
        self.address = ""

    @contextmanager
    def spoiling(self, fault: Fault, spoils: Callable[[Exchange], bool]) -> Iterator[None]:
        """Let a fault meet some requests for a while."""
        self.ended.clear()
        self.met, self.spoils, self.fault = 0, spoils, fault
        try:
            yield
        finally:
            self.fault = None
            self.ended.set()


@contextmanager
def between(behind: str) -> Iterator[Proxy]:
    """Run a proxy in front of a server."""
    proxy = Proxy(behind)

    class Handler(BaseHTTPRequestHandler):
        """Passes requests on, spoilt or not."""

        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
            """Keep quiet."""

        def one(self) -> None:
            """Answer one request."""
            exchange = Exchange(self, proxy, _body(self))
            with suppress(BrokenPipeError, ConnectionResetError):
                if proxy.fault is not None and proxy.spoils(exchange):
                    proxy.met += 1
                    proxy.fault(exchange)
                else:
                    exchange.send(exchange.forward())

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = one  # noqa: N815 - the base class's names

    with _serving(Handler) as address:
        proxy.address = address
        try:
            yield proxy
        finally:
            proxy.ended.set()


@contextmanager
def shelf() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Run a server that keeps what is posted to it; give its address and what it keeps."""
    kept: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        """Keeps what it is given."""

        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
            """Keep quiet."""

        def answer(self) -> None:
            """Give what is there."""
            body = kept.get(self.path)
            self.send_response_only(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body or b"")

        def keep(self) -> None:
            """Keep what comes, or forget."""
            body = _body(self)
            if self.command == "DELETE":
                kept.pop(self.path, None)
            else:
                kept[self.path] = body
            self.send_response_only(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = answer  # noqa: N815 - the base class's names
        do_PUT = do_POST = do_DELETE = keep  # noqa: N815 - the base class's names

    with _serving(Handler) as address:
        yield address, kept


class _Server(ThreadingHTTPServer):
    """A server that keeps nobody waiting at its door: the usual five places are too few for one who pushes."""

    request_queue_size = 128


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a server, and give its address."""
    server = _Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    """Read the body of a request, however its length is told."""
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(parts)


def answered(status: int, body: bytes = b"", times: int | None = None, **headers: str) -> Fault:
    """Answer something else; after some times honestly."""
    count = iter(range(10**6))

    def fault(exchange: Exchange) -> None:
        if times is not None and next(count) >= times:
            exchange.send(exchange.forward())
        else:
            exchange.send(Answer(status, {name.replace("_", "-"): text for name, text in headers.items()}, body))

    return fault


def changed(change: Callable[[Answer], Answer]) -> Fault:
    """Change the honest answer."""
    return lambda exchange: exchange.send(change(exchange.forward()))


def cut(share: float) -> Fault:
    """Send a share of the body and end the connection."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(answer, upto=int(len(answer.body) * share))

    return fault


def stalled(exchange: Exchange) -> None:
    """Never answer."""
    exchange.stall()


def stalled_inside(exchange: Exchange) -> None:
    """Answer half of it, and then nothing more."""
    answer = exchange.forward()
    exchange.send(answer, upto=len(answer.body) // 2)
    exchange.stall()


def reset(exchange: Exchange) -> None:
    """Break the connection before the answer."""
    exchange.reset()


def reset_after_headers(exchange: Exchange) -> None:
    """Break the connection where the body would begin."""
    exchange.send(exchange.forward(), upto=0)
    exchange.reset()


def dripped(exchange: Exchange) -> None:
    """Answer byte by byte."""
    exchange.drip(exchange.forward())


def endless(exchange: Exchange) -> None:
    """Send a part in chunks, and no end of them."""
    part = exchange.forward().body[:5]
    exchange.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(part), part))


def garbage(exchange: Exchange) -> None:
    """Answer what is no HTTP."""
    exchange.raw(b"\0\1\2 what\r\n\r\n")


def sent(change: Callable[[bytes], bytes]) -> Fault:
    """Pass another body on than the one that came."""
    return lambda exchange: exchange.send(exchange.forward(change(exchange.body)))


def lost(exchange: Exchange) -> None:
    """Say that it is kept, and keep nothing."""
    exchange.send(Answer(200, {}, b""))


def cut_on_the_way(exchange: Exchange) -> None:
    """Keep what came and break the connection before saying so."""
    exchange.forward()
    exchange.reset()


def flip(data: bytes) -> bytes:
    """Flip one bit in the middle."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :] if data else b"\1"


def with_body(body: Callable[[bytes], bytes], **headers: str) -> Fault:
    """Change the body and some headers; the length is that of the new body, and no sum of the old one is left."""

    def change(answer: Answer) -> Answer:
        kept = {
            name: text
            for name, text in answer.headers.items()
            if name.lower() != "content-length" and not name.lower().startswith("x-amz-checksum")
        }
        return Answer(
            answer.status, {**kept, **{n.replace("_", "-"): t for n, t in headers.items()}}, body(answer.body)
        )

    return changed(change)


def with_headers(**headers: str) -> Fault:
    """Change some headers, and nothing else."""
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    drop = {name.lower() for name in names}

    def change(answer: Answer) -> Answer:
        kept = {name: text for name, text in answer.headers.items() if name.lower() not in drop}
        return Answer(answer.status, {**kept, **names}, answer.body)

    return changed(change)


def packed(data: bytes) -> bytes:
    """Pack bytes as `Content-Encoding: gzip` says."""
    return gzip.compress(data)

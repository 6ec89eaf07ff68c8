"""Servers that fail, stall, cut, lie and lead elsewhere: no wrong byte is accepted, a verdict comes soon, the next run finishes."""

from __future__ import annotations

import itertools
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

import pytest
from fsspec.implementations.http import HTTPFileSystem
from s3fs import S3FileSystem

import datakit
from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError
from datakit.store import network, remotes
from datakit.store.fetch import fetch
from tests.support import proxy, s3
from tests.support.clones import FOLDER, TABLE, cloned, files, published
from tests.support.datasets import BIRDS, md5
from tests.support.proxy import Exchange, Fault, Proxy
from tests.support.repo import Repo, copied

KINDS = ("s3", "http")
LOGIN = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
SKEWED = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>"
BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
HUGE = str(10 * 2**30)
NUMBERS = itertools.count()

# What a server does to an answer, and what may come of it: 0 the right bytes, 3 or 4 an error.
COMING: dict[str, tuple[Callable[[], Fault], set[int]]] = {
    "503 twice": (lambda: proxy.answered(503, BUSY, times=2, Retry_After="0"), {0}),
    "503 always": (lambda: proxy.answered(503, BUSY, Retry_After="0"), {3}),
    "500": (lambda: proxy.answered(500), {3}),
    "403": (lambda: proxy.answered(403, DENIED), {3}),
    "401": (lambda: proxy.answered(401), {3}),
    "clock": (lambda: proxy.answered(403, SKEWED), {3}),
    "404": (lambda: proxy.answered(404), {4}),
    "410": (lambda: proxy.answered(410), {3, 4}),
    "429": (lambda: proxy.answered(429, b"x" * 9999, Retry_After="0"), {3}),
    "another region": (lambda: proxy.answered(301, x_amz_bucket_region="eu-west-1"), {3, 4}),
    "reset": (lambda: proxy.reset, {3}),
    "reset after headers": (lambda: proxy.reset_after_headers, {3}),
    "cut at 0 %": (lambda: proxy.cut(0), {3}),
    "cut at 1 %": (lambda: proxy.cut(0.01), {3}),
    "cut at 50 %": (lambda: proxy.cut(0.5), {3}),
    "cut at 99 %": (lambda: proxy.cut(0.99), {3}),
    "stall": (lambda: proxy.stalled, {3}),
    "stall inside": (lambda: proxy.stalled_inside, {3}),
    "a byte at a time": (lambda: proxy.dripped, {3}),
    "short": (lambda: proxy.with_body(lambda body: body[:-1]), {4}),
    "empty": (lambda: proxy.with_body(lambda _body: b""), {4}),
    "a page": (lambda: proxy.answered(200, proxy.PAGE, Content_Type="text/html"), {4}),
    "longer": (lambda: proxy.with_body(lambda body: body * 2000), {4}),
    "flipped": (lambda: proxy.with_body(proxy.flip), {4}),
    "flipped, with a sum": (lambda: proxy.changed(lambda answer: answer._replace(body=proxy.flip(answer.body))), {3, 4}),
    "replaced": (lambda: proxy.with_body(lambda body: b"x" * len(body)), {4}),
    "wrong ETag": (lambda: proxy.with_headers(ETag=f'"{"0" * 32}"'), {0}),
    "ETag of parts": (lambda: proxy.with_headers(ETag=f'"{"0" * 32}-2"'), {0}),
    "expired": (lambda: proxy.answered(403, LOGIN), {3}),
    "to the metadata": (lambda: proxy.answered(302, Location="http://169.254.169.254/latest/meta-data"), {3}),
    "to a file": (lambda: proxy.answered(302, Location="file:///etc/passwd"), {3}),
    "called gzip": (lambda: proxy.with_headers(Content_Encoding="gzip"), {0, 3, 4}),
    "is gzip": (lambda: proxy.with_body(proxy.packed, Content_Encoding="gzip"), {0, 3, 4}),
    "10 GB": (lambda: proxy.with_headers(Content_Length=HUGE), {3, 4}),
    "endless": (lambda: proxy.endless, {3}),
    "no HTTP": (lambda: proxy.garbage, {3}),
}  # fmt: skip
# What it does to an upload. "lost": it says that it has what it does not; on S3 that is a look more.
GOING: dict[str, tuple[Callable[[], Fault], set[int]]] = {
    "503 always": COMING["503 always"],
    "403": COMING["403"],
    "404": (lambda: proxy.answered(404), {3}),
    "reset": COMING["reset"],
    "stall": COMING["stall"],
    "to the metadata": COMING["to the metadata"],
    "to a file": COMING["to a file"],
    "no HTTP": COMING["no HTTP"],
    "kept, then reset": (lambda: proxy.cut_on_the_way, {0, 3}),
    "flipped": (lambda: proxy.sent(proxy.flip), {4}),
    "short": (lambda: proxy.sent(lambda body: body[:-1]), {4}),
    "longer": (lambda: proxy.sent(lambda body: body + b"x"), {4}),
    "nothing": (lambda: proxy.sent(lambda _body: b""), {4}),
    "wrong ETag": (lambda: proxy.with_headers(ETag=f'"{"0" * 32}"'), {0}),
    "ETag of parts": (lambda: proxy.with_headers(ETag=f'"{"0" * 32}-2"'), {0}),
    "a page": (lambda: proxy.answered(200, proxy.PAGE, Content_Type="text/html"), {3, 4}),
    "lost": (lambda: proxy.lost, {3, 4}),
}  # fmt: skip
# What it does to a look whether something is there.
LOOKING = {name: COMING[name] for name in ("503 always", "403", "stall", "no HTTP", "to the metadata")}


class Place(NamedTuple):
    """A server behind a proxy, and a project that pushes there."""

    kind: str
    proxy: Proxy
    address: str  # of the server itself
    kept: dict[str, bytes]  # what the web server keeps
    template: Repo  # with everything in its cache
    bare: Repo  # a clone of it, with nothing


class Try(NamedTuple):
    """One try: a repository and what its remote is called on the server."""

    place: Place
    repo: Repo
    top: str

    def there(self) -> dict[str, bytes]:
        """Return what the server has, by the name of the object."""
        inside = f"{self.top}/files/md5/"
        kept = s3.keys(self.place.address, "faults") if self.place.kind == "s3" else self.place.kept
        found = ((key.removeprefix("/"), data) for key, data in kept.items())
        return {key.removeprefix(inside).replace("/", ""): data for key, data in found if key.startswith(inside)}

    def fill(self) -> None:
        """Put everything there, past the proxy."""
        for name, data in objects(self.place.template).items():
            key = f"{self.top}/files/md5/{name[:2]}/{name[2:]}"
            if self.place.kind == "s3":
                s3.client(self.place.address).put_object(Bucket="faults", Key=key, Body=data)
            else:
                self.place.kept[f"/{key}"] = data


def objects(repo: Repo) -> dict[str, bytes]:
    """Return what a cache has, by the name of the object."""
    return {path.replace("/", ""): data for path, data in files(repo.path / ".dvc/cache/files/md5").items()}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, blank_project: Path) -> tuple[Repo, Repo]:
    """A project with a table and a folder in its cache, and a clone of it."""
    made = copied(blank_project, tmp_path_factory.mktemp("origin") / "repo")
    published(made)
    return made, cloned(made, made.path.parent / "clone")


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest, template: tuple[Repo, Repo]) -> Iterator[Place]:
    """A server with a proxy in front of it."""
    if request.param == "s3":
        with s3.server() as address, proxy.between(address) as between:
            s3.client(address).create_bucket(Bucket="faults")
            yield Place("s3", between, address, {}, *template)
    else:
        with proxy.shelf() as (address, kept), proxy.between(address) as between:
            yield Place("http", between, address, kept, *template)


@pytest.fixture
def trying(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Repo], Try]:
    """Return a function that copies a repository and points it at a new folder of the server."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")

    def make(template: Repo) -> Try:
        anew()
        top = f"top{next(NUMBERS)}"
        repo = Repo(tmp_path / "repo")
        shutil.copytree(template.path, repo.path, symlinks=True, dirs_exist_ok=True)
        address = place.proxy.address
        where = (
            f"url = s3://faults/{top}\n    endpointurl = {address}" if place.kind == "s3" else f"url = {address}/{top}"
        )
        keys = f"\n    access_key_id = {s3.KEY}\n    secret_access_key = {s3.SECRET}" if place.kind == "s3" else ""
        settings = f"['remote \"storage\"']\n    {where}{keys}\n    read_timeout = 1\n    connect_timeout = 1\n"
        (repo.path / ".dvc/config.local").write_text(settings)
        return Try(place, repo, top)

    return make


def anew() -> None:
    """Let what comes next have connections of its own, as each command of a user has, which is a process of its own."""
    for kind in (HTTPFileSystem, S3FileSystem):
        kind.clear_instance_cache()


def judged(work: Callable[[], object], allowed: set[int], what: str) -> DatakitError | None:
    """Run something that may fail in some ways, soon, and return its error."""
    began = time.monotonic()
    try:
        work()
        error = None
    except (EnvironmentProblem, IntegrityError) as caught:
        error = caught
    assert (error.exit_code if error else 0) in allowed, f"{what}: {error!r}"
    assert time.monotonic() - began < 60, what
    assert error is None or error.hint, what
    return error


def about_objects(exchange: Exchange) -> bool:
    """Tell whether a request gets one of the objects."""
    return exchange.method == "GET" and "/files/md5/" in exchange.path


def right(repo: Repo, template: Repo) -> None:
    """Hold that everything is there, byte for byte."""
    assert repo.read(TABLE) == BIRDS
    assert files(repo.path / FOLDER) == files(template.path / FOLDER)


def sound(repo: Repo) -> None:
    """Hold that nothing wrong is there: not in the cache, and not in the working tree."""
    for name, data in objects(repo).items():
        assert name[:32] == md5(data) or name.startswith(".datakit-"), name
    assert not (repo.path / TABLE).exists() or repo.read(TABLE) == BIRDS


@pytest.mark.parametrize("name", COMING)
def test_what_comes(trying: Callable[[Repo], Try], place: Place, name: str) -> None:
    """`pull`: the right bytes or an error that names remote and object; whole afterwards."""
    made, allowed = COMING[name]
    attempt = trying(place.bare)
    attempt.fill()
    with place.proxy.spoiling(made(), about_objects):
        error = judged(lambda: datakit.pull(root=attempt.repo.path), allowed, name)
    assert place.proxy.met > 0
    if error is None:
        right(attempt.repo, place.template)
    else:
        assert "remote `storage`" in error.message
        assert "403" in error.message or "401" in error.message or "object" in error.message, error.message
    sound(attempt.repo)
    anew()
    datakit.pull(root=attempt.repo.path)
    right(attempt.repo, place.template)
    sound(attempt.repo)


@pytest.mark.parametrize("name", GOING)
def test_what_goes(trying: Callable[[Repo], Try], place: Place, name: str) -> None:
    """`push`: what the server has is right, or there was an error; whole afterwards."""
    made, allowed = GOING[name]
    attempt = trying(place.template)
    with place.proxy.spoiling(made(), lambda exchange: exchange.method in {"PUT", "POST"}):
        error = judged(lambda: datakit.push(root=attempt.repo.path), allowed, name)
    assert place.proxy.met > 0
    if error is None:
        assert attempt.there() == objects(attempt.repo)
    else:
        assert "remote `storage`" in error.message
    anew()
    datakit.push(root=attempt.repo.path)
    assert attempt.there() == objects(attempt.repo)


@pytest.mark.parametrize("name", LOOKING)
def test_what_is_looked_at(trying: Callable[[Repo], Try], place: Place, name: str) -> None:
    """A server that does not say what it has is never taken to have nothing, nor to have everything."""
    made, allowed = LOOKING[name]
    attempt = trying(place.template)
    attempt.fill()
    with place.proxy.spoiling(made(), lambda exchange: exchange.method in {"HEAD", "GET"}):
        error = judged(lambda: datakit.status(remote=True, root=attempt.repo.path), allowed, name)
        assert error is not None
        judged(lambda: datakit.push(root=attempt.repo.path), allowed, name)
    assert "unpushed" not in {item.condition for item in datakit.status(remote=True, root=attempt.repo.path)}


@pytest.mark.parametrize("place", ["s3"], indirect=True)
@pytest.mark.parametrize("name", ["cut at 50 %", "stall inside", "a page", "garbled"])
def test_a_page_of_names(trying: Callable[[Repo], Try], place: Place, name: str) -> None:
    """A page of names that is cut or is none."""
    made, allowed = COMING.get(name, (lambda: proxy.with_body(lambda body: body[: len(body) // 2]), {3}))
    attempt = trying(place.template)
    attempt.fill()
    with place.proxy.spoiling(made(), lambda exchange: "list-type=2" in exchange.path):
        error = judged(lambda: datakit.push("photos", root=attempt.repo.path), allowed | {0, 3}, name)
    assert place.proxy.met > 0
    assert error is not None or attempt.there().keys() == objects(attempt.repo).keys()
    assert datakit.push("photos", root=attempt.repo.path)[0].uploaded == 0


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_rights_that_end_in_the_middle(trying: Callable[[Repo], Try], place: Place) -> None:
    attempt, seen = trying(place.bare), itertools.count()
    attempt.fill()

    def later(exchange: Exchange) -> bool:
        return about_objects(exchange) and next(seen) > 0

    with place.proxy.spoiling(proxy.answered(403, LOGIN), later):
        error = judged(lambda: datakit.pull(root=attempt.repo.path), {3}, "expired")
    assert error is not None
    said = "the credentials for s3://faults/" if place.kind == "s3" else f"{place.proxy.address}/"
    assert error.message.startswith(f"cannot read from remote `storage`: {said}")
    anew()
    datakit.pull(root=attempt.repo.path)
    right(attempt.repo, place.template)


@pytest.mark.parametrize("place", ["s3"], indirect=True)
@pytest.mark.parametrize(
    ("body", "said", "hint"),
    [
        (DENIED, "does not allow it to these credentials (403)", "ask the bucket's owner for s3:GetObject below s3://faults/"),
        (LOGIN, "have expired (403)", "log in again, or give a new session_token: dvc remote modify --local storage"),
        (SKEWED, "is not that of s3://faults/", "set the clock: `timedatectl status`"),
    ],
)  # fmt: skip
def test_what_a_refusal_says(trying: Callable[[Repo], Try], place: Place, body: bytes, said: str, hint: str) -> None:
    attempt = trying(place.bare)
    with place.proxy.spoiling(proxy.answered(403, body), about_objects):
        error = judged(lambda: datakit.pull("birds", root=attempt.repo.path), {3}, said)
    assert error is not None
    assert said in error.message
    assert (error.hint or "").startswith(hint)


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_a_name_that_nobody_knows(trying: Callable[[Repo], Try], place: Place) -> None:
    attempt = trying(place.bare)
    settings = attempt.repo.path / ".dvc/config.local"
    settings.write_text(settings.read_text().replace(place.proxy.address, "http://nowhere.invalid"))
    error = judged(lambda: datakit.pull(root=attempt.repo.path), {3}, "DNS")
    assert error is not None
    assert error.message.startswith("cannot read from remote `storage` (")


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_a_server_without_tls(trying: Callable[[Repo], Try], place: Place) -> None:
    attempt = trying(place.bare)
    settings = attempt.repo.path / ".dvc/config.local"
    settings.write_text(settings.read_text().replace("http://", "https://"))
    error = judged(lambda: datakit.pull(root=attempt.repo.path), {3}, "TLS")
    assert error is not None
    assert error.message.startswith("cannot read from remote `storage` (")


def test_a_server_that_listens_to_nobody(template: tuple[Repo, Repo], tmp_path: Path) -> None:
    """Connections are taken and never answered."""
    repo = copied(template[1].path, tmp_path / "repo")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        repo.dvc("remote", "modify", "--local", "storage", "url", address)
        repo.dvc("remote", "modify", "--local", "storage", "read_timeout", "1")
        error = judged(lambda: datakit.pull(root=repo.path), {3}, "silence")
    assert error is not None
    assert "at object " in error.message


@pytest.mark.parametrize("url", ["s3://bucket/top", "http://example.org/top"])
def test_without_settings_a_verdict_comes_within_two_minutes(repo: Repo, url: str) -> None:
    """Read from what is really set: no library waits longer for a byte, and no object is waited for longer."""
    repo.dvc("remote", "add", "--default", "storage", url)
    remote = remotes.open_remote(repo.path)
    waits = remote.fs.fs_args["config_kwargs" if url.startswith("s3") else "client_kwargs"]
    assert (waits["connect_timeout"], waits["read_timeout"]) == (10, 60)
    assert remote.patience == 105
    assert network.TRIES * (network.CONNECT_SECONDS + network.READ_SECONDS) == 105
    repo.dvc("remote", "modify", "storage", "read_timeout", "200")
    assert remotes.open_remote(repo.path).patience == 315


@pytest.fixture(scope="module")
def web() -> Iterator[Proxy]:
    """A web server with a file behind a proxy."""
    with proxy.shelf() as (address, kept), proxy.between(address) as between:
        kept["/a.csv"] = BIRDS.encode() * 9
        yield between


class TestURL:
    """`add URL`, as far as a file arrives: the same faults."""

    ALLOWED: ClassVar = {
        "503 twice": {"error"}, "wrong ETag": {"right"}, "ETag of parts": {"right"}, "flipped, with a sum": {"other"}, "longer": {"other"}, "short": {"other"}, "empty": {"other"},
        "flipped": {"other"}, "replaced": {"other"}, "another region": {"error"},
    }  # fmt: skip

    @pytest.mark.parametrize("name", COMING)
    def test_what_comes(self, web: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """What the server itself says it sends is what there is; everything else is an error and leaves no file."""
        monkeypatch.setattr(network, "READ_SECONDS", 1)
        monkeypatch.setattr(network, "CONNECT_SECONDS", 1)
        came: list[str] = []

        def work() -> None:
            got = fetch(f"{web.address}/a.csv", tmp_path / "in", allow_private=True)
            came.append("right" if got.path.read_bytes() == BIRDS.encode() * 9 else "other")

        with web.spoiling(COMING[name][0](), lambda _exchange: True):
            began = time.monotonic()
            try:
                work()
            except DatakitError as error:
                assert error.exit_code in {1, 3, 4}, name  # noqa: PT017 - of any kind, and its text has no secret
                came.append("error")
                if name == "a byte at a time":
                    assert error.message == f"cannot fetch `{web.address}/a.csv`: it comes too slowly"  # noqa: PT017
        assert time.monotonic() - began < 60
        assert set(came) <= self.ALLOWED.get(name, {"error"}), name
        if came == ["error"]:
            assert not (tmp_path / "in").exists() or list((tmp_path / "in").iterdir()) == []


class TestFolder:
    """A remote that is a folder on this machine."""

    @pytest.fixture
    def pair(self, template: tuple[Repo, Repo], tmp_path: Path) -> tuple[Repo, Path]:
        """A clone, and a remote that has everything."""
        origin = copied(template[0].path, tmp_path / "origin")
        datakit.push(root=origin.path)
        return copied(template[1].path, tmp_path / "clone"), tmp_path / "storage/files/md5"

    @pytest.mark.parametrize("fault", ["flipped", "short", "longer", "empty", "missing", "folder", "link to nowhere"])
    def test_an_object_that_is_wrong(self, pair: tuple[Repo, Path], fault: str) -> None:
        repo, store = pair
        name = md5(BIRDS)
        place = store / name[:2] / name[2:]
        kept = place.read_bytes()
        place.unlink()
        if fault == "folder":
            place.mkdir()
        elif fault == "link to nowhere":
            place.symlink_to("nowhere")
        elif fault != "missing":
            place.write_bytes({"flipped": proxy.flip(kept), "short": kept[:-1], "longer": kept + b"x"}.get(fault, b""))
        error = judged(lambda: datakit.pull(root=repo.path), {3, 4}, fault)
        assert error is not None
        assert "storage" in error.message
        assert name in error.message or name[2:] in error.message
        assert not (repo.path / TABLE).exists()
        place.rmdir() if fault == "folder" else place.unlink(missing_ok=True)
        place.write_bytes(kept)
        datakit.pull(root=repo.path)
        assert repo.read(TABLE) == BIRDS

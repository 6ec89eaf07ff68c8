"""Data from a URL: fetched once, hashed on the way, held against everything that its server says about it.

The one importer of fsspec. HTTP goes through its file system's session with a gate on every connection and every redirect;
other schemes through whatever file system is installed for them. Nothing here prints a URL: it may hold a password.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from datakit.errors import EnvironmentProblem, IntegrityError, InvalidData, UsageError
from datakit.formats.listing import shown
from datakit.formats.url import RedactedUrl, redact
from datakit.progress import SILENT, Progress
from datakit.store import disk, files, http, network, proofs
from datakit.store.proofs import Stated
from datakit.store.source import Opened, describe, file_name, said_plainly

CHUNK = 1024 * 1024
_NOT_A_SOURCE = frozenset((
    "arrow_hdfs", "async_wrapper", "asynclocal", "asyncwrapper", "blockcache", "cached", "dask", "data", "dir", "dvc",
    "filecache", "generic", "git", "jlab", "jupyter", "libarchive", "memory", "pyscript", "reference", "simplecache", "tar",
    "zip",
))  # fmt: skip
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_HOSTS = frozenset(("ftp", "hdfs", "root", "sftp", "smb", "ssh", "webdav", "webhdfs"))  # the URL names a machine
_PAGES = frozenset((".htm", ".html", ".xhtml", ".mhtml"))
_PAGE_TYPES = frozenset(("text/html", "application/xhtml+xml"))


class Fetched(NamedTuple):
    """A file that arrived, and what is known about it."""

    path: Path  # a temporary file, complete and on the disk; the caller publishes or removes it
    name: str  # what the source calls it; safe as a file name
    size: int  # bytes
    md5: str
    sha256: str
    uri: RedactedUrl
    proofs: Mapping[str, str]  # what the server said: etag, last_modified, version_id, content_md5, final_url, …


def fetch(url: str, to_dir: Path, progress: Progress = SILENT, *, allow_private: bool = False) -> Fetched:
    """Fetch one file.

    Args:
        url: A URL of any scheme that fsspec has a file system for.
        to_dir: Where the temporary file is made; the folder too, if need be.
        progress: Told of every byte.
        allow_private: Allow the URL's own host to be this machine or in a private network.

    Returns:
        The file and what was proved.

    Raises:
        UsageError: That is no URL of one file.
        EnvironmentProblem: The source cannot be reached, refuses, or needs a package; or the disk is full.
        InvalidData: A web page came where data was expected, or the source changed meanwhile.
        IntegrityError: What arrived is not what the server says it sent.
    """
    scheme = _scheme(url)
    name = describe(url)
    try:
        to_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.problem(error, "make the folder", to_dir) from error
    opening = _web if scheme in {"http", "https"} else _opened
    with _kept_if_good() as kept:
        with opening(url, name, allow_private) as source:
            _check_type(source, name)
            path, arrived = _download(source, to_dir, name, progress)
            kept.append(path)
        _check(source, arrived, name)
    return Fetched(
        path, source.name, arrived["size"], arrived["md5"], arrived["sha256"], redact(url), source.stated.proofs
    )


def _scheme(url: str) -> str:
    """Find the scheme; refuse what is not the plain URL of one file."""
    if not url.isprintable() or " " in url or "\\" in url:
        raise UsageError("the URL holds spaces, backslashes or control characters", hint="percent-encode them")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if "::" in scheme or ("::" in rest and scheme not in {"http", "https"}):
        raise UsageError("the URL is a chain of file systems (`::`)", hint="give the URL of the file itself")
    if not separator or not rest or not _SCHEME.fullmatch(scheme):
        raise UsageError(f"`{describe(url)}` is not a URL", hint="write it as scheme://host/path")
    if scheme in _NOT_A_SOURCE:
        raise UsageError(f"`{scheme}://` does not name a file that others could fetch again")
    return scheme


@contextmanager
def _kept_if_good() -> Iterator[list[Path]]:
    """Collect files that are removed if the block fails, be it because the source changed behind them."""
    kept: list[Path] = []
    try:
        yield kept
    except BaseException:
        for path in kept:
            path.unlink()
        raise


def _host(url: str) -> str | None:
    """Find the machine that a URL names; nothing where it is no URL."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


@contextmanager
def _web(url: str, name: str, allow_private: bool) -> Iterator[Opened]:
    """Open a file of a web server."""
    import fsspec

    host = _host(url)
    if not host:
        raise http.not_a_url(name)
    # What the user names may be private; what a server redirects to may not, unless it is that same machine.
    allowed = network.addresses(host, name) if allow_private else frozenset()
    fs = fsspec.filesystem("http", skip_instance_cache=True, get_client=network.session(allowed))
    run = partial(fsspec.asyn.sync, fs.loop)
    session = run(fs.set_session)
    try:
        with http.opened(run, session, url, name) as source:
            final = source.stated.proofs.get("final_url")
            if final is not None:
                source.stated.proofs["final_url"] = redact(final)
            yield source
    finally:
        run(session.close)


@contextmanager
def _opened(url: str, name: str, allow_private: bool) -> Iterator[Opened]:
    """Open a file of any file system that fsspec knows."""
    scheme = url.partition("://")[0].lower()
    _check_installed(scheme)
    host = _host(url)
    if scheme in _HOSTS and host and not allow_private:
        network.check_host(host, name)
    import fsspec

    options = {"version_aware": True} if scheme in {"s3", "s3a"} else {}
    with said_plainly(name):
        fs, path = fsspec.core.url_to_fs(url, skip_instance_cache=True, use_listings_cache=False, **options)
        info = fs.info(path)
        if info["type"] != "file":
            raise UsageError(
                f"`{name}` is not a file but a {shown(str(info['type']))}", hint="give the URL of one file"
            )
        if scheme in {"s3", "s3a"}:
            stated, pinned = _head(fs, path, info)
        else:
            stated, pinned = proofs.of_info(info), {}
        with fs.open(path, "rb", block_size=8 * CHUNK, **pinned) as file:
            kind = str(info.get("ContentType") or info.get("contentType") or "")
            yield Opened(file.read, file_name(path.partition("?versionId=")[0]), info["size"], kind, stated)
        if not pinned and _mark(fs.info(path)) != _mark(info):
            raise InvalidData(f"`{name}` changed while being fetched", hint="fetch it again")


def _mark(info: Mapping[str, Any]) -> tuple[object, ...]:
    """Take from what a file system knows the part that changes with the bytes."""
    return (info["size"], info.get("mtime"), proofs.of_info(info))


def _check_installed(scheme: str) -> None:
    """Refuse a scheme that fsspec has no file system for, or one that only wraps another."""
    import fsspec
    from fsspec.implementations.chained import ChainedFileSystem

    if scheme not in fsspec.available_protocols():
        raise UsageError(
            f"`{shown(scheme)}://` is no scheme that fsspec knows", hint="https, s3, gs, az, abfs, sftp, …"
        )
    try:
        kind = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        text = f"`{scheme}://` needs another package: {shown(str(error))}"
        raise EnvironmentProblem(text, hint=_install(scheme)) from error
    if issubclass(kind, ChainedFileSystem):
        raise UsageError(f"`{scheme}://` does not name a file that others could fetch again")


def _install(scheme: str) -> str:
    """Name the package to install for a scheme."""
    known = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "adl": "adlfs",
             "hf": "huggingface_hub", "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol", "oss": "ossfs",
             "webdav": "webdav4[fsspec]"}  # fmt: skip
    return f"pip install {known.get(scheme, f'the package for {scheme}')}"


def _head(fs: Any, path: str, info: Mapping[str, Any]) -> tuple[Stated, dict[str, Any]]:
    """Ask S3 for everything that it can prove about the version that is going to be read."""
    bucket, key, version = fs.split_path(path)
    version = version or info.get("VersionId")
    pinned = {"version_id": version} if version and version != "null" else {}
    given = {"VersionId": version} if pinned else {}
    head = fs.call_s3("head_object", Bucket=bucket, Key=key, ChecksumMode="ENABLED", **given)
    return proofs.of_s3(head), pinned


def _download(source: Opened, to_dir: Path, name: str, progress: Progress) -> tuple[Path, dict[str, Any]]:
    """Write what arrives into a temporary file, hashed on the way and brought to the disk."""
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    end = time.monotonic() + network.TRIES * (network.CONNECT_SECONDS + network.READ_SECONDS)
    progress.start(f"fetch {name}", source.size)
    with disk.temporary(to_dir) as (fd, temp):
        while chunk := source.read(CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
            size += len(chunk)
            if time.monotonic() > end + size / network.SLOWEST:
                raise EnvironmentProblem(f"cannot fetch `{name}`: it comes too slowly", hint="try again later")
            if source.size is not None and size > source.size:
                raise IntegrityError(
                    f"`{name}` arrived longer than it is: expected {source.size:,} bytes, found more",
                    hint="fetch it again",
                )
            with _disk(to_dir):
                disk.write_all(fd, chunk)
            progress.advance(len(chunk))
        with _disk(to_dir):
            disk.check_length(fd, size, Path(temp))
            disk.sync_fd(fd)
            # Under this name it waits for its place; nobody holds it then, and no other command takes it for a leftover.
            arrived = Path(temp).with_name(f"arrived-{Path(temp).name.removeprefix(disk.PREFIX)}")
            os.rename(temp, arrived)
    return arrived, {"md5": md5.hexdigest(), "sha256": sha256.hexdigest(), "size": size}


@contextmanager
def _disk(to_dir: Path) -> Iterator[None]:
    """Tell trouble of this disk from trouble of the source."""
    try:
        yield
    except OSError as error:
        raise files.problem(error, "write", to_dir) from error


def _check(source: Opened, arrived: Mapping[str, Any], name: str) -> None:
    """Hold what arrived against what the server said."""
    if source.size is not None and source.size != arrived["size"]:
        raise IntegrityError(
            f"`{name}` arrived incomplete: expected {source.size:,} bytes, found {arrived['size']:,}",
            hint="fetch it again",
        )
    for algorithm, expected in source.stated.expected.items():
        if arrived[algorithm] != expected:
            raise IntegrityError(
                f"`{name}` arrived damaged: expected {algorithm} {expected}, found {arrived[algorithm]}",
                hint="fetch it again; if it happens twice, ask who runs the server",
            )


def _check_type(source: Opened, name: str) -> None:
    """Refuse a web page, mostly one that asks for a login, in place of data."""
    is_page = Path(source.name).suffix.lower() in _PAGES
    if source.content_type.partition(";")[0].strip().lower() in _PAGE_TYPES and not is_page:
        raise InvalidData(
            f"`{name}` sent a web page where `{source.name}` was expected",
            hint="open it in a browser: it may ask for a login, or only lead to the file",
        )

"""What the objects of a remote hash to: each one looked up, then read and hashed, and nothing of it kept.

An object of S3 need not be read where the server's ETag is the very md5 in its name. An ETag is that md5 where the object was
uploaded in one part and is not encrypted with a key of its own (`proofs.of_s3`). That it is one, no header says for sure; but
a server whose ETags are something else, or that has other bytes, does not come upon the md5 in the name by chance. So an ETag
that is equal proves the object, and one that is not proves nothing: the bytes are read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from datakit.progress import SILENT, Progress
from datakit.store import hashing, http_objects, proofs
from datakit.store.hashing import Stamp
from datakit.store.remote_calls import Patience, asking, call, run
from datakit.store.remotes import Remote

_BLOCK = 4 * hashing.CHUNK  # bytes that are asked for at a time where a file system has nothing but files


class Stated(NamedTuple):
    """What a remote says about an object before a byte of it is read."""

    size: int
    etag: str = ""  # the md5 of its bytes, where that is what the server's ETag is; else empty
    mark: str = ""  # changes when the object does; empty where nothing does


def stated(remote: Remote, name: str) -> Stated | None:
    """Ask a server for an object.

    Args:
        remote: Where.
        name: The object.

    Returns:
        What is said of it; None where it is not there.

    Raises:
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    with asking(remote, "look at", name):
        try:
            if remote.fs.protocol == "s3":
                return _head(remote, name)
            if remote.fs.protocol in {"http", "https"}:
                size = http_objects.size(remote, name)
                return None if size is None else Stated(size)
            info = call(remote, Patience(remote), "info", remote.path(name))
        except (FileNotFoundError, NotADirectoryError):
            return None
    return Stated(int(info["size"]), mark=_mark(info)) if info["type"] == "file" else None


def read(remote: Remote, name: str, size: int, progress: Progress = SILENT) -> str:
    """Read an object of a server and hash it on the way; memory does not grow with it.

    Args:
        remote: Where.
        name: The object.
        size: Its size in bytes, as it was stated: how long it may take depends on it.
        progress: Told of every byte.

    Returns:
        The md5 of its bytes.

    Raises:
        FileNotFoundError: It is not there.
        EnvironmentProblem: The remote does not answer or refuses, or stops in the middle.
    """
    md5 = hashlib.md5(usedforsecurity=False)

    def take(chunk: bytes) -> None:
        md5.update(chunk)
        progress.advance(len(chunk))

    async def of_s3() -> None:
        fs = remote.fs.fs
        bucket, key, _ = fs.split_path(remote.path(name))
        answer = await fs._call_s3("get_object", Bucket=bucket, Key=key)  # noqa: SLF001 - fsspec's documented way to stay in its loop
        try:
            while chunk := await answer["Body"].read(hashing.CHUNK):
                take(chunk)
        finally:
            answer["Body"].close()

    with asking(remote, "read from", name):
        if remote.fs.protocol == "s3":
            run(remote, of_s3, Patience(remote, size))
        else:
            with remote.fs.open(remote.path(name), "rb", block_size=_BLOCK) as file:
                while chunk := file.read(hashing.CHUNK):
                    take(chunk)
    return md5.hexdigest()


def whole(remote: Remote, name: str, limit: int) -> bytes | None:
    """Read an object into memory.

    Args:
        remote: Where.
        name: The object: a listing.
        limit: How many bytes it can have at most.

    Returns:
        Its bytes; None where it is not there, or is larger than that.

    Raises:
        EnvironmentProblem: The remote does not answer or refuses.
    """
    path = remote.path(name)
    try:
        if remote.fs is None:
            with asking(remote, "read from", name):
                return Path(path).read_bytes() if os.stat(path).st_size <= limit else None
        said = stated(remote, name)
        if said is None or said.size > limit:
            return None
        with asking(remote, "read from", name):
            return bytes(call(remote, Patience(remote, said.size), "cat_file", path))
    except FileNotFoundError:
        return None


def mark(found: os.stat_result) -> str:
    """Return what changes when a file of this machine does: 32 hexadecimal digits.

    Args:
        found: What the system says about it.
    """
    return _joined(Stamp.of(found))


def _head(remote: Remote, name: str) -> Stated:
    """Ask S3 for everything that it says about an object."""
    fs = remote.fs.fs
    bucket, key, _ = fs.split_path(remote.path(name))
    head = run(remote, lambda: fs._call_s3("head_object", Bucket=bucket, Key=key), Patience(remote))  # noqa: SLF001 - as above
    said, size = proofs.of_s3(head), int(head["ContentLength"])
    return Stated(size, said.expected.get("md5", ""), _joined((size, *sorted(said.proofs.items()))))


def _mark(info: Mapping[str, Any]) -> str:
    """Take from what a file system knows what changes with the bytes, if anything does."""
    facts = sorted(proofs.of_info(info).proofs.items())
    when = info.get("mtime")
    return _joined((info["size"], when, *facts)) if facts or when is not None else ""


def _joined(facts: tuple[object, ...]) -> str:
    """Write facts as one short word."""
    return hashlib.sha256(repr(tuple(facts)).encode()).hexdigest()[:32]

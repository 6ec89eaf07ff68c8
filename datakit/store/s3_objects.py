"""Objects on S3, with as few requests as prove them: one each way, and none for what a page of names tells.

An object is sent with the md5 that is its name, which servers hold against the bytes that arrive (`Content-MD5`), and the
`ETag` of the answer is the md5 of what was kept: a wrong one is never left there. Sources: Amazon S3 API, PutObject,
HeadObject, ListObjectsV2; "Checking object integrity": of parts the ETag is the md5 of their md5s, `-` and their number;
an object that a key service encrypts has another one.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from datakit.errors import IntegrityError
from datakit.store import proofs
from datakit.store.remote_calls import Patience, code, run
from datakit.store.remotes import Remote

WHOLE = 100 * 2**20  # bytes below which an object is sent in one piece
PART = 50 * 2**20  # bytes; s3fs's own, up to 10,000 of them
PAGE = 1_000  # names; the most that S3 gives
LISTED = 4  # objects in a folder of the store from which asking for a page of its names is cheaper than asking for each
_MD5 = re.compile(r"[0-9a-f]{32}(-[0-9]+)?")


def size(remote: Remote, name: str) -> int | None:
    """Look one object up.

    Args:
        remote: Where.
        name: The object.

    Returns:
        Its size in bytes; None where it is not there.
    """
    try:
        return int(_call(remote, "head_object", _where(remote, name))["ContentLength"])
    except FileNotFoundError:
        return None
    except PermissionError as error:
        if not code(error).isdigit():
            raise
        # The answer to a look has no words: a byte is asked for, whose refusal says which right is missing.
        _call(remote, "get_object", _where(remote, name), Range="bytes=0-0")["Body"].close()
        raise


def listed(remote: Remote, names: Sequence[str], folder: str = "", pages: int = 1) -> dict[str, int | None]:
    """Look many objects up by pages of names.

    Args:
        remote: Where.
        names: The objects.
        folder: The folder of the store in which all of them are; the whole store by default.
        pages: How many pages are read at most.

    Returns:
        Their sizes, None for those that are not there; without those that may be on pages that were not read.
    """
    bucket, store = _split(remote, f"{remote.root}/")
    prefix, wanted = f"{store}{folder}", set(names)
    more: dict[str, str] = {}
    found: dict[str, int | None] = {}
    for _ in range(pages):
        page = _call(remote, "list_objects_v2", {"Bucket": bucket, "Prefix": prefix, **more}, MaxKeys=PAGE)
        for item in page.get("Contents", ()):
            name = item["Key"][len(store) :].replace("/", "")
            if name in wanted and item["Key"] == f"{store}{name[:2]}/{name[2:]}":
                found[name] = int(item["Size"])
        if not page.get("IsTruncated"):
            return {name: found.get(name) for name in names}
        more = {"ContinuationToken": page["NextContinuationToken"]}
    return found


def send(remote: Remote, name: str, source: Path, length: int) -> None:
    """Send one object, and hold the proof of its arrival against its name.

    Args:
        remote: Where to.
        name: The object.
        source: The file, which is what the name says.
        length: Its size in bytes.

    Raises:
        IntegrityError: Other bytes arrived; they were removed again.
        FileNotFoundError: There is no such bucket.
    """
    patience, where = Patience(remote, length), _where(remote, name)
    if length < WHOLE:
        proof = base64.b64encode(bytes.fromhex(name[:32])).decode()
        body = source.read_bytes()
        kept = _call(remote, "put_object", where, patience, Body=body, ContentMD5=proof)
        expected = name[:32]
    else:
        fs = remote.fs.fs
        run(remote, lambda: fs._put_file(str(source), remote.path(name), chunksize=_part(length)), patience)  # noqa: SLF001 - fsspec's documented way to stay in its loop
        expected, kept = _of_parts(source, _part(length)), {}
    if _says(kept) != expected:
        kept = _call(remote, "head_object", where)
        _check(remote, name, expected, length, kept)


def _check(remote: Remote, name: str, expected: str, length: int, kept: Mapping[str, Any]) -> None:
    """Refuse what the server says it keeps, where it is something else."""
    found, said = int(kept["ContentLength"]), _says(kept)
    # A key service makes an ETag of its own, and a server may count parts in its own way. Only the length is left then.
    telling = said is not None and not proofs.has_own_etag(kept) and ("-" in said) == ("-" in expected)
    if found == length and (said == expected or not telling):
        return
    what = f"ETag {said}, expected {expected}" if found == length else f"{found:,} bytes, expected {length:,}"
    with suppress(Exception):  # who may write need not be allowed to remove: the message names the object
        _call(remote, "delete_object", _where(remote, name))
    raise IntegrityError(
        f"remote `{remote.name}` kept other bytes of object `{name}` than it was sent: {what}",
        hint=f"`datakit push` again; if it stays, `{remote.place(name)}` must go, and the way there is to be mended",
    )


def _says(kept: Mapping[str, Any]) -> str | None:
    """Return the md5 that an answer gives, or that of its parts."""
    said = str(kept.get("ETag", "")).strip('"').lower()
    return said if _MD5.fullmatch(said) else None


def _part(length: int) -> int:
    """Return the size of the parts of a big object."""
    return max(PART, -(-length // 10_000))


def _of_parts(source: Path, size: int) -> str:
    """Compute the ETag of an object that is sent in parts."""
    parts = []
    with open(source, "rb") as opened:
        while chunk := opened.read(size):
            parts.append(hashlib.md5(chunk, usedforsecurity=False).digest())
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _call(
    remote: Remote, method: str, where: Mapping[str, str], patience: Patience | None = None, **options: Any
) -> Any:
    """Make one request."""
    fs = remote.fs.fs
    work: Callable[[], Awaitable[Any]] = lambda: fs._call_s3(method, **where, **options)  # noqa: E731, SLF001 - as above
    return run(remote, work, patience or Patience(remote))


def _where(remote: Remote, name: str) -> dict[str, str]:
    """Name an object as S3 does."""
    bucket, key = _split(remote, remote.path(name))
    return {"Bucket": bucket, "Key": key}


def _split(remote: Remote, path: str) -> tuple[str, str]:
    """Take bucket and key from a path."""
    bucket, key, _ = remote.fs.fs.split_path(path)
    return bucket, key

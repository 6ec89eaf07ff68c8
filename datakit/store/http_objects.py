"""Objects on a web server: asked for as they are, since its file system takes every failure for a missing object.

Nothing that a web server answers to an upload proves what it kept, so what was sent is read back and hashed.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from datakit.errors import IntegrityError
from datakit.store.remote_calls import Patience, run
from datakit.store.remotes import Remote

_HEADERS = {"Accept-Encoding": "identity"}  # a length is that of the object only if nothing packs it
_NO_HEAD = frozenset({400, 403, 405, 501})  # what servers answer who know `GET` and nothing else
_GONE = frozenset({404, 410})
_CHUNK = 2**20


def size(remote: Remote, name: str) -> int | None:
    """Look one object up.

    Args:
        remote: Where.
        name: The object.

    Returns:
        Its size in bytes; None where it is not there.
    """

    async def look() -> int | None:
        session = await remote.fs.fs.set_session()
        url = remote.fs.fs.encode_url(remote.path(name))
        async with session.head(url, allow_redirects=True, headers=_HEADERS) as answer:
            if answer.status not in _NO_HEAD:
                length = _length(answer)
                if length is not None or answer.status in _GONE:
                    return length
        async with session.get(url, headers=_HEADERS) as answer:
            length = _length(answer)
            if length is not None or answer.status in _GONE:
                return length
            return (await _read(answer))[0]

    return run(remote, look, Patience(remote))


def send(remote: Remote, name: str, source: Path, length: int) -> None:
    """Send one object, and read it back.

    Args:
        remote: Where to.
        name: The object.
        source: The file, which is what the name says.
        length: Its size in bytes.

    Raises:
        IntegrityError: The server kept other bytes; it was asked to remove them again.
    """
    fs, patience = remote.fs.fs, Patience(remote, 2 * length)

    async def there_and_back() -> tuple[int, str]:
        await fs._put_file(str(source), remote.path(name))  # noqa: SLF001 - fsspec's documented way to stay in its loop
        session = await fs.set_session()
        async with session.get(fs.encode_url(remote.path(name)), headers=_HEADERS) as answer:
            answer.raise_for_status()
            found = await _read(answer)
        if found[1] != name[:32]:
            with suppress(Exception):  # few servers allow it: the message names the object
                async with session.delete(fs.encode_url(remote.path(name))) as answer:
                    answer.raise_for_status()
        return found

    found, md5 = run(remote, there_and_back, patience)
    if md5 != name[:32]:
        raise IntegrityError(
            f"remote `{remote.name}` kept other bytes of object `{name}` than it was sent: "
            f"{found:,} bytes of md5 {md5}, expected {length:,}",
            hint=f"`datakit push` again; if it stays, `{remote.place(name)}` must go, and the way there is to be mended",
        )


def _length(answer: Any) -> int | None:
    """Return the size that an answer announces; None where it is missing, or where nobody says."""
    if answer.status in _GONE:
        return None
    answer.raise_for_status()
    packed = answer.headers.get("Content-Encoding", "identity") not in {"identity", ""}
    announced = answer.headers.get("Content-Length", "")
    return int(announced) if announced.isdecimal() and not packed else None


async def _read(answer: Any) -> tuple[int, str]:
    """Count and hash what arrives."""
    found, hashed = 0, hashlib.md5(usedforsecurity=False)
    while chunk := await answer.content.read(_CHUNK):
        found += len(chunk)
        hashed.update(chunk)
    return found, hashed.hexdigest()

"""Between cache and remote: what is missing there, sending it, getting it; nothing counts that was not proved.

DVC takes a listing on the remote as proof of its members, so a hole in a folder stays for good. Here each object is asked
for by itself. What arrives is hashed before it gets its name, and what is not what its name says is put aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

from datakit.errors import IntegrityError
from datakit.formats.listing import shown
from datakit.progress import SILENT, Progress
from datakit.store import pool, quarantine, remote_objects
from datakit.store.cache import Cache
from datakit.store.hashing import Digest
from datakit.store.pool import Job, Result, Task, Work
from datakit.store.remote_calls import TooLong
from datakit.store.remotes import Remote


class Object(NamedTuple):
    """An object and what is known of it."""

    name: str  # 32 hexadecimal digits, `.dir` behind them for a listing
    path: str  # what messages call it: the file that it is
    limit: int  # bytes that it can have at most
    size: int | None = None  # bytes that it has, where that is known


class _Fault(NamedTuple):
    """An object that did not arrive as it should."""

    object: Object
    text: str


def missing(remote: Remote, objects: Sequence[Object]) -> tuple[Object, ...]:
    """Find the objects that a remote does not have whole; each one is asked for.

    Args:
        remote: Where.
        objects: What should be there.

    Returns:
        Those that are not there, or have another size, in the order given.

    Raises:
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    found = remote_objects.sizes(remote, [item.name for item in objects])
    return tuple(
        item
        for item, size in zip(objects, found, strict=True)
        if size is None or (item.size is not None and size != item.size)
    )


def put(remote: Remote, cache: Cache, objects: Iterable[Object], progress: Progress = SILENT) -> int:
    """Send objects, each one hashed first: members of folders before the listings that DVC takes as proof of them.

    Args:
        remote: Where to.
        cache: Where from.
        objects: What.
        progress: Told of every byte.

    Returns:
        How many bytes were sent.

    Raises:
        IntegrityError: An object is missing in the cache, or is not what its name says; it is not sent.
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    ordered = sorted(objects, key=lambda item: item.name.endswith(".dir"))
    progress.start(f"to {remote.name}", sum(item.size or 0 for item in ordered))

    send = partial(_send, remote, cache, progress)
    members = [item for item in ordered if not item.name.endswith(".dir")]
    sent = 0
    for batch in (members, ordered[len(members) :]):
        sent += sum(_placed(remote, _sent(remote, cache, batch, send, progress)))
        remote_objects.settle(remote)
    return sent


def get(remote: Remote, cache: Cache, objects: Sequence[Object], state: Path, progress: Progress = SILENT) -> int:
    """Get objects into the cache; all good ones arrive even where others do not.

    Args:
        remote: Where from.
        cache: Where to.
        objects: What.
        state: The private folder, in which what is wrong is put aside.
        progress: Told of every byte.

    Returns:
        How many bytes arrived.

    Raises:
        IntegrityError: Objects are missing there or are not what their names say; each is named.
        EnvironmentProblem: The remote does not answer or refuses, or the disk is full.
    """
    sizes = [item.size for item in objects]
    progress.start(f"from {remote.name}", None if None in sizes else sum(size or 0 for size in sizes))

    receive = partial(_receive, remote, cache, state, progress)
    came = [done for _, done in _received(remote, cache, objects, receive, progress)]
    cache.sync()
    if faults := [item for item in came if isinstance(item, _Fault)]:
        raise _error(remote, faults)
    return sum(item for item in came if isinstance(item, int))


def replace(
    remote: Remote,
    cache: Cache,
    objects: Sequence[Object],
    state: Path,
    publishing: Callable[[Object], AbstractContextManager[None]],
    progress: Progress = SILENT,
) -> tuple[Object, ...]:
    """Get objects in the place of wrong ones, which stay where they are until a good one is here.

    Args:
        remote: Where from.
        cache: Where to.
        objects: What.
        state: The private folder, in which what arrives wrong is put aside.
        publishing: What is held while an object gets its name, and puts aside the one that had it.
        progress: Told of every byte.

    Returns:
        Those that arrived.

    Raises:
        EnvironmentProblem: The remote does not answer or refuses, or the disk is full.
    """

    def receive(item: Object) -> int | _Fault:
        return _receive(remote, cache, state, progress, item, partial(publishing, item))

    came = zip(objects, remote_objects.each(remote, receive, objects), strict=True)
    arrived = tuple(item for item, done in came if not isinstance(done, _Fault))
    cache.sync()
    return arrived


def overwrite(remote: Remote, cache: Cache, objects: Sequence[Object], progress: Progress = SILENT) -> int:
    """Send objects in the place of wrong ones, each hashed first; a reader of the remote sees the old or the new one.

    On this machine an object is renamed over the old one, S3 and its like replace an object when all of it has arrived.

    Args:
        remote: Where to.
        cache: Where from.
        objects: What.
        progress: Told of every byte.

    Returns:
        How many bytes were sent.

    Raises:
        IntegrityError: An object is missing in the cache, or is not what its name says; it is not sent.
        EnvironmentProblem: The remote does not answer, or refuses.
    """
    sent = sum(remote_objects.each(remote, partial(_send, remote, cache, progress), objects))
    remote_objects.settle(remote)
    return sent


def _send(remote: Remote, cache: Cache, progress: Progress, item: Object) -> int:
    """Send one object that was hashed just now."""
    size = cache.verify_object(item.name).size
    remote_objects.upload(remote, item.name, cache.object_path(item.name), progress)
    return size


def _receive(
    remote: Remote,
    cache: Cache,
    state: Path,
    progress: Progress,
    item: Object,
    publishing: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> int | _Fault:
    """Get one object; what is wrong with it is put aside and told."""

    def fill(temp: str) -> None:
        remote_objects.download(remote, item.name, temp, item.limit, progress)

    put_aside = _Aside(state)
    try:
        found = cache.receive(item.name, fill, put_aside, publishing)
    except FileNotFoundError:
        return _Fault(item, "it is not there")
    except TooLong:
        return _Fault(item, f"expected at most {item.limit:,} bytes, found more")
    if put_aside.place is None:
        return found.size
    text = f"expected md5 {item.name[:32]}, found {found.md5} of {found.size:,} bytes, kept as `{put_aside.place}`"
    return _Fault(item, text)


def _sent(
    remote: Remote, cache: Cache, objects: Sequence[Object], send: Callable[[Object], int], progress: Progress
) -> Iterator[int]:
    """Send each object: into a folder on this machine on every core, to a server over many connections."""
    if remote.fs is not None or len(objects) < pool.ENOUGH:
        yield from remote_objects.each(remote, send, objects)
        return
    remote_objects.prepare(remote)
    job = Job("store", cache.objects, Path(remote.root), 0o444)
    work = Work(lambda item: Task(pool.object_name(item.name), md5=item.name), lambda item: item.size or 0, send)
    for _, done in pool.each(job, objects, work, progress):
        yield done.size if isinstance(done, Result) else done


def _received(
    remote: Remote,
    cache: Cache,
    objects: Sequence[Object],
    receive: Callable[[Object], int | _Fault],
    progress: Progress,
) -> Iterator[tuple[Object, int | _Fault]]:
    """Get each object: from a folder on this machine on every core, from a server over many connections."""
    if remote.fs is not None:
        yield from zip(objects, remote_objects.each(remote, receive, objects), strict=True)
        return

    for item in objects:
        if item.name.endswith(".dir"):
            yield item, receive(item)
    members = [item for item in objects if not item.name.endswith(".dir")]
    work = Work(lambda item: Task(pool.object_name(item.name), md5=item.name), lambda item: item.size or 0, receive)
    for item, done in cache.store_all(Path(remote.root), members, work, progress):
        yield item, done.size if isinstance(done, Result) else done


class _Aside:
    """Takes a file whose bytes are wrong out of the way; it is never deleted."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.place: Path | None = None  # where the file is now

    def __call__(self, temp: str, md5: str, found: Digest) -> None:
        """Move the file."""
        self.place = quarantine.move(self._state, Path(temp), md5, found.md5)


def _placed(remote: Remote, sizes: Iterable[int]) -> Iterable[int]:
    """Pass sizes on; where the remote itself turns out not to exist, say that."""
    try:
        yield from sizes
    except FileNotFoundError as error:
        raise remote_objects.no_place(remote) from error


def _error(remote: Remote, faults: Sequence[_Fault]) -> Exception:
    """Make the error of what did not arrive."""
    if all(fault.text == "it is not there" for fault in faults) and not remote_objects.place_exists(remote):
        return remote_objects.no_place(remote)
    lines = [f"{shown(fault.object.path)}: object {fault.object.name}: {fault.text}" for fault in faults]
    hint = "`datakit push` in a clone that has the bytes"
    bad = next((fault.object.name for fault in faults if fault.text != "it is not there"), "")
    return IntegrityError(
        f"remote `{remote.name}`: {lines[0]}"
        if len(lines) == 1
        else f"remote `{remote.name}`: {len(lines)} objects are missing or are not what their names say",
        hint=f"remove the wrong object from the remote, `{remote.place(bad)}`, then {hint}" if bad else hint,
        details=() if len(lines) == 1 else lines,
    )

"""Replace what is wrong in DVC's cache, in the working tree and on a remote from any good copy, for `verify --repair`.

A wrong object stays where it is until a good copy is here and hashed; then it goes to the quarantine, and the good one takes its
name in one step. A file of the working tree with other bytes is an edit, unless nobody wrote to it since it was right.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from datakit.errors import DatakitError, IntegrityError
from datakit.formats import listing
from datakit.formats.finding import command
from datakit.formats.listing import Entry, shown
from datakit.gate.dataset import Dataset
from datakit.records import Fault, Mended
from datakit.repo.project import Project
from datakit.steps import catalog, comparing, recording, worktrees
from datakit.steps.auditing import Run, Wrong
from datakit.steps.remote_auditing import There
from datakit.store import disk, guard, quarantine, remote_objects, transfer
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object
from datakit.store.worker import STAMP

_ANY = 1 << 62  # bytes of what is wrong


def cache(run: Run, wrong: Sequence[Wrong], right: Mapping[str, str]) -> tuple[list[Mended], list[Wrong]]:
    """Replace objects of DVC's cache: from files that have their bytes, else from the main work tree, else from a remote.

    Args:
        run: What is worked with.
        wrong: The objects that are missing or wrong.
        right: Files that were hashed just now: md5 to path.

    Returns:
        What was mended, and what is left, with what can be done about it.

    Raises:
        EnvironmentProblem: The remote does not answer or refuses, or the disk is full.
        LockTimeout: Another process holds the repository.
    """
    if not wrong:
        return [], []
    edited = _edited(run.where, run.cache, wrong)
    kept: dict[str, Path] = {}
    came: dict[str, str] = {}
    lacking = [each for each in wrong if each.object.name not in edited]
    for take in (partial(_from_files, right=right), _from_remotes):
        came.update(take(run, lacking, kept))
        lacking = [each for each in lacking if each.object.name not in came]
    run.cache.sync()
    run.shelf.came([each.object for each in wrong if each.object.name in came])
    mended = [
        Mended(each.fault, came[each.object.name], run.relative(kept.get(each.object.name)))
        for each in wrong
        if run.shelf.has(each.object.name)
    ]
    left = [each for each in wrong if not run.shelf.has(each.object.name)]
    return mended, [each._replace(fault=_left(each, edited.get(each.object.name))) for each in left]


def remote(run: Run, there: There, wrong: Sequence[Wrong]) -> tuple[list[Mended], list[Wrong]]:
    """Send objects that a remote lacks or has wrong, from the cache, whose copies are hashed once more; then look again.

    Args:
        run: What is worked with.
        there: The remote.
        wrong: What is missing or wrong there.

    Returns:
        What was mended, and what is left, with what can be done about it.

    Raises:
        EnvironmentProblem: The remote does not answer or refuses, or the disk is full.
    """
    sent = {each.object.name: each for each in wrong if run.shelf.has(each.object.name)}
    bad = sorted((each.object for each in sent.values() if each.there), key=lambda item: item.name.endswith(".dir"))
    places = remote_objects.each(there.remote, partial(_kept, run, there.remote), bad)
    kept = {item.name: place for item, place in zip(bad, places, strict=True)}
    transfer.overwrite(there.remote, run.cache, bad, run.progress)
    transfer.put(there.remote, run.cache, [each.object for each in sent.values() if not each.there], run.progress)
    there.ask([each.object for each in sent.values()])
    mended, left = [], []
    for each in wrong:
        if each.object.name in sent and there.has(each.object.name):
            mended.append(Mended(each.fault, "the cache", run.relative(kept.get(each.object.name))))
        else:
            left.append(each._replace(fault=_left(each, None)))
    return mended, left


def _kept(run: Run, remote: Remote, item: Object) -> Path | None:
    """Keep what a remote has in the place of an object; nothing where that is gone since it was looked at."""

    def fill(temp: str) -> None:
        remote_objects.download(remote, item.name, temp, _ANY, run.progress)

    with suppress(FileNotFoundError):
        return quarantine.receive(run.where.state, item.name, fill)
    return None


def _from_files(run: Run, wrong: Sequence[Wrong], kept: dict[str, Path], *, right: Mapping[str, str]) -> dict[str, str]:
    """Store what the working tree has: in files that are right, in those of other datasets, and as a folder's listing."""
    came: dict[str, str] = {}
    others: dict[str, list[str]] | None = None
    for each in wrong:
        name = each.object.name
        if name.endswith(".dir"):
            data = _listing(run, each)
            if data is not None and _received(run, each, kept, partial(_write, data)):
                came[name] = "the working tree"
        elif path := _copied(run, each, kept, _own(run.where, each, right)):
            came[name] = f"`{path}`"
        else:
            if others is None:
                others = _remembered(run.where, {item.object.name for item in wrong})
            if path := _copied(run, each, kept, others.get(name, ())):
                came[name] = f"`{path}`"
    return came


def _own(where: Project, wrong: Wrong, right: Mapping[str, str]) -> Iterator[str]:
    """Name the files of a dataset that should have the bytes of an object: its data, its memberships, what lies beside them."""
    name, version = wrong.object.name, wrong.version
    if name in right:
        yield right[name]
    elif version.commit is None:
        yield from (
            path for path in (wrong.object.path, version.dataset.room.executable) if (where.root / path).is_file()
        )


def _copied(run: Run, wrong: Wrong, kept: dict[str, Path], paths: Iterable[str]) -> str | None:
    """Store an object from the first file that has its bytes, and name the file."""
    for path in paths:
        place = run.where.root / path
        if place.is_file() and os.access(place, os.R_OK) and _received(run, wrong, kept, partial(disk.copy, place)):
            return path
    return None


def _from_remotes(run: Run, wrong: Sequence[Wrong], kept: dict[str, Path]) -> dict[str, str]:
    """Get objects from the main work tree's cache and from the remote; none is opened where nothing is lacking."""
    came: dict[str, str] = {}
    for nearby in (True, False):
        lacking = [each for each in wrong if each.object.name not in came]
        source = _opened(run, nearby=nearby) if lacking else None
        if source is None:
            continue
        bad = {each.object: each for each in lacking if each.there}
        missing = [each.object for each in lacking if not each.there]
        with suppress(IntegrityError):  # what is not there, or is wrong there too
            transfer.get(source, run.cache, missing, run.where.state, run.progress)
        arrived = transfer.replace(
            source,
            run.cache,
            list(bad),
            run.where.state,
            lambda item, bad=bad: _publishing(run, kept, bad[item]),  # type: ignore[misc]  # of this turn
            run.progress,
        )
        said = "the main work tree's cache" if nearby else f"remote `{source.name}`"
        came.update(dict.fromkeys((item.name for item in (*arrived, *missing) if run.cache.has(item.name)), said))
    return came


def _opened(run: Run, *, nearby: bool) -> Remote | None:
    """Open the main work tree's cache, or the remote; None where there is none."""
    if nearby:
        return worktrees.beside(run.where)
    return None if run.source is None else run.source()


def _received(run: Run, wrong: Wrong, kept: dict[str, Path], fill: Callable[[str], None]) -> bool:
    """Store an object of which somebody says that he has the bytes; tell whether he had."""
    refused: list[str] = []

    def reject(temp: str, *_: object) -> None:
        os.unlink(temp)
        refused.append(temp)

    try:
        run.cache.receive(wrong.object.name, fill, reject, partial(_publishing, run, kept, wrong))
    except FileNotFoundError:
        return False
    return not refused


def _write(data: bytes, temp: str) -> None:
    """Fill a file that exists."""
    fd = os.open(temp, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        disk.write_all(fd, data)
    finally:
        os.close(fd)


def _listing(run: Run, wrong: Wrong) -> bytes | None:
    """Write the listing of a folder anew where the working tree has just what is recorded."""
    version = wrong.version
    if version.commit is not None or not os.path.lexists(run.where.root / version.manifest.path):
        return None
    try:
        taken = recording.look(run.where, run.cache, version.manifest.path, run.progress)
    except DatakitError:
        return None  # what cannot be recorded is not what is recorded
    if taken.md5 != wrong.object.name:
        return None
    found = zip(taken.scan.files.names, taken.digests, strict=True)
    return listing.dump((Entry(name, digest.md5) for name, digest in found), in_order=True)


def _remembered(where: Project, wanted: set[str]) -> dict[str, list[str]]:
    """Find files of any dataset that had some bytes when they were last read."""
    found: dict[str, list[str]] = {}
    for path in _paths(where):
        for name, (_, md5) in comparing.remembered(where, path).items():
            if md5 in wanted:
                place = f"{path}/{name}" if (where.root / path).is_dir() else path
                found.setdefault(md5, []).append(place)
    return found


def _paths(where: Project) -> Iterator[str]:
    """List the data of all datasets of the working tree."""
    for name in catalog.names(where.tree, where.policy):
        known = Dataset(where.tree, where.policy, name).manifest.value
        if known is not None:
            yield known.path


def _edited(where: Project, cache: Cache, wrong: Iterable[Wrong]) -> dict[str, str]:
    """Find wrong objects that files of the working tree are links to, and that somebody may have edited through them."""
    bad = {each.object.name for each in wrong if each.there}
    found: dict[str, str] = {}
    for path in _paths(where) if bad else ():
        told: dict[str, tuple[bytes, str]] | None = None
        for place in _links(where.root / path):
            name = comparing.leads_to(place, cache.objects)
            if name is None or name not in bad:
                continue
            told = comparing.remembered(where, path) if told is None else told
            now = os.stat(place)
            stamp = STAMP.pack(now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino)
            relpath = os.path.relpath(place, where.root / path)
            if told.get(place.name if relpath == "." else relpath) != (stamp, name[:32]):
                found[name] = place.relative_to(where.root).as_posix()
    return found


def _links(target: Path) -> Iterator[Path]:
    """List the symbolic links among some data."""
    if target.is_symlink():
        yield target
        return
    for folder, _, names in os.walk(target):
        yield from (path for path in (Path(folder, name) for name in names) if path.is_symlink())


@contextmanager
def _publishing(run: Run, kept: dict[str, Path], wrong: Wrong) -> Iterator[None]:
    """Hold the repository while an object of the cache gets its name, and keep the bytes of the one that had it."""
    name = wrong.object.name
    with guard.lock(run.where.root / ".dvc"):
        if wrong.there:
            kept[name] = quarantine.keep(run.where.state, run.cache.object_path(name), name)
        yield


def _left(wrong: Wrong, edited: str | None) -> Fault:
    """Say what is to be done where no good copy was found, or where a file of the user's is in the way."""
    fault, version = wrong.fault, wrong.version
    again = f"{command('datakit verify', version.reference)} --repair"
    if edited is not None:
        text = f"{fault.problem}, and `{shown(edited)}` is a link to it, through which it may have been edited"
        keep = command("datakit add", version.manifest.name)
        return fault._replace(
            problem=text, command=f"{keep} to keep the edit, or {command('rm', edited)}; then {again}"
        )
    send = command("datakit push", version.reference)
    return fault._replace(command=f"`{send}` in a clone that has the bytes, then {again}")

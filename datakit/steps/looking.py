"""Look at one dataset on this machine, for `verify`: its files, its objects in the cache, and what of them can be mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from datakit.records import Fault, Mended
from datakit.steps import comparing, memberships, mending, objects, restoring
from datakit.steps.auditing import Run, Wrong
from datakit.steps.comparing import Compared
from datakit.steps.objects import Version


class Looked(NamedTuple):
    """What came of it."""

    version: Version
    listed: bool  # whether it is known which files the dataset has
    files: int  # that were hashed in the working tree
    objects: int  # that were hashed in the cache
    data: tuple[Fault, ...]  # what differs in the working tree
    stored: tuple[Fault, ...]  # and in the cache
    mended: tuple[Mended, ...]


def look(run: Run, version: Version, *, cache: bool) -> Looked:
    """Look at one dataset, and mend what is wrong where the verification repairs.

    Args:
        run: What is worked with.
        version: The dataset; of a version that is not the working tree's, only the objects count.
        cache: Whether the objects of the working tree's dataset are hashed, too.

    Raises:
        InvalidRecord: The listing holds an unsafe name.
        DatakitError: What is wrong cannot be mended for want of space, rights or a remote that answers.
    """
    here = version.commit is None
    mended, wrong = _listing(run, version)
    listed, count = not wrong, 0
    data = (
        comparing.compare(run.where, run.cache, version, _known(run, version, listed), run.progress)
        if here
        else Compared(0)
    )
    if listed and (cache or run.repair or not here):
        stored = run.shelf.audit(version, objects.of(run.cache, version.manifest))
        count, wrong = stored.objects, stored.wrong
        if run.repair:
            done, wrong = _mended(run, version, wrong, data)
            mended += done
    if run.repair and here:
        mended += restoring.restore(run, version, data)
    over = {each.fault for each in mended}
    return Looked(
        version,
        listed,
        data.files,
        count,
        tuple(fault for fault in data.faults if fault not in over),
        (*(each.fault for each in wrong), *(() if wrong or not count else _identity(run, version))),
        tuple(mended),
    )


def _listing(run: Run, version: Version) -> tuple[list[Mended], Sequence[Wrong]]:
    """Hash the listing of a folder, without which nothing is known of its files."""
    top = objects.named(version.manifest)
    if not top.name.endswith(".dir"):
        return [], ()
    wrong = run.shelf.audit(version, [top]).wrong
    return mending.cache(run, wrong, {}) if run.repair else ([], wrong)


def _known(run: Run, version: Version, listed: bool) -> dict[str, str] | None:
    """Return the md5 of each file; None where the listing cannot be relied on."""
    name = version.manifest.data.md5
    if not name.endswith(".dir"):
        return {"": name}
    return {entry.relpath: entry.md5 for entry in run.cache.read_listing(name)} if listed else None


def _mended(run: Run, version: Version, wrong: Sequence[Wrong], data: Compared) -> tuple[list[Mended], Sequence[Wrong]]:
    """Mend objects of the data and of the memberships of its splits; what is left of the latter is named with the splits."""
    beside = run.shelf.audit(version, memberships.pointed(version.dataset)).wrong
    mended, left = mending.cache(run, (*wrong, *beside), data.right)
    others = {each.object.name for each in beside}
    return mended, [each for each in left if each.object.name not in others]


def _identity(run: Run, version: Version) -> tuple[Fault, ...]:
    """Hold the object of a file against the sha256 of the manifest, too."""
    data = version.manifest.data
    sha256 = run.shelf.sha256(data.md5)
    if data.md5.endswith(".dir") or sha256 in {None, data.sha256}:
        return ()
    text = "the object has the recorded md5 and another sha256"
    return (Fault("cache", version.manifest.path, text, data.sha256, sha256 or "", ""),)

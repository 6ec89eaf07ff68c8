"""Send the recorded bytes to a remote of DVC, and prove that they are there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from datakit.errors import IntegrityError
from datakit.formats.listing import shown
from datakit.progress import SILENT, Progress
from datakit.records import Pushed
from datakit.repo import project
from datakit.repo.project import Project
from datakit.steps import catalog, memberships, objects, proving, recording
from datakit.steps.objects import Version
from datakit.store import remotes, transfer
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object


def push(
    *references: str,
    remote: str | None = None,
    prove: bool = False,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> tuple[Pushed, ...]:
    """Send recorded bytes to a remote; each object is asked for, none is assumed.

    What is there already is known by its name and size: its bytes are hashed where they arrive, at `pull`. The memberships of splits, to which DVC's pointers lead too, are among them.

    Args:
        references: `NAME` for what the working tree records, `NAME@VERSION` for a version or revision; by default all
            datasets of the working tree.
        remote: One of DVC's remotes; its default one by default.
        prove: Send nothing: ask for every object, and fail where one is missing or has another size.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        What was sent and what was there, one for each reference in the order given.

    Raises:
        NotFound: An unknown dataset, version or remote.
        InvalidRecord: A record that cannot be read.
        IntegrityError: Recorded bytes are nowhere to be found here, or are not what they were.
        EnvironmentProblem: There is no remote, or it does not answer or refuses, or, with `prove`, lacks something.
    """
    where = project.find(root)
    cache = recording.open_cache(where)
    with where.objects:
        asked = references or catalog.names(where.tree, where.policy)
        versions = [objects.find(where, reference) for reference in dict.fromkeys(asked)]
        opened = remotes.open_remote(where.root, remote)
        if prove:
            return proving.prove(where, cache, opened, versions, progress)
        return tuple(send(where, cache, opened, version, progress) for version in versions)


def send(where: Project, cache: Cache, remote: Remote, version: Version, progress: Progress = SILENT) -> Pushed:
    """Send one dataset and the memberships of its splits; what is not here need not be sent where the remote has it.

    Args:
        where: The project.
        cache: DVC's cache.
        remote: Where to.
        version: The dataset.
        progress: Told of every byte.

    Raises:
        IntegrityError: Recorded bytes are nowhere to be found here, or are not what they were.
        InvalidRecord: A record that cannot be read.
        EnvironmentProblem: The remote does not answer or refuses.
    """
    data, path = version.manifest.data, version.manifest.path
    beside = memberships.pointed(version.dataset)
    here = objects.refill(where, cache, version, progress)
    if here and here[0].name == data.md5 and data.md5.endswith(".dir"):
        if transfer.missing(remote, here[:1]):
            raise _nowhere(where, remote, version, here)
        transfer.get(remote, cache, here[:1], where.state, progress)
        here = objects.refill(where, cache, version, progress)
    here += memberships.lacking(where, cache, beside, here=True)
    wanted = (*objects.of(cache, version.manifest), *beside)
    lacking = transfer.missing(remote, wanted)
    if lost := [item for item in here if item in lacking]:
        raise _nowhere(where, remote, version, lost)
    sent = transfer.put(remote, cache, lacking, progress)
    # DVC takes the listing for proof of its members, so it never sends one that is missing beside it.
    listed = data.md5.endswith(".dir") and wanted[0] not in lacking
    holes = [item for item in lacking if listed and item not in beside and item.name != data.executable]
    return Pushed(
        name=version.manifest.name,
        path=path,
        md5=data.md5,
        remote=remote.name,
        url=remote.url,
        uploaded=len(lacking),
        present=len(wanted) - len(lacking),
        repaired=len(holes),
        size=sent,
    )


def _nowhere(where: Project, remote: Remote, version: Version, lost: Sequence[Object]) -> IntegrityError:
    """Make the error of bytes that are neither here nor there."""
    name = version.manifest.name
    lies = version.commit is None and os.path.lexists(where.root / version.manifest.path)
    instead = f", or record what lies there with `datakit add {name}`" if lies else ""
    lines = [f"{shown(item.path)}: object {item.name}" for item in lost]
    return IntegrityError(
        f"recorded bytes of `{name}` are nowhere to be found: {lines[0]} is neither in the cache, nor in the working "
        f"tree, nor on remote `{remote.name}`" + (f", and {len(lines) - 1:,} more" if len(lines) > 1 else ""),
        hint=f"`datakit push` in a clone that has them{instead}",
        details=lines if len(lines) > 1 else (),
    )

"""Send the recorded bytes to a remote of DVC, and prove that they are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from datakit.errors import IntegrityError
from datakit.formats.listing import shown
from datakit.progress import SILENT, Progress
from datakit.records import Pushed
from datakit.repo import project
from datakit.repo.project import Project
from datakit.store import remotes, transfer
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object
from datakit.verbs import catalog, objects, recording
from datakit.verbs.objects import Version


def push(
    *names: str, remote: str | None = None, root: Path | str | None = None, progress: Progress = SILENT
) -> tuple[Pushed, ...]:
    """Send the bytes that the working tree records to a remote; each object is asked for, none is assumed.

    Args:
        names: The datasets; all by default.
        remote: One of DVC's remotes; its default one by default.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        What was sent and what was there, one for each dataset in the order of the names.

    Raises:
        NotFound: An unknown dataset or remote.
        InvalidRecord: A record that cannot be read.
        IntegrityError: Recorded bytes are nowhere to be found here, or are not what they were.
        EnvironmentProblem: There is no remote, or it does not answer or refuses.
    """
    where = project.find(root)
    cache = recording.open_cache(where)
    with where.objects:
        known = catalog.names(where.tree, where.policy)
        catalog.known(known, names)
        opened = remotes.open_remote(where.root, remote)
        versions = [objects.find(where, name) for name in dict.fromkeys(names or known)]
        return tuple(_push(where, cache, opened, version, progress) for version in versions)


def _push(where: Project, cache: Cache, remote: Remote, version: Version, progress: Progress) -> Pushed:
    """Push one dataset; what is not here need not be sent where the remote has it."""
    data, path = version.manifest.data, version.manifest.path
    here = objects.refill(where, cache, version, progress)
    if here and here[0].name == data.md5 and data.md5.endswith(".dir"):
        if transfer.missing(remote, here[:1]):
            raise _nowhere(remote, version, here)
        transfer.get(remote, cache, here[:1], where.state, progress)
        here = objects.refill(where, cache, version, progress)
    wanted = objects.of(cache, version.manifest)
    lacking = transfer.missing(remote, wanted)
    if lost := [item for item in here if item in lacking]:
        raise _nowhere(remote, version, lost)
    sent = transfer.put(remote, cache, lacking, progress)
    # DVC takes the listing for proof of its members, so it never sends one that is missing beside it.
    holes = lacking if data.md5.endswith(".dir") and wanted[0] not in lacking else ()
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


def _nowhere(remote: Remote, version: Version, lost: Sequence[Object]) -> IntegrityError:
    """Make the error of bytes that are neither here nor there."""
    name = version.manifest.name
    lines = [f"{shown(item.path)}: object {item.name}" for item in lost]
    return IntegrityError(
        f"recorded bytes of `{name}` are nowhere to be found: {lines[0]} is neither in the cache, nor in the working "
        f"tree, nor on remote `{remote.name}`" + (f", and {len(lines) - 1:,} more" if len(lines) > 1 else ""),
        hint=f"`datakit push` in a clone that has them, or record what lies there with `datakit add {name}`",
        details=lines if len(lines) > 1 else (),
    )

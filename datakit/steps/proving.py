"""The proof that a remote has every byte of some versions: each object asked for by itself, nothing sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datakit.errors import EnvironmentProblem
from datakit.formats import listing
from datakit.formats.listing import shown
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.records import Pushed
from datakit.repo.project import Project
from datakit.steps import objects, presence
from datakit.steps.objects import Version
from datakit.steps.presence import Wanted
from datakit.store import transfer
from datakit.store.cache import Cache
from datakit.store.remotes import Remote
from datakit.store.transfer import Object

_OID = 40  # digits of a full commit, which no person types


def prove(
    where: Project, cache: Cache, remote: Remote, versions: Sequence[Version], progress: Progress = SILENT
) -> tuple[Pushed, ...]:
    """Ask a remote for every object of some versions and of the memberships of their splits.

    Args:
        where: The project.
        cache: DVC's cache; the listing of a folder that it lacks is fetched.
        remote: Where.
        versions: What it must have.
        progress: Told of every byte that is fetched.

    Returns:
        What is there, one for each version.

    Raises:
        EnvironmentProblem: Something is missing there, or the remote does not answer or refuses.
        InvalidRecord: A listing or the pointer of a membership is broken.
    """
    asked = {version.reference: _wanted(where, cache, remote, version, progress) for version in versions}
    gone = {reference: lost for reference, lost in presence.lacking(remote, asked).items() if lost}
    if gone:
        raise _lacks(where, remote, asked, gone, versions)
    return tuple(
        Pushed(
            name=version.manifest.name,
            path=version.manifest.path,
            md5=version.manifest.data.md5,
            remote=remote.name,
            url=remote.url,
            uploaded=0,
            present=len(asked[version.reference].objects),
            repaired=0,
            size=0,
        )
        for version in versions
    )


def _wanted(where: Project, cache: Cache, remote: Remote, version: Version, progress: Progress) -> Wanted:
    """List the objects of a version; of a folder whose listing is nowhere, the listing stands for all."""
    data = version.manifest.data
    if data.md5.endswith(".dir") and not cache.has(data.md5):
        top = Object(data.md5, f"{version.manifest.path} (its listing)", listing.MAX_BYTES)
        if transfer.missing(remote, [top]):
            beside = presence.wanted(cache, version.dataset).objects
            return Wanted((top, *beside))
        objects.fetch_top(where, cache, version, lambda: remote, progress)
    return presence.wanted(cache, version.dataset)


def _lacks(
    where: Project,
    remote: Remote,
    asked: Mapping[str, Wanted],
    gone: Mapping[str, tuple[Object, ...]],
    versions: Sequence[Version],
) -> EnvironmentProblem:
    """Make the error of bytes that a remote lacks."""
    first = next(iter(gone))
    more = f", and something of {len(gone) - 1:,} more" if len(gone) > 1 else ""
    lines = [f"{shown(item.path)}: object {item.name}" for lost in gone.values() for item in lost]
    names = " ".join(dict.fromkeys(_typed(where, version) for version in versions if version.reference in gone))
    return EnvironmentProblem(
        f"remote `{remote.name}` lacks {len(gone[first]):,} of {len(asked[first].objects):,} objects of "
        f"`{_short(first)}`{more}",
        hint=f"datakit push {names} --remote {remote.name}",
        details=lines if len(lines) > 1 else (),
    )


def _typed(where: Project, version: Version) -> str:
    """Return what a person types to send a version: its name, where the working tree records the same bytes."""
    here = Dataset(where.tree, where.policy, version.manifest.name).manifest.value
    same = here is not None and here.data.md5 == version.manifest.data.md5
    return version.manifest.name if same else _short(version.reference)


def _short(reference: str) -> str:
    """Shorten a commit that no person typed."""
    name, at, commit = reference.partition("@")
    return f"{name}{at}{commit[:10]}" if len(commit) >= _OID and not commit.startswith("v") else reference

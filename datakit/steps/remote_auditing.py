"""Hold the objects of datasets on a remote against their names, for `verify --remote`: read, hashed, and nothing of them kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import IntegrityError
from datakit.formats import listing
from datakit.formats.finding import command
from datakit.formats.listing import shown
from datakit.progress import SILENT, Progress
from datakit.records import Fault
from datakit.steps import auditing, memberships, objects
from datakit.steps.auditing import Audited, Wrong
from datakit.steps.objects import Version
from datakit.store import hashing, remote_hashes, remote_objects
from datakit.store.cache import Cache
from datakit.store.hashing import Digest
from datakit.store.ledger import Ledger
from datakit.store.remotes import Remote
from datakit.store.transfer import Object


class _Seen(NamedTuple):
    """What an object of a remote is."""

    md5: str  # empty where it was not read: it is larger than it can be
    size: int
    vouched: bool = False  # by the server's ETag


class There:
    """A remote while it is verified: an object of several datasets is read once.

    Args:
        remote: The remote.
        cache: DVC's cache, which tells what a folder consists of where it can.
        ledger: What an interrupted verification had hashed.
        progress: Told of every byte.
        default: Whether it is the one that commands ask where none is named.
    """

    def __init__(
        self, remote: Remote, cache: Cache, ledger: Ledger, progress: Progress = SILENT, *, default: bool = True
    ) -> None:
        self.remote = remote
        self._cache = cache
        self._ledger = ledger
        self._progress = progress
        self._default = default
        self._place = f"{remote.name}:{remote.root}".replace(" ", "%20")
        self._known: dict[str, _Seen | None] = {}

    def audit(self, versions: Sequence[Version]) -> list[Audited]:
        """Look at every object of some datasets and of their splits.

        Args:
            versions: The datasets.

        Returns:
            What came of it, one for each.

        Raises:
            EnvironmentProblem: The remote does not answer or refuses, or is not there at all.
            InvalidRecord: A listing holds an unsafe name, or the pointer of a membership is broken.
        """
        wanted = [self._wanted(version) for version in versions]
        self.ask([item for one in wanted for item in one if item.name not in self._known])
        if self._known and not any(self._known.values()) and not remote_objects.place_exists(self.remote):
            raise remote_objects.no_place(self.remote)
        return [self._judged(version, one) for version, one in zip(versions, wanted, strict=True)]

    def has(self, name: str) -> bool:
        """Say whether an object was found to be right.

        Args:
            name: The object.
        """
        seen = self._known.get(name)
        return seen is not None and seen.md5 == name[:32]

    def ask(self, wanted: Sequence[Object]) -> None:
        """Look at objects, whatever is known of them.

        Args:
            wanted: The objects.

        Raises:
            EnvironmentProblem: The remote does not answer or refuses.
        """
        unique = list({item.name: item for item in wanted}.values())
        self._progress.start(f"on {self.remote.name}", sum(item.size or 0 for item in unique))
        if self.remote.fs is None:
            folder = Path(self.remote.root)
            for name, found in auditing.digests(folder, unique, self._ledger, self._progress, self._place):
                self._known[name] = None if found is None else _Seen(found.md5, found.size)
            return
        for item, (seen, mark) in zip(unique, remote_objects.each(self.remote, self._look, unique), strict=True):
            self._known[item.name] = seen
            if seen is not None and seen.md5 == item.name[:32] and not seen.vouched:
                self._ledger.note(self._place, item.name, mark, Digest(seen.md5, "", seen.size))

    def _look(self, item: Object) -> tuple[_Seen | None, str]:
        """Look at one object of a server; it is read where nothing else proves its bytes."""
        said = remote_hashes.stated(self.remote, item.name)
        if said is None:
            return None, ""
        if said.size > item.limit:
            return _Seen("", said.size), ""
        if said.etag == item.name[:32]:
            return _Seen(said.etag, said.size, vouched=True), ""
        known = self._ledger.recall(self._place, item.name, said.mark)
        if known is not None:
            return _Seen(known.md5, known.size), ""
        try:
            md5 = remote_hashes.read(self.remote, item.name, said.size, self._progress)
            return _Seen(md5, said.size), said.mark
        except FileNotFoundError:  # gone since it was looked up
            return None, ""

    def _wanted(self, version: Version) -> tuple[Object, ...]:
        """List the objects of a dataset and of its splits; of a folder whose listing is nowhere, the listing alone."""
        beside = memberships.pointed(version.dataset)
        try:
            return (*objects.of(self._cache, version.manifest), *beside)
        except IntegrityError:
            top = objects.named(version.manifest)
        data = remote_hashes.whole(self.remote, top.name, top.limit)
        if data is None or hashing.hash_bytes(data).md5 != top.name[:32]:
            return (top, *beside)
        entries = listing.load(data, top.name)
        return (top, *objects.members(self._cache, version.manifest, entries), *beside)

    def _judged(self, version: Version, wanted: Sequence[Object]) -> Audited:
        """Hold what is known of objects against their names."""
        found = [(item, self._known[item.name]) for item in wanted]
        wrong = tuple(
            Wrong(item, version, seen is not None, seen.md5 if seen else "", self._fault(version, item, seen))
            for item, seen in found
            if seen is None or seen.md5 != item.name[:32]
        )
        return Audited(len(found), wrong, sum(1 for _, seen in found if seen is not None and seen.vouched))

    def _fault(self, version: Version, item: Object, seen: _Seen | None) -> Fault:
        """Name an object that is missing or wrong."""
        remote, place = self.remote, shown(item.path)
        if seen is None:
            named = "" if self._default else f" --remote {remote.name}"
            mend = command("datakit push", version.reference) + named
            return Fault("remote", place, f"object {item.name} is not on remote `{remote.name}`", item.name, "", mend)
        named = "--remote" if self._default else f"--on {remote.name}"
        mend = f"{command('datakit verify', version.reference)} {named} --repair"
        text = f"object {item.name} on remote `{remote.name}` is wrong, `{remote.place(item.name)}`"
        if not seen.md5:
            text += f": it has {seen.size:,} bytes, expected at most {item.limit:,}"
        return Fault("remote", place, text, item.name, seen.md5, mend)

"""After a checkout and a merge: say which data is no longer what the records say, and the command that brings it along.

Nothing is asked, nothing is changed, and nothing that goes wrong here stops anything: Git has done its work already.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import DatakitError
from datakit.repo.git import Git
from datakit.repo.objects import Objects

if TYPE_CHECKING:
    from datakit.formats.manifest import Manifest

_SMALL = 1_000_000  # bytes; a larger file is not hashed, and counts as stale
_FEW = 5  # names in a message
_REBASES = ("rebase-merge", "rebase-apply")  # Git checks out in the middle of one, too


def run(door: str, root: Path, args: Sequence[str]) -> int:
    """Compare the records that were there with those that are there now.

    Args:
        door: `post-checkout` or `post-merge`.
        root: The top of the work tree.
        args: What Git gives: of a checkout the old HEAD, the new one, and 1 where a branch was changed.

    Returns:
        0, whatever happened.
    """
    try:
        stale = _stale(door, root, args)
    except (DatakitError, OSError) as error:
        sys.stdout.write(f"datakit cannot say whether the data is still what the records say: {error}\n")
        return 0
    if stale:
        count = f"{len(stale):,} datasets are" if len(stale) > 1 else "1 dataset is"
        shown = f"{', '.join(stale[:_FEW])}{', …' if len(stale) > _FEW else ''}"
        names = f" {' '.join(stale)}" if len(stale) <= _FEW else ""
        sys.stdout.write(f"{count} not here as recorded now: {shown}\n  datakit pull{names}\n")
    return 0


def _stale(door: str, root: Path, args: Sequence[str]) -> list[str]:
    """Return the datasets whose records changed and whose data did not follow."""
    git = Git(root, inherit=True)
    if door == "post-checkout":
        if len(args) < 3 or args[2] != "1" or args[0] == args[1]:
            return []
        old, new = git.resolve(args[0]), git.resolve(args[1])
    else:
        old, new = git.resolve("ORIG_HEAD"), git.resolve("HEAD")
    if new is None:
        return []
    changes = git.changes(old or git.empty_tree(), new)
    rooms = [change.path for change in changes if change.path.endswith("/manifest.json") and not change.removed]
    if not rooms or any(git.path(name).exists() for name in _REBASES):
        return []
    with Objects(git) as objects:
        return [found.name for found in _moved(objects, old, new, rooms) if not _lies_there(root, found)]


def _moved(objects: Objects, old: str | None, new: str, paths: Sequence[str]) -> Iterator[Manifest]:
    """Return the manifests that name other bytes than before, or the same at another place."""
    from datakit.formats import policy, room

    data = objects.read(f"{new}:{policy.FILE}")
    if data is None:
        return
    agreed = policy.read(data)
    for path in paths:
        if room.of(path, agreed.catalog) is None:
            continue
        now = _read(objects, f"{new}:{path}", path)
        before = None if old is None else _read(objects, f"{old}:{path}", path)
        if now is not None and (before is None or (before.data.md5, before.path) != (now.data.md5, now.path)):
            yield now


def _read(objects: Objects, name: str, path: str) -> Manifest | None:
    """Read a manifest; a broken one is the business of a rule."""
    from datakit.errors import InvalidRecord
    from datakit.formats import manifest

    data = objects.read(name)
    try:
        return None if data is None else manifest.read(data, path)
    except InvalidRecord:
        return None


def _lies_there(root: Path, found: Manifest) -> bool:
    """Say whether the recorded bytes are known to lie there: a folder and a large file would take long to ask."""
    file = root / found.path
    if found.data.md5.endswith(".dir") or not file.is_file() or file.stat().st_size != found.data.size:
        return False
    if found.data.size > _SMALL:
        return False
    import hashlib

    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() == found.data.md5

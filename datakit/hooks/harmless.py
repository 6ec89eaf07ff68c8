"""Changes that concern no rule: most commits are of code, and are let through before the gate is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datakit.repo.git import Change
from datakit.repo.objects import Objects

if TYPE_CHECKING:
    from datakit.formats.policy import Policy

SMALL = 10_000  # bytes; formats.policy.SMALLEST_LIMIT, which cannot be imported here without YAML

_RECORDS = frozenset(
    {"manifest.json", "receipt.json", "profile.json", "contract.odcs.yaml", "README.md", "tombstone.json"}
)
_PIPELINE = frozenset(
    {"dvc.yaml", "dvc.lock", "datakit.yaml", "datakit-baseline.json", ".pre-commit-config.yaml", ".gitattributes"}
)
_SETTINGS = (".dvc/config", ".dvc/config.local")


def harmless(changes: Sequence[Change], objects: Objects, before: str) -> bool:
    """Say whether no change could concern any rule.

    Small changes of files that were there before are let through without the policy, and with it new files outside its
    folders that are of no format of data; whatever could be a record, a pointer, a setting or data is judged.

    Args:
        changes: What differs.
        objects: Of the repository.
        before: What names a file of the state before, in front of its path: a commit and a colon. The policy is read there:
            a change of it is no harmless one, and to find it in the index Git would read all of that.
    """
    if any(_is_record(change.path) or not (change.removed or change.mode.startswith("100")) for change in changes):
        return False
    doubtful = [change for change in changes if not change.removed and _is_doubtful(change, objects)]
    if not doubtful:
        return True
    from datakit.formats import policy

    data = objects.read(f"{before}{policy.FILE}")
    if data is None:
        return True
    agreed = policy.read(data)
    return all(_is_code(change, agreed, objects) for change in doubtful)


def _is_record(path: str) -> bool:
    """Say whether a path could be a record or a pointer, wherever the policy puts them."""
    name = path.rsplit("/", 1)[-1]
    return (
        name in _PIPELINE
        or name in _RECORDS
        or name.endswith(".dvc")
        or "/splits/" in path
        or path.startswith(".github/workflows/")
        or path in _SETTINGS
    )


def _is_code(change: Change, agreed: Policy, objects: Objects) -> bool:
    """Say whether a file lies where code does, is not large, and is of no format of data.

    One that may be such data only in company, as a picture, is judged with the others.
    """
    from datakit.formats import magic, room

    if agreed.tier(change.path) is not None or room.of(change.path, agreed.catalog) is not None:
        return False
    size = objects.size(change.oid) or 0
    if size > agreed.max_size:
        return False
    if not magic.is_read(agreed, size, new=change.added):
        return True
    return magic.kind(objects.read(change.oid) or b"", change.path) is None or agreed.allows(change.path)


def _is_doubtful(change: Change, objects: Objects) -> bool:
    """Say whether the policy must be asked about a change: a file that is new, became something else, or is not small."""
    return change.added or change.old_mode != change.mode or (objects.size(change.oid) or 0) > SMALL

"""Changes that concern no rule: most commits are of code, and are let through before the gate is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from datakit.repo.git import Change
from datakit.repo.objects import Objects

SMALL = 10_000  # bytes; formats.policy.SMALLEST_LIMIT, which cannot be imported here without YAML

_RECORDS = frozenset(
    {"manifest.json", "receipt.json", "profile.json", "contract.odcs.yaml", "README.md", "tombstone.json"}
)
_PIPELINE = frozenset({"dvc.yaml", "dvc.lock", "datakit.yaml"})


def harmless(changes: Sequence[Change], objects: Objects, before: str) -> bool:
    """Say whether no change could concern any rule.

    Small changes of files that were there before are let through without the policy, and with it new files outside its
    folders; whatever could be a record, a pointer or data is judged.

    Args:
        changes: What differs.
        objects: Of the repository.
        before: What names a file of the state before, in front of its path: a commit and a colon. The policy is read there:
            a change of it is no harmless one, and to find it in the index Git would read all of that.
    """
    if any(_is_record(change.path) for change in changes):
        return False
    doubtful = [change for change in changes if not change.removed and _is_doubtful(change, objects)]
    if not doubtful:
        return True
    from datakit.formats import policy, room

    data = objects.read(f"{before}{policy.FILE}")
    if data is None:
        return True
    agreed = policy.read(data)
    return all(
        agreed.tier(change.path) is None
        and room.of(change.path, agreed.catalog) is None
        and (objects.size(change.oid) or 0) <= agreed.max_size
        for change in doubtful
    )


def _is_record(path: str) -> bool:
    """Say whether a path could be a record or a pointer, wherever the policy puts them."""
    name = path.rsplit("/", 1)[-1]
    return name in _PIPELINE or name in _RECORDS or name.endswith(".dvc") or "/splits/" in path


def _is_doubtful(change: Change, objects: Objects) -> bool:
    """Say whether the policy must be asked about a change: a file that is new, became something else, or is not small."""
    return change.added or change.old_mode != change.mode or (objects.size(change.oid) or 0) > SMALL

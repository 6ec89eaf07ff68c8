"""The doors that Git opens: judge what is about to be committed, say what is wrong, and stop it.

A commit is judged by what its index holds against HEAD, never by the work tree: `git commit -a` and `git commit -- path`
give the hook an index of their own in GIT_INDEX_FILE. Nothing is written and nobody is asked over the network.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from datakit.errors import DatakitError
from datakit.repo.git import Change, Git, Objects

DOORS = ("pre-commit", "pre-merge-commit")

_RECORDS = frozenset({"manifest.json", "receipt.json", "profile.json", "contract.odcs.yaml", "README.md"})
_PIPELINE = frozenset({"dvc.yaml", "dvc.lock", "datakit.yaml"})
_SMALL = 10_000  # bytes; formats.policy.SMALLEST_LIMIT, which cannot be imported here without YAML


def main(argv: Sequence[str] | None = None) -> int:
    """Run one hook.

    Args:
        argv: The name of the hook; what pre-commit adds behind it is ignored.

    Returns:
        0 to let Git go on, 1 for findings that block, 3 where it could not be judged, 70 for a bug.
    """
    parser = argparse.ArgumentParser(prog="datakit-hook", description="Judge what Git is about to commit.")
    parser.add_argument("door", choices=DOORS)
    door = parser.parse_known_args(argv)[0].door
    try:
        return _judge(door, _top(Path.cwd()))
    except DatakitError as error:
        from datakit.report.failure import text

        sys.stderr.write(text(error))
        return error.exit_code
    except Exception:  # noqa: BLE001 - the last resort: what could not be judged is stopped, and told from a finding
        import traceback

        traceback.print_exc()
        sys.stderr.write("this is a bug in datakit; please report it with the lines above\n")
        return 70


def _judge(door: str, root: Path) -> int:
    """Judge the index against HEAD."""
    git = Git(root, inherit=True)
    base = git.head()
    changes = git.changes(base)
    with Objects(git) as objects:
        if _harmless(changes, objects):
            return 0
        from datakit.gate.judge import blocking, judge
        from datakit.repo.tree import Commit, Index
        from datakit.report import findings, style

        found = judge(Index(git, objects), Commit(git, objects, base), changes)
    if found:
        marks = style.fitting(terminal=sys.stderr.isatty(), environ=dict(os.environ))
        sys.stderr.write(findings.text(found, marks))
    if not blocking(found):
        return 0
    what = "merge" if door == "pre-merge-commit" else "commit"
    sys.stderr.write(f"{what} blocked by datakit; `datakit explain CODE` says why a rule is there\n")
    return 1


def _harmless(changes: Sequence[Change], objects: Objects) -> bool:
    """Say whether no change could concern any rule: most commits are of code, and are let through before the gate is loaded.

    Small changes of files that were there before are let through without the policy, and with it new files outside its
    folders; whatever could be a record, a pointer or data is judged.
    """
    if any(_is_record(change.path) for change in changes):
        return False
    doubtful = [change for change in changes if not change.removed and _is_doubtful(change, objects)]
    if not doubtful:
        return True
    from datakit.formats import policy, room

    data = objects.read(f":0:{policy.FILE}")
    if data is None:
        return objects.read(f"HEAD:{policy.FILE}") is None
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
    return change.added or change.old_mode != change.mode or (objects.size(change.oid) or 0) > _SMALL


def _top(start: Path) -> Path:
    """Return the top of the work tree; Git starts its hooks there."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), start)

"""DK6: Git holds code and records, never data."""

from __future__ import annotations

from collections.abc import Iterator

from datakit.formats.finding import Finding, Rule, command
from datakit.gate.change import Case, is_pointer
from datakit.repo.git import Change

RULES = (
    Rule(
        "DK601",
        "Data stays out of Git",
        "Git keeps every version of every byte for ever and for everybody; DVC keeps data where it can be pulled by need.",
        "`git add -f data/raw/reviews.csv`, or a 5 MB file anywhere",
        "`datakit add data/raw/reviews.csv` puts a pointer into Git and the bytes into DVC's cache",
        "git rm --cached PATH, then datakit add PATH",
    ),
)

_ALLOWED = (".gitignore", ".gitkeep", ".gitattributes", "README.md", "dvc.yaml", "dvc.lock")


def data_in_git(case: Case) -> Iterator[Finding]:
    """DK601: no new or changed file lies in a data folder or is larger than the policy allows."""
    for change in case.changes:
        if change.removed:
            continue
        tier, name = case.policy.tier(change.path), change.path.rsplit("/", 1)[-1]
        if tier is not None and not is_pointer(change.path) and name not in _ALLOWED:
            folder = case.policy.data[tier]
            yield _finding(case, change, f"it lies in `{folder}/`, where DVC keeps the data")
        elif (size := case.tree.size(change.path) or 0) > case.policy.max_size:
            yield _finding(case, change, f"it is {size:,} bytes, the policy allows {case.policy.max_size:,} in Git")


def _finding(case: Case, change: Change, message: str) -> Finding:
    """Make the finding of one file; one in a folder that DVC tracks is recorded with that folder."""
    parts = change.path.split("/")
    above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    data = next((folder for folder in above if case.tree.entry(f"{folder}.dvc") is not None), change.path)
    mend = f"{command('git rm --cached --', change.path)}, then {command('datakit add', data)}"
    return Finding(change.path, "DK601", message, mend)

"""DK6: Git holds code and records, never data, and never a secret."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import commonpath

from datakit.formats import magic, room
from datakit.formats.finding import Finding, Rule, command
from datakit.gate.change import Case, is_pointer
from datakit.gate.dataset import content
from datakit.gate.rules import foreign
from datakit.repo.git import GITLINK, SYMLINK, Change

RULES = (
    Rule(
        "DK601",
        "Data stays out of Git",
        "Git keeps every version of every byte for ever and for everybody; DVC keeps data where it can be pulled by need.",
        "`git add -f data/raw/reviews.csv`, a 5 MB file anywhere, a Parquet file of 200 KB in `notebooks/`, or one of any size "
        "that is called `notes.txt`",
        "`datakit add data/raw/reviews.csv` puts a pointer into Git and the bytes into DVC's cache; a fixture in `tests/` and "
        "a picture in `docs/` are no data",
        "git rm --cached PATH, then datakit add PATH; or, for a file that belongs to the code, `git: {allow: [PATH]}` in "
        "datakit.yaml, in a commit of its own",
    ),
    Rule(
        "DK602",
        "Only DVC's pointers stand for data",
        "What Git LFS, git-annex, a link or a submodule stands for is nowhere in DVC: no version has it and no pull brings it.",
        "`data/raw/reviews.csv` is a Git LFS pointer or leads to `/srv/reviews.csv`; `data/raw` or `catalog/reviews` is a link; "
        "`.gitattributes` says `data/** filter=lfs`",
        "the data itself lies at `data/raw/reviews.csv`, and Git has `data/raw/reviews.csv.dvc`",
        "git rm --cached PATH, put the data itself there, then datakit add PATH",
    ),
    Rule(
        "DK603",
        "No record holds a secret",
        "Everybody who can read the repository can use it, and history keeps it after it is taken out.",
        "`.dvc/config` has `password = …`, a contract's server has `postgresql://jane:…@db`, a card links to a signed URL",
        "`dvc remote modify --local` keeps it in `.dvc/config.local`, which Git ignores; records have addresses without users",
        "dvc remote modify --local REMOTE KEY NEW, take the old one out of the file, and make it void where it was given out",
    ),
)

_ALLOWED = (".gitignore", ".gitkeep", ".gitattributes", "README.md", "dvc.yaml", "dvc.lock")
MANY = 10  # times `max_size` that the files of one folder may have together, of formats that are data or pictures


def data_in_git(case: Case) -> Iterator[Finding]:
    """DK601: no new or changed file lies in a data folder, is larger than the policy allows, or is of a format of data."""
    brought: dict[
        str, list[tuple[str, int]]
    ] = {}  # by the folder at the top: new files of such formats, and their sizes
    for change in case.changes:
        if change.removed:
            continue
        tier = None if is_pointer(change.path) else case.policy.tier(change.path)
        if tier is not None and change.path.rsplit("/", 1)[-1] not in _ALLOWED:
            folder = case.policy.data[tier]
            if not foreign.stands_in(case, change):
                yield _finding(case, change.path, f"it lies in `{folder}/`, where DVC keeps the data")
        elif (size := case.tree.size(change.path) or 0) > case.policy.max_size:
            yield _finding(
                case, change.path, f"it is {size:,} bytes, the policy allows {case.policy.max_size:,} in Git"
            )
        elif not _is_ours(case, change) and magic.is_read(case.policy, size, new=change.added):
            data = content(case.tree, change.path)
            if (problem := magic.problem(case.policy, change.path, data, new=change.added)) is not None:
                yield _finding(case, change.path, problem, _exempt(change.path))
            elif change.added and magic.kind(data, change.path) is not None and not case.policy.allows(change.path):
                brought.setdefault(change.path.partition("/")[0], []).append((change.path, size))
    yield from _together(case, brought)


def _is_ours(case: Case, change: Change) -> bool:
    """Say whether a file is a record or a pointer, which other rules read, or no file at all."""
    path = change.path
    if change.mode in {SYMLINK, GITLINK} or is_pointer(path):
        return True
    return room.of(path, case.policy.catalog) is not None and path.endswith((".json", ".yaml", "/README.md"))


def _together(case: Case, brought: dict[str, list[tuple[str, int]]]) -> Iterator[Finding]:
    """Judge many small files of one folder as what they are together."""
    limit = MANY * case.policy.max_size
    for files in brought.values():
        size = sum(size for _, size in files)
        if size > limit and len(files) > 1:
            folder = commonpath([path for path, _ in files])
            message = f"{len(files):,} new files of it are pictures or data, together {size:,} bytes; one change may bring {limit:,}"
            yield _finding(case, folder, message, _exempt(f"{folder}/**"), flags=" -r")


def _finding(case: Case, path: str, message: str, otherwise: str = "", *, flags: str = "") -> Finding:
    """Make the finding of one file; one in a folder that DVC tracks is recorded with that folder."""
    parts = path.split("/")
    above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    data = next((folder for folder in above if case.tree.entry(f"{folder}.dvc") is not None), path)
    mend = f"{command(f'git rm{flags} --cached --', path)}, then {command('datakit add', data)}{otherwise}"
    return Finding(path, "DK601", message, mend)


def _exempt(pattern: str) -> str:
    """Say how a file that belongs to the code is let through."""
    return f"; or, if it belongs to the code, commit `git: {{allow: [{pattern}]}}` in datakit.yaml first"

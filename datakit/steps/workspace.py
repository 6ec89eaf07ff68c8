"""What the data in the working tree is, compared with the record beside it.

Git moves records when it switches branches, pulls, merges or takes a stash out, and leaves the data as it was. Such data is
no change of anybody's: recorded once more, it would undo what the others did. So `add`, `pull` and `status` note which bytes
of a dataset this working tree was last known to have, in the private folder; then record, note and data tell who moved:

| record | note | data | |
|---|---|---|---|
| new | new | other | changed: by a person, from what is recorded |
| new | old | old | behind: Git moved the record |
| new | old | other | diverged: by a person, from something else than is recorded |

Where nothing was noted, as after a plain `dvc pull`, Git's memory of where HEAD was has to do.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Literal

from datakit.errors import EnvironmentProblem, InvalidRecord, UsageError
from datakit.formats import manifest
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest, Parent
from datakit.gate.dataset import Dataset, part
from datakit.repo.objects import BASE, OURS, THEIRS
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.store import files

Standing = Literal["current", "changed", "behind", "diverged"]

FOLDER = "workspace"  # in the private folder: one file a dataset
_NOTE = re.compile(rb"([0-9a-f]{32}(?:\.dir)?)(?: (all|none|[0-9a-f]{32}))?\n")
_PARTIAL = b"partial\n"
_FORMER = ("HEAD@{1}", "ORIG_HEAD")  # where HEAD was before Git moved it
_OTHERS = ("MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "stash@{0}")  # what is being brought in


def note(where: Project, name: str, md5: str, executable: str | None = None) -> None:
    """Remember which bytes of a dataset the working tree has; a repository that may only be read is left as it is.

    Args:
        where: The project.
        name: The dataset.
        md5: The bytes, which are those of its record.
        executable: Which files of a folder may be run, as a manifest says it, where that is known.
    """
    said = md5 if executable is None else f"{md5} {executable}"
    _write(where, name, f"{said}\n".encode())


def note_partial(where: Project, name: str) -> None:
    """Remember that only some files of a dataset are brought here, before the first of them is.

    Args:
        where: The project.
        name: The dataset, of which nothing lies here.
    """
    _write(where, name, _PARTIAL)


def extent(where: Project, name: str) -> Literal["whole", "partial"] | None:
    """Say how much of a dataset this working tree is known to have had; None where nothing is known.

    Args:
        where: The project.
        name: The dataset.
    """
    if _read(where, name) == _PARTIAL:
        return "partial"
    return None if _noted(where, name)[0] is None else "whole"


def standing(where: Project, dataset: Dataset, md5: str) -> Standing:
    """Say who moved, the data or its record.

    Args:
        where: The project.
        dataset: The dataset in the working tree.
        md5: The bytes that lie there.
    """
    recorded, out = dataset.manifest.value, dataset.pointer.value
    if recorded is None or out is None or out.md5 != recorded.data.md5:
        return "changed"  # there is no record to be behind of
    if recorded.data.md5 == md5:
        return "current"
    known = _noted(where, dataset.name)[0]
    if known is None:
        return "behind" if _was_recorded(where, dataset, recorded, md5) else "changed"
    if known == recorded.data.md5:
        return "changed"
    return "behind" if known == md5 else "diverged"


def torn(where: Project, dataset: Dataset, md5: str) -> bool:
    """Say whether a merge left the manifest in conflict, and these bytes would drop what one side did to the data.

    Args:
        where: The project.
        dataset: The dataset in the working tree.
        md5: The bytes that lie there.
    """
    base, *both = (_staged(where, dataset, stage) for stage in (BASE, OURS, THEIRS))
    if dataset.manifest.error is None or any(side is None for side in both):
        return False
    changed = {side.data.md5 for side in both if side is not None} - ({base.data.md5} if base is not None else set())
    if len(changed) > 1:
        return md5 in changed or (base is not None and md5 == base.data.md5)
    return bool(changed) and base is not None and md5 == base.data.md5


def refuse(where: Project, dataset: Dataset, path: str, md5: str) -> None:
    """Refuse to record data by mistake that would undo what Git brought.

    Args:
        where: The project.
        dataset: The dataset in the working tree.
        path: Its data.
        md5: The bytes that lie there.

    Raises:
        UsageError: The data is behind, has diverged, or is one side of a merge.
    """
    name = dataset.name
    anyway = f"to record what lies here all the same: `datakit add {name} --force`"
    if torn(where, dataset, md5):
        raise UsageError(
            f"both sides of the merge recorded `{name}`, and its data here is of one side only: the other's would be lost",
            hint=f"{together(where, name, path)}; {anyway}",
        )
    found = standing(where, dataset, md5)
    if found == "behind":
        raise UsageError(
            f"the data of `{name}` is that of another record: Git moved on and left it; recorded again, it would undo what Git "
            "brought",
            hint=f"`datakit pull {name}`; {anyway}",
        )
    if found == "diverged":
        raise UsageError(
            f"the data of `{name}` was changed from other bytes than those that are recorded now: recorded, it would undo what "
            "Git brought",
            hint=f"{apart(name, path)}; {anyway}",
        )


def together(where: Project, name: str, path: str) -> str:
    """Say how the data of two sides of a merge are brought together.

    Args:
        where: The project.
        name: The dataset.
        path: Its data.
    """
    other = next((each for each in _OTHERS if where.git.resolve(each) is not None), "OTHER")
    sides = f"`{pulled(name, 'HEAD', 'ours')}` and `{pulled(name, other, 'theirs')}`"
    return f'{sides}, bring both together in {path}, then `datakit add {name} -m "why"`'


def apart(name: str, path: str) -> str:
    """Say how data that was changed from something else is brought together with what is recorded.

    Args:
        name: The dataset.
        path: Its data.
    """
    return (
        f'`{pulled(name, "HEAD", "theirs")}`, bring both together in {path}, then `datakit add {name} --force -m "why"`'
    )


def pulled(name: str, revision: str, folder: str) -> str:
    """Return the command that puts another state of a dataset beside the repository."""
    return command(f"datakit pull {name}@{revision} --to", f"../{folder}/")


def sides(where: Project, dataset: Dataset, md5: str) -> tuple[Parent, ...]:
    """Return what the sides of a merge recorded of a dataset whose manifest is in conflict, where new data came of both.

    Args:
        where: The project.
        dataset: The dataset in the working tree.
        md5: The bytes that lie there.
    """
    if dataset.manifest.error is None:
        return ()
    both = [side for stage in (OURS, THEIRS) if (side := _staged(where, dataset, stage)) is not None]
    if md5 in {side.data.md5 for side in both}:
        return ()
    return tuple(dict.fromkeys(Parent(side.name, side.data.md5) for side in both))


def noted_executable(where: Project, name: str, md5: str) -> str | None:
    """Return which files of a folder may be run by what was noted last; None where that is not known of these bytes.

    Args:
        where: The project.
        name: The dataset.
        md5: The bytes.
    """
    known, executable = _noted(where, name)
    return executable if known == md5 else None


def _write(where: Project, name: str, data: bytes) -> None:
    """Write a note; a repository that may only be read is left as it is."""
    with suppress(EnvironmentProblem):
        files.private_folder(where.state)
        files.make_folder(where.state / FOLDER, root=where.root)
        files.write_atomic(where.state / FOLDER / name, data, root=where.root)


def _read(where: Project, name: str) -> bytes:
    """Read a note; nothing where there is none."""
    try:
        return files.read(where.state / FOLDER / name)
    except EnvironmentProblem:
        return b""


def _noted(where: Project, name: str) -> tuple[str | None, str | None]:
    """Return what was noted last: the bytes, and which files may be run."""
    found = _NOTE.fullmatch(_read(where, name))
    if found is None:
        return None, None
    return found[1].decode(), None if found[2] is None else found[2].decode()


def _was_recorded(where: Project, dataset: Dataset, recorded: Manifest, md5: str) -> bool:
    """Say whether an earlier commit recorded these bytes, and Git brought the record that lies here."""
    path = dataset.room.manifest
    head = _committed(where, "HEAD", path)
    if head is None or head.data.md5 != recorded.data.md5:
        merged = _committed(where, "MERGE_HEAD", path)
        return head is not None and head.data.md5 == md5 and merged is not None and merged.data.md5 == recorded.data.md5
    former = (_committed(where, name, path) for name in _FORMER)
    return md5 == recorded.change.before or any(each is not None and each.data.md5 == md5 for each in former)


def _committed(where: Project, revision: str, path: str) -> Manifest | None:
    """Return a manifest of the past; None where there is no such commit or no whole record in it."""
    commit = where.git.resolve(revision)
    return None if commit is None else part(Commit(where.git, where.objects, commit), path, manifest.read).value


def _staged(where: Project, dataset: Dataset, stage: int) -> Manifest | None:
    """Return the manifest of one stage of a merge."""
    path = dataset.room.manifest
    data = where.objects.staged(path, stage)
    try:
        return None if data is None else manifest.read(data, path)
    except InvalidRecord:
        return None

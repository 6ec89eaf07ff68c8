"""Whether data in the working tree is that of another record than the one that lies beside it.

Git moves records when it switches branches, pulls or merges, and leaves the data as it was. Such data is not a change of
anybody's: recorded once more, it would undo what the other branch did.
"""

from __future__ import annotations

from datakit.errors import UsageError
from datakit.formats import manifest
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest
from datakit.gate.dataset import Dataset, part
from datakit.repo.project import Project
from datakit.repo.tree import Commit

# Where HEAD was before Git moved it: the last entry of its log, and what a merge, a pull or a rebase began with.
_FORMER = ("HEAD@{1}", "ORIG_HEAD")


def lags(where: Project, dataset: Dataset, md5: str) -> bool:
    """Say whether these bytes are what another commit records, and Git brought the record beside them.

    Args:
        where: The project.
        dataset: The dataset in the working tree.
        md5: The bytes that lie in the working tree.
    """
    recorded, path = dataset.manifest.value, dataset.room.manifest
    out = dataset.pointer.value
    if recorded is None or recorded.data.md5 == md5 or out is None or out.md5 != recorded.data.md5:
        return False
    head = _manifest(where, "HEAD", path)
    if head is None or head.data.md5 != recorded.data.md5:
        return _is_merged(where, recorded, path) and head is not None and head.data.md5 == md5
    former = (_manifest(where, name, path) for name in _FORMER)
    return md5 == recorded.change.before or any(each is not None and each.data.md5 == md5 for each in former)


def refuse(where: Project, dataset: Dataset, md5: str, *, explained: bool) -> None:
    """Refuse to record such data by mistake.

    Args:
        where: The project.
        dataset: The dataset in the working tree.
        md5: The bytes that lie there.
        explained: A reason was given or can be asked for, which outside of a merge makes it a decision.

    Raises:
        UsageError: The data would undo what Git brought.
    """
    if not lags(where, dataset, md5):
        return
    recorded, name = dataset.manifest.value, dataset.name
    if recorded is not None and _is_merged(where, recorded, dataset.room.manifest):
        ours = command("git checkout HEAD --", dataset.room.manifest, recorded.pointer)
        raise UsageError(
            f"the merge brought other data of `{name}` than lies in the working tree",
            hint=f"`datakit pull {name}`; to keep the data of this branch: `{ours}`",
        )
    if not explained:
        raise UsageError(
            f"the data of `{name}` is that of an earlier record; recorded again, it would undo the later one",
            hint=f'`datakit pull {name}`; to go back on purpose: `datakit add {name} -m "why"`',
        )


def _is_merged(where: Project, recorded: Manifest, path: str) -> bool:
    """Say whether a merge that is not committed yet brought a record."""
    merged = _manifest(where, "MERGE_HEAD", path)
    return merged is not None and merged.data.md5 == recorded.data.md5


def _manifest(where: Project, revision: str, path: str) -> Manifest | None:
    """Return a manifest of the past; None where there is no such commit or no whole record in it."""
    commit = where.git.resolve(revision)
    return None if commit is None else part(Commit(where.git, where.objects, commit), path, manifest.read).value

"""List the datasets of a project."""

from __future__ import annotations

from pathlib import Path

from datakit.errors import NotFound
from datakit.gate.dataset import Dataset
from datakit.records import Summary
from datakit.repo import project
from datakit.repo.tree import Commit
from datakit.steps import catalog


def datasets(*, at: str | None = None, root: Path | str | None = None) -> tuple[Summary, ...]:
    """List the datasets of the working tree or of a commit.

    Args:
        at: Any Git revision; the working tree by default.
        root: A folder of the project; the current one by default.

    Returns:
        One summary each, sorted by name.

    Raises:
        NotFound: There is no such revision.
    """
    where = project.find(root)
    with where.objects:
        tree = where.tree
        if at is not None:
            oid = where.git.resolve(at)
            if oid is None:
                raise NotFound("revision", at, ())
            tree = Commit(where.git, where.objects, oid)
        return tuple(summary(Dataset(tree, where.policy, name)) for name in catalog.names(tree, where.policy))


def summary(dataset: Dataset) -> Summary:
    """Sum up one dataset from its records."""
    manifest, receipt = dataset.manifest.value, dataset.receipt.value
    valid = None if receipt is None else receipt.passed
    if manifest is None:
        return Summary(dataset.name, None, None, None, None, None, None, None, None, valid)
    data = manifest.data
    if receipt is not None and receipt.md5 != data.md5:
        valid = None
    return Summary(
        dataset.name,
        manifest.path,
        dataset.tier,
        data.format,
        data.size,
        data.files,
        data.rows,
        data.md5,
        manifest.change.at,
        valid,
    )

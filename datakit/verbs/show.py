"""Show all that is recorded about a dataset."""

from __future__ import annotations

from pathlib import Path

from datakit.errors import NotFound
from datakit.formats import names
from datakit.gate.dataset import Dataset
from datakit.records import Shown
from datakit.repo import project, references
from datakit.repo.tree import Commit, Tree
from datakit.steps import catalog, lineage


def show(reference: str, *, root: Path | str | None = None) -> Shown:
    """Return the records of a dataset.

    Args:
        reference: `NAME[@VERSION]`: a version, `latest`, a range such as `^1.2`, or any Git revision.
        root: A folder of the project; the current one by default.

    Returns:
        The records as they are in the working tree, or in that commit under the name that the dataset had there.

    Raises:
        NotFound: No such dataset, version or revision; the nearest names are offered.
        InvalidRecord: A record is broken.
    """
    asked = names.reference(reference)
    where = project.find(root)
    with where.objects:
        commit = references.resolve(where.git, asked)
        tree: Tree = where.tree if commit is None else Commit(where.git, where.objects, commit)
        name = asked.name if commit is None else lineage.name_in(where, tree, asked.name)
        catalog.find(where, tree, [name])
        dataset = Dataset(tree, where.policy, name)
        manifest = catalog.whole(dataset.manifest, name)
        for part in (dataset.card, dataset.contract):
            if part.error is not None:
                raise part.error
        if manifest is None:
            raise NotFound(
                "manifest",
                dataset.room.manifest,
                (),
                hint=f"record the data with `datakit add PATH --name {name}`",
            )
        known = references.versions(where.git, asked.name)
        return Shown(
            name,
            commit,
            tuple(str(version) for version in known),
            manifest,
            dataset.card.value,
            dataset.contract.value,
            catalog.whole(dataset.receipt, name),
            catalog.whole(dataset.profile, name),
        )

"""Show all that is recorded about a dataset."""

from __future__ import annotations

from pathlib import Path

from datakit.errors import NotFound
from datakit.formats import names
from datakit.records import Shown
from datakit.repo import project, references
from datakit.steps import catalog, objects


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
    where = project.find(root)
    with where.objects:
        commit, dataset = objects.named_by(where, reference)
        name = dataset.name
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
        known = references.versions(where.git, names.reference(reference).name)
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

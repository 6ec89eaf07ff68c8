"""Reading what is compared of two versions of a dataset."""

from __future__ import annotations

from datakit.errors import InvalidRecord
from datakit.formats import policy
from datakit.gate.dataset import Dataset, text_digest
from datakit.repo.project import Project
from datakit.repo.references import Registered
from datakit.repo.tree import Commit
from datakit.store.cache import Cache
from datakit.verbs import memberships
from datakit.versions.differences import Facts


def former(where: Project, cache: Cache, name: str, version: Registered) -> Facts | None:
    """Read what a version has, under the policy of its commit.

    Args:
        where: The project.
        cache: DVC's cache.
        name: The dataset.
        version: The tag of the version.

    Returns:
        The facts; None where the commit has no records of it that can be read.
    """
    tree = Commit(where.git, where.objects, version.commit)
    try:
        data = tree.read(policy.FILE)
        return facts(Dataset(tree, where.policy if data is None else policy.read(data), name), cache)
    except InvalidRecord:
        return None


def facts(dataset: Dataset, cache: Cache) -> Facts:
    """Read what is compared of a dataset.

    Args:
        dataset: The dataset, in the tree of its version.
        cache: DVC's cache, which may have the listing of a folder.

    Raises:
        InvalidRecord: There is no manifest, or a record is broken.
    """
    room = dataset.room
    for found in (dataset.manifest, dataset.contract, dataset.profile, dataset.card):
        if found.error is not None:
            raise found.error
    manifest = dataset.manifest.value
    if manifest is None:
        raise InvalidRecord(room.manifest, "is missing", hint=f"datakit add {dataset.name}")
    written = [path for path in dataset.tree.under(room.folder) if path.endswith((".yaml", ".md"))]
    fields = {**dataset.policy.defaults, **(dataset.card.value.fields if dataset.card.value else {})}
    md5 = manifest.data.md5
    return Facts(
        manifest,
        dataset.contract.value,
        dataset.profile.value,
        str(fields.get("license") or ""),
        {split: memberships.record(dataset, split) for split in memberships.names(dataset)},
        {path.removeprefix(f"{room.folder}/"): text_digest(dataset.tree.read(path) or b"") for path in written},
        cache.read_listing(md5) if md5.endswith(".dir") and cache.has(md5) else None,
    )

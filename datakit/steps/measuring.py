"""Reading what is compared of two versions of a dataset."""

from __future__ import annotations

from collections.abc import Mapping

from datakit.errors import DatakitError, InvalidRecord
from datakit.formats import policy
from datakit.formats.split import Compared
from datakit.gate.dataset import Dataset, text_digest
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.repo.references import Registered
from datakit.repo.tree import Commit
from datakit.splits.compare import compare
from datakit.steps import memberships, objects, recording
from datakit.steps.objects import Version
from datakit.store.cache import Cache
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
    try:
        return facts(_dataset(where, name, version.commit), cache)
    except InvalidRecord:
        return None


def compared(
    where: Project, cache: Cache, old: tuple[str, Facts], new: tuple[str, Facts], progress: Progress = SILENT
) -> Mapping[str, Compared]:
    """Compare the rows of two versions by the memberships of their splits.

    Args:
        where: The project.
        cache: DVC's cache; what it lacks is fetched from the default remote.
        old: Commit and facts of the version before.
        new: Commit and facts of the version that shall be.
        progress: Told of every byte.

    Returns:
        What became of the keys, by the name of the split; without splits that only one version has, that have another
        key or are of other data, and without those of which a membership is nowhere to be found.
    """
    sides = [
        Version(f"{name}@{commit[:10]}", commit, _dataset(where, name, commit), facts.manifest, executable=False)
        for commit, facts in (old, new)
        for name in [facts.manifest.name]
    ]
    found: dict[str, Compared] = {}
    remote = objects.opener(where, None)
    for split in sorted(old[1].splits.keys() & new[1].splits.keys()):
        records = [facts.splits[split] for _, facts in (old, new)]
        hashes = [(facts.manifest.data.md5, facts.manifest.data.sha256) for _, facts in (old, new)]
        if records[0].recipe.key != records[1].recipe.key or hashes != [(each.md5, each.sha256) for each in records]:
            continue
        if records[0].membership == records[1].membership:
            found[split] = Compared(0, 0, 0)
            continue
        try:
            paths = [
                memberships.fetch(where, cache, version, record, remote, progress)
                for version, record in zip(sides, records, strict=True)
            ]
            found[split] = compare(paths[0], records[0], paths[1], records[1], recording.spill(where))
        except DatakitError:
            continue  # what is measured says that rows were counted only
    return found


def _dataset(where: Project, name: str, commit: str) -> Dataset:
    """Return a dataset as a commit has it, under the policy of that commit."""
    tree = Commit(where.git, where.objects, commit)
    data = tree.read(policy.FILE)
    return Dataset(tree, where.policy if data is None else policy.read(data), name)


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
    md5, receipt = manifest.data.md5, dataset.receipt.value  # which tells of what bytes the profile is
    return Facts(
        manifest,
        dataset.contract.value,
        dataset.profile.value if receipt is not None and receipt.md5 == md5 else None,
        str(fields.get("license") or ""),
        {split: memberships.record(dataset, split) for split in memberships.names(dataset)},
        {path.removeprefix(f"{room.folder}/"): text_digest(dataset.tree.read(path) or b"") for path in written},
        cache.read_listing(md5) if md5.endswith(".dir") and cache.has(md5) else None,
    )

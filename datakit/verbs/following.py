"""What `add` does with the splits of a dataset whose data changed: they follow, or stay as they are and are told of."""

from __future__ import annotations

from typing import NamedTuple

from datakit.errors import DatakitError
from datakit.formats.manifest import Manifest
from datakit.formats.split import command
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.store.cache import Cache
from datakit.verbs import memberships, splitting
from datakit.verbs.objects import Version
from datakit.verbs.splitting import Worked


class Followed(NamedTuple):
    """What became of the splits of a dataset whose data changed."""

    worked: tuple[Worked, ...] = ()
    notes: tuple[str, ...] = ()  # one clause each: what was extended, and what was left as it was and why

    @property
    def files(self) -> dict[str, bytes]:
        """Return what is to be written, by path."""
        return {path: data for each in self.worked for path, data in each.files.items()}


def follow(where: Project, cache: Cache, dataset: Dataset, fresh: Manifest, progress: Progress = SILENT) -> Followed:
    """Bring every split of a dataset to its new data; one that cannot be brought there stays as it is.

    Args:
        where: The project.
        cache: DVC's cache, which has the new data.
        dataset: The dataset, as it lies.
        fresh: What is about to be recorded.
        progress: Told of every byte that is read.
    """
    version, worked, notes = Version(dataset.name, None, dataset, fresh, executable=False), [], []
    for split in memberships.names(dataset):
        lies = dataset.split(split).value
        if lies is not None and splitting.is_named(lies, version, split) and splitting.is_of(lies, version):
            continue
        try:
            found = splitting.grown(where, cache, version, split, splitting.agreed(dataset, split), progress=progress)
        except DatakitError as error:
            mend = f" ({error.hint})" if error.hint else ""
            again = command(dataset.name, split, "--extend")
            notes.append(f"split `{split}` stays as it was: {error.message}{mend}; then `{again}`")
        else:
            worked.append(found)
            notes += _notes(found)
    return Followed(tuple(worked), tuple(notes))


def stale(dataset: Dataset) -> bool:
    """Say whether a split is of other data than the dataset's record, or its own record cannot be read.

    Args:
        dataset: The dataset, as it lies.
    """
    manifest, found = dataset.manifest.value, [dataset.split(split) for split in memberships.names(dataset)]
    now = None if manifest is None else (manifest.data.md5, manifest.data.sha256)
    return any(each.value is None or (each.value.md5, each.value.sha256) != now for each in found)


def _notes(found: Worked) -> list[str]:
    """Say what an extension did."""
    record, report = found.record, found.report
    if report is None or report.extension is None:
        return [f"split `{record.split}` is what it was for these data"]
    done = report.extension
    notes = [f"split `{record.split}` extended: new rows {done.new:,}, gone {done.gone:,}; no other row moved"]
    ties = record.excluded.get("ties parts", 0)
    if ties:
        notes.append(f"split `{record.split}`: rows that tie groups of different parts are in no part: {ties:,}")
    return notes

"""What `add` does with the splits of a dataset whose data changed: they follow, or stay as they are and are told of."""

from __future__ import annotations

from typing import NamedTuple

from datakit.errors import DatakitError
from datakit.formats.manifest import Manifest
from datakit.formats.split import REFUSED, command
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.splits.inputs import NoColumn
from datakit.steps import memberships, splitting
from datakit.steps.objects import Version
from datakit.steps.splitting import Worked
from datakit.store.cache import Cache


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
            # A recipe that has to be edited cannot be extended by, and the hint has the command.
            again = "" if isinstance(error, NoColumn) else f"; then `{command(dataset.name, split, '--extend')}`"
            notes.append(f"split `{split}` stays as it was: {error.message}{mend}{again}")
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
    unit = "file" if record.md5.endswith(".dir") else "row"
    moved = f", moved {done.moved:,}, which kept their parts" if done.moved else ""
    split = f"split `{record.split}`"
    notes = [f"{split} extended: new {unit}s {done.new:,}, gone {done.gone:,}{moved}; no other {unit} moved"]
    if done.strayed:
        notes.append(f"{split}: files that lie, byte for byte the same, in another part than before: {done.strayed:,}")
    ties = record.excluded.get("ties parts", 0)
    if ties:
        notes.append(f"{split}: {unit}s that tie groups of different parts are in no part: {ties:,}")
    shared = [leak for leak in report.leaks if leak.kind in REFUSED]
    notes += [f"{split}: parts share what they must not: {leak.kind} in {leak.places}" for leak in shared]
    empty = [f"`{part}`" for part, count in report.parts.items() if not count]
    notes += [f"{split}: part {part} is empty" for part in empty]
    return notes

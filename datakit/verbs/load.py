"""Load a table as a data frame, from verified bytes and with the types of its contract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import UsageError
from datakit.progress import SILENT, Progress
from datakit.repo import project
from datakit.tables import frames
from datakit.verbs import catalog, objects, recording

if TYPE_CHECKING:
    import pandas as pd


def load(
    reference: str,
    *,
    columns: Sequence[str] | None = None,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> pd.DataFrame:
    """Load the recorded bytes of a table, read as they were validated.

    Args:
        reference: `NAME` for what the working tree records, `NAME@VERSION` for a version or any Git revision; with the
            contract of that moment.
        columns: Names of the columns to load, in this order; all by default.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        The rows in the order of the file. Integers are `Int64`, numbers `float64`, truth values `boolean`, dates and
        timestamps `datetime64`, texts `str`; missing values are missing.

    Raises:
        NotFound: No such dataset, version or column; the nearest names are offered.
        UsageError: The dataset is files, not a table.
        InvalidRecord: A record or the contract is broken.
        InvalidData: The bytes are no such table, or hold values that do not read as their type.
        IntegrityError: The bytes are nowhere to be found, or are not what is recorded.
        EnvironmentProblem: They have to be fetched and there is no remote, or it does not answer.
    """
    where = project.find(root)
    cache = recording.open_cache(where)
    with where.objects:
        version = objects.find(where, reference)
        contract = catalog.whole(version.dataset.contract, version.manifest.name)
        if contract is None or contract.reader is None or version.manifest.data.md5.endswith(".dir"):
            raise UsageError(
                f"`{reference}` is files, not a table", hint=f'datakit.path("{reference}") says where they lie'
            )
        objects.fetch(where, cache, version, objects.opener(where, None), progress)
        return frames.frame(
            objects.verified(cache, version, progress),
            version.manifest.path,
            contract.reader,
            contract.columns,
            columns,
            recording.spill(where),
        )

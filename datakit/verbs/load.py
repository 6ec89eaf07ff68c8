"""Load a table as a data frame, from verified bytes and with the types of its contract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import UsageError
from datakit.progress import SILENT, Progress
from datakit.repo import project
from datakit.splits import parts as splitting
from datakit.steps import catalog, objects, parts, recording
from datakit.tables import frames

if TYPE_CHECKING:
    import pandas as pd


def load(
    reference: str,
    *,
    split: str | None = None,
    columns: Sequence[str] | None = None,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> pd.DataFrame:
    """Load the recorded bytes of a table, read as they were validated.

    Args:
        reference: `NAME` for what the working tree records, `NAME@VERSION` for a version or any Git revision; with the
            contract of that moment.
        split: The part of its split to load: `PART` of the split called `default`, or of the only one there is, or
            `SPLIT/PART`; all rows by default.
        columns: Names of the columns to load, in this order; all by default.
        root: A folder of the project; the current one by default.
        progress: Told of every byte.

    Returns:
        The rows in the order of the file, those of a part sorted by the text of their key. Integers are `Int64`,
        numbers `float64`, truth values `boolean`, dates and timestamps `datetime64`, texts `str`; missing values are
        missing.

    Raises:
        NotFound: No such dataset, version, split, part or column; the nearest names are offered.
        UsageError: The dataset is files, not a table; or it has several splits and `split` does not say which.
        InvalidRecord: A record or the contract is broken, or the split is of other bytes.
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
            asked = f'"{reference}"' + (f', split="{split}"' if split else "")
            raise UsageError(f"`{reference}` is files, not a table", hint=f"datakit.path({asked}) says where they lie")
        opened, spill = objects.opener(where, None), recording.spill(where)
        if split is not None:
            chosen = parts.choose(version, split)
            rows = parts.fetch_rows(where, cache, chosen, opened, progress)
            return splitting.frame(rows.data, rows.membership, chosen.record, chosen.part, columns, spill)
        objects.fetch(where, cache, version, opened, progress)
        return frames.frame(
            objects.verified(cache, version, progress),
            version.manifest.path,
            contract.reader,
            contract.columns,
            columns,
            spill,
        )

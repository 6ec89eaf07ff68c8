"""Compute the receipt of a dataset again and name what it states and the data does not bear out, for `verify`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from datakit.errors import InvalidData, InvalidRecord
from datakit.formats import receipt as receipts
from datakit.formats.listing import shown
from datakit.formats.receipt import Receipt
from datakit.records import Fault
from datakit.repo.project import Project
from datakit.steps import recording
from datakit.steps.objects import Version
from datakit.version import VERSION


def rejudge(where: Project, version: Version, source: Path) -> tuple[int, list[Fault]]:
    """Compute the receipt again and compare it with the one that is there.

    Args:
        where: The project.
        version: The dataset.
        source: Where its recorded bytes can be read.

    Returns:
        How many checks were computed, and what differs. What was never validated claims nothing.
    """
    dataset, data = version.dataset, version.manifest.data
    room, name = dataset.room, dataset.name
    contract = dataset.tree.read(room.contract)
    if dataset.receipt.error is not None:
        text = dataset.receipt.error.problem
        return 0, [Fault("receipt", room.receipt, text, "", "", f"datakit validate {name}")]
    stated = dataset.receipt.value
    if stated is None or contract is None:
        return 0, []  # what was never validated claims nothing; `check` asks for it
    try:
        verdict = recording.judge(
            where, room, (data.md5, data.sha256, source, version.manifest.path), contract, VERSION
        )
    except (InvalidData, InvalidRecord) as error:
        text = f"cannot be computed again: {error.message}"
        return 0, [Fault("receipt", room.receipt, text, "", "", error.hint or f"datakit validate {name}")]
    fresh = receipts.read(verdict.receipt, room.receipt)
    return len(fresh.results), list(_differences(room.receipt, stated, fresh, f"datakit validate {name}"))


def _differences(path: str, stated: Receipt, fresh: Receipt, mend: str) -> Iterator[Fault]:
    """Name what a receipt states and the data does not bear out."""
    for what, said, computed in (
        ("is about another dataset", stated.name, fresh.name),
        ("is about other bytes", stated.md5, fresh.md5),
        ("is about other bytes", stated.sha256, fresh.sha256),
        ("is about another contract", stated.enforced, fresh.enforced),
        ("counts other rows", str(stated.rows), str(fresh.rows)),
    ):
        if said != computed:
            yield Fault("receipt", path, what, computed, said, mend)
            return
    before, after = {each.id: each for each in stated.results}, {each.id: each for each in fresh.results}
    for check in dict.fromkeys((*after, *before)):
        if before.get(check) != after.get(check):
            now, was = (
                f"{each.outcome} {each.reason}".strip() if each else "no such check"
                for each in (after.get(check), before.get(check))
            )
            yield Fault("receipt", path, f"`{shown(check)}` is not what the data says", now, was, mend)

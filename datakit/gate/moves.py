"""Datasets that were renamed or moved: what became of one that a change no longer has under its name, and half a move.

A dataset goes on under another name where the record of that name says so: it has the `former` name, or the same path of
its data, or it is new and has the same bytes. Everything else that is gone was removed, which a tombstone has to say.
"""

from __future__ import annotations

from datakit.errors import InvalidRecord
from datakit.formats import names
from datakit.formats.finding import command
from datakit.formats.manifest import Manifest
from datakit.gate.change import Case, Tracked
from datakit.gate.dataset import Dataset, outs, pipeline_of, stages_of


def successors(case: Case) -> dict[str, Dataset]:
    """Return, by the name of each dataset that is gone, the one that goes on with its data under another name."""
    gone = [name for name in case.names if case.now[name].manifest.missing and not case.before[name].manifest.missing]
    if not gone:
        return {}
    by: dict[tuple[str, str], Dataset] = {}
    for dataset in case.now.values():
        found = dataset.manifest.value
        if found is None:
            continue
        by[("path", found.path)] = dataset
        if case.before[dataset.name].manifest.missing:
            by |= {("name", name): dataset for name in (found.former, found.name) if name}
            by[("md5", found.data.md5)] = dataset
    heirs = {name: by.get(("name", name)) or _heir(by, case.before[name].manifest.value) for name in gone}
    return {name: heir for name, heir in heirs.items() if heir is not None}


def _heir(by: dict[tuple[str, str], Dataset], former: Manifest | None) -> Dataset | None:
    """Return the dataset that has the data of one that is gone."""
    return None if former is None else by.get(("path", former.path)) or by.get(("md5", former.data.md5))


def finish(case: Case, item: Tracked) -> str | None:
    """Return the command that finishes a move of which only the pointer was moved; None where it is no move.

    A pointer has a dataset's name and is not the one that its manifest names, which is gone: `dvc mv`, or `git mv` of
    the pointer. Or a stage makes a dataset's data elsewhere now.
    """
    if not item.pointer.endswith(".dvc"):
        return next(
            (command(f"datakit mv {name}", path) for name, path in remade(case).items() if path == item.path), None
        )
    dataset = case.now.get(item.out.name or "")
    found = None if dataset is None else dataset.manifest.value
    if dataset is None or found is None or item.path is None:
        return None
    if item.pointer == found.pointer or not dataset.pointer.missing:
        return None
    beside = found.pointer == f"{found.path}.dvc"  # then the file's name says where the data went
    return command(f"datakit mv {dataset.name}", item.pointer.removesuffix(".dvc") if beside else item.path)


def remade(case: Case) -> dict[str, str]:
    """Return where stages make the data of datasets now whose path no lock has any more, by name.

    It is where the dataset's artifact says, since `dvc.yaml` is edited as one; else the one output of its stage that is
    new in the lock.
    """
    found: dict[str, str] = {}
    for dataset in case.now.values():
        known = dataset.manifest.value
        if known is None or known.pointer.endswith(".dvc") or not dataset.pointer.missing:
            continue
        try:
            made = {path: stage.name for stage in stages_of(case.tree, known.pointer) for path in stage.outs}
            data = case.base.read(known.pointer) or b""
            former = {path for path, _ in outs(data, known.pointer, pipeline_of(case.base, known.pointer))}
        except InvalidRecord:
            continue  # a finding of its own
        said = (case.artifacts or {}).get(dataset.name, "")
        new = [path for path, stage in made.items() if stage == known.produced_by.stage and path not in former]
        if said in made or len(new) == 1:
            found[dataset.name] = said if said in made else new[0]
    return found


def moved_to(case: Case, dataset: Dataset) -> str | None:
    """Return the command that finishes a move whose pointer has a new place; see `finish`."""
    if (path := remade(case).get(dataset.name)) is not None:
        return command(f"datakit mv {dataset.name}", path)
    return next((done for item in case.tracked if item.out.name == dataset.name and (done := finish(case, item))), None)


def renamed(case: Case, dataset: Dataset) -> str | None:
    """Return the command that finishes a rename of which only the room, or only the pointer, was renamed."""
    found, out = dataset.manifest.value, dataset.pointer.value
    said = found.name if found is not None and found.name != dataset.name else out.name if out is not None else None
    if said is None or said == dataset.name or names.problem(said):
        return None
    if not Dataset(case.tree, case.policy, said).manifest.missing:
        return None  # a copy, not a rename
    first = case.before[dataset.name].manifest.missing  # then the room has the new name, and the pointer the old one
    return f"datakit mv {said} {dataset.name}" if first else f"datakit mv {dataset.name} {said}"

"""DK106: what goes leaves a tombstone, and what a tombstone says is gone, is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from datakit.errors import InvalidRecord
from datakit.formats import artifacts, names
from datakit.formats.finding import Finding, command
from datakit.gate.change import Case
from datakit.gate.dataset import Dataset, outs, pipeline_of
from datakit.gate.moves import successors

if TYPE_CHECKING:
    from datakit.formats.tombstone import Tombstone


def unburied(case: Case) -> Iterator[Finding]:
    """DK106: a dataset that is gone has a tombstone, and nothing else."""
    heirs = successors(case)
    for dataset in case.now.values():
        name = dataset.name
        if not dataset.manifest.missing:
            if case.judges(dataset.room.tombstone) and not dataset.tombstone.missing:
                mend = f'datakit add {name} -m "why it is back"'
                beside = "a tombstone lies beside the manifest"
                yield Finding(dataset.room.tombstone, "DK106", beside, mend, name)
        elif not dataset.tombstone.missing:
            if dataset.tombstone.value is not None:
                yield from _risen(case, dataset, dataset.tombstone.value)
        elif name not in heirs and is_gone(case, dataset):
            message = f"`{name}` is gone, and no tombstone says why"
            yield Finding(dataset.room.tombstone, "DK106", message, bury(name), name)


def is_gone(case: Case, dataset: Dataset) -> bool:
    """Say whether a dataset that obeyed every rule has lost its record and its pointer."""
    before = case.before[dataset.name]
    former = before.manifest.value
    if before.manifest.missing or not before.strict or not dataset.manifest.missing:
        return False
    return (former is None or not is_tracked(case, former.pointer, former.path)) and not any(
        item.name == dataset.name for item in case.tracked
    )


def is_tracked(case: Case, pointer: str, path: str) -> bool:
    """Say whether a pointer still has the data of a dataset; one that cannot be read is a finding of its own."""
    try:
        data = case.tree.read(pointer)
        found = () if data is None else outs(data, pointer, pipeline_of(case.tree, pointer))
    except InvalidRecord:
        return True
    return any(target == path for target, _ in found)


def _passed_on(case: Case, dataset: Dataset, found: Tombstone) -> bool:
    """Say whether another dataset has the path by now: then it is that one's, and its own record is judged."""
    data = case.tree.read(found.pointer) or b""
    try:
        tracked = outs(data, found.pointer, pipeline_of(case.tree, found.pointer))
    except InvalidRecord:
        return False
    said = {out.name for target, out in tracked if target == found.path and out.name is not None}
    said |= {name for name, path in (case.artifacts or {}).items() if path == found.path}
    others = (case.now.get(name) or Dataset(case.tree, case.policy, name) for name in said if not names.problem(name))
    return any(
        other.manifest.value is not None and other.manifest.value.path == found.path
        for other in others
        if other.name != dataset.name
    )


def bury(name: str) -> str:
    """Return the command that takes a dataset away."""
    return f'datakit rm {name} --reason "why it is no longer needed"'


def restore(path: str) -> str:
    """Return the command that brings a file or folder back as it was committed."""
    return command("git restore --source=HEAD --staged --worktree --", path)


def lost(case: Case, path: str, otherwise: str) -> str:
    """Return the command that brings a file of people's back where the base has it, else the one that drafts it."""
    return restore(path) if case.base.entry(path) is not None else otherwise


def _risen(case: Case, dataset: Dataset, found: Tombstone) -> Iterator[Finding]:
    """Return what is still there of a dataset that has a tombstone."""
    name, stone = dataset.name, dataset.room.tombstone
    if found.name != name:
        yield Finding(stone, "DK106", f"it names `{found.name}`, its folder names `{name}`", bury(name), name)
    if is_tracked(case, found.pointer, found.path) and not _passed_on(case, dataset, found):
        message = f"it still tracks `{found.path}`, and a tombstone says that `{name}` is removed"
        yield Finding(found.pointer, "DK106", message, bury(name), name)
    if case.artifacts is not None and name in case.artifacts:
        message = f"it still has the artifact `{name}`, and a tombstone says that it is removed"
        yield Finding(artifacts.FILE, "DK106", message, bury(name), name)
    others = [path for path in case.tree.under(dataset.room.folder) if path != stone]
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        message = f"it lies beside the tombstone of `{name}`{more}, which has to be alone"
        yield Finding(others[0], "DK106", message, bury(name), name)

"""Hold the data against its contract and write the receipt."""

from __future__ import annotations

from pathlib import Path

from datakit.errors import IntegrityError, InvalidRecord, UsageError
from datakit.formats.room import Room
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.records import Validation
from datakit.repo import project
from datakit.repo.project import Project
from datakit.steps import catalog, recording
from datakit.store import guard, journal
from datakit.store.cache import Cache
from datakit.version import VERSION


def validate(*names: str, root: Path | str | None = None, progress: Progress = SILENT) -> tuple[Validation, ...]:
    """Hold datasets against their contracts and write what was found into their receipts.

    What is judged is the recorded data, by its hash from DVC's cache; a work tree that moved on is the business of
    `datakit status`.

    Args:
        names: The datasets; all by default.
        root: A folder of the project; the current one by default.
        progress: Told of every byte that is read.

    Returns:
        One outcome each, in the order of the names.

    Raises:
        NotFound: An unknown dataset.
        InvalidRecord: A record or contract that cannot be read.
        InvalidData: The data cannot be read as what the contract says it is.
        IntegrityError: The recorded bytes are nowhere to be found here.
    """
    where = project.find(root)
    cache = recording.open_cache(where)
    recording.recover(where, cache)
    with where.objects:
        tree = where.tree
        known = catalog.find(where, tree, names)
        return tuple(_validate(where, cache, Dataset(tree, where.policy, name), progress) for name in names or known)


def _validate(where: Project, cache: Cache, dataset: Dataset, progress: Progress) -> Validation:
    """Validate one dataset."""
    manifest = catalog.whole(dataset.manifest, dataset.name)
    contract = dataset.tree.read(dataset.room.contract)
    if manifest is None:
        raise InvalidRecord(dataset.room.manifest, "the room has no manifest", hint="datakit add PATH")
    if contract is None:
        raise UsageError(f"`{dataset.name}` has no contract", hint=f"datakit add {dataset.name}")
    md5 = manifest.data.md5
    source = where.root / manifest.path
    if not md5.endswith(".dir"):
        source = _object(where, cache, dataset, progress)
    verdict = recording.judge(
        where, dataset.room, (md5, manifest.data.sha256, source, manifest.path), contract, VERSION
    )
    written = _write(where, dataset.room, verdict)
    return Validation(dataset.name, manifest.path, verdict.rows, verdict.results, written)


def _object(where: Project, cache: Cache, dataset: Dataset, progress: Progress) -> Path:
    """Return the object that holds the recorded bytes; taken from the work tree where the cache has lost it."""
    manifest = dataset.manifest.value
    if manifest is None:
        raise InvalidRecord(dataset.room.manifest, "the room has no manifest", hint="datakit add PATH")
    md5, size = manifest.data.md5, manifest.data.size
    if not cache.has(md5, size):
        here = (where.root / manifest.path).is_file()
        if not here or recording.snapshot(where, cache, manifest.path, progress).md5 != md5:
            raise IntegrityError(
                f"the recorded bytes of `{dataset.name}` are not here: md5 {md5} is neither in the cache nor at `{manifest.path}`",
                hint=f"datakit pull {dataset.name}, or record what lies there with `datakit add {dataset.name}`",
            )
    return cache.object_path(md5)


def _write(where: Project, room: Room, verdict: recording.Verdict) -> tuple[str, ...]:
    """Write receipt and profile, and stage them where the policy says so."""
    with guard.lock(where.root / ".dvc"):
        journal.recover(where.state, where.root)
        with journal.transaction(where.state, where.root) as change:
            changed = [room.receipt] * change.write(where.root / room.receipt, verdict.receipt)
            if verdict.profile is not None:
                changed += [room.profile] * change.write(where.root / room.profile, verdict.profile)
    if where.policy.autostage:
        where.git.stage([path for path in (room.receipt, room.profile) if (where.root / path).exists()])
    return tuple(changed)

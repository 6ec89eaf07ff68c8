"""What `split` and `add` have in common: one split worked out, and the files that are written of it.

A row that was assigned once never changes its part, unless a person asks for a split made anew. So a split of older data
is extended; and where the index, a side of a merge or HEAD has a record of these very data by this very recipe, that one
comes back as it was.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, IntegrityError, InvalidRecord, UsageError
from datakit.formats import recipe
from datakit.formats import split as splits
from datakit.formats.finding import command
from datakit.formats.listing import Entry
from datakit.formats.pointer import Out
from datakit.formats.recipe import Recipe
from datakit.formats.room import Room
from datakit.formats.split import Split
from datakit.gate.dataset import Dataset
from datakit.progress import SILENT, Progress
from datakit.repo.project import Project
from datakit.splits import leaks
from datakit.splits.compare import compare
from datakit.splits.inputs import NoColumn
from datakit.splits.make import Made, Report, Subject
from datakit.splits.make import extend as extend_rows
from datakit.splits.make import split as split_rows
from datakit.steps import ignoring, memberships, objects, publishing, recording
from datakit.steps.objects import Version
from datakit.store import disk, hashing
from datakit.store.cache import Cache
from datakit.store.transfer import Object
from datakit.version import VERSION


class Worked(NamedTuple):
    """One split, worked out and not yet written; its membership is in the cache."""

    record: Split
    report: Report | None  # what was done to the rows; None: nothing
    membership: Object
    files: Mapping[str, bytes]  # the content of its files, by path
    moved: int | None = None  # rows in another part than before, of a split made anew; None where that is not known


def lying(where: Project, room: Room, names: Iterable[str]) -> dict[str, bytes | None]:
    """Return the files of splits as they lie, so that a writer notices when somebody else changed one of them.

    Args:
        where: The project.
        room: The room of the dataset.
        names: The splits.
    """
    paths = [
        path
        for split in names
        for path in (room.recipe(split), room.split(split), room.membership_pointer(split), _ignore(room))
    ]
    return {path: publishing.current(where, path) for path in paths}


def anew(
    where: Project,
    cache: Cache,
    version: Version,
    split: str,
    plan: Recipe,
    *,
    refused: Collection[str] = (),
    progress: Progress = SILENT,
) -> Worked:
    """Assign every row by the recipe, whatever was assigned before; a part that is sealed must come out the same.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        split: The split.
        plan: Its recipe.
        refused: Kinds of leaks that are refused, before anything is stored.
        progress: Told of every byte that is read.

    Raises:
        UsageError: The recipe does not fit the data, or a sealed part would change.
        InvalidData: The data cannot be split by it.
        IntegrityError: The data is not here.
    """
    data, former = memberships.data_of(where, cache, version, progress), next(records(where, version, split), None)
    subject, spill = _subject(version, split), recording.spill(where)
    with scratch(where) as target:
        made = split_rows(data, plan, subject, target, former, spill, filled=True)
        if not made.written and former is not None and not cache.has(former.membership):
            made = split_rows(data, plan, subject, target, None, spill)  # the same keys in the same parts, and the file
            made = made._replace(record=made.record._replace(sealed=former.sealed))
        worked = _worked(where, cache, version, made, target, refused)
    return worked._replace(moved=_moved(where, cache, version, former, worked.record))


def grown(
    where: Project,
    cache: Cache,
    version: Version,
    split: str,
    plan: Recipe,
    *,
    refused: Collection[str] = (),
    progress: Progress = SILENT,
) -> Worked:
    """Bring a split to a dataset's data; no row that it knows changes its part.

    Args:
        where: The project.
        cache: DVC's cache.
        version: The dataset.
        split: The split; there is a record of it.
        plan: Its recipe.
        refused: Kinds of leaks that are refused, before anything is stored.
        progress: Told of every byte that is read.

    Raises:
        InvalidRecord: No record of it can be read.
        UsageError: The recipe changed or does not fit the data, or a sealed part would change.
        InvalidData: The data cannot be split by it.
        IntegrityError: Membership or data are nowhere to be found.
        EnvironmentProblem: The membership has to be fetched and there is no remote, or it does not answer.
    """
    known = list(records(where, version, split))
    alike = [record for record in known if recipe.fingerprint(record.recipe) == recipe.fingerprint(plan)]
    for record in alike:
        if is_of(record, version):
            kept = _kept(where, cache, version, record, progress)
            if any(record.leaks.get(kind) for kind in refused):
                _refuse_again(where, cache, version, record, refused, progress)
            return kept
    if not known:
        raise InvalidRecord(
            version.dataset.room.split(split),
            "cannot be read, and Git has none that can",
            hint=f"{splits.command(version.manifest.name, split, '--anew')}, which may move rows",
        )
    former = (alike or known)[0]
    old = memberships.fetch(where, cache, version, former, objects.opener(where, None), progress)
    data = memberships.data_of(where, cache, version, progress)
    with scratch(where) as target:
        subject, spill = _subject(version, split), recording.spill(where)
        earlier = _earlier(where, cache, former, progress)
        try:
            made = extend_rows(data, plan, subject, target, former, old, spill, earlier)
        except NoColumn as error:
            path, again = version.dataset.room.recipe(split), splits.command(version.dataset.name, split)
            mend = f"rename the column back, or name the new one in {path}, then `{again}`, which assigns anew"
            raise NoColumn(error.message, hint=f"{error.hint}; {mend}") from error
        return _worked(where, cache, version, made, target, refused)


def _earlier(where: Project, cache: Cache, former: Split, progress: Progress) -> Callable[[], Sequence[Entry]] | None:
    """Return what returns the files that were split, of a folder."""
    if not former.md5.endswith(".dir"):
        return None
    return lambda: memberships.listing(where, cache, former, progress)


def place(where: Project, cache: Cache, worked: Sequence[Worked]) -> Callable[[], object]:
    """Return what puts memberships at their places, once the records that name them are written.

    Args:
        where: The project.
        cache: DVC's cache.
        worked: The splits.
    """
    wanted = [each.membership for each in worked]
    return lambda: [item.path for item in wanted if memberships.put(where, cache, item, "recorded")]


def records(where: Project, version: Version, split: str) -> Iterator[Split]:
    """Return the records of a split that can be read: as it lies, then what Git's index and HEAD have.

    Args:
        where: The project.
        version: The dataset.
        split: The split.
    """
    path = version.dataset.room.split(split)
    lies = version.dataset.split(split)
    if lies.value is not None and is_named(lies.value, version, split):
        yield lies.value
    for data in where.kept(path):
        try:
            found = splits.read(data, path)
        except InvalidRecord:
            continue
        if is_named(found, version, split):
            yield found


def agreed(dataset: Dataset, split: str) -> Recipe:
    """Return the recipe of a split.

    Args:
        dataset: The dataset.
        split: The split.

    Raises:
        InvalidRecord: The recipe is broken.
        UsageError: There is none.
    """
    found = dataset.recipe(split)
    if found.error is not None:
        raise found.error
    if found.value is None:
        raise UsageError(
            f"split `{split}` of `{dataset.name}` has no recipe, {found.path}",
            hint=splits.command(dataset.name, split, "--into train=0.8,test=0.2"),
        )
    return found.value


def is_of(record: Split, version: Version) -> bool:
    """Say whether these very data were split."""
    return (record.md5, record.sha256) == (version.manifest.data.md5, version.manifest.data.sha256)


def is_named(record: Split, version: Version, split: str) -> bool:
    """Say whether a record is that of a split, not a copy of another one's."""
    return (record.name, record.split) == (version.dataset.name, split)


def _moved(where: Project, cache: Cache, version: Version, former: Split | None, record: Split) -> int | None:
    """Count the rows that changed their part, where the former membership is here and its keys are those of now."""
    if former is None or memberships.lacking(where, cache, [memberships.object_of(version, former)], here=True):
        return None
    if former.membership == record.membership:
        return 0
    paths = [cache.object_path(each.membership) for each in (former, record)]
    found = compare(paths[0], former, paths[1], record, recording.spill(where))
    # A key column that was renamed has the values that it had; another column has others.
    same = former.recipe.key == record.recipe.key
    renamed = len(former.recipe.key) == len(record.recipe.key) and not found.gone
    return found.moved if same or renamed else None


def _refuse_again(
    where: Project, cache: Cache, version: Version, record: Split, refused: Collection[str], progress: Progress
) -> None:
    """Look for the leaks of a split that is there already, so that the refusal names them."""
    data, subject = memberships.data_of(where, cache, version, progress), _subject(version, record.split)
    former = record._replace(sealed={})  # a seal forbids a change, and nothing is changed here
    membership = cache.object_path(record.membership)
    with scratch(where) as target:
        made = extend_rows(data, record.recipe, subject, target, former, membership, recording.spill(where))
    leaks.refuse(made.report.leaks, refused, f"split `{record.split}` of `{record.name}`")


def _kept(where: Project, cache: Cache, version: Version, record: Split, progress: Progress) -> Worked:
    """Take a split as it was recorded; a membership that is lost is made again where the recipe alone gives it."""
    try:
        memberships.fetch(where, cache, version, record, objects.opener(where, None), progress)
    except (IntegrityError, EnvironmentProblem):
        data = memberships.data_of(where, cache, version, progress)
        with scratch(where) as target:
            made = split_rows(
                data, record.recipe, _subject(version, record.split), target, None, recording.spill(where)
            )
            if made.record.parts != record.parts:
                raise
            same = made._replace(record=record._replace(membership=made.record.membership))
            return _worked(where, cache, version, same, target)._replace(report=None)
    size = cache.object_path(record.membership).stat().st_size
    return _written(where, cache, version, record, None, size)


def _worked(
    where: Project, cache: Cache, version: Version, made: Made, target: Path, refused: Collection[str] = ()
) -> Worked:
    """Store the membership that was made."""
    leaks.refuse(made.report.leaks, refused, f"split `{made.record.split}` of `{made.record.name}`")
    if made.written:
        cache.put(target)
        cache.sync()
    size = cache.object_path(made.record.membership).stat().st_size
    return _written(where, cache, version, made.record, made.report, size)


def _written(where: Project, cache: Cache, version: Version, record: Split, report: Report | None, size: int) -> Worked:
    """Say what is to be written of a split."""
    room, split = version.dataset.room, record.split
    item = Object(record.membership, room.membership(split), size, size)
    _refuse_lost(where, cache, item)
    own = {
        room.split(split): splits.dump(record),
        room.membership_pointer(split): _pointer(where, version, item, split),
        _ignore(room): ignoring.memberships(publishing.current(where, _ignore(room)) or b""),
    }
    return Worked(record, report, item, own)


def _pointer(where: Project, version: Version, item: Object, split: str) -> bytes:
    """Write the pointer of a membership."""
    path = version.dataset.room.membership_pointer(split)
    fresh = Out(item.path.rpartition("/")[2], item.name, item.size, None, "md5")
    return publishing.pointer_beside(where, version.dataset.tree, path, fresh)


def _refuse_lost(where: Project, cache: Cache, item: Object) -> None:
    """Refuse to replace a file that the cache does not have, before anything is written."""
    there = where.root / item.path
    if not os.path.isfile(there) or os.path.islink(there):
        return
    found = hashing.hash_file(there).md5
    if found != item.name and not cache.has(found):
        raise EnvironmentProblem(
            f"`{item.path}` is recorded nowhere and would be lost", hint=command("move it away, or rm", item.path)
        )


def _subject(version: Version, split: str) -> Subject:
    """Say what a record speaks of."""
    data = version.manifest.data
    return Subject(version.manifest.name, split, data.md5, data.sha256, VERSION)


def _ignore(room: Room) -> str:
    """Return the `.gitignore` that hides memberships."""
    return f"{room.splits}/.gitignore"


@contextmanager
def scratch(where: Project) -> Iterator[Path]:
    """Name a file for a new membership, in a folder that the next command removes where this one is killed."""
    with disk.temporary_folder(recording.spill(where)) as folder:
        folder.chmod(0o700)  # where the private folder is read-only it lies among those of other users
        yield folder / "membership"
        shutil.rmtree(folder)

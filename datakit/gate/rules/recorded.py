"""DK1: what DVC tracks is recorded, and pointer, manifest and artifact say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from datakit.errors import InvalidRecord
from datakit.formats import artifacts, names
from datakit.formats.finding import Finding, Rule, command
from datakit.gate.change import Case, Tracked
from datakit.gate.dataset import Dataset, Part

RULES = (
    Rule(
        "DK101",
        "Data that DVC tracks has a record",
        "A pointer alone says which bytes, but not where they came from, what they must be, or who answers for them.",
        "`data/raw/reviews.csv.dvc` is committed and `catalog/` has no room for it",
        "`catalog/reviews/manifest.json` names the pointer, and the pointer's `meta` names `reviews`",
        "datakit add data/raw/reviews.csv",
    ),
    Rule(
        "DK102",
        "The pointer and the manifest name the same bytes",
        "After `dvc add` or an edit by hand the record speaks of data that is no longer there.",
        "the pointer has a new hash and the manifest still has the old one",
        "both have the same hash, size, number of files and path",
        'datakit add NAME -m "why the data changed"',
    ),
    Rule(
        "DK103",
        "A record has its data",
        "A room without a pointer promises data that nobody can pull.",
        "`data/raw/reviews.csv.dvc` is deleted and `catalog/reviews/` stays",
        "the pointer that the manifest names is there and has the data's path",
        "git restore --staged --worktree data/raw/reviews.csv.dvc",
    ),
    Rule(
        "DK104",
        "Records and pointers are whole",
        "A record that was edited by hand, merged as text or staged in part no longer says what datakit measured.",
        "the row count in `manifest.json` is changed in an editor",
        "JSON of a room is as datakit wrote it; YAML has no key twice, no anchors and no tags",
        "datakit add NAME",
    ),
    Rule(
        "DK105",
        "The artifact in dvc.yaml names the data",
        "`dvc artifacts get` and GTO find a version by this line; with a wrong path a released version cannot be had.",
        "`dvc mv` moved the data and `artifacts:` still has the old path",
        "`artifacts:` has `reviews: {path: data/raw/reviews.csv, type: dataset}`",
        "datakit add NAME",
    ),
)


def unrecorded(case: Case) -> Iterator[Finding]:
    """DK101: every touched out in a data folder, or with a name, has a manifest that names it."""
    for item in case.tracked:
        if item.path is None:
            yield Finding(
                item.pointer,
                "DK104",
                f"its out `{item.out.path}` leads outside the repository or into Git's, DVC's or datakit's own folders",
                "write a relative path below the pointer",
            )
        elif item.name is not None and (wrong := names.problem(item.name)):
            yield Finding(
                item.pointer,
                "DK104",
                f"`{item.name}` cannot name a dataset: {wrong}",
                command(f"datakit add --name {names.suggest(item.name)}", item.path),
            )
        elif case.policy.tier(item.path) is not None or item.out.name is not None:
            yield from _unrecorded(case, item, item.path)


def _unrecorded(case: Case, item: Tracked, path: str) -> Iterator[Finding]:
    """Judge one out whose name, if it has one, is a name."""
    dataset = case.now.get(item.name) if item.name else None
    part: Part[object] | None = None if dataset is None else dataset.manifest  # type: ignore[assignment]  # read-only view
    if dataset is None or part is None or part.missing:
        yield Finding(
            item.pointer,
            "DK101",
            f"`{path}` is tracked by DVC and has no record",
            command("datakit add", path),
            item.name or "",
        )
    elif dataset.manifest.value is not None and dataset.manifest.value.path != path:
        other = dataset.manifest.value.path
        yield Finding(
            item.pointer,
            "DK101",
            f"`{path}` calls itself `{item.name}`, which is recorded as `{other}`",
            command(f"datakit add --name {names.suggest(path)}", path),
            item.name or "",
        )
    elif dataset.manifest.value is not None and (item.pointer, item.out) != (
        dataset.manifest.value.pointer,
        dataset.pointer.value,
    ):
        first = dataset.manifest.value.pointer
        yield Finding(
            item.pointer,
            "DK101",
            f"it tracks `{path}` once more: `{item.name}` is recorded with an out of `{first}`",
            f"take the out `{item.out.path}` out of one of them",
            item.name or "",
        )


def disagreeing(case: Case) -> Iterator[Finding]:
    """DK102: pointer and manifest agree in hash, size, files, name and path."""
    for dataset in case.now.values():
        manifest, out = dataset.manifest.value, dataset.pointer.value
        if manifest is None or out is None:
            continue
        data = manifest.data
        facts = [("md5", out.md5, data.md5), ("size", out.size, data.size), ("name", out.name, dataset.name)]
        if out.md5 is not None:
            facts.append(("kind of hash", out.hash, "md5"))
        if out.md5 is not None and out.md5.endswith(".dir"):
            facts.append(("number of files", out.files, data.files))
        if not manifest.pointer.endswith(".dvc"):
            facts = [fact for fact in facts if fact[0] != "name"]  # DVC keeps no `meta` in dvc.lock
        for what, found, recorded in facts:
            if found != recorded:
                message = f"its {what} is {_short(found)}, the manifest says {_short(recorded)}"
                yield Finding(manifest.pointer, "DK102", message, _add(dataset, case), dataset.name)
                break
        if not out.cache:
            kept = f"`cache: false` keeps `{manifest.path}` out of DVC's cache, so that nobody could pull it"
            yield Finding(
                manifest.pointer, "DK102", kept, f"take `cache: false` out of {manifest.pointer}", dataset.name
            )
        if manifest.name != dataset.name:
            yield Finding(
                dataset.room.manifest,
                "DK102",
                f"it names `{manifest.name}`, its folder names `{dataset.name}`",
                _add(dataset, case),
                dataset.name,
            )


def without_data(case: Case) -> Iterator[Finding]:
    """DK103: a room has a manifest, and the manifest's pointer is there."""
    for dataset in case.now.values():
        manifest = dataset.manifest.value
        if manifest is not None and dataset.pointer.missing:
            gone = f"`{manifest.pointer}` is missing or has no out `{manifest.path}`"
            mend = command("git restore --source=HEAD --staged --worktree --", manifest.pointer)
            yield Finding(dataset.room.manifest, "DK103", gone, mend, dataset.name)
        elif dataset.manifest.missing and case.tree.under(dataset.room.folder) and not _named(case, dataset.name):
            former = case.before[dataset.name].manifest.value
            mend = command("datakit add", former.path) if former else "datakit add PATH --name " + dataset.name
            yield Finding(dataset.room.manifest, "DK103", "the room has no manifest", mend, dataset.name)


def broken(case: Case) -> Iterator[Finding]:
    """DK104: every record of a touched dataset, and every touched pointer, can be read."""
    seen = set()
    for dataset in case.now.values():
        own = (dataset.room.manifest, dataset.room.receipt, dataset.room.profile)
        for part in _judged(case, dataset):
            if part.error is not None and part.error.path not in seen:
                seen.add(part.error.path)
                mend = _add(dataset, case) if part.path in own else "mend the file by hand"
                if part.path == dataset.pointer.path and part.path.endswith(".dvc"):
                    mend = _restore(part.path)
                yield _broken(part.error, dataset.name, mend)
    for error in case.broken:
        if error.path not in seen:
            by_hand = error.path.rsplit("/", 1)[-1] in {"dvc.yaml", "dvc.lock"}  # they hold more than ours
            yield _broken(error, "", f"mend {error.path} by hand" if by_hand else _restore(error.path))


def _restore(path: str) -> str:
    """Return the command that brings a file back as it was committed."""
    return command("git restore --source=HEAD --staged --worktree --", path)


def _judged(case: Case, dataset: Dataset) -> Iterator[Part[Any]]:
    """Return the files of a dataset that must be readable: those that other rules compare, and those that changed."""
    yield from (dataset.manifest, dataset.receipt, dataset.pointer)
    if case.judges(dataset.room.profile):
        yield dataset.profile
    if case.judges(dataset.room.card):
        yield dataset.card
    if case.judges(dataset.room.contract):
        yield dataset.contract
    yield from dataset.splits(case.splits.get(dataset.name, ()))


def misnamed(case: Case) -> Iterator[Finding]:
    """DK105: the artifact of a touched dataset has the manifest's path."""
    for dataset in case.now.values():
        manifest = dataset.manifest.value
        if case.artifacts is None:
            continue
        former = case.before[dataset.name].manifest.value
        if (
            dataset.manifest.missing
            and dataset.name in case.artifacts
            and former
            and not case.tree.read(former.pointer)
        ):
            gone = f"its artifact `{dataset.name}` has no record any more"
            alone = ", and `artifacts:` with it" if len(case.artifacts) == 1 else ""  # DVC takes no empty one
            yield Finding(artifacts.FILE, "DK105", gone, f"take the line `{dataset.name}:` out{alone}", dataset.name)
        if manifest is None:
            continue
        path = case.artifacts.get(dataset.name)
        if path != manifest.path:
            found = f"has no artifact `{dataset.name}`" if path is None else f"says that `{dataset.name}` is `{path}`"
            yield Finding(
                artifacts.FILE,
                "DK105",
                f"it {found}, the manifest says `{manifest.path}`",
                _add(dataset, case),
                dataset.name,
            )


def _broken(error: InvalidRecord, name: str, mend: str) -> Finding:
    """Make the finding of a record that cannot be read."""
    return Finding(error.path, "DK104", error.problem, error.hint or mend, name, line=error.line)


def _named(case: Case, name: str) -> bool:
    """Say whether a touched pointer carries the name; DK101 speaks of it then."""
    return any(item.name == name for item in case.tracked)


def _add(dataset: Dataset, case: Case) -> str:
    """Return the command that records a dataset anew; a later version needs its reason."""
    former = case.before[dataset.name].manifest.value
    return f"datakit add {dataset.name}" + (' -m "why the data changed"' if former else "")


def _short(value: object) -> str:
    """Show a value in a message; hashes by their first digits."""
    if value is None:
        return "not given"
    return f"{value[:8]}…" if isinstance(value, str) and len(value) >= 32 else f"`{value}`"

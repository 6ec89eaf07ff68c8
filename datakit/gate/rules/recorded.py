"""DK1: what DVC tracks is recorded, and pointer, manifest and artifact say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from datakit.errors import InvalidRecord
from datakit.formats import artifacts, names, pointer, record
from datakit.formats.finding import Finding, Rule, command
from datakit.formats.manifest import Manifest
from datakit.formats.pointer import Pointer
from datakit.gate.change import Case, Tracked, is_pointer
from datakit.gate.dataset import Dataset, Part, text_digest
from datakit.gate.dataset import part as read_part
from datakit.gate.moves import finish, moved_to, remade, renamed, successors
from datakit.gate.rules.removed import bury, is_gone, restore

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
        "`dvc mv` moved the data and `artifacts:` still has the old path; or `Films.csv` and `films.csv` are two datasets, "
        "which macOS and Windows take for one file",
        "`artifacts:` has `reviews: {path: data/raw/reviews.csv, type: dataset}`",
        "datakit add NAME",
    ),
    Rule(
        "DK106",
        "A dataset that goes leaves a tombstone",
        "Otherwise nobody knows later whether it was lost or removed, why, and which version to ask for.",
        "`catalog/reviews/` and its pointer are deleted; or a tombstone lies beside a manifest, a pointer or an artifact",
        "`catalog/reviews/tombstone.json` is alone there and gives the reason; or the dataset goes on under another name, "
        "whose manifest has it as `former`, has its path, or is new and has its bytes",
        'datakit rm NAME --reason "why it is no longer needed"',
    ),
)


def unrecorded(case: Case) -> Iterator[Finding]:
    """DK101: every touched out in a data folder, or with a name, has a manifest that names it."""
    heirs = successors(case)
    for item in case.tracked:
        if item.path is None:
            yield Finding(
                item.pointer,
                "DK104",
                f"its out `{item.out.path}` leads outside the repository or into Git's, DVC's or datakit's own folders",
                "write a relative path below the pointer",
                data=_bytes(case, item),
            )
        elif item.name is not None and (wrong := names.problem(item.name)):
            yield Finding(
                item.pointer,
                "DK104",
                f"`{item.name}` cannot name a dataset: {wrong}",
                command(f"datakit add --name {names.suggest(item.name)}", item.path),
                data=_bytes(case, item),
            )
        elif case.policy.tier(item.path) is not None or item.out.name is not None:
            yield from _unrecorded(case, item, item.path, heirs)


def _unrecorded(case: Case, item: Tracked, path: str, heirs: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Judge one out whose name, if it has one, is a name."""
    dataset = case.now.get(item.name) if item.name else None
    part: Part[object] | None = None if dataset is None else dataset.manifest  # type: ignore[assignment]  # read-only view
    if dataset is None or part is None or part.missing:
        if dataset is not None and dataset.tombstone.value is not None and dataset.tombstone.value.path == path:
            return  # DK106 speaks of it
        heir = heirs.get(item.name or "")
        owner = next((known for known in case.now.values() if known.pointer.value == item.out), None)
        mend = f"datakit mv {item.name} {heir.name}" if heir is not None else owner and renamed(case, owner)
        mend = mend or finish(case, item) or (_lost_room(case, dataset, path) if dataset is not None else None)
        moved = next((name for name, place in remade(case).items() if place == path), "")
        yield Finding(
            item.pointer,
            "DK101",
            f"`{path}` is tracked by DVC and has no record",
            mend or command("datakit add", path),
            item.name or moved,
            data=_bytes(case, item),
        )
    elif dataset.manifest.value is not None and dataset.manifest.value.path != path:
        other = dataset.manifest.value.path
        yield Finding(
            item.pointer,
            "DK101",
            f"`{path}` calls itself `{item.name}`, which is recorded as `{other}`",
            finish(case, item) or command(f"datakit add --name {names.suggest(path)}", path),
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
            finish(case, item) or f"take the out `{item.out.path}` out of one of them",
            item.name or "",
        )


def _bytes(case: Case, item: Tracked) -> str:
    """Return the hash by which a baseline knows an out: of its data, else of its pointer; none for one that we recorded."""
    if item.out.name is not None:
        return ""
    return item.out.md5 or text_digest(case.tree.read(item.pointer) or b"")


def _lost_room(case: Case, dataset: Dataset, path: str) -> str | None:
    """Return the command that brings back what was recorded of some data; None where nothing was."""
    former = case.before[dataset.name].manifest.value
    if former is None or former.path != path:
        return None
    return restore(dataset.room.manifest if case.tree.under(dataset.room.folder) else dataset.room.folder)


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
                mend = renamed(case, dataset) or _add(dataset, case)
                yield Finding(manifest.pointer, "DK102", message, mend, dataset.name)
                break
        if not out.cache:
            kept = f"`cache: false` keeps `{manifest.path}` out of DVC's cache, so that nobody could pull it"
            yield Finding(
                manifest.pointer, "DK102", kept, f"take `cache: false` out of {manifest.pointer}", dataset.name
            )
        if manifest.name != dataset.name:
            copied = f"{command('rm', dataset.room.manifest)}, then `datakit add PATH --name {dataset.name}`"
            yield Finding(
                dataset.room.manifest,
                "DK102",
                f"it names `{manifest.name}`, its folder names `{dataset.name}`",
                renamed(case, dataset) or copied,
                dataset.name,
            )


def without_data(case: Case) -> Iterator[Finding]:
    """DK103: a room has a manifest, and the manifest's pointer is there."""
    heirs = successors(case)
    for dataset in case.now.values():
        manifest, name = dataset.manifest.value, dataset.name
        if manifest is not None and dataset.pointer.missing:
            gone = f"`{manifest.pointer}` is missing or has no out `{manifest.path}`"
            yield Finding(dataset.room.manifest, "DK103", gone, _lost(case, dataset, manifest), name)
        elif dataset.manifest.missing and case.tree.under(dataset.room.folder) and not _named(case, name):
            if not dataset.tombstone.missing or (name not in heirs and is_gone(case, dataset)):
                continue  # DK106 speaks of it
            former = case.before[name].manifest.value
            mend = restore(dataset.room.manifest) if former else f"datakit add PATH --name {name}"
            mend = f"datakit mv {name} {heirs[name].name}" if name in heirs else mend
            yield Finding(dataset.room.manifest, "DK103", "the room has no manifest", mend, name)
        if manifest is not None:
            yield from _without_list(case, dataset, manifest)


def _without_list(case: Case, dataset: Dataset, found: Manifest) -> Iterator[Finding]:
    """Judge the pointer of the list of files that may be run, where the manifest names one."""
    listed, path = found.data.executable, dataset.room.executable_pointer
    if listed is None or listed in {"all", "none"}:
        return
    there, before = (read_part(tree, path, pointer.read) for tree in (case.tree, case.base))
    if there.error is None and not _leads_to(there, listed):
        text = "is missing" if there.missing else f"does not have the md5 {_short(listed)} that the manifest says"
        mend = restore(path) if _leads_to(before, listed) else f"datakit add {dataset.name}"
        wrong = f"the pointer of the list of files that may be run {text}"
        yield Finding(path, "DK103", wrong, mend, dataset.name)


def _leads_to(found: Part[Pointer], md5: str) -> bool:
    """Say whether a pointer is that of a list."""
    return found.value is not None and [(out.path, out.md5) for out in found.value.outs] == [("executable.json", md5)]


def _lost(case: Case, dataset: Dataset, found: Manifest) -> str:
    """Return the command that finds a lost pointer: where it was moved to, what moved it, or where it was committed."""
    former = case.before[dataset.name].manifest.value
    if former is not None and former.pointer != found.pointer and found.pointer.endswith(".dvc"):
        return command(f"datakit mv {dataset.name}", found.path)
    return moved_to(case, dataset) or restore(found.pointer)


def broken(case: Case) -> Iterator[Finding]:
    """DK104: every record of a touched dataset, and every touched pointer, can be read."""
    seen = set()
    for dataset in case.now.values():
        own = (dataset.room.manifest, dataset.room.receipt, dataset.room.profile)
        for part in _judged(case, dataset):
            if part.error is not None and part.error.path not in seen:
                seen.add(part.error.path)
                mend = f"datakit add {dataset.name}" if part.path in own else "mend the file by hand"
                if part.path.startswith(f"{dataset.room.splits}/") and part.path.endswith(".json"):
                    from datakit.formats import split

                    mend = split.command(dataset.name, part.path.rpartition("/")[2].removesuffix(".json"))
                if part.path == dataset.pointer.path and part.path.endswith(".dvc"):
                    mend = _again(part.error, dataset.name)
                yield _broken(part.error, dataset.name, mend)
    owners = {known.pointer: name for name in case.names if (known := case.before[name].manifest.value) is not None}
    for error in case.broken:
        if error.path not in seen:
            by_hand = error.path.rsplit("/", 1)[-1] in {"dvc.yaml", "dvc.lock"}  # they hold more than ours
            name = "" if by_hand else owners.get(error.path, "")
            found = _broken(error, name, f"mend {error.path} by hand" if by_hand else _again(error, name))
            is_ours = name or not is_pointer(error.path)
            held = None if is_ours else read_part(case.tree, error.path, lambda data, _: text_digest(data)).value
            yield found._replace(data=held or "")


def _again(error: InvalidRecord, name: str) -> str:
    """Return the command that mends a `.dvc` file: neither side of a merge is written anew unless it is what lies here."""
    return f"datakit add {name}" if name and error.problem == record.MERGE else restore(error.path)


def _judged(case: Case, dataset: Dataset) -> Iterator[Part[Any]]:
    """Return the files of a dataset that must be readable: those that other rules compare, and those that changed."""
    yield from (dataset.manifest, dataset.receipt, dataset.pointer)
    if case.judges(dataset.room.tombstone):
        yield dataset.tombstone
    if case.judges(dataset.room.profile):
        yield dataset.profile
    if case.judges(dataset.room.card):
        yield dataset.card
    if case.judges(dataset.room.contract):
        yield dataset.contract
    for name in case.splits.get(dataset.name, ()):
        yield dataset.recipe(name)
        yield dataset.split(name)


def misnamed(case: Case) -> Iterator[Finding]:
    """DK105: the artifact of a touched dataset has the manifest's path."""
    heirs = successors(case)
    for dataset in case.now.values():
        manifest = dataset.manifest.value
        if case.artifacts is None:
            continue
        former = case.before[dataset.name].manifest.value
        if (
            dataset.manifest.missing
            and dataset.name in case.artifacts
            and former
            and dataset.tombstone.missing
            and case.tree.entry(former.pointer) is None
        ):
            gone, heir = f"its artifact `{dataset.name}` has no record any more", heirs.get(dataset.name)
            mend = f"datakit mv {dataset.name} {heir.name}" if heir is not None else bury(dataset.name)
            yield Finding(artifacts.FILE, "DK105", gone, mend, dataset.name)
        if manifest is None:
            continue
        path = case.artifacts.get(dataset.name)
        if path != manifest.path:
            found = f"has no artifact `{dataset.name}`" if path is None else f"says that `{dataset.name}` is `{path}`"
            yield Finding(
                artifacts.FILE,
                "DK105",
                f"it {found}, the manifest says `{manifest.path}`",
                renamed(case, dataset) or moved_to(case, dataset) or f"datakit add {dataset.name}",
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

"""DK4: a split is of this data by this recipe, can be had, and keeps its parts apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from datakit.formats import names, pointer
from datakit.formats.finding import Finding, Rule
from datakit.formats.finding import command as shell
from datakit.gate.change import Case
from datakit.gate.dataset import Dataset

if TYPE_CHECKING:
    from datakit.formats.recipe import Recipe
    from datakit.formats.split import Split

RULES = (
    Rule(
        "DK401",
        "A split is of this data, by this recipe",
        "A split of older data leaves new rows out, and one by another recipe is not what the recipe promises.",
        "`splits/default.yaml` says `test: 0.3` and `splits/default.json` was made with `test: 0.2`",
        "the record names the manifest's hash and what the recipe says",
        "datakit split NAME",
    ),
    Rule(
        "DK402",
        "The membership of a split can be had",
        "The record says how many rows each part has; which ones they are is in the membership, which DVC keeps.",
        "`splits/default.parquet.dvc` is deleted, or has another hash than the record",
        "the pointer has the hash that the record calls `membership`, and no Parquet file is in Git",
        "datakit split NAME",
    ),
    Rule(
        "DK403",
        "The parts of a split share nothing",
        "A model that has seen rows of the test part is measured by what it remembers.",
        "one patient's scans are in `train` and in `test`",
        "`group: [patient]` keeps them together",
        "datakit split NAME --extend names the rows; remove them, then datakit add NAME; or add `group` to the recipe, then "
        "datakit split NAME --anew; or accept them with `severity: {DK403: warn}` in datakit.yaml",
        waits="data",
    ),
)


def disagreeing(case: Case) -> Iterator[Finding]:
    """DK401: recipe and record are there, and the record is of this recipe, data and name."""
    for dataset, split in _judged(case):
        plan, record = dataset.recipe(split), dataset.split(split)
        if wrong := names.split_problem(split):
            path = case.splits[dataset.name][split][0]
            mend = shell("git mv", path, f"{dataset.room.splits}/NAME")
            yield Finding(path, "DK401", f"`{split}` cannot name a split: {wrong}", mend, dataset.name)
        elif record.missing and plan.value is not None:
            text = f"split `{split}` was never made by it"
            yield Finding(plan.path, "DK401", text, _command(dataset.name, split), dataset.name)
        elif record.value is not None and plan.missing:
            mend = shell("git restore --source=HEAD --staged --worktree --", plan.path)
            gone = f"there is no recipe of split `{split}`"
            yield Finding(
                record.path, "DK401", gone, f"{mend}, or remove {dataset.room.splits}/{split}.*", dataset.name
            )
        elif record.value is not None and plan.value is not None:
            found = _stale(dataset, split, record.value, plan.value)
            if found is not None:
                yield Finding(record.path, "DK401", *found, dataset.name)


def _stale(dataset: Dataset, split: str, record: Split, plan: Recipe) -> tuple[str, str] | None:
    """Say why a record is not of this recipe, data and name, and what mends it."""
    from datakit.formats import recipe

    manifest = dataset.manifest.value
    if (record.name, record.split) != (dataset.name, split):
        return f"the record is of split `{record.split}` of `{record.name}`", _command(dataset.name, split, "--anew")
    if recipe.fingerprint(record.recipe) != recipe.fingerprint(plan):
        clauses = "; ".join(recipe.differences(record.recipe, plan)) or "the order of the parts"
        return f"split `{split}` was made by another recipe: {clauses}", _command(dataset.name, split)
    if manifest is not None and (record.md5, record.sha256) != (manifest.data.md5, manifest.data.sha256):
        text = f"split `{split}` is of other data: md5 {record.md5[:8]}…, the manifest says {manifest.data.md5[:8]}…"
        return text, _command(dataset.name, split, "--extend")
    return None


def without_membership(case: Case) -> Iterator[Finding]:
    """DK402: the pointer has the hash that the record names, and Git has no membership itself."""
    told = {error.path for error in case.broken}
    for dataset, split in _judged(case):
        room, again = dataset.room, _command(dataset.name, split)
        files = case.splits[dataset.name][split]
        if room.membership(split) in files:
            mend = f"{shell('git rm --cached --ignore-unmatch --', room.membership(split))}, then `{again}`"
            yield Finding(room.membership(split), "DK402", "Git has it, where DVC keeps it", mend, dataset.name)
        record, found = dataset.split(split), dataset.membership(split)
        if record.missing:
            if not found.missing and dataset.recipe(split).missing:
                mend = shell("git rm --force --", found.path)
                yield Finding(found.path, "DK402", f"there is no record of split `{split}`", mend, dataset.name)
        elif record.value is None:
            continue
        elif found.missing:
            text = f"the membership of split `{split}` has no pointer"
            yield Finding(found.path, "DK402", text, again, dataset.name)
        elif found.error is not None and found.path not in told:
            yield Finding(found.path, "DK402", found.error.problem, again, dataset.name, line=found.error.line)
        elif found.value is not None:
            wrong = _other(room.membership(split), found.value, found.path, record.value)
            if wrong is not None:
                yield Finding(found.path, "DK402", wrong, again, dataset.name)


def _other(path: str, found: pointer.Pointer, where: str, record: Split) -> str | None:
    """Say why a pointer is not that of the membership."""
    targets = [pointer.target(where, out, found.wdir) for out in found.outs]
    if targets != [path] or not found.outs[0].cache:
        return f"expected one out that DVC keeps, `{path.rpartition('/')[2]}`"
    if found.outs[0].md5 != record.membership:
        md5 = found.outs[0].md5 or "none"
        return f"its md5 is {md5[:8]}…, the record says {record.membership[:8]}…"
    return None


def leaking(case: Case) -> Iterator[Finding]:
    """DK403: no row of one part is known from another."""
    for dataset, split in _judged(case):
        record = dataset.split(split)
        for kind in _refused():
            count = 0 if record.value is None else record.value.leaks.get(kind, 0)
            if count:
                shared = "share a group with" if kind == "group" else "are equal, but for the key, to"
                unit = "file" if record.value is not None and record.value.md5.endswith(".dir") else "row"
                names_them = f"`{_command(dataset.name, split, '--extend')}` names the {unit}s"
                mend = f"{names_them}: remove them, then `{shell('datakit add', dataset.name)}`"
                anew = f"add `group` to {dataset.room.recipe(split)}, then `{_command(dataset.name, split, '--anew')}`"
                yield Finding(
                    record.path,
                    "DK403",
                    f"{unit}s of split `{split}` that {shared} a {unit} of another part: {count:,}",
                    f"{mend}; or {anew}, which moves {unit}s; or accept them with `severity: {{DK403: warn}}` in datakit.yaml",
                    dataset.name,
                )


def _judged(case: Case) -> Iterator[tuple[Dataset, str]]:
    """Return the splits that are judged: those of touched datasets that obey every rule."""
    for name, splits in case.splits.items():
        dataset = case.now[name]
        if dataset.manifest.value is not None and dataset.strict:
            yield from ((dataset, split) for split in splits)


def _command(name: str, split: str, *options: str) -> str:
    """Return the command that makes a split; what reads splits is loaded where there is one."""
    from datakit.formats.split import command

    return command(name, split, *options)


def _refused() -> tuple[str, ...]:
    """Return the kinds of leak that may not be committed."""
    from datakit.formats.split import REFUSED

    return REFUSED

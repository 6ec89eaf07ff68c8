"""Split a dataset into parts, bring a split to newer data, or make it anew by another recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem, InvalidRecord, NotFound, UsageError
from datakit.formats import names, recipe
from datakit.formats import split as splits
from datakit.formats.recipe import Recipe
from datakit.gate.rules import TABLE
from datakit.progress import SILENT, Progress
from datakit.records import SplitAction, Splitted
from datakit.repo import project
from datakit.repo.project import Project
from datakit.splits import extend as extending
from datakit.splits import inputs
from datakit.steps import (
    catalog,
    ignoring,
    memberships,
    objects,
    publishing,
    recording,
    splitting,
)
from datakit.steps.objects import Version
from datakit.steps.splitting import Worked
from datakit.store.cache import Cache

_ATTEMPTS = 5  # before other writers are told of


class _Wishes(NamedTuple):
    """What the caller asks for."""

    into: str | None
    key: Sequence[str]
    group: Sequence[str]
    stratify: str | None
    time: str | None
    salt: str | None
    nulls: str | None
    extend: bool
    anew: bool


def split(
    name: str,
    split: str = splits.DEFAULT,
    *,
    into: str | Mapping[str, Decimal | float | str] | None = None,
    key: Sequence[str] = (),
    group: Sequence[str] = (),
    stratify: str | None = None,
    time: str | None = None,
    salt: str | None = None,
    nulls: str | None = None,
    extend: bool = False,
    anew: bool = False,
    root: Path | str | None = None,
    progress: Progress = SILENT,
) -> Splitted:
    """Assign the recorded rows, or files, of a dataset to parts.

    The recipe is a file of people's hand, `splits/SPLIT.yaml`. `into` writes its first version; one that is there and says
    something else is never overwritten. By an unchanged recipe no row that was assigned ever moves: newer data extend the
    split. A recipe that changed makes the split anew, and so does `anew`. Parts that share a group or the same row are
    refused, and nothing is written, unless the policy's severity of DK403 lets them pass.

    Args:
        name: The dataset, as the working tree records it.
        split: The split.
        into: Share of each part, as `train=0.8,test=0.2` or a mapping; they sum to exactly 1.
        key: Columns that identify a row; by default the contract's primary key, and `file` of a folder.
        group: Columns whose rows stay together.
        stratify: The column whose values are spread evenly.
        time: The column that orders the rows.
        salt: Text that makes a split independent of another one.
        nulls: What becomes of rows without a key: `refuse` or `exclude`.
        extend: Only extend; a recipe that changed is refused.
        anew: Assign every row anew, which may move rows.
        root: A folder of the project; the current one by default.
        progress: Told of every byte that is read.

    Returns:
        What was assigned and written.

    Raises:
        NotFound: No such dataset, or no such split and no `into`.
        UsageError: A recipe that makes no sense or does not fit the data, or one that is there and differs.
        InvalidRecord: A record or recipe that cannot be read.
        InvalidData: The data cannot be split by the recipe, or the parts share what they must not.
        IntegrityError: The recorded bytes, or those of the membership, are nowhere to be found.
        EnvironmentProblem: Something is in the way: an ignore rule, Git, the disk, the network.
        LockTimeout: Another process holds the repository.
    """
    wishes = _Wishes(_text(into), key, group, stratify, time, salt, nulls, extend, anew)
    _check(wishes, split)
    where = project.find(root)
    cache = recording.open_cache(where)
    recording.recover(where, cache)
    with where.objects:
        catalog.known(catalog.names(where.tree, where.policy), [name])
        for _ in range(_ATTEMPTS):
            done = _attempt(where, cache, objects.find(where, name), split, wishes, progress)
            if done is not None:
                return done
        raise EnvironmentProblem(f"the records of `{name}` change all the time", hint="run the command again")


def _suggested(split: str) -> str:
    """Return a name for a split that is near to one that cannot be.

    >>> _suggested("Bad/Name"), _suggested("train/"), _suggested("dvc")
    ('bad-name', 'train', 'dvc-split')
    """
    near = names.suggest(split.replace("/", "-"))
    return f"{near}-split" if names.split_problem(near) else near


def _check(wishes: _Wishes, split: str) -> None:
    """Refuse what makes no sense whatever the dataset is."""
    if wrong := names.split_problem(split):
        raise UsageError(f"`{split}` cannot name a split: {wrong}", hint=f"`{_suggested(split)}` would do")
    told = [word for word in ("key", "group", "stratify", "time", "salt", "nulls") if getattr(wishes, word)]
    if told and wishes.into is None:
        raise UsageError(
            f"`--{told[0]}` is a part of a new recipe, which needs `--into`",
            hint=f"edit `{told[0]}` in the recipe of the split, or add `--into train=0.8,test=0.2`",
        )
    if wishes.extend and (wishes.anew or wishes.into is not None):
        other = "--anew" if wishes.anew else "--into"
        raise UsageError(f"`--extend` leaves every row where it is, `{other}` does not", hint="leave one of them out")


def _text(into: str | Mapping[str, Decimal | float | str] | None) -> str | None:
    """Write shares as `--into` takes them."""
    if into is None or isinstance(into, str):
        return into
    return ",".join(f"{part}={share}" for part, share in into.items())


def _attempt(
    where: Project, cache: Cache, version: Version, split: str, wishes: _Wishes, progress: Progress
) -> Splitted | None:
    """Work the split out and write it; None where its files or the data's record changed meanwhile."""
    dataset, room = version.dataset, version.dataset.room
    lying = {**splitting.lying(where, room, [split]), room.manifest: publishing.current(where, room.manifest)}
    plan = _recipe(where, cache, version, split, wishes, progress)
    ignoring.refuse_hidden(where, [room.recipe(split), room.split(split), room.membership_pointer(split)])
    action, worked = _work(where, cache, version, split, plan, wishes, progress)
    written = {room.recipe(split): lying[room.recipe(split)] or recipe.dump(plan), **worked.files}
    place = splitting.place(where, cache, [worked])
    changed = publishing.write(where, room, lambda: written, lying=lying, place=place)
    if changed is None:
        return None
    record, report = worked.record, worked.report
    extension = report.extension if report else None
    parts = {part: record.parts[part].rows for part in record.recipe.into}
    return Splitted(
        name=dataset.name,
        split=split,
        path=room.split(split),
        action="restored" if action == "unchanged" and changed else action,
        rows=sum(parts.values()) + sum(record.excluded.values()),
        parts=parts,
        excluded=record.excluded,
        leaks=record.leaks,
        places={leak.kind: leak.places for leak in report.leaks} if report else {},
        strata=report.pooled.strata if report else 0,
        new=extension.new if extension else None,
        gone=extension.gone if extension else None,
        kept=extension.moved if extension else 0,
        strayed=extension.strayed if extension else 0,
        moved=worked.moved,
        unit="file" if record.md5.endswith(".dir") else "row",
        written=changed,
        staged=where.policy.autostage,
        findings=publishing.remaining(where, dataset.name),
    )


def _work(
    where: Project, cache: Cache, version: Version, split: str, plan: Recipe, wishes: _Wishes, progress: Progress
) -> tuple[SplitAction, Worked]:
    """Make the split, extend it, or take it as it is."""
    former = next(splitting.records(where, version, split), None)
    if former is None and (wishes.extend or version.dataset.split(split).error is not None) and not wishes.anew:
        found = version.dataset.split(split)
        again = splits.command(version.dataset.name, split, *["--anew"] * (found.error is not None))
        if found.error is not None:
            raise InvalidRecord(found.path, found.error.problem, hint=f"{again}, which may move rows")
        raise UsageError(f"split `{split}` of `{version.dataset.name}` was never made", hint=again)
    if former is not None and wishes.extend:
        extending.check_recipe(plan, former)
    refused = splits.REFUSED if where.policy.severity.get("DK403", TABLE["DK403"].level) == "error" else ()
    if former is None or wishes.anew or recipe.fingerprint(former.recipe) != recipe.fingerprint(plan):
        return "made", splitting.anew(where, cache, version, split, plan, refused=refused, progress=progress)
    worked = splitting.grown(where, cache, version, split, plan, refused=refused, progress=progress)
    return "extended" if worked.report else "unchanged", worked


def _recipe(where: Project, cache: Cache, version: Version, split: str, wishes: _Wishes, progress: Progress) -> Recipe:
    """Return the recipe: as it lies there, or as the caller says where there is none."""
    dataset = version.dataset
    name, found = dataset.name, dataset.recipe(split)
    if wishes.into is None:
        others = sorted({*memberships.names(dataset)} - {split})
        if found.missing and dataset.split(split).missing and others:
            raise NotFound("split", split, others, hint=_offer(name, split, others))
        return splitting.agreed(dataset, split)
    asked = _asked(where, cache, version, wishes, progress)
    if found.missing:
        return asked
    there = splitting.agreed(dataset, split)
    if recipe.fingerprint(there) != recipe.fingerprint(asked):
        clauses = "; ".join(recipe.differences(there, asked)) or "the order of the parts"
        raise UsageError(
            f"{found.path} is there and says otherwise: {clauses}",
            hint=f"edit it, then `{splits.command(name, split)}`; or make another split with `--split NAME`",
        )
    return there


def _offer(name: str, split: str, others: Sequence[str]) -> str:
    """Say which splits there are, and how to make another."""
    shown = ", ".join(f"`{other}`" for other in others)
    return f"those that exist: {shown}; make another with `{splits.command(name, split, '--into train=0.8,test=0.2')}`"


def _asked(where: Project, cache: Cache, version: Version, wishes: _Wishes, progress: Progress) -> Recipe:
    """Return the recipe that the caller describes, held against the rules of the file that it becomes."""
    key = tuple(wishes.key) or _key(where, cache, version, progress)
    try:
        asked = Recipe(
            into=recipe.into(wishes.into or ""),
            key=key,
            group=tuple(wishes.group),
            stratify=wishes.stratify or "",
            time=wishes.time or "",
            salt=wishes.salt or "",
            nulls=wishes.nulls or recipe.NULLS[0],
        )
        return recipe.read(recipe.dump(asked), "--into")
    except InvalidRecord as error:
        raise UsageError(error.message, hint="for instance `--into train=0.8,test=0.2`") from error


def _key(where: Project, cache: Cache, version: Version, progress: Progress) -> tuple[str, ...]:
    """Return what identifies a row where the caller does not say: the contract's primary key; of a folder the file."""
    if version.manifest.data.md5.endswith(".dir"):
        return ("file",)
    contract = catalog.whole(version.dataset.contract, version.dataset.name)
    for check in contract.checks if contract else ():
        columns = check.arguments.get("columns")
        if check.kind == "primary_key" and isinstance(columns, list | tuple):
            return tuple(map(str, columns))
    data = memberships.data_of(where, cache, version, progress)
    fit = inputs.candidates(data, recording.spill(where)) if isinstance(data, inputs.Table) else ()
    told = "columns that would do: " + ", ".join(f"`--key {column}`" for column in fit)
    raise UsageError(
        f"nothing says what identifies a row of `{version.dataset.name}`: its contract has no primary key",
        hint=told if fit else "no column alone would do: name several, each with `--key`",
    )

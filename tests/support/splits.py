"""Splits for tests: tables written in three formats, and the assignment written again in plain Python."""

# ruff: noqa: S311, S608 - seeded, so that a failure comes again; the paths are pytest's, the SQL is ours

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
from hypothesis import strategies as st

from datakit.formats.contract import Column, LogicalType, Reader
from datakit.formats.recipe import Recipe
from datakit.formats.split import Split
from datakit.splits.inputs import Folder, Table
from datakit.splits.make import Made, Subject, extend, split

Row = Sequence[str | int | None]

HALVES = {"train": Decimal("0.5"), "test": Decimal("0.5")}
TWO = {"train": Decimal("0.7"), "test": Decimal("0.3")}
THREE = {"train": Decimal("0.6"), "valid": Decimal("0.15"), "test": Decimal("0.25")}
SUBJECT = Subject("t", "default", "0" * 32, "0" * 64, "0.1.0")
COLUMNS: tuple[tuple[str, LogicalType], ...] = (
    ("id", "integer"), ("who", "string"), ("text", "string"), ("label", "string"), ("at", "integer"),
)  # fmt: skip


RECIPES = [
    {},
    {"group": ("who",)},
    {"group": ("who", "text")},
    {"stratify": "label"},
    {"stratify": "label", "group": ("who",)},
    {"stratify": "label", "group": ("who", "text")},
    {"time": "at"},
]


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Rows with an id, and few values of everything else."""
    count = draw(st.integers(3, 40))
    pick = random.Random(draw(st.integers(0, 2**16)))
    wide = draw(st.integers(1, 30))
    ids = pick.sample(range(-1000, 1000), count)
    return [
        (i, f"p{pick.randrange(wide)}", f"tÉ{pick.randrange(3 * wide)}", pick.choice("aab"), pick.randrange(wide))
        for i in ids
    ]


def written(
    folder: Path, rows: Sequence[Row], form: str = "csv", columns: Sequence[tuple[str, LogicalType]] = COLUMNS
) -> Table:
    """Write rows and return the table; an empty text is a missing value in CSV only."""
    path = folder / f"t.{form}"
    names = [name for name, _ in columns]
    if form == "csv":
        quoted = [["" if v is None else '"' + str(v).replace('"', '""') + '"' for v in row] for row in rows]
        lines = [",".join(line) for line in [names, *quoted]]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    else:
        objects = [json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows]
        path.write_text("".join(objects))
    if form == "parquet":
        types = {"integer": "BIGINT", "string": "VARCHAR", "boolean": "BOOLEAN"}
        shape = ", ".join(f"'{name}': '{types[kind]}'" for name, kind in columns)
        text = path.rename(folder / "t.jsonl.tmp")
        duckdb.execute(
            f"COPY (FROM read_json('{text}', columns={{{shape}}}, format='newline_delimited')) TO '{path}' (ROW_GROUP_SIZE 2048)"
        )
    return Table(path, f"t.{form}", Reader(form), tuple(Column(name, kind) for name, kind in columns))


def made(folder: Path, data: Table | Folder, recipe: Recipe, former: Split | None = None) -> Made:
    """Split anew, to `membership` in the folder."""
    return split(data, recipe, SUBJECT, folder / "membership", former)


def grown(folder: Path, data: Table | Folder, before: Made, recipe: Recipe | None = None) -> Made:
    """Extend the split in the folder, to `extended`."""
    return extend(
        data, recipe or before.record.recipe, SUBJECT, folder / "extended", before.record, folder / "membership"
    )


def members(path: Path) -> dict[str, str]:
    """Return the part of each key of a membership."""
    return dict(duckdb.execute(f"SELECT key, part FROM read_parquet('{path}')").fetchall())


def expected(rows: Sequence[Row], recipe: Recipe) -> dict[str, str]:
    """Assign rows of COLUMNS, complete and with `id` as the key, as the documentation says, in plain Python."""
    names = [name for name, _ in COLUMNS]
    table = [dict(zip(names, row, strict=True)) for row in rows]
    keys = [str(row["id"]) for row in table]
    if recipe.time:
        ordered = Counter(int(str(row[recipe.time])) for row in table)
        part = _filled(recipe, sorted(ordered.items()))
        return {key: part[int(str(row[recipe.time]))] for key, row in zip(keys, table, strict=True)}
    groups = _groups(table, recipe.group)
    if not recipe.stratify:
        names_of = [groups[i] if recipe.group else key for i, key in enumerate(keys)]
        return {key: _threshold(recipe, name) for key, name in zip(keys, names_of, strict=True)}
    labels = ["=" + str(row[recipe.stratify]) for row in table]
    if not recipe.group:
        return _exact(recipe, keys, labels)
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for group, label in zip(groups, labels, strict=True):
        votes[group][label] += 1
    stratum = {group: min(found, key=lambda label: (-found[label], label)) for group, found in votes.items()}
    sizes = {group: found.total() for group, found in votes.items()}
    by_group = _pooled(
        stratum,
        recipe,
        lambda chosen: _filled(
            recipe, [(g, sizes[g]) for g in sorted(chosen, key=lambda g: (_hash(recipe, g)[:12], g))]
        ),
    )
    return {key: by_group[group] for key, group in zip(keys, groups, strict=True)}


def _hash(recipe: Recipe, text: str) -> str:
    return hashlib.sha256(f"{recipe.salt}:{text}".encode()).hexdigest()


def _threshold(recipe: Recipe, name: str) -> str:
    at, total = Fraction(int(_hash(recipe, name)[:8], 16), 2**32), Fraction(0)
    for part, share in recipe.into.items():
        total += Fraction(share)
        # A threshold is rounded down to 32 bits.
        if at < Fraction(int(total * 2**32), 2**32):
            return part
    return list(recipe.into)[-1]


def _filled(recipe: Recipe, sizes: Iterable[tuple[object, int]]) -> dict:  # type: ignore[type-arg]  # keys of any type
    sizes = list(sizes)
    total, before, found = sum(size for _, size in sizes), 0, {}
    for unit, size in sizes:
        middle, end = Fraction(2 * before + size, 2 * total), Fraction(0)
        for part, share in recipe.into.items():
            end += Fraction(share)
            if middle < end:
                found[unit] = part
                break
        before += size
    return found


def _pooled(
    stratum: Mapping[str, str], recipe: Recipe, fill: Callable[[Sequence[str]], dict[str, str]]
) -> dict[str, str]:
    found: dict[str, str] = {}
    small: list[str] = []
    for label in sorted(set(stratum.values())):
        chosen = [unit for unit in stratum if stratum[unit] == label]
        part = fill(chosen)
        if len(set(part.values())) < len(recipe.into):
            small += chosen
        found |= part
    return found | (fill(small) if len({stratum[unit] for unit in small}) > 1 else {})


def _exact(recipe: Recipe, keys: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    def fill(chosen: Sequence[str], label: str) -> dict[str, str]:
        n = len(chosen)
        quota = {part: Fraction(share) * n for part, share in recipe.into.items()}
        got = {part: int(q) for part, q in quota.items()}
        ties = {part: _hash(recipe, f"{part}\x1f{label}") for part in quota}
        for part in sorted(quota, key=lambda p: (got[p] - quota[p], ties[p]))[: n - sum(got.values())]:
            got[part] += 1
        ranked = iter(sorted(chosen, key=lambda k: (_hash(recipe, k)[:12], k)))
        return {next(ranked): part for part in recipe.into for _ in range(got[part])}

    found: dict[str, str] = {}
    small: list[str] = []
    strata = defaultdict(list)
    for key, label in zip(keys, labels, strict=True):
        strata[label].append(key)
    pooled = 0
    for label, chosen in strata.items():
        part = fill(chosen, label)
        if len(set(part.values())) < len(recipe.into):
            small, pooled = small + chosen, pooled + 1
        found |= part
    return found | (fill(small, "+") if pooled > 1 else {})


def _groups(table: Sequence[Mapping[str, object]], columns: Sequence[str]) -> list[str]:
    """Return the name of each row's group: one column's value, or the first token of its component."""
    if len(columns) == 1:
        return [str(row[columns[0]]) for row in table]
    tokens = [{f"{column}\x1f{row[column]}" for column in columns} for row in table]
    parts: list[set[str]] = []
    for tied in tokens:
        touching = [part for part in parts if part & tied]
        parts = [part for part in parts if not part & tied] + [set(tied).union(*touching)]
    first = {token: min(part) for part in parts for token in part}
    return [first[min(tied)] if tied else "" for tied in tokens]

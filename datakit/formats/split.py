"""The record of a split, `catalog/NAME/splits/SPLIT.json`: which bytes were split by which recipe, and what came of it.

| field | meaning | standard |
|---|---|---|
| `data` | md5 and sha256 of the bytes that were split | as in the manifest |
| `recipe` | what the recipe said when the rows were assigned, so that a later change of it can be named | |
| `parts` | rows of each part and a fingerprint: sha256 over its sorted key hashes, one a line | Croissant `cr:Split` |
| `excluded` | rows that belong to no part, by reason; those that have a key are `parts.excluded` too | |
| `leaks` | rows that two parts share, by kind; those of `REFUSED` may not be committed | |
| `sealed` | parts that must not change, with the reason given | |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import names, recipe, record
from datakit.formats.fields import Fields
from datakit.formats.recipe import Recipe

SCHEMA = 1
DEFAULT = "default"  # the split that is meant where none is named

# A row of the test part that the model has seen says nothing: a `group` in two parts, or the same row in both. `conflict`
# (equal rows with other labels) is noise in the labels, which no split mends. `time` cannot come of a split by time; it
# comes of a row whose time was corrected later, and rows do not move. Both are counted and reported.
REFUSED = ("group", "duplicate")


class Part(NamedTuple):
    """One part of a split."""

    rows: int  # of a folder: files
    fingerprint: str  # sha256 over the sorted hashes of its keys, one a line


class Compared(NamedTuple):
    """What two memberships by the same key say of each other."""

    gone: int  # keys of the former one that the later one does not have
    new: int  # keys of the later one that the former one does not have
    moved: int  # keys of both whose part differs; `excluded` counts as a part


class Split(NamedTuple):
    """What a split assigned."""

    name: str  # the dataset
    split: str
    md5: str  # of the data, as in its pointer
    sha256: str
    recipe: Recipe  # as it was
    membership: str  # md5 of the Parquet file that says which key is in which part
    parts: Mapping[str, Part]
    excluded: Mapping[str, int] = {}  # rows by reason
    leaks: Mapping[str, int] = {}  # rows by kind: group, duplicate, conflict, time
    sealed: Mapping[str, str] = {}  # reason by part
    datakit: str = ""


_KNOWN = ("split", "name", "dataset", "data", "recipe", "membership", "parts", "excluded", "leaks", "sealed", "datakit")


def read(data: bytes, where: str) -> Split:
    """Read the record of a split.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: It is not such a record, is of a later schema, or was edited by hand.
    """
    fields = Fields(record.load(data, where), where)
    fields.only(_KNOWN)
    fields.schema("split", SCHEMA)
    split = fields.text("name")
    if wrong := names.split_problem(split):
        raise InvalidRecord(where, f"`name`: `{split}` cannot name a split: {wrong}")
    found, parts = fields.within("data"), fields.within("parts")
    excluded, leaks, sealed = (fields.within(key) for key in ("excluded", "leaks", "sealed"))
    return Split(
        name=_dataset(fields),
        split=split,
        md5=found.digest("md5", "md5"),
        sha256=found.digest("sha256", "sha256"),
        recipe=recipe.build(fields.within("recipe")),
        membership=fields.digest("membership", "md5"),
        parts={name: _part(parts.within(name)) for name in parts.mapping},
        excluded={reason: excluded.integer(reason) for reason in excluded.mapping},
        leaks={kind: leaks.integer(kind) for kind in leaks.mapping},
        sealed={part: sealed.text(part) for part in sealed.mapping},
        datakit=fields.text("datakit", ""),
    )


def dump(split: Split) -> bytes:
    """Write the record of a split; what does not apply is left out."""
    fields: dict[str, object] = {
        "split": SCHEMA,
        "name": split.split,
        "dataset": split.name,
        "data": {"md5": split.md5, "sha256": split.sha256},
        "recipe": recipe.facts(split.recipe),
        "membership": split.membership,
        "parts": {name: part._asdict() for name, part in split.parts.items()},
        "excluded": dict(sorted(split.excluded.items())),
        "leaks": dict(sorted(split.leaks.items())),
        "sealed": dict(sorted(split.sealed.items())),
        "datakit": split.datakit,
    }
    return record.dump({key: value for key, value in fields.items() if value not in ({}, "")})


def command(name: str, split: str, *options: str) -> str:
    """Return the command that makes or changes a split.

    Args:
        name: The dataset.
        split: The split.
        options: Further words of the command.

    >>> command("reviews", "cv1", "--extend")
    'datakit split reviews --split cv1 --extend'
    """
    named = () if split == DEFAULT else ("--split", split)
    return " ".join(("datakit", "split", name, *named, *options))


def _dataset(fields: Fields) -> str:
    """Read the dataset's name."""
    name = fields.text("dataset")
    if wrong := names.problem(name):
        raise InvalidRecord(fields.where, f"`dataset`: `{name}` cannot name a dataset: {wrong}")
    return name


def _part(fields: Fields) -> Part:
    """Read one part."""
    return Part(fields.integer("rows"), fields.digest("fingerprint", "sha256"))

"""The recipe of a split, `catalog/NAME/splits/SPLIT.yaml`, written by people: into what, by which key, what stays together.

| key | meaning |
|---|---|
| `into` | share of each part, as decimal numbers that sum to exactly 1 |
| `key` | columns that identify a row; for files `file` or `folder` |
| `group` | columns whose rows must not be parted |
| `stratify` | column whose values are spread evenly over the parts |
| `time` | column that orders the rows: earlier parts come first in `into` |
| `salt` | text before the key that is hashed, so that two splits of one dataset are independent |
| `nulls` | what becomes of a row whose key is missing: `refuse`, or `exclude` from every part |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import names, yaml
from datakit.formats.fields import Fields

SCHEMA = 1
EXCLUDED = "excluded"  # the part of rows that belong to none
NULLS = ("refuse", "exclude")


class Recipe(NamedTuple):
    """How a split assigns rows to parts."""

    into: Mapping[str, Decimal]  # share by part, in the order of the file
    key: tuple[str, ...]
    group: tuple[str, ...] = ()
    stratify: str = ""
    time: str = ""
    salt: str = ""
    nulls: str = "refuse"


def read(data: bytes, where: str) -> Recipe:
    r"""Read a recipe.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: A key that is unknown, a part that has no fit name, or shares that do not sum to 1.

    >>> read(b"recipe: 1\ninto: {train: 0.8, test: 0.2}\nkey: [id]\n", "default.yaml").into["test"]
    Decimal('0.2')
    """
    fields = Fields(yaml.load(data, where), where)
    fields.only(("recipe", "into", "key", "group", "stratify", "time", "salt", "nulls"))
    schema = fields.integer("recipe", SCHEMA)
    if schema > SCHEMA:
        raise InvalidRecord(
            where,
            f"is a recipe of schema {schema}, this datakit reads up to {SCHEMA}",
            hint="upgrade with `pip install -U dvc-datakit`",
        )
    nulls = fields.text("nulls", "refuse")
    if nulls not in NULLS:
        raise fields.wrong("nulls", "`refuse` or `exclude`")
    if not fields.texts("key"):
        raise fields.wrong("key", "a list of the columns that identify a row")
    return Recipe(
        into=_shares(fields),
        key=fields.texts("key"),
        group=fields.texts("group"),
        stratify=fields.text("stratify", ""),
        time=fields.text("time", ""),
        salt=fields.text("salt", ""),
        nulls=nulls,
    )


def dump(recipe: Recipe) -> bytes:
    """Write a recipe as `split --into` makes it; people edit it from then on.

    >>> print(dump(Recipe({"train": Decimal("0.8"), "test": Decimal("0.2")}, ("id",), salt="a")).decode(), end="")
    recipe: 1
    into:
      train: 0.8
      test: 0.2
    key: ["id"]
    salt: "a"
    nulls: refuse
    """
    lines = [f"recipe: {SCHEMA}", "into:", *(f"  {part}: {share}" for part, share in recipe.into.items())]
    for name, columns in (("key", recipe.key), ("group", recipe.group)):
        if columns:
            lines.append(
                f"{name}: {json.dumps(list(columns), ensure_ascii=False)}"
            )  # JSON's lists and texts are YAML's
    for name, text in (("stratify", recipe.stratify), ("time", recipe.time), ("salt", recipe.salt)):
        if text:
            lines.append(f"{name}: {json.dumps(text, ensure_ascii=False)}")
    return ("\n".join([*lines, f"nulls: {recipe.nulls}"]) + "\n").encode()


def fingerprint(recipe: Recipe) -> str:
    """Return the sha256 of what a recipe says; comments and layout do not count, the order of parts does."""
    facts = recipe._asdict() | {"into": [[part, str(share.normalize())] for part, share in recipe.into.items()]}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _shares(fields: Fields) -> dict[str, Decimal]:
    """Read `into`."""
    into = fields.within("into")
    shares: dict[str, Decimal] = {}
    for part in into.mapping:
        if part == EXCLUDED or (wrong := names.problem(part)):
            why = "it is the part of rows that belong to none" if part == EXCLUDED else wrong
            raise InvalidRecord(fields.where, f"`into`: `{part}` cannot name a part: {why}")
        try:
            share = Decimal(into.text(part))
        except InvalidOperation as error:
            raise into.wrong(part, "a share between 0 and 1") from error
        if not (share.is_finite() and 0 < share <= 1):
            raise into.wrong(part, "a share between 0 and 1")
        shares[part] = share
    if sum(shares.values()) != 1:
        raise InvalidRecord(fields.where, f"`into`: the shares sum to {sum(shares.values())}, expected exactly 1")
    return shares

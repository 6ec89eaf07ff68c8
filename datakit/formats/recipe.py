"""The recipe of a split, `catalog/NAME/splits/SPLIT.yaml`, written by people: into what, by which key, what stays together.

| key | meaning |
|---|---|
| `into` | share of each part, as decimal numbers of at most 12 decimals that sum to exactly 1 |
| `key` | columns that identify a row; for files `file` or `folder` |
| `group` | columns whose rows must not be parted |
| `stratify` | column whose values are spread evenly over the parts |
| `time` | column that orders the rows: earlier parts come first in `into`; goes with neither `group` nor `stratify` |
| `salt` | text before the key that is hashed, so that two splits of one dataset are independent |
| `nulls` | what becomes of a row whose key is missing: `refuse`, or `exclude` from every part |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from datakit.errors import InvalidRecord, UsageError
from datakit.formats import names, yaml
from datakit.formats.fields import Fields

SCHEMA = 1
EXCLUDED = "excluded"  # the part of rows that belong to none
NULLS = ("refuse", "exclude")
DECIMALS = 12  # of a share: sums over whole numbers of 10**-12 are exact on every engine
PARTS = 100  # that a split has at most


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
    fields.only(("recipe", *Recipe._fields))
    fields.schema("recipe", SCHEMA, default=SCHEMA)
    return build(fields)


def build(fields: Fields) -> Recipe:
    """Make a recipe of a mapping, as it stands in its own file or, written by `facts`, in the record of a split.

    Raises:
        InvalidRecord: As `read`.
    """
    nulls = fields.text("nulls", "refuse")
    if nulls not in NULLS:
        raise fields.wrong("nulls", "`refuse` or `exclude`")
    if not fields.texts("key"):
        raise fields.wrong("key", "a list of the columns that identify a row")
    found = Recipe(
        into=_shares(fields),
        key=fields.texts("key"),
        group=fields.texts("group"),
        stratify=fields.text("stratify", ""),
        time=fields.text("time", ""),
        salt=fields.text("salt", ""),
        nulls=nulls,
    )
    if found.time and (found.group or found.stratify):
        other = "group" if found.group else "stratify"
        raise InvalidRecord(fields.where, f"`time` orders the rows, which leaves nothing for `{other}` to decide")
    return found


def into(text: str) -> dict[str, Decimal]:
    """Read shares as `--into` takes them.

    Args:
        text: `PART=SHARE`, separated by commas.

    Raises:
        UsageError: A part without a share or named twice.
        InvalidRecord: As `read`.

    >>> into("train=0.8, test=0.2")
    {'train': Decimal('0.8'), 'test': Decimal('0.2')}
    """
    shares: dict[str, str] = {}
    for piece in text.split(","):
        part, equals, share = (one.strip() for one in piece.partition("="))
        if not equals or part in shares:
            problem = "is named twice" if equals else "has no share"
            raise UsageError(f"--into: `{part}` {problem}", hint="write it as `--into train=0.8,test=0.2`")
        shares[part] = share
    return _shares(Fields({"into": shares}, "--into"))


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


def facts(recipe: Recipe) -> dict[str, object]:
    """Return what a recipe says as JSON values; what it does not say is left out.

    >>> facts(Recipe({"train": Decimal("0.80"), "test": Decimal("0.2")}, ("id",)))
    {'into': {'train': '0.8', 'test': '0.2'}, 'key': ['id'], 'nulls': 'refuse'}
    """
    found: dict[str, object] = {
        "into": {part: f"{share.normalize():f}" for part, share in recipe.into.items()},
        "key": list(recipe.key),
        "group": list(recipe.group),
        "stratify": recipe.stratify,
        "time": recipe.time,
        "salt": recipe.salt,
        "nulls": recipe.nulls,
    }
    return {name: value for name, value in found.items() if value}


def fingerprint(recipe: Recipe) -> str:
    """Return the sha256 of what a recipe says; comments and layout do not count, the order of parts does."""
    return hashlib.sha256(json.dumps(facts(recipe), separators=(",", ":")).encode()).hexdigest()


def differences(old: Recipe, new: Recipe) -> tuple[str, ...]:
    """Say in what two recipes differ, one clause for each key.

    >>> a = Recipe({"train": Decimal("0.8"), "test": Decimal("0.2")}, ("id",))
    >>> differences(a, a._replace(group=("patient",)))
    ('`group` none -> patient',)
    """
    before, after = facts(old), facts(new)
    return tuple(
        f"`{name}` {_said(before.get(name))} -> {_said(after.get(name))}"
        for name in Recipe._fields
        if _said(before.get(name)) != _said(after.get(name))
    )


def _said(value: object) -> str:
    """Write one fact of a recipe."""
    if isinstance(value, dict):
        return ",".join(f"{part}={share}" for part, share in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value or "none")


def _shares(fields: Fields) -> dict[str, Decimal]:
    """Read `into`."""
    into = fields.within("into")
    if len(into.mapping) > PARTS:
        raise InvalidRecord(fields.where, f"`into`: {len(into.mapping):,} parts, expected at most {PARTS}")
    shares: dict[str, Decimal] = {}
    for part in into.mapping:
        if part == EXCLUDED or (wrong := names.problem(part)):
            why = "it is the part of rows that belong to none" if part == EXCLUDED else wrong
            raise InvalidRecord(fields.where, f"`into`: `{part}` cannot name a part: {why}")
        expected = f"a share between 0 and 1 of at most {DECIMALS} decimals"
        try:
            share = Decimal(into.text(part))
        except InvalidOperation as error:
            raise into.wrong(part, expected) from error
        # The number of digits is judged first: a sum of unlike exponents would be rounded, or take for ever.
        exponent = share.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -DECIMALS or not 0 < share <= 1:
            raise into.wrong(part, expected)
        shares[part] = share
    if sum(shares.values()) != 1:
        raise InvalidRecord(fields.where, f"`into`: the shares sum to {sum(shares.values())}, expected exactly 1")
    return shares

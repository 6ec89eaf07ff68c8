"""The profile of a dataset: per-column statistics, small and diffable."""

from __future__ import annotations

from typing import NamedTuple

from datakit.formats import record
from datakit.formats.fields import Fields

SCHEMA = 1


class ColumnProfile(NamedTuple):
    """What one column holds; `None` where a fact does not apply or would show a text value that is not classified."""

    name: str
    type: str  # logical type as read: see formats.contract.LogicalType
    rows: int  # rows of the table
    missing: int  # rows without a value
    distinct: int  # exact number of different values
    minimum: str | None = None  # smallest value as canonical text; numbers, dates, timestamps, booleans only
    maximum: str | None = None
    mean: float | None = None  # numbers only
    deviation: float | None = None  # sample standard deviation; numbers only, None below two values
    quantiles: tuple[float, ...] = ()  # 5, 25, 50, 75, 95 percent; numbers only; exact, linear interpolation
    shortest: int | None = None  # characters; text only
    longest: int | None = None
    top: tuple[tuple[str, int], ...] = ()  # most frequent values with counts; only where the contract allows values


class Profile(NamedTuple):
    """The profile of a table."""

    rows: int
    columns: tuple[ColumnProfile, ...]


def read(data: bytes, where: str) -> Profile:
    """Read a profile.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: It is not a profile, is of a later schema or was edited by hand.
    """
    fields = Fields(record.load(data, where), where)
    fields.schema("profile", SCHEMA)
    rows = fields.integer("rows")
    columns = fields.within("columns")
    return Profile(rows, tuple(_column(name, rows, columns.within(name)) for name in columns.mapping))


def dump(name: str, profile: Profile) -> bytes:
    """Write the profile of the dataset `name`, columns in table order, one fact a line."""
    columns: dict[str, object] = {}
    for column in profile.columns:
        facts = column._asdict()
        facts["quantiles"] = dict(zip(QUANTILES, column.quantiles, strict=False))
        facts["top"] = dict(column.top)
        columns[column.name] = {key: facts[key] for key in _KEYS if facts[key] is not None and facts[key] != {}}
    return record.dump({"profile": SCHEMA, "name": name, "rows": profile.rows, "columns": columns})


QUANTILES = ("5%", "25%", "50%", "75%", "95%")
_KEYS = (
    "type",
    "missing",
    "distinct",
    "minimum",
    "maximum",
    "mean",
    "deviation",
    "quantiles",
    "shortest",
    "longest",
    "top",
)


def _column(name: str, rows: int, fields: Fields) -> ColumnProfile:
    """Read one column."""
    quantiles, top = fields.within("quantiles"), fields.within("top")
    found = (quantiles.number(key) for key in quantiles.mapping)
    return ColumnProfile(
        name=name,
        type=fields.text("type"),
        rows=rows,
        missing=fields.integer("missing"),
        distinct=fields.integer("distinct"),
        minimum=fields.optional("minimum"),
        maximum=fields.optional("maximum"),
        mean=fields.number("mean"),
        deviation=fields.number("deviation"),
        quantiles=tuple(value for value in found if value is not None),
        shortest=fields.whole("shortest"),
        longest=fields.whole("longest"),
        top=tuple((value, top.integer(value)) for value in top.mapping),
    )

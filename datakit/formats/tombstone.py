"""The tombstone: what a dataset was that was taken away, and why; it lies alone in the room, so that the name says it.

| field | meaning |
|---|---|
| `name`, `path`, `pointer` | as in the last manifest |
| `data` | md5 and sha256 of the last bytes, their size, the number of files |
| `reason`, `by`, `at` | why it was removed, who did it, when (UTC) |

Versions are not stored in it: tags and commits are looked up.
"""

from __future__ import annotations

from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import manifest, names, record
from datakit.formats.fields import Fields

SCHEMA = 1


class Last(NamedTuple):
    """The bytes that were recorded last."""

    md5: str  # as in the pointer: `.dir` behind it for a folder
    sha256: str
    size: int  # bytes
    files: int


class Tombstone(NamedTuple):
    """What is left of a dataset that was removed."""

    name: str
    path: str  # of the data, relative to the repository
    pointer: str
    data: Last
    reason: str
    by: str  # `Name <address>` as Git knows it
    at: str  # UTC, ISO 8601, seconds, `Z`
    datakit: str = ""  # the version that wrote it


_KNOWN = ("tombstone", "name", "path", "pointer", "data", "reason", "by", "at", "datakit")


def read(data: bytes, where: str) -> Tombstone:
    """Read a tombstone.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: It is not a tombstone, is of a later schema, gives no reason, or was edited by hand.
    """
    fields = Fields(record.load(data, where), where)
    fields.only(_KNOWN)
    fields.schema("tombstone", SCHEMA)
    name, last = fields.text("name"), fields.within("data")
    if wrong := names.problem(name):
        raise InvalidRecord(where, f"`name`: `{name}` cannot name a dataset: {wrong}")
    if not fields.text("reason").strip():
        raise fields.wrong("reason", "why the dataset was removed")
    return Tombstone(
        name=name,
        path=manifest.place(fields, "path"),
        pointer=manifest.place(fields, "pointer"),
        data=Last(
            last.digest("md5", "md5"), last.digest("sha256", "sha256"), last.integer("size"), last.integer("files")
        ),
        reason=fields.text("reason"),
        by=fields.text("by", ""),
        at=fields.text("at"),
        datakit=fields.text("datakit", ""),
    )


def dump(tombstone: Tombstone) -> bytes:
    """Write a tombstone."""
    return record.dump({"tombstone": SCHEMA, **tombstone._asdict(), "data": tombstone.data._asdict()})

"""The baseline, `datakit-baseline.json`: what was wrong when a repository adopted datakit, or a new rule, and may stay so.

| field | meaning |
|---|---|
| `baseline` | number of the schema |
| `findings` | by the path of the file, sorted: one text a finding, `CODE HASH MESSAGE` |

The hash is that of the data in which the finding was made, so that no entry covers later data; `-` stands in its place for
what people have not written yet, such as a field of a card, which is no more wrong for later data. A finding is known by its path, its code, that hash and its message without numbers; lines do not count. So one
more row that breaks a known check changes nothing, and another check, field or file is new. PHPStan and detekt know
findings by their message, too: a release that words one otherwise shows it again, which is the safe side to err on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple, TypeAlias

from datakit.errors import InvalidRecord
from datakit.formats import record
from datakit.formats.fields import Fields

FILE = "datakit-baseline.json"
SCHEMA = 1
ANY = "-"  # in place of the hash: whatever the data is

# Patterns are texts: `re` compiles each when it is first used, so that the import costs the hook nothing.
_ENTRY = r"(?s)(DK[1-9][0-9]{2}) (-|[0-9a-f]{32,64}(?:\.dir)?) (.+)"
_NUMBER = r"(`[^`]*`)|[0-9][0-9.,]*"  # one inside a name is part of it


Key: TypeAlias = tuple[str, str, str, str]  # path, code, hash, message without numbers


class Entry(NamedTuple):
    """One finding that is known."""

    path: str  # of the file; compared, never opened
    code: str
    data: str  # hash of the data in which it was found, or `ANY`
    message: str

    @property
    def key(self) -> Key:
        """What it is known by.

        >>> Entry("r.json", "DK303", "0" * 32, "check `top5.minimum` failed: 12 rows below 1").key[3]
        'check `top5.minimum` failed: # rows below #'
        """
        return (self.path, self.code, self.data, re.sub(_NUMBER, lambda found: found[1] or "#", self.message))


def read(data: bytes, where: str = FILE) -> frozenset[Key]:
    """Read a baseline.

    Args:
        data: The file.
        where: Its path for messages.

    Returns:
        The `key` of each entry.

    Raises:
        InvalidRecord: It is no baseline, is of a later schema, or was edited by hand.
    """
    fields = Fields(record.load(data, where), where)
    fields.schema("baseline", SCHEMA)
    fields.only(("baseline", "findings"))
    found = fields.within("findings")
    return frozenset(_entry(found, path, text).key for path in found.mapping for text in found.texts(path))


def dump(entries: Iterable[Entry]) -> bytes:
    r"""Write a baseline; the same entries always give the same bytes.

    Args:
        entries: The findings, in any order.

    Raises:
        InvalidRecord: They are more than a record may hold.

    >>> print(dump([Entry("a.dvc", "DK101", "0" * 32, "`a` has no record")]).decode().splitlines()[3])
        "a.dvc": [
    """
    by_path = groupby(sorted(set(entries)), key=lambda entry: entry.path)
    findings = {path: [f"{entry.code} {entry.data} {entry.message}" for entry in group] for path, group in by_path}
    data = record.dump({"baseline": SCHEMA, "findings": findings})
    if len(data) > record.LIMIT:
        raise InvalidRecord(FILE, f"would be {len(data):,} bytes, expected at most {record.LIMIT:,}")
    return data


def _entry(fields: Fields, path: str, text: str) -> Entry:
    """Read one text."""
    found = re.fullmatch(_ENTRY, text)
    if found is None:
        raise fields.wrong(path, "texts of a rule's code, a hash and a message")
    return Entry(path, *found.groups())

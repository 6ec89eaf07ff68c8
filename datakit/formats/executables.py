"""The files of a folder that may be run: `all` or `none` of them, or a list, which the manifest names by its md5.

DVC's listing has no place for it. The list is a JSON array of their paths in the folder, in order, one a line. It comes
from a cache, a remote or another person, so that `load` treats every name in it as hostile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import listing

ALL = "all"
NONE = "none"


class Measured(NamedTuple):
    """Which files of a folder may be run."""

    value: str  # what a manifest says: `all`, `none` or the md5 of the list
    list: bytes | None = None  # where it is a list


def measure(executable: Iterable[str], files: int) -> Measured:
    r"""Say which files of a folder may be run.

    Args:
        executable: The paths of those that may, relative to the folder.
        files: How many files there are in all.

    >>> measure(["a", "b"], 2), measure([], 2).value, measure(["b"], 2).list
    (Measured(value='all', list=None), 'none', b'[\n"b"\n]\n')
    """
    paths = sorted(executable)
    if not paths or len(paths) == files:
        return Measured(ALL if paths else NONE)
    data = dump(paths)
    return Measured(hashlib.md5(data, usedforsecurity=False).hexdigest(), data)


def dump(paths: Iterable[str]) -> bytes:
    """Write the list."""
    return ("[\n" + ",\n".join(map(json.dumps, sorted(paths))) + "\n]\n").encode()


def load(data: bytes, where: str) -> frozenset[str]:
    r"""Read a list that nobody vouches for.

    Args:
        data: The list.
        where: What to call it in an error.

    Raises:
        InvalidRecord: It is no such list, or holds a name that is unsafe.

    >>> sorted(load(b'["b", "a/c"]', "executable.json"))
    ['a/c', 'b']
    """
    if len(data) > listing.MAX_BYTES:
        raise InvalidRecord(where, f"list of {len(data):,} bytes, expected at most {listing.MAX_BYTES:,}")
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidRecord(where, "not the JSON of a list of paths") from error
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise InvalidRecord(where, "expected a list of paths")
    for path in found:
        listing.check_relpath(path, where)
    return frozenset(found)

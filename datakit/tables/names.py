"""The column names of a table, and which of them cannot be told apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from datakit.errors import InvalidData

columns_cap = 10_000


def check_names(names: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the column names, if every one is a name of its own.

    Args:
        names: The names as the file spells them.
        name: What messages call the file.

    Returns:
        The same names.

    Raises:
        InvalidData: A name is empty, comes twice, or differs from another only in letter case, in how accents are
            encoded or in invisible characters; or there are more than 10,000.

    >>> check_names(["id", "sex"], "a.csv")
    ('id', 'sex')
    """
    if len(names) > columns_cap:
        raise InvalidData(f"{name}: {len(names):,} columns; at most {columns_cap:,} are read")
    seen: dict[str, tuple[int, str]] = {}
    for number, column in enumerate(names, start=1):
        key = _fold(column)
        if not key:
            raise InvalidData(
                f"{name}:1: column {number} has no name", hint="name it, or write the file without its row index"
            )
        if key in seen:
            first, spelled = seen[key]
            if spelled == column:
                raise InvalidData(f"{name}:1: columns {first} and {number} are both called `{column}`")
            raise InvalidData(
                f"{name}:1: columns {first} and {number}, `{spelled}` and `{column}`, differ only in letter case, accents' "
                "encoding or invisible characters"
            )
        seen[key] = number, column
    return tuple(names)


def _fold(column: str) -> str:
    """Return what two names share that people cannot tell apart."""
    visible = "".join(c for c in unicodedata.normalize("NFC", column) if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", visible.strip().casefold())

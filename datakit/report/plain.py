"""Records as JSON, and numbers as people read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath

from datakit.report.escape import escaped_json


def as_json(value: object) -> str:
    r"""Write a record, or several, as JSON: records and mappings as objects, every other sequence as an array.

    >>> from datakit.formats.names import Reference
    >>> as_json([Reference("reviews", None)])
    '[\n  {\n    "name": "reviews",\n    "version": null\n  }\n]\n'
    """
    return escaped_json(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def size(number: int) -> str:
    """Write a number of bytes in decimal units.

    >>> size(53098), size(999), size(2_500_000_000)
    ('53.1 kB', '999 B', '2.5 GB')
    """
    value, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if value < 999.95:
            break
        value, unit = value / 1000, larger
    return f"{number} B" if unit == "B" else f"{value:.1f} {unit}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Count things in words.

    >>> count(1, "row"), count(12000, "row"), count(2, "entry", "entries")
    ('1 row', '12,000 rows', '2 entries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _plain(value: object) -> object:
    """Turn records into what JSON knows."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, PurePath) or (type(value) is not str and isinstance(value, str)) else value

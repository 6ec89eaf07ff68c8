"""A contract under another name: only the words that are the dataset's name change, every other byte stays."""

from __future__ import annotations

import re
from typing import Any

from datakit.errors import InvalidRecord
from datakit.formats.contract.comparing import fingerprint
from datakit.formats.contract.reading import read

_OWN = ("id", "name")


def rename(data: bytes, old: str, new: str, where: str) -> bytes:
    r"""Write the new name where a contract says the old one: `id`, `name`, its table's `name`, the comment of the draft.

    Args:
        data: The contract.
        old: The dataset's name before.
        new: Its name now.
        where: The file's path for messages.

    Returns:
        The edited file; `data` itself where it cannot be read, or where the edit would change what it enforces.

    >>> rename(b"id: birds # ours\nname: Our birds\n", "birds", "fowl", "c.yaml")
    b'id: birds # ours\nname: Our birds\n'
    """
    try:
        before = fingerprint(read(data, where))
        edited = _head(data.decode("utf-8"), old, new)
        for start, end in sorted(_places(edited, old), reverse=True):
            edited = edited[:start] + new + edited[end:]
        same = fingerprint(read(edited.encode(), where)) == before
    except InvalidRecord:
        return data
    return edited.encode() if same else data


def _head(text: str, old: str, new: str) -> str:
    """Write the new name into the comment that a draft begins with."""
    found = re.match(r"(?:#[^\n]*\n)*", text)
    end = found.end() if found else 0
    head = re.sub(rf"`((?:datakit validate )?){re.escape(old)}`", rf"`\g<1>{new}`", text[:end])
    return head + text[end:]


def _places(text: str, old: str) -> list[tuple[int, int]]:
    """Return where the old name stands as a value that names the dataset: offsets of characters."""
    import yaml as pyyaml

    node: Any = pyyaml.compose(text, Loader=pyyaml.CSafeLoader if pyyaml.__with_libyaml__ else pyyaml.SafeLoader)
    found = [item for key, item in node.value if key.value in _OWN]
    tables: list[Any] = next((item.value for key, item in node.value if key.value == "schema"), [])
    found += [item for table in tables for key, item in table.value if key.value == "name"]
    spans = [(item.start_mark.index, item.end_mark.index) for item in found]
    inner = [(start + 1, end - 1) if text[start] in "'\"" else (start, end) for start, end in spans]
    return [(start, end) for start, end in inner if text[start:end] == old]

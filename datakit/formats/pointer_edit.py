"""Edits of a `.dvc` file that change where an out lies or what it is called; comments and every other key stay."""

from __future__ import annotations

import posixpath
from typing import Any

from datakit.errors import InvalidRecord
from datakit.formats import pointer, roundtrip
from datakit.formats.pointer import META_KEY


def rename(data: bytes, where: str, path: str, name: str) -> bytes:
    r"""Give an out the name of another dataset.

    Args:
        data: The `.dvc` file.
        where: Its path for messages.
        path: The out, as the file writes it.
        name: The dataset.

    Raises:
        InvalidRecord: No out has that path.

    >>> rename(b"outs:\n- path: a.csv\n  meta:\n    datakit: a\n", "a.csv.dvc", "a.csv", "b").decode().splitlines()[-1]
    '    datakit: b'
    """
    tree = roundtrip.load(data, where)
    entry = _entry(tree, where, path)
    meta = entry.get("meta")
    if isinstance(meta, dict):
        if meta.get(META_KEY) == name:
            return data
        meta[META_KEY] = name
    else:
        entry["meta"] = {META_KEY: name}
    return roundtrip.dump(tree)


def move(data: bytes, where: str, path: str, target: str, *, beside: bool) -> bytes:
    r"""Let an out lead to another place.

    Args:
        data: The `.dvc` file.
        where: Its path as it will be.
        path: The out, as the file writes it.
        target: Where the data will lie, relative to the repository.
        beside: The file lies beside the data and has no working folder of its own.

    Raises:
        InvalidRecord: No out has that path.

    >>> move(b"wdir: ../raw\nouts:\n- path: a.csv\n", "data/b.csv.dvc", "a.csv", "data/b.csv", beside=True)
    b'outs:\n- path: b.csv\n'
    """
    tree = roundtrip.load(data, where)
    entry = _entry(tree, where, path)
    if beside:
        tree.pop("wdir", None)
        entry["path"] = posixpath.basename(target)
    else:
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(where), str(tree.get("wdir", "."))))
        entry["path"] = posixpath.relpath(target, folder)
    return roundtrip.dump(tree)


def drop(data: bytes, where: str, path: str) -> bytes | None:
    """Take one out of a `.dvc` file; None where it was the only one, so that the file goes.

    Args:
        data: The `.dvc` file.
        where: Its path for messages.
        path: The out, as the file writes it.

    Raises:
        InvalidRecord: No out has that path.
    """
    if len(pointer.read(data, where).outs) == 1:
        return None
    tree = roundtrip.load(data, where)
    tree["outs"].remove(_entry(tree, where, path))
    return roundtrip.dump(tree)


def _entry(tree: Any, where: str, path: str) -> Any:
    """Return the entry of one out."""
    found = next((item for item in tree["outs"] if str(item["path"]) == path), None)
    if found is None:
        raise InvalidRecord(where, f"has no out `{path}`")
    return found

"""What DVC's schema wants of a `.dvc` file and of a `dvc.lock`: a pointer that it refuses stops every DVC command.

Source of the grammar: DVC 3's `schema.py`, `output.py`, `annotations.py` and `dependency/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from datakit.formats import yaml
from datakit.formats.fields import Fields

_Kind: TypeAlias = tuple[Any, str]  # the Python type of the value, and the words for it in a message

_TEXT: _Kind = (str, "a text")
_WHOLE: _Kind = (int, "a whole number")
_FLAG: _Kind = (bool, "true or false")
_LIST: _Kind = (list, "a list")
_MAP: _Kind = (dict, "a mapping")
_ANY: _Kind = (object, "anything")
_HASH: _Kind = (str | int | None, "a hash")
_LIST_OR_NULL: _Kind = (list | None, "a list")

_FACTS: dict[str, _Kind] = {
    "md5": _HASH, "etag": _HASH, "checksum": _HASH, "size": _WHOLE, "nfiles": _WHOLE, "isexec": _FLAG, "version_id": _TEXT,
}  # fmt: skip
MEASURED = frozenset({*_FACTS, "cloud", "files"})  # keys of an out that DVC writes anew when the data changes
_FILE = _FACTS | {"relpath": _TEXT, "cloud": _MAP}
_LOCKED = _FACTS | {"path": _TEXT, "hash": _TEXT, "cloud": _MAP, "files": _LIST, "dataset": _MAP}
_COMMON = _FACTS | {
    "path": _TEXT, "hash": _TEXT, "cloud": _MAP, "files": _LIST, "persist": _FLAG, "fs_config": _MAP,
}  # fmt: skip
_OUT = _COMMON | {
    "desc": _TEXT, "type": _TEXT, "labels": _LIST, "meta": _ANY, "cache": _FLAG, "remote": _TEXT, "push": _FLAG,
}  # fmt: skip
_DEP = _COMMON | {"repo": _MAP, "db": _MAP}
_TEXT_OR_MAP: _Kind = (str | dict, "a text or a mapping")
_REPO = {"url": _TEXT, "rev": _TEXT, "rev_lock": _TEXT, "config": _TEXT_OR_MAP, "remote": _TEXT_OR_MAP}
_DB = {"query": _TEXT, "connection": _TEXT, "file_format": _TEXT, "table": _TEXT}
_STAGE: dict[str, _Kind] = {
    "md5": _HASH, "wdir": (str | None, "a text"), "deps": _LIST_OR_NULL, "outs": _LIST_OR_NULL, "locked": _FLAG,
    "frozen": _FLAG, "always_changed": _FLAG, "meta": _ANY, "desc": _TEXT,
}  # fmt: skip
_LOCKED_STAGE: dict[str, _Kind] = {
    "cmd": (str | list, "a text or a list"), "deps": _LIST, "params": _MAP, "outs": _LIST,
}  # fmt: skip


def hold_stage(root: Fields) -> None:
    """Refuse a `.dvc` file that DVC would refuse.

    Args:
        root: The whole file, scalars as text.

    Raises:
        InvalidRecord: A key that DVC does not know, or a value of another kind.
    """
    _hold(root, _STAGE)
    for dep in root.each("deps"):
        _hold_entry(dep, _DEP)
    for out in root.each("outs"):
        _hold_entry(out, _OUT)


def hold_lock(root: Fields) -> None:
    """Refuse a `dvc.lock` that DVC would refuse.

    Args:
        root: The whole file, scalars as text.

    Raises:
        InvalidRecord: Another schema, a key that DVC does not know, or a value of another kind.
    """
    _hold(root, {"schema": _TEXT, "datasets": _ANY, "stages": _MAP})
    if root.text("schema") != "2.0":
        raise root.wrong("schema", "`2.0`")
    stages = _all(root.within("stages"), _MAP)
    for name in stages.mapping:
        stage = stages.within(name)
        _hold(stage, _LOCKED_STAGE)
        if "cmd" not in stage.mapping:
            raise stage.wrong("cmd", "a text or a list")
        _all(stage.within("params"), _MAP)
        for entry in (*stage.each("deps"), *stage.each("outs")):
            _hold_entry(entry, _LOCKED)
            entry.text("path")


def _hold_entry(item: Fields, kinds: Mapping[str, _Kind]) -> None:
    """Hold a dependency, an out or a file of a folder, and what stands inside it."""
    _hold(item, kinds)
    clouds = _all(item.within("cloud"), _MAP)
    if len(clouds.mapping) > 1:
        raise item.wrong("cloud", "one remote at most")
    for remote in clouds.mapping:
        _hold(clouds.within(remote), _FACTS)
    for file in item.each("files"):
        _hold_entry(file, _FILE)
        file.text("relpath")
    if "repo" in item.mapping:
        _hold(item.within("repo"), _REPO)
        item.within("repo").text("url")
    _hold(item.within("db"), _DB)


def _hold(item: Fields, kinds: Mapping[str, _Kind]) -> None:
    """Hold each value of a mapping against its kind, and refuse unknown keys."""
    item.only(kinds)
    for key, node in item.mapping.items():
        _hold_value(item, key, yaml.typed(node), kinds[key])


def _all(item: Fields, kind: _Kind) -> Fields:
    """Hold every value of a mapping against one kind."""
    for key, node in item.mapping.items():
        _hold_value(item, key, yaml.typed(node), kind)
    return item


def _hold_value(item: Fields, key: str, value: yaml.Value, kind: _Kind) -> None:
    """Hold one value; numbers count as hashes, which DVC wants to have three characters at least."""
    expected, words = kind
    if not isinstance(value, expected) or (kind is _HASH and 0 < len(str(value)) < 3):
        raise item.wrong(key, words)
    if key == "labels" and isinstance(value, list) and not all(isinstance(label, str) for label in value):
        raise item.wrong(key, "a list of texts")

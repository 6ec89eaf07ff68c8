"""DVC's pointers: the outs of a `.dvc` file, and the outs of the stages in a `dvc.lock`.

Source of the grammar: DVC 3's `schema.py`, `output.py`, `annotations.py` and `dependency/`. Every key that DVC allows
is allowed, every other refused, as DVC refuses it. Scalars are read as text and typed here, since a YAML reader that
guesses takes `path: no` for False and a hash of digits for a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import roundtrip, yaml
from datakit.formats.fields import Fields, describe

META_KEY = "datakit"  # of an out's `meta`: the dataset's name


class Out(NamedTuple):
    """One tracked file or folder."""

    path: str  # relative to the folder of the pointer (to `wdir` where one is given)
    md5: str | None = None  # `.dir` at the end for a folder; None where DVC has not hashed it
    size: int | None = None  # bytes
    files: int | None = None  # of a folder
    hash: str | None = None  # `md5` since DVC 3; None is DVC 2, which hashed text with line ends rewritten
    name: str | None = None  # the dataset, from `meta: {datakit: NAME}`
    cache: bool = True
    cloud: bool = False  # kept as versions of a cloud's own (`cloud:` or `files:`)


class Pointer(NamedTuple):
    """What a `.dvc` file says."""

    outs: tuple[Out, ...]
    wdir: str = "."
    frozen: bool = False
    imported: bool = False  # it has `deps`: made by `dvc import` or `dvc import-url`


class Stage(NamedTuple):
    """What a `dvc.lock` says of one stage; paths are relative to the repository."""

    name: str
    command: str
    deps: Mapping[str, str | None]  # path to md5
    outs: tuple[str, ...]
    params: Mapping[str, object]


_META = frozenset({"size", "nfiles", "isexec", "version_id"})
_HASHES = frozenset({"md5", "etag", "checksum"})
_FILE = _META | _HASHES | {"relpath", "cloud"}
_ANNOTATIONS = frozenset({"desc", "type", "labels", "meta"})
_OUT = (
    _META
    | _HASHES
    | _ANNOTATIONS
    | {"path", "hash", "cloud", "persist", "cache", "remote", "push", "files", "fs_config"}
)
_DEP = _META | _HASHES | {"path", "hash", "cloud", "persist", "files", "fs_config", "repo", "db"}
_ROOT = ("md5", "wdir", "deps", "outs", "locked", "frozen", "meta", "always_changed", "desc")
_LOCKED = _META | _HASHES | {"path", "hash", "cloud", "files", "dataset"}


def read(data: bytes, where: str) -> Pointer:
    r"""Read a `.dvc` file.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: Empty, broken, or with a key or value that DVC would refuse.

    >>> read(b"outs:\\n- md5: d41d8cd98f00b204e9800998ecf8427e\\n  size: 0\\n  hash: md5\\n  path: a\\n", "a.dvc").outs[0].size
    0
    """
    if not data.strip():
        raise InvalidRecord(
            where,
            "is empty: DVC would take the data for untracked",
            hint=f"restore it with `git checkout HEAD -- {where}`",
        )
    root = Fields(yaml.load(data, where), where)
    root.only(_ROOT)
    for dep in root.each("deps"):
        dep.only(_DEP)
    root.flag("locked")
    root.flag("always_changed")
    return Pointer(
        outs=tuple(_out(item) for item in root.each("outs")),
        wdir=root.text("wdir", "."),
        frozen=root.flag("frozen"),
        imported=bool(root.each("deps")),
    )


def read_lock(data: bytes, where: str) -> tuple[Out, ...]:
    """Read the outs of every stage in a `dvc.lock`, in file order.

    Raises:
        InvalidRecord: Broken, of another schema, or with a key or value that DVC would refuse.
    """
    return tuple(_locked(item) for _, stage in _stages(data, where) for item in stage.each("outs"))


def read_stages(data: bytes, where: str) -> tuple[Stage, ...]:
    """Read the stages of a `dvc.lock`: what ran, on what, and what came of it.

    Raises:
        InvalidRecord: As for `read_lock`.
    """
    found = []
    for name, stage in _stages(data, where):
        command = stage.get("cmd")
        deps = [_locked(item) for item in stage.each("deps")]
        outs = [_locked(item) for item in stage.each("outs")]
        found.append(
            Stage(
                name=name,
                command="\n".join(stage.texts("cmd")) if isinstance(command, list) else stage.text("cmd"),
                deps={place: dep.md5 for dep in deps if (place := target(where, dep)) is not None},
                outs=tuple(place for out in outs if (place := target(where, out)) is not None),
                params=_params(stage),
            )
        )
    return tuple(found)


def _stages(data: bytes, where: str) -> list[tuple[str, Fields]]:
    """Read the stages of a lock, each with its name; what DVC would refuse is refused."""
    root = Fields(yaml.load(data, where, limit=64 * 1024 * 1024), where)
    root.only(("schema", "datasets", "stages"))
    if root.text("schema", "2.0") != "2.0":
        raise root.wrong("schema", "`2.0`")
    stages = root.within("stages")
    found = [(name, stages.within(name)) for name in stages.mapping]
    for _, stage in found:
        stage.only(("cmd", "deps", "params", "outs"))
    return found


def _locked(item: Fields) -> Out:
    """Read a dependency or out of a lock."""
    item.only(_LOCKED)
    return _facts(item)


def _params(stage: Fields) -> dict[str, object]:
    """Read a stage's parameters as `file:key` to value; the default file is not named."""
    files = stage.within("params")
    found: dict[str, object] = {}
    for file in files.mapping:
        values = yaml.typed(files.mapping[file])
        prefix = "" if file == "params.yaml" else f"{file}:"
        found |= {f"{prefix}{key}": value for key, value in values.items()} if isinstance(values, dict) else {}
    return found


def render(out: Out) -> bytes:
    """Write the `.dvc` file of one new out, byte for byte as `dvc add` does, with the dataset's name as `meta`."""
    return roundtrip.dump({"outs": [_entry(out)]})


def update(data: bytes, where: str, out: Out) -> bytes:
    """Write an out's new facts into the `.dvc` file that has it; comments and every other key stay.

    Args:
        data: The file as it is.
        where: Its path for messages.
        out: The facts; the out with the same path gets them.

    Returns:
        The new file; `data` itself where nothing changed.

    Raises:
        InvalidRecord: No out has that path.
    """
    if out in read(data, where).outs:
        return data
    tree = roundtrip.load(data, where)
    entry = next((item for item in tree["outs"] if str(item["path"]) == out.path), None)
    if entry is None:
        raise InvalidRecord(where, f"has no out `{out.path}`")
    fresh = _entry(out)
    for stale in (*_HASHES, *_META, "cloud", "files"):
        if stale not in fresh and stale != "isexec":
            entry.pop(stale, None)
    meta = entry.get("meta")
    if isinstance(meta, dict) and "meta" in fresh:
        meta[META_KEY] = out.name
        del fresh["meta"]
    for key, value in fresh.items():
        if key not in entry and key in _BEFORE_PATH:
            entry.insert(list(entry).index("path"), key, value)
        else:
            entry[key] = value
    return roundtrip.dump(tree)


_BEFORE_PATH = ("md5", "size", "nfiles", "hash")


def _entry(out: Out) -> dict[str, Any]:
    """Return an out as DVC writes it: these keys in this order."""
    facts = {"md5": out.md5, "size": out.size, "nfiles": out.files, "hash": out.hash, "path": out.path}
    entry: dict[str, Any] = {key: value for key, value in facts.items() if value is not None}
    if out.name is not None:
        entry["meta"] = {META_KEY: out.name}
    return entry


def _out(item: Fields) -> Out:
    """Read an out of a `.dvc` file."""
    item.only(_OUT)
    for key in ("persist", "push", "isexec"):
        item.flag(key)
    for key in ("remote", "desc", "type"):
        item.optional(key)
    item.texts("labels")
    return _facts(item)


def _facts(item: Fields) -> Out:
    """Read what `.dvc` files and locks have in common."""
    for file in item.each("files"):
        file.only(_FILE)
    kind = item.optional("hash")
    if kind not in {None, "md5"}:
        raise item.wrong("hash", "`md5`")
    meta = item.mapping.get("meta")
    name = meta.get(META_KEY) if isinstance(meta, Mapping) else None
    if name is not None and not isinstance(name, str):
        raise InvalidRecord(
            item.where, f"`{item.path}.meta.{META_KEY}`: expected a dataset's name, found {describe(name)}"
        )
    return Out(
        path=_path(item),
        md5=item.digest("md5", "md5") if "md5" in item else None,
        size=item.whole("size"),
        files=item.whole("nfiles"),
        hash=kind,
        name=None if name is None else str(name),
        cache=item.flag("cache", default=True),
        cloud="cloud" in item or "files" in item,
    )


def _path(item: Fields) -> str:
    """Read `path`: any text without control characters; where it leads is judged with the pointer's folder."""
    path = item.text("path")
    if not path or any(ord(char) < 32 and char != "\n" for char in path):
        raise item.wrong("path", "a path without control characters")
    return path


def target(pointer: str, out: Out, wdir: str = ".") -> str | None:
    """Return where an out lies, relative to the repository; None where that is outside, absolute or a URL.

    Args:
        pointer: Path of the `.dvc` file or `dvc.lock`.
        out: One of its outs.
        wdir: Its working folder.

    >>> target("data/raw/reviews.csv.dvc", Out("reviews.csv"))
    'data/raw/reviews.csv'
    >>> target("data/x.dvc", Out("../../etc/passwd")) is None
    True
    """
    parts: list[str] = pointer.split("/")[:-1]
    if out.path.startswith("/") or wdir.startswith("/") or "\\" in out.path or "://" in out.path or ":" in out.path[:2]:
        return None
    for part in (*wdir.split("/"), *out.path.split("/")):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    forbidden = {".git", ".dvc", ".datakit"} & {part.lower() for part in parts}
    return "/".join(parts) if parts and not forbidden else None

"""DVC's pointers: the outs of a `.dvc` file, and the outs of the stages in a `dvc.lock`.

What DVC's schema refuses is refused (`dvc_schema`), and a few values more on which DVC stumbles later. Scalars are read
as text, since a YAML reader that guesses takes `path: no` for False and a hash of digits for a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats import dvc_schema, listing, record, roundtrip, yaml
from datakit.formats.fields import Fields, describe
from datakit.formats.finding import command

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
    executable: bool = False  # of a file: DVC's `isexec`
    push: bool = True  # whether DVC sends it to remotes


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


_NOWHERE: Mapping[str, str] = {}

# What `dvc add` and `render` write for one file or folder with a plain path. The hash holds a letter that makes it no
# number; the pattern is a text: `re` compiles it when it is first used and keeps it.
_USUAL = (
    rb"outs:\n- md5: (?P<md5>(?=[0-9e]*[a-df])[0-9a-f]{32}(?:\.dir)?)\n  size: (?P<size>0|[1-9][0-9]{0,17})\n"
    rb"(?:  nfiles: (?P<files>0|[1-9][0-9]{0,17})\n)?  hash: md5\n  path: (?P<path>[A-Za-z0-9_][A-Za-z0-9_./-]*)\n"
    rb"(?:  meta:\n    datakit: (?P<name>[a-z0-9][a-z0-9_-]*)\n)?"
)
# A path whose parts begin with no dot: it leads nowhere else, and is no address.
_PLAIN = r"[A-Za-z0-9_-][A-Za-z0-9_. -]*(?:/[A-Za-z0-9_-][A-Za-z0-9_. -]*)*"


def read(data: bytes, where: str) -> Pointer:
    r"""Read a `.dvc` file.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: Empty, broken, or with a key or value that DVC would refuse.

    >>> read(b"outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: a\n", "a.dvc").outs[0].size
    0
    """
    usual = _usual(data)
    if usual is not None:
        return usual
    if b"\n<<<<<<< " in b"\n" + data:
        raise InvalidRecord(where, record.MERGE)
    if not data.strip():
        raise InvalidRecord(
            where,
            "is empty: DVC would take the data for untracked",
            hint=f"restore it with `{command('git checkout HEAD --', where)}`",
        )
    root = Fields(yaml.load(data, where), where)
    dvc_schema.hold_stage(root)
    return Pointer(
        outs=tuple(_out(item) for item in root.each("outs")),
        wdir=root.text("wdir", "."),
        frozen=root.flag("frozen"),
        imported=bool(root.each("deps")),
    )


def is_usual(data: bytes) -> bool:
    r"""Say whether a pointer is as DVC writes most of them, with nothing in it but a path, a hash and sizes.

    Args:
        data: The file.

    >>> is_usual(b"outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: a\n"), is_usual(b"desc: a")
    (True, False)
    """
    return re.fullmatch(_USUAL, data) is not None


def _usual(data: bytes) -> Pointer | None:
    """Read a pointer as DVC writes most of them, byte for byte; None for every other, which takes twenty times as long."""
    found = re.fullmatch(_USUAL, data)
    if found is None:
        return None
    md5, size, files, path, name = (None if part is None else part.decode() for part in found.groups())
    if size is None or path is None or name == "null" or not isinstance(yaml.typed(yaml.Text(path, plain=True)), str):
        return None  # a name such as `12` is no text
    return Pointer((Out(path, md5, int(size), None if files is None else int(files), "md5", name),))


def read_lock(data: bytes, where: str, folders: Mapping[str, str] = _NOWHERE) -> tuple[Out, ...]:
    """Read the outs of every stage in a `dvc.lock`, in file order.

    Args:
        data: The file.
        where: Its path.
        folders: Where stages run that do not run beside the file, from `formats.stages.folders`.

    Raises:
        InvalidRecord: Broken, of another schema, or with a key or value that DVC would refuse.
    """
    return tuple(
        _inside(_out(item), name, folders) for name, stage in _stages(data, where) for item in stage.each("outs")
    )


def read_stages(data: bytes, where: str, folders: Mapping[str, str] = _NOWHERE) -> tuple[Stage, ...]:
    """Read the stages of a `dvc.lock`: what ran, on what, and what came of it.

    Raises:
        InvalidRecord: As for `read_lock`.
    """
    found = []
    for name, stage in _stages(data, where):
        command = stage.get("cmd")
        deps = [_inside(_out(item), name, folders) for item in stage.each("deps")]
        outs = [_inside(_out(item), name, folders) for item in stage.each("outs")]
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


def _inside(out: Out, stage: str, folders: Mapping[str, str]) -> Out:
    """Return an out of a lock with its path from the lock's folder; of a `foreach` stage the lock says `NAME@ITEM`."""
    folder = folders.get(stage, folders.get(stage.partition("@")[0]))
    return out if folder is None or out.path.startswith("/") else out._replace(path=f"{folder}/{out.path}")


def _stages(data: bytes, where: str) -> list[tuple[str, Fields]]:
    """Read the stages of a lock, each with its name; what DVC would refuse is refused."""
    root = Fields(yaml.load(data, where, limit=64 * 1024 * 1024), where)
    dvc_schema.hold_lock(root)
    stages = root.within("stages")
    return [(name, stages.within(name)) for name in stages.mapping]


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
    for stale in dvc_schema.MEASURED - set(fresh):
        entry.pop(stale, None)
    meta = entry.get("meta")
    if isinstance(meta, dict) and "meta" in fresh:
        meta[META_KEY] = out.name
        del fresh["meta"]
    entry.update(fresh)  # a key that was not there goes to the end, as DVC has it
    return roundtrip.dump(tree)


def _entry(out: Out) -> dict[str, Any]:
    """Return an out as DVC writes it: these keys in this order."""
    facts = {
        "md5": out.md5,
        "size": out.size,
        "nfiles": out.files,
        "isexec": out.executable or None,
        "hash": out.hash,
        "path": out.path,
    }
    entry: dict[str, Any] = {key: value for key, value in facts.items() if value is not None}
    if out.name is not None:
        entry["meta"] = {META_KEY: out.name}
    return entry


def _out(item: Fields) -> Out:
    """Read an out of a `.dvc` file or a lock."""
    kind = item.optional("hash")
    if kind not in {None, "md5"}:
        raise item.wrong("hash", "`md5`")
    meta = item.mapping.get("meta")
    name = Fields(meta, item.where).get(META_KEY) if isinstance(meta, Mapping) else None
    if name is not None and not isinstance(name, str):
        raise InvalidRecord(
            item.where, f"`{item.path}.meta.{META_KEY}`: expected a dataset's name, found {describe(name)}"
        )
    return Out(
        path=_path(item),
        md5=_md5(item),
        size=item.whole("size"),
        files=item.whole("nfiles"),
        hash=kind,
        name=None if name is None else str(name),
        cache=item.flag("cache", default=True),
        cloud="cloud" in item or "files" in item,
        executable=item.flag("isexec"),
        push=item.flag("push", default=True),
    )


def _md5(item: Fields) -> str | None:
    """Read `md5`; digits without quotes are a number to DVC, on which it stumbles."""
    node = item.mapping.get("md5")
    if node is None or yaml.typed(node) in {None, ""}:
        return None
    if not isinstance(yaml.typed(node), str):
        raise item.wrong("md5", "a text in quotes")
    return item.digest("md5", "md5")


def _path(item: Fields) -> str:
    """Read `path`: any text without control characters; where it leads is judged with the pointer's folder."""
    path = item.text("path")
    if not path or any(ord(char) < 32 and char != "\n" for char in path):
        raise item.wrong("path", "a path without control characters")
    return path


def is_plain(path: str) -> bool:
    """Say whether a path is in its normal form and leads to no folder that Git, DVC or datakit keep for themselves.

    Only paths of usual characters are told at once; of others it says no.

    >>> is_plain("data/raw/a.csv"), is_plain("data/../a.csv")
    (True, False)
    """
    return re.fullmatch(_PLAIN, path) is not None


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
    if wdir == "." and is_plain(pointer) and is_plain(out.path):
        return f"{pointer.rpartition('/')[0]}/{out.path}".removeprefix("/")
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
    return "/".join(parts) if parts and not any(map(listing.is_private, parts)) else None

"""The listing of a folder: DVC's `.dir` object, a JSON array of `{"md5", "relpath"}`, and the digests of a folder.

Source of the format: dvc-data `hashfile/tree.py` (`as_list`, `as_bytes`, `digest`). A listing comes from a cache, a
remote or another person, so `load` treats every name in it as hostile.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from typing import NamedTuple, TypeVar

from datakit.errors import InvalidRecord

MAX_BYTES = 512 * 1024 * 1024
MAX_NAME_BYTES = 255  # of one component: what every common file system takes
MAX_PATH_BYTES = 4096 - 512  # leaves room for the folder that the listing is checked out into
MAX_FOLDERS = 256  # above a file: Python's own walks go one call deeper with each
_Item = TypeVar("_Item")
_PIECE = 10_000  # entries written at a time: a million need not lie in memory as text thrice
_quoted = json.encoder.encode_basestring_ascii  # what `json.dumps` writes a string with

_MD5 = re.compile(r"[0-9a-f]{32}")
_HEX = re.compile(r"[0-9a-f]*")
# Everything that may be wrong with an ASCII path; a hit only means that each component is looked at closely.
_SUSPECT = re.compile(
    r"[\\\0~:]|[. ](?:/|$)|//|^/|/$|^$"
    r"|(?:^|/)(?:\.(?:git|dvc|datakit)|con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:[ ./]|$)",
    re.IGNORECASE,
)
# The same for the names of one folder, joined and between slashes: plain searches first, then one that starts with a slash.
_ODD = ("//", "./", " /", "\\", "\0", "~", ":")
_RESERVED = re.compile(r"/(?:\.(?:git|dvc|datakit)|con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)[ ./]")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_PRIVATE = frozenset({".git", ".dvc", ".datakit", "git~1", "dvc~1", "datakit~1", "datak~1"})
# Code points that HFS+ leaves out when it compares names: `.g<U+200C>it` is `.git` there. The list is Git's own.
_INVISIBLE = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])


class Entry(NamedTuple):
    """One file of a folder."""

    relpath: str  # relative to the folder, POSIX separators
    md5: str  # 32 lower-case hexadecimal digits


def dump(entries: Iterable[Entry], *, in_order: bool = False) -> bytes:
    r"""Write a listing, byte for byte as DVC does.

    Args:
        entries: The files.
        in_order: They come in the order of their paths, so that a million of them need not lie in memory at once.

    Returns:
        The bytes of the `.dir` object.

    >>> dump([Entry("b", "0" * 32), Entry("a/é", "1" * 32)])
    b'[{"md5": "11111111111111111111111111111111", "relpath": "a/\\u00e9"}, {"md5": "00000000000000000000000000000000", "relpath": "b"}]'
    """
    ordered = entries if in_order else sorted(entries, key=attrgetter("relpath"))
    texts = (
        ", ".join([f'{{"md5": {_quoted(md5)}, "relpath": {_quoted(path)}}}' for path, md5 in piece]).encode()
        for piece in _pieces(ordered)
    )
    return b"[%b]" % b", ".join(texts)


def digest(entries: Iterable[Entry], *, in_order: bool = False) -> str:
    """Name a listing as DVC does: the md5 of its bytes and `.dir`.

    Args:
        entries: The files.
        in_order: They come in the order of their paths.

    Returns:
        32 hexadecimal digits and `.dir`.

    >>> digest([])
    'd751713988987e9331980363e24189ce.dir'
    """
    return hashlib.md5(dump(entries, in_order=in_order), usedforsecurity=False).hexdigest() + ".dir"


def sha256(files: Iterable[tuple[str, int, str]], *, in_order: bool = False) -> str:
    """Digest a folder so that names, sizes and contents all count.

    Args:
        files: Relative path, size in bytes and sha256 of each file.
        in_order: They come in the order of their paths.

    Returns:
        The sha256 over `sha256 SP size SP path NUL` of each file, ordered by the bytes of the path.

    >>> sha256([("b", 1, "0" * 64), ("a", 2, "1" * 64)]) == sha256([("a", 2, "1" * 64), ("b", 1, "0" * 64)])
    True
    """
    total = hashlib.sha256()
    for piece in _pieces(files if in_order else sorted(files)):  # text is ordered as its UTF-8 is
        total.update("".join([f"{content} {size} {path}\0" for path, size, content in piece]).encode())
    return total.hexdigest()


def _pieces(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Cut a long sequence into lists."""
    rest = iter(items)
    while piece := list(islice(rest, _PIECE)):
        yield piece


def load(data: bytes, where: str) -> tuple[Entry, ...]:
    """Read a listing that nobody vouches for.

    Args:
        data: The bytes of a `.dir` object.
        where: What to call it in an error.

    Returns:
        The files, in the order of the listing.

    Raises:
        InvalidRecord: It is no listing, or a name in it is unsafe, double, or clashes with another.

    >>> load(b'[{"md5": "00000000000000000000000000000000", "relpath": "a"}]', "x.dir")
    (Entry(relpath='a', md5='00000000000000000000000000000000'),)
    """
    if len(data) > MAX_BYTES:
        raise InvalidRecord(where, f"listing of {len(data):,} bytes, expected at most {MAX_BYTES:,}")
    entries = _plainly(data)
    return _closely(data, where) if entries is None else entries


def check_relpath(relpath: str, where: str) -> None:
    r"""Refuse a path that could lead outside its folder, or that some system cannot hold.

    Args:
        relpath: The path as it stands in a record; hostile.
        where: The record, for the error.

    Raises:
        InvalidRecord: The path is not relative, POSIX and plain, or names something private.

    >>> check_relpath("a/b c.csv", "x.dir")
    >>> check_relpath("../b", "x.dir")
    Traceback (most recent call last):
    ...
    datakit.errors.InvalidRecord: x.dir: unsafe path `../b`: `..` leads out of the folder
    """
    problem = path_problem(relpath)
    if problem is not None:
        raise InvalidRecord(where, f"unsafe path `{shown(relpath)}`: {problem}")


def path_problem(relpath: str) -> str | None:
    """Say what is wrong with a relative path.

    Args:
        relpath: The path as it stands in a record or on disk.

    Returns:
        The problem in a few words, or `None` for a path that is safe everywhere.

    >>> path_problem("a//b")
    'it has an empty component'
    """
    if relpath.isascii() and len(relpath) <= MAX_NAME_BYTES and _SUSPECT.search(relpath) is None:
        return None
    return _whole_problem(relpath) or next(filter(None, map(_component_problem, relpath.split("/"))), None)


def is_private(name: str) -> bool:
    """Say whether some system takes one component of a path for a folder of Git, DVC or datakit.

    Args:
        name: The component.

    >>> is_private(".GIT"), is_private("git~1"), is_private(".git. "), is_private(".github")
    (True, True, True, False)
    """
    return folded(_seen(name)) in _PRIVATE


def are_plain(names: Sequence[str]) -> bool:
    """Tell whether every system can hold all names of one folder and tell them apart; `False` asks for a closer look.

    Args:
        names: Names without a slash, each once.

    >>> are_plain(["a.csv", "b.csv"]), are_plain(["a", "A"]), are_plain(["con"])
    (True, False, False)
    """
    text = "/".join(("", *names, "")).lower()
    return not names or (_is_plain(text) and len(set(text.split("/"))) == len(names) + 1)


def collisions(relpaths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Find paths that some file systems cannot tell apart: they differ in case or in Unicode form only.

    Args:
        relpaths: Relative POSIX paths; the folders in them count too.

    Returns:
        Pairs of names that fall together, each pair in the order met.

    >>> collisions(["A/x", "a/y", "b"])
    (('A', 'a'),)
    """
    seen: dict[str, str] = {}
    folders: set[str] = set()
    found: list[tuple[str, str]] = []

    def meet(path: str) -> None:
        first = seen.setdefault(folded(path), path)
        if first != path:
            found.append((first, path))

    for relpath in relpaths:
        folder = relpath.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            meet(folder)
            folder = folder.rpartition("/")[0]
        meet(relpath)
    return tuple(found)


def shown(name: str) -> str:
    r"""Escape a hostile name for a message and keep it short.

    Args:
        name: A name or path, possibly with control characters or undecodable bytes.

    Returns:
        Printable text of at most 201 characters.

    >>> shown("a\nb")
    'a\\nb'
    """
    text = name if name.isprintable() else name.encode("unicode_escape").decode()
    return text if len(text) <= 200 else text[:200] + "…"


def _is_plain(text: str) -> bool:
    """Tell whether no component between the slashes of a lower-case text is anything but plain."""
    return text.isascii() and not any(map(text.__contains__, _ODD)) and _RESERVED.search(text) is None


def _plainly(data: bytes) -> tuple[Entry, ...] | None:
    """Read what DVC wrote of names that are safe everywhere, as nearly all are; `None` asks for a closer look.

    What is written again to the same bytes has no key twice, nothing else in it, and nothing of another kind.
    """
    try:
        entries = tuple([Entry(item["relpath"], item["md5"]) for item in json.loads(data)])
        md5s = [entry.md5 for entry in entries]
        if dump(entries) != data or set(map(len, md5s)) - {32} or _HEX.fullmatch("".join(md5s)) is None:
            return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return entries if _are_plain_paths([entry.relpath for entry in entries]) else None


def _are_plain_paths(paths: Sequence[str]) -> bool:
    """Tell whether every system can hold all paths and tell them apart, and none is the folder of another."""
    text = "/".join(("", *paths, ""))
    if max(map(len, paths), default=0) > MAX_NAME_BYTES or not text.isascii() or not _is_plain(text.lower()):
        return False
    folders = {path.rpartition("/")[0] for path in paths}
    for folder in tuple(folders):
        while folder := folder.rpartition("/")[0]:
            folders.add(folder)
    names = [*paths, *(folders - {""})]
    return len({name.lower() for name in names}) == len(names)


def _closely(data: bytes, where: str) -> tuple[Entry, ...]:
    """Read any listing entry by entry and say what is wrong with it."""
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_pairs)
    except UnicodeDecodeError as error:
        raise InvalidRecord(where, f"byte {error.start:,} of the listing is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise InvalidRecord(where, f"not JSON: {error.msg}", line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise InvalidRecord(where, "not the JSON of a listing: a number too long or nested too deeply") from error
    if not isinstance(found, list):
        raise InvalidRecord(where, f"expected a list of files, found {_kind(found)}")
    entries = tuple(_entry(item, number, where) for number, item in enumerate(found, start=1))
    _check_tree(entries, where)
    return entries


def _pairs(pairs: list[tuple[str, object]]) -> Sequence[tuple[str, object]]:
    """Keep an object's pairs as they stand, so that a key given twice is seen."""
    return tuple(pairs)


def _kind(value: object) -> str:
    """Name the JSON type of a value."""
    if isinstance(value, tuple):
        return "an object"
    return {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


def _entry(item: object, number: int, where: str) -> Entry:
    """Read one entry; exactly `md5` and `relpath`, both text."""
    if not isinstance(item, tuple):
        raise InvalidRecord(where, f"entry {number} is {_kind(item)}, expected an object")
    keys = [key for key, _ in item]
    if sorted(keys) != ["md5", "relpath"]:
        names = ", ".join(f"`{shown(key)}`" for key in keys[:8]) or "none"
        raise InvalidRecord(where, f"entry {number} has the keys {names}, expected `md5` and `relpath`")
    values = dict(item)
    md5, relpath = values["md5"], values["relpath"]
    if not isinstance(md5, str) or not _MD5.fullmatch(md5):
        found = shown(md5) if isinstance(md5, str) else _kind(md5)
        raise InvalidRecord(where, f"entry {number} has the md5 `{found}`, expected 32 lower-case hexadecimal digits")
    if not isinstance(relpath, str):
        raise InvalidRecord(where, f"entry {number} has a path that is {_kind(relpath)}, expected a string")
    check_relpath(relpath, where)
    return Entry(relpath, md5)


def _check_tree(entries: Sequence[Entry], where: str) -> None:
    """Refuse files that occur twice, that are folders too, or that fall together on some systems."""
    paths: set[str] = set()
    for entry in entries:
        if entry.relpath in paths:
            raise InvalidRecord(where, f"`{shown(entry.relpath)}` is listed twice")
        paths.add(entry.relpath)
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder:
            if folder in paths:
                raise InvalidRecord(where, f"`{shown(folder)}` is a file and the folder of `{shown(path)}`")
            folder = folder.rpartition("/")[0]
    twins = collisions(entry.relpath for entry in entries)
    if twins:
        first, second = twins[0]
        raise InvalidRecord(where, f"`{shown(first)}` and `{shown(second)}` differ in case or Unicode form only")


def _whole_problem(relpath: str) -> str | None:
    """Say what is wrong with a path as a whole."""
    try:
        encoded = relpath.encode()
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if not relpath:
        return "it is empty"
    if len(encoded) > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES:,} bytes"
    if relpath.count("/") > MAX_FOLDERS:
        return f"it lies in more than {MAX_FOLDERS} folders"
    if "\0" in relpath:
        return "it holds a NUL"
    if "\\" in relpath:
        return "it holds a backslash"
    if relpath.startswith("/"):
        return "it is absolute"
    if _DRIVE.match(relpath):
        return "it starts with a drive letter"
    return None


def _component_problem(name: str) -> str | None:
    """Say what is wrong with one component of a path."""
    if not name:
        return "it has an empty component"
    if name == ".":
        return "`.` is not a name"
    if name == "..":
        return "`..` leads out of the folder"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"a component is longer than {MAX_NAME_BYTES} bytes"
    plain = _seen(name)
    if not plain:
        return "a component of dots and spaces only"
    if is_private(name):
        return f"`{plain}` is private to Git, DVC or datakit"
    if _DEVICE.fullmatch(plain.partition(".")[0].rstrip(" ")):
        return f"`{plain}` is the name of a Windows device"
    return None


def _seen(name: str) -> str:
    """Reduce a component to what it names: Windows drops trailing dots and spaces and reads `name:stream` as `name`."""
    return name.translate(_INVISIBLE).partition(":")[0].rstrip(". ")


def folded(path: str) -> str:
    """Reduce a path to what a case-blind, normalising file system sees.

    Args:
        path: With `/` between its parts.

    >>> folded("data/Ü.csv") == folded("data/u\u0308.csv")
    True
    """
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())

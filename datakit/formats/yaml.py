"""Strict YAML: one document of mappings, lists and texts, nothing that two readers could understand differently.

Every scalar is read as text that remembers how it was written, so that `path: no` stays `no` and an all-digit hash stays
a hash; `typed` gives the values of the YAML 1.2 core schema to those who want them. Anchors, aliases, merge keys, tags,
directives, several documents and repeated keys are refused: a reader that keeps the last of two keys and a reader that
keeps the first see two different files. PyYAML is imported when the first file is read, not before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Self, TypeAlias

from datakit.errors import InvalidRecord

__all__ = ["LIMIT", "MAX_DEPTH", "Map", "Node", "Seq", "Text", "Value", "describe", "load", "mapping", "typed"]

LIMIT = 1_000_000  # bytes; a record of people's hand is a few kilobytes
MAX_DEPTH = 50  # levels of nesting; keeps every recursive reader below Python's own limit

# Control characters, the three line breaks on which YAML 1.1 and 1.2 disagree, and byte order marks after the first.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_MAX_DIGITS = 400  # a longer run of digits is a text that happens to be digits

Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | None


class Text(str):
    """A scalar as it stands in the file.

    Attributes:
        plain: Whether it was written without quotes or block indicator; only then may it mean a number or a word.
        line: Its line in the file, counted from 1.
    """

    __slots__ = ("line", "plain")
    plain: bool
    line: int

    def __new__(cls, value: str, plain: bool = False, line: int = 0) -> Self:
        """Make a text that knows how and where it was written."""
        self = super().__new__(cls, value)
        self.plain = plain
        self.line = line
        return self


class Seq(list["Node"]):
    """A list; `line` is where it begins, counted from 1."""

    __slots__ = ("line",)

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line


class Map(dict[str, "Node"]):
    """A mapping in the order of the file; its keys are `Text`; `line` is where it begins, counted from 1."""

    __slots__ = ("line",)

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line


Node: TypeAlias = Text | Seq | Map


def load(data: bytes, where: str, *, limit: int = LIMIT) -> Node:
    r"""Read one YAML document as a tree of texts.

    Args:
        data: The file's bytes: UTF-8, with or without a byte order mark, LF or CRLF.
        where: The file's path, for error messages.
        limit: The largest size that is read, in bytes.

    Returns:
        The tree; an empty file is an empty plain `Text`.

    Raises:
        InvalidRecord: The bytes are no YAML, or use what strict YAML leaves out; it names the line.

    >>> tree = load(b"path: no\nsize: 12\n", "a.dvc")
    >>> tree["path"], typed(tree)
    ('no', {'path': 'no', 'size': 12})
    """
    text = _decoded(data, where, limit)
    import yaml

    try:
        return _compose(_events(text), where)
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None) or getattr(broken, "context_mark", None)
        problem = getattr(broken, "problem", None) or str(broken).splitlines()[0]
        raise InvalidRecord(where, f"not YAML: {problem}", line=mark.line + 1 if mark else None) from None


def typed(node: Node) -> Value:
    """Give plain scalars the values of the YAML 1.2 core schema; quoted ones and keys stay text.

    `true`, `null`, `12`, `0x1f`, `1.5` and `.inf` become values; `no`, `on`, `12:30` and dates stay text, as DVC reads them.

    >>> [typed(Text(s, plain=True)) for s in ("no", "true", "~", "1_000", "0o17", "1e3", "2024-01-01")]
    ['no', True, None, '1_000', 15, 1000.0, '2024-01-01']
    """
    if isinstance(node, Map):
        return {str(key): typed(value) for key, value in node.items()}
    if isinstance(node, Seq):
        return [typed(item) for item in node]
    return _scalar(node) if node.plain else str(node)


def mapping(node: Node, where: str, *, what: str = "the file") -> Map:
    """Return the node as the mapping that it has to be.

    Raises:
        InvalidRecord: It is something else.
    """
    if isinstance(node, Map):
        return node
    raise InvalidRecord(where, f"{what} is {describe(node)}, expected a mapping", line=node.line)


def describe(node: Node) -> str:
    """Name what a node is, for error messages: `a list`, `a mapping`, `empty` or the text itself, shortened."""
    if isinstance(node, Map):
        return "a mapping"
    if isinstance(node, Seq):
        return "a list"
    if not node:
        return "empty"
    return f"`{node}`" if len(node) <= 60 else f"`{node[:57]}...`"


def _scalar(text: Text) -> Value:
    """Resolve one plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-." or len(text) > _MAX_DIGITS:
        return str(text)
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.replace(".", "", 1)) if text[-1] in "fFnN" else float(text)
    return str(text)


def _decoded(data: bytes, where: str, limit: int) -> str:
    """Return the text of a file, or say why it is none."""
    if len(data) > limit:
        raise InvalidRecord(where, f"{len(data)} bytes, expected at most {limit}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = data.count(b"\n", 0, broken.start) + 1
        raise InvalidRecord(where, f"not UTF-8 at byte {broken.start}", line=line) from None
    if text.isascii() and text.isprintable():
        return text
    refused = _REFUSED.search(text)
    if refused:
        line = text.count("\n", 0, refused.start()) + 1
        raise InvalidRecord(where, f"control character U+{ord(refused.group()):04X}", line=line)
    return text


def _events(text: str) -> Callable[[], Any]:
    """Return the function that gives the next parser event: libyaml's where it is there, else PyYAML's own."""
    import yaml

    parser: Any = yaml.CBaseLoader(text) if yaml.__with_libyaml__ else yaml.BaseLoader(text)
    get_event: Callable[[], Any] = parser.get_event  # the stubs describe neither the events nor their attributes
    return get_event


def _compose(event: Callable[[], Any], where: str) -> Node:
    """Build the tree from parser events with an explicit stack."""
    import yaml

    root: Node | None = None
    stack: list[tuple[Seq | Map, Text | None]] = []  # the open collections; of a mapping also the key that waits
    while True:
        found = event()
        kind = type(found)
        if kind is yaml.StreamEndEvent:
            return root if root is not None else Text("", plain=True, line=1)
        if kind is yaml.ScalarEvent:
            node: Node = Text(found.value, not found.style, found.start_mark.line + 1)
        elif kind is yaml.MappingStartEvent:
            node = Map(found.start_mark.line + 1)
        elif kind is yaml.SequenceStartEvent:
            node = Seq(found.start_mark.line + 1)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
            continue
        else:
            _refuse_structure(found, where, root)
            continue
        if found.anchor is not None or found.tag is not None:
            what = f"anchor `&{found.anchor}`" if found.anchor is not None else f"tag `{found.tag}`"
            raise InvalidRecord(where, f"{what} is not allowed", line=node.line, hint="write the value out")
        if not stack:
            root = node
        else:
            _attach(stack, node, where)
        if not isinstance(node, Text):
            if len(stack) == MAX_DEPTH:
                raise InvalidRecord(where, f"nested deeper than {MAX_DEPTH} levels", line=node.line)
            stack.append((node, None))


def _attach(stack: list[tuple[Seq | Map, Text | None]], node: Node, where: str) -> None:
    """Put a node into the innermost open collection: as an item, as a key, or as the value of the key that waits."""
    parent, key = stack[-1]
    if isinstance(parent, Seq):
        parent.append(node)
    elif key is not None:
        parent[key] = node
        stack[-1] = (parent, None)
    elif not isinstance(node, Text):
        raise InvalidRecord(where, f"{describe(node)} as a key, expected a text", line=node.line)
    elif node in parent:
        raise InvalidRecord(where, f"key {describe(node)} is there twice", line=node.line)
    elif node == "<<" and node.plain:
        raise InvalidRecord(where, "merge key `<<` is not allowed", line=node.line, hint="write the keys out")
    else:
        stack[-1] = (parent, node)


def _refuse_structure(found: Any, where: str, root: Node | None) -> None:
    """Raise where an event of the document's frame is one that strict YAML leaves out."""
    import yaml

    line = found.start_mark.line + 1
    if isinstance(found, yaml.AliasEvent):
        raise InvalidRecord(where, f"alias `*{found.anchor}` is not allowed", line=line, hint="write the value out")
    if isinstance(found, yaml.DocumentStartEvent):
        if root is not None:
            raise InvalidRecord(where, "a second document, expected one", line=line)
        if found.version or found.tags:
            raise InvalidRecord(where, "a `%` directive is not allowed", line=line)

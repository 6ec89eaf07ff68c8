"""Names of datasets and references to their versions.

A name becomes a folder, a Git tag, a YAML key and a GTO artifact, so it obeys all four at once.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from datakit.errors import UsageError

NAME = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
NAME_LIMIT = 64

# YAML 1.1 reads these as something else than text; PyYAML and older tools still do.
_YAML_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))]
)
_NUMBER = re.compile(r"[0-9][0-9_]*(e[-+]?[0-9_]+)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+")


class Reference(NamedTuple):
    """`NAME` or `NAME@VERSION`; no version means the working tree."""

    name: str
    version: str | None = None

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}@{self.version}"


class PartReference(NamedTuple):
    """`PART` or `SPLIT/PART`; no split means the one called `default`, or the only one."""

    split: str | None
    part: str


def problem(name: str) -> str | None:
    """Say why a text cannot name a dataset, or return None.

    Args:
        name: The text as given.

    Returns:
        One clause without the name in it, fit for a message.

    >>> problem("reviews-2024") is None
    True
    >>> problem("Reviews")
    'a name is lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit'
    """
    if not name:
        return "a name cannot be empty"
    if len(name) > NAME_LIMIT:
        return f"a name has at most {NAME_LIMIT} characters, this one has {len(name)}"
    if not NAME.fullmatch(name):
        return "a name is lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit"
    if name in _YAML_WORDS or _NUMBER.fullmatch(name):
        return "YAML would read it as something else than a text"
    if name in _WINDOWS_DEVICES:
        return "Windows cannot have a folder of that name"
    return None


def split_problem(name: str) -> str | None:
    """Say why a text cannot name a split, or return None.

    >>> split_problem("dvc")
    'DVC would take `splits/dvc.yaml` for a pipeline'
    """
    if name == "dvc":
        return "DVC would take `splits/dvc.yaml` for a pipeline"
    return problem(name)


def part_reference(text: str) -> PartReference:
    """Read `PART` or `SPLIT/PART`.

    Args:
        text: What the user wrote.

    Raises:
        UsageError: A side of `/` is empty, or there are more than two.

    >>> part_reference("train")
    PartReference(split=None, part='train')
    >>> part_reference("cv1/train")
    PartReference(split='cv1', part='train')
    """
    split, slash, part = text.rpartition("/")
    if not part or (slash and not split) or "/" in split:
        raise UsageError(
            f"`{text}` names no part of a split", hint="write `PART` or `SPLIT/PART`: `train`, `cv1/train`"
        )
    return PartReference(split or None, part)


def check(name: str) -> str:
    """Return the name, or raise UsageError that says what is wrong and offers a name that would do.

    Raises:
        UsageError: The text cannot name a dataset.
    """
    wrong = problem(name)
    if wrong is None:
        return name
    offer = suggest(name)
    raise UsageError(f"`{name}` cannot name a dataset: {wrong}", hint=f"`{offer}` would do")


def suggest(text: str) -> str:
    """Make the nearest valid name of any text, such as a file's name.

    >>> suggest("My Reviews (2024).csv")
    'my-reviews-2024'
    >>> suggest("NO")
    'no-data'
    """
    import unicodedata

    stem = text.rsplit("/", 1)[-1]
    while "." in stem.strip("."):
        stem = stem.strip(".").rsplit(".", 1)[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-_")[:NAME_LIMIT].strip("-_") or "dataset"
    return name if problem(name) is None else f"{name}-data"[:NAME_LIMIT]


def reference(text: str) -> Reference:
    """Read `NAME[@VERSION]`.

    Args:
        text: What the user wrote; VERSION is a semantic version, `latest`, a range or any Git revision.

    Raises:
        UsageError: The name is not a name, or `@` is followed by nothing.

    >>> reference("reviews@v1.2.0")
    Reference(name='reviews', version='v1.2.0')
    >>> reference("reviews@HEAD~1").version
    'HEAD~1'
    """
    name, at, version = text.partition("@")
    if at and not version:
        raise UsageError(f"`{text}` ends with `@` but names no version", hint=f"`{name}` alone means the working tree")
    return Reference(check(name), version or None)

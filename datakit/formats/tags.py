"""Versions as Git tags in GTO's grammar: `NAME@v1.2.0`.

Source of the grammar: GTO's `tag_re` (register `NAME@vX.Y.Z`, deregister with a trailing `!`, deprecate
`NAME@deprecated`); precedence of versions: Semantic Versioning 2.0.0, section 11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from datakit.formats import names

_NUMBER = r"(0|[1-9][0-9]*)"
_SEMVER = re.compile(
    rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)
_RANGE = re.compile(r"([\^~])v?(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:\.(0|[1-9][0-9]*))?")


Level = Literal["major", "minor", "patch"]
LEVELS: tuple[Level, ...] = ("major", "minor", "patch")  # the weightiest first


class Version(NamedTuple):
    """A semantic version; compare with `order`, since build metadata does not count."""

    major: int
    minor: int
    patch: int
    pre: str = ""
    build: str = ""

    def __str__(self) -> str:
        pre = f"-{self.pre}" if self.pre else ""
        build = f"+{self.build}" if self.build else ""
        return f"v{self.major}.{self.minor}.{self.patch}{pre}{build}"


class Tag(NamedTuple):
    """A Git tag that registers, or with `removed` deregisters, a version of a dataset."""

    name: str
    version: Version
    removed: bool = False

    def __str__(self) -> str:
        return f"{self.name}@{self.version}{'!' if self.removed else ''}"


def version(text: str) -> Version | None:
    """Read a semantic version with or without the leading `v`; None where it is not one.

    >>> version("v1.2.0-rc.1")
    Version(major=1, minor=2, patch=0, pre='rc.1', build='')
    >>> version("1.2") is None
    True
    """
    found = _SEMVER.fullmatch(text)
    if found is None:
        return None
    major, minor, patch, pre, build = found.groups()
    return Version(int(major), int(minor), int(patch), pre or "", build or "")


def tag(text: str) -> Tag | None:
    """Read a tag's name; None for a tag that is not a dataset's version.

    >>> str(tag("reviews@v1.2.0"))
    'reviews@v1.2.0'
    >>> tag("v1.2.0") is None
    True
    """
    name, at, rest = text.partition("@")
    removed = rest.endswith("!")
    found = version(rest.removesuffix("!")) if at and rest.startswith("v") else None
    if found is None or names.problem(name):
        return None
    return Tag(name, found, removed)


def order(item: Version) -> tuple[object, ...]:
    """Return a sort key by Semantic Versioning's precedence: a pre-release comes before its release.

    >>> [str(v) for v in sorted(map(version, ["1.0.0", "1.0.0-rc.2", "1.0.0-rc.10", "0.9.9"]), key=order)]
    ['v0.9.9', 'v1.0.0-rc.2', 'v1.0.0-rc.10', 'v1.0.0']
    """
    pre = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in item.pre.split(".")) if item.pre else ()
    return (item.major, item.minor, item.patch, not item.pre, pre)


def successor(item: Version, level: Level) -> Version:
    """Return the version that follows; a pre-release is followed by its release, where that is step enough.

    >>> str(successor(Version(1, 4, 2), "minor")), str(successor(Version(2, 0, 0, "rc.1"), "patch"))
    ('v1.5.0', 'v2.0.0')
    """
    if level == "major":
        step = not item.pre or bool(item.minor or item.patch)
        return Version(item.major + step, 0, 0)
    if level == "minor":
        step = not item.pre or bool(item.patch)
        return Version(item.major, item.minor + step, 0)
    return Version(item.major, item.minor, item.patch + (not item.pre))


def needed(item: Version, level: Level) -> Level:
    """Return the step that a change needs: below 1.0.0 one less, as carets of ranges have it.

    >>> needed(Version(1, 0, 0), "major"), needed(Version(0, 3, 0), "major"), needed(Version(0, 3, 0), "minor")
    ('major', 'minor', 'patch')
    """
    return LEVELS[min(LEVELS.index(level) + (item.major == 0), 2)]


def select(spec: str, versions: Iterable[Version]) -> Version | None:
    """Choose the version that `spec` means: a version, `latest`, `^1.2` or `~1.2.3`; None where none fits.

    Args:
        spec: What stands after `@` in a reference.
        versions: The versions that exist.

    Returns:
        The highest fitting version. A pre-release is chosen only when it is named.

    >>> have = [Version(1, 2, 0), Version(1, 9, 1), Version(2, 0, 0)]
    >>> str(select("^1.2", have)), str(select("~1.2", have)), str(select("latest", have))
    ('v1.9.1', 'v1.2.0', 'v2.0.0')
    """
    known = sorted(versions, key=order)
    exact = version(spec)
    if exact is not None:
        return next((v for v in known if order(v) == order(exact)), None)
    stable = [v for v in known if not v.pre]
    if spec == "latest":
        return stable[-1] if stable else None
    found = _RANGE.fullmatch(spec)
    if found is None:
        return None
    low, high = _bounds(found)
    fitting = [v for v in stable if low <= v[:3] < high]
    return fitting[-1] if fitting else None


def _bounds(found: re.Match[str]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Turn `^1.2` into the half-open interval of versions that it admits."""
    sign, major, minor, patch = found[1], int(found[2]), found[3], found[4]
    low = (major, int(minor or 0), int(patch or 0))
    if sign == "~" and minor is not None:
        return low, (major, low[1] + 1, 0)
    # As in npm and Cargo, a caret keeps the leftmost number that is not zero.
    if sign == "^" and major == 0 and minor is not None:
        return low, ((0, 0, low[2] + 1) if low[1] == 0 and patch is not None else (0, low[1] + 1, 0))
    return low, (major + 1, 0, 0)

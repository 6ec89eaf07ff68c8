r"""What `.dvc/config` of a commit says, for the gate, which reads no file system and loads no library for it.

Format: dvc `config.py` and `config_schema.py`: sections in brackets, quoted where they have a name of their own, as ConfigObj
writes them, which takes keys in quotes, too; `store/dvc_config.py` reads the settings of this machine, with all the files that
DVC brings together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

FILE = ".dvc/config"
_QUOTES = " \t'\""


class Setting(NamedTuple):
    """One line of a section."""

    line: int  # counted from 1
    section: str  # `core`, `remote`
    name: str  # of a remote; empty for a section without one
    key: str
    value: str


class Remotes(NamedTuple):
    """The remotes that everybody who clones the repository has."""

    names: frozenset[str]
    default: str | None = None  # that `core.remote` names


def settings(text: str) -> Iterator[Setting]:
    r"""Read the lines of all sections; a section without a line gives one with an empty key.

    Args:
        text: The file.

    >>> [(each.name, each.key, each.value) for each in settings("['remote \"a\"']\n    'url' = s3://b  # ours\n")]
    [('a', '', ''), ('a', 'url', 's3://b')]
    """
    section, name = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("[") and "]" in stripped:
            kind, _, named = stripped[1 : stripped.rindex("]")].strip(_QUOTES).partition('"')
            section, name = kind.strip(_QUOTES), named.strip(_QUOTES)
            yield Setting(number, section, name, "", "")
        elif section and not stripped.startswith("#"):
            key, _, value = stripped.partition("=")
            yield Setting(number, section, name, key.strip(_QUOTES), value.partition(" #")[0].strip(_QUOTES))


def remotes(text: str) -> Remotes:
    r"""Read the remotes.

    Args:
        text: The file.

    >>> found = remotes("[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://bucket\n")
    >>> sorted(found.names), found.default
    (['storage'], 'storage')
    """
    names: set[str] = set()
    default = None
    for each in settings(text):
        if each.section == "remote" and each.name:
            names.add(each.name)
        elif each.section == "core" and each.key == "remote":
            default = each.value or None
    return Remotes(frozenset(names), default)

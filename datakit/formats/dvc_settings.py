r"""What `.dvc/config` of a commit says about remotes, for the gate, which reads no file system and loads no library for it.

Format: dvc `config.py` and `config_schema.py`: sections in brackets, quoted where they have a name of their own, as ConfigObj
writes them; `store/dvc_config.py` reads the settings of this machine, with all the files that DVC brings together.
"""

from __future__ import annotations

import re
from typing import NamedTuple

FILE = ".dvc/config"

# Texts, which `re` compiles when they are first used: most commits touch no settings.
_SECTION = r"""\s*\[\s*['"]?\s*(core|remote\s+"([^"]*)")\s*['"]?\s*\]"""
_DEFAULT = r"""\s*remote\s*=\s*["']?([^"'#]*?)["']?\s*(?:#.*)?"""


class Remotes(NamedTuple):
    """The remotes that everybody who clones the repository has."""

    names: frozenset[str]
    default: str | None = None  # that `core.remote` names


def remotes(text: str) -> Remotes:
    r"""Read the remotes.

    Args:
        text: The file.

    >>> found = remotes("[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://bucket\n")
    >>> sorted(found.names), found.default
    (['storage'], 'storage')
    """
    names: set[str] = set()
    default, in_core = None, False
    for line in text.splitlines():
        if (section := re.fullmatch(_SECTION, line.partition("#")[0].rstrip())) is not None:
            in_core = section[2] is None
            names |= set() if section[2] is None else {section[2]}
        elif line.lstrip().startswith("["):
            in_core = False
        elif in_core and (said := re.fullmatch(_DEFAULT, line)) is not None:
            default = said[1].strip() or None
    return Remotes(frozenset(names), default)

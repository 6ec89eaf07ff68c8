"""What `.dvcignore` leaves out, as DVC does (dvc `ignore.py`): Git's patterns, the deepest file first, folders for good."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from datakit.errors import InvalidRecord
from datakit.formats.listing import shown
from datakit.store import files

NAME = ".dvcignore"
ALWAYS = frozenset({".git", ".hg", ".dvc"})  # what DVC leaves out by itself
Ignore = Callable[[str, bool], bool]  # path relative to the root, whether it is a folder -> left out
_ALWAYS = (".hg/", ".git/", ".git", ".dvc/")  # DVC's own; a `.dvcignore` may take them back


class _Rule(NamedTuple):
    """One pattern of one `.dvcignore`."""

    folder: str  # that the file lies in, relative to the root, with a trailing slash; empty for the root
    regex: re.Pattern[str]
    ignore: bool  # False for a pattern that starts with `!`
    folders_only: bool


def read(root: Path, target: Path) -> Ignore:
    """Read every `.dvcignore` that has a say about a file or folder.

    Args:
        root: The repository.
        target: A file or folder in it; the files from the root down to its parent count.

    Returns:
        A function that tells whether a path is left out because of its own name; a path below a folder that is left
        out is left out too.

    Raises:
        InvalidRecord: A `.dvcignore` is not UTF-8 or has a pattern that means nothing.
        EnvironmentProblem: A `.dvcignore` cannot be read.
    """
    rules: list[_Rule] = []
    folder, prefix = root, ""
    for part in [*target.relative_to(root).parts[:-1], None]:
        if (folder / NAME).is_file() and (own := _read_rules(folder / NAME, prefix)):
            rules = [*(rules or _rules(_ALWAYS, "", NAME)), *own]
        if part is not None:
            folder, prefix = folder / part, f"{prefix}{part}/"
    return _compiled(rules) if rules else always


def always(path: str, is_folder: bool) -> bool:
    """Tell what DVC leaves out where there is no `.dvcignore`."""
    name = path.rpartition("/")[2]
    return name == ".git" or (is_folder and name in ALWAYS)


def _compiled(rules: Sequence[_Rule]) -> Ignore:
    """Make one function of all rules; the last one that matches decides."""

    def ignored(path: str, is_folder: bool) -> bool:
        for rule in reversed(rules):
            if (is_folder or not rule.folders_only) and path.startswith(rule.folder):
                below = path[len(rule.folder) :]
                if rule.regex.match(below) or (is_folder and rule.regex.match(below + "/")):
                    return rule.ignore
        return False

    return ignored


def _read_rules(path: Path, folder: str) -> list[_Rule]:
    """Read one `.dvcignore`."""
    name = shown(os.fspath(path))
    try:
        text = files.read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRecord(name, f"byte {error.start:,} is not UTF-8") from error
    return _rules([line.strip() for line in text.splitlines()], folder, name)


def _rules(lines: Sequence[str], folder: str, name: str) -> list[_Rule]:
    """Compile patterns with the library that DVC compiles them with."""
    patterns = [(number, line) for number, line in enumerate(lines, start=1) if line and not line.startswith("#")]
    if not patterns:
        return []  # as `dvc init` leaves the file; the library takes longer to load than a folder to look at
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    rules = []
    for number, line in patterns:
        try:
            regex, ignore = GitIgnoreSpecPattern.pattern_to_regex(line)
        except ValueError as error:
            raise InvalidRecord(name, f"`{shown(line)}` is not a pattern", line=number) from error
        if regex is not None and ignore is not None:
            rules.append(_Rule(folder, re.compile(regex), ignore, line.endswith("/")))
    return rules

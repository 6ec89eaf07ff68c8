"""`.pre-commit-config.yaml`: one local hook and two hook types are added; everything else stays byte for byte.

The lines are put in as text, at the indentation of the file, and the result is read again; where it does not mean what
was intended (flow style, no `repos` yet), the file is written by the round-trip writer, which keeps comments.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from datakit.errors import InvalidRecord
from datakit.formats import roundtrip

FILE = ".pre-commit-config.yaml"
HOOK = "datakit"
IDS = frozenset({HOOK, "datakit-check"})  # the local hook, and the one that pre-commit builds an environment for
TYPES = ("pre-commit", "pre-merge-commit")
_TYPES = f"default_install_hook_types: [{', '.join(TYPES)}]\n"


def entry(script: str) -> str:
    r"""Return the command of a hook that is a shell script; pre-commit splits it as a shell would.

    Args:
        script: Without single quotes, so that people can read what they commit.

    >>> entry("exit 0\n")
    "sh -c '\nexit 0\n' datakit"
    """
    if "'" in script:
        return f"sh -c {shlex.quote(script)} {HOOK}"
    return f"sh -c '\n{script}' {HOOK}"


def merge(data: bytes | None, script: str, paths: Sequence[str], where: str = FILE) -> bytes:
    """Return the configuration with datakit's hook and both hook types in it.

    Args:
        data: The file as it is; None where there is none.
        script: The shell script that the hook runs.
        paths: Its arguments: pathspecs of what must not be committed unjudged.
        where: The file's path for messages.

    Returns:
        The new file; `data` itself where nothing is missing.

    Raises:
        InvalidRecord: The file is no configuration of pre-commit.
    """
    tree = roundtrip.load(data or b"", where)
    _check(tree, where)
    wanted = _changed(roundtrip.load(data or b"", where), script, paths)
    if data is not None and _plain(wanted) == _plain(tree):
        return data
    text = _inserted((data or b"").decode("utf-8"), tree, script, paths)
    return text.encode() if text is not None and _means(text, wanted, where) else roundtrip.dump(wanted)


def has_hook(data: bytes, where: str = FILE) -> bool:
    """Say whether a configuration runs datakit already."""
    tree = roundtrip.load(data, where)
    _check(tree, where)
    return _hooked(tree)


def _check(tree: Any, where: str) -> None:
    """Refuse what pre-commit itself would refuse and what cannot be added to."""
    expected = "is no configuration of pre-commit: expected "
    if not isinstance(tree, dict):
        raise InvalidRecord(where, f"{expected}a mapping with `repos`")
    if not isinstance(tree.get("repos", []), list):
        raise InvalidRecord(where, f"{expected}a list at `repos`")
    if not isinstance(tree.get("default_install_hook_types", []), list):
        raise InvalidRecord(where, f"{expected}a list at `default_install_hook_types`")


def _hooked(tree: Any) -> bool:
    """Look for a hook of ours in any repository of the list."""
    repos = [repo for repo in tree.get("repos", []) if isinstance(repo, dict)]
    hooks = [hook for repo in repos for hook in repo.get("hooks") or [] if isinstance(hook, dict)]
    return any(hook.get("id") in IDS for hook in hooks)


def _changed(tree: Any, script: str, paths: Sequence[str]) -> Any:
    """Add what is missing to a tree."""
    types = tree.get("default_install_hook_types")
    if types is None:
        tree.insert(0, "default_install_hook_types", list(TYPES))
    else:
        types.extend(_missing(types))
    if not _hooked(tree):
        tree.setdefault("repos", []).append(roundtrip.load(_block(script, paths, "").encode(), FILE)[0])
    return tree


def _missing(types: Iterable[object]) -> list[str]:
    """Return the hook types that are not installed by default."""
    found = set(map(str, types))
    return [name for name in TYPES if name not in found]


def _block(script: str, paths: Sequence[str], indent: str) -> str:
    """Write the repository `local` with datakit's hook as an item of `repos`."""
    lines = [
        "- repo: local",
        "  hooks:",
        f"  - id: {HOOK}",
        "    name: datakit (datasets are recorded, documented and validated)",
        "    language: system",
        "    stages: [pre-commit, pre-merge-commit]",
        "    always_run: true",
        "    pass_filenames: false",
        "    entry: |",
        *(f"      {line}" for line in entry(script).splitlines()),
        "    args:",
        *(f'    - "{_quoted(path)}"' for path in paths),
    ]
    return "".join(f"{indent}{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """Escape a text for double quotes in YAML."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _inserted(text: str, tree: Any, script: str, paths: Sequence[str]) -> str | None:
    """Put the missing lines into the text; None where its shape leaves no place for them."""
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += ending
    if not tree:
        return "".join([*lines, _TYPES, "repos:\n", _block(script, paths, "")])
    if not _hooked(tree):
        repos = tree.get("repos")
        if not repos or repos.fa.flow_style():
            return None
        block = _block(script, paths, " " * repos.lc.col).replace("\n", ending)
        lines.insert(_end(lines, tree, "repos"), block)
    types = tree.get("default_install_hook_types")
    if types is None:
        first = min(tree.lc.data[key][0] for key in tree)
        lines.insert(first, _TYPES.replace("\n", ending))
    elif _missing(types):
        at = tree.lc.data["default_install_hook_types"][0]
        match = re.search(r"\][ \t]*(#.*)?\r?\n$", lines[at])
        if match is None:
            return None
        comma = ", " if types else ""
        lines[at] = lines[at][: match.start()] + comma + ", ".join(_missing(types)) + lines[at][match.start() :]
    return "".join(lines)


def _end(lines: Sequence[str], tree: Any, key: str) -> int:
    """Return the line behind the value of a top-level key; what people wrote above the next key stays with that."""
    start = tree.lc.data[key][0]
    end = min((place[0] for place in tree.lc.data.values() if place[0] > start), default=len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _means(text: str, wanted: Any, where: str) -> bool:
    """Say whether a text reads as the tree that was intended."""
    try:
        return bool(_plain(roundtrip.load(text.encode(), where)) == _plain(wanted))
    except InvalidRecord:
        return False


def _plain(tree: Any) -> Any:
    """Strip a tree of its comments and the order of its keys."""
    if isinstance(tree, dict):
        return {str(key): _plain(value) for key, value in tree.items()}
    return [_plain(item) for item in tree] if isinstance(tree, list) else tree

"""DK602: what stands where data or records belong and is neither: other tools' pointers, links, other repositories."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datakit.formats import magic, room
from datakit.formats import policy as policies
from datakit.formats.finding import Finding, command
from datakit.gate.change import Case, is_pointer
from datakit.gate.dataset import content
from datakit.repo.git import GITLINK, SYMLINK, Change

_LARGEST = 100_000  # bytes of a `.gitattributes` that is read, or of a link
_LINE = re.compile(rb'[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s#"]\S*))[ \t]+(.*)')
_FILTER = re.compile(rb"(?:^|\s)filter=(lfs|annex)(?:\s|$)")
_TOOLS = {b"lfs": "Git LFS", b"annex": "git-annex"}


def standing_in(case: Case) -> Iterator[Finding]:
    """DK602: no link, other repository or other tool's pointer lies where data or records belong, and no filter makes one."""
    gone = tuple(change.path for change in case.changes if change.removed)
    for change in case.changes:
        if change.removed:
            continue
        if change.path.rpartition("/")[2] == ".gitattributes":
            yield from _filtering(case, change.path)
        elif (mode := _mode(case, change)) in {SYMLINK, GITLINK}:
            if _belongs(case, change.path, gone):
                yield _linked(case, change.path, mode)
        elif (tool := _pointer(case, change)) is not None:
            yield _pointing(case, change.path, tool)


def stands_in(case: Case, change: Change) -> bool:
    """Say whether DK602 speaks of a change, so that no other rule takes it for data.

    Args:
        case: What is judged.
        change: One of its changes.
    """
    if _mode(case, change) in {SYMLINK, GITLINK}:
        return case.policy.tier(change.path) is not None
    return _pointer(case, change) is not None


def _mode(case: Case, change: Change) -> str:
    """Return the mode of a changed path; one that Git does not know yet is as it lies."""
    found = None if change.oid.strip("0") else case.tree.entry(change.path)
    return change.mode if found is None else found.mode


def _pointer(case: Case, change: Change) -> str | None:
    """Return the tool whose pointer lies in a data folder, or in place of a record or of a pointer of DVC."""
    path = change.path
    if is_pointer(path) or room.of(path, case.policy.catalog) is not None:
        return magic.stand_in(content(case.tree, path))  # which other rules read, too
    if case.policy.tier(path) is None or (case.tree.size(path) or 0) > magic.POINTER:
        return None
    return magic.stand_in(content(case.tree, path))


def _belongs(case: Case, path: str, gone: tuple[str, ...]) -> bool:
    """Say whether data or records belong at a path, above it or below it; what lay below it is gone from Git."""
    policy, below = case.policy, f"{path}/"
    if policy.tier(path) is not None or f"{path}/".startswith(f"{policy.catalog}/"):
        return True
    if any(f"{folder}/".startswith(below) for folder in (*policy.data.values(), policy.catalog, ".dvc", ".datakit")):
        return True
    if is_pointer(path) or path in {policies.FILE, "dvc.yaml", ".dvc/config"}:
        return True
    lost = any(is_pointer(each) for each in gone if each.startswith(below))
    return lost or case.tree.entry(f"{path}.dvc") is not None


def _linked(case: Case, path: str, mode: str) -> Finding:
    """Make the finding of a link or of another repository."""
    out = command("git rm --cached --", path)
    if is_pointer(path):
        kind = "another repository" if mode == GITLINK else "a link"
        again = command("datakit add", path.removesuffix(".dvc"))
        return Finding(
            path, "DK602", f"it is {kind} in place of a pointer of DVC", f"{out}, take it away, then {again}"
        )
    again = f"then {command('datakit add', path)}" if case.policy.tier(path) else "then git add it"
    if mode == GITLINK:
        message = "it is another repository, whose files are neither in this one nor in DVC"
        return Finding(path, "DK602", message, f"{out}, move its files here without their `.git`, {again}")
    target = content(case.tree, path)[:_LARGEST].decode(errors="replace")
    if magic.stand_in(target.encode()) is not None:
        return _pointing(case, path, "git-annex")
    message = f"it is a link to `{target[:200]}`, and links are followed to neither data nor records"
    return Finding(path, "DK602", message, f"{out}, put what it leads to in its place, {again}")


def _pointing(case: Case, path: str, tool: str) -> Finding:
    """Make the finding of another tool's pointer."""
    fetch = {"Git LFS": command("git lfs pull --include", path), "git-annex": command("git annex get --", path)}[tool]
    message = f"it is a pointer of {tool}, which DVC knows nothing of"
    if case.policy.tier(path) is None or is_pointer(path):
        mend = f"take the `filter=` that matches it out of .gitattributes, then {command('git add --renormalize --', path)}"
        return Finding(path, "DK602", f"{message}, in place of a record", mend)
    out = command("git rm --cached --", path) if tool == "Git LFS" else command("git annex unannex --", path)
    mend = f"{fetch}, {out}, take its `filter=` out of .gitattributes, then {command('datakit add', path)}"
    return Finding(path, "DK602", message, mend)


def _filtering(case: Case, path: str) -> Iterator[Finding]:
    """Judge the lines of a `.gitattributes` that give a data folder or the catalogue to another tool."""
    if (case.tree.size(path) or 0) > _LARGEST:
        return
    here = path.rpartition("/")[0]
    folders = (*case.policy.data.values(), case.policy.catalog)
    for number, line in enumerate(content(case.tree, path).splitlines(), 1):
        found = _LINE.match(line)
        named = None if found is None else _FILTER.search(found[3])
        if found is None or named is None:
            continue
        pattern = (found[1] or found[2]).decode(errors="replace")
        if any(_covers(here, pattern, folder) for folder in folders):
            tool = _TOOLS[named[1]]
            message = f"`{pattern}` gives data and records to {tool}, and DVC's pointers with them"
            mend = f"take line {number} out of {path}, then git add --renormalize ."
            yield Finding(path, "DK602", message, mend, line=number)


def _covers(here: str, pattern: str, folder: str) -> bool:
    """Say whether a pattern of a `.gitattributes` in the folder `here` is about a folder as a whole, or lies in it."""
    if f"{here}/".startswith(f"{folder}/"):
        return True
    bare = pattern.strip("/")
    if "/" not in pattern.rstrip("/"):
        return bare in {"*", "**", "*.dvc"} and f"{folder}/".startswith(f"{here}/" if here else "")
    literal = re.split(r"[*?\[]", bare)[0]
    start = f"{here}/{literal}" if here else literal
    whole = start if literal == bare else start.rpartition("/")[0]
    return bool(whole) and (f"{whole}/".startswith(f"{folder}/") or f"{folder}/".startswith(f"{whole}/"))

"""Say of each dataset what must be done next; docs/status.md has the truth table."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from datakit.errors import DatakitError, InvalidRecord
from datakit.formats import artifacts
from datakit.formats.finding import Finding
from datakit.formats.manifest import Manifest
from datakit.formats.room import of as room_of
from datakit.gate.change import is_pointer
from datakit.gate.dataset import Dataset, outs, pipeline_of
from datakit.gate.judge import in_order, judge
from datakit.gate.schema import departures
from datakit.progress import SILENT, Progress
from datakit.records import Condition, State
from datakit.repo import project
from datakit.repo.project import Project
from datakit.repo.tree import Commit, Tree
from datakit.steps import catalog, executables, portions, presence, recording, strays, workspace
from datakit.steps.recording import Snapshot
from datakit.store import journal, relocation, remotes
from datakit.store.cache import Cache

_OURS = (".dvc", ".gitignore", ".gitkeep", "README.md")  # files that lie in data folders and are no data


class _Git(NamedTuple):
    """What Git has and has not been told."""

    staged: frozenset[str]
    unstaged: frozenset[str]
    committed: frozenset[str]  # names of datasets that HEAD has, under this name or a former one


def status(
    *names: str, remote: bool = False, root: Path | str | None = None, progress: Progress = SILENT
) -> tuple[State, ...]:
    """Return the condition of each dataset, and of data that nothing tracks yet.

    Only what changed since it was last looked at is hashed.

    Args:
        names: The datasets; all, and unrecorded data, by default.
        remote: Ask DVC's default remote for every byte of the datasets that are good so far.
        root: A folder of the project; the current one by default.
        progress: Told of every byte that is hashed.

    Returns:
        One state each, sorted by name; unrecorded data and findings that concern no dataset come last.

    Raises:
        NotFound: An unknown dataset.
        EnvironmentProblem: The remote was to be asked, and there is none or it does not answer.
    """
    where = project.find(root)
    with where.objects:
        tree, head = where.tree, where.git.head()
        known = catalog.find(where, tree, names)
        base = Commit(where.git, where.objects, head)
        found = in_order([*judge(tree, base, where.git.pending(head), whole=True), *departures(tree)])
        git = _Git(
            frozenset(change.path for change in where.git.changes(head)),
            frozenset(where.git.listed("--modified", "--deleted", "--others", "--exclude-standard")),
            frozenset(name for name in known if catalog.committed(where, base, tree, name) is not None),
        )
        cache = recording.open_cache(where)
        datasets = {name: Dataset(tree, where.policy, name) for name in names or known}
        states = [_state(where, cache, dataset, found, git, progress) for dataset in datasets.values()]
        if remote:
            states = presence.held_against(remotes.open_remote(where.root), cache, states, datasets)
        if not names:
            states, stray = strays.claimed(where, cache, tree, states, sorted(_unrecorded(where, tree)))
            states += [_interrupted()] * bool(journal.pending(where.state) or relocation.pending(where.state))
            told = {finding.dataset for finding in found if finding.dataset in known}
            others = [finding for finding in found if finding.dataset not in told and finding.level != "known"]
            states += [State(f.dataset, f.path, "broken", f"{f.code} {f.message}", f.hint) for f in others]
            states += [
                State("", path, "unrecorded", "nothing tracks it", f"datakit add {shlex.quote(path)}") for path in stray
            ]
        return tuple(states)


def _interrupted() -> State:
    """Say that a command was killed after it had decided what to write."""
    detail = "a command was killed while it wrote; the next `add` or `validate` finishes it"
    return State("", f"{project.STATE}/journal", "broken", detail, "datakit add")


def _state(
    where: Project, cache: Cache, dataset: Dataset, findings: Iterable[Finding], git: _Git, progress: Progress
) -> State:
    """Find the first thing that must be done about a dataset."""
    manifest, known = dataset.manifest.value, catalog.recorded(where, dataset.tree, dataset.name)
    path = known.path if known else dataset.room.folder
    own = [finding for finding in findings if finding.dataset == dataset.name]
    errors = [finding for finding in own if finding.level == "error"]

    def state(condition: Condition, detail: str, command: str) -> State:
        return State(dataset.name, path, condition, detail, command)

    lies = None if known is None else _lies(where, cache, path, progress)
    if found := _left(where, dataset, path, lies):
        return state(*found)
    torn = [finding for finding in errors if finding.code.startswith("DK1")]
    if torn or manifest is None:
        first = torn[0] if torn else Finding(path, "DK103", "the room has no manifest", "datakit add PATH")
        return state("broken", f"{first.code} {first.message}", first.hint)
    if lies is None:
        return state("absent", "the data is not here", f"datakit pull {dataset.name}")
    if isinstance(lies, DatakitError):
        return state("broken", lies.message, lies.hint or "")
    if some := portions.left_out(where, cache, dataset, lies):
        return state("partial", some, f"datakit pull {dataset.name}")
    if lies.md5 != manifest.data.md5:
        reason = ' -m "why the data changed"' if dataset.name in git.committed else ""
        return state("changed", "the data is not what is recorded", f"datakit add {dataset.name}{reason}")
    if other := executables.difference(where, dataset, manifest, lies.scan):
        return state("changed", *other)
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return state("incomplete", f"{errors[0].code} {errors[0].message}{more}", errors[0].hint)
    return _committed(where, dataset, manifest, own, git)


def _left(
    where: Project, dataset: Dataset, path: str, lies: Snapshot | DatakitError | None
) -> tuple[Condition, str, str] | None:
    """Say of data that Git left behind when it moved the record, or that would undo what it brought."""
    if not isinstance(lies, Snapshot):
        return None
    name, found = dataset.name, workspace.standing(where, dataset, lies.md5)
    if found == "current":
        runs = workspace.noted_executable(where, name, lies.md5) or executables.noted(lies.scan)
        workspace.note(where, name, lies.md5, runs)
    if workspace.torn(where, dataset, lies.md5):
        detail = "both sides of the merge recorded it, and the data here is of one side only"
        return "diverged", detail, workspace.together(where, name, path)
    if found == "behind":
        return "behind", "Git moved on and left the data of another record", f"datakit pull {name}"
    if found == "diverged":
        return "diverged", "the data was changed from other bytes than are recorded now", workspace.apart(name, path)
    return None


def _lies(where: Project, cache: Cache, path: str, progress: Progress) -> Snapshot | DatakitError | None:
    """Hash what lies in the working tree; None where nothing does."""
    try:
        return recording.look(where, cache, path, progress) if os.path.lexists(where.root / path) else None
    except DatakitError as error:
        return error


def _committed(where: Project, dataset: Dataset, manifest: Manifest, own: list[Finding], git: _Git) -> State:
    """Say how far Git has been told of a dataset that is good."""

    def ours(path: str) -> bool:
        return room_of(path, where.policy.catalog) == dataset.name or path == manifest.pointer

    if unstaged := sorted(path for path in git.unstaged if ours(path)):
        unstaged += [artifacts.FILE] * (artifacts.FILE in git.unstaged)
        return State(
            dataset.name,
            manifest.path,
            "unstaged",
            f"Git has not been told of {unstaged[0]}",
            shlex.join(["git", "add", *unstaged]),
        )
    if any(ours(path) for path in git.staged):
        checked = "files, nothing inside is checked" if manifest.data.format == "files" else "validated"
        return State(dataset.name, manifest.path, "ready", f"recorded, documented, {checked}", "git commit")
    if own:
        return State(dataset.name, manifest.path, "draft", own[0].message, own[0].hint)
    return State(dataset.name, manifest.path, "clean", "", "")


def _unrecorded(where: Project, tree: Tree) -> Iterator[str]:
    """Return the files and folders in data folders that no pointer tracks."""
    tracked: set[str] = set()
    for path in tree.paths():
        if is_pointer(path):
            try:
                tracked |= {
                    target
                    for target, _ in outs(tree.read(path) or b"", path, pipeline_of(tree, path))
                    if target is not None
                }
            except InvalidRecord:
                tracked |= {path.removesuffix(".dvc")}  # most likely; the pointer is a finding of its own
    inner = {"/".join(parts[:i]) for parts in (path.split("/") for path in tracked) for i in range(1, len(parts))}
    for folder in where.policy.data.values():
        if folder not in tracked and not any(folder.startswith(f"{path}/") for path in tracked):
            yield from _untracked(where.root, folder, tracked, inner)


def _untracked(root: Path, folder: str, tracked: set[str], inner: set[str]) -> Iterator[str]:
    """Walk one folder, only into sub-folders that hold something tracked."""
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if path in tracked or entry.name.endswith(_OURS) or entry.name.startswith("."):
            continue
        if path in inner:
            yield from _untracked(root, path, tracked, inner)
        elif not entry.is_dir(follow_symlinks=False) or _has_file(root / path):
            yield path


def _has_file(top: Path) -> bool:
    """Say whether a folder holds a file, however deep it is."""
    folders = [os.fspath(top)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    return True
                folders.append(entry.path)
    return False

"""Give a dataset another name or its data another place; the bytes stay, and so does everything that is known of them.

What was begun by hand is finished: after `dvc mv`, `git mv` of the pointer or a renamed room the same command brings the
records after it. Other datasets that name it as their parent get the new name, since a name is how a parent is found;
its hash stays. Released versions keep the old name: `OLD@VERSION` reads the commit, which knows no other.
"""

from __future__ import annotations

import os
from pathlib import Path

from datakit.errors import UsageError
from datakit.formats import listing, names
from datakit.formats.manifest import Manifest
from datakit.gate.dataset import Dataset
from datakit.records import Moved
from datakit.repo import project
from datakit.repo.project import Project
from datakit.repo.tree import Commit
from datakit.steps import moving, recording, renaming
from datakit.steps.rewriting import PRIVATE
from datakit.store import guard


def mv(name: str, to: str, *, root: Path | str | None = None) -> Moved:
    """Rename a dataset, or move its data; everything that names it follows, and is staged.

    Args:
        name: The dataset.
        to: Where it goes. A path, counted from `root`, where it has a `/`, ends with the suffix of the data or is an
            existing folder, into which the data goes then; else the new name. `catalog/NEW` is a name too.
        root: A folder of the project; the current one by default.

    Returns:
        What the dataset is called and where its data lies now.

    Raises:
        UsageError: `to` is no name, could be both, or is taken; or the dataset was removed.
        NotFound: There is no such dataset.
        InvalidRecord: A record of the dataset is broken.
        EnvironmentProblem: Something is in the way: a file, another pointer, a stage, an ignore rule, the disk.
        LockTimeout: Another process holds the repository.
    """
    where = project.find(root)
    names.check(name)
    recording.recover(where, recording.open_cache(where))
    with where.objects, guard.lock(where.root / ".dvc"):
        new, path = _meaning(where, name, to)
        return renaming.rename(where, name, new) if new is not None else moving.move(where, name, path)


def _meaning(where: Project, name: str, word: str) -> tuple[str | None, str]:
    """Say what the second word means: a name, or a path relative to the repository."""
    known = _known(where, name)
    path = where.relative(word)
    prefix = f"{where.policy.catalog}/"
    if path is not None and f"{path}/".startswith(prefix):
        inner = path[len(prefix) :]
        if names.problem(inner):
            raise UsageError(
                f"`{word}` is in the catalogue, where no data lies", hint=f"write the new name: datakit mv {name} NEW"
            )
        return inner, ""
    suffix = Path(known.path).suffix.lower() if known is not None else ""
    folder = (where.here / word).is_dir()
    like_path = "/" in word or bool(suffix and word.lower().endswith(suffix)) or word in {".", ".."}
    if not like_path and names.problem(word) is None:
        if folder:
            raise UsageError(
                f"`{word}` is a folder and could be a name",
                hint=f"write `{word}/` for the folder, or `{prefix}{word}` for the name",
            )
        return word, ""
    if not (like_path or folder):
        raise UsageError(
            f"`{word}` cannot name a dataset: {names.problem(word)}",
            hint=f"`{names.suggest(word)}` would do; for a path write `./{word}`",
        )
    return None, _path(where, known, word, path, folder=folder)


def _known(where: Project, name: str) -> Manifest | None:
    """Return what is recorded of a dataset now or in HEAD, under whose name a rename may have begun."""
    found = Dataset(where.tree, where.policy, name).manifest.value
    head = Commit(where.git, where.objects, where.git.head())
    return found or Dataset(head, where.policy, name).manifest.value


def _path(where: Project, known: Manifest | None, word: str, path: str | None, *, folder: bool) -> str:
    """Return where the data shall lie; into an existing folder it goes with the name that it has."""
    base = known.path.rpartition("/")[2] if known is not None else ""
    own = known is not None and path == known.path
    into = (folder and not own) or word.endswith("/")
    if into and where.relative(os.path.join(word, base)) is not None:
        path = where.relative(os.path.join(word, base))
    if path is None:
        raise UsageError(f"`{word}` is not inside the repository", hint="data of a dataset lies in it")
    if PRIVATE & {part.casefold() for part in path.split("/")}:
        raise UsageError(f"`{word}` is private to Git, DVC or datakit", hint="choose a place of its own")
    if problem := listing.path_problem(path):
        raise UsageError(f"`{word}` cannot be recorded: {problem}", hint="choose another name")
    return path

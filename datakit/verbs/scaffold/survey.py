"""What `init` finds in a folder: whether it can become a project, what DVC tracks there, where data and rooms may lie."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from datakit.errors import DatakitError, EnvironmentProblem, InvalidRecord, UsageError
from datakit.formats import policy
from datakit.formats.policy import Policy
from datakit.formats.room import Room
from datakit.gate.change import is_pointer
from datakit.gate.dataset import outs
from datakit.repo.git import Git
from datakit.store import dvc_config, files

_OF_DVC = (
    ".dvc",
    "/dvc.yaml",
    "/dvc.lock",
    "/.gitignore",
    "/.gitkeep",
    "/README.md",
)  # what else Git may have in there
CATALOGS = ("catalog", "data-catalog", "datakit-catalog")


class Site(NamedTuple):
    """A folder that can be a project."""

    root: Path  # absolute, links resolved
    git: Git  # answers for the folder, though it may be no repository yet
    is_git: bool
    is_dvc: bool
    policy: Policy  # of datakit.yaml where there is one, else what will be written
    tracked: Mapping[str, str]  # paths that DVC tracks, each with its `.dvc` file or dvc.lock
    unreadable: Mapping[str, DatakitError] = {}  # pointers, each with what is wrong with it
    nameless: Mapping[str, str] = {}  # paths that a `.dvc` file tracks without the name of a dataset, with that file

    def owner(self, path: str) -> str | None:
        """Return what DVC tracks at or above a path, or None."""
        parts = path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return next((folder for folder in above if folder in self.tracked), None)

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, None where there is none."""
        target = self.root / path
        return files.read(target) if os.path.lexists(target) else None

    @property
    def shelves(self) -> tuple[str, ...]:
        """The folders that hold the data folders; a README and an ignore list fit in without being data."""
        above = {folder.rpartition("/")[0] for folder in self.policy.data.values()}
        return tuple(sorted(folder for folder in above if folder and self.owner(folder) is None))


class _Tracked(NamedTuple):
    """A path that DVC tracks."""

    target: str
    pointer: str
    name: str | None  # of the dataset


@contextmanager
def survey(root: Path) -> Iterator[Site]:
    """Look at a folder; nothing in it is changed.

    Args:
        root: The folder, absolute; it need not exist.

    Yields:
        What was found; its `git` answers until the block ends.

    Raises:
        UsageError: The folder is a file, lies inside another repository, or has its `.dvc` elsewhere.
        EnvironmentProblem: It cannot be read or written, or Git refuses it.
        InvalidRecord: A file that decides where things lie is broken.
    """
    root = Path(os.path.realpath(root))
    _check_folder(root)
    is_git = _is_top(root)
    with TemporaryDirectory(prefix="datakit-") as temp:
        git = Git(root) if is_git else _stand_in(root, Path(temp))
        is_dvc = _check_dvc(root, git)
        outs, unreadable = _outs(root, git)
        tracked = {item.target: item.pointer for item in outs}
        nameless = {item.target: item.pointer for item in outs if not item.name and item.pointer.endswith(".dvc")}
        data = root / policy.FILE
        found = policy.read(files.read(data)) if os.path.lexists(data) else _fitting(root, git, tracked)
        yield Site(root, git, is_git, is_dvc, found, tracked, unreadable, nameless)


def _check_folder(root: Path) -> None:
    """Refuse what is no folder, or one that cannot be read or written."""
    if os.path.exists(root) and not root.is_dir():
        raise UsageError(f"`{root}` is a file, expected a folder", hint=f"datakit init {root.parent}")
    there = _nearest(root)
    for may, word in ((os.R_OK | os.X_OK, "read"), (os.W_OK, "written")):
        if not os.access(there, may):
            raise EnvironmentProblem(
                f"`{there}` cannot be {word} by this user", hint=f"check owner and mode: `ls -ld {there}`"
            )


def _nearest(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.parents) if os.path.exists(each))


def _is_top(root: Path) -> bool:
    """Say whether a folder is the top of a work tree; refuse one that lies inside a repository."""
    there = _nearest(root)
    git = Git(there)
    done = git.try_run("rev-parse", "--is-bare-repository", "--is-inside-git-dir")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        if "not a git repository" in said[0] and not os.path.lexists(root / ".git"):
            return False
        hint = next((line.strip() for line in said if line.strip().startswith("git config")), None)
        raise EnvironmentProblem(f"Git refuses `{there}`: {said[0]}", hint=hint)
    bare, inside = done.stdout.decode().split()
    if bare == "true":
        raise UsageError(
            f"`{there}` is a bare repository, which has no files", hint="clone it and run `datakit init` in the clone"
        )
    if inside == "true":
        raise UsageError(f"`{there}` belongs to Git itself", hint="run `datakit init` at the top of the work tree")
    top = Path(os.fsdecode(git.run("rev-parse", "--show-toplevel")).removesuffix("\n"))
    if top.resolve() != root:
        raise UsageError(
            f"`{root}` lies inside the Git repository `{top}`; a project is the whole repository",
            hint=f"datakit init {top}",
        )
    return True


def _stand_in(root: Path, temp: Path) -> Git:
    """Make an empty repository elsewhere that answers what Git would say about a folder which is no repository yet."""
    work = root if root.exists() else temp / "tree"
    work.mkdir(exist_ok=True)
    git = Git(work)
    git.run("init", "--quiet", "--bare", str(temp / "git"))
    git.env |= {"GIT_DIR": str(temp / "git"), "GIT_WORK_TREE": str(work)}
    return git


def _check_dvc(root: Path, git: Git) -> bool:
    """Say whether DVC is initialised in the folder; refuse where it is so in another one only."""
    if (root / ".dvc").is_dir():
        if dvc_config.read(root).no_scm:
            raise UsageError(
                "DVC is told to work without Git here: `core.no_scm` is set", hint="dvc config --unset core.no_scm"
            )
        return (root / ".dvc" / "config").is_file()  # what DVC makes last: a killed start is finished
    if os.path.lexists(root / ".dvc"):
        raise UsageError(f"`{root / '.dvc'}` is not a folder, expected DVC's own", hint="move it away")
    above = next((folder for folder in root.parents if (folder / ".dvc").is_dir()), None)
    if above is not None:
        raise UsageError(f"`{root}` lies inside the DVC repository `{above}`", hint=f"datakit init {above}")
    for path in git.listed("--cached", "--others", "--exclude-standard"):
        if path.endswith("/.dvc/config"):
            raise UsageError(
                f"DVC is initialised in `{path.removesuffix('/.dvc/config')}`, not at the top of the repository; "
                "datakit needs Git, DVC and datakit.yaml in one folder",
                hint="move that folder into a repository of its own, or its `.dvc` to the top",
            )
    return False


def _outs(root: Path, git: Git) -> tuple[list[_Tracked], dict[str, DatakitError]]:
    """Return every path that DVC tracks and what tracks it, and what is wrong with the pointers that cannot be read."""
    found: list[_Tracked] = []
    unreadable: dict[str, DatakitError] = {}
    for path in dict.fromkeys(git.listed("--cached", "--others", "--exclude-standard")):
        if is_pointer(path) and (root / path).is_file():
            try:
                targets = outs(files.read(root / path), path)
            except (InvalidRecord, EnvironmentProblem) as error:
                unreadable[path] = error
                continue
            found += [_Tracked(target, path, out.name) for target, out in targets if target is not None]
    return found, unreadable


def _fitting(root: Path, git: Git, tracked: Mapping[str, str]) -> Policy:
    """Return the policy for a folder that has none: the default, less what is taken."""
    owner = tracked.get("data")
    data = {"raw": "data"} if _is_flat(git, tracked) else Policy().data
    if owner is not None:
        data = {"raw" if owner.endswith(".dvc") else "processed": "data"}
    free = [name for name in CATALOGS if name not in tracked and _is_free(root / name)]
    if not free:
        raise EnvironmentProblem(
            f"the folders {', '.join(f'`{name}/`' for name in CATALOGS)} all hold something else already",
            hint=f"write `catalog: another-folder` into {policy.FILE}, then run `datakit init` again",
        )
    return Policy(data=data, catalog=free[0])


def _is_flat(git: Git, tracked: Mapping[str, str]) -> bool:
    """Say whether DVC tracks data in `data/` beside the usual folders, and nothing there is Git's or in between."""
    usual = Policy()
    inside = [path for path in tracked if path.startswith("data/")]
    if all(usual.tier(path) is not None for path in inside) or any(usual.tier(path) == "interim" for path in inside):
        return False
    listed = git.listed("--cached", paths=["data/"])
    return all(path.endswith(_OF_DVC) for path in listed)


def _is_free(folder: Path) -> bool:
    """Say whether a folder can be the catalogue: not there, empty, or holding rooms only."""
    if not os.path.lexists(folder):
        return True
    if folder.is_symlink() or not folder.is_dir():
        return False
    room = Room("", "")
    marks = [os.path.basename(path) for path in (room.manifest, room.contract)]
    return all(any((each / mark).is_file() for mark in marks) for each in folder.iterdir())

"""The plan of `init`: steps that say what will be done, each with the bytes or the setting, and the doing of exactly that."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from datakit.errors import EnvironmentProblem
from datakit.repo.git import Git
from datakit.store import files

Action: TypeAlias = Literal["created", "merged", "kept", "installed", "configured", "problem"]

BEFORE = ".before-datakit"  # the ending of a hook that was there first; ours runs it


class MakeGit(NamedTuple):
    """Run `git init`."""


class MakeDvc(NamedTuple):
    """Run `dvc init`."""


class Folder(NamedTuple):
    """Make a folder."""


class Write(NamedTuple):
    """Give a file its content."""

    data: bytes
    before: bytes | None = None  # what the file held when the plan was made; None where it was not there


class Hook(NamedTuple):
    """Write a hook of Git's; one that is there already is kept under another name and run first."""

    file: Path
    data: bytes


class Executable(NamedTuple):
    """Let Git start a hook that is there."""

    file: Path


class Run(NamedTuple):
    """Run a command at the top of the repository."""

    command: tuple[str, ...]
    hint: str  # what a person would type


class Setting(NamedTuple):
    """Write a setting into the clone's own Git configuration."""

    key: str
    value: str


class Remote(NamedTuple):
    """Give DVC its default remote."""

    name: str
    url: str


Effect: TypeAlias = MakeGit | MakeDvc | Folder | Write | Hook | Executable | Run | Setting | Remote | None


class Step(NamedTuple):
    """One thing that `init` does, leaves alone or cannot do."""

    action: Action
    path: str  # relative to the project, `/` between the parts; of a setting its key
    detail: str = ""  # for people: why, or how to mend it
    effect: Effect = None

    @property
    def data(self) -> bytes | None:
        """The bytes that will be in the file, where the step writes one."""
        return self.effect.data if isinstance(self.effect, Write | Hook) else None


class Plan(NamedTuple):
    """Everything that `init` does in one project."""

    root: Path
    steps: tuple[Step, ...]
    staged: tuple[str, ...] = ()  # files of the plan that Git gets to know, as `dvc init` does with its own

    @property
    def problems(self) -> tuple[Step, ...]:
        """What has to be mended by hand before the project is usable."""
        return tuple(step for step in self.steps if step.action == "problem")

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that change something; none when everything is in place."""
        return tuple(step for step in self.steps if step.effect is not None)


def apply(plan: Plan) -> None:
    """Do what a plan says, in its order.

    Args:
        plan: Made for the folder as it is now.

    Raises:
        EnvironmentProblem: The system, Git, DVC or pre-commit refuses, or a file changed since the plan was made.
    """
    try:
        plan.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.problem(error, "make the folder", plan.root) from error
    staged = set(plan.staged)
    for step in plan.steps:
        staged.update(_do(plan.root, step))
    git = Git(plan.root)
    git.stage(sorted(staged - git.ignored(staged).keys()))


def _do(root: Path, step: Step) -> Iterable[str]:
    """Do one step; return files that Git should get to know beside those of the plan."""
    match step.effect:
        case MakeGit():
            Git(root).run("init", "--quiet", "--initial-branch=main")
        case MakeDvc():
            from datakit.store import dvc

            return dvc.initialise(root)
        case Folder():
            files.make_folder(root / step.path, root=root)
        case Write(data, before):
            _write(root, step.path, data, before)
        case Hook(file, data):
            _hook(file, data)
        case Executable(file):
            _let_run(file)
        case Run(command, hint):
            _run(root, command, hint)
        case Setting(key, value):
            Git(root).set(key, value)
        case Remote(name, url):
            from datakit.store import dvc_config

            dvc_config.set_default_remote(root, name, url)
            return (".dvc/config",)
        case None:
            pass
    return ()


def _write(root: Path, path: str, data: bytes, before: bytes | None) -> None:
    """Write a file of the project, unless it is no longer what the plan was made for."""
    target = root / path
    files.make_folder(target.parent, root=root)
    if (files.read(target) if target.exists() else None) not in {before, data}:
        raise EnvironmentProblem(f"`{path}` changed while datakit looked at it", hint="run `datakit init` again")
    files.write_atomic(target, data, root=root)


def _hook(file: Path, data: bytes) -> None:
    """Write a hook; Git's own folder is outside the project, so its path is not asked to be inside."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_symlink() or (file.exists() and MARK not in file.read_bytes()):
            file.rename(file.with_name(file.name + BEFORE))
    except OSError as error:
        raise files.problem(error, "install the hook", file) from error
    files.write_atomic(file, data, mode=0o777)
    _let_run(file)


def _let_run(file: Path) -> None:
    """Let everybody who may read a hook start it."""
    try:
        mode = file.stat().st_mode
        file.chmod(mode | (mode & 0o444) >> 2)
    except OSError as error:
        raise files.problem(error, "install the hook", file) from error


def _run(root: Path, command: Iterable[str], hint: str) -> None:
    """Run a command that has to succeed."""
    try:
        done = subprocess.run(
            list(command), cwd=root, env=Git(root).env, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise EnvironmentProblem(f"`{hint}` could not be started: {error.strerror}", hint=f"run `{hint}`") from error
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines() or ["no message"]
        raise EnvironmentProblem(f"`{hint}` failed: {said[-1]}", hint=f"run `{hint}`")


MARK = b"# datakit: written by `datakit init`"  # the second line of a hook that datakit may rewrite

"""Row 64: repositories and settings that must not change a verdict, each with a bad and a good change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.scenarios.modes import Desk
from tests.scenarios.prepared import CODE, MANIFEST, POINTER, WITHOUT_HOOKS, install, put, take
from tests.scenarios.table import made, refused
from tests.support.repo import Repo

Change = Callable[[Repo], object]


def nothing(repo: Repo) -> None:
    """Set up nothing."""


class Setting(NamedTuple):
    """What is set up before a change is staged, what happens to it after, and the environment of all of it."""

    before: Callable[[Repo], Repo | None] = nothing
    after: Change = nothing
    environment: Mapping[str, str] = {}
    options: tuple[str, ...] = ()  # of Git, when it commits


def configured(*pairs: tuple[str, str], attributes: str = "") -> Setting:
    """Return the setting of Git's configuration, and of attributes that nobody commits."""

    def before(repo: Repo) -> None:
        for key, value in pairs:
            repo.git("config", key, value)
        repo.write({".git/info/attributes": attributes})

    return Setting(before)


def git(*args: str) -> Change:
    """Return what runs Git."""
    return lambda repo: repo.git(*args)


def orphan(repo: Repo) -> None:
    """Begin a history without a first commit."""
    repo.git("checkout", "--quiet", "--orphan", "new")


def bisecting(repo: Repo) -> None:
    """Stand in the middle of a bisection."""
    first = repo.git("rev-parse", "HEAD")
    for number in range(3):
        put(repo, CODE, f"print({number + 2})\n")
        repo.git("commit", "--quiet", "--no-verify", "-m", "step")
    repo.git("bisect", "start", "HEAD", first)


def rebasing(repo: Repo) -> None:
    """Stand in the middle of a rebase."""
    repo.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "step")
    editor = {"GIT_SEQUENCE_EDITOR": "sed -i -e s/^pick/edit/"}
    repo.git("rebase", "--quiet", "--interactive", "--keep-empty", "HEAD~1", env=editor)


def separate(repo: Repo) -> None:
    """Keep Git's folder elsewhere."""
    repo.git("init", "--quiet", "--separate-git-dir", "../apart.git")


def with_worktree(repo: Repo) -> None:
    """Name the work tree in the configuration."""
    repo.git("config", "core.worktree", str(repo.path))


def cloned(*options: str, bare: bool = False) -> Callable[[Repo], Repo]:
    """Return what clones, and installs the hooks in the clone."""

    def before(repo: Repo) -> Repo:
        new = repo.path.parent / "new"
        repo.git("config", "uploadpack.allowFilter", "true")
        repo.git("clone", "--quiet", *options, f"file://{repo.path}", str(new))
        work = Repo(new)
        if bare:
            work.git(*WITHOUT_HOOKS, "worktree", "add", "--quiet", "../work", "main")
            work = Repo(repo.path.parent / "work")
        work.git(
            "fetch",
            "--quiet",
            "--depth=1" if "--depth=1" in options else "--force",
            f"file://{repo.path}",
            "tag",
            "state-grown",
        )
        install(work, "native")
        return work

    return before


def shared(repo: Repo) -> Repo:
    """Clone with the objects of the original."""
    repo.git("clone", "--quiet", "--shared", str(repo.path), "../new")
    new = Repo(repo.path.parent / "new")
    install(new, "native")
    return new


def sha256(repo: Repo) -> Repo:
    """Make the repository anew with longer ids."""
    new = Repo(repo.path.parent / "new")
    new.git("init", "--quiet", "--object-format=sha256")
    for state in ("state-grown", "HEAD"):
        assert repo.run("git", "archive", "--format=tar", "-o", "../files.tar", state).code == 0
        # Files of now: with the time of their commits, one of the same size would be taken for the one before.
        assert new.run("tar", "-xmf", "../files.tar").code == 0
        new.commit(state)
        new.git("tag", "-f", "state-grown", "HEAD" if state == "state-grown" else "HEAD~1")
    install(new, "native")
    return new


def replaced(repo: Repo) -> None:
    """Have Git show the former pointer for the new one."""
    repo.git("replace", *(repo.git("rev-parse", f"{tree}:{POINTER}") for tree in ("state-grown", "HEAD")))


def grafted(repo: Repo) -> None:
    """Give HEAD another parent than its own."""
    repo.git("replace", "--graft", "HEAD")


def stashed(repo: Repo) -> None:
    """Put what is staged away and bring it back."""
    repo.git("stash", "--quiet")
    repo.git("stash", "pop", "--quiet", "--index")


def announced(repo: Repo) -> None:
    """Announce files that are not staged."""
    repo.write({"data/raw/loose.csv": "1\n", "src/new.py": "1\n"})
    repo.git("add", "--force", "--intent-to-add", "data/raw/loose.csv", "src/new.py")


def index(name: str) -> Callable[[Repo, pytest.MonkeyPatch], None]:
    """Return what has Git use an index of another name; the usual one says that nothing is staged."""

    def use(repo: Repo, patch: pytest.MonkeyPatch) -> None:
        path = repo.path / ".git/another"
        path.write_bytes((repo.path / ".git/index").read_bytes())
        patch.setenv("GIT_INDEX_FILE", str(path) if name == "absolute" else ".git/another")

    return use


SETTINGS: dict[str, Setting] = {
    "plain": Setting(),
    "detached HEAD": Setting(git("checkout", "--quiet", "--detach")),
    "first commit": Setting(orphan),
    "bisect": Setting(bisecting),
    "rebase that stopped": Setting(rebasing),
    "stash": Setting(after=stashed),
    "separate folder of Git": Setting(separate),
    "core.worktree": Setting(with_worktree),
    "bare repository with a worktree": Setting(cloned("--bare", bare=True)),
    "shallow clone": Setting(cloned("--depth=1")),
    "partial clone": Setting(cloned("--filter=blob:none")),
    "shared objects": Setting(shared),
    "sha256": Setting(sha256),
    "sparse checkout": Setting(after=git("sparse-checkout", "set", "src")),
    "sparse index": Setting(after=git("sparse-checkout", "set", "--sparse-index", "src")),
    "intent to add": Setting(after=announced),
    "assume unchanged": Setting(after=git("update-index", "--assume-unchanged", POINTER, MANIFEST)),
    "skip worktree": Setting(after=git("update-index", "--skip-worktree", POINTER, MANIFEST)),
    "split index": Setting(git("update-index", "--split-index")),
    "index of version 4": Setting(git("update-index", "--index-version", "4")),
    "replaced objects": Setting(after=replaced),
    "graft": Setting(after=grafted),
    "filters": configured(("filter.x.clean", "cat"), ("filter.x.smudge", "tr a-z A-Z"), attributes="*.dvc filter=x\n"),
    "textconv": configured(("diff.x.textconv", "true"), ("diff.x.binary", "true"), attributes="* diff=x\n"),
    "external diff": configured(("diff.external", "true")),
    "quoted paths": configured(("core.quotePath", "true")),
    "paths as they are": configured(("core.quotePath", "false")),
    "short ids": configured(("core.abbrev", "4"), ("diff.renames", "copies"), ("diff.noprefix", "true")),
    "colours and pagers": configured(("color.ui", "always"), ("core.pager", "false"), ("pager.diff", "true")),
    "another file system": configured(("core.ignoreCase", "true"), ("core.fileMode", "false"), ("core.symlinks", "false")),
    "line ends of Windows": configured(("core.autocrlf", "true"), ("core.safecrlf", "true")),
    "German": Setting(environment={"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de", "LANG": "de_DE.UTF-8"}),
    "no locale": Setting(environment={"LC_ALL": "C", "PYTHONUTF8": "0"}),
    "literal pathspecs": Setting(options=("--literal-pathspecs",)),
    "no replaced objects": Setting(options=("--no-replace-objects",)),
}  # fmt: skip
CHANGES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "bad": (lambda repo: take(repo, "grown", POINTER), ("DK102",)),
    "good": (lambda repo: take(repo, "grown"), ()),
}


def judged(repo: Repo, change: str, *options: str) -> None:
    """Commit what is staged and hold that the verdict is that of a plain repository."""
    codes = CHANGES[change][1]
    tree = repo.git("write-tree")
    done = repo.try_git(*options, "commit", "--quiet", "-m", "x")
    if codes:
        refused(repo, done, codes)
    else:
        made(repo, done, tree)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", SETTINGS)
def test_row_64(desk: Desk, name: str, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = SETTINGS[name]
    for key, value in setting.environment.items():
        monkeypatch.setenv(key, value)
    repo = setting.before(desk.repo)
    repo = repo if isinstance(repo, Repo) else desk.repo
    CHANGES[change][0](repo)
    setting.after(repo)
    judged(repo, change, *setting.options)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["absolute", "relative"])
def test_row_64_another_index(desk: Desk, name: str, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    index(name)(desk.repo, monkeypatch)
    CHANGES[change][0](desk.repo)
    judged(desk.repo, change)


@pytest.mark.parametrize("change", CHANGES)
def test_row_64_from_elsewhere(desk: Desk, change: str, tmp_path: Path) -> None:
    CHANGES[change][0](desk.repo)
    judged(
        desk.repo, change, f"--git-dir={desk.repo.path / '.git'}", f"--work-tree={desk.repo.path}", "-C", str(tmp_path)
    )


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("quoted", ["true", "false"])
def test_row_64_names_that_are_quoted(desk: Desk, change: str, quoted: str) -> None:
    desk.repo.git("config", "core.quotePath", quoted)
    take(desk.repo, "named")
    if change == "bad":
        desk.repo.git("rm", "--quiet", "--cached", "-r", "catalog/large")
        done = desk.commit()
        refused(desk.repo, done, ("DK101",))
        assert "große Vögel's" in done.err
    else:
        made(desk.repo, desk.commit(), desk.repo.git("write-tree"))

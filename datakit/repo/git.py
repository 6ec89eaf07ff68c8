"""The one module that runs Git: plumbing only, arguments as lists, nothing user-written where an option could stand.

Revisions are resolved once, behind `--end-of-options`, to full object ids; only those are used afterwards. Paths stand
behind `--` and are taken literally. The environment is fixed, so that a user's settings cannot change an answer.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from datakit.errors import EnvironmentProblem

# Git sets these for its hooks; a command that looks at a repository of its own choosing must not inherit them.
_LOCATION = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
)  # fmt: skip
_PATHSPECS = (
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)  # Git refuses them beside literal ones
FIXED = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone must not go to the network behind a hook's back
    "GIT_ALLOW_PROTOCOL": "",  # older Git does not know the above: no way leads to a remote, and none is started
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}
_SETTINGS = ("-c", "core.quotePath=false", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never")
_PATIENCE = ("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60")  # bytes a second, for so many seconds
_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
INDEX_SECONDS = 10.0  # that another Git command may take with the index; Git itself does not wait for it at all
_POLL = 0.05  # seconds between two looks at it

FLOOR = (2, 30)  # the first Git whose `rev-parse` knows --end-of-options
_NO_OID = "0" * 40
_ANNOUNCED = "--ita-invisible-in-index"  # what `git add -N` only announces is in no commit
ABSENT = "000000"  # the mode of a side that has no file
SYMLINK, GITLINK = "120000", "160000"


class Change(NamedTuple):
    """One path that differs between a base and what is judged."""

    path: str
    old_mode: str  # ABSENT where the path is new
    mode: str  # ABSENT where the path is gone
    old_oid: str
    oid: str  # all zeros where Git has not hashed the work tree's file

    @property
    def added(self) -> bool:
        """Say whether the base has no such path."""
        return self.old_mode == ABSENT

    @property
    def removed(self) -> bool:
        """Say whether the path is gone."""
        return self.mode == ABSENT


class Git:
    """One repository.

    Args:
        root: The top of the work tree; commands run there.
        inherit: Keep Git's own location variables, as a hook must to see the index that is being committed.
    """

    def __init__(self, root: Path, *, inherit: bool = False) -> None:
        self.root = root
        dropped = _PATHSPECS if inherit else (*_LOCATION, *_PATHSPECS)
        self.env = {key: value for key, value in os.environ.items() if key not in dropped} | FIXED

    def command(self, *args: str) -> list[str]:
        """Return the whole command line of a Git call."""
        return ["git", *_SETTINGS, *args]

    def try_run(
        self, *args: str, stdin: bytes | None = None, settings: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        """Run Git and return what came of it, whatever its exit code.

        Raises:
            EnvironmentProblem: There is no Git, or no such folder.
        """
        try:
            return subprocess.run(
                self.command(*settings, *args),
                cwd=self.root,
                env=self.env,
                input=stdin or b"",
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            if self.root.is_dir():
                raise EnvironmentProblem("git was not found on PATH", hint="install Git, 2.30 or later") from error
            raise EnvironmentProblem(f"there is no folder `{self.root}`") from error

    def talk(
        self, *args: str, seconds: float | None = None, told: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a Git command that talks to another repository, with the user's own settings; nothing can ask a question.

        Git's hooks run as they do for the user, so that they see none of what is fixed for datakit's own questions.

        Args:
            args: The command.
            seconds: How long it may take; a push takes as long as its hooks do.
            told: Environment variables for the hooks.

        Raises:
            EnvironmentProblem: There was no answer in that time.
        """
        env = {key: value for key, value in os.environ.items() if key not in {*_LOCATION, "SSH_ASKPASS"}}
        env |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never", "SSH_ASKPASS_REQUIRE": "never"}
        env |= told or {}
        try:
            # Without a terminal ssh cannot wait for a password there.
            return subprocess.run(
                ["git", *_PATIENCE, *args],
                cwd=self.root,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=seconds,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as error:
            raise EnvironmentProblem(
                f"`git {args[0]}` had no answer after {seconds:g} s", hint="try again when the network is back"
            ) from error

    def run(self, *args: str, stdin: bytes | None = None, settings: Sequence[str] = ()) -> bytes:
        """Run Git and return its output.

        Raises:
            EnvironmentProblem: Git failed; the message holds its first line.
        """
        done = self.try_run(*args, stdin=stdin, settings=settings)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
            raise EnvironmentProblem(f"`git {args[0]}` failed: {said[0]}")
        return done.stdout

    def resolve(self, revision: str) -> str | None:
        """Return the full id of the commit that a revision means, or None.

        Args:
            revision: As the user wrote it; a leading dash is no option here.
        """
        if "\0" in revision or any("\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in revision):
            return None  # no argument of a command can hold it
        done = self.try_run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        found = done.stdout.decode(errors="replace").strip()
        return found if done.returncode == 0 and _OID.fullmatch(found) else None

    def parent(self, commit: str) -> str:
        """Return the id of a commit's first parent, or of the empty tree where it has none.

        Args:
            commit: Full id.

        Raises:
            EnvironmentProblem: It has a parent that a shallow clone does not hold.
        """
        found = re.search(
            rb"^parent ([0-9a-f]+)$", self.run("cat-file", "commit", commit).partition(b"\n\n")[0], re.MULTILINE
        )
        if found is None:
            return self.empty_tree()
        parent = found[1].decode()
        if self.resolve(parent) is None:
            raise EnvironmentProblem(
                f"the commit before {commit[:10]} is not in this clone, which is shallow",
                hint="git fetch --unshallow, or `fetch-depth: 0` where CI checks out",
            )
        return parent

    def head(self) -> str:
        """Return the id of HEAD's commit, or of the empty tree before the first one.

        Raises:
            EnvironmentProblem: HEAD leads to something that cannot be read; it is never taken for a beginning.
        """
        found = self.resolve("HEAD")
        if found is not None:
            return found
        branch = self.try_run("symbolic-ref", "--quiet", "HEAD")
        ref = os.fsdecode(branch.stdout).strip()
        listed = self.try_run("for-each-ref", "--format=%(refname)", ref) if ref else branch
        if ref and not (listed.returncode or listed.stdout or listed.stderr):
            return self.empty_tree()  # HEAD names a branch, and there is no such branch yet
        asked = self.try_run("cat-file", "commit", "HEAD")
        said = (listed.stderr or asked.stderr or b"it leads to no commit").decode(errors="replace").strip().splitlines()
        raise EnvironmentProblem(f"`git rev-parse HEAD` failed: {said[0]}", hint="git fsck")

    def version(self) -> tuple[int, ...]:
        """Return the version of Git: (2, 39, 5)."""
        found = re.search(r"\d+(?:\.\d+)+", self.run("version").decode(errors="replace"))
        return tuple(int(part) for part in found[0].split(".")) if found else ()

    def main_tree(self) -> Path | None:
        """Return the main work tree where this one is linked to it; None for the main one itself, and without one."""
        own, common = self.run("rev-parse", "--git-dir", "--git-common-dir").splitlines()
        if own == common:
            return None
        first = self.run("worktree", "list", "--porcelain").split(b"\n\n")[0].split(b"\n")
        path = Path(os.fsdecode(first[0].removeprefix(b"worktree ")))
        return None if b"bare" in first or path.resolve() == self.root.resolve() else path

    def empty_tree(self) -> str:
        """Return the id of the tree without files in this repository's hash."""
        return self.run("hash-object", "-t", "tree", "--stdin").decode().strip()

    def changes(self, base: str, commit: str | None = None, *, cached: bool = True) -> tuple[Change, ...]:
        """Return every path that differs from `base`: in the index, in the work tree's tracked files, or in a commit.

        Args:
            base: Full id of a commit or tree.
            commit: Full id of a commit; the index or work tree otherwise.
            cached: Compare the index rather than the work tree.
        """
        flags = ("--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=dirty")
        if commit is not None:
            raw = self.run("diff-tree", "-r", *flags, base, commit)
        elif cached:
            raw = self.run("diff-index", "--cached", *flags, _ANNOUNCED, base)
        else:
            raw = self.run("diff-index", *flags, _ANNOUNCED, base, settings=self._unfiltered)
            return self._without_touched(tuple(_changes(raw)))
        return tuple(_changes(raw))

    @cached_property
    def _unfiltered(self) -> list[str]:
        """The settings with which Git compares files and runs no filter; line ends are converted all the same.

        Raises:
            EnvironmentProblem: A filter's name cannot be written on a command line.
        """
        listed = split(self.try_run("config", "--name-only", "-z", "--get-regexp", r"^filter\.").stdout)
        names = sorted({name.rpartition(".")[0] for name in listed})
        odd = next((name for name in names if "=" in name), None)
        if odd is not None:
            raise EnvironmentProblem(
                f"Git's configuration has `{odd}`, a filter that cannot be switched off",
                hint="give it a name without `=`",
            )
        off = (f"{name}.{key}" for name in names for key in ("clean=", "process=", "required=false"))
        return [part for setting in off for part in ("-c", setting)]

    def _without_touched(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Leave out files that only have a new time: `diff-index` compares no contents."""
        doubtful = [
            c.path for c in changes if not c.oid.strip("0") and c.mode == c.old_mode and c.mode.startswith("100")
        ]
        asked = [p for p in doubtful if "\n" not in p and '"' not in p and os.access(self.root / p, os.R_OK)]
        listed = b"".join(os.fsencode(p) + b"\n" for p in asked)
        oids = self.run("hash-object", "--stdin-paths", stdin=listed, settings=self._unfiltered)
        now = dict(zip(asked, oids.decode().split(), strict=True))
        return tuple(change for change in changes if now.get(change.path) != change.old_oid)

    def staged(self, paths: Sequence[str] = ()) -> list[str]:
        """Return the paths that a commit of the index would have, all or under these: no conflicts, no intents to add."""
        flags = (
            "--cached",
            "--name-only",
            "-z",
            "--no-renames",
            "--diff-filter=A",
            "--ignore-submodules=none",
            _ANNOUNCED,
        )
        return split(self.run("diff-index", *flags, self.empty_tree(), "--", *paths))

    def pending(self, base: str) -> tuple[Change, ...]:
        """Return every path whose file in the work tree differs from `base`, new ones that are not ignored included."""
        tracked = self.changes(base, cached=False)
        known = {change.path for change in tracked}
        others = self.listed("--others", "--exclude-standard")
        new = (Change(path, ABSENT, "100644", _NO_OID, _NO_OID) for path in others if path not in known)
        return (*tracked, *new)

    def tags(self, pattern: str) -> dict[str, tuple[str, str]]:
        """Return the id of each annotated tag that matches, and of its commit; GTO and DVC do not count other tags.

        Args:
            pattern: A glob below `refs/tags/`.
        """
        form = "%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objectname)"
        listed = self.run("for-each-ref", f"--format={form}", f"refs/tags/{pattern}").decode(errors="replace")
        rows = (line.split("\0") for line in listed.splitlines())
        return {name: (oid, commit) for name, kind, oid, commit in rows if kind == "tag"}

    def listed(self, *flags: str, paths: Sequence[str] = ()) -> list[str]:
        """Return `ls-files -z` with the given flags, one record an item."""
        settings = self._unfiltered if "--modified" in flags else ()
        return split(self.run("ls-files", "-z", *flags, "--", *paths, settings=settings))

    def ignored(self, paths: Iterable[str]) -> dict[str, str]:
        """Return, for each path that an ignore rule hides, the rule as `file:line:pattern`."""
        # check-ignore knows no literal paths; with `./` in front a name cannot be pathspec magic.
        asked = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)
        if not asked:
            return {}
        command = ("--no-literal-pathspecs", "check-ignore", "-v", "-z", "--stdin", "--no-index")
        done = self.try_run(*command, stdin=asked)
        if done.returncode not in {0, 1}:
            raise EnvironmentProblem(f"`git check-ignore` failed: {done.stderr.decode(errors='replace').strip()}")
        found = split(done.stdout)
        rules = zip(found[0::4], found[1::4], found[2::4], found[3::4], strict=True)
        return {
            path.removeprefix("./"): f"{file}:{line}:{pattern}"
            for file, line, pattern, path in rules
            if not pattern.startswith("!")
        }

    def stage(self, paths: Iterable[str]) -> None:
        """Stage these paths, deletions included; another command that changes the index is waited for."""
        listed = b"".join(os.fsencode(path) + b"\0" for path in paths)
        end = time.monotonic() + INDEX_SECONDS
        while listed:
            try:
                self.run("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=listed)
            except EnvironmentProblem as error:
                if "index.lock" not in error.message or time.monotonic() >= end:
                    raise
                time.sleep(_POLL)
            else:
                return

    def index_lock(self) -> Path | None:
        """Wait a while for another Git command that changes the index; return its lock if it is there all the same."""
        index, end = self.path("index"), time.monotonic() + INDEX_SECONDS
        lock = index.with_name(f"{index.name}.lock")
        while lock.exists():
            if time.monotonic() >= end:
                return lock
            time.sleep(_POLL)
        return None

    def blob_id(self, path: str) -> str:
        """Return the id that a file's content would have in Git, filters applied."""
        return self.run("hash-object", "--", path).decode().strip()

    def author(self) -> str:
        """Return who Git takes the user for, as `Name <address>`; empty where Git does not know."""
        done = self.try_run("var", "GIT_AUTHOR_IDENT")
        ident = done.stdout.decode(errors="replace").strip()
        return ident[: ident.rindex(">") + 1] if done.returncode == 0 and ">" in ident else ""

    def setting(self, key: str) -> str | None:
        """Return one setting of Git's configuration, or None."""
        done = self.try_run("config", "--get", key)
        return done.stdout.decode(errors="surrogateescape").rstrip("\n") if done.returncode == 0 else None

    def set(self, key: str, value: str) -> None:
        """Write one setting into the clone's own configuration."""
        self.run("config", "--local", key, value)

    def path(self, name: str) -> Path:
        """Return where Git keeps a file of its own, such as `hooks`: worktrees and `core.hooksPath` respected."""
        return self.root / os.fsdecode(self.run("rev-parse", "--git-path", name).rstrip(b"\n"))


def split(output: bytes) -> list[str]:
    """Split NUL-ended output; names that are no UTF-8 keep their bytes as surrogates."""
    return [os.fsdecode(item) for item in output.split(b"\0")[:-1]]


def _changes(raw: bytes) -> Iterable[Change]:
    """Parse `--raw -z` output."""
    items = split(raw)
    for head, path in zip(items[0::2], items[1::2], strict=True):
        old_mode, mode, old_oid, oid, _ = head.lstrip(":").split(" ")
        yield Change(path, old_mode, mode, old_oid, oid)

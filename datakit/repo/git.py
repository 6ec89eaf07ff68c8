"""The one module that runs Git: plumbing only, arguments as lists, nothing user-written where an option could stand.

Revisions are resolved once, behind `--end-of-options`, to full object ids; only those are used afterwards. Paths stand
behind `--` and are taken literally. The environment is fixed, so that a user's settings cannot change an answer.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self, cast

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
_FIXED = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone must not go to the network behind a hook's back
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}
_SETTINGS = ("-c", "core.quotePath=false", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never")
_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")

_NO_OID = "0" * 40
_AT_ONCE = 60_000  # bytes of questions, which fit into the 64 KiB of a pipe
_ANNOUNCED = "--ita-invisible-in-index"  # what `git add -N` only announces is in no commit
_UNASKABLE = re.compile("[\n\r\0]")
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
        self.env = {key: value for key, value in os.environ.items() if key not in dropped} | _FIXED

    def command(self, *args: str) -> list[str]:
        """Return the whole command line of a Git call."""
        return ["git", *_SETTINGS, *args]

    def try_run(self, *args: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run Git and return what came of it, whatever its exit code.

        Raises:
            EnvironmentProblem: There is no Git, or no such folder.
        """
        try:
            return subprocess.run(
                self.command(*args), cwd=self.root, env=self.env, input=stdin or b"", capture_output=True, check=False
            )
        except FileNotFoundError as error:
            if self.root.is_dir():
                raise EnvironmentProblem("git was not found on PATH", hint="install Git, 2.30 or later") from error
            raise EnvironmentProblem(f"there is no folder `{self.root}`") from error

    def run(self, *args: str, stdin: bytes | None = None) -> bytes:
        """Run Git and return its output.

        Raises:
            EnvironmentProblem: Git failed; the message holds its first line.
        """
        done = self.try_run(*args, stdin=stdin)
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
        """Return the id of HEAD's commit, or of the empty tree before the first one."""
        return self.resolve("HEAD") or self.empty_tree()

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
        else:
            raw = self.run("diff-index", *(["--cached"] if cached else []), *flags, _ANNOUNCED, base)
        found = tuple(_changes(raw))
        return found if cached or commit is not None else self._without_touched(found)

    def _without_touched(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Leave out files that only have a new time: `diff-index` compares no contents."""
        doubtful = [
            c.path for c in changes if not c.oid.strip("0") and c.mode == c.old_mode and c.mode.startswith("100")
        ]
        asked = [path for path in doubtful if "\n" not in path and '"' not in path]
        oids = self.run("hash-object", "--stdin-paths", stdin=b"".join(os.fsencode(p) + b"\n" for p in asked))
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

    def tags(self, pattern: str) -> dict[str, str]:
        """Return the commit of each annotated tag that matches; GTO and DVC do not count others.

        Args:
            pattern: A glob below `refs/tags/`.
        """
        form = "%(refname:strip=2)%00%(objecttype)%00%(*objectname)"
        listed = self.run("for-each-ref", f"--format={form}", f"refs/tags/{pattern}").decode(errors="replace")
        rows = (line.split("\0") for line in listed.splitlines())
        return {name: commit for name, kind, commit in rows if kind == "tag"}

    def listed(self, *flags: str, paths: Sequence[str] = ()) -> list[str]:
        """Return `ls-files -z` with the given flags, one record an item."""
        return split(self.run("ls-files", "-z", *flags, "--", *paths))

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
        """Stage these paths, deletions included."""
        listed = b"".join(os.fsencode(path) + b"\0" for path in paths)
        if listed:
            self.run("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=listed)

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


class Objects:
    """Objects by id, `:0:PATH` or `COMMIT:PATH`, through two running Gits: one gives contents, one only sizes.

    A context manager; one question is asked at a time, since Git dies at the first object that a partial clone lacks.
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ahead: dict[str, bytes | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End both processes; the next question starts another."""
        for mode in list(self._running):
            self._end(mode)

    def expect(self, names: Iterable[str]) -> None:
        """Fetch contents that will be asked for, many with one change of process instead of one each.

        Only as many are asked at once as fit into a pipe, so that neither side waits for the other. Where Git dies of
        an object that is not here, the rest is left to `read`, which says which one it was.
        """
        wanted = [name for name in dict.fromkeys(names) if not _UNASKABLE.search(name) and name not in self._ahead]
        while wanted:
            some: list[str] = []
            room = _AT_ONCE
            while wanted and (not some or len(os.fsencode(wanted[-1])) < room):
                some.append(wanted.pop())
                room -= len(os.fsencode(some[-1])) + 1
            try:
                self._say("--batch", b"".join(os.fsencode(name) + b"\n" for name in some))
                for name in some:
                    self._ahead[name] = self._content(name, self._answer("--batch", name))
            except EnvironmentProblem:
                return

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None where there is no such path, or no file there.

        Args:
            name: `:0:PATH`, `COMMIT:PATH` or an object id.

        Raises:
            EnvironmentProblem: The object is known but is not in this clone.
        """
        if name in self._ahead:
            return self._ahead[name]
        if _UNASKABLE.search(name):
            return self._alone("blob", name)
        self._say("--batch", os.fsencode(name) + b"\n")
        return self._content(name, self._answer("--batch", name))

    def size(self, name: str) -> int | None:
        """Return a file's size, bytes; None where there is no such path, or no file there."""
        ahead = self._ahead.get(name)
        if ahead is not None:
            return len(ahead)
        if _UNASKABLE.search(name):
            content = self._alone("blob", name)
            return None if content is None else len(content)
        self._say("--batch-check", os.fsencode(name) + b"\n")
        return self._answer("--batch-check", name)

    def _alone(self, kind: str, name: str) -> bytes | None:
        """Ask for an object whose name a line cannot hold: `cat-file --batch` drops a carriage return at the end."""
        if "\0" in name:
            return None
        done = self._git.try_run("cat-file", kind, name)
        if done.returncode == 0:
            return done.stdout
        # Git has no exit code for "known but not here"; that it knows the name and that it is no folder tells it.
        known = self._git.try_run("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        if known.returncode == 0 and self._git.try_run("cat-file", "-e", known.stdout.decode().strip()).returncode:
            raise _absent(name)
        return None

    def _say(self, mode: str, question: bytes) -> None:
        """Ask one process, started when it is first asked."""
        if mode not in self._running:
            self._running[mode] = subprocess.Popen(
                self._git.command("cat-file", mode),
                cwd=self._git.root,
                env=self._git.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        pipe = self._running[mode].stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # a process that died says so when it is listened to
                pipe.write(question)
                pipe.flush()

    def _answer(self, mode: str, name: str) -> int | None:
        """Hear what a process says of an object: its size, or None where there is none."""
        head = self._pipe(mode).readline()
        if not head:
            self._end(mode)
            raise _absent(name)
        if head.endswith((b" missing\n", b" ambiguous\n")):
            return None
        _, kind, size = head.rsplit(b" ", 2)
        if kind == b"blob":
            return int(size)
        if mode == "--batch":
            self._pipe(mode).read(int(size) + 1)  # a folder, or the commit of another repository
        return None

    def _content(self, name: str, size: int | None) -> bytes | None:
        """Read the content that follows an answer."""
        if size is None:
            return None
        pipe = self._pipe("--batch")
        content = pipe.read(size + 1)
        if len(content) != size + 1:
            self._end("--batch")
            raise EnvironmentProblem(f"`git cat-file` ended in the middle of `{name}`", hint="git fsck")
        return content[:-1]

    def _pipe(self, mode: str) -> IO[bytes]:
        """Return the end of the pipe that answers."""
        return cast("IO[bytes]", self._running[mode].stdout)  # a pipe, as `_say` asks for

    def _end(self, mode: str) -> None:
        """End one process."""
        process = self._running.pop(mode)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        process.wait()


def _absent(name: str) -> EnvironmentProblem:
    """Make the error of an object that a partial clone does not have."""
    return EnvironmentProblem(
        f"`{name}` is not in this clone: Git knows it but does not have its content",
        hint="fetch it with `git fetch --refetch`, or widen the clone with `git sparse-checkout add catalog`",
    )


def split(output: bytes) -> list[str]:
    """Split NUL-ended output; names that are no UTF-8 keep their bytes as surrogates."""
    return [os.fsdecode(item) for item in output.split(b"\0")[:-1]]


def _changes(raw: bytes) -> Iterable[Change]:
    """Parse `--raw -z` output."""
    items = split(raw)
    for head, path in zip(items[0::2], items[1::2], strict=True):
        old_mode, mode, old_oid, oid, _ = head.lstrip(":").split(" ")
        yield Change(path, old_mode, mode, old_oid, oid)

"""What somebody does in a repository, one thing after the other, and two verdicts on every commit: the hook's and a slow one.

The hook sees the index, and of that what changed. The slow one takes the tree that the commit is to have, which is computed
here without the hook, and judges every dataset of it whole. They must agree: nothing may get past the hook that the base
had not, and nothing may be blocked that a full look finds in order.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from datakit.gate.judge import judge
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from datakit.repo.tree import Commit
from tests.scenarios.prepared import (
    CARD_FILE,
    CODE,
    CONTRACT,
    MANIFEST,
    MEMBERSHIP,
    MINIMUM,
    POINTER,
    PROFILE,
    RECEIPT,
    RECIPE,
    SPLIT,
    STATES,
    TABLE,
    WITHOUT_HOOKS,
)
from tests.scenarios.table import errors
from tests.support.repo import Result, copied

RECORDED = ("catalog", "data", "dvc.yaml")
FILES = (POINTER, MANIFEST, RECEIPT, PROFILE, CONTRACT, CARD_FILE, RECIPE, SPLIT, MEMBERSHIP, "dvc.yaml")
POLICY = "datakit.yaml"
EDITS: dict[str, tuple[str, str, str]] = {  # path, what is replaced, and by what
    "pointer": (POINTER, r"(?m)size: \d+", "size: 7"),
    "manifest": (MANIFEST, r'"rows": \d+', '"rows": 8'),
    "note": (MANIFEST, r'"note": ".*?"', '"note": ""'),
    "verdict": (RECEIPT, r'"verdict": "failed"', '"verdict": "passed"'),
    "contract": (CONTRACT, re.escape(MINIMUM), MINIMUM.replace("0", "1")),
    "comment": (CONTRACT, r"kind: DataContract.*", "kind: DataContract # agreed"),
    "card": (CARD_FILE, r"license: .*", "license: '[fill in: which]'"),
    "words": (CARD_FILE, r"\Z", "\nOne more line.\n"),
    "recipe": (RECIPE, r"test: 0\.\d+\n", "test: 0.30\n"),
    "parts": (SPLIT, r'"rows": \d+,\n      "fi', '"rows": 3,\n      "fi'),
    "membership": (MEMBERSHIP, r"md5: ..", "md5: 00"),
    "artifact": ("dvc.yaml", r"raw/birds", "raw/ducks"),
    "policy": (POLICY, r"\Z", "# agreed\n"),
    "severity": (POLICY, r"(?s)\A(.*?)(severity: .*)?\Z", r"\1severity: {DK102: off, DK301: warn}\n"),
    "limit": (POLICY, r"max_size: 1 MB", "max_size: 10 KB"),
    "code": (CODE, r"\Z", "print(2)\n"),
    "data": (TABLE, r"\Z", "99,f,1.5\n"),
}
WRITTEN = {"data/raw/loose.csv": "1\n", "src/large.txt": "x" * 20_000, "src/new.py": "print(3)\n"}


class Sequences(RuleBasedStateMachine):
    """One repository with Git's own hooks, and somebody who works in it."""

    prepared: Path  # the folder to copy
    verdicts: set[str]  # of all runs: `passed`, `blocked`

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.prepared.parent))
        self.repo = copied(self.prepared / "repo", self.folder / "repo")
        self.repo.git(*WITHOUT_HOOKS, "branch", "side")

    def teardown(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self.folder)

    @initialize(theirs=st.sampled_from([*STATES, "half", "code"]))
    def begin(self, theirs: str) -> None:
        """Have a side branch with something on it."""
        self.repo.git(*WITHOUT_HOOKS, "checkout", "--quiet", "side")
        if theirs in STATES:
            self._take(theirs, RECORDED, "--staged")
        elif theirs == "half":
            self._take("grown", (POINTER,), "--staged")
        self.repo.write({CODE: "print(4)\n"})
        self.repo.git("commit", "--quiet", "--no-verify", "--all", "-m", "side")
        self.repo.git(*WITHOUT_HOOKS, "checkout", "--quiet", "main")

    # Edits.

    @rule(state=st.sampled_from([*STATES]))
    def record(self, state: str) -> None:
        """Record something, and stage all of it."""
        self._take(state, RECORDED, "--staged")

    @rule(state=st.sampled_from([*STATES]), paths=st.lists(st.sampled_from(FILES), min_size=1, max_size=3, unique=True))
    def bring(self, state: str, paths: list[str]) -> None:
        """Write some files as a state has them, and stage nothing."""
        self._take(state, paths)

    @rule(what=st.sampled_from([*EDITS]))
    def edit(self, what: str) -> None:
        """Edit a file."""
        path, pattern, replacement = EDITS[what]
        if (self.repo.path / path).is_file():
            self.repo.write({path: re.sub(pattern, replacement, self.repo.read(path), count=1)})

    @rule(path=st.sampled_from([*WRITTEN]))
    def write(self, path: str) -> None:
        """Write a new file."""
        self.repo.write({path: WRITTEN[path]})

    @rule(path=st.sampled_from(FILES))
    def delete(self, path: str) -> None:
        """Delete a file."""
        (self.repo.path / path).unlink(missing_ok=True)

    # Stagings.

    @rule()
    def stage_all(self) -> None:
        """Stage everything."""
        self.repo.try_git("add", "--all")

    @rule(path=st.sampled_from((*FILES, CODE, POLICY, *WRITTEN)))
    def stage(self, path: str) -> None:
        """Stage a file, past every `.gitignore`."""
        self.repo.try_git("add", "--force", "--", path)

    @rule(path=st.sampled_from(FILES))
    def stage_half(self, path: str) -> None:
        """Stage the first of the hunks of a file."""
        self.repo.run("git", "add", "-p", "--", path, stdin="s\ny\n" + "n\n" * 20)

    @rule(path=st.sampled_from((*FILES, "catalog/bees")))
    def unstage(self, path: str) -> None:
        """Take a file out of Git and leave it in the work tree."""
        self.repo.try_git("rm", "--quiet", "-r", "--cached", "--", path)

    @rule(path=st.sampled_from((*FILES, *WRITTEN)))
    def announce(self, path: str) -> None:
        """Say that a file will be added."""
        self.repo.try_git("add", "--force", "--intent-to-add", "--", path)

    @rule(
        paths=st.sampled_from(
            [(POINTER, "data/external/birds.csv.dvc"), ("catalog/bees", "catalog/wasps"), (CARD_FILE, "notes2.md")]
        )
    )
    def move(self, paths: tuple[str, str]) -> None:
        """Rename a file or a folder."""
        (self.repo.path / paths[1]).parent.mkdir(parents=True, exist_ok=True)
        self.repo.try_git("mv", *paths)

    # Commands.

    @rule(way=st.sampled_from(["", "", "-a", "--amend"]))
    def commit(self, way: str) -> None:
        """Commit."""
        self._commit(self._tree(way), *([way] if way else []))

    @rule(path=st.sampled_from((*FILES, CODE, POLICY)))
    def commit_path(self, path: str) -> None:
        """Commit one path and nothing else."""
        self._commit(self._tree("--", path), "--", path)

    @rule()
    def commit_past_the_hook(self) -> None:
        """Commit what no hook sees, so that the base is bad; that is for the push to find."""
        self.repo.try_git("commit", "--quiet", "--no-verify", "-m", "unseen")

    @rule()
    def stash(self) -> None:
        """Put changes away, or bring them back."""
        if self.repo.try_git("stash", "pop", "--quiet", "--index").code:
            self.repo.try_git("stash", "push", "--quiet")

    @rule()
    def reset(self) -> None:
        """Begin anew from what was committed."""
        self.repo.git("reset", "--quiet", "--hard")

    @rule(branch=st.sampled_from(["main", "side"]))
    def checkout(self, branch: str) -> None:
        """Change to another branch, with what is not committed."""
        self.repo.try_git(*WITHOUT_HOOKS, "checkout", "--quiet", branch)

    @precondition(lambda self: not self._merging())
    @rule(side=st.sampled_from(["ours", "theirs"]))
    def merge(self, side: str) -> None:
        """Merge the side branch; what conflicts is left for a commit."""
        head = self._head()
        done = self.repo.try_git("merge", "--quiet", "--no-ff", "-m", "x", "side")
        if self.repo.try_git("ls-files", "--unmerged").out:
            self.repo.try_git("checkout", f"--{side}", ".")
            return
        if self._head() != head:
            self._agree(done, head, "HEAD:")
        elif self._merging():
            self._agree(done, head, self.repo.git("write-tree"))

    # Verdicts.

    def _commit(self, tree: str | None, *args: str) -> None:
        """Commit, and compare the two verdicts."""
        head = self._head()
        done = self.repo.try_git("commit", "--quiet", "-m", "x", *args)
        moved = self._head() != head
        if moved:
            assert self.repo.git("rev-parse", "HEAD:") == tree, "the tree was not foreseen"
        if tree is not None and (moved or "datakit" in done.err):
            self._agree(done, head, tree)

    def _agree(self, done: Result, head: str, tree: str) -> None:
        """Hold that the hook let pass, or blocked, what a full look at the tree lets pass or blocks."""
        assert "Traceback" not in done.err, done.err
        passed = self._head() != head
        said = errors(done)
        assert passed == (not said), done
        wrong = self._wrong(head, tree)
        if passed:
            new = wrong - self._wrong(head, f"{head}:")
            assert not new, f"let through: {sorted(new)}"
        else:
            # A room whose manifest is gone is DK103; where its pointer is looked at too, that one is DK101.
            assert {code[:3] for code in said} <= {code[:3] for _, code, _ in wrong}, f"blocked for nothing: {done.err}"
        self.verdicts.add("passed" if passed else "blocked")

    def _wrong(self, base: str, tree: str) -> set[tuple[str, str, str]]:
        """Return the errors of a full look at a tree, with a commit for what was there before."""
        made = self.repo.git("commit-tree", "-p", base, "-m", "judged", self.repo.git("rev-parse", tree))
        git = Git(self.repo.path)
        with Objects(git) as objects:
            found = judge(Commit(git, objects, made), Commit(git, objects, base), git.changes(base, made), whole=True)
        return {(item.path, item.code, item.message) for item in found if item.level == "error"}

    def _tree(self, way: str, *paths: str) -> str | None:
        """Return the tree that a commit is to have, made with an index of our own; None where Git will refuse."""
        other = {"GIT_INDEX_FILE": str(self.folder / "index")}
        shutil.copy(self.repo.path / ".git/index", self.folder / "index")
        if way == "-a":
            self.repo.try_git("add", "--update", env=other)
        elif way == "--":
            self.repo.git("read-tree", "HEAD", env=other)
            there = (self.repo.path / paths[0]).exists()
            self.repo.try_git(
                *(("add", "--force") if there else ("rm", "--quiet", "--cached")), "--", *paths, env=other
            )
        done = self.repo.try_git("write-tree", env=other)
        return done.out.strip() if done.code == 0 else None

    def _take(self, state: str, paths: Sequence[str], *options: str) -> None:
        """Write files as a state has them; where it has none of them, nothing happens."""
        self.repo.try_git("restore", f"--source=state-{state}", "--worktree", *options, "--", *paths)

    def _head(self) -> str:
        """Return the commit that HEAD names."""
        return self.repo.git("rev-parse", "HEAD")

    def _merging(self) -> bool:
        """Say whether a merge waits for its commit."""
        return (self.repo.path / ".git/MERGE_HEAD").exists()

"""What no hook of a commit saw: commands that run none, people who run none, and refs that are pushed beside the branch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.modes import with_remote
from tests.scenarios.prepared import CODE, MANAGERS, POINTER, RECEIPT, TABLE, WITHOUT_HOOKS, put, take
from tests.scenarios.table import arrives, errors, wrong
from tests.support.repo import Repo, Result

Command = Callable[[Repo], object]
Shelves = Callable[[str, bool], Path]
UNSEEN = ("--quiet", "--no-verify", "-m", "step")


def half(repo: Repo) -> None:
    """Stage a pointer without its manifest."""
    take(repo, "grown", POINTER)


def whole(repo: Repo) -> None:
    """Stage a change with all that belongs to it."""
    take(repo, "grown")


def step(repo: Repo, stage: Command) -> str:
    """Commit past the hooks."""
    stage(repo)
    repo.git("commit", *UNSEEN)
    return repo.git("rev-parse", "HEAD")


def beside(repo: Repo, stage: Command) -> str:
    """Commit past the hooks on a branch of its own, have `main` go on, and return to that."""
    repo.git("checkout", "--quiet", "-b", "side")
    found = step(repo, stage)
    repo.git("checkout", "--quiet", "main")
    step(repo, lambda repo: put(repo, CODE, "print(2)\n"))
    return found


def cherry_pick(repo: Repo, stage: Command) -> None:
    """Pick a commit of another branch."""
    repo.git("cherry-pick", beside(repo, stage))


def revert(repo: Repo, stage: Command) -> None:
    """Revert one commit of two, which leaves the first."""
    whole(repo)
    tree = repo.git("write-tree")
    repo.git("reset", "--quiet", "--hard")
    step(repo, stage)
    repo.git("read-tree", "-u", "--reset", tree)
    repo.git("commit", *UNSEEN, "--allow-empty")
    repo.git(*WITHOUT_HOOKS, "push", "--quiet", "origin", "main")
    repo.git("revert", "--no-edit", "HEAD") if stage is half else step(repo, lambda repo: put(repo, CODE, "2\n"))


def rebase(*options: str) -> Callable[[Repo, Command], None]:
    """Return what puts a branch on top of another one."""

    def run(repo: Repo, stage: Command) -> None:
        beside(repo, stage)
        repo.git(*WITHOUT_HOOKS, "rebase", "--quiet", *options, "main", "side")

    return run


def autosquash(repo: Repo, stage: Command) -> None:
    """Fold a bad commit into the one before."""
    step(repo, lambda repo: put(repo, CODE, "print(2)\n"))
    stage(repo)
    repo.git("commit", "--quiet", "--no-verify", "--fixup", "HEAD")
    repo.git("rebase", "--quiet", "--interactive", "--autosquash", "HEAD~2", env={"GIT_SEQUENCE_EDITOR": "true"})


def edited(repo: Repo, stage: Command) -> None:
    """Stage something while a rebase has stopped, and have it go on."""
    step(repo, lambda repo: put(repo, CODE, "print(2)\n"))
    editor = {"GIT_SEQUENCE_EDITOR": "sed -i -e s/^pick/edit/", "GIT_EDITOR": "true"}
    repo.try_git("rebase", "--quiet", "--interactive", "HEAD~1", env=editor)
    stage(repo)
    repo.git("rebase", "--continue", env=editor)


def patch(repo: Repo, stage: Command) -> None:
    """Apply a commit that came by mail."""
    found = beside(repo, stage)
    repo.write({"../mail": repo.git("format-patch", "--stdout", "-1", found) + "\n"})
    repo.git("am", "--quiet", "../mail")


def fast_forward(repo: Repo, stage: Command) -> None:
    """Bring a branch along that goes on from here."""
    repo.git("checkout", "--quiet", "-b", "side")
    step(repo, stage)
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--ff-only", "side")


def commit_tree(repo: Repo, stage: Command) -> None:
    """Make a commit by plumbing."""
    stage(repo)
    repo.git("update-ref", "HEAD", repo.git("commit-tree", "-p", "HEAD", "-m", "step", repo.git("write-tree")))


def fast_import(repo: Repo, stage: Command) -> None:
    """Make a commit as importers do."""
    found = beside(repo, stage)
    stream = repo.git(
        "fast-export", "--reference-excluded-parents", "--refspec=refs/heads/side:refs/heads/main", f"{found}~1..side"
    )
    repo.git("checkout", "--quiet", "--detach", "side~1")
    done = repo.run("git", "fast-import", "--quiet", "--force", stdin=stream + "\n")
    assert done.code == 0, done
    repo.git("checkout", "--quiet", "--force", "main")


COMMANDS: dict[str, tuple[int, Callable[[Repo, Command], None]]] = {
    "cherry-pick": (58, cherry_pick),
    "revert": (58, revert),
    "rebase": (58, rebase()),
    "rebase --apply": (58, rebase("--apply")),
    "rebase --autosquash": (58, autosquash),
    "rebase --continue": (58, edited),
    "am": (58, patch),
    "merge --ff-only": (58, fast_forward),
    "commit-tree": (63, commit_tree),
    "fast-import": (63, fast_import),
}


@pytest.mark.parametrize("name", COMMANDS, ids=[f"{row}-{name}" for name, (row, _) in COMMANDS.items()])
@pytest.mark.parametrize(("stage", "codes"), [(half, ("DK102",)), (whole, ())], ids=["bad", "good"])
def test_commands_that_start_no_hook(repo: Repo, name: str, stage: Command, codes: tuple[str, ...]) -> None:
    COMMANDS[name][1](repo, stage)
    assert bool(wrong(repo)) == bool(codes)  # the command ran through: nothing but the push is left
    arrives(repo, codes)


WAYS_PAST: dict[str, tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = {
    "commit --no-verify": ({}, (), ("--no-verify",)),
    "core.hooksPath": ({}, WITHOUT_HOOKS, ()),
    "SKIP": ({"SKIP": "datakit"}, (), ()),
    "hooks that were removed": ({}, (), ()),
}


@pytest.mark.parametrize("way", WAYS_PAST)
@pytest.mark.parametrize("manager", MANAGERS)
def test_row_59_people_who_run_no_hook(shelves: Shelves, tmp_path: Path, manager: str, way: str) -> None:
    repo = with_remote(shelves(manager, False), tmp_path).repo
    half(repo)
    environment, before, after = WAYS_PAST[way]
    if way == "hooks that were removed":
        (repo.path / ".git/hooks/pre-commit").unlink()
    done = repo.try_git(*before, "commit", "--quiet", "-m", "x", *after, env=environment)
    if way == "SKIP" and manager == "native":
        assert errors(done) == {"DK102"}  # Git's own hook knows no such word
        return
    assert done.code == 0
    arrives(repo, ("DK102",))


def push(repo: Repo, *refs: str) -> Result:
    """Push through the hook."""
    return repo.try_git("push", "--quiet", "origin", *refs)


def there(repo: Repo) -> set[str]:
    """Return the refs of the remote, `main` left out."""
    found = Repo(repo.path.parent / "bare.git").git("for-each-ref", "--format=%(refname:short)")
    return set(found.split()) - {"main"}


class TestRow60:
    """Refs that are pushed beside the one that is checked out."""

    @pytest.fixture
    def two(self, repo: Repo) -> Repo:
        """The repository with a good and a bad branch, of which neither is checked out."""
        for name, stage in (("good", whole), ("bad", half)):
            repo.git("checkout", "--quiet", "-b", name, "origin/main")
            step(repo, stage)
        repo.git("checkout", "--quiet", "main")
        return repo

    @pytest.mark.parametrize("refs", [("good", "bad"), ("bad", "good"), ("bad",), ("bad:elsewhere",), ("--all",)])
    def test_a_bad_one_stops_them_all(self, two: Repo, refs: tuple[str, ...]) -> None:
        done = push(two, *refs)
        assert (done.code, errors(done), there(two)) == (1, {"DK102"}, set())

    def test_a_good_one_is_pushed(self, two: Repo) -> None:
        assert (push(two, "good").code, there(two)) == (0, {"good"})

    @pytest.mark.parametrize("options", [(), ("-a", "-m", "a tag")])
    def test_a_tag_alone(self, two: Repo, options: tuple[str, ...]) -> None:
        two.git("tag", *options, "v1", "bad")
        done = push(two, "v1")
        assert (done.code, errors(done), there(two)) == (1, {"DK102"}, set())

    def test_a_new_branch_from_an_old_base(self, repo: Repo) -> None:
        start = repo.git("rev-parse", "HEAD")
        step(repo, half)
        repo.git(*WITHOUT_HOOKS, "push", "--quiet", "origin", "main")
        repo.git("checkout", "--quiet", "-b", "old", start)
        step(repo, lambda repo: put(repo, CODE, "print(2)\n"))
        assert push(repo, "old").code == 0  # what is bad on `main` is none of its business
        step(repo, half)
        assert errors(push(repo, "old")) == {"DK102"}


class TestRow61:
    """A bad commit and what mends it, in one push: what history keeps is blocked, what is over is not."""

    def test_data_that_was_taken_out_again(self, repo: Repo) -> None:
        step(repo, lambda repo: put(repo, "data/raw/loose.csv", "1\n"))
        step(repo, lambda repo: repo.git("rm", "--quiet", "data/raw/loose.csv"))
        arrives(repo, ("DK601",))

    def test_a_record_that_was_mended(self, repo: Repo) -> None:
        step(repo, half)
        step(repo, whole)
        arrives(repo, ())


class TestRow62:
    """Released versions."""

    @pytest.fixture
    def released(self, repo: Repo) -> Repo:
        """The repository with a version that others can see."""
        repo.git("tag", "-a", "-m", "first", "birds@v1.0.0")
        assert push(repo, "birds@v1.0.0").code == 0
        return repo

    def test_one_that_is_deleted(self, released: Repo) -> None:
        done = push(released, "--delete", "birds@v1.0.0")
        assert (done.code, errors(done), there(released)) == (1, {"DK702"}, {"birds@v1.0.0"})

    def test_one_that_is_moved(self, released: Repo) -> None:
        step(released, whole)
        released.git("tag", "-f", "-a", "-m", "first", "birds@v1.0.0")
        done = push(released, "--force", "main", "birds@v1.0.0")
        assert (done.code, errors(done)) == (1, {"DK702"})

    def test_the_next_one(self, released: Repo) -> None:
        step(released, whole)
        released.git("tag", "-a", "-m", "second", "birds@v1.1.0")
        assert push(released, "main", "birds@v1.1.0").code == 0

    def test_one_of_a_dataset_that_is_not_whole(self, released: Repo) -> None:
        released.git("rm", "--quiet", "--cached", RECEIPT)
        released.git("commit", *UNSEEN)
        released.git(*WITHOUT_HOOKS, "push", "--quiet", "origin", "main")
        released.git("tag", "-a", "-m", "second", "birds@v1.1.0")
        assert errors(push(released, "birds@v1.1.0")) == {"DK301"}


def test_row_31_bytes_that_exist_nowhere(repo: Repo) -> None:
    policy = repo.read("datakit.yaml").replace("pre_push: off", "pre_push: prove")
    repo.dvc("remote", "add", "--default", "storage", "../storage")
    step(repo, lambda repo: [put(repo, "datakit.yaml", policy), repo.git("add", ".dvc")])
    step(repo, whole)
    done = push(repo, "main")
    assert done.code == 1
    assert "push blocked by datakit: the bytes of what it records are not proved on the remote" in done.err
    assert TABLE in done.err

"""One suite over the three trees: whatever a path is, work tree, index and commit say the same of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.repo.git import ABSENT, Git
from datakit.repo.objects import Objects
from datakit.repo.tree import Commit, Entry, Index, Tree, arriving, committing
from datakit.repo.worktree import WorkTree
from tests.support.repo import Repo

ODD = [
    "plain", "a b", "é", "line\nbreak", "-x", "--output=x", "'q'", '"dq"', ":(top)x", ":!x", "*", "[a]", "?", "tab\there", "back\\slash",
    "cr\r", "\x7f", "x missing", "HEAD", "~", "#x", "deep/er/file", "a:b", "日本", "trailing ", ".hidden",
]  # fmt: skip

Taken = Callable[[str], Tree]  # how a tree is made of a repository as it lies


@pytest.fixture
def top(tmp_path: Path) -> Repo:
    """A repository without a commit."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    return made


@pytest.fixture(params=["worktree", "index", "commit"])
def taken(request: pytest.FixtureRequest) -> Iterator[Callable[[Repo], Tree]]:
    """Return a function that shows the repository as it lies through one kind of tree."""
    opened: list[Objects] = []

    def take(repo: Repo) -> Tree:
        git = Git(repo.path)
        objects = Objects(git)
        opened.append(objects)
        if request.param == "worktree":
            return WorkTree(git, objects)
        repo.git("add", "--all")
        if request.param == "index":
            return Index(git, objects)
        repo.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "x")
        return Commit(git, objects, git.head())

    yield take
    for objects in opened:
        objects.close()


def seen(tree: Tree, path: str) -> tuple[str | None, bytes | None, int | None]:
    """Return all that a tree says of a path: mode, content, size."""
    entry = tree.entry(path)
    return (None if entry is None else entry.mode, tree.read(path), tree.size(path))


NOTHING = (None, None, None)


@pytest.mark.parametrize("quoted", ["true", "false"])
def test_odd_names(top: Repo, taken: Callable[[Repo], Tree], quoted: str) -> None:
    top.git("config", "core.quotePath", quoted)
    files = {f"d/{name}": f"of {name}" for name in ODD} | {name: name for name in ODD if name != "HEAD"}
    top.write(files)
    tree = taken(top)
    assert tree.paths() == tuple(sorted(files))
    for path, content in files.items():
        data = content.encode()
        assert seen(tree, path) == ("100644", data, len(data)), path
        assert tree.entry(path) is not None
        assert tree.entry(path).size == len(data)  # type: ignore[union-attr]
    assert tree.under("d") == tree.under("d/") == tuple(sorted(f"d/{name}" for name in ODD))
    assert tree.under("d/deep") == ("d/deep/er/file",)
    assert tree.under("d/deep", "missing", "d") == tree.under("d")
    assert tree.under("missing", "d/deep") == ("d/deep/er/file",)
    assert tree.under() == ()
    tree.expect(files)
    assert {path: tree.read(path) for path in files} == {path: content.encode() for path, content in files.items()}


def test_kinds_of_files(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"empty": "", "run": "#!/bin/sh\n", "d/a": "1", "crlf": "a\r\nb\r\n", "binary": bytes(range(256)) * 300})
    (top.path / "run").chmod(0o755)
    (top.path / "link").symlink_to("../outside/é")
    (top.path / "d/linked").symlink_to("nowhere")
    tree = taken(top)
    assert seen(tree, "empty") == ("100644", b"", 0)
    assert seen(tree, "run") == ("100755", b"#!/bin/sh\n", 10)
    assert seen(tree, "link") == ("120000", "../outside/é".encode(), 13)
    assert seen(tree, "d/linked") == ("120000", b"nowhere", 7)
    assert seen(tree, "crlf") == ("100644", b"a\r\nb\r\n", 6)
    assert seen(tree, "binary") == ("100644", bytes(range(256)) * 300, 76800)
    assert tree.paths() == ("binary", "crlf", "d/a", "d/linked", "empty", "link", "run")


@pytest.mark.parametrize(
    "path",
    [
        "missing",
        "d",
        "d/",
        "d/a/x",
        "d/missing",
        "../repo/d/a",
        "./d/a",
        "/d/a",
        "d//a",
        "link/a",
        "missing\nline",
        "d\nx",
        "d/a\r",
        "a\0b",
    ],
)
def test_what_is_no_file_is_nothing(top: Repo, taken: Callable[[Repo], Tree], path: str) -> None:
    top.write({"d/a": "1", "out/a": "2"})
    (top.path / "link").symlink_to("out")
    tree = taken(top)
    assert seen(tree, path) == NOTHING
    tree.expect([path, "d/a"])
    assert (tree.read(path), tree.read("d/a")) == (None, b"1")
    assert tree.under("missing") == ()
    assert tree.under("d/a") == ()
    assert tree.under("link") == ()


def test_ignored_files_are_not_there(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write(
        {".gitignore": "*.csv\n/out/\n!keep.csv\n", "a.csv": "1", "keep.csv": "2", "out/x": "3", "sub/b.csv": "4"}
    )
    (top.path / ".git/info/exclude").write_text("private\n")
    top.write({"private": "5"})
    tree = taken(top)
    assert tree.paths() == (".gitignore", "keep.csv")
    for path in ("a.csv", "out/x", "sub/b.csv", "private"):
        assert seen(tree, path) == NOTHING


def test_a_tracked_file_that_is_ignored_is_there(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"a.csv": "1"})
    top.git("add", "a.csv")
    top.write({".gitignore": "*.csv\n"})
    assert seen(taken(top), "a.csv") == ("100644", b"1", 1)


def test_what_was_deleted_is_gone(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"a": "1", "d/b": "2", "keep": "3"})
    top.commit()
    (top.path / "a").unlink()
    shutil.rmtree(top.path / "d")
    tree = taken(top)
    assert tree.paths() == ("keep",)
    assert seen(tree, "a") == seen(tree, "d/b") == NOTHING
    assert tree.under("d") == ()


def test_a_folder_that_became_a_link(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"d/a": "1", "elsewhere/a": "2"})
    top.commit()
    shutil.rmtree(top.path / "d")
    (top.path / "d").symlink_to("elsewhere")
    tree = taken(top)
    assert tree.paths() == ("d", "elsewhere/a")
    assert seen(tree, "d") == ("120000", b"elsewhere", 9)
    assert seen(tree, "d/a") == NOTHING
    assert tree.under("d") == ()


def test_a_file_that_became_a_folder(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"a": "1", "b": "2"})
    top.commit()
    (top.path / "a").unlink()
    (top.path / "b").unlink()
    (top.path / "b").mkdir()
    top.write({"a/x": "3"})
    tree = taken(top)
    assert tree.paths() == ("a/x",)
    assert seen(tree, "a") == seen(tree, "b") == NOTHING
    assert seen(tree, "a/x") == ("100644", b"3", 1)


def test_another_repository_inside(top: Repo, taken: Callable[[Repo], Tree], tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    other.git("init", "--quiet")
    other.write({"inner": "1"})
    other.commit()
    top.write({"a": "1"})
    top.commit()
    top.git("submodule", "add", "--quiet", str(other.path), "sub")
    top.git("submodule", "add", "--quiet", str(other.path), "gone")
    top.commit()
    top.git("submodule", "deinit", "--quiet", "--force", "gone")
    tree = taken(top)
    assert tree.paths() == (".gitmodules", "a", "gone", "sub")
    for path in ("sub", "gone"):
        assert seen(tree, path) == ("160000", None, None)
        assert tree.entry(path).size is None  # type: ignore[union-attr]
    assert seen(tree, "sub/inner") == NOTHING


def test_a_gitlink_to_a_commit_that_is_here_has_no_content(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"a": "1"})
    oid = top.commit()
    top.git("update-index", "--add", "--cacheinfo", f"160000,{oid},self")
    (top.path / "self").mkdir()
    assert seen(taken(top), "self") == ("160000", None, None)


def test_a_sparse_checkout_hides_nothing(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"in/a": "1", "out/b": "2", "top": "3"})
    top.commit()
    top.git("sparse-checkout", "set", "in")
    assert not (top.path / "out").exists()
    tree = taken(top)
    assert tree.paths() == ("in/a", "out/b", "top")
    assert seen(tree, "out/b") == ("100644", b"2", 1)
    assert tree.under("out") == ("out/b",)


def test_a_sparse_index_hides_nothing(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    top.write({"in/a": "1", "out/d/b": "2"})
    top.commit()
    top.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    tree = taken(top)
    assert tree.paths() == ("in/a", "out/d/b")
    assert seen(tree, "out/d/b") == ("100644", b"2", 1)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_both_hashes_and_no_commit(tmp_path: Path, taken: Callable[[Repo], Tree], form: str) -> None:
    repo = Repo(tmp_path / "repo")
    repo.git("init", "--quiet", f"--object-format={form}")
    git = Git(repo.path)
    with Objects(git) as objects:
        empty = Commit(git, objects, git.head())
        assert git.head() == git.empty_tree()
        assert len(git.head()) == (40 if form == "sha1" else 64)
        assert (empty.paths(), empty.under("d"), seen(empty, "a")) == ((), (), NOTHING)
    repo.write({"d/a": "1"})
    tree = taken(repo)
    assert tree.paths() == ("d/a",)
    assert seen(tree, "d/a") == ("100644", b"1", 1)


def test_a_linked_worktree_and_a_detached_head(top: Repo, taken: Callable[[Repo], Tree], tmp_path: Path) -> None:
    top.write({"a": "1", "b": "2"})
    first = top.commit()
    top.write({"a": "changed"})
    top.commit()
    top.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), first)
    linked = Repo(tmp_path / "linked")
    linked.write({"c": "3"})
    tree = taken(linked)
    assert tree.paths() == ("a", "b", "c")
    assert seen(tree, "a") == ("100644", b"1", 1)


def test_the_current_folder_does_not_matter(
    top: Repo, taken: Callable[[Repo], Tree], monkeypatch: pytest.MonkeyPatch
) -> None:
    top.write({"d/a": "1", "a": "2"})
    monkeypatch.chdir(top.path / "d")
    tree = taken(top)
    assert tree.paths() == ("a", "d/a")
    assert (tree.read("a"), tree.read("d/a")) == (b"2", b"1")
    assert tree.under("d") == ("d/a",)


def test_names_that_are_no_utf_8(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    name = os.fsdecode(b"d/\xff\xfe")
    top.write({name: "1"})
    tree = taken(top)
    assert tree.paths() == (name,)
    assert seen(tree, name) == ("100644", b"1", 1)


def test_settings_of_the_user_change_nothing(top: Repo, taken: Callable[[Repo], Tree]) -> None:
    for key, value in {
        "diff.external": "false", "core.fsmonitor": "false", "status.showUntrackedFiles": "no", "diff.noprefix": "true", "diff.renames": "copies",
        "core.precomposeUnicode": "true", "status.relativePaths": "true", "color.ui": "always", "core.ignoreCase": "false", "diff.ignoreSubmodules": "all",
    }.items():  # fmt: skip
        top.git("config", key, value)
    top.write({"d/a": "1", "b": "1"})
    tree = taken(top)
    assert tree.paths() == ("b", "d/a")


# What only one of them can meet.


def test_an_intent_to_add_is_in_the_work_tree_only(top: Repo) -> None:
    top.write({"a": "1", "d/new": "2", "empty": ""})
    top.git("add", "a", "empty")
    top.git("add", "--intent-to-add", "d/new")
    git = Git(top.path)
    with Objects(git) as objects:
        index, worktree = Index(git, objects), WorkTree(git, objects)
        assert seen(worktree, "d/new") == ("100644", b"2", 1)
        assert worktree.paths() == ("a", "d/new", "empty")
        assert seen(index, "d/new") == NOTHING
        assert index.paths() == ("a", "empty")
        assert index.under("d") == ()
        assert seen(index, "empty") == ("100644", b"", 0)
        assert [change.path for change in git.changes(git.head())] == ["a", "empty"]


def test_a_path_in_conflict_is_not_in_the_index(top: Repo) -> None:
    top.write({"a": "1", "b": "1"})
    top.commit()
    top.git("checkout", "--quiet", "-b", "other")
    top.write({"a": "2"})
    top.commit()
    top.git("checkout", "--quiet", "main")
    top.write({"a": "3"})
    top.commit()
    assert top.try_git("merge", "other").code == 1
    git = Git(top.path)
    with Objects(git) as objects:
        index, worktree = Index(git, objects), WorkTree(git, objects)
        assert seen(index, "a") == NOTHING
        assert index.paths() == ("b",)
        assert worktree.paths() == ("a", "b")
        assert worktree.read("a") == (top.path / "a").read_bytes()


def test_the_index_and_not_the_work_tree_is_read(top: Repo) -> None:
    top.write({"a": "staged"})
    top.git("add", "a")
    top.write({"a": "lies there"})
    git = Git(top.path)
    with Objects(git) as objects:
        assert (Index(git, objects).read("a"), WorkTree(git, objects).read("a")) == (b"staged", b"lies there")


def test_an_index_of_its_own_is_honoured_only_where_it_is_inherited(top: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    top.write({"a": "1"})
    top.commit()
    shutil.copy(top.path / ".git/index", top.path / ".git/other-index")
    top.write({"b": "2"})
    top.git("add", "b", env={"GIT_INDEX_FILE": ".git/other-index"})
    for place in (".git/other-index", str(top.path / ".git/other-index")):
        monkeypatch.setenv("GIT_INDEX_FILE", place)
        for inherit, paths in ((True, ("a", "b")), (False, ("a",))):
            git = Git(top.path, inherit=inherit)
            with Objects(git) as objects:
                assert Index(git, objects).paths() == paths
                assert [c.path for c in git.changes(git.head())] == list(paths[1:])


def test_another_repository_of_the_environment_is_not_looked_at(
    top: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top.write({"a": "1"})
    top.commit()
    other = Repo(tmp_path / "other")
    other.git("init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    git = Git(top.path)
    with Objects(git) as objects:
        assert Commit(git, objects, git.head()).paths() == ("a",)


def test_a_shallow_clone_has_its_own_commit(top: Repo, tmp_path: Path) -> None:
    top.write({"a": "1"})
    first = top.commit()
    top.write({"a": "2"})
    top.commit()
    top.git("clone", "--quiet", "--depth=1", f"file://{top.path}", str(tmp_path / "shallow"))
    git = Git(tmp_path / "shallow")
    with Objects(git) as objects:
        assert Commit(git, objects, git.head()).read("a") == b"2"
    assert git.resolve(first) is None


def test_a_blob_that_a_partial_clone_lacks_is_never_fetched_and_never_passed_over(top: Repo, tmp_path: Path) -> None:
    top.git("config", "uploadpack.allowFilter", "true")
    top.write({"a": "old", "b": "same", "line\nbreak": "old"})
    first = top.commit()
    top.write({"a": "new", "line\nbreak": "new"})
    top.commit()
    top.git("clone", "--quiet", "--filter=blob:none", f"file://{top.path}", str(tmp_path / "partial"))
    top.path.rename(tmp_path / "away")  # whoever fetches now fails
    git = Git(tmp_path / "partial")
    with Objects(git) as objects:
        now, before = Commit(git, objects, git.head()), Commit(git, objects, first)
        assert now.read("a") == b"new"
        assert before.read("b") == b"same"
        before.expect(["a", "b"])
        for call, path in (
            (before.read, "a"),
            (before.size, "a"),
            (before.read, "line\nbreak"),
            (before.size, "line\nbreak"),
        ):
            with pytest.raises(EnvironmentProblem) as caught:
                call(path)
            assert (
                caught.value.message
                == f"`{first}:{path}` is not in this clone: Git knows it but does not have its content"
            )
            assert (
                caught.value.hint
                == "fetch it with `git fetch --refetch`, or widen the clone with `git sparse-checkout add catalog`"
            )
            assert caught.value.exit_code == 3
        with pytest.raises(EnvironmentProblem):
            before.entry("a")
        assert before.read("b") == b"same"  # the next question is answered
        assert before.paths() == ("a", "b", "line\nbreak")


def test_a_replaced_object_is_not_believed(top: Repo) -> None:
    top.write({"a": "1"})
    top.commit()
    real = top.git("rev-parse", "HEAD:a")
    forged = top.run("git", "hash-object", "-w", "--stdin", stdin="forged").out.strip()
    top.git("replace", real, forged)
    git = Git(top.path)
    with Objects(git) as objects:
        assert Commit(git, objects, git.head()).read("a") == b"1"


def test_changes_are_what_the_trees_differ_in(top: Repo) -> None:
    top.write({"same": "1", "gone": "2", "changed": "3", "moved": "4" * 100, "é": "5", "line\nbreak": "6"})
    first = top.commit()
    (top.path / "gone").unlink()
    (top.path / "moved").rename(top.path / "new place")
    (top.path / "same").chmod(0o755)
    top.write({"changed": "33", "é": "55", "line\nbreak": "66"})
    git = Git(top.path)
    top.git("add", "--all")
    cached = git.changes(first)
    second = top.commit()
    assert git.changes(first, second) == cached
    found = {change.path: change for change in cached}
    assert sorted(found) == ["changed", "gone", "line\nbreak", "moved", "new place", "same", "é"]
    assert (found["gone"].removed, found["new place"].added, found["changed"].added, found["changed"].removed) == (
        True,
        True,
        False,
        False,
    )
    assert (found["same"].old_mode, found["same"].mode) == ("100644", "100755")
    assert found["gone"].mode == found["new place"].old_mode == ABSENT
    with Objects(git) as objects:
        assert Commit(git, objects, second).entry("é") == Entry("100644", found["é"].oid, 2)


def test_a_file_that_was_only_touched_is_no_change(top: Repo) -> None:
    top.write({"a": "1"})
    head = top.commit()
    os.utime(top.path / "a", (1, 1))
    assert Git(top.path).changes(head, cached=False) == ()


def test_many_long_names_are_read_ahead_without_waiting_for_each_other(top: Repo) -> None:
    files = {f"{'d' * 200}/{'e' * 200}/{'f' * 200}/{'g' * 200}/{i}": "x" * 3000 for i in range(150)}
    top.write(files)
    top.git("add", "--all")
    git = Git(top.path)
    with Objects(git) as objects:
        index = Index(git, objects)
        index.expect(files)
        assert {path: index.read(path) for path in files} == dict.fromkeys(files, b"x" * 3000)


def rewritten(top: Repo) -> None:
    """Commit, and then stage whatever can become of a path."""
    top.write(dict.fromkeys(("same", "edited", "gone", "file", "linked", "mode", "unstaged", "emptied", "d/x"), "1"))
    top.commit()
    top.write({"edited": "22", "new": "3", "empty": "", "emptied": "", "announced": "", "d/y": "4", "line\nbreak": "5"})
    for name in ("gone", "file", "linked"):
        (top.path / name).unlink()
    top.write({"file/inside": "6"})
    (top.path / "linked").symlink_to("same")
    (top.path / "mode").chmod(0o755)
    (top.path / "announced").unlink()
    top.git("add", "--all")
    head = top.git("rev-parse", "HEAD")
    top.git("update-index", "--add", "--cacheinfo", f"160000,{head},other")
    top.write({"announced": "7", "unstaged": "8"})
    top.git("add", "--intent-to-add", "announced")


PATHS = [
    "same", "edited", "gone", "file", "file/inside", "linked", "mode", "unstaged", "emptied", "d/x", "d/y", "d", "new", "empty",
    "announced", "other", "line\nbreak", "absent", "../same", "",
]  # fmt: skip


@pytest.mark.parametrize("announced", [False, True])
def test_commits_that_know_their_difference_say_what_others_say(top: Repo, announced: bool) -> None:
    rewritten(top)
    git = Git(top.path)
    base = git.head()
    top.git("commit", "--quiet", "-m", "next")
    tip = git.head()
    with Objects(git) as objects, Objects(git) as others:
        knowing = arriving(git, objects, base, tip, git.changes(base, tip))
        for tree, other in zip(knowing, (Commit(git, others, tip), Commit(git, others, base)), strict=True):
            if announced:
                tree.expect(path for path in PATHS if path)
            for path in PATHS:
                assert seen(tree, path) == seen(other, path), path


@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize("start", ["commit", "nothing", "conflict"])
def test_an_index_that_knows_its_difference_says_what_others_say(top: Repo, start: str, announced: bool) -> None:
    rewritten(top)
    git = Git(top.path)
    base = git.empty_tree() if start == "nothing" else git.head()
    if start == "conflict":
        top.git("reset", "--quiet", "--hard")
        top.git("checkout", "--quiet", "-b", "side")
        top.write({"edited": "side", "new": "side"})
        top.git("rm", "--quiet", "gone")
        top.commit()
        top.git("checkout", "--quiet", "-")
        top.write({"edited": "main", "new": "main", "gone": "main"})
        top.commit()
        assert top.try_git("merge", "side").code == 1
        base = git.head()
    with Objects(git) as objects, Objects(git) as others:
        knowing = committing(git, objects, base, git.changes(base))
        for tree, other in zip(knowing, (Index(git, others), Commit(git, others, base)), strict=True):
            if announced:
                tree.expect(path for path in PATHS if path)
            for path in PATHS:
                assert seen(tree, path) == seen(other, path), path


def test_a_blob_that_a_difference_names_and_that_is_lost_is_an_error(top: Repo) -> None:
    top.write({"a": "1"})
    top.commit()
    top.write({"a": "2"})
    top.git("add", "--all")
    git = Git(top.path)
    changes = git.changes(git.head())
    (top.path / ".git/objects" / changes[0].oid[:2] / changes[0].oid[2:]).unlink()
    with Objects(git) as objects:
        index, base = committing(git, objects, git.head(), changes)
        assert base.read("a") == b"1"
        for ask in (index.read, index.size):
            with pytest.raises(EnvironmentProblem, match=r"^`:0:a` is not in this clone"):
                ask("a")


@pytest.mark.parametrize("announced", [False, True])
def test_a_blob_that_a_difference_names_and_a_partial_clone_lacks(top: Repo, tmp_path: Path, announced: bool) -> None:
    names = [f"{i:02}" for i in range(20)]
    top.write(dict.fromkeys(names, "1"))
    top.commit()
    top.write({name: name for name in names})
    top.commit()
    top.git("config", "uploadpack.allowFilter", "true")
    top.git("clone", "--quiet", "--filter=blob:none", "--no-checkout", f"file://{top.path}", str(tmp_path / "partial"))
    git = Git(tmp_path / "partial")
    tip = git.head()
    base = git.parent(tip)
    with Objects(git) as objects:
        knowing = arriving(git, objects, base, tip, git.changes(base, tip))
        for tree, oid in zip(knowing, (tip, base), strict=True):
            if announced:
                tree.expect(names)
            for ask in (tree.read, tree.size):
                with pytest.raises(EnvironmentProblem, match=rf"^`{oid}:07` is not in this clone: Git knows it but"):
                    ask("07")

"""The one module that runs Git: revisions are no options, the environment is fixed, errors say what failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.repo.git import FLOOR, Git, split
from tests.support.repo import Repo
from tests.support.unprivileged import enterable, unprivileged


@pytest.fixture
def top(tmp_path: Path) -> Repo:
    """A repository with one commit."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.write({"a": "1", "d/b": "2"})
    made.commit()
    return made


def test_revisions_that_mean_a_commit(top: Repo) -> None:
    git, head = Git(top.path), top.git("rev-parse", "HEAD")
    top.git("tag", "-a", "-m", "x", "reviews@v1.0.0")
    for revision in ("HEAD", "main", head, head[:8], "reviews@v1.0.0", "HEAD^0", "@", "refs/heads/main"):
        assert git.resolve(revision) == head


@pytest.mark.parametrize(
    "revision",
    [
        "", "--output=F", "-x", "--all", "--help", "-", "HEAD:a", "HEAD:d", "HEAD^{tree}", "@{u}", "@{-1}", "no-such", "..", "HEAD..HEAD", "^HEAD",
        "HEAD HEAD", "HEAD\nHEAD", "HEAD~5", "a", "reviews@v1.0.0", "HEAD\0x", "\ud800",
    ],
)  # fmt: skip
def test_what_means_no_commit_is_none_and_never_an_option(top: Repo, revision: str) -> None:
    before = top.snapshot()
    assert Git(top.path).resolve(revision) is None
    assert top.snapshot() == before


def test_a_replaced_commit_is_not_believed(top: Repo) -> None:
    head = top.git("rev-parse", "HEAD")
    top.write({"a": "2"})
    second = top.commit()
    top.git("replace", second, head)
    assert Git(top.path).changes(head, second) != ()


def test_the_head_of_nothing(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "new")
    repo.git("init", "--quiet")
    assert Git(repo.path).head() == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    assert Git(repo.path).changes(Git(repo.path).head()) == ()


def test_a_command_that_fails_says_which_and_why(top: Repo) -> None:
    with pytest.raises(EnvironmentProblem, match=r"^`git cat-file` failed: fatal: Not a valid object name nothing$"):
        Git(top.path).run("cat-file", "-p", "nothing")
    with pytest.raises(EnvironmentProblem) as caught:
        Git(top.path / "missing").run("status")
    assert caught.value.message == f"there is no folder `{top.path / 'missing'}`"


def test_git_is_not_installed(top: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    git = Git(top.path)
    git.env["PATH"] = str(top.path)
    monkeypatch.setenv("PATH", str(top.path))
    with pytest.raises(EnvironmentProblem) as caught:
        git.run("status")
    assert (caught.value.message, caught.value.hint) == ("git was not found on PATH", "install Git, 2.30 or later")


def test_ignored_paths_and_the_rule_that_hides_them(top: Repo) -> None:
    top.write({".gitignore": "*.csv\n!keep.csv\n/out/\n"})
    odd = [":(top)x.csv", "-x.csv", "a b.csv", "line\nbreak.csv", "é.csv", "[a].csv", "*.csv"]
    found = Git(top.path).ignored(["a", "keep.csv", "out/x", "d/y.csv", *odd])
    assert found == {"out/x": ".gitignore:3:/out/", "d/y.csv": ".gitignore:1:*.csv"} | dict.fromkeys(
        odd, ".gitignore:1:*.csv"
    )
    assert Git(top.path).ignored([]) == {}
    with pytest.raises(EnvironmentProblem, match=r"^`git check-ignore` failed: fatal: "):
        Git(top.path).ignored(["../outside"])


def test_staging_takes_these_paths_and_deletions_and_nothing_else(top: Repo) -> None:
    top.write({"d/b": "22", "new": "3", "*": "4", "other": "5", "-x": "6"})
    (top.path / "a").unlink()
    Git(top.path).stage(["a", "d/b", "*", "-x"])
    assert sorted(top.git("diff", "--cached", "--name-status").splitlines()) == ["A\t*", "A\t-x", "D\ta", "M\td/b"]
    Git(top.path).stage([])
    with pytest.raises(
        EnvironmentProblem, match=r"^`git add` failed: fatal: pathspec 'missing' did not match any files$"
    ):
        Git(top.path).stage(["missing"])


def test_settings_authors_and_places(top: Repo) -> None:
    git = Git(top.path)
    assert git.setting("datakit.python") is None
    git.set("datakit.python", "/usr/bin/py thon")
    assert git.setting("datakit.python") == "/usr/bin/py thon"
    assert git.author() == "Ann Author <ann@example.org>"
    assert git.path("hooks") == top.path / ".git/hooks"
    git.set("core.hooksPath", "tools/hooks")
    assert git.path("hooks") == top.path / "tools/hooks"
    assert git.blob_id("a") == top.git("rev-parse", "HEAD:a")


def test_nobody_is_no_author(top: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    top.git("config", "user.useConfigOnly", "true")
    assert Git(top.path).author() == ""


def test_output_is_split_at_nul() -> None:
    assert split(b"a\0b\nc\0\xff\0") == ["a", "b\nc", "\udcff"]
    assert split(b"") == []


class TestHead:
    """HEAD is taken for a beginning only where there is nothing yet."""

    def test_before_the_first_commit(self, tmp_path: Path) -> None:
        Repo(tmp_path).git("init", "--quiet")
        assert Git(tmp_path).head() == Git(tmp_path).empty_tree()

    @pytest.mark.parametrize("content", ["garbage\n", "", "1" * 40 + "\n"])
    @pytest.mark.parametrize("place", ["refs/heads/main", "HEAD"])
    def test_what_cannot_be_read_is_told_in_the_words_of_git(self, repo: Repo, place: str, content: str) -> None:
        assert Git(repo.path).head() == repo.git("rev-parse", "HEAD")
        repo.write({f".git/{place}": content})
        with pytest.raises(
            EnvironmentProblem, match=r"^`git rev-parse HEAD` failed: (fatal|error|warning): "
        ) as caught:
            Git(repo.path).head()
        assert caught.value.hint == "git fsck"

    def test_a_commit_that_is_corrupt(self, repo: Repo) -> None:
        oid = repo.git("rev-parse", "HEAD")
        file = repo.path / ".git/objects" / oid[:2] / oid[2:]
        file.chmod(0o644)
        file.write_bytes(b"xx")
        with pytest.raises(EnvironmentProblem, match="`git rev-parse HEAD` failed: error: inflate"):
            Git(repo.path).head()

    def test_a_branch_that_this_user_may_not_read(self, repo: Repo, isolated: Path) -> None:
        repo.git("config", "--global", "safe.directory", "*")
        enterable(repo.path)
        enterable(isolated)
        (repo.path / ".git/refs/heads/main").chmod(0)

        def work() -> str:
            return Git(repo.path).head()

        assert "`git rev-parse HEAD` failed: " in unprivileged(work)


def test_the_version(tmp_path: Path) -> None:
    assert FLOOR <= Git(tmp_path).version() < (9,)


def test_the_main_work_tree(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "a b"))
    assert Git(repo.path).main_tree() is None
    assert Git(tmp_path / "a b").main_tree() == repo.path


def test_a_filter_that_cannot_be_switched_off(repo: Repo) -> None:
    with (repo.path / ".git/config").open("a") as config:
        config.write('[filter "a=b"]\n\tclean = cat\n')
    git = Git(repo.path)
    with pytest.raises(EnvironmentProblem) as caught:
        git.changes(git.head(), cached=False)
    assert caught.value.message == "Git's configuration has `filter.a=b`, a filter that cannot be switched off"
    assert caught.value.hint == "give it a name without `=`"
    assert git.changes(git.head()) == ()


def test_line_ends_are_converted_where_no_filter_runs(repo: Repo) -> None:
    repo.write({".gitattributes": "*.txt text eol=crlf\n", "a.txt": "1\r\n2\r\n"})
    repo.commit()
    (repo.path / "a.txt").write_bytes(b"1\r\n2\r\n")
    assert Git(repo.path).changes(repo.git("rev-parse", "HEAD"), cached=False) == ()

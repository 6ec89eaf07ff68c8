"""After a checkout and a merge, as Git does them: what has to follow, and nothing that stops anybody."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from datakit.formats.policy import Policy
from datakit.hooks import arriving
from datakit.verbs.scaffold import hooks
from tests.support.repo import Repo
from tests.support.rooms import md5, repository, room

DATA = "data/raw/reviews.csv"
MORE = room(data="v2", before="v1", note="March reviews appended", size=2)
ONE = "1 dataset is not here as recorded now: reviews\n  datakit pull reviews\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository whose branch `more` records other bytes; the data of `main`, `v1`, lies there."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.git("config", "datakit.python", sys.executable)
    made.write(repository(room(size=2)) | {"a.py": "1", ".gitignore": "*.csv\n", DATA: "v1"})
    made.commit("start")
    made.git("checkout", "--quiet", "-b", "more")
    made.write(MORE)
    made.commit("more")
    made.git("checkout", "--quiet", "main")
    for door in hooks.ARRIVALS:
        file = made.path / ".git/hooks" / door
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(hooks.script(door, Policy()))
        file.chmod(0o755)
    return made


def said(repo: Repo, *args: str) -> str:
    """Run Git, which has to succeed, and return what it and its hooks said."""
    done = repo.try_git(*args)
    assert done.code == 0, done.err
    return done.out + done.err


class TestCheckout:
    def test_another_branch(self, repo: Repo) -> None:
        assert md5("v2") in repo.git("show", "more:data/raw/reviews.csv.dvc")
        assert said(repo, "checkout", "--quiet", "more") == ONE
        repo.write({DATA: "v2"})
        assert said(repo, "checkout", "--quiet", "main") == ONE
        repo.write({DATA: "v1"})
        repo.git("checkout", "--quiet", "--detach")
        repo.write({DATA: "v2"})
        assert said(repo, "switch", "--quiet", "more") == ""  # it lies there already

    def test_data_that_is_not_there_at_all(self, repo: Repo) -> None:
        (repo.path / DATA).unlink()
        assert said(repo, "checkout", "--quiet", "more") == ONE

    def test_a_worktree_begins_without_data(self, repo: Repo) -> None:
        assert ONE in said(repo, "worktree", "add", "--quiet", "../linked", "more")

    def test_code_alone_says_nothing(self, repo: Repo) -> None:
        repo.write({"a.py": "2"})
        repo.commit()
        assert said(repo, "checkout", "--quiet", "HEAD~1") == ""
        assert said(repo, "checkout", "--quiet", "-b", "new") == ""
        assert said(repo, "checkout", "--quiet", "more", "--", "data") == ""  # files, no branch

    def test_a_folder_and_a_large_file_are_not_hashed(self, repo: Repo) -> None:
        big = "x" * (arriving._SMALL + 1)
        repo.write(room(data=big, size=len(big)))
        repo.commit("big")
        repo.write({DATA: big})
        assert said(repo, "checkout", "--quiet", "HEAD~1") == ONE
        assert said(repo, "checkout", "--quiet", "main") == ONE  # it lies there, which would take long to find out

    def test_many_are_counted(self, repo: Repo) -> None:
        repo.write(repository(*[room(f"d{number}") for number in range(7)]))
        repo.commit("many")
        repo.git("checkout", "--quiet", "more")
        assert said(repo, "checkout", "--quiet", "main") == (
            "7 datasets are not here as recorded now: d0, d1, d2, d3, d4, …\n  datakit pull\n"
        )


class TestMerge:
    def test_what_a_merge_brings(self, repo: Repo) -> None:
        assert said(repo, "merge", "--quiet", "--ff-only", "more") == ONE

    def test_a_pull(self, repo: Repo) -> None:
        repo.git("clone", "--quiet", ".", "../clone")
        clone = Repo(repo.path.parent / "clone")
        clone.git("config", "datakit.python", sys.executable)
        (clone.path / ".git/hooks/post-merge").write_bytes((repo.path / ".git/hooks/post-merge").read_bytes())
        (clone.path / ".git/hooks/post-merge").chmod(0o755)
        clone.write({DATA: "v1"})
        repo.git("merge", "--quiet", "more")
        assert ONE in said(clone, "pull", "--quiet")

    def test_a_rebase_says_nothing_in_its_middle(self, repo: Repo) -> None:
        repo.write({"b.py": "1"})
        repo.commit("code")
        assert "datakit pull" not in said(repo, "rebase", "--quiet", "more")


class TestNothingStopsAnybody:
    def test_records_that_cannot_be_read(self, repo: Repo) -> None:
        repo.write({"catalog/reviews/manifest.json": "{"})
        repo.commit("broken")
        assert said(repo, "checkout", "--quiet", "HEAD~1") == ""
        repo.write({"datakit.yaml": "policy: 9\n"})
        repo.commit("broken policy")
        assert said(repo, "checkout", "--quiet", "more") == ONE
        assert "datakit cannot say whether the data is still what the records say" in said(
            repo, "checkout", "--quiet", "-"
        )

    @pytest.mark.parametrize("script", ["exit 1", "echo 'no module' >&2; exit 70"])
    def test_a_python_without_datakit(self, repo: Repo, tmp_path: Path, script: str) -> None:
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        repo.git("config", "datakit.python", str(python))
        assert said(repo, "checkout", "--quiet", "more") == ""

    def test_arguments_that_are_missing(self, repo: Repo) -> None:
        assert arriving.run("post-checkout", repo.path, ()) == 0

    def test_through_pre_commit(self, repo: Repo) -> None:
        ends = {
            "PRE_COMMIT_FROM_REF": repo.git("rev-parse", "main"),
            "PRE_COMMIT_TO_REF": repo.git("rev-parse", "more"),
        }
        done = repo.run(
            sys.executable, "-P", "-m", "datakit.hooks", "post-checkout", env=ends | {"PRE_COMMIT_CHECKOUT_TYPE": "1"}
        )
        assert done == (0, ONE, "")

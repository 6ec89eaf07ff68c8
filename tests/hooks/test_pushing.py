"""Before a push, as Git does it: real pushes through the hook that `init` writes."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from datakit.formats.policy import Policy
from datakit.verbs.scaffold import hooks
from tests.support.repo import Repo, Result
from tests.support.rooms import repository, room

POINTER = "data/raw/reviews.csv.dvc"
OFF = "policy: 1\nremotes: {pre_push: off}\n"  # tests/hooks/test_proving.py is about the bytes
MORE = room(data="v2", before="v1", note="March reviews appended")
HALF = {POINTER: MORE[POINTER]}
BLOCKED = "push blocked by datakit; `datakit explain CODE` says why a rule is there\n"
DELETED = "refs/tags/reviews@v1.0.0: DK702 a released version is deleted, and others may have it already"
MOVED = "refs/tags/reviews@v1.0.0: DK702 a released version is moved to another commit, and others may have it already"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository whose hook judges pushes to `origin`, which has its first commit."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.git("config", "datakit.python", sys.executable)
    made.write(repository(room(), policy=OFF) | {"a.py": "1", ".dvc/config": ""})
    made.commit("start")
    made.git("init", "--quiet", "--bare", "../bare.git")
    made.git("remote", "add", "origin", "../bare.git")
    made.git("push", "--quiet", "origin", "main")
    hooked(made)
    return made


def hooked(repo: Repo) -> None:
    """Install the hook."""
    file = repo.path / ".git/hooks/pre-push"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(hooks.script("pre-push", Policy()))
    file.chmod(0o755)


def step(repo: Repo, files: dict[str, bytes] | dict[str, str]) -> str:
    """Commit past the hooks."""
    repo.write(files)
    return repo.commit()


def push(repo: Repo, *refs: str) -> Result:
    """Push through the hook."""
    return repo.try_git("push", "origin", *refs)


def there(repo: Repo) -> set[str]:
    """Return the refs of the remote."""
    return set(Repo(repo.path.parent / "bare.git").git("for-each-ref", "--format=%(refname)").split())


def test_good_commits_are_pushed(repo: Repo) -> None:
    step(repo, {"a.py": "2"})
    assert push(repo, "main").code == 0
    step(repo, MORE)
    done = push(repo, "main")
    assert (done.code, "datakit" in done.err) == (0, False)


def test_a_commit_that_no_hook_saw_is_blocked(repo: Repo) -> None:
    # Scenarios 58, 59 and 63.
    step(repo, HALF)
    done = push(repo, "main")
    assert done.code == 1
    assert done.err.startswith(f"{POINTER}: DK102 its md5 is 1b267619…, the manifest says 6654c734…\n\nto mend:\n")
    assert BLOCKED in done.err
    assert push(repo, "--no-verify", "main").code == 0


def test_what_a_later_commit_mends_is_pushed(repo: Repo) -> None:
    step(repo, HALF)
    step(repo, MORE)
    assert push(repo, "main").code == 0


def test_data_that_was_taken_away_again_is_not(repo: Repo) -> None:
    # Scenario 61.
    step(repo, {"data/raw/loose.csv": "1"})
    (repo.path / "data/raw/loose.csv").unlink()
    repo.commit()
    done = push(repo, "main")
    assert done.code == 1
    assert "data/raw/loose.csv: DK601 in commit" in done.err


class TestRefs:
    def test_the_second_one_is_judged(self, repo: Repo) -> None:
        # Scenario 60; the findings of each ref stand under its name.
        repo.git("branch", "good")
        repo.git("checkout", "--quiet", "-b", "bad")
        step(repo, HALF)
        for refs in (("good", "bad"), ("bad", "good")):
            done = push(repo, *refs)
            assert done.code == 1
            assert done.err.startswith(f"refs/heads/bad:\n{POINTER}: DK102")
            assert there(repo) == {"refs/heads/main"}

    def test_what_two_refs_share_is_said_once(self, repo: Repo) -> None:
        step(repo, HALF)
        done = push(repo, "main", "main:other")
        assert (done.code, done.err.count("DK102")) == (1, 1)

    def test_a_branch_that_is_not_checked_out(self, repo: Repo) -> None:
        repo.git("checkout", "--quiet", "-b", "bad")
        step(repo, HALF)
        repo.git("checkout", "--quiet", "main")
        assert push(repo, "bad").code == 1
        assert push(repo, "bad:refs/heads/elsewhere").code == 1
        assert push(repo, "main:refs/heads/elsewhere").code == 0

    def test_a_tag_alone(self, repo: Repo) -> None:
        commit = step(repo, HALF)
        repo.git("tag", "v1")
        repo.git("reset", "--quiet", "--hard", f"{commit}~1")
        assert "DK102" in push(repo, "v1").err

    def test_a_new_branch_from_an_old_base_is_judged_for_what_is_new(self, repo: Repo) -> None:
        repo.git("checkout", "--quiet", "-b", "side")
        step(repo, {"a.py": "2"})
        repo.git("checkout", "--quiet", "main")
        step(repo, HALF)
        push(repo, "--no-verify", "main")
        assert push(repo, "side").code == 0

    def test_a_forced_push(self, repo: Repo) -> None:
        step(repo, {"a.py": "2"})
        push(repo, "main")
        repo.git("reset", "--quiet", "--hard", "HEAD~1")
        step(repo, HALF)
        assert "DK102" in push(repo, "--force", "main").err
        repo.git("reset", "--quiet", "--hard", "HEAD~1")
        assert push(repo, "--force", "main").code == 0

    def test_a_deleted_branch_and_a_tag_of_a_file(self, repo: Repo) -> None:
        push(repo, "main:side")
        assert push(repo, ":side").code == 0
        repo.git("tag", "licence", "HEAD:a.py")
        assert push(repo, "licence").code == 0
        assert there(repo) == {"refs/heads/main", "refs/tags/licence"}

    def test_a_revision_with_blanks(self, repo: Repo) -> None:
        repo.write(HALF)
        repo.commit("fix a bug")
        assert "DK102" in push(repo, "HEAD^{/fix a bug}:refs/heads/x").err

    def test_by_url_everything_is_new(self, repo: Repo) -> None:
        assert repo.try_git("push", "../bare.git", "main:other").code == 0

    def test_from_a_linked_worktree_and_a_subfolder(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
        linked = Repo(tmp_path / "linked")
        step(linked, HALF)
        assert "DK102" in push(linked, "side").err
        assert "DK102" in push(Repo(linked.path / "catalog"), "side").err


class TestVersions:
    def test_annotated_is_pushed_and_lightweight_is_not(self, repo: Repo) -> None:
        repo.git("tag", "reviews@v1.0.0")
        done = push(repo, "reviews@v1.0.0")
        assert done.code == 1
        assert "refs/tags/reviews@v1.0.0: DK702 is a lightweight tag, which registers nothing" in done.err
        repo.git("tag", "-f", "-a", "-m", "x", "reviews@v1.0.0")
        assert push(repo, "reviews@v1.0.0").code == 0

    def test_a_version_of_what_somebody_pushed_past_the_hook(self, repo: Repo) -> None:
        (repo.path / "catalog/reviews/receipt.json").unlink()
        repo.commit()
        push(repo, "--no-verify", "main")
        repo.git("tag", "-a", "-m", "x", "reviews@v1.0.0")
        assert "DK301" in push(repo, "reviews@v1.0.0").err

    def test_a_released_version_stays(self, repo: Repo) -> None:
        # Scenario 62.
        repo.git("tag", "-a", "-m", "x", "reviews@v1.0.0")
        push(repo, "reviews@v1.0.0")
        done = push(repo, "--delete", "reviews@v1.0.0")
        assert (done.code, done.err.splitlines()[0]) == (1, DELETED)
        step(repo, MORE)
        repo.git("tag", "-f", "-a", "-m", "x", "reviews@v1.0.0")
        done = push(repo, "--force", "reviews@v1.0.0")
        assert (done.code, done.err.splitlines()[0]) == (1, MOVED)
        repo.git("tag", "--delete", "reviews@v1.0.0")
        repo.git("reflog", "expire", "--expire=now", "--all")
        repo.git("gc", "--quiet", "--prune=now")
        assert push(repo, ":reviews@v1.0.0").err.splitlines()[0] == DELETED  # though its tag is not here any more

    def test_taking_a_version_back_as_gto_does(self, repo: Repo) -> None:
        for name in ("reviews@v1.0.0", "reviews@v1.0.0!"):
            repo.git("tag", "-a", "-m", "x", name)
            assert push(repo, name).code == 0

    def test_a_lightweight_tag_never_was_a_version(self, repo: Repo) -> None:
        repo.git("tag", "reviews@v1.0.0")
        push(repo, "--no-verify", "reviews@v1.0.0")
        repo.git("tag", "-f", "-a", "-m", "x", "reviews@v1.0.0")
        assert push(repo, "--force", "reviews@v1.0.0").code == 0
        repo.git("tag", "other")
        assert push(repo, "other").code == 0
        assert push(repo, ":other").code == 0

    def test_models_of_gto_are_not_ours(self, repo: Repo) -> None:
        repo.git("tag", "model@v1.0.0")
        assert push(repo, "model@v1.0.0").code == 0
        assert push(repo, ":model@v1.0.0").code == 0


class TestNeverAPass:
    def test_an_object_that_is_not_here(self, repo: Repo, tmp_path: Path) -> None:
        step(repo, MORE)
        repo.git("config", "uploadpack.allowFilter", "true")
        repo.git(
            "clone", "--quiet", "--filter=blob:none", "--no-checkout", f"file://{repo.path}", str(tmp_path / "partial")
        )
        partial = Repo(tmp_path / "partial")
        partial.git("config", "datakit.python", sys.executable)
        hooked(partial)
        repo.path.rename(tmp_path / "away")
        done = partial.try_git("push", str(tmp_path / "bare.git"), "main:new")
        assert done.code == 1
        assert "is not in this clone: Git knows it but does not have its content" in done.err

    def test_its_exit_code(self, repo: Repo) -> None:
        line = f"refs/heads/x {'1' * 40} refs/heads/x {'0' * 40}\n"
        done = repo.run(sys.executable, "-P", "-m", "datakit.hooks", "pre-push", "origin", "url", stdin=line)
        assert done.code == 3
        assert f"error: `{'1' * 40}` is not in this clone" in done.err

    def test_a_shallow_clone(self, repo: Repo, tmp_path: Path) -> None:
        step(repo, {"a.py": "2"})
        repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(tmp_path / "shallow"))
        shallow = Repo(tmp_path / "shallow")
        line = f"refs/heads/x {shallow.git('rev-parse', 'HEAD')} refs/heads/x {'0' * 40}\n"
        done = shallow.run(sys.executable, "-P", "-m", "datakit.hooks", "pre-push", "other", "url", stdin=line)
        assert done.code == 3
        assert "which is shallow" in done.err
        assert "hint: git fetch --unshallow" in done.err


def test_nothing_to_read(repo: Repo) -> None:
    assert push(repo, "main").code == 0  # it is there: Git writes no line
    assert repo.run(sys.executable, "-P", "-m", "datakit.hooks", "pre-push") == (0, "", "")


def test_a_repository_without_datakit_is_left_alone(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--orphan", "other")
    repo.git("rm", "-r", "--quiet", "--force", ".")
    step(repo, {"data/raw/x.csv": "1", "x.csv.dvc": "outs: []"})
    assert push(repo, "other").code == 0


def test_more_commits_need_no_more_processes(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git, calls = shutil.which("git"), tmp_path / "calls"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec {git} "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    counts = []
    for commits in (2, 20):
        for number in range(commits):
            before, now = f"v{commits}{number - 1}", f"v{commits}{number}"
            step(repo, room(data=now, before=before, note=f"for {now}") | {"a.py": now})
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
            calls.write_text("")
            assert push(repo, "main").code == 0
        counts.append(len(calls.read_text().splitlines()))
    assert counts[1] == counts[0] <= 20


class TestThroughPreCommit:
    """pre-commit passes on one ref; a hook of ours that Git starts by itself has judged them all."""

    CONFIG = """\
repos:
  - repo: local
    hooks:
      - id: datakit-push
        name: datakit push
        language: system
        entry: {python} -P -m datakit.hooks pre-push
        stages: [pre-push]
        always_run: true
        pass_filenames: false
        verbose: true
"""

    @pytest.fixture
    def through(self, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
        """The repository with the hook in pre-commit's configuration, and pre-commit's own script."""
        monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
        (repo.path / ".git/hooks/pre-push").unlink()
        step(repo, {".pre-commit-config.yaml": self.CONFIG.format(python=sys.executable)})
        push(repo, "--no-verify", "main")
        self.install(repo)
        return repo

    def install(self, repo: Repo) -> None:
        """Install pre-commit's script."""
        done = repo.run(sys.executable, "-P", "-m", "pre_commit", "install", "--hook-type", "pre-push")
        assert done.code == 0, done.out

    def test_the_first_ref_is_judged_by_what_pre_commit_says_of_it(self, through: Repo) -> None:
        through.git("checkout", "--quiet", "-b", "bad")
        step(through, HALF)
        done = push(through, "bad")
        assert done.code == 1
        assert "DK102" in done.out + done.err
        assert push(through, "main:bad").code == 0

    def test_ours_beside_it_judges_the_second(self, through: Repo) -> None:
        (through.path / ".git/hooks/pre-push").rename(through.path / ".git/hooks/pre-push.before-datakit")
        hooked(through)
        self.judged_once(through)

    def test_ours_that_pre_commit_found_there_judges_the_second(self, through: Repo) -> None:
        (through.path / ".git/hooks/pre-push").unlink()
        hooked(through)
        self.install(through)
        assert b"datakit.hooks pre-push" in (through.path / ".git/hooks/pre-push.legacy").read_bytes()
        self.judged_once(through)

    def judged_once(self, repo: Repo) -> None:
        """Push a good and a bad ref, and the bad one alone."""
        repo.git("branch", "good")
        repo.git("checkout", "--quiet", "-b", "bad")
        step(repo, HALF)
        for refs in (("good", "bad"), ("bad",)):
            done = push(repo, *refs)
            assert done.code == 1
            assert (done.out + done.err).count("DK102") == 1
        assert there(repo) == {"refs/heads/main"}


class TestWithOtherHooks:
    def test_the_one_that_was_there_reads_the_same(self, repo: Repo, tmp_path: Path) -> None:
        before = repo.path / ".git/hooks/pre-push.before-datakit"
        before.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/said\ncat >> {tmp_path}/said\n')
        before.chmod(0o755)
        step(repo, HALF)
        assert push(repo, "main").code == 1
        remote, line = (tmp_path / "said").read_text().splitlines()
        assert (remote, line.split()[0], line.split()[2]) == ("origin", "refs/heads/main", "refs/heads/main")
        before.write_text("#!/bin/sh\nexit 3\n")
        done = push(repo, "main:other")
        assert (done.code, "DK102" in done.err) == (1, False)

    def test_it_is_not_lost_when_pre_commit_comes_later(
        self, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
        before = repo.path / ".git/hooks/pre-push.before-datakit"
        before.write_text(f"#!/bin/sh\ncat > {tmp_path}/said\n")
        before.chmod(0o755)
        step(repo, {".pre-commit-config.yaml": "repos: []\n"})
        assert repo.run(sys.executable, "-m", "pre_commit", "install", "-t", "pre-push").code == 0
        assert push(repo, "main").code == 0
        assert (tmp_path / "said").read_text().startswith("refs/heads/main ")


def test_without_datakit_code_is_pushed_and_data_is_not(repo: Repo, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    repo.git("config", "datakit.python", str(python))
    step(repo, {"a.py": "2"})
    done = push(repo, "main")
    assert (done.code, "datakit is not installed" in done.err) == (0, True)
    step(repo, MORE)
    done = push(repo, "main")
    assert done.code == 1
    assert "datasets are pushed and nothing here can judge them: push blocked" in done.err

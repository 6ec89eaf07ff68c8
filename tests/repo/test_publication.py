"""Registering a version in a clone, and telling the repository that others pull from."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, IntegrityError, UsageError
from datakit.formats import tags
from datakit.formats.tags import Tag, Version
from datakit.repo import publication, references
from datakit.repo.git import Git
from datakit.repo.publication import Destination
from tests.support.repo import Repo

FIRST, SECOND = Tag("birds", Version(1, 0, 0)), Tag("birds", Version(1, 1, 0))
HOSTILE = "birds v1.0.0\n\n# kept\n-----x\n--edit\n$(id) `id`\n\ntrailing  \n"


@pytest.fixture
def shared(repo: Repo) -> Repo:
    """A repository with a bare one beside it that it pushes to."""
    repo.git("init", "--quiet", "--bare", "--initial-branch=main", "../bare.git")
    repo.git("remote", "add", "origin", "../bare.git")
    repo.git("push", "--quiet", "-u", "origin", "main")
    return repo


def register(repo: Repo, tag: Tag = FIRST, message: str = "x\n") -> str:
    """Register HEAD."""
    return publication.register(Git(repo.path), tag, repo.git("rev-parse", "HEAD"), message.encode())


def bare(repo: Repo) -> Repo:
    """Return the repository that is pushed to."""
    return Repo(repo.path.parent / "bare.git")


class TestRegister:
    def test_an_annotated_tag_with_its_message_to_the_byte(self, repo: Repo) -> None:
        oid = register(repo, message=HOSTILE)
        assert repo.git("cat-file", "-t", oid) == "tag"
        done = subprocess.run(["git", "cat-file", "tag", oid], cwd=repo.path, capture_output=True, check=True)
        head, _, message = done.stdout.decode().partition("\n\n")
        assert message == HOSTILE
        assert f"object {repo.git('rev-parse', 'HEAD')}\ntype commit\ntag birds@v1.0.0\ntagger Ann Author" in head

    def test_what_exists_is_never_replaced(self, repo: Repo) -> None:
        first = register(repo)
        repo.commit("later")
        with pytest.raises(UsageError) as caught:
            register(repo)
        assert caught.value.message == "the tag `birds@v1.0.0` exists already; nothing was registered"
        assert repo.git("rev-parse", "birds@v1.0.0") == first

    def test_git_has_to_know_who(self, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_COMMITTER_{name}")
        repo.git("config", "user.useConfigOnly", "true")
        with pytest.raises(EnvironmentProblem, match=r"Git could not make the tag `birds@v1\.0\.0`: ") as caught:
            register(repo)
        assert caught.value.hint == 'git config user.name "…"; git config user.email "…"'
        repo.git("config", "user.name", "Bea")
        repo.git("config", "user.email", "bea@example.org")
        register(repo)
        assert "tagger Bea <bea@example.org>" in repo.git("cat-file", "-p", "birds@v1.0.0")

    def test_the_users_wish_to_sign_holds(self, repo: Repo) -> None:
        repo.git("config", "tag.gpgSign", "true")
        repo.git("config", "gpg.program", "false")
        with pytest.raises(EnvironmentProblem, match=r"could not make the tag `birds@v1\.0\.0`: error: .*sign"):
            register(repo)
        assert repo.git("tag") == ""

    def test_only_the_very_tag_is_taken_back(self, repo: Repo) -> None:
        oid = register(repo)
        publication.take_back(Git(repo.path), FIRST, repo.git("rev-parse", "HEAD"))
        assert repo.git("tag") == "birds@v1.0.0"
        publication.take_back(Git(repo.path), FIRST, oid)
        assert repo.git("tag") == ""


class TestDestination:
    def test_the_upstream(self, shared: Repo) -> None:
        shared.git("switch", "--quiet", "-c", "work", "--track", "origin/main")
        # As with `git push`, what a branch was started from is not what it is pushed to, unless the settings say so.
        assert publication.destination(Git(shared.path)) == Destination("origin", "work", "refs/heads/work")
        shared.git("config", "push.default", "upstream")
        assert publication.destination(Git(shared.path)) == Destination("origin", "work", "refs/heads/main")

    @pytest.mark.parametrize("key", ["remote.pushDefault", "branch.main.pushRemote"])
    def test_another_remote_to_push_to(self, shared: Repo, key: str) -> None:
        shared.git("remote", "add", "fork", "../fork.git")
        shared.git("config", key, "fork")
        assert publication.destination(Git(shared.path)) == Destination("fork", "main", "refs/heads/main")

    def test_a_branch_without_upstream(self, shared: Repo) -> None:
        shared.git("switch", "--quiet", "-c", "new")
        assert publication.destination(Git(shared.path)) == Destination("origin", "new", "refs/heads/new")
        shared.git("config", "branch.new.remote", ".")
        shared.git("config", "branch.new.merge", "refs/heads/main")
        assert publication.destination(Git(shared.path)) == Destination("origin", "new", "refs/heads/new")

    def test_the_only_remote_whatever_its_name(self, shared: Repo) -> None:
        shared.git("remote", "rename", "origin", "upstream")
        shared.git("switch", "--quiet", "-c", "new")
        assert publication.destination(Git(shared.path)).remote == "upstream"

    def test_none_and_several(self, repo: Repo) -> None:
        with pytest.raises(EnvironmentProblem) as caught:
            publication.destination(Git(repo.path))
        assert caught.value.message == "Git has no remote here"
        assert caught.value.hint == "git remote add origin URL, or leave `--push` out"
        for name in ("a", "b"):
            repo.git("remote", "add", name, f"../{name}.git")
        with pytest.raises(EnvironmentProblem, match="none of Git's remotes is the one to push to: a, b"):
            publication.destination(Git(repo.path))

    def test_no_branch(self, shared: Repo) -> None:
        shared.git("switch", "--quiet", "--detach")
        with pytest.raises(UsageError, match="HEAD is on no branch, so there is none to push"):
            publication.destination(Git(shared.path))

    def test_an_address_is_shown_without_its_secrets(self) -> None:
        place = Destination("https://jane:s3cret@example.org/team/data.git", "main", "refs/heads/main")
        assert place.label == "https://example.org/team/data.git"


class TestCompare:
    PLACE = Destination("origin", "main", "refs/heads/main")

    def compare(self, repo: Repo) -> None:
        """Compare what is registered here with what is there."""
        git = Git(repo.path)
        publication.compare(git, self.PLACE, "birds", references.registered(git, "birds"))

    def test_what_is_the_same_or_not_pushed_yet(self, shared: Repo) -> None:
        register(shared)
        shared.git("push", "--quiet", "origin", "birds@v1.0.0")
        register(shared, SECOND)
        shared.git("tag", "birds@v9.0.0")
        shared.git("push", "--quiet", "origin", "birds@v9.0.0")  # lightweight, on both sides
        bare(shared).git("tag", "birds@vanity", "main")
        bare(shared).git("tag", "-a", "-m", "x", "birds-eggs@v1.0.0", "main")
        self.compare(shared)

    def test_a_version_that_was_moved(self, shared: Repo) -> None:
        first = register(shared)
        shared.git("push", "--quiet", "origin", "birds@v1.0.0")
        shared.git("tag", "-d", "birds@v1.0.0")
        second = register(shared, message="other\n")
        with pytest.raises(IntegrityError) as caught:
            self.compare(shared)
        assert caught.value.message == (
            f"`birds@v1.0.0` was moved: here it is tag {second[:10]}, on `origin` it is {first[:10]}"
        )
        assert "git fetch origin '+refs/tags/birds@v1.0.0:refs/tags/birds@v1.0.0'" in (caught.value.hint or "")

    def test_a_version_that_is_not_here(self, shared: Repo) -> None:
        bare(shared).git("tag", "-a", "-m", "x", "birds@v1.1.0", "main")
        with pytest.raises(EnvironmentProblem) as caught:
            self.compare(shared)
        assert caught.value.message == "`origin` has versions that are not here: birds@v1.1.0"
        assert caught.value.hint == "git fetch --tags origin"

    def test_nobody_answers(self, shared: Repo) -> None:
        shared.git("remote", "set-url", "origin", "../gone.git")
        with pytest.raises(
            EnvironmentProblem, match=r"`origin` cannot be asked for its tags: fatal: '\.\./gone\.git' does not"
        ):
            self.compare(shared)

    def test_what_git_says_has_no_secrets(self, shared: Repo) -> None:
        shared.git("remote", "set-url", "origin", "https://jane:s3cret@127.0.0.1:9/data.git")
        with pytest.raises(EnvironmentProblem, match="cannot be asked for its tags") as caught:
            self.compare(shared)
        assert "s3cret" not in f"{caught.value.message} {caught.value.details} {caught.value.hint}"


class TestPublish:
    PLACE = Destination("origin", "main", "refs/heads/main")

    def test_commits_and_tag(self, shared: Repo) -> None:
        commit = shared.commit("more")
        oid = register(shared)
        publication.publish(Git(shared.path), self.PLACE, FIRST)
        assert bare(shared).git("rev-parse", "main") == commit
        assert bare(shared).git("rev-parse", "birds@v1.0.0") == oid
        assert publication.holds(Git(shared.path), self.PLACE, FIRST, oid)
        assert not publication.holds(Git(shared.path), self.PLACE, FIRST, commit)
        assert not publication.holds(Git(shared.path), self.PLACE, SECOND, oid)

    def test_both_or_none(self, shared: Repo) -> None:
        shared.git("clone", "--quiet", "../bare.git", "../other")
        other = Repo(shared.path.parent / "other")
        other.commit("theirs")
        other.git("push", "--quiet")
        theirs = bare(shared).git("rev-parse", "main")
        shared.commit("ours")
        register(shared)
        with pytest.raises(EnvironmentProblem) as caught:
            publication.publish(Git(shared.path), self.PLACE, FIRST)
        assert caught.value.message == (
            "`git push` to `origin` failed: refs/heads/main:refs/heads/main [rejected] (fetch first); "
            "nothing is registered, the bytes arrived"
        )
        assert caught.value.hint == "git pull, then `datakit release birds --push` again"
        assert (bare(shared).git("rev-parse", "main"), bare(shared).git("tag")) == (theirs, "")

    def test_a_server_that_does_one_after_the_other(self, shared: Repo) -> None:
        bare(shared).git("config", "receive.advertiseAtomic", "false")
        hook = bare(shared).path / "hooks/update"
        hook.write_text('#!/bin/sh\ncase "$1" in refs/tags/*) echo "no tags here" >&2; exit 1;; esac\n')
        hook.chmod(0o755)
        commit = shared.commit("more")
        register(shared)
        with pytest.raises(EnvironmentProblem) as caught:
            publication.publish(Git(shared.path), self.PLACE, FIRST)
        assert (
            "(hook declined); nothing is registered, the bytes arrived and so did the commits" in caught.value.message
        )
        assert "remote: no tags here" in caught.value.details
        assert bare(shared).git("rev-parse", "main") == commit
        hook.unlink()
        publication.publish(Git(shared.path), self.PLACE, FIRST)
        assert bare(shared).git("tag") == "birds@v1.0.0"

    def test_hooks_run_as_they_do_for_the_user(self, shared: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OF_THE_USER", "yes")
        hook = shared.path / ".git/hooks/pre-push"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\nenv > env.txt\ncat > refs.txt\necho "the hook says no" >&2\nexit 1\n')
        hook.chmod(0o755)
        register(shared)
        with pytest.raises(EnvironmentProblem, match="`git push` to `origin` failed: error: failed to push") as caught:
            publication.publish(Git(shared.path), self.PLACE, FIRST)
        assert "the hook says no" in caught.value.details
        said = shared.read("env.txt")
        assert "OF_THE_USER=yes" in said
        assert not {"GIT_LITERAL_PATHSPECS", "GIT_NO_REPLACE_OBJECTS", "GIT_OPTIONAL_LOCKS"} & {
            line.partition("=")[0] for line in said.splitlines()
        }
        assert "refs/tags/birds@v1.0.0" in shared.read("refs.txt")


def test_nothing_waits_for_an_answer(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "ssh"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(slow))
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ssh")
    started = time.monotonic()
    with pytest.raises(EnvironmentProblem) as caught:
        Git(repo.path).talk("ls-remote", "ssh://example.org/x.git", seconds=0.5)
    assert caught.value.message == "`git ls-remote` had no answer after 0.5 s"
    assert time.monotonic() - started < 10


def test_the_names_of_tags_are_those_of_the_format() -> None:
    assert tags.tag(str(FIRST)) == FIRST

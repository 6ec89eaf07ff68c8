"""A commit is judged as a whole: every dataset in it, by the rules and by the published schema."""

from __future__ import annotations

from datakit.gate import commit
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from tests.support.repo import Repo
from tests.support.rooms import repository, room


def judged(repo: Repo, revision: str) -> list[tuple[str, str]]:
    """Return path and code of each finding."""
    git = Git(repo.path)
    oid = git.resolve(revision)
    assert oid is not None
    with Objects(git) as objects:
        return [(finding.path, finding.code) for finding in commit.judged(git, objects, oid)]


def test_what_an_earlier_commit_brought_counts(repo: Repo) -> None:
    files = repository(room())
    repo.write(files)
    repo.commit("good")
    assert judged(repo, "HEAD") == []
    receipt = next(path for path in files if path.endswith("receipt.json"))
    (repo.path / receipt).unlink()
    repo.commit("bad")
    repo.write({"notes.md": "x"})
    repo.commit("notes")
    assert judged(repo, "HEAD") == judged(repo, "HEAD~") == [(receipt, "DK301")]
    assert judged(repo, "HEAD~2") == []


def test_what_only_the_schema_knows(repo: Repo) -> None:
    files = repository(room())
    contract = next(path for path in files if path.endswith("contract.odcs.yaml"))
    repo.write({**files, contract: files[contract] + b"servers: nowhere\n"})
    repo.commit("edited")
    assert (contract, "DK104") in judged(repo, "HEAD")

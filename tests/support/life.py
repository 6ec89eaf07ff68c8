"""The steps of a dataset's life: hooks that judge each commit, a bare repository to push to, clones, and what others see."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import datakit
from datakit.formats import split as splits
from datakit.formats.split import Split
from datakit.verbs.scaffold import hooks
from tests.support.datasets import everything
from tests.support.repo import Repo, Result

SECONDS = 120  # that `dvc repro` may take; a deadlock would take for ever


def begun(repo: Repo, remote: str, template: str = "tabular") -> Repo:
    """Make a repository a project with native hooks and a bare repository beside it; nothing is committed yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks, "pre_commit", tuple)  # as where pre-commit is not installed
        done = datakit.init(repo.path, template=template)
    assert done.problems == ()
    repo.dvc("remote", "add", "--default", "storage", remote)
    repo.git("init", "--quiet", "--bare", "--initial-branch=main", "../origin.git")
    repo.git("remote", "add", "origin", "../origin.git")
    return repo


def committed(repo: Repo, message: str) -> str:
    """Commit everything through the hooks, which have to let it pass without a word, and return the commit."""
    before = repo.git("rev-parse", "HEAD")
    repo.git("add", "--all")
    assert repo.try_git("commit", "--quiet", "-m", message) == Result(0, "", "")
    assert repo.status() == []
    after = repo.git("rev-parse", "HEAD")
    assert after != before
    return after


def blocked(repo: Repo, message: str) -> list[str]:
    """Commit what is staged, which the hook has to refuse, and return what it says of each file."""
    before = repo.git("rev-parse", "HEAD")
    done = repo.try_git("commit", "--quiet", "-m", message)
    assert (done.code, done.out) == (1, "")
    assert done.err.endswith("commit blocked by datakit; `datakit explain CODE` says why a rule is there\n")
    assert repo.git("rev-parse", "HEAD") == before
    return done.err.partition("\n\nto mend:\n")[0].splitlines()


def cloned(repo: Repo, name: str = "clone") -> Repo:
    """Clone what was pushed into a folder beside the repository."""
    path = repo.path.parent / name
    repo.git("clone", "--quiet", "../origin.git", str(path))
    return Repo(path)


@contextmanager
def untouched(repo: Repo) -> Iterator[None]:
    """Hold that HEAD, the index and every file stay as they are, times included."""

    def seen() -> tuple[str, bytes, dict[str, object]]:
        return repo.git("rev-parse", "HEAD"), (repo.path / ".git/index").read_bytes(), everything(repo)

    before = seen()
    yield
    assert seen() == before


def reproduced(repo: Repo) -> Result:
    """Run `dvc repro` in a process of its own, as its stages are; one that waits for itself fails after a while."""
    command = [sys.executable, "-m", "dvc", "repro"]
    done = subprocess.run(command, cwd=repo.path, capture_output=True, text=True, timeout=SECONDS, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def recorded(repo: Repo, name: str, revision: str = "HEAD", split: str = "default") -> Split:
    """Return the record of a split as it was committed."""
    path = f"catalog/{name}/splits/{split}.json"
    return splits.read((repo.git("show", f"{revision}:{path}") + "\n").encode(), path)


def sha256(data: bytes) -> str:
    """Return the hash of some bytes."""
    return hashlib.sha256(data).hexdigest()


def versions(repo: Repo, name: str) -> list[str]:
    """Return the versions that GTO shows, newest first."""
    done = repo.run(sys.executable, "-m", "gto.cli", "show", name, "--json")
    assert done.code == 0, done.err
    return [item["version"] for item in json.loads(done.out)]


def artifact(repo: Repo, name: str, version: str, to: Path) -> Path:
    """Return what `dvc artifacts get` brings of a version, which needs nothing of datakit."""
    repo.dvc("artifacts", "get", ".", name, "--rev", version, "-o", str(to))
    return to


def intact(repo: Repo, *references: str) -> list[tuple[str, int]]:
    """Verify datasets, all or as named, and return the name of each and how many splits were looked up again."""
    found = datakit.verify(*references, root=repo.path)
    assert [fault for item in found for fault in item.faults] == []
    return [(item.name, item.splits) for item in found]

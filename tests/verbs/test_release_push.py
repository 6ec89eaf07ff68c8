"""`release --push`: bytes, commits and tag, in that order; what could not be pushed is not registered either."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, IntegrityError
from datakit.report import released as report
from tests.support.clones import TABLE, files
from tests.support.datasets import BIRDS, MORE_BIRDS, md5
from tests.support.releases import recorded
from tests.support.repo import Repo


def bare(repo: Repo) -> Repo:
    """Return the repository that is pushed to."""
    return Repo(repo.path.parent / "bare.git")


def clone(repo: Repo, path: Path) -> Repo:
    """Return a colleague's clone with the data in it."""
    repo.git("clone", "--quiet", "../bare.git", str(path))
    datakit.pull(root=path)
    return Repo(path)


def hook(repo: Repo, script: str, path: str = ".git/hooks/pre-push") -> Path:
    """Install a hook."""
    repo.write({path: f"#!/bin/sh\n{script}\n"})
    (repo.path / path).chmod(0o755)
    return repo.path / path


def test_all_three_arrive(ready: Repo) -> None:
    commit = recorded(ready, MORE_BIRDS)
    done = datakit.release("birds", push=True, root=ready.path)
    assert [(item.remote, item.uploaded, item.size) for item in done.sent] == [("storage", 1, len(MORE_BIRDS))]
    assert (done.remotes, done.published) == (("storage",), "origin")
    assert set(files(ready.path.parent / "storage").values()) == {MORE_BIRDS.encode()}
    assert bare(ready).git("rev-parse", "main") == commit
    assert bare(ready).git("rev-parse", "birds@v1.0.0") == ready.git("rev-parse", "birds@v1.0.0")
    assert ready.git("status", "--branch", "--porcelain") == "## main...origin/main"
    assert report.text(done).splitlines()[1:] == [
        "sent 1 object, 43 B; remote storage has every byte",
        "pushed to origin: commits and tag",
    ]


def test_every_remote_that_is_required_gets_them(ready: Repo) -> None:
    ready.dvc("remote", "add", "backup", "../backup")
    ready.write({"datakit.yaml": ready.read("datakit.yaml") + "remotes: {require: [backup, storage]}\n"})
    ready.commit("policy")
    done = datakit.release("birds", push=True, root=ready.path)
    assert done.remotes == ("storage", "backup")
    assert files(ready.path.parent / "storage") == files(ready.path.parent / "backup") != {}


def test_the_bytes_go_first(ready: Repo) -> None:
    hook(ready, f"test -f ../storage/files/md5/{md5(BIRDS)[:2]}/{md5(BIRDS)[2:]} && touch ../seen")
    datakit.release("birds", push=True, root=ready.path)
    assert (ready.path.parent / "seen").exists()


def test_without_a_remote_of_either_kind_nothing_is_done(ready: Repo) -> None:
    ready.git("remote", "remove", "origin")
    with pytest.raises(EnvironmentProblem, match="Git has no remote here"):
        datakit.release("birds", push=True, root=ready.path)
    ready.git("remote", "add", "origin", "../bare.git")
    ready.dvc("remote", "remove", "storage")
    with pytest.raises(EnvironmentProblem, match="DVC has no remote here"):
        datakit.release("birds", push=True, root=ready.path)
    assert (ready.git("tag"), bare(ready).git("tag")) == ("", "")
    assert not (ready.path.parent / "storage").exists()


def test_bytes_that_are_nowhere(ready: Repo) -> None:
    (ready.path / TABLE).unlink()
    subprocess.run(["rm", "-r", ".dvc/cache"], cwd=ready.path, check=True)
    with pytest.raises(IntegrityError, match="recorded bytes of `birds` are nowhere to be found"):
        datakit.release("birds", push=True, root=ready.path)
    assert (ready.git("tag"), bare(ready).git("tag")) == ("", "")


def test_what_a_hook_refuses_can_be_run_again(ready: Repo) -> None:
    refusing = hook(ready, "echo 'not on a Friday' >&2; exit 1")
    with pytest.raises(EnvironmentProblem, match="nothing is registered, the bytes arrived") as caught:
        datakit.release("birds", push=True, root=ready.path)
    assert "not on a Friday" in caught.value.details
    assert caught.value.hint == "mend that, then `datakit release birds --push` again"
    assert (ready.git("tag"), bare(ready).git("tag")) == ("", "")
    refusing.unlink()
    done = datakit.release("birds", push=True, root=ready.path)
    assert (done.version, done.sent[0].uploaded) == ("v1.0.0", 0)


def test_somebody_was_quicker(ready: Repo, tmp_path: Path) -> None:
    datakit.release("photos", push=True, root=ready.path)
    datakit.release("birds", push=True, root=ready.path)
    theirs = clone(ready, tmp_path / "theirs")
    recorded(theirs, MORE_BIRDS)
    datakit.release("birds", push=True, root=theirs.path)
    recorded(ready, MORE_BIRDS.replace("5.5", "6.5"))
    with pytest.raises(EnvironmentProblem) as caught:
        datakit.release("birds", push=True, root=ready.path)
    assert caught.value.message == "`origin` has versions that are not here: birds@v1.1.0"
    assert ready.git("tag", "--list", "birds@*") == "birds@v1.0.0"
    ready.git("fetch", "--quiet", "--tags", "origin")
    with pytest.raises(EnvironmentProblem, match=r"failed: refs/heads/main:refs/heads/main \[rejected\]"):
        datakit.release("birds", push=True, root=ready.path)
    assert ready.git("tag", "--list", "birds@*") == "birds@v1.0.0\nbirds@v1.1.0"


def test_two_clones_at_once(ready: Repo, tmp_path: Path) -> None:
    datakit.push(root=ready.path)
    script = "import sys, datakit; print(datakit.release('birds', push=True, note=sys.argv[2], root=sys.argv[1]).tag)"
    clones = [clone(ready, tmp_path / name) for name in ("one", "two")]
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", script, str(each.path), each.path.name], stdout=pipe, stderr=pipe, text=True
        )
        for each in clones
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert sorted(process.returncode for process in running) == [0, 1], said
    (won,) = [each for each, process in zip(clones, running, strict=True) if process.returncode == 0]
    (lost,) = [each for each in clones if each is not won]
    assert lost.git("tag") == ""
    assert bare(ready).git("rev-parse", "birds@v1.0.0") == won.git("rev-parse", "birds@v1.0.0")
    assert won.path.name in bare(ready).git("cat-file", "tag", "birds@v1.0.0")


def test_a_version_that_was_moved(ready: Repo) -> None:
    datakit.release("birds", push=True, root=ready.path)
    recorded(ready, MORE_BIRDS)
    ready.git("tag", "-d", "birds@v1.0.0")
    ready.git("tag", "-a", "-m", "moved", "birds@v1.0.0", "HEAD~1")
    with pytest.raises(IntegrityError, match=r"`birds@v1\.0\.0` was moved: here it is tag"):
        datakit.release("birds", push=True, root=ready.path)
    assert ready.git("tag") == "birds@v1.0.0"
    assert md5(MORE_BIRDS)[2:] not in {path.name for path in (ready.path.parent / "storage").rglob("*")}


def test_a_push_that_arrived_though_it_seemed_to_fail(ready: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from datakit.repo import publication

    real = publication.publish

    def cut(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]  # passed on as they are
        raise EnvironmentProblem("the line went dead")

    monkeypatch.setattr(publication, "publish", cut)
    assert datakit.release("birds", push=True, root=ready.path).published == "origin"
    assert ready.git("tag") == bare(ready).git("tag") == "birds@v1.0.0"


def test_interrupted_in_the_push(ready: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from datakit.repo import publication

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publication, "publish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        datakit.release("birds", push=True, root=ready.path)
    assert ready.git("tag") == ""

"""Row 52: a great many datasets in one commit, made by plumbing as an importer would."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.scenarios.prepared import install
from tests.scenarios.table import errors
from tests.support.repo import Repo
from tests.support.rooms import POLICY, drafted, room

MANY, NIGHTLY = 500, 10_000
FEW = 50
CONTRACT = drafted("reviews").replace(b"name: reviews", b"name: Reviews of all kinds")


def files(count: int) -> Iterator[tuple[str, bytes]]:
    """Return the files of datasets that are all alike: one is made, the others are it under another name."""
    listed = [b"artifacts:\n"]
    alike = room("reviews", terms=CONTRACT)
    for number in range(count):
        name = f"r{number:06}".encode()
        for path, data in alike.items():
            yield path.replace("reviews", name.decode()), named(data, name) if data != CONTRACT else data
        listed.append(b"  %b: {path: data/raw/%b.csv, type: dataset}\n" % (name, name))
    yield "dvc.yaml", b"".join(listed)


def named(data: bytes, name: bytes) -> bytes:
    """Write a record under another name, with its digest."""
    body, line, _ = data.replace(b"reviews", name).partition(b'  "digest": ')
    return body + line + b'"%b"\n}\n' % hashlib.sha256(body).hexdigest().encode() if line else body


def staged(repo: Repo, count: int) -> None:
    """Stage them past the work tree."""
    lines = [b"commit refs/heads/many\ncommitter A <a@b> 0 +0000\ndata 0\nfrom refs/heads/main^0\n"]
    lines += [b'M 100644 inline "%b"\ndata %d\n%b\n' % (path.encode(), len(data), data) for path, data in files(count)]
    (repo.path.parent / "stream").write_bytes(b"".join(lines))
    done = repo.run("sh", "-c", "git fast-import --quiet --force < ../stream")
    assert done.code == 0, done
    repo.git("read-tree", "many")


@pytest.fixture
def empty(tmp_path: Path) -> Repo:
    """A project without datasets, with Git's own hooks."""
    repo = Repo(tmp_path / "repo")
    repo.git("init", "--quiet")
    repo.write({"datakit.yaml": POLICY, ".dvc/config": ""})
    install(repo, "native")
    repo.commit("start")
    return repo


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file where each call of Git is noted."""
    git, notes = shutil.which("git"), tmp_path / "calls"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho "$*" >> {notes}\nexec {git} "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return notes


def test_row_52(empty: Repo, calls: Path) -> None:
    counts = []
    many = NIGHTLY if settings.get_current_profile_name() == "nightly" else MANY
    for count in (FEW, many):
        staged(empty, count)
        calls.write_text("")
        done = empty.try_git("commit", "--quiet", "-m", "x")
        assert (done.code, errors(done)) == (0, set()), done.err[:2000]
        counts.append(len(calls.read_text().splitlines()))
        empty.git("reset", "--quiet", "--mixed", "HEAD~1")
    assert counts[0] == counts[1]

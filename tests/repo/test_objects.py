"""Objects of Git: announced or not, few or many, whole or cut off, the same is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from tests.support.repo import Repo


@pytest.fixture
def top(tmp_path: Path) -> Repo:
    """A repository with a commit of one file."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.write({"a": "1"})
    made.commit()
    return made


def test_objects_by_id_and_again_after_closing(top: Repo) -> None:
    git = Git(top.path)
    oid = top.git("rev-parse", "HEAD:a")
    objects = Objects(git)
    for _ in range(2):
        assert (objects.read(oid), objects.size(oid)) == (b"1", 1)
        assert (objects.read("0" * 40), objects.size("0" * 40)) == (None, None)
        assert objects.read(top.git("rev-parse", "HEAD")) is None
        objects.close()
    objects.close()


def test_an_answer_that_is_cut_is_no_content(top: Repo, tmp_path: Path) -> None:
    broken = tmp_path / "bin/git"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nread asked\necho 0000000000000000000000000000000000000000 blob 100\necho short\n")
    broken.chmod(0o755)
    git = Git(top.path)
    git.env["PATH"] = f"{broken.parent}:{git.env['PATH']}"
    with Objects(git) as objects, pytest.raises(EnvironmentProblem) as caught:
        objects.read(":0:a")
    assert (caught.value.message, caught.value.hint) == ("`git cat-file` ended in the middle of `:0:a`", "git fsck")


def stage(top: Repo, number: int) -> dict[str, bytes]:
    """Stage files of different sizes, one of them empty; return what can be asked, folders and absent files among it."""
    files = {f"d/{i:05}": b"x" * i + b"\n" * (i % 3) for i in range(number)}
    top.write(files)
    top.git("add", "--all")
    return {f":0:{path}": content for path, content in files.items()}


@pytest.mark.parametrize("number", [0, 3, 12, 13, 400])
def test_what_was_announced_is_read_in_any_order(top: Repo, number: int) -> None:
    known = stage(top, number)
    asked = [*known, ":0:absent", "HEAD:", "HEAD:a", "0" * 40, "no such thing"]
    with Objects(Git(top.path)) as objects:
        for order in (asked, asked[::-1], asked[::2]):
            objects.expect(order)
            for name in reversed(order):
                expected = b"1" if name == "HEAD:a" else known.get(name)
                assert objects.read(name) == expected, name
                assert objects.size(name) == (None if expected is None else len(expected))
    with Objects(Git(top.path)) as objects:
        objects.expect(asked)
        assert [objects.size(name) for name in known] == [len(content) for content in known.values()]


def test_questions_that_no_pipe_holds_are_answered(top: Repo) -> None:
    names = [f":0:{'long/' * 40}{i:05}" for i in range(3000)]
    with Objects(Git(top.path)) as objects:
        objects.expect([*names, "HEAD:a"])
        assert objects.read("HEAD:a") == b"1"
        assert {objects.read(name) for name in names} == {None}


def test_answers_that_nobody_wants_hold_nothing_up(top: Repo) -> None:
    top.write({"big": b"x" * 3_000_000})
    oid = top.git("hash-object", "-w", "big")
    with Objects(Git(top.path)) as objects:
        objects.expect(["HEAD:a", *(f":0:{'long/' * 40}{i}" for i in range(1000)), oid])
        assert objects.read("HEAD:a") == b"1"  # and the process waits for somebody to take three megabytes
    with Objects(Git(top.path)) as objects:
        objects.expect(["HEAD:a", oid, *(f":0:{'long/' * 40}{i}" for i in range(1000))])
        assert objects.read("HEAD:a") == b"1"


def test_announcements_one_after_the_other_keep_what_came(top: Repo) -> None:
    known = stage(top, 60)
    first, second = list(known)[:30], list(known)[30:]
    with Objects(Git(top.path)) as objects:
        objects.expect(first)
        assert objects.read(first[0]) == known[first[0]]
        objects.expect([*first, *second])
        assert [objects.read(name) for name in [*second, *first]] == [known[name] for name in [*second, *first]]


def test_a_process_that_dies_leaves_the_rest_to_others(top: Repo, tmp_path: Path) -> None:
    known = stage(top, 40)
    broken = tmp_path / "bin/git"
    broken.parent.mkdir()
    broken.write_text(
        '#!/bin/sh\ncase "$*" in *--buffer*) read asked; echo "$asked missing"; exit 128;; esac\n'
        f'exec "{shutil.which("git")}" "$@"\n'
    )
    broken.chmod(0o755)
    git = Git(top.path)
    git.env["PATH"] = f"{broken.parent}:{git.env['PATH']}"
    with Objects(git) as objects:
        objects.expect(known)
        found = {name: objects.read(name) for name in known}
    assert found == {**known, next(iter(known)): None}

"""Links: a file gives way to its object in one step, or stays as it is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, InvalidData
from datakit.store import disk, links
from datakit.store.hashing import Stamp
from tests.support import faults

KINDS = ("hardlink", "symlink")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in a workspace, beside a cache that holds an object of the same bytes."""
    (tmp_path / "work").mkdir()
    (tmp_path / "object").write_bytes(b"bytes")
    (tmp_path / "work/a").write_bytes(b"bytes")
    return tmp_path / "work/a"


def made(kind: str, file: Path) -> bool:
    """Link a file as it is now."""
    return links.make(kind, file, file.parents[1] / "object", Stamp.of(file.stat()))


def is_made(kind: str, file: Path) -> bool:
    """Tell whether it is linked."""
    return links.is_made(kind, file, file.lstat(), file.parents[1] / "object")


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_takes_the_place_of_the_file(file: Path, kind: str) -> None:
    assert not is_made(kind, file)
    assert made(kind, file)
    assert is_made(kind, file)
    assert (file.read_bytes(), file.is_symlink()) == (b"bytes", kind == "symlink")
    assert [path.name for path in file.parent.iterdir()] == ["a"]


def test_the_other_kind_or_another_target_is_not_it(file: Path) -> None:
    made("symlink", file)
    assert not links.is_made("symlink", file, file.lstat(), file.parent / "elsewhere")
    assert not is_made("hardlink", file)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", ["bytes", "touched", "another file"])
def test_a_file_that_somebody_touched_stays(file: Path, kind: str, change: str) -> None:
    stamp = Stamp.of(file.stat())
    if change == "bytes":
        file.write_bytes(b"other")
        os.utime(file, ns=(1, 1))
    elif change == "touched":
        os.utime(file, ns=(1, 1))
    else:
        (file.parent / "b").write_bytes(b"bytes")
        os.utime(file.parent / "b", ns=(1, stamp.mtime_ns))
        (file.parent / "b").replace(file)
    before = file.read_bytes()
    with pytest.raises(InvalidData) as caught:
        links.make(kind, file, file.parents[1] / "object", stamp)
    assert caught.value.message == f"`{file}` changed after it was hashed"
    assert caught.value.hint == "run the command again to record it"
    assert (file.read_bytes(), file.is_symlink(), len(list(file.parent.iterdir()))) == (before, False, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP])
def test_where_links_are_impossible_the_file_stays(file: Path, kind: str, code: int) -> None:
    def try_it() -> None:
        assert not made(kind, file)
        assert file.read_bytes() == b"bytes"
        assert not is_made(kind, file)

    assert faults.run(try_it, faults.Fault(1, code)).text.split()[0] in {"link", "symlink"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_other_refusal_is_said_and_leaves_the_file(file: Path, kind: str) -> None:
    for step, code in ((1, errno.ENOSPC), (2, errno.EROFS)):
        done = faults.run(lambda: made(kind, file), faults.Fault(step, code))
        reason = {errno.ENOSPC: "no space is left on the device", errno.EROFS: "the file system is read-only"}[code]
        assert done.text.strip() == f"{EnvironmentProblem.__name__}: cannot link `{file}`: {reason}"
        assert (file.read_bytes(), len(list(file.parent.iterdir()))) == (b"bytes", 1)
        assert not is_made(kind, file)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kill_leaves_lies_aside_and_is_swept(file: Path, kind: str) -> None:
    aside = file.parents[1] / "private"
    aside.mkdir()
    target, stamp = file.parents[1] / "object", Stamp.of(file.stat())

    def work() -> None:
        links.make(kind, file, target, stamp, aside)

    assert faults.run(work, faults.Fault(1, "after")).code == faults.KILLED
    assert os.listdir(file.parent) == ["a"]
    assert len(os.listdir(aside)) == 1
    assert disk.sweep(aside) == 1
    assert target.read_bytes() == b"bytes"
    work()
    assert is_made(kind, file)
    assert os.listdir(aside) == []


def test_a_folder_aside_that_is_not_there_is_no_matter(file: Path) -> None:
    assert links.make("symlink", file, file.parents[1] / "object", Stamp.of(file.stat()), file.parent / "no")
    assert is_made("symlink", file)

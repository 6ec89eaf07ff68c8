"""Atomic files: old or new, never half, whatever kills the writer or fills the disk."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.store import disk, files
from tests.support import faults

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")


def temporaries(folder: Path) -> list[str]:
    """List what killed writers left."""
    return [path.name for path in folder.rglob(disk.PREFIX + "*")]


class TestWriteAtomic:
    def test_writes_and_says_so(self, tmp_path: Path) -> None:
        assert files.write_atomic(tmp_path / "a", b"new") is True
        assert (tmp_path / "a").read_bytes() == b"new"
        assert [path.name for path in tmp_path.iterdir()] == ["a"]

    def test_same_bytes_touch_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        files.write_atomic(path, b"same")
        before = path.stat()
        assert files.write_atomic(path, b"same") is False
        after = path.stat()
        assert (before.st_ino, before.st_mtime_ns, before.st_ctime_ns) == (
            after.st_ino,
            after.st_mtime_ns,
            after.st_ctime_ns,
        )

    def test_same_length_but_other_bytes_are_written(self, tmp_path: Path) -> None:
        files.write_atomic(tmp_path / "a", b"one")
        assert files.write_atomic(tmp_path / "a", b"two") is True
        assert (tmp_path / "a").read_bytes() == b"two"

    @pytest.mark.parametrize(
        ("umask", "mode", "expected"), [(0o022, 0o666, 0o644), (0o077, 0o666, 0o600), (0o002, 0o777, 0o775)]
    )
    def test_new_file_obeys_the_umask(self, tmp_path: Path, umask: int, mode: int, expected: int) -> None:
        old = os.umask(umask)
        try:
            files.write_atomic(tmp_path / "a", b"x", mode=mode)
        finally:
            os.umask(old)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == expected

    def test_existing_file_keeps_its_mode(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"old")
        path.chmod(0o750)
        files.write_atomic(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o750

    def test_hard_linked_twin_keeps_the_old_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"old")
        os.link(tmp_path / "a", tmp_path / "twin")
        files.write_atomic(tmp_path / "a", b"new")
        assert (tmp_path / "twin").read_bytes() == b"old"

    @settings(max_examples=20, deadline=None)
    @given(st.binary(max_size=5000), st.binary(max_size=5000))
    def test_last_write_wins(self, tmp_path_factory: pytest.TempPathFactory, first: bytes, second: bytes) -> None:
        path = tmp_path_factory.mktemp("any") / "a"
        files.write_atomic(path, first)
        assert files.write_atomic(path, second) is (first != second)
        assert path.read_bytes() == second

    def test_survives_a_kill_at_every_step(self, tmp_path: Path) -> None:
        folder, number = tmp_path / "count", 0
        folder.mkdir()
        (folder / "a").write_bytes(b"old")
        for fault in faults.kills(lambda: files.write_atomic(folder / "a", b"new bytes")):
            number += 1
            each = tmp_path / str(number)
            each.mkdir()
            (each / "a").write_bytes(b"old")
            done = faults.run(lambda each=each: files.write_atomic(each / "a", b"new bytes"), fault)  # type: ignore[misc]
            assert done.code == faults.KILLED
            assert (each / "a").read_bytes() in {b"old", b"new bytes"}
            files.write_atomic(each / "a", b"new bytes")
            disk.sweep(each)
            assert (each / "a").read_bytes() == b"new bytes"
            assert [path.name for path in each.iterdir()] == ["a"]
        assert number >= 2 * 6

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT])
    def test_refusal_at_any_step_leaves_the_old_file_and_nothing_else(self, tmp_path: Path, code: int) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"old")
        for step in range(1, 5):  # open, write, fchmod, fsync
            done = faults.run(lambda: files.write_atomic(path, b"new"), faults.Fault(step, code))
            assert done.code == faults.FAILED
            assert done.text.startswith(f"EnvironmentProblem: cannot write `{path}`: "), done.text
            assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("a", b"old")]

    def test_file_system_without_fsync_is_tolerated(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(fd: int) -> None:
            raise OSError(errno.EINVAL, "no")

        monkeypatch.setattr(os, "fsync", refuse)
        assert files.write_atomic(tmp_path / "a", b"x")

    def test_bytes_reach_the_disk_before_the_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[str] = []
        fsync, replace = os.fsync, os.replace
        monkeypatch.setattr(
            os, "fsync", lambda fd: (calls.append(f"fsync {stat.S_ISDIR(os.fstat(fd).st_mode)}"), fsync(fd))[1]
        )
        monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("replace"), replace(a, b))[1])
        files.write_atomic(tmp_path / "a", b"x")
        assert calls == ["fsync False", "replace", "fsync True"]


class TestRefusals:
    def test_full_disk(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        done = faults.run(lambda: files.write_atomic(path, b"x"), faults.Fault(2, errno.ENOSPC))
        assert done.text.strip() == f"EnvironmentProblem: cannot write `{path}`: no space is left on the device"

    def test_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(EnvironmentProblem, match=r"`: it does not exist, or its folder does not$") as caught:
            files.write_atomic(tmp_path / "no" / "a", b"x")
        assert caught.value.hint == f"check that `{tmp_path}/no` exists"

    def test_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "f").touch()
        with pytest.raises(EnvironmentProblem, match=r"a part of its path is a file, not a folder$"):
            files.write_atomic(tmp_path / "f" / "a", b"x")

    def test_folder_in_place_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        with pytest.raises(EnvironmentProblem, match=r"^cannot write `.*/a`: it is a folder$"):
            files.write_atomic(tmp_path / "a", b"x")

    def test_link_is_not_replaced_and_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").write_bytes(b"safe")
        (tmp_path / "a").symlink_to("elsewhere")
        with pytest.raises(EnvironmentProblem, match=r"^cannot write `.*/a`: it is a symbolic link$"):
            files.write_atomic(tmp_path / "a", b"x")
        assert (tmp_path / "elsewhere").read_bytes() == b"safe"

    def test_fifo_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a")
        with pytest.raises(EnvironmentProblem, match=r"it is a device$"):
            files.write_atomic(tmp_path / "a", b"x")
        with pytest.raises(EnvironmentProblem, match=r"^cannot read `.*/a`: it is not a regular file$"):
            files.read(tmp_path / "a")

    def test_name_too_long(self, tmp_path: Path) -> None:
        with pytest.raises(EnvironmentProblem, match=r"its name is too long$"):
            files.write_atomic(tmp_path / ("x" * 300), b"x")

    def test_name_is_escaped(self, tmp_path: Path) -> None:
        with pytest.raises(EnvironmentProblem) as caught:
            files.write_atomic(tmp_path / "a\nb" / "c", b"x")
        assert caught.value.message.isprintable()

    @needs_root
    def test_folder_of_somebody_else(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        for parent in tmp_path.parents:
            if parent.stat().st_uid == os.getuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o055)
        path = tmp_path / "a"
        done = faults.unprivileged(lambda: files.write_atomic(path, b"x"))
        assert done.text.strip() == f"EnvironmentProblem: cannot write `{path}`: permission denied"
        assert not temporaries(tmp_path)

    def test_read_only_file_system(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        done = faults.run(lambda: files.write_atomic(path, b"x"), faults.Fault(1, errno.EROFS))
        assert done.text.strip() == f"EnvironmentProblem: cannot write `{path}`: the file system is read-only"


class TestInside:
    @pytest.mark.parametrize("path", ["a", "a/b", "new/deep/er", ".gitignore", ".github/x", "..a"])
    def test_inside(self, tmp_path: Path, path: str) -> None:
        files.inside(tmp_path, tmp_path / path)

    @pytest.mark.parametrize("path", ["..", "../a", "a/../../b", "a/../b", "", "/etc/passwd"])
    def test_outside(self, tmp_path: Path, path: str) -> None:
        with pytest.raises(InvalidRecord, match=r"leads out of `" + re.escape(str(tmp_path))):
            files.inside(tmp_path, tmp_path / path)

    @pytest.mark.parametrize("path", [".git/config", "a/.git/hooks/x", ".GIT/x", ".git"])
    def test_never_into_git(self, tmp_path: Path, path: str) -> None:
        with pytest.raises(InvalidRecord, match=r"leads into a `\.git` folder$"):
            files.inside(tmp_path, tmp_path / path)

    @pytest.mark.parametrize("target", ["/etc", "real", ".."])
    def test_never_through_a_link(self, tmp_path: Path, target: str) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to(target)
        with pytest.raises(
            EnvironmentProblem, match=r"/link` is a symbolic link; nothing is recorded or written through it$"
        ):
            files.write_atomic(tmp_path / "link" / "a", b"x", root=tmp_path)
        assert list((tmp_path / "real").iterdir()) == []

    def test_root_may_be_reached_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "root").symlink_to("real")
        assert files.write_atomic(tmp_path / "root" / "a", b"x", root=tmp_path / "root")

    def test_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "f").touch()
        with pytest.raises(EnvironmentProblem, match=r"/f` is not a folder$"):
            files.inside(tmp_path, tmp_path / "f" / "a")


class TestMakeFolder:
    def test_makes_what_is_missing(self, tmp_path: Path) -> None:
        files.make_folder(tmp_path / "a" / "b", root=tmp_path)
        files.make_folder(tmp_path / "a" / "b", root=tmp_path)
        assert (tmp_path / "a" / "b").is_dir()

    def test_not_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("/var")
        with pytest.raises(EnvironmentProblem, match="is a symbolic link"):
            files.make_folder(tmp_path / "link" / "b", root=tmp_path)

    def test_private_folder_that_is_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / ".datakit").symlink_to("outside")
        with pytest.raises(EnvironmentProblem, match="is a symbolic link; nothing is recorded or written through it"):
            files.private_folder(tmp_path / ".datakit")
        assert list((tmp_path / "outside").iterdir()) == []

    def test_private_folder_hides_itself_from_git(self, tmp_path: Path) -> None:
        files.private_folder(tmp_path / ".datakit")
        assert (tmp_path / ".datakit" / ".gitignore").read_bytes() == b"*\n"


class TestPublish:
    def test_takes_the_name_and_the_mode(self, tmp_path: Path) -> None:
        (tmp_path / "temp").write_bytes(b"new")
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o640)
        files.publish(tmp_path / "temp", tmp_path / "a", root=tmp_path)
        assert (tmp_path / "a").read_bytes() == b"new"
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
        assert not (tmp_path / "temp").exists()

    def test_refusal_keeps_the_temporary_file(self, tmp_path: Path) -> None:
        (tmp_path / "temp").write_bytes(b"new")
        (tmp_path / "a").symlink_to("temp")
        with pytest.raises(EnvironmentProblem, match="symbolic link"):
            files.publish(tmp_path / "temp", tmp_path / "a")
        assert (tmp_path / "temp").read_bytes() == b"new"

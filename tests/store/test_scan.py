"""What a folder consists of, and everything that is refused because it could not be restored."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, InvalidData, InvalidRecord, NotFound
from datakit.store.hashing import Stamp
from datakit.store.scan import Scan, scan
from tests.support import faults
from tests.support.unprivileged import enterable

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")


def tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below `root/data` and return that folder."""
    for name, text in files.items():
        path = root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "data").mkdir(exist_ok=True)
    return root / "data"


def names(found: Scan) -> list[str]:
    """List the paths that were found."""
    return [file.relpath for file in found.files]


class TestWhatIsFound:
    def test_folder(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"b": "1", "a/x": "22", "a-": "", "ü b\n": "4444"})
        found = scan(tmp_path, data)
        assert names(found) == ["a-", "a/x", "b", "ü b\n"]
        assert (found.is_folder, found.size, found.empty_folders, found.ignored) == (True, 7, 0, 0)
        assert found.files[1].stamp == Stamp.of((data / "a/x").stat())
        assert found.path(found.files[1]) == data / "a/x"
        assert found.started_ns <= time.time_ns()

    def test_file(self, tmp_path: Path) -> None:
        path = tree(tmp_path, {"a.csv": "12345"}) / "a.csv"
        found = scan(tmp_path, path)
        assert (names(found), found.is_folder, found.size) == (["a.csv"], False, 5)
        assert found.path(found.files[0]) == path

    def test_executable(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"run": "", "read": ""})
        (data / "run").chmod(0o755)
        assert [(file.relpath, file.executable) for file in scan(tmp_path, data).files] == [
            ("read", False),
            ("run", True),
        ]

    def test_empty_folders_are_counted(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "1"})
        (data / "e1" / "e2").mkdir(parents=True)
        (data / "e3").mkdir()
        found = scan(tmp_path, data)
        assert (names(found), found.empty_folders) == (["a"], 2)

    def test_link_that_stays_inside(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a/x": "22"})
        (data / "link").symlink_to("a/x")
        found = scan(tmp_path, data)
        assert [(file.relpath, file.stamp.size, file.link) for file in found.files] == [
            ("a/x", 2, False),
            ("link", 2, True),
        ]

    def test_link_into_the_cache(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "1"})
        (tmp_path / "cache/files/md5/ab").mkdir(parents=True)
        (tmp_path / "cache/files/md5/ab/cd").write_text("object")
        (data / "b").symlink_to(tmp_path / "cache/files/md5/ab/cd")
        (tmp_path / "one").symlink_to(tmp_path / "cache/files/md5/ab/cd")
        assert names(scan(tmp_path, data, cache=tmp_path / "cache")) == ["a", "b"]
        assert scan(tmp_path, tmp_path / "one", cache=tmp_path / "cache").size == 6
        with pytest.raises(InvalidData, match="is a link that leads out"):
            scan(tmp_path, data)
        with pytest.raises(InvalidData, match="is a link that leads out"):
            scan(tmp_path, data, cache=tmp_path / "cach")


class TestRefusals:
    def refused(self, root: Path, target: str, problem: str) -> None:
        """Expect a refusal that names the problem."""
        with pytest.raises(InvalidData, match=problem) as caught:
            scan(root, root / target)
        assert caught.value.message.isprintable()

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match=r"^there is no file or folder `.*/no`$"):
            scan(tmp_path, tmp_path / "no")

    def test_outside(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRecord, match="leads out of"):
            scan(tmp_path / "repo", tmp_path / "data")

    @pytest.mark.parametrize("target", ["/etc/hostname", "../outside", "../data2/x"])
    def test_link_that_leads_out(self, tmp_path: Path, target: str) -> None:
        data = tree(tmp_path, {"a": "1"})
        (tmp_path / "outside").touch()
        (tmp_path / "data2").mkdir()
        (tmp_path / "data2" / "x").touch()
        (data / "b").symlink_to(target)
        self.refused(tmp_path, "data", r"/b` is a link that leads out of what is recorded, to `")

    def test_link_to_private_files_inside(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "1", ".git/config": "secret"})
        (data / "b").symlink_to(".git/config")
        self.refused(tmp_path, "data", r"/b` is a link that leads out of what is recorded, to `")

    def test_target_that_is_a_link(self, tmp_path: Path) -> None:
        tree(tmp_path, {"a": "1"})
        (tmp_path / "file").symlink_to("data/a")
        (tmp_path / "folder").symlink_to("data")
        self.refused(tmp_path, "file", r"/file` is a link that leads out")
        self.refused(tmp_path, "folder", r"/folder` is a link that leads out")

    def test_target_below_a_link(self, tmp_path: Path) -> None:
        tree(tmp_path, {"a/x": "1"})
        (tmp_path / "link").symlink_to("data")
        with pytest.raises(
            EnvironmentProblem, match=r"/link` is a symbolic link; nothing is recorded or written through it"
        ):
            scan(tmp_path, tmp_path / "link" / "a")

    def test_link_to_a_folder(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a/x": "1"})
        (data / "b").symlink_to("a")
        self.refused(tmp_path, "data", r"/b` is a link to a folder, which DVC leaves out$")

    def test_dangling_and_looping_link(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "1"})
        (data / "b").symlink_to("nowhere")
        self.refused(tmp_path, "data", r"/b` is a link to something that does not exist$")
        (data / "b").unlink()
        (data / "b").symlink_to("b")
        self.refused(tmp_path, "data", r"/b` is a link that leads in a circle$")

    def test_fifo_socket_and_device(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        data = tree(tmp_path, {"a": "1"})
        os.mkfifo(data / "b")
        self.refused(tmp_path, "data", r"/b` is a FIFO; only files and folders are recorded$")
        self.refused(tmp_path, "data/b", r"/b` is a FIFO; only files and folders are recorded$")
        (data / "b").unlink()
        monkeypatch.chdir(data)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("b")
        self.refused(tmp_path, "data", r"/b` is a socket; only files and folders are recorded$")

    @needs_root
    def test_device(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "1"})
        try:
            os.mknod(data / "b", 0o20666, os.makedev(1, 5))
        except PermissionError:
            pytest.skip("devices cannot be made here")
        self.refused(tmp_path, "data", r"/b` is a device; only files and folders are recorded$")

    @needs_root
    def test_unreadable_file_and_folder(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "1", "b/x": "1"})
        enterable(tmp_path)
        (data / "a").chmod(0o600)
        done = faults.unprivileged(lambda: scan(tmp_path, data))
        assert done.text.strip() == f"EnvironmentProblem: cannot read `{data}/a`: permission denied"
        (data / "a").chmod(0o644)
        (data / "b").chmod(0o700)
        done = faults.unprivileged(lambda: scan(tmp_path, data))
        assert done.text.strip() == f"EnvironmentProblem: cannot read `{data}/b`: permission denied"

    def test_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "1"})
        with open(os.fsencode(data) + b"/b\xff", "wb"):
            pass
        self.refused(tmp_path, "data", r"/b\\\\udcff` has a name that is not UTF-8$".replace("\\\\\\\\", "\\\\"))

    @pytest.mark.parametrize(
        ("name", "problem"),
        [
            ("aux.csv", "is the name of a Windows device"),
            ("a\\b", "it holds a backslash"),
            ("c:x", "it starts with a drive letter"),
            (".datakit/x", "is private to Git, DVC or datakit"),
        ],
    )
    def test_name_that_no_listing_may_hold(self, tmp_path: Path, name: str, problem: str) -> None:
        tree(tmp_path, {name: "1"})
        self.refused(tmp_path, "data", f"cannot be recorded: .*{problem}$")

    @pytest.mark.parametrize("pair", [("a", "A"), ("é", "e\u0301"), ("A/x", "a/y")])
    def test_twins(self, tmp_path: Path, pair: tuple[str, str]) -> None:
        tree(tmp_path, dict.fromkeys(pair, "1"))
        self.refused(tmp_path, "data", r"differ in case or Unicode form only$")

    def test_empty_folder(self, tmp_path: Path) -> None:
        tree(tmp_path, {})
        self.refused(tmp_path, "data", r"^`.*/data` holds no file$")
        (tmp_path / "data" / "sub").mkdir()
        self.refused(tmp_path, "data", r"^`.*/data` holds no file$")

    def test_repository_inside(self, tmp_path: Path) -> None:
        tree(tmp_path, {"sub/.dvc/config": "", "sub/x": ""})
        self.refused(tmp_path, "data", r"/sub` is a DVC repository of its own, which DVC leaves out$")


class TestDvcignore:
    def test_patterns(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a.tmp": "", "keep.tmp": "", "b": "", "logs/x": "", "sub/logs": "", "sub/a.tmp": ""})
        (tmp_path / ".dvcignore").write_text("# no\n\n*.tmp\n!keep.tmp\nlogs/\n")
        found = scan(tmp_path, data)
        assert names(found) == ["b", "keep.tmp", "sub/logs"]
        assert found.ignored == 3

    def test_deeper_file_has_the_last_word(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"x/a.tmp": "", "x/b.log": ""})
        (tmp_path / ".dvcignore").write_text("*.tmp\n")
        (data / ".dvcignore").write_text("!a.tmp\n*.log\n")
        assert names(scan(tmp_path, data / "x")) == ["a.tmp"]

    def test_git_and_dvc_folders_are_left_out(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {".git/x": "", "s/.git": "", ".hg/x": "", "s/.hg": "", "a": ""})
        found = scan(tmp_path, data)
        assert (names(found), found.ignored) == (["a", "s/.hg"], 3)

    def test_target_that_is_left_out(self, tmp_path: Path) -> None:
        tree(tmp_path, {"sub/a": ""})
        (tmp_path / ".dvcignore").write_text("data\n")
        for target in ("data", "data/sub", "data/sub/a"):
            with pytest.raises(InvalidData, match=r"` is left out by `\.dvcignore`$"):
                scan(tmp_path, tmp_path / target)

    def test_inside_of_data(self, tmp_path: Path) -> None:
        tree(tmp_path, {"sub/.dvcignore": "", "a": ""})
        with pytest.raises(InvalidData, match=r"/sub/\.dvcignore` lies inside of data, where DVC refuses it$"):
            scan(tmp_path, tmp_path / "data")

    def test_broken_file_is_named(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": ""})
        (tmp_path / ".dvcignore").write_bytes(b"ok\n\xff")
        with pytest.raises(InvalidRecord, match=re.escape(f"{tmp_path}/.dvcignore: byte 3 is not UTF-8")):
            scan(tmp_path, data)
        (tmp_path / ".dvcignore").write_bytes(b"ok\n!\n")
        with pytest.raises(InvalidRecord, match=re.escape(f"{tmp_path}/.dvcignore:2: `!` is not a pattern")):
            scan(tmp_path, data)

    def test_own_rules(self, tmp_path: Path) -> None:
        data = tree(tmp_path, {"a": "", "b": ""})
        assert names(scan(tmp_path, data, ignore=lambda path, is_folder: path == "data/a" and not is_folder)) == ["b"]

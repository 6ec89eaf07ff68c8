"""The cache and the private state: closed, on another file system, tracked, half written, held, left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import datakit
from datakit.repo.git import Git
from datakit.store import files, journal
from datakit.verbs.diagnoses import storage as module
from tests.support.datasets import BIRDS
from tests.support.health import diagnosed, mended
from tests.support.repo import Repo
from tests.support.unprivileged import enterable, unprivileged

STATE = ".datakit"
SHARED = Path("/dev/shm")  # noqa: S108 - a file system of its own, which Linux always has


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with a dataset, and so with a cache and a private state."""
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", root=project.path)
    project.commit("birds")
    return project


class TestCache:
    def test_as_it_should_be(self, birds: Repo) -> None:
        assert diagnosed(birds, "cache")[1:3] == ("ok", f"`{birds.path}/.dvc/cache`, by reflink or copy")

    def test_before_the_first_dataset(self, project: Repo) -> None:
        assert diagnosed(project, "cache").detail.startswith(
            f"`{project.path}/.dvc/cache`, made when it is first needed"
        )

    def test_a_file_in_its_place(self, project: Repo) -> None:
        project.write({".dvc/cache": ""})
        found = diagnosed(project, "cache")
        assert found[1:3] == ("fail", f"`{project.path}/.dvc/cache` is a file, DVC's cache has to be a folder")

    def test_of_another_user(self, birds: Repo) -> None:
        (birds.path / ".dvc/cache").chmod(0o555)
        enterable(birds.path)

        def work() -> str:
            return str([*module.cache(birds.path)])

        assert f"`{birds.path}/.dvc/cache` cannot be read and written by this user" in unprivileged(work)
        (birds.path / ".dvc/cache").chmod(0o755)

    @pytest.mark.skipif(not SHARED.is_dir(), reason="needs a second file system")
    def test_on_another_file_system(self, birds: Repo) -> None:
        place = SHARED / f"datakit-test-{os.getpid()}"
        if SHARED.stat().st_dev == birds.path.stat().st_dev:
            pytest.skip("the temporary folder is on the same file system")
        try:
            place.mkdir()
            birds.dvc("cache", "dir", "--local", str(place))
            assert diagnosed(birds, "cache")[1:3] == ("ok", f"`{place}`, on another file system, by copy")
            birds.dvc("config", "--local", "cache.type", "hardlink")
            found = diagnosed(birds, "cache")
            assert found[1:3] == ("fail", f"`{place}` is on another file system, where no hardlink can lead")
            birds.dvc("config", "--local", "--unset", "cache.type")
            birds.dvc("config", "cache.type", "hardlink")
            mended(birds, found)
            assert diagnosed(birds, "cache").condition == "ok"
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def test_a_lock_of_another_kind(self, birds: Repo) -> None:
        birds.dvc("config", "--local", "core.hardlink_lock", "true")
        found = diagnosed(birds, "dvc lock")
        assert found[1:3] == ("fail", "`core.hardlink_lock` is set: DVC and datakit would not keep each other out")
        mended(birds, found)
        assert not [item for item in datakit.doctor(offline=True, root=birds.path) if item.title == "dvc lock"]


class TestPrivateState:
    def test_as_it_should_be(self, birds: Repo) -> None:
        assert [item[:3] for item in module.state(birds.path, Git(birds.path))] == [
            ("private state", "ok", "`.datakit` is ignored by Git")
        ]

    def test_before_it_is_needed(self, project: Repo) -> None:
        shutil.rmtree(project.path / STATE)
        assert diagnosed(project, "private state")[1:3] == ("ok", "`.datakit`, made when it is first needed")

    def test_not_ignored(self, birds: Repo) -> None:
        birds.write({f"{STATE}/.gitignore": ""})
        found = diagnosed(birds, "private state")
        assert found[1:3] == ("fail", "Git does not ignore `.datakit`")
        mended(birds, found)
        assert diagnosed(birds, "private state").condition == "ok"

    def test_tracked(self, birds: Repo) -> None:
        birds.write({f"{STATE}/x": ""})
        birds.git("add", "--force", f"{STATE}/x")
        found = diagnosed(birds, "private state")
        assert found[1:3] == ("fail", "Git tracks 1 of its files, such as `.datakit/x`")
        mended(birds, found)
        assert diagnosed(birds, "private state").condition == "ok"

    @pytest.mark.parametrize("kind", ["file", "link"])
    def test_no_folder(self, birds: Repo, tmp_path: Path, kind: str) -> None:
        shutil.rmtree(birds.path / STATE)
        if kind == "file":
            birds.write({STATE: ""})
        else:
            (birds.path / STATE).symlink_to(tmp_path)
        found = diagnosed(birds, "private state")
        what = "a file" if kind == "file" else "a symbolic link"
        assert found[1:] == ("fail", f"`.datakit` is {what}, expected a folder", "rm .datakit")
        mended(birds, found)
        assert diagnosed(birds, "private state").condition == "ok"
        assert tmp_path.is_dir()

    def test_of_another_user(self, birds: Repo, isolated: Path) -> None:
        birds.git("config", "--global", "safe.directory", "*")
        (birds.path / STATE / "stat").chmod(0o600)
        enterable(birds.path)
        enterable(isolated)

        def work() -> str:
            return str([*module.state(birds.path, Git(birds.path))])

        if os.geteuid() == 0:
            assert f"`.datakit` cannot be used by this user; it belongs to user {os.geteuid()}" in unprivileged(work)

    def test_a_stat_cache_that_is_broken(self, birds: Repo) -> None:
        (place,) = (birds.path / STATE / "stat").iterdir()
        data = place.read_bytes()
        for broken in (data[:-3], b"", b"x" * 200):
            place.write_bytes(broken)
            found = diagnosed(birds, "stat cache")
            assert found[1:] == ("warn", "is broken, so every file is hashed again", "rm -r .datakit/stat")
        mended(birds, found)
        assert not [item for item in datakit.doctor(offline=True, root=birds.path) if item.title == "stat cache"]

    def test_quarantined_bytes(self, birds: Repo) -> None:
        birds.write({f"{STATE}/quarantine/{'0' * 32}.{'1' * 32}": "wrong"})
        found = diagnosed(birds, "quarantine")
        assert found[1:3] == (
            "warn", f"1 object that was wrong, 5 bytes: `{'0' * 32}.{'1' * 32}`",
        )  # fmt: skip
        mended(birds, found)
        assert not (birds.path / STATE / "quarantine").exists()


class TestLeftByTheKilled:
    def killed(self, repo: Repo) -> None:
        """Leave a journal as a command that was killed after its decision does."""
        code = (
            "import os, sys\nfrom pathlib import Path\nfrom datakit.store import files, journal\n"
            "root = Path.cwd()\nfiles.publish = lambda *a, **k: os._exit(9)\n"
            "with journal.transaction(root / '.datakit', root) as change:\n"
            "    change.write(root / 'catalog/new.json', b'{}')\n    change.write(root / 'catalog/other.json', b'{}')\n"
        )
        repo.write({"catalog/other.json": "old"})
        assert repo.run(sys.executable, "-P", "-c", code).code == 9

    def test_a_journal(self, birds: Repo) -> None:
        self.killed(birds)
        birds.write({"catalog/other.json": "somebody else's"})
        found = diagnosed(birds, "journal")
        assert found[1:] == (
            "warn",
            (
                "a command was killed while it wrote; `catalog/new.json` will be written, "
                "`catalog/other.json` changed since and will be left alone"
            ),
            "datakit add",
        )
        mended(birds, found)
        assert birds.read("catalog/new.json") == "{}"
        assert birds.read("catalog/other.json") == "somebody else's"
        assert not [item for item in datakit.doctor(offline=True, root=birds.path) if item.title == "journal"]

    def test_a_journal_that_is_broken(self, birds: Repo) -> None:
        birds.write({f"{STATE}/journal/x/intent.json": "{"})
        found = diagnosed(birds, "journal")
        assert (found.condition, found.detail.endswith("not a journal")) == ("fail", True)
        mended(birds, found)
        assert not journal.pending(birds.path / STATE)

    def test_temporary_files(self, birds: Repo) -> None:
        old = time.time() - 3 * 24 * 3600
        for name in (
            f"{STATE}/.datakit-0123456789abc-0",
            ".dvc/cache/files/md5/.datakit-0123456789abc-1",
            ".datakit/tmp/fetched",
        ):
            birds.write({name: "12345"})
            os.utime(birds.path / name, (old, old))
        found = diagnosed(birds, "left-overs")
        assert found[1:] == (
            "warn", "3 temporary files of killed commands, 15 bytes, the oldest 3 days old", "datakit add",
        )  # fmt: skip
        mended(birds, found)
        assert not [item for item in datakit.doctor(offline=True, root=birds.path) if item.title == "left-overs"]

    def test_the_files_of_a_living_command_are_no_left_overs(self, birds: Repo) -> None:
        from datakit.store import disk

        with disk.temporary(birds.path / STATE) as (_, temp):
            assert not [item for item in datakit.doctor(offline=True, root=birds.path) if item.title == "left-overs"]
            os.unlink(temp)

    def test_a_lock_that_is_held(self, birds: Repo) -> None:
        code = (
            "import sys, time\nfrom pathlib import Path\nfrom datakit.store import guard\n"
            "with guard.lock(Path('.dvc')):\n    print('held', flush=True)\n    sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-P", "-c", code], cwd=birds.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as held:
            assert held.stdout is not None
            assert held.stdin is not None
            assert held.stdout.readline() == b"held\n"
            found = diagnosed(birds, "lock")
            held.stdin.close()
        assert found.condition == "warn"
        assert found.detail.startswith(f"held by process {held.pid}")
        assert not [item for item in datakit.doctor(offline=True, root=birds.path) if item.title == "lock"]
        assert files.read(birds.path / ".dvc/tmp/lock").strip() == str(held.pid).encode()

"""The repository's lock: real DVC keeps out while datakit holds it, and the other way round."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, LockTimeout
from datakit.store import guard
from tests.support import faults
from tests.support.repo import Repo
from tests.support.unprivileged import enterable

DVC_HOLDS = """
import sys, time
from dvc.lock import make_lock
with make_lock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""
WE_HOLD = """
import sys, time
from pathlib import Path
from datakit.store import guard
with guard.lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(script: str, argument: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that holds the lock until it is killed."""
    command = [sys.executable, "-c", script, str(argument)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def dvc_dir(tmp_path: Path) -> Path:
    """An empty `.dvc`."""
    path = tmp_path / "repo" / ".dvc"
    path.mkdir(parents=True)
    return path


class TestAgainstDvc:
    def test_dvc_keeps_us_out(self, dvc_dir: Path) -> None:
        (dvc_dir / "tmp").mkdir()
        with holder(DVC_HOLDS, dvc_dir / "tmp" / "lock") as process:
            before = time.monotonic()
            with pytest.raises(LockTimeout) as caught, guard.lock(dvc_dir, wait=0.2):
                pass
            assert time.monotonic() - before < 2
        assert (
            caught.value.message
            == f"waited 0.2 s for `{dvc_dir / 'tmp' / 'lock'}`, which process {process.pid} (`python`) holds"
        )
        assert caught.value.hint == "wait until it is done, then run the command again"

    def test_we_keep_dvc_out(self, new_repo: Callable[[], Repo]) -> None:
        repo = new_repo()
        repo.write({"a.csv": "1"})
        with holder(WE_HOLD, repo.path / ".dvc"):
            done = repo.try_dvc("add", "a.csv")
        assert done.code != 0
        assert "Unable to acquire lock" in done.err
        repo.dvc("add", "a.csv")

    def test_works_inside_dvc_repro(self, new_repo: Callable[[], Repo]) -> None:
        repo = new_repo()
        repo.write(
            {
                "try.py": WE_HOLD.replace("time.sleep(60)", "").replace(
                    "guard.lock(Path(sys.argv[1]))", "guard.lock(Path('.dvc'), wait=0)"
                )
            }
        )
        repo.dvc("stage", "add", "-q", "-n", "one", "-d", "try.py", "-o", "out", f"{sys.executable} try.py > out")
        repo.dvc("repro", "-q")
        assert repo.read("out") == "held\n"

    def test_dvc_reads_our_process_id(self, dvc_dir: Path) -> None:
        with guard.lock(dvc_dir):
            assert (dvc_dir / "tmp" / "lock").read_text() == f" {os.getpid()}\n"


class TestLock:
    def test_second_process_waits_its_turn(self, dvc_dir: Path) -> None:
        with holder(WE_HOLD, dvc_dir) as process:
            threading.Timer(0.3, process.kill).start()
            with guard.lock(dvc_dir, wait=20):
                assert process.wait() == -signal.SIGKILL

    def test_killed_holder_is_forgotten_at_once(self, dvc_dir: Path) -> None:
        with holder(WE_HOLD, dvc_dir) as process:
            process.kill()
            process.wait()
        with guard.lock(dvc_dir, wait=0):
            pass

    def test_same_thread_takes_it_again(self, dvc_dir: Path) -> None:
        with guard.lock(dvc_dir), guard.lock(dvc_dir, wait=0):
            assert self.taken(dvc_dir)
        assert not self.taken(dvc_dir)

    def test_inner_block_does_not_release(self, dvc_dir: Path) -> None:
        with guard.lock(dvc_dir):
            with guard.lock(dvc_dir):
                pass
            assert self.taken(dvc_dir)

    def test_other_thread_waits(self, dvc_dir: Path) -> None:
        messages: list[str] = []

        def other() -> None:
            try:
                with guard.lock(dvc_dir, wait=0.1):
                    pass
            except LockTimeout as error:
                messages.append(error.message)

        with guard.lock(dvc_dir):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        assert messages == [f"`{dvc_dir / 'tmp' / 'lock'}` is held by another thread of this process"]
        other()
        assert len(messages) == 1

    def test_released_after_an_error(self, dvc_dir: Path) -> None:
        with pytest.raises(ZeroDivisionError), guard.lock(dvc_dir):
            _ = 1 / 0
        assert not self.taken(dvc_dir)

    def test_forked_child_does_not_think_it_holds_it(self, dvc_dir: Path) -> None:
        def child() -> None:
            with guard.lock(dvc_dir, wait=0.1):
                pass

        with guard.lock(dvc_dir):
            assert faults.run(child).text.startswith("LockTimeout: waited 0.1 s")
            assert self.taken(dvc_dir)

    def test_removed_lock_file(self, dvc_dir: Path) -> None:
        with guard.lock(dvc_dir):
            (dvc_dir / "tmp" / "lock").unlink()
        with guard.lock(dvc_dir, wait=0):
            assert self.taken(dvc_dir)

    def test_lock_file_removed_between_opening_and_locking(
        self, dvc_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, removed = fcntl.flock, []

        def meddle(fd: int, operation: int) -> None:
            if not removed:
                removed.append((dvc_dir / "tmp" / "lock").unlink())
            real(fd, operation)

        monkeypatch.setattr(fcntl, "flock", meddle)
        with guard.lock(dvc_dir, wait=5):
            assert self.taken(dvc_dir)

    @staticmethod
    def taken(dvc_dir: Path) -> bool:
        """Tell whether another process finds the lock taken."""

        def child() -> None:
            with guard.lock(dvc_dir, wait=0):
                pass

        return faults.run(child).code != 0


class TestRefusals:
    def test_no_dvc_folder(self, tmp_path: Path) -> None:
        with (
            pytest.raises(EnvironmentProblem, match=r"^cannot lock `.*/\.dvc/tmp/lock`: it does not exist"),
            guard.lock(tmp_path / ".dvc"),
        ):
            pass

    def test_lock_that_is_a_link(self, dvc_dir: Path) -> None:
        (dvc_dir / "tmp").mkdir()
        (dvc_dir / "victim").write_text("safe")
        (dvc_dir / "tmp" / "lock").symlink_to("../victim")
        with (
            pytest.raises(EnvironmentProblem, match=r"^cannot lock `.*/lock`: it is a symbolic link$"),
            guard.lock(dvc_dir),
        ):
            pass
        assert (dvc_dir / "victim").read_text() == "safe"

    def test_folder_that_is_a_link(self, dvc_dir: Path) -> None:
        (dvc_dir / "elsewhere").mkdir()
        (dvc_dir / "tmp").symlink_to("elsewhere")
        with pytest.raises(EnvironmentProblem, match="is a symbolic link"), guard.lock(dvc_dir):
            pass

    @pytest.mark.parametrize("level", ["--system", "--global", "--project", "--local"])
    def test_dvc_that_locks_by_hard_links(self, new_repo: Callable[[], Repo], level: str) -> None:
        repo = new_repo()
        repo.dvc("config", level, "core.hardlink_lock", "true")
        with pytest.raises(EnvironmentProblem) as caught, guard.lock(repo.path / ".dvc"):
            pass
        assert caught.value.message == (
            "DVC locks this repository by hard links (`core.hardlink_lock`), so it and datakit would not keep each other out"
        )
        assert caught.value.hint == "dvc config --local core.hardlink_lock false"
        repo.dvc(*caught.value.hint.split()[1:])  # whichever file says otherwise, this one is read last
        with guard.lock(repo.path / ".dvc"):
            assert TestLock.taken(repo.path / ".dvc")

    def test_file_system_without_locks(self, dvc_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(fd: int, operation: int) -> None:
            raise OSError(38, "Function not implemented")

        monkeypatch.setattr("fcntl.flock", refuse)
        with (
            pytest.raises(EnvironmentProblem) as caught,
            guard.lock(dvc_dir),
        ):
            pass
        assert caught.value.message == (
            f"cannot lock `{dvc_dir / 'tmp' / 'lock'}`: the file system knows no locks (Function not implemented)"
        )
        assert caught.value.hint == "put the repository on a file system that supports flock"

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can become nobody")
    def test_repository_of_somebody_else(self, dvc_dir: Path, tmp_path: Path) -> None:
        enterable(tmp_path)

        def child() -> None:
            with guard.lock(dvc_dir):
                pass

        assert (
            faults.unprivileged(child).text.strip()
            == f"EnvironmentProblem: cannot lock `{dvc_dir / 'tmp' / 'lock'}`: permission denied"
        )


def test_looking_who_holds_it_takes_nothing(dvc_dir: Path) -> None:
    assert guard.holder(dvc_dir) is None
    with guard.lock(dvc_dir):
        assert str(guard.holder(dvc_dir)).startswith(f"process {os.getpid()}")
    assert guard.holder(dvc_dir) is None
    with guard.lock(dvc_dir, wait=0):
        pass
    (dvc_dir / "tmp/lock").unlink()
    (dvc_dir / "tmp/lock").symlink_to("elsewhere")
    with pytest.raises(EnvironmentProblem, match=r"cannot look at .*it is a symbolic link"):
        guard.holder(dvc_dir)

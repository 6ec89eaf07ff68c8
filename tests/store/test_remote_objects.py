"""One object at a time, in a folder on this machine: whole or not there, and each refusal with its mend."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.progress import SILENT
from datakit.store import remote_objects
from datakit.store.remotes import Remote
from tests.support.datasets import md5
from tests.support.unprivileged import readable_folder, unprivileged

BYTES = b"0123456789"
NAME = md5(BYTES)


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """A folder that does not exist yet."""
    return Remote("storage", str(tmp_path / "storage"), str(tmp_path / "storage/files/md5"), None, 4)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with the bytes."""
    (tmp_path / "source").write_bytes(BYTES)
    return tmp_path / "source"


def test_there_and_back(remote: Remote, source: Path, tmp_path: Path) -> None:
    assert remote_objects.size(remote, NAME) is None
    remote_objects.upload(remote, NAME, source, SILENT)
    remote_objects.settle(remote)
    assert remote_objects.size(remote, NAME) == 10
    place = Path(remote.path(NAME))
    assert (place.stat().st_mode & 0o777, os.listdir(place.parent)) == (0o444, [NAME[2:]])
    remote_objects.download(remote, NAME, str(tmp_path / "back"), 10, SILENT)
    assert (tmp_path / "back").read_bytes() == BYTES


def test_a_folder_in_the_place_of_an_object_is_none(remote: Remote) -> None:
    Path(remote.path(NAME)).mkdir(parents=True)
    assert remote_objects.size(remote, NAME) is None


def test_more_than_there_can_be_is_not_read(remote: Remote, source: Path, tmp_path: Path) -> None:
    remote_objects.upload(remote, NAME, source, SILENT)
    with pytest.raises(remote_objects.TooLong):
        remote_objects.download(remote, NAME, str(tmp_path / "back"), 9, SILENT)
    assert not (tmp_path / "back").exists()


def test_an_object_that_is_not_there(remote: Remote, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        remote_objects.download(remote, NAME, str(tmp_path / "back"), 9, SILENT)
    assert not remote_objects.place_exists(remote)
    error = remote_objects.no_place(remote)
    assert error.message == f"the folder of remote `storage` does not exist: {remote.url}"


def test_a_failed_write_leaves_nothing(remote: Remote, source: Path, tmp_path: Path) -> None:
    (tmp_path / "storage").write_text("a file is in the way")
    with pytest.raises(
        EnvironmentProblem, match=r"cannot write to `.*storage`: a part of its path is a file, not a folder"
    ):
        remote_objects.upload(remote, NAME, source, SILENT)


def test_a_folder_that_may_not_be_written(source: Path) -> None:
    with readable_folder() as folder:
        closed = Remote("storage", str(folder), str(folder / "files/md5"), None, 4)
        data = folder / "data"
        data.write_bytes(BYTES)

        def work() -> str:
            try:
                remote_objects.upload(closed, NAME, data, SILENT)
            except EnvironmentProblem as error:
                return f"{error.message} / {error.hint}"
            return "written"

        assert unprivileged(work) == (
            f"cannot write to remote `storage`: permission denied in {folder} / check owner and mode: `ls -ld {folder}`"
        )


def test_a_server_that_keeps_less_than_it_was_sent(source: Path) -> None:
    from dvc_objects.fs.memory import MemoryFileSystem

    class Forgetful(MemoryFileSystem):  # type: ignore[misc]  # DVC publishes no types
        """A store that says nothing about what it lost."""

        def put_file(self, from_file: str, to_info: str, **_: object) -> None:
            """Keep the first half."""
            self.fs.pipe_file(to_info, Path(from_file).read_bytes()[:5])

    lossy = Remote("storage", "memory://storage", "/storage/files/md5", Forgetful(global_store=False), 4)
    with pytest.raises(EnvironmentProblem) as caught:
        remote_objects.upload(lossy, NAME, source, SILENT)
    assert caught.value.message == f"remote `storage` kept 5 bytes of object `{NAME}`, expected 10"


def test_each_stops_at_the_first_failure(remote: Remote) -> None:
    done: list[int] = []

    def work(item: int) -> int:
        done.append(item)
        if item == 2:
            raise EnvironmentProblem("two is too many")
        return item

    with pytest.raises(EnvironmentProblem, match="two is too many"):
        list(remote_objects.each(remote, work, [1, 2, 3]))
    assert done == [1, 2]

"""Odd files through `add`, `status`, `pull` and `verify`: what is refused is named, nothing is waited for, nothing outside is read."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import datakit
from datakit.errors import DatakitError, InvalidData
from datakit.formats import listing
from datakit.progress import Silent
from tests.support.clones import files
from tests.support.repo import Repo, copied
from tests.support.unprivileged import enterable, owned_by_nobody, readable_folder, unprivileged

FOLDER = "data/raw/odd"
Make = Callable[[Path], object]


def _socket(path: Path) -> None:
    """Leave a socket; its name may be short only, so that the folder is entered."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(before)


def _device(path: Path) -> None:
    """Make the device that never ends."""
    try:
        os.mknod(path, 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root can make a device")


def _secret(path: Path) -> Path:
    """Find the file beside the repository that nothing may read."""
    return next(folder / "secret" for folder in path.parents if (folder / "secret").exists())


def _deep(path: Path) -> None:
    """Make more folders inside of one another than there may be."""
    folder = path / "/".join(["f"] * (listing.MAX_FOLDERS + 1))
    folder.mkdir(parents=True)
    (folder / "x").write_text("x")


def _undecodable(path: Path) -> None:
    """Make a file whose name is no text."""
    with open(os.fsencode(path) + b"\xff", "wb") as file:
        file.write(b"x")


# What lies in a folder beside an ordinary file, and how it is refused.
REFUSED: dict[str, tuple[Make, str]] = {
    "FIFO": (os.mkfifo, "{} is a FIFO; only files and folders are recorded"),
    "socket": (_socket, "{} is a socket; only files and folders are recorded"),
    "device": (_device, "{} is a device; only files and folders are recorded"),
    "dangling link": (lambda path: path.symlink_to("gone"), "{} is a link to something that does not exist"),
    "looping link": (lambda path: path.symlink_to(path.name), "{} is a link that leads in a circle"),
    "link out to a file": (lambda path: path.symlink_to(_secret(path)), "{} is a link that leads out of what is recorded, to `.*/secret`"),
    "link out to a folder": (lambda path: path.symlink_to("../../../.."), "{} is a link that leads out of what is recorded, to `.*`"),
    "link out to a device": (lambda path: path.symlink_to("/dev/zero"), "{} is a link that leads out of what is recorded, to `/dev/zero`"),
    "link to Git's files": (lambda path: path.symlink_to("../../../.git/config"), r"{} is a link that leads out of what is recorded, to `.*/\.git/config`"),
    "link to a folder": (lambda path: path.symlink_to("inner"), "{} is a link to a folder, which DVC leaves out"),
    "name that is no text": (_undecodable, r"`.*/odd/thing\\udcff` has a name that is not UTF-8"),
    "name in another case": (lambda path: path.with_name("PLAIN").write_text("x"), "`PLAIN` and `plain` in `.*` differ in case or Unicode form only"),
    "name in another form": (lambda path: [path.with_name(name).write_text("x") for name in ("\u00e9", "e\u0301")], "`e\u0301` and `\u00e9` in `.*` differ in case or Unicode form only"),
    "device of Windows": (lambda path: path.with_name("nul.txt").write_text("x"), "`nul.txt` in `.*` cannot be recorded: `nul.txt` is the name of a Windows device"),
    "backslash": (lambda path: path.with_name("a\\b").write_text("x"), r"`a\\b` in `.*` cannot be recorded: it holds a backslash"),
    "folders without end": (_deep, "`.*` in `.*` cannot be recorded: it lies in more than 256 folders"),
}  # fmt: skip


@contextmanager
def unhung() -> Iterator[None]:
    """Fail what waits for a writer that never comes, instead of waiting with it."""

    def fail(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(120)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def recorded(blank_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two files that is recorded; copied, never used."""
    made = copied(blank_project, tmp_path_factory.mktemp("odd") / "repo")
    made.write({f"{FOLDER}/plain": "plain", f"{FOLDER}/inner/x": "x"})
    datakit.add(FOLDER, root=made.path)
    made.commit("odd")
    return made.path


@pytest.fixture
def repo(recorded: Path, tmp_path: Path) -> Repo:
    """A copy of it, with a secret beside it that nothing may read."""
    (tmp_path / "secret").write_text("secret")
    return copied(recorded, tmp_path / "repo")


class TestRefused:
    @pytest.mark.parametrize("kind", REFUSED)
    def test_in_a_recorded_folder(self, repo: Repo, kind: str) -> None:
        make, message = REFUSED[kind]
        thing = repo.path / FOLDER / "thing"
        make(thing)
        before = sorted(path.name for path in (repo.path / ".dvc/cache").rglob("*"))
        expected = re.compile(message.replace("{}", re.escape(f"`{thing}`")))
        with unhung():
            with pytest.raises(DatakitError) as added:
                datakit.add(FOLDER, note="x", root=repo.path)
            (state,) = datakit.status("odd", root=repo.path)
            (found,) = datakit.verify("odd", root=repo.path)
            with pytest.raises(DatakitError) as pulled:
                datakit.pull("odd", root=repo.path)
        assert expected.fullmatch(added.value.message)
        assert added.value.exit_code in {1, 3}
        assert (state.condition, state.detail) == ("broken", added.value.message)
        assert [(fault.kind, fault.problem) for fault in found.faults] == [
            ("data", f"cannot be read: {added.value.message}")
        ]
        assert pulled.value.message == added.value.message
        assert sorted(path.name for path in (repo.path / ".dvc/cache").rglob("*")) == before
        assert (repo.path / FOLDER / "plain").read_text() == "plain"

    @pytest.mark.parametrize("kind", ["FIFO", "socket", "device", "dangling link", "looping link", "link out to a file", "link out to a device"])  # fmt: skip
    def test_by_itself(self, repo: Repo, kind: str) -> None:
        make, message = REFUSED[kind]
        thing = repo.path / "data/raw/thing"
        make(thing)
        with unhung(), pytest.raises(DatakitError) as caught:
            datakit.add("data/raw/thing", root=repo.path)
        assert re.fullmatch(message.replace("{}", re.escape(f"`{thing}`")), caught.value.message)
        with unhung():
            (state,) = (state for state in datakit.status(root=repo.path) if state.path == "data/raw/thing")
        assert state.condition == "unrecorded"

    def test_a_recorded_file_that_became_a_fifo(self, repo: Repo) -> None:
        place = repo.path / FOLDER / "plain"
        place.unlink()
        os.mkfifo(place)
        with unhung():
            assert datakit.status("odd", root=repo.path)[0].condition == "broken"
            for force in (False, True):
                with pytest.raises(DatakitError, match=r"/plain` is a FIFO"):
                    datakit.pull("odd", force=force, root=repo.path)
            (found,) = datakit.verify("odd", root=repo.path)
        assert "is a FIFO" in found.faults[0].problem

    @pytest.mark.parametrize("name", ["plain", "inner"])
    def test_what_may_not_be_read(self, recorded: Path, isolated: Path, name: str) -> None:
        with readable_folder() as folder:
            repo = copied(recorded, folder / "repo")
            place = repo.path / FOLDER / name
            place.touch()  # what is remembered of it no longer counts
            owned_by_nobody(repo.path, *repo.path.rglob("*"))
            enterable(isolated)
            place.chmod(0)

            def look() -> str:
                (state,) = datakit.status("odd", root=repo.path)
                (found,) = datakit.verify("odd", root=repo.path)
                return f"{state.condition}: {state.detail}\n{found.faults[0].problem}"

            text = f"cannot read `{place}`: permission denied"
            assert unprivileged(look) == f"broken: {text}\ncannot be read: {text}"
            place.chmod(0o755)


class TestRecorded:
    def test_names_of_255_bytes(self, project: Repo, tmp_path: Path) -> None:
        names = ["x" * 255, "é" * 127 + "x", "y" * 255 + "/" + "z" * 255]
        project.write({f"{FOLDER}/{name}": name for name in names})
        datakit.add(FOLDER, root=project.path)
        assert datakit.verify("odd", root=project.path)[0].faults == ()
        datakit.pull("odd", to=tmp_path / "there", root=project.path)
        assert files(tmp_path / "there") == {name: name.encode() for name in names}

    def test_names_that_are_legal_if_unwise(self, project: Repo, tmp_path: Path) -> None:
        names = [
            "new\nline",
            "-rf",
            "*",
            "tab\there",
            " first",
            "'",
            '"',
            "$HOME",
            "%s",
            "日本/語",
            "\u202evsc.exe",
            "#",
        ]
        project.write({f"{FOLDER}/{name}": name for name in names})
        (done,) = datakit.add(FOLDER, root=project.path)
        assert done.data.files == len(names)
        assert datakit.verify("odd", root=project.path)[0].faults == ()
        datakit.pull("odd", to=tmp_path / "there", root=project.path)
        assert files(tmp_path / "there") == {name: name.encode() for name in names}

    def test_a_sparse_and_an_empty_file(self, project: Repo, tmp_path: Path) -> None:
        project.write({f"{FOLDER}/empty": b"", f"{FOLDER}/hole": b"begin"})
        with open(project.path / FOLDER / "hole", "r+b") as file:
            file.seek(8 << 20)
            file.write(b"end")
        size = (project.path / FOLDER / "hole").stat().st_size
        (done,) = datakit.add(FOLDER, root=project.path)
        assert (done.data.size, size) == (size, (8 << 20) + 3)
        datakit.pull("odd", to=tmp_path / "there", root=project.path)
        assert (tmp_path / "there/hole").read_bytes() == (project.path / FOLDER / "hole").read_bytes()
        assert datakit.verify("odd", root=project.path)[0].faults == ()

    def test_two_names_of_one_file(self, project: Repo) -> None:
        project.write({f"{FOLDER}/a": "same"})
        (project.path / FOLDER / "b").hardlink_to(project.path / FOLDER / "a")
        (done,) = datakit.add(FOLDER, root=project.path)
        assert (done.data.files, datakit.verify("odd", root=project.path)[0].faults) == (2, ())

    def test_empty_folders_are_counted_and_not_kept(self, project: Repo, tmp_path: Path) -> None:
        project.write({f"{FOLDER}/a": "a"})
        for name in ("one", "two/three"):
            (project.path / FOLDER / name).mkdir(parents=True)
        (done,) = datakit.add(FOLDER, root=project.path)
        assert done.notes == ("empty folders are not recorded, DVC records files only: 2",)
        assert datakit.verify("odd", root=project.path)[0].faults == ()
        assert datakit.status("odd", root=project.path)[0].condition not in {"changed", "broken"}
        assert datakit.pull("odd", root=project.path)[0].removed == 0
        assert (project.path / FOLDER / "two/three").is_dir()
        datakit.pull("odd", to=tmp_path / "there", root=project.path)
        assert os.listdir(tmp_path / "there") == ["a"]

    def test_5_000_files_in_one_folder(self, project: Repo, tmp_path: Path) -> None:
        """What grows with the files is DVC's and the private folder's; what Git gets does not."""
        count = 5_000
        top = project.path / FOLDER
        top.mkdir(parents=True)
        for number in range(count):
            fd = os.open(top / f"{number:04}", os.O_CREAT | os.O_WRONLY, 0o755 if number % 2 else 0o644)
            os.write(fd, b"%d" % (number % 7))
            os.close(fd)
        (done,) = datakit.add(FOLDER, root=project.path)
        assert (done.data.files, len(done.data.executable or "")) == (count, 32)
        added = project.git("diff", "--cached", "--numstat").splitlines()
        assert sum(int(line.split()[0]) for line in added) < 150
        assert datakit.status("odd", root=project.path)[0].condition not in {"changed", "broken"}
        datakit.pull("odd", to=tmp_path / "there", root=project.path)
        modes = [os.stat(tmp_path / f"there/{number:04}").st_mode & 0o100 for number in range(count)]
        assert modes == [0o100 if number % 2 else 0 for number in range(count)]


class Meanwhile(Silent):
    """Change a file from another process, once, while its bytes are read.

    Args:
        path: The file.
        code: What the process runs, with the file as its argument.
    """

    def __init__(self, path: Path, code: str) -> None:
        self._work: list[str] | None = [
            sys.executable,
            "-c",
            f"import os, sys; path = sys.argv[1]; {code}",
            os.fspath(path),
        ]

    def advance(self, amount: int) -> None:
        """Let the process run when the first bytes were read."""
        if amount and self._work is not None:
            work, self._work = self._work, None
            subprocess.run(work, check=True)


CHANGES = {
    "grows": "open(path, 'ab').write(b'more')",
    "shrinks": "os.truncate(path, 5)",
    "is replaced": "open(path + '~', 'wb').write(b'x'); os.replace(path + '~', path)",
    "goes": "os.unlink(path)",
    "becomes a FIFO": "os.unlink(path); os.mkfifo(path)",
}


class TestWhileItIsRead:
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("where", ["data/raw/big.bin", f"{FOLDER}/big.bin"])
    def test_a_file_that(self, project: Repo, where: str, change: str) -> None:
        target = FOLDER if where.startswith(FOLDER) else where
        project.write({where: os.urandom(1 << 20) * 9})
        before = project.status()
        with unhung(), pytest.raises(InvalidData) as caught:
            datakit.add(target, root=project.path, progress=Meanwhile(project.path / where, CHANGES[change]))
        assert caught.value.message == f"`{project.path / where}` changed while being read"
        assert not (project.path / "catalog/big").exists()
        assert not (project.path / "catalog/odd").exists()
        assert [line for line in project.status() if line not in before] in ([], [f"?? {where}"])

    def test_and_the_next_run_records_what_it_became(self, project: Repo) -> None:
        where = "data/raw/big.bin"
        project.write({where: os.urandom(1 << 20) * 9})
        with pytest.raises(InvalidData):
            datakit.add(where, root=project.path, progress=Meanwhile(project.path / where, CHANGES["grows"]))
        (done,) = datakit.add(where, root=project.path)
        assert done.data.size == (9 << 20) + 4
        assert datakit.verify("big", root=project.path)[0].faults == ()

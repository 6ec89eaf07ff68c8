"""Bytes that are not what their name says: kept whole under what they are, whatever else names them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.store import quarantine
from datakit.store.hashing import Stamp
from tests.support.datasets import md5
from tests.support.unprivileged import enterable, owned_by_nobody, unprivileged

NAME, BAD = "0" * 32, md5("bad")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A private folder."""
    return tmp_path / ".datakit"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with bytes that are wrong."""
    (tmp_path / "object").write_text("bad")
    (tmp_path / "object").chmod(0o640)
    return tmp_path / "object"


def held(state: Path) -> dict[str, str]:
    """Return what is kept."""
    return {path.name: path.read_text() for path in (state / "quarantine").iterdir()}


def test_a_file_that_is_kept_stays_as_it_is(state: Path, source: Path) -> None:
    """Its stamp too, and who writes to it does not change what is kept."""
    before = Stamp.of(source.stat())
    place = quarantine.keep(state, source, NAME)
    assert place == state / "quarantine" / f"{NAME}.{BAD}"
    assert (Stamp.of(source.stat()), source.stat().st_mode & 0o777) == (before, 0o640)
    source.write_text("edited")
    assert (held(state), place.stat().st_mode & 0o777) == ({place.name: "bad"}, 0o444)
    source.write_text("bad")
    assert quarantine.keep(state, source, NAME) == place
    assert held(state) == {place.name: "bad"}


def test_a_file_that_is_moved_is_gone(state: Path, source: Path) -> None:
    place = quarantine.move(state, source, NAME, BAD)
    assert (source.exists(), place.read_text(), place.stat().st_mode & 0o777) == (False, "bad", 0o444)


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs a second file system")  # noqa: S108 - only looked at
def test_a_file_of_another_file_system_is_copied(state: Path, source: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        away = Path(other, "object")
        away.write_text("bad")
        place = quarantine.move(state, away, NAME, BAD)
        assert (away.exists(), held(state)) == (False, {place.name: "bad"})


def test_bytes_from_elsewhere(state: Path) -> None:
    place = quarantine.receive(state, NAME, lambda temp: Path(temp).write_text("bad") and None)
    assert held(state) == {place.name: "bad"} == {f"{NAME}.{BAD}": "bad"}

    def nowhere(temp: str) -> None:
        raise FileNotFoundError(temp)

    with pytest.raises(FileNotFoundError):
        quarantine.receive(state, NAME, nowhere)
    assert list(held(state)) == [place.name]


def test_a_folder_that_may_not_be_written(state: Path, source: Path) -> None:
    (state / "quarantine").mkdir(parents=True)
    (state / ".gitignore").write_text("*\n")
    owned_by_nobody(state, state / "quarantine", source)
    enterable(state)
    (state / "quarantine").chmod(0o555)

    def work() -> str:
        try:
            quarantine.keep(state, source, NAME)
        except EnvironmentProblem as error:
            return error.message
        return "nothing was refused"

    said = unprivileged(work)
    (state / "quarantine").chmod(0o755)
    assert said == f"cannot write `{state}/quarantine/{NAME}`: permission denied"

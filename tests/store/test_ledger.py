"""How far a verification came: kept while it lasts, forgotten at its end, and never a reason to trust what was touched."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from datakit.store import ledger
from datakit.store.hashing import Digest
from tests.support.datasets import md5

NAME, MARK = md5("name"), md5("mark")
FOUND = Digest(NAME, "1" * 64, 7)


class Stopped(Exception):
    """An interruption."""


def interrupted(state: Path, *names: str) -> None:
    """Begin a verification that notes some objects, and let it be interrupted."""
    with suppress(Stopped), ledger.opened(state) as notes:
        for name in names:
            notes.note("cache", name, MARK, FOUND)
        raise Stopped


def known(state: Path, name: str = NAME, mark: str = MARK, place: str = "cache") -> Digest | None:
    """Return what the next verification knows, which is interrupted too."""
    with suppress(Stopped), ledger.opened(state) as notes:
        found = notes.recall(place, name, mark)
        raise Stopped
    return found


def test_what_was_hashed_is_known(tmp_path: Path) -> None:
    interrupted(tmp_path / ".datakit", NAME, f"{NAME}.dir")
    state = tmp_path / ".datakit"
    assert (known(state), known(state, f"{NAME}.dir")) == (FOUND, FOUND)
    assert (known(state, mark=md5("touched")), known(state, place="storage"), known(state, md5("x"))) == (None,) * 3


def test_only_the_md5(tmp_path: Path) -> None:
    with suppress(Stopped), ledger.opened(tmp_path / ".datakit") as notes:
        notes.note("storage", NAME, MARK, Digest(NAME, "", 7))
        raise Stopped
    assert known(tmp_path / ".datakit", place="storage") == Digest(NAME, "", 7)


def test_the_end_forgets_it(tmp_path: Path) -> None:
    state = tmp_path / ".datakit"
    interrupted(state, NAME)
    with ledger.opened(state) as notes:
        assert notes.recall("cache", NAME, MARK) == FOUND
    assert not (state / ledger.FILE).exists()
    assert known(state) is None


def test_what_has_no_mark_is_never_known(tmp_path: Path) -> None:
    with suppress(Stopped), ledger.opened(tmp_path / ".datakit") as notes:
        notes.note("cache", NAME, "", FOUND)
        raise Stopped
    assert known(tmp_path / ".datakit", mark="") is None


def test_after_a_day_it_counts_no_more(tmp_path: Path) -> None:
    state = tmp_path / ".datakit"
    interrupted(state, NAME)
    path = state / ledger.FILE
    for hours in (23, 23, 25):  # going on renews nothing
        first, _, rest = path.read_text().partition("\n")
        assert first.startswith("since ")
        path.write_text(f"since {int(time.time()) - hours * 3600}\n{rest}")
        assert (known(state) is None) is (hours > 24)
        interrupted(state, NAME) if hours < 24 else None


@pytest.mark.parametrize("length", [1, 40, 100, 141])
def test_a_line_that_a_kill_tore(tmp_path: Path, length: int) -> None:
    """It is no line, and the next one is whole all the same."""
    state = tmp_path / ".datakit"
    interrupted(state, NAME)
    text = (state / ledger.FILE).read_bytes()
    (state / ledger.FILE).write_bytes(text + text[:length])
    interrupted(state, md5("next"))
    assert (known(state), known(state, md5("next"))) == (FOUND, FOUND)


def test_what_is_no_line(tmp_path: Path) -> None:
    state = tmp_path / ".datakit"
    interrupted(state, NAME)
    (state / ledger.FILE).write_bytes((state / ledger.FILE).read_bytes() + b"\xff\0 cache\ncache x y z\n")
    assert known(state) == FOUND
    (state / ledger.FILE).write_bytes(b"since yesterday\n" + (state / ledger.FILE).read_bytes())
    assert known(state) is None


def test_lines_are_written_on_the_way(tmp_path: Path) -> None:
    """A kill loses some at most, not all."""
    with ledger.opened(tmp_path / ".datakit") as notes:
        for number in range(300):
            notes.note("cache", md5(str(number)), MARK, FOUND)
        written = (tmp_path / ".datakit" / ledger.FILE).read_text().count("\n")
        notes.note("cache", NAME, MARK, Digest(NAME, "", 1 << 30))
        assert (written, (tmp_path / ".datakit" / ledger.FILE).read_text().count("\n")) == (257, 302)


def test_a_private_folder_that_is_closed_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".datakit").symlink_to(tmp_path / "elsewhere")
    with ledger.opened(tmp_path / ".datakit") as notes:
        notes.note("cache", NAME, MARK, FOUND)
        assert notes.keeps is False
    assert list((tmp_path / "elsewhere").iterdir()) == []

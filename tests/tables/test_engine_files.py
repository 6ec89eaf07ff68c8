"""The files that a session may open: read by plain names, written at one place, and no other."""

# ruff: noqa: S608 - the paths are the session's, the SQL is ours

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import InvalidData
from datakit.tables.engine import connect, copy, query, quote_text, settle


def test_files_beside_are_read_and_the_target_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "x*y k=1 {a,b} [z] 'q' é"
    folder.mkdir()
    one, two = folder / "one?", folder / "two"
    for path, value in ((one, 1), (two, 2)):
        with connect(tmp_path, target=path) as session:
            settle(session, 1)
            assert copy(session, "t", f"SELECT {value} AS a FROM range(3)", path) == 3
    with connect(one, beside=(two,)) as session:
        settle(session, 1)
        sums = [
            query(session, "t", f"SELECT sum(a) FROM read_parquet('{path}')")
            for path in (session.link, *session.beside)
        ]
    assert sums == [[(3,)], [(6,)]]


def test_only_the_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    with connect(tmp_path / "t.csv", beside=(tmp_path / "m",), target=tmp_path / "out") as session:
        settle(session, 1)
        for path in (tmp_path / "t.csv", tmp_path / "m", tmp_path / "new"):
            with pytest.raises(InvalidData, match=r"^t: Cannot access file .* disabled by configuration$"):
                query(session, "t", f"COPY (SELECT 1) TO {quote_text(str(path))}")
    assert (tmp_path / "t.csv").read_text() == "a\n1\n"


def test_a_session_may_be_given_less_memory(tmp_path: Path) -> None:
    limits = []
    for memory in (None, 100_000_000):
        with connect(tmp_path, memory=memory) as session:
            settle(session, 10)
            limits += query(session, "t", "SELECT current_setting('memory_limit')")
    assert limits == [("953.6 MiB",), ("102.9 MiB",)]

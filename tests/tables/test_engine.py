"""The engine: what it opens, what it leaves, and what it says when it cannot go on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from datakit.errors import EnvironmentProblem, InvalidData
from datakit.formats.contract import Reader
from datakit.tables import engine
from datakit.tables.engine import connect, query
from datakit.tables.read import source
from datakit.tables.relation import relation
from tests.support.tables import written


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM '{other}'",
        "COPY (SELECT 1) TO '{other}.out'",
        "ATTACH '{other}.db'",
        "INSTALL spatial",
        "LOAD '{other}'",
        "SET enable_external_access = true",
        "SET allowed_paths = ['{other}']",
        "RESET lock_configuration",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM local_frame",
    ],
)
def test_the_engine_opens_its_file_and_nothing_else(tmp_path: Path, sql: str) -> None:
    other = written(tmp_path, "secret\n1\n", "other.csv")
    local_frame = [1]
    with connect(written(tmp_path, "a\n1\n")) as session:
        source(session, "t.csv", Reader("csv"))
        with pytest.raises(duckdb.Error):
            session.con.execute(sql.format(other=other)).fetchall()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.csv", "t.csv"]
    assert local_frame == [1]


@pytest.mark.parametrize("folder", ["a=1", "x*y", "[ab]", "q?'s", "{a,b}", "é ü"])
def test_odd_paths_are_only_paths(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    path = written(tmp_path, "b\n1\n", f"{folder}/t.csv")
    with connect(path) as session:
        found = source(session, "t.csv", Reader("csv"))
        assert relation(session, "t.csv", found, ()).rows == 1
        assert found.names == ("b",)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    spill.mkdir()
    path = written(tmp_path, '{"a": 1}\n', "t.jsonl")
    with connect(path, spill) as session:
        source(session, "t.jsonl", Reader("jsonl"))
        assert len(list(spill.iterdir())) == 1
    assert list(spill.iterdir()) == []


def test_a_table_that_memory_and_disk_do_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "memory_limit", 1_000_000)
    with connect(written(tmp_path, "a\n1\n")) as session:
        source(session, "t.csv", Reader("csv"))
        with pytest.raises(EnvironmentProblem) as caught:
            query(session, "t.csv", "SELECT len(list(range)) FROM range(10_000_000)")
    assert caught.value.message == "t.csv: the memory limit and the temporary disk do not hold the table"
    assert caught.value.hint == "point TMPDIR to a folder on a larger disk"


_LONG = """\
import sys
from pathlib import Path
from datakit.tables import engine
sql = "SELECT sum(a.range * b.range) FROM range(1_000_000) a, range(1_000_000) b"
works = {
    "query": lambda session: engine.query(session, "t.csv", sql),
    "copy": lambda session: engine.copy(session, "t.csv", sql, session.flat),
    "frame": lambda session: engine.stoppable(session, lambda: session.con.sql(sql).to_arrow_table()),
}
try:
    with engine.connect(Path(sys.argv[1]), Path(sys.argv[2])) as session:
        print("begun", flush=True)
        works[sys.argv[3]](session)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("work", ["query", "copy", "frame"])
def test_ctrl_c_in_a_long_statement_is_ctrl_c(tmp_path: Path, work: str) -> None:
    """DuckDB makes a RuntimeError of it, which would be a bug of ours, or an error that would blame the data."""
    spill, table = tmp_path / "spill", written(tmp_path, "a\n1\n")
    spill.mkdir()
    words = [sys.executable, "-P", "-c", _LONG, str(table), str(spill), work]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        time.sleep(0.3)  # on its way into the statement; earlier, it is Ctrl-C all the same
        child.send_signal(signal.SIGINT)
        try:
            assert child.stdout.read() == "interrupted\n"
            assert child.wait(60) == 0
        finally:
            child.kill()
    assert list(spill.iterdir()) == []


def test_what_stops_a_statement_is_no_fault_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), connect(written(tmp_path, "a\n1\n")):
        raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")
    with pytest.raises(RuntimeError, match=r"^a bug$"), connect(written(tmp_path, "a\n1\n")):
        raise RuntimeError("a bug")


def test_messages_name_the_table_and_no_private_path(tmp_path: Path) -> None:
    with connect(written(tmp_path, "PAR1", "t.parquet")) as session, pytest.raises(InvalidData) as caught:
        query(session, "t.parquet", f"SELECT * FROM read_parquet('{session.link}')")  # noqa: S608 our own SQL
    assert "'t.parquet'" in caught.value.message
    assert str(session.link) not in caught.value.message


def test_our_own_mistakes_are_not_the_data_s(tmp_path: Path) -> None:
    with connect(written(tmp_path, "a\n1\n")) as session:
        for sql in ("SELEC 1", "SELECT no_such_column", "SELECT * FROM no_such_table"):
            with pytest.raises(duckdb.Error):
                query(session, "t.csv", sql)


def test_aggregates_come_in_their_order_however_many_run_together(tmp_path: Path) -> None:
    with connect(written(tmp_path, "a\n1\n2\n3\n")) as session:
        relation(session, "t.csv", source(session, "t.csv", Reader("csv")), ())
        asked = ["min(c0)", "count(*)", "max(c0)", "min(c0)", "count(c0)"]
        for together in (1, 2, 5, 200):
            assert engine.aggregate(session, "t.csv", asked, together) == ["1", 3, "3", "1", 3]


def test_a_wide_table_gets_the_memory_of_its_buffers(tmp_path: Path) -> None:
    limits = []
    for columns in (1000, 6000):
        with connect(written(tmp_path, "a\n1\n")) as session:
            engine.settle(session, columns)
            ((limit,),) = query(session, "t.csv", "SELECT current_setting('memory_limit')")
            limits.append(limit)
    assert limits == ["953.6 MiB", "2.7 GiB"]

"""Readers: what sniffing proposes, what the locked engine refuses, what a contract may not ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidData
from datakit.formats.contract import Reader
from datakit.tables.engine import Session, connect, query
from datakit.tables.read import first_record, source
from datakit.tables.relation import relation
from datakit.tables.screen import screen
from tests.support.tables import written


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        (Reader("csv", delimiter=""), "t.csv: the contract's delimiter must be one ASCII character, found ''"),
        (
            Reader("csv", delimiter="', x='"),
            "t.csv: the contract's delimiter must be one ASCII character, found \"', x='\"",
        ),
        (Reader("csv", quote="«"), "t.csv: the contract's quote must be one ASCII character, found '«'"),
        (Reader("csv", quote="\n"), "t.csv: the contract's quote must be one ASCII character, found '\\n'"),
        (Reader("csv", delimiter='"'), "t.csv: the contract's delimiter and quote are both '\"'"),
        (
            Reader("csv", encoding="idna"),
            "t.csv: the contract's encoding is `idna`; expected utf-8, utf-16, windows-1252 or another one of text",
        ),
        (Reader("xlsx"), "t.csv: the contract's format is `xlsx`; expected one of csv, tsv, parquet, jsonl, json"),
    ],
)
def test_a_contract_cannot_ask_for_an_odd_reader(tmp_path: Path, reader: Reader, message: str) -> None:
    with (
        connect(written(tmp_path, "a,b\n1,2\n")) as session,
        pytest.raises(InvalidData, match=f"^{re.escape(message)}$"),
    ):
        source(session, "t.csv", reader)


def test_a_reader_without_quotes_takes_them_as_text(tmp_path: Path) -> None:
    with connect(written(tmp_path, 'a,b\n"x,y"\n')) as session:
        found = source(session, "t.csv", Reader("csv", quote=""))
        relation(session, "t.csv", found, ())
        assert query(session, "t.csv", "SELECT c0, c1 FROM data") == [('"x', 'y"')]


text_lines = st.lists(st.text("a,\"' \t\r\n\ufeff\x0b\x1c\u2028", max_size=6), max_size=4).map("\n".join)


@settings(max_examples=60, deadline=None)
@given(text_lines)
def test_a_text_that_passes_the_screen_has_a_record(tmp_path_factory, text) -> None:  # type: ignore[no-untyped-def]  # hypothesis
    path = written(tmp_path_factory.mktemp("record"), text)
    try:
        screen(path, "t.csv", quote='"')
        found = [first_record(Session(None, path, path, path.with_name("none"), path), "t.csv", Reader("csv"))]  # type: ignore[arg-type]  # reads no SQL
    except InvalidData:
        found = [["refused"]]
    assert found[0]

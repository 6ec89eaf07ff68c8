"""JSON to a flat table: every value keeps its spelling, and what JSON leaves open is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidData
from datakit.formats.contract import Column, Reader
from datakit.tables import flatten as module
from datakit.tables.engine import connect, query
from datakit.tables.flatten import flatten
from datakit.tables.read import source
from datakit.tables.relation import relation
from tests.support.tables import written


def test_json_values_keep_their_spelling(tmp_path: Path) -> None:
    text = '{"n": 1.10, "i": 12345678901234567890123, "s": "é\\n\\"", "o": {"a": [1e5, true, null]}}\n{"late": "", "n": null}\n'
    path = written(tmp_path, text, "t.jsonl")
    with connect(path) as session:
        found = source(session, "t.jsonl", Reader("jsonl"))
        assert found.names == ("n", "i", "s", "o", "late")
        relation(session, "t.jsonl", found, [Column(name, "string") for name in found.names])
        first, second = query(session, "t.jsonl", "SELECT * FROM data ORDER BY rowid")
    assert first == ("1.10", "12345678901234567890123", 'é\n"', '{"a":[1e5,true,null]}', None)
    assert second == (None, None, None, None, "")


def test_json_of_too_many_keys_is_no_table(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(dict.fromkeys(map(str, range(10_001)), 1)), "t.jsonl")
    with pytest.raises(InvalidData, match=r"^t\.jsonl:1: more than 10,000 different keys; is this a table\?$"):
        flatten(path, "t.jsonl", "jsonl", tmp_path / "flat")


def test_an_array_that_is_too_large_for_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, '[{"a":1}]', "t.json")
    monkeypatch.setattr(module, "_array_cap", path.stat().st_size)
    assert flatten(path, "t.json", "json", tmp_path / "flat").names == ("a",)
    monkeypatch.setattr(module, "_array_cap", path.stat().st_size - 1)
    with pytest.raises(InvalidData) as caught:
        flatten(path, "t.json", "json", tmp_path / "flat")
    assert caught.value.message == "t.json: a JSON array of more than 1 GB; write one object a line (`.jsonl`)"


def test_a_late_key_fills_the_rows_before_it(tmp_path: Path) -> None:
    path = written(tmp_path, '{"a":"x"}\n\n{"b":{"c":[]},"a":null}\n{"c":"q\\"q"}\n', "t.jsonl")
    found = flatten(path, "t.jsonl", "jsonl", tmp_path / "flat")
    assert found == module.Flat(("a", "b", "c"), frozenset("ac"), frozenset("b"))
    assert (tmp_path / "flat").read_text() == '"x",,\n,"{""c"":[]}",\n,,"q""q"\n'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('abé"', max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
@settings(max_examples=60, deadline=None)
def test_spelling_a_value_keeps_it(value: object) -> None:
    assert json.loads(module.spell(value)) == value

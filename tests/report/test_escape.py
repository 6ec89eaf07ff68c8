"""Escaping: what a terminal could obey is shown, what people write stays."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.report.escape import printable


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_nothing_is_left_that_moves_a_cursor_or_turns_a_text(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in shown)
    assert not any(
        unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for char in shown
    )
    assert printable(shown) == shown


def test_what_people_write_stays() -> None:
    for text in ("données/é.csv", "日本", "a b", "`x` 'q' \"d\" \\", "…", "😀", ""):
        assert printable(text) == text


def test_each_kind_is_shown() -> None:
    assert (
        printable("\x00\t\x7f\x9b\u202e\u2066\ufeff\udcff\u2028")
        == "\\x00\\t\\x7f\\x9b\\u202e\\u2066\\ufeff\\udcff\\u2028"
    )

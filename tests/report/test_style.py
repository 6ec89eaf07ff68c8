"""Marks of words, and when they are written."""

from __future__ import annotations

import pytest

from datakit.report.style import PLAIN, Style, fitting


def test_marks() -> None:
    marked = Style(colour=True)
    assert [marked.bad("x"), marked.warn("x"), marked.good("x"), marked.strong("x"), marked.faint("x")] == [
        "\x1b[1;31mx\x1b[0m", "\x1b[33mx\x1b[0m", "\x1b[32mx\x1b[0m", "\x1b[1mx\x1b[0m", "\x1b[2mx\x1b[0m",
    ]  # fmt: skip
    assert [PLAIN.bad("x"), PLAIN.warn("x"), PLAIN.good("x"), PLAIN.strong("x"), PLAIN.faint("x")] == ["x"] * 5


@pytest.mark.parametrize(
    ("terminal", "environ", "colour"),
    [
        (True, {}, True), (False, {}, False), (True, {"TERM": "dumb"}, False), (True, {"NO_COLOR": "1"}, False), (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True), (False, {"FORCE_COLOR": ""}, False), (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)  # fmt: skip
def test_when_colour_is_written(terminal: bool, environ: dict[str, str], colour: bool) -> None:
    assert fitting(terminal=terminal, environ=environ).colour is colour

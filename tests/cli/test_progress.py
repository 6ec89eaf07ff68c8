"""The bar: nothing for quick work, nothing without a terminal, gone when the work is done."""

from __future__ import annotations

import sys

import pytest

from datakit.cli import progress
from tests.support.terminal import Terminal


def work(bar: progress.Bar, name: str = "data/raw/birds.csv") -> None:
    """Do some work in two steps."""
    bar.start(name, 10)
    bar.advance(4)
    bar.advance(6)
    bar.close()


def test_quick_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    work(progress.Bar())
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("name", ["plain.csv", "[bold]"])
def test_slow_work_shows_a_bar(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    monkeypatch.setenv("TERM", "xterm")
    work(progress.Bar(), f"{name}\x1b[31m")
    assert rf"{name}\x1b[31m" in terminal.getvalue()


def test_without_a_terminal_nothing_is_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    work(progress.Bar())
    assert capsys.readouterr() == ("", "")

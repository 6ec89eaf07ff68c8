"""Questions: only where somebody can answer; test_app.py talks to a real terminal."""

from __future__ import annotations

import io
import sys

import pytest

from datakit.cli import ask
from tests.support.terminal import Terminal


@pytest.mark.parametrize("stdin", [Terminal(), io.StringIO()])
@pytest.mark.parametrize("stderr", [Terminal(), io.StringIO()])
@pytest.mark.parametrize("wanted", [True, False])
def test_only_between_two_terminals(
    stdin: io.StringIO, stderr: io.StringIO, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys, "stderr", stderr)
    everybody = wanted and stdin.isatty() and stderr.isatty()
    assert (ask.asker(wanted=wanted) is not None) == everybody


@pytest.mark.parametrize(("typed", "answer"), [("CC0-1.0\n", "CC0-1.0"), ("  a b \n", "a b"), ("\n", None), ("", None)])
def test_an_answer(typed: str, answer: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    question = ask.asker(wanted=True)
    assert question is not None
    assert question("license", "Which licence?") == answer
    assert shown.getvalue() == "Which licence?\n> "

"""What the commands write, and the options that they share."""

from __future__ import annotations

import io
import sys

import pytest

from datakit.cli import output
from datakit.errors import EnvironmentProblem, InvalidData, PartlyDone, UsageError
from tests.support.terminal import Terminal


def test_what_the_encoding_cannot_show_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    output.say("vögel\n")
    assert stream.buffer.getvalue() == b"v\\xf6gel\n"  # type: ignore[attr-defined]  # a BytesIO


@pytest.mark.parametrize("text", ["license", "=x", " =x", ""])
def test_a_field_without_a_value_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        output.pairs([text])
    assert caught.value.message == f"`--set {text}` is not FIELD=VALUE"
    assert caught.value.hint == "for instance `--set license=CC-BY-4.0`"


def test_no_fields() -> None:
    assert output.pairs(None) == {}


@pytest.mark.parametrize(
    ("environment", "stream", "coloured"),
    [
        ({}, Terminal(), True),
        ({"TERM": "dumb"}, Terminal(), False),
        ({"NO_COLOR": "1"}, Terminal(), False),
        ({}, io.StringIO(), False),
        ({"FORCE_COLOR": "1"}, io.StringIO(), True),
    ],
)
def test_colour_follows_terminal_and_environment(
    environment: dict[str, str], stream: io.StringIO, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert output.style(stream).colour is coloured


def test_a_folder_that_cannot_be_entered() -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        output.enter("/dev/null/x")
    assert caught.value.message == "cannot enter `/dev/null/x`: Not a directory"


def test_what_was_done_is_written_also_where_some_of_it_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert output.batch(lambda: (1, 2), str) == (1, 2)
    assert capsys.readouterr().out == "(1, 2)"
    for done, shown in (((3,), "(3,)"), ((), "")):

        def fail(done: tuple[int, ...] = done) -> tuple[int, ...]:
            raise PartlyDone([InvalidData("x"), UsageError("y")], done)

        with pytest.raises(PartlyDone) as caught:
            output.batch(fail, str)
        assert caught.value.exit_code == 2
        assert capsys.readouterr().out == shown

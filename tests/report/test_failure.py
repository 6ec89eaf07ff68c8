"""Errors as text."""

from __future__ import annotations

from datakit.errors import DatakitError, InvalidRecord, PartlyDone
from datakit.report import failure
from datakit.report.style import Style


def test_an_error_and_its_hint() -> None:
    assert failure.text(DatakitError("no remote")) == "error: no remote\n"
    assert failure.text(InvalidRecord("a.dvc", "is empty", line=3, hint="git restore a.dvc")) == (
        "error: a.dvc:3: is empty\nhint: git restore a.dvc\n"
    )


def test_only_the_words_are_marked() -> None:
    assert (
        failure.text(DatakitError("x", hint="y"), Style(colour=True))
        == "\x1b[1;31merror:\x1b[0m x\n\x1b[1mhint:\x1b[0m y\n"
    )


def test_names_are_escaped() -> None:
    assert failure.text(DatakitError("a\x1b[2J\nb", hint="\udcff")) == "error: a\\x1b[2J\\nb\nhint: \\udcff\n"


def test_several_errors_are_each_told_and_counted() -> None:
    several = PartlyDone([DatakitError("a", hint="mend a"), DatakitError("b")], ["c"])
    assert failure.text(several) == "error: a\nhint: mend a\nerror: b\nerror: 2 of 3 failed, the others are done\n"

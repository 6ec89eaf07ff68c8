"""Findings as text, JSON and annotations."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from datakit.formats.finding import Finding
from datakit.report import findings, plain
from datakit.report.style import Style

ERROR = Finding("a.dvc", "DK101", "`a` has no record", "datakit add a", "a")
OTHER = Finding("b.dvc", "DK102", "its md5 differs", "datakit add a", "b")
WARNING = Finding("c.yaml", "DK305", "is a draft", "", "c", "warn", 3)


def test_text() -> None:
    assert findings.text([ERROR, OTHER, WARNING]) == (
        "a.dvc: DK101 `a` has no record\nb.dvc: DK102 its md5 differs\nc.yaml:3: DK305 warning: is a draft\n\nto mend:\n  datakit add a\n2 errors, 1 warning\n"
    )
    assert findings.text([WARNING]) == "c.yaml:3: DK305 warning: is a draft\n1 warning\n"
    assert findings.text([]) == ""


def test_what_the_baseline_covers_is_counted() -> None:
    known = ERROR._replace(level="known")
    assert findings.text([known]) == "1 finding of the baseline is not shown\n"
    assert findings.text([known, OTHER, known]) == (
        "b.dvc: DK102 its md5 differs\n\nto mend:\n  datakit add a\n1 error; 2 findings of the baseline are not shown\n"
    )
    assert findings.github([known]) == ""
    assert json.loads(plain.as_json([known]))[0]["level"] == "known"


def test_marks_and_escapes() -> None:
    marked = findings.text([ERROR, WARNING], Style(colour=True))
    assert "a.dvc: \x1b[1;31mDK101\x1b[0m " in marked
    assert "c.yaml:3: \x1b[33mDK305 warning:\x1b[0m " in marked
    hostile = findings.text([Finding("a\x1b[2J", "DK101", "b\nc", "d\r")])
    assert hostile == "a\\x1b[2J: DK101 b\\nc\n\nto mend:\n  d\\r\n1 error\n"


def test_json() -> None:
    assert json.loads(plain.as_json([ERROR, WARNING])) == [
        {
            "path": "a.dvc",
            "code": "DK101",
            "message": "`a` has no record",
            "hint": "datakit add a",
            "dataset": "a",
            "level": "error",
            "line": None,
            "data": "",
        },
        {
            "path": "c.yaml",
            "code": "DK305",
            "message": "is a draft",
            "hint": "",
            "dataset": "c",
            "level": "warn",
            "line": 3,
            "data": "",
        },
    ]
    assert plain.as_json([]) == "[]\n"


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text())
@example("data/\udcff", "\x9b\u202e")
def test_any_name_can_be_written(path: str, message: str) -> None:
    found = [Finding(path, "DK101", message)]
    for written in (findings.text(found), plain.as_json(found), findings.github(found)):
        assert not {"\udcff", "\x9b", "\u202e"} & set(written)
        written.encode()
    assert json.loads(plain.as_json(found))[0]["path"] == path
    assert findings.github(found).count("\n") == 1


def test_annotations() -> None:
    assert findings.github([ERROR, WARNING]) == (
        "::error file=a.dvc,title=DK101::`a` has no record (datakit add a)\n::warning file=c.yaml,line=3,title=DK305::is a draft\n"
    )
    assert findings.github([Finding("a:b,c%\n", "DK101", "50%\n::error::x")]) == (
        "::error file=a%3Ab%2Cc%25 ,title=DK101::50%25 ::error::x\n"
    )

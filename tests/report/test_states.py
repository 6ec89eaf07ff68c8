"""The status of each dataset, as text."""

from __future__ import annotations

from datakit.records import State
from datakit.report import states
from datakit.report.style import Style


def test_one_line_each_and_a_count() -> None:
    found = [
        State("birds", "b.csv", "clean", "", ""),
        State("eggs", "e.csv", "changed", "it moved", "datakit add eggs"),
        State("", "data/new.csv", "unrecorded", "", "datakit add data/new.csv"),
    ]
    assert states.text(found) == (
        "birds         clean\n"
        "eggs          changed     it moved: datakit add eggs\n"
        "data/new.csv  unrecorded  datakit add data/new.csv\n"
        "1 clean, 1 changed, 1 unrecorded\n"
    )


def test_only_the_condition_is_coloured() -> None:
    said = states.text([State("clean", "c.csv", "clean", "", "")], Style(colour=True))
    assert said == "clean  \x1b[32mclean\x1b[0m\n1 clean\n"


def test_nothing() -> None:
    assert states.text([]) == "there is no dataset yet: record one with `datakit add PATH`\n"

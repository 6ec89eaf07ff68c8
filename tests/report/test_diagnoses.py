"""What `doctor` found, as text: aligned, the mend below what is wrong, nothing that moves the cursor."""

from __future__ import annotations

from datakit.records import Diagnosis
from datakit.report import diagnoses
from datakit.report.style import Style

FOUND = [
    Diagnosis("git", "ok", "2.39.5"),
    Diagnosis("remote a\x1b", "fail", "no answer", "dvc remote list"),
    Diagnosis("lock", "warn", "held"),
]


def test_each_in_its_place() -> None:
    assert diagnoses.text(FOUND) == (
        "ok    git           2.39.5\n"
        "fail  remote a\\x1b  no answer\n"
        "                    mend: dvc remote list\n"
        "warn  lock          held\n"
        "1 ok, 1 warn, 1 fail\n"
    )


def test_colours_go_to_the_words() -> None:
    first, second, third, *_ = diagnoses.text(FOUND, Style(colour=True)).splitlines()
    assert first.startswith("\x1b[32mok\x1b[0m    git")
    assert second.startswith("\x1b[1;31mfail\x1b[0m  remote")
    assert third.endswith("\x1b[2mmend:\x1b[0m \x1b[1mdvc remote list\x1b[0m")

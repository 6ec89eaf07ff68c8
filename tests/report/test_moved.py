"""What `mv` and `rm` say."""

from __future__ import annotations

from datakit.records import Moved, Removed
from datakit.report import moved


def test_a_rename() -> None:
    item = Moved("fowl", "a.csv", "birds", "a.csv", ("catalog/fowl/manifest.json",), True, ("released \x1b[31m",))
    assert moved.text(item) == (
        "renamed birds to fowl: a.csv\n  staged catalog/fowl/manifest.json\n  note: released \\x1b[31m\n"
    )


def test_a_move_and_none() -> None:
    item = Moved("birds", "b.csv", "birds", "a.csv", ("b.csv.dvc",), False, ())
    assert moved.text(item) == "moved birds: a.csv to b.csv\n  wrote  b.csv.dvc\n"
    assert moved.text(item._replace(written=())) == "unchanged birds: b.csv\n"


def test_a_removal() -> None:
    item = Removed("birds", "a.csv", "removed", "catalog/birds/tombstone.json", ("a.csv.dvc",), True, ("pull it",))
    assert moved.removed(item) == (
        "removed birds: a.csv\n  staged a.csv.dvc\n  note: its data is gone from the working tree\n  note: pull it\n"
    )
    assert "tracked by nothing" in moved.removed(item._replace(data="kept"))
    assert moved.removed(item._replace(data="absent", written=(), notes=())) == "unchanged birds: a.csv\n"

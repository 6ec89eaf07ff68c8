"""What `split` did, as text."""

from __future__ import annotations

from datakit.formats.finding import Finding
from datakit.records import Splitted
from datakit.report import splits
from datakit.report.style import Style

DONE = Splitted(
    "birds", "default", "r.json", "made", 1250, {"train": 1000, "test": 248}, {"null key": 2}, {"conflict": 3}, {}, 0,
    None, None, 0, 0, None, "row", ("r.json", "p.dvc"), True, (),
)  # fmt: skip


def test_what_was_made() -> None:
    assert splits.text(DONE) == (
        "made birds/default: 1,250 rows\n"
        "  staged r.json\n"
        "  staged p.dvc\n"
        "    train  1,000  80.1 %\n"
        "    test     248  19.9 %\n"
        "  note: in no part, null key: 2\n"
        "  note: rows that are equal, but for key and label, to a row of another part with another label: 3\n"
    )


def test_what_was_extended_and_what_the_gate_wants() -> None:
    finding = Finding("r.json", "DK403", "rows that leak: 3", "remove them", "birds")
    done = DONE._replace(
        action="extended", new=1, gone=2, staged=False, excluded={}, leaks={}, strata=4, findings=(finding,)
    )
    assert splits.text(done).splitlines() == [
        "extended birds/default: 1,250 rows, 1 new row, 2 gone",
        "  wrote  r.json",
        "  wrote  p.dvc",
        "    train  1,000  80.1 %",
        "    test     248  19.9 %",
        "  note: strata too small for all parts, taken together: 4",
        "",
        "before it can be committed:",
        "r.json: DK403 rows that leak: 3",
        "",
        "to mend:",
        "  remove them",
        "1 error",
    ]
    warned = done._replace(findings=(finding._replace(level="warn"),))
    assert "before it can be committed:" not in splits.text(warned)


def test_files_that_moved_and_what_parts_share() -> None:
    done = DONE._replace(
        action="extended", rows=4, parts={"train": 4}, excluded={}, leaks={"duplicate": 2}, unit="file", new=1, gone=0,
        places={"duplicate": "files `a`, `b\x1b`"}, kept=90, strayed=3, written=(),
    )  # fmt: skip
    assert splits.text(done).splitlines() == [
        "extended birds/default: 4 files, 1 new file, 0 gone, 90 moved that kept the part",
        "    train  4  100.0 %",
        "  note: files that are equal, but for the key, to a file of another part: files `a`, `b\\x1b`",
        "  note: files that lie, byte for byte the same, in another part than before: 3",
    ]


def test_what_another_recipe_moved() -> None:
    first = [splits.text(DONE._replace(moved=moved)).splitlines()[0] for moved in (0, 1, 1200)]
    assert first == [
        "made birds/default: 1,250 rows, no row changed the part",
        "made birds/default: 1,250 rows, 1 row changed the part",
        "made birds/default: 1,250 rows, 1,200 rows changed the part",
    ]


def test_empty_parts_hostile_names_and_colour() -> None:
    odd = DONE._replace(name="a\nb", parts={"a": 0}, written=(), leaks={"x\n": 1})
    assert "    a  0  0.0 %" in splits.text(odd)
    assert "a\\nb/default" in splits.text(odd)
    assert "note: x\\n: 1" in splits.text(odd)
    assert "\x1b[1m" in splits.text(DONE, Style(colour=True))

"""The notes of a release: lines stay lines, and nothing in them moves a cursor."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats import notes
from datakit.formats.manifest import Data

DATA = Data("0" * 32, "1" * 64, 12, 1, "csv", 2, None)


def test_what_does_not_apply_is_left_out() -> None:
    said = notes.compose("reviews v1.0.0", "", [("Measured", [])], DATA._replace(rows=None))
    assert said == (f"reviews v1.0.0\n\nmd5: {'0' * 32}\nsha256: {'1' * 64}\nsize: 12\nfiles: 1\nformat: csv\n")


def test_a_note_keeps_its_lines() -> None:
    said = notes.compose("s", "\n# one\r\n\ntwo  \n", [], DATA)
    assert said.startswith("s\n\n# one\n\ntwo\n\nmd5: ")


def test_no_line_begins_a_signature() -> None:
    said = notes.compose("s", "-----BEGIN PGP SIGNATURE-----", [("T", ["-----BEGIN SSH SIGNATURE-----"])], DATA)
    assert not any(line.startswith("-----BEGIN") for line in said.splitlines())


def test_many_changes_are_counted() -> None:
    said = notes.compose("s", "", [("Changes", [str(number) for number in range(notes.CHANGES + 5)])], DATA)
    assert "- 199\n- and 5 more\n" in said


@settings(max_examples=60, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_every_character_can_be_seen(note: str, points: list[str]) -> None:
    said = notes.compose("s", note, [("T", points)], DATA)
    assert said.replace("\n", "").isprintable()
    assert said.encode()
    assert sum(line.startswith("- ") for line in said.split("T:\n")[-1].splitlines()) == len(points)

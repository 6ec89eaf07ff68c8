"""Progress: nobody need listen."""

from __future__ import annotations

from datakit.progress import SILENT


def test_silence(capsys: object) -> None:
    SILENT.start("hashing", 10)
    SILENT.advance(5)
    SILENT.start("hashing", None)
    assert capsys.readouterr() == ("", "")  # type: ignore[attr-defined]

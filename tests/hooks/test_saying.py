"""What the doors write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datakit.formats.finding import Finding
from datakit.hooks import saying

if TYPE_CHECKING:
    import pytest


def test_everything_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    saying.findings([])
    assert capsys.readouterr() == ("", "")
    saying.findings([Finding("a\x1b.dvc", "DK101", "`a` has no record", "datakit add a", "a")])
    saying.blocked("push")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "a\\x1b.dvc: DK101 `a` has no record\n\nto mend:\n  datakit add a\n1 error\n"
        "push blocked by datakit; `datakit explain CODE` says why a rule is there\n"
    )

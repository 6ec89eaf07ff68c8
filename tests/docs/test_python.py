"""docs/python.md: every example is executed, in one session, and prints what the page shows."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from docs.transcripts import PENGUINS, TOP

if TYPE_CHECKING:
    import pytest


def test_the_examples_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(PENGUINS, tmp_path)
    page = (TOP / "docs" / "python.md").read_text(encoding="utf-8").replace("```", "")
    found = doctest.DocTestParser().get_doctest(page, {}, "python.md", "docs/python.md", 0)
    assert len(found.examples) > 25

    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(found, out=said.append)

    assert result.failed == 0, "".join(said)

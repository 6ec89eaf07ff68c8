"""The doors of a commit and a merge, called as a function; tests/hooks/test_main.py opens them with Git."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.hooks import committing
from tests.support.repo import Repo
from tests.support.rooms import repository, room


@pytest.mark.parametrize(("door", "what"), [("pre-commit", "commit"), ("pre-merge-commit", "merge")])
def test_what_is_staged_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str], door: str, what: str) -> None:
    repo = Repo(tmp_path)
    repo.git("init", "--quiet")
    repo.write(repository(room()))
    repo.commit()
    assert committing.run(door, repo.path) == 0
    repo.write({"data/raw/reviews.csv.dvc": room(data="v2")["data/raw/reviews.csv.dvc"]})
    repo.git("add", "--all")
    assert committing.run(door, repo.path) == 1
    assert capsys.readouterr().err.endswith(
        f"{what} blocked by datakit; `datakit explain CODE` says why a rule is there\n"
    )

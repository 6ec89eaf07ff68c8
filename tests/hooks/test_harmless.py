"""What is let through before the gate is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.formats.policy import SMALLEST_LIMIT
from datakit.hooks import harmless
from datakit.repo.git import Git
from datakit.repo.objects import Objects
from tests.support.repo import Repo
from tests.support.rooms import repository, room


def test_the_small_limit_is_that_of_the_policy() -> None:
    assert harmless.SMALL == SMALLEST_LIMIT


@pytest.mark.parametrize(
    ("files", "is_harmless"),
    [
        ({"src/a.py": "2\n"}, True),
        ({"src/new.py": "2\n"}, True),
        ({"src/a.py": "#" * 1_000_001}, False),
        ({"data/raw/x.csv": "1"}, False),
        ({"catalog/reviews/note.txt": "1"}, False),
        ({"deep/dvc.lock": "x"}, False),
        ({"datakit.yaml": "policy: 1\n# x\n"}, False),
    ],
)
def test_a_commit(tmp_path: Path, files: dict[str, str], is_harmless: bool) -> None:
    repo = Repo(tmp_path)
    repo.git("init", "--quiet")
    repo.write(repository(room()) | {"src/a.py": "1\n"})
    base = repo.commit()
    repo.write(files)
    tip = repo.commit()
    git = Git(repo.path)
    with Objects(git) as objects:
        assert harmless.harmless(git.changes(base, tip), objects, f"{base}:") is is_harmless

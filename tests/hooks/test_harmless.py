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
        ({"datakit-baseline.json": "{}"}, False),
        ({".pre-commit-config.yaml": "repos: []\n"}, False),
        ({".github/workflows/ci.yml": "on: push\n"}, False),
        ({".dvc/config": ""}, False),
        ({".dvc/config.local": ""}, False),
        ({"docs/.gitattributes": ""}, False),
        ({"notes.txt": "PAR1\0"}, False),
        ({"tests/notes.txt": "PAR1\0"}, True),
        ({"rows.csv": "a,b"}, False),
        ({"docs/a.png": b"\x89PNG\r\n\x1a\n"}, True),
        ({"a.png": b"\x89PNG\r\n\x1a\n"}, False),
        ({"src/a.py": "PAR1\0"}, True),
        ({"src/a.py": "PAR1\0" + "x" * 10_000}, False),
    ],
)
def test_a_commit(tmp_path: Path, files: dict[str, str | bytes], is_harmless: bool) -> None:
    repo = Repo(tmp_path)
    repo.git("init", "--quiet")
    repo.write(repository(room()) | {"src/a.py": "1\n"})
    base = repo.commit()
    repo.write(files)
    tip = repo.commit()
    git = Git(repo.path)
    with Objects(git) as objects:
        assert harmless.harmless(git.changes(base, tip), objects, f"{base}:") is is_harmless


def test_a_link_is_judged(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.git("init", "--quiet")
    repo.write(repository(room()) | {"src/a.py": "1\n"})
    base = repo.commit()
    (tmp_path / "docs").symlink_to("src")
    tip = repo.commit()
    git = Git(repo.path)
    with Objects(git) as objects:
        assert not harmless.harmless(git.changes(base, tip), objects, f"{base}:")

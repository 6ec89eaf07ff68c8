"""Small datasets, the answers that make their cards complete, and a look at everything that a command could have changed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.support.repo import Repo

BIRDS = "id,sex,mass\n1,m,3.5\n2,f,NA\n3,m,4.5\n"
MORE_BIRDS = f"{BIRDS}4,f,5.5\n"
CARD = {
    "license": "CC0-1.0",
    "owner": "Jane Doe <jane@company.org>",
    "personal_data": "none",
    "summary": "One row is one bird; for tests.",
    "collection": "Made up by hand in one afternoon.",
}


def md5(data: str | bytes) -> str:
    """Return the hash that DVC gives a file's bytes."""
    return hashlib.md5(data.encode() if isinstance(data, str) else data, usedforsecurity=False).hexdigest()


def record(repo: Repo, name: str, kind: str = "manifest") -> dict[str, Any]:
    """Return a JSON record of a dataset."""
    found: dict[str, Any] = json.loads(repo.read(f"catalog/{name}/{kind}.json"))
    return found


def everything(repo: Repo) -> dict[str, object]:
    """Return what a refused command may not change: every file with its time, and what is staged."""
    private = (".datakit/", ".dvc/cache/", ".dvc/tmp/", ".git/index")
    files = {path: item for path, item in repo.snapshot().items() if not path.startswith(private)}
    return {**files, "staged": repo.git("ls-files", "--stage")}

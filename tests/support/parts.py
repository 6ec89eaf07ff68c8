"""A table and a folder with splits, published and cloned; and which rows a part has, worked out in plain Python."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import datakit
from datakit.formats import split as splits
from datakit.formats.split import Split
from tests.support.clones import cloned
from tests.support.datasets import CARD
from tests.support.repo import Repo

TABLE = "data/raw/birds.csv"
FOLDER = "data/raw/photos"
HALVES = "train=0.6,test=0.4"
PHOTOS = {f"{FOLDER}/{'mf'[at % 2]}/{at}.png": f"photo {at}" for at in range(20)}


def birds(count: int) -> str:
    """Return a table whose rows are not in the order of their keys."""
    rows = [
        f"{at},{'mf'[at % 2]},{at / 4 if at % 7 else 'NA'},2024-{at // 28 + 1:02}-{at % 28 + 1:02}"
        for at in range(count, 0, -1)
    ]
    return "\n".join(["id,sex,mass,seen", *rows]) + "\n"


def divided(repo: Repo) -> Repo:
    """Record a table with two splits and a folder with one, released as v1.0.0; then a table that grew, its splits too."""
    repo.write({TABLE: birds(40), **PHOTOS})
    datakit.add(TABLE, FOLDER, fields=CARD, root=repo.path)
    datakit.split("birds", into=HALVES, key=["id"], salt="s", root=repo.path)
    datakit.split("birds", "cv1", into={"fit": "0.5", "valid": "0.5"}, key=["id"], salt="t", root=repo.path)
    datakit.split("photos", "halves", into=HALVES, salt="u", root=repo.path)
    repo.dvc("remote", "add", "--default", "storage", "../storage")
    repo.commit("first")
    for name in ("birds", "photos"):
        repo.git("tag", "--annotate", f"{name}@v1.0.0", "--message", "first")
    datakit.push(root=repo.path)
    repo.write({TABLE: birds(60)})
    datakit.add(note="more were caught", root=repo.path)
    for name in ("default", "cv1"):
        datakit.split("birds", name, extend=True, root=repo.path)
    repo.commit("second")
    datakit.push(root=repo.path)
    return repo


def with_clone(repo: Repo) -> Repo:
    """Return a clone beside it without any data."""
    return cloned(repo, repo.path.parent / "clone")


def record(repo: Repo, name: str, split_name: str = "default") -> Split:
    """Return the record of a split as it lies there."""
    path = f"catalog/{name}/splits/{split_name}.json"
    return splits.read((repo.path / path).read_bytes(), path)


def fingerprint(salt: str, keys: Iterable[str]) -> str:
    """Return the fingerprint of a part: `sort | sha256sum` of the hashes of its keys."""
    hashes = sorted(hashlib.sha256(f"{salt}:{key}".encode()).hexdigest() for key in keys)
    return hashlib.sha256("".join(f"{each}\n" for each in hashes).encode()).hexdigest()


def assigned(salt: str, keys: Iterable[str], share: float, first: str, second: str) -> dict[str, str]:
    """Return the part of each key by the threshold of the hash alone."""
    end = f"{int(share * 2**32):08x}"
    return {key: first if hashlib.sha256(f"{salt}:{key}".encode()).hexdigest()[:8] < end else second for key in keys}


def objects(folder: Path) -> set[str]:
    """Return the names of the objects in a cache or remote."""
    found = (path.relative_to(folder).parts for path in folder.glob("files/md5/??/*"))
    return {f"{parts[2]}{parts[3]}" for parts in found}

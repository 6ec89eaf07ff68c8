"""A project whose datasets can be registered: a table and a folder, agreed contracts, a remote of DVC and one of Git."""

from __future__ import annotations

import datakit
from tests.support.clones import PHOTOS, TABLE
from tests.support.datasets import BIRDS, CARD
from tests.support.repo import Repo


def agree(repo: Repo, *names: str) -> None:
    """Say of contracts that somebody has read them."""
    for name in names:
        path = f"catalog/{name}/contract.odcs.yaml"
        repo.write({path: repo.read(path).replace("status: draft", "status: active")})


def releasable(repo: Repo) -> Repo:
    """Record birds and photos and commit them; the bare repository beside it has the commit, the remote no bytes."""
    repo.write({TABLE: BIRDS, **PHOTOS})
    datakit.add(TABLE, "data/raw/photos", fields=CARD, root=repo.path)
    agree(repo, "birds", "photos")
    repo.dvc("remote", "add", "--default", "storage", "../storage")
    repo.commit("first")
    repo.git("init", "--quiet", "--bare", "--initial-branch=main", "../bare.git")
    repo.git("remote", "add", "origin", "../bare.git")
    repo.git("push", "--quiet", "-u", "origin", "main")
    return repo


def recorded(repo: Repo, rows: str, why: str = "more were caught") -> str:
    """Record other birds, commit them and return the commit."""
    repo.write({TABLE: rows})
    datakit.add("birds", note=why, root=repo.path)
    return repo.commit(why)

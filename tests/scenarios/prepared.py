"""The repository that every scenario starts from: datasets, a split, a remote, and states of all of it to stage from.

Recording takes half a second and a scenario must not, so whatever a user could have recorded is recorded once, by the real
commands, and kept as a tag. A scenario takes files out of such a state: all of them, which is what `datakit add` stages,
or some of them, which is what goes wrong.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import datakit
from datakit.formats import record
from datakit.verbs.scaffold import hooks
from tests.support.datasets import CARD
from tests.support.releases import agree
from tests.support.repo import Repo, copied

MANAGERS = ("native", "pre-commit", "prek")  # what starts the hook of a commit
TABLE, OTHER, THIRD = "data/raw/birds.csv", "data/raw/bees.csv", "data/raw/newts.csv"
POINTER, CARD_FILE = f"{TABLE}.dvc", "catalog/birds/README.md"
MANIFEST, RECEIPT, PROFILE, CONTRACT = (
    f"catalog/birds/{name}" for name in ("manifest.json", "receipt.json", "profile.json", "contract.odcs.yaml")
)
RECIPE, SPLIT = "catalog/birds/splits/default.yaml", "catalog/birds/splits/default.json"
MEMBERSHIP = "catalog/birds/splits/default.parquet.dvc"
MINIMUM = "    required: true\n    logicalTypeOptions:\n      minimum: 0\n  quality:"  # of the last column
CONFIG = ".pre-commit-config.yaml"
CODE = "src/clean.py"
WITHOUT_HOOKS = ("-c", "core.hooksPath=/dev/null")
NOTHING = ("--allow-empty", "--no-verify", "--quiet", "-m")


def rows(count: int, scale: float = 1.0) -> str:
    """Return a table of birds."""
    lines = [f"{number},{'mf'[number % 2]},{number * scale + 0.5}\n" for number in range(1, count + 1)]
    return "".join(["id,sex,mass\n", *lines])


def take(repo: Repo, state: str, *paths: str) -> None:
    """Stage files, or everything that is recorded, as a state has them; the work tree follows."""
    chosen = paths or ("catalog", "data", "dvc.yaml")
    repo.git("restore", f"--source=state-{state}", "--staged", "--worktree", "--", *chosen)


def edit(repo: Repo, path: str, old: str, new: str) -> None:
    """Replace a text in a file once, and stage it."""
    before = repo.read(path)
    assert old in before, f"{path} has no {old!r}:\n{before}"
    repo.write({path: before.replace(old, new, 1)})
    repo.git("add", "--force", "--", path)


def put(repo: Repo, path: str, content: str | bytes) -> None:
    """Write a file and stage it, past every `.gitignore`."""
    repo.write({path: content})
    repo.git("add", "--force", "--", path)


def put_raw(repo: Repo, path: str, content: bytes, mode: str = "100644") -> None:
    """Stage bytes as they are, whatever line ends the attributes ask for; the work tree keeps its own."""
    blob = repo.path.parent / "blob"
    blob.write_bytes(content)
    oid = repo.git("hash-object", "-w", "--no-filters", str(blob))
    repo.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")


def forge(repo: Repo, path: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the fields of a record and compute its digest anew, as whoever forges one would; stage it."""
    fields = json.loads(json.dumps(record.load((repo.path / path).read_bytes(), path)))
    change(fields)
    put(repo, path, record.dump(fields))


def build(repo: Repo) -> Repo:
    """Record two datasets and a split, commit them, push them to a bare repository, and keep the states."""
    policy = repo.read("datakit.yaml")
    asked = f"{policy}\nremotes: {{pre_push: off}} # the bytes have tests of their own\n"
    repo.write({TABLE: rows(12), OTHER: rows(5), CODE: "print(1)\n", "notes.md": "first\n", "datakit.yaml": asked})
    datakit.add(TABLE, OTHER, fields=CARD, root=repo.path)
    agree(repo, "birds", "bees")
    datakit.split("birds", into="train=0.7,test=0.3", key=["id"], root=repo.path)
    repo.commit("start")
    repo.git("init", "--quiet", "--bare", "--initial-branch=main", "../bare.git")
    repo.git("remote", "add", "origin", "../bare.git")
    repo.git("push", "--quiet", "-u", "origin", "main")
    for name, change in STATES.items():
        made = copied(repo.path, repo.path.parent / name)
        change(made)
        made.commit(name)
        repo.git("fetch", "--quiet", f"../{name}", f"HEAD:refs/tags/state-{name}")
        shutil.rmtree(made.path)
    shutil.rmtree(repo.path / ".dvc/tmp")
    for made in (repo, Repo(repo.path.parent / "bare.git")):  # few files, since every attempt copies them
        made.git("gc", "--quiet")
    for sample in repo.path.parent.rglob("*.sample"):
        sample.unlink()
    return repo


def _add(repo: Repo, path: str, content: str, note: str) -> None:
    """Record other bytes."""
    repo.write({path: content})
    datakit.add(path, note=note, root=repo.path)


def _newts(repo: Repo) -> None:
    """Record a third dataset, to the last word."""
    repo.write({THIRD: rows(7)})
    datakit.add(THIRD, fields=CARD, root=repo.path)
    agree(repo, "newts")


def _named(repo: Repo) -> None:
    """Record data whose names a shell and a terminal have to be careful with."""
    path = 'data/raw/große Vögel\'s "2" #1.csv'
    repo.write({path: rows(4)})
    datakit.add(path, name="large", fields=CARD, root=repo.path)
    agree(repo, "large")


def _twin(repo: Repo) -> None:
    """Record data whose name is that of other data on half of all machines."""
    path = "data/raw/Birds.csv"
    repo.write({path: rows(4)})
    datakit.add(path, name="more-birds", fields=CARD, root=repo.path)
    agree(repo, "more-birds")


def _weaker(repo: Repo) -> None:
    """Take a check out of the contract and validate again."""
    edit(repo, CONTRACT, MINIMUM, "    required: true\n  quality:")
    datakit.validate("birds", root=repo.path)


def _bent(repo: Repo) -> None:
    """Bring data that the contract would refuse, and a contract that does not."""
    _weaker(repo)
    _add(repo, TABLE, rows(12, -1.0), "measured from below")


def _tightened(repo: Repo) -> None:
    """Demand what the data does not keep, and validate again."""
    edit(repo, CONTRACT, MINIMUM, MINIMUM.replace("0", "5"))
    datakit.validate("birds", root=repo.path)


def _recut(repo: Repo) -> None:
    """Change the recipe and split anew."""
    edit(repo, RECIPE, "train: 0.7", "train: 0.6")
    edit(repo, RECIPE, "test: 0.3", "test: 0.4")
    datakit.split("birds", root=repo.path)


STATES: dict[str, Callable[[Repo], object]] = {
    "grown": lambda repo: _add(repo, TABLE, rows(15), "three more were caught"),
    "scaled": lambda repo: _add(repo, TABLE, rows(12, 2.0), "the scale was wrong"),
    "bees": lambda repo: _add(repo, OTHER, rows(6), "one more"),
    "newts": _newts,
    "named": _named,
    "twin": _twin,
    "retired": lambda repo: datakit.rm("bees", reason="nobody counts them", root=repo.path),
    "moved": lambda repo: datakit.mv("bees", "data/external/bees.csv", root=repo.path),
    "renamed": lambda repo: datakit.mv("bees", "wasps", root=repo.path),
    "weaker": _weaker,
    "bent": _bent,
    "tightened": _tightened,
    "recut": _recut,
}


def install(repo: Repo, manager: str) -> None:
    """Have `datakit init` install the hooks, started by Git itself or by a manager of hooks."""
    with pytest.MonkeyPatch.context() as patch:
        if manager == "native":
            patch.setattr(hooks, "pre_commit", tuple)  # as where pre-commit is not installed
        done = datakit.init(repo.path)
    assert done.problems == ()
    if manager == "prek":
        types = ("--hook-type", "pre-commit", "--hook-type", "pre-merge-commit")
        installed = repo.run(sys.executable, "-P", "-m", "prek", "install", "--force", *types)
        assert installed.code == 0, installed


def shelf(top: Path, blank_project: Path, manager: str) -> Path:
    """Return the folder that has the repository and its remote, made where it is missing."""
    base, folder = top / "base", top / manager
    if not base.exists():
        build(copied(blank_project, base / "repo"))
    if not folder.exists():
        shutil.copytree(base, folder, symlinks=True)
        repo = Repo(folder / "repo")
        install(repo, manager)
        if repo.status():
            repo.commit("hooks")
            repo.git(*WITHOUT_HOOKS, "push", "--quiet", "origin", "main")
    return folder


def inside(top: Path, blank_project: Path, manager: str) -> Path:
    """Return the folder of a repository that has the project as its submodule `sub`, made where it is missing."""
    folder = top / f"{manager}-inside"
    if not folder.exists():
        shelf(top, blank_project, manager)
        above = Repo(folder / "above")
        above.git("init", "--quiet")
        above.git("submodule", "--quiet", "add", f"../../{manager}/repo", "sub")
        above.commit("above")
        install(Repo(above.path / "sub"), manager)
    return folder

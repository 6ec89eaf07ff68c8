"""How a removed dataset is brought back; tests/verbs/test_rm.py follows the commands."""

from __future__ import annotations

import datakit
from datakit.repo import project as projects
from datakit.steps import catalog, returning
from tests.support.datasets import CARD
from tests.support.repo import Repo


def back(repo: Repo) -> str:
    """Return what is said of the model that was removed."""
    where = projects.find(repo.path)
    with where.objects:
        stone = catalog.buried(where.tree, where.policy, "a")
        assert stone is not None
        return returning.back(where, stone)


def test_the_files_beside_the_room_come_back_where_nobody_changed_them(project: Repo) -> None:
    project.write({"models/a.bin": "x", "models/.gitignore": "*.tmp\n"})
    datakit.add("models/a.bin", fields=CARD, root=project.path)
    head = project.commit("a")
    datakit.rm("a", reason="why", root=project.path)
    paths = "catalog/a models/a.bin.dvc models/.gitignore dvc.yaml"
    assert back(project) == (
        f"`git restore --source=HEAD --staged --worktree -- {paths}` and `datakit pull a` bring it back; "
        f"its bytes alone: `datakit pull a@{head[:10]} --to DIR`"
    )
    project.write({"models/.gitignore": "*.bak\n"})
    assert "models/.gitignore" not in back(project)


def test_a_removal_that_this_clone_does_not_know(project: Repo) -> None:
    project.write({"models/a.bin": "x"})
    datakit.add("models/a.bin", fields=CARD, root=project.path)
    project.commit("a")
    datakit.rm("a", reason="why", root=project.path)
    project.git("checkout", "--quiet", "--orphan", "anew")
    project.commit("all of it")
    assert back(project) == "`datakit log a` has its commits: `datakit pull a@COMMIT --to DIR`"

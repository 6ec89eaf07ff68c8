"""The names that a dataset had, and the one that a tree knows."""

from __future__ import annotations

import datakit
from datakit.repo import project as projects
from datakit.repo.tree import Commit
from datakit.steps import lineage
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS
from tests.support.repo import Repo


def test_a_tree_knows_one_name(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", fields=CARD, root=project.path)
    commits = [project.commit("birds")]
    for old, new in (("birds", "fowl"), ("fowl", "game")):
        datakit.mv(old, new, root=project.path)
        commits.append(project.commit(new))
    where = projects.find(project.path)
    with where.objects:
        trees = [Commit(where.git, where.objects, oid) for oid in commits]
        assert [lineage.name_in(where, tree, "game") for tree in trees] == ["birds", "fowl", "game"]
        assert [lineage.name_in(where, tree, "fowl") for tree in trees] == ["birds", "fowl", "fowl"]
        assert lineage.name_in(where, trees[0], "hens") == "hens"
        assert [called for called, _ in lineage.line(where, "game")] == ["game", "fowl", "birds"]


def test_a_name_that_was_another_s_before_is_that_one_s_then(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS, "data/raw/fowl.csv": MORE_BIRDS})
    datakit.add("data/raw/birds.csv", "data/raw/fowl.csv", fields=CARD, root=project.path)
    both = project.commit("both")
    datakit.mv("fowl", "hens", root=project.path)
    datakit.mv("birds", "fowl", root=project.path)
    project.commit("renamed")
    where = projects.find(project.path)
    with where.objects:
        tree = Commit(where.git, where.objects, both)
        assert lineage.name_in(where, tree, "fowl") == "fowl"  # the revision says what the name meant
        assert lineage.name_in(where, tree, "hens") == "fowl"

"""Files written, taken away and moved as one, and what Git is told of it."""

from __future__ import annotations

from datakit.repo import project as projects
from datakit.steps import rewriting
from datakit.steps.rewriting import Plan
from datakit.store.relocation import Move
from tests.support.repo import Repo


def test_all_at_once_and_staged(project: Repo) -> None:
    project.write({"catalog/a/x.txt": "x", "catalog/a/loose.txt": "", "catalog/c/y.json": "y"})
    project.git("add", "catalog/a/x.txt", "catalog/c/y.json")
    project.git("commit", "--quiet", "--no-verify", "-m", "files")
    where = projects.find(project.path)
    plan = Plan(
        "catalog/b/m.json", {"catalog/b/m.json": b"{}"}, ("catalog/c/y.json",), (Move("catalog/a", "catalog/b"),)
    )
    with where.objects:
        assert rewriting.carry_out(where, plan) == ("catalog/b/m.json", "catalog/c/y.json")
    assert sorted(project.status()) == [
        "?? catalog/b/loose.txt",
        "A  catalog/b/m.json",
        "D  catalog/c/y.json",
        "R  catalog/a/x.txt -> catalog/b/x.txt",
    ]
    assert not (project.path / "catalog/c").exists()


def test_a_path_that_nobody_knows_is_not_staged(project: Repo) -> None:
    where = projects.find(project.path)
    with where.objects:
        rewriting.stage(where, ["gone.txt", "data/README.md"])
    assert project.status() == []


def test_mentions_say_the_line(project: Repo) -> None:
    project.write({"dvc.yaml": "# data/raw/a.csv\nstages: {}\n"})
    where = projects.find(project.path)
    assert rewriting.mentions(where, "data/raw/a.csv") == (
        "dvc.yaml still has `data/raw/a.csv` in line 1: edit it by hand, then `dvc repro`",
    )
    assert rewriting.mentions(where, "data/raw/b.csv") == ()

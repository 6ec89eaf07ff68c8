"""The project's files and the kinds of clone, each made by Git itself, and each mended by the advised command."""

from __future__ import annotations

from pathlib import Path

import pytest

import datakit
from tests.support.datasets import BIRDS
from tests.support.health import diagnosed, mended
from tests.support.repo import Repo


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with a dataset and two commits."""
    project.write({"data/raw/birds.csv": BIRDS})
    datakit.add("data/raw/birds.csv", root=project.path)
    project.commit("birds")
    return project


def details(repo: Repo, title: str) -> list[str]:
    """Return what is said under a title."""
    return [item.detail for item in datakit.doctor(offline=True, root=repo.path) if item.title == title]


class TestProject:
    def test_a_file_that_is_gone(self, birds: Repo) -> None:
        birds.git("rm", "--quiet", "data/.gitignore")
        found = diagnosed(birds, "project")
        assert found[1:] == ("fail", "not there: `data/.gitignore`", "datakit init")
        mended(birds, found)
        assert diagnosed(birds, "project")[1:3] == ("ok", str(birds.path))

    def test_without_dvc(self, tmp_path: Path) -> None:
        repo = Repo(tmp_path / "new")
        repo.git("init", "--quiet")
        repo.write({"datakit.yaml": "policy: 1\n"})
        found = diagnosed(repo, "project")
        assert found[1:] == ("fail", "not there: `.dvc`, `data/.gitignore`", "datakit init")
        mended(repo, found)
        assert diagnosed(repo, "project").condition == "ok"

    def test_a_fresh_clone_lacks_nothing(self, birds: Repo, tmp_path: Path) -> None:
        birds.git("clone", "--quiet", ".", str(tmp_path / "clone"))
        assert diagnosed(Repo(tmp_path / "clone"), "project").condition == "ok"

    def test_a_rule_that_hides_the_data(self, birds: Repo) -> None:
        birds.write({".gitignore": "/data/\n"})
        found = diagnosed(birds, "ignore rules")
        assert found.condition == "fail"
        assert found.detail.startswith(".gitignore: line 1, `/data/`, hides ")
        assert found.detail.endswith(": change it to `/data/?*`")
        birds.write({".gitignore": "/data/?*\n"})
        assert details(birds, "ignore rules") == []

    def test_a_pointer_that_cannot_be_read(self, birds: Repo) -> None:
        birds.write({"models/a.bin.dvc": "outs: [\n"})
        found = diagnosed(birds, "pointer")
        assert found.condition == "fail"
        assert found.detail.startswith("`models/a.bin.dvc` cannot be read: not YAML")
        assert found.command == "mend it by hand, or run `git checkout HEAD -- models/a.bin.dvc`"

    def test_data_that_no_rule_holds_is_told_and_no_fault(self, birds: Repo) -> None:
        birds.write({"models/a.bin": "x"})
        birds.dvc("add", "models/a.bin")
        found = diagnosed(birds, "coverage")
        assert found[1:] == (
            "ok",
            (
                "outside the data folders no rule holds `models/a.bin`; `datakit add models/a.bin` or a line under "
                "`data:` in datakit.yaml covers it"
            ),
            "",
        )
        datakit.add("models/a.bin", root=birds.path)
        assert details(birds, "coverage") == []

    @pytest.mark.parametrize(("converts", "condition"), [("true", "fail"), ("input", "warn")])
    def test_line_ends(self, birds: Repo, converts: str, condition: str) -> None:
        birds.git("config", "core.autocrlf", converts)
        assert diagnosed(birds, "line ends")[1:3] == ("ok", "records keep LF")
        birds.write({".gitattributes": "*.png binary\n"})
        found = diagnosed(birds, "line ends")
        assert (found.condition, found.command) == (condition, "datakit init")
        assert found.detail.startswith("`.gitattributes` does not keep LF in records and pointers, ")
        mended(birds, found)
        assert diagnosed(birds, "line ends").condition == "ok"


class TestClone:
    WHOLE = "whole: all commits, all records, all paths"

    def test_whole(self, birds: Repo) -> None:
        assert details(birds, "clone") == [self.WHOLE]

    def test_shallow(self, birds: Repo, tmp_path: Path) -> None:
        birds.git("clone", "--quiet", "--depth=1", f"file://{birds.path}", str(tmp_path / "clone"))
        clone = Repo(tmp_path / "clone")
        found = diagnosed(clone, "clone")
        assert found[1:3] == ("warn", "shallow: `log`, versions and checks of older commits see only what was fetched")
        mended(clone, found)
        assert details(clone, "clone") == [self.WHOLE]

    def test_partial(self, birds: Repo, tmp_path: Path) -> None:
        birds.git("config", "uploadpack.allowFilter", "true")
        where = str(tmp_path / "clone")
        birds.git("clone", "--quiet", "--filter=blob:none", "--sparse", f"file://{birds.path}", where)
        clone = Repo(tmp_path / "clone")
        found = next(item for item in datakit.doctor(offline=True, root=where) if item.detail.startswith("partial"))
        assert found[1:3] == ("fail", "partial: records of HEAD are not in this clone, and the hook fetches nothing")
        mended(clone, found)
        assert "partial, with all records of HEAD" in details(clone, "clone")

    def test_sparse(self, birds: Repo) -> None:
        birds.git("sparse-checkout", "set", ".github")
        found = diagnosed(birds, "clone")
        assert found.condition == "warn"
        assert found.detail.endswith(" records and pointers such as `catalog/birds/README.md` are not checked out")
        assert found.command == "git sparse-checkout add catalog data"
        mended(birds, found)
        assert details(birds, "clone") == [self.WHOLE]

    def test_a_linked_work_tree(self, birds: Repo, tmp_path: Path) -> None:
        birds.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
        linked = Repo(tmp_path / "linked")
        found = diagnosed(linked, "work tree")
        assert found[1:3] == (
            "warn",
            f"linked to `{birds.path}`, with a cache and settings of its own: DVC shares neither",
        )
        mended(linked, found)
        assert details(linked, "work tree") == []
        assert datakit.pull("birds", root=linked.path)[0].written == 1

    def test_a_submodule_is_a_repository_like_others(self, birds: Repo, tmp_path: Path) -> None:
        above = Repo(tmp_path / "above")
        above.git("init", "--quiet")
        above.git("submodule", "add", "--quiet", str(birds.path), "sub")
        sub = Repo(above.path / "sub")
        assert details(sub, "project") == [str(sub.path)]
        assert details(sub, "clone") == [self.WHOLE]


class TestTags:
    def test_a_lightweight_tag_registers_nothing(self, birds: Repo) -> None:
        birds.git("tag", "birds@v1.0.0")
        birds.git("tag", "v1.0.0")
        assert datakit.show("birds", root=birds.path).versions == ()
        found = diagnosed(birds, "tags")
        assert found[1:3] == ("warn", "`birds@v1.0.0` is a lightweight tag, which registers no version")
        mended(birds, found)
        assert diagnosed(birds, "tags").condition == "ok"
        assert datakit.show("birds", root=birds.path).versions == ("v1.0.0",)

    def test_several(self, birds: Repo) -> None:
        birds.git("tag", "birds@v1.0.0")
        birds.git("tag", "birds@v1.1.0")
        assert diagnosed(birds, "tags").detail == (
            "`birds@v1.0.0` and 1 more are lightweight tags, which register no version"
        )


def test_something_in_the_way_is_told_once(project: Repo, tmp_path: Path) -> None:
    for path in (".datakit", "data"):
        (project.path / path).rename(tmp_path / path.strip("."))
        project.write({path: "in the way"})
    found = [item for item in datakit.doctor(offline=True, root=project.path) if " is a file" in item.detail]
    assert {item.title for item in found} == {"private state", "project files"}
    assert len([item for item in found if "`.datakit`" in item.detail]) == 1

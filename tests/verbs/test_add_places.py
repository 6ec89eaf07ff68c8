"""`add` in every place that a repository can be in: data anywhere, any HEAD, worktrees, sub-folders, inside of Git's hooks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import datakit
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, md5, record
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.csv"


class TestOutsideTheDataFolders:
    @pytest.mark.parametrize(
        ("path", "ignore", "line"),
        [
            ("models/a b.bin", "models/.gitignore", "/a b.bin"),
            ("model.bin", ".gitignore", "/model.bin"),
            ("models/[x]*!#?.bin", "models/.gitignore", r"/\[x\]\*\!\#\?.bin"),
        ],
    )
    def test_the_data_is_hidden_from_git_as_dvc_does(
        self, project: Repo, tmp_path: Path, path: str, ignore: str, line: str
    ) -> None:
        project.write({path: "x"})
        twin = copied(project.path, tmp_path / "twin")
        twin.dvc("add", path)
        (done,) = datakit.add(path, root=project.path)
        assert ignore in done.written
        assert project.read(ignore).splitlines()[-1] == line
        assert f"?? {path}" not in project.status()
        if "[" not in path:  # DVC does not escape, so Git would still offer the file
            assert project.read(ignore) == twin.read(ignore)
        before = project.snapshot()
        datakit.add(path, root=project.path)
        assert project.read(ignore) == before[ignore][1].decode()  # type: ignore[union-attr]  # a file

    def test_a_rule_without_a_last_line_end_is_not_joined(self, project: Repo) -> None:
        project.write({"models/.gitignore": "*.pyc", "models/m.bin": "x"})
        datakit.add("models/m.bin", root=project.path)
        assert project.read("models/.gitignore") == "*.pyc\n/m.bin\n"


class TestStaging:
    def test_can_be_left_to_the_user(self, project: Repo) -> None:
        project.write({"datakit.yaml": "git: {autostage: false}\n", PATH: BIRDS})
        (done,) = datakit.add(PATH, root=project.path)
        assert not done.staged
        assert [line[:2] for line in project.status() if "datakit.yaml" not in line] == ["??"] * len(done.written)

    def test_leaves_what_else_is_staged(self, project: Repo) -> None:
        project.write({"code.py": "1\n", PATH: BIRDS})
        project.git("add", "code.py")
        project.write({"code.py": "2\n"})
        datakit.add(PATH, root=project.path)
        assert "AM code.py" in project.status()


class TestHead:
    def test_none(self, tmp_path: Path) -> None:
        datakit.init(tmp_path / "new", hooks=False)
        repo = Repo(tmp_path / "new")
        repo.write({PATH: BIRDS})
        (done,) = datakit.add(PATH, fields=CARD, root=repo.path)
        assert [item.code for item in done.findings] == ["DK305"]
        repo.write({PATH: MORE_BIRDS})
        assert datakit.add("birds", root=repo.path)[0].action == "updated"

    def test_detached(self, project: Repo) -> None:
        project.git("checkout", "--quiet", "--detach")
        project.write({PATH: BIRDS})
        assert datakit.add(PATH, root=project.path)[0].action == "recorded"

    def test_of_a_shallow_clone(self, project: Repo, tmp_path: Path) -> None:
        project.write({PATH: BIRDS})
        datakit.add(PATH, fields=CARD, root=project.path)
        project.commit("birds")
        clone = Repo(tmp_path / "clone")
        clone.git("clone", "--quiet", "--depth=1", f"file://{project.path}", ".")
        clone.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="more", root=clone.path)
        assert record(clone, "birds")["change"]["note"] == "more"

    def test_of_a_linked_worktree(self, project: Repo, tmp_path: Path) -> None:
        project.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
        linked = Repo(tmp_path / "linked")
        linked.write({PATH: BIRDS})
        (done,) = datakit.add(PATH, root=linked.path)
        assert linked.status() == [f"A  {path}" for path in done.written]
        assert project.status() == []
        assert "up to date" in linked.dvc("status")


class TestFolders:
    def test_paths_count_from_the_current_one(self, project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        project.write({PATH: BIRDS})
        monkeypatch.chdir(project.path / "data/raw")
        (done,) = datakit.add("birds.csv")
        assert done.path == PATH
        monkeypatch.chdir(project.path / "data/processed")
        assert datakit.add("../raw/birds.csv")[0].action == "unchanged"

    def test_paths_count_from_root_where_it_is_given(self, project: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        project.write({PATH: BIRDS})
        monkeypatch.chdir("/")
        assert datakit.add("birds.csv", root=project.path / "data/raw")[0].path == PATH
        assert datakit.add(str(project.path / PATH), root=project.path)[0].action == "unchanged"

    def test_a_repository_behind_a_link(self, project: Repo, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(project.path)
        project.write({PATH: BIRDS})
        assert datakit.add(PATH, root=tmp_path / "link")[0].path == PATH
        assert datakit.add(str(project.path / PATH), root=tmp_path / "link")[0].action == "unchanged"

    def test_a_name_with_spaces_and_more(self, project: Repo, tmp_path: Path) -> None:
        odd = copied(project.path, tmp_path / "a b'ü\n$(x)")
        odd.write({PATH: BIRDS})
        assert datakit.add(PATH, root=odd.path)[0].action == "recorded"

    def test_a_catalog_of_another_name(self, project: Repo) -> None:
        project.write({"datakit.yaml": "catalog: my/rooms/\n", PATH: BIRDS})
        (done,) = datakit.add(PATH, root=project.path)
        assert "my/rooms/birds/manifest.json" in done.written
        assert datakit.check("birds", select=["DK1"], root=project.path) == ()


def test_the_location_of_another_repository_does_not_leak_in(
    project: Repo, blank_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside of a hook Git says where it works; a command that works elsewhere must not touch that place."""
    other = copied(blank_project, tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    before = other.snapshot()
    project.write({PATH: BIRDS})
    (done,) = datakit.add(PATH, root=project.path)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name)
    assert other.snapshot() == before
    assert other.status() == []
    assert project.status() == [f"A  {path}" for path in done.written]


def test_a_repository_that_holds_code_runs_none_of_it(project: Repo) -> None:
    """Modules of the current folder shadow nothing, and Git's programmable settings are not followed."""
    bomb = "import pathlib; pathlib.Path('BOOM').touch()\n"
    project.write({f"{name}.py": bomb for name in ("yaml", "pandas", "duckdb", "datakit", "sitecustomize", "setup")})
    project.write({PATH: BIRDS})
    done = subprocess.run(
        [sys.executable, "-P", "-m", "datakit", "add", PATH], cwd=project.path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (project.path / "BOOM").exists()


def test_everything_that_changed_is_found_from_any_folder(project: Repo) -> None:
    project.write({"data/raw/birds.csv": BIRDS, "src/notes.md": "x"})
    datakit.add("data/raw/birds.csv", root=project.path)
    project.write({"data/raw/birds.csv": MORE_BIRDS, "src/data/raw/birds.csv": "another"})
    (done,) = datakit.add(root=project.path / "src")
    assert (done.name, done.data.md5) == ("birds", md5(MORE_BIRDS))

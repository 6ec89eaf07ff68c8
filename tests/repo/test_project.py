"""Finding the project from anywhere in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, InvalidRecord, NotAProject
from datakit.formats.room import Room
from datakit.repo import project
from tests.support.repo import Repo
from tests.support.unprivileged import enterable, unprivileged


@pytest.fixture
def made(tmp_path: Path) -> Repo:
    """A project with a folder in it."""
    repo = Repo(tmp_path / "repo")
    repo.git("init", "--quiet")
    repo.write({"datakit.yaml": "catalog: rooms\n", ".dvc/config": "", "src/deep/a.py": ""})
    return repo


def test_from_any_folder(made: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for start in (made.path, made.path / "src/deep", str(made.path)):
        assert project.find(start).root == made.path
    monkeypatch.chdir(made.path / "src")
    found = project.find()
    assert (found.root, found.policy.catalog, found.state) == (made.path, "rooms", made.path / ".datakit")
    assert found.room("reviews") == Room("rooms", "reviews")
    assert found.tree.paths() == (".dvc/config", "datakit.yaml", "src/deep/a.py")


def test_paths_count_from_where_the_user_is(made: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.path / "src")
    found = project.find()
    assert found.relative("deep/a.py") == "src/deep/a.py"
    assert found.relative("../x y") == "x y"
    assert found.relative(made.path / "é") == "é"
    for outside in ("../..", "../../x", "/etc/passwd", "..", made.path.parent / "repository/x"):
        assert found.relative(outside) is None


def test_a_linked_way_to_the_project(made: Repo, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(made.path)
    found = project.find(tmp_path / "way/src")
    assert found.root == tmp_path / "way"
    assert (
        found.relative(tmp_path / "way/src/deep/a.py") == found.relative(made.path / "src/deep/a.py") == "src/deep/a.py"
    )


def test_a_link_inside_is_not_followed(made: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (made.path / "data").symlink_to(tmp_path / "elsewhere")
    assert project.find(made.path).relative(made.path / "data/x") == "data/x"


def said(start: Path) -> tuple[str, str | None]:
    """Return what is said where there is no project."""
    with pytest.raises(NotAProject) as caught:
        project.find(start)
    assert caught.value.exit_code == 3
    return caught.value.message, caught.value.hint


def test_what_is_missing_is_said(made: Repo, tmp_path: Path) -> None:
    top = made.path
    (top / ".dvc/config").unlink()
    (top / ".dvc").rmdir()
    assert said(top / "src") == (f"`{top}` has datakit.yaml but no .dvc folder", f"run `datakit init {top}`")
    (top / "datakit.yaml").unlink()
    assert said(top / "src") == (f"the repository `{top}` has no datakit.yaml", "run `datakit init` there")
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    assert said(nowhere) == (
        f"there is no datakit project in `{nowhere}` or above it",
        "run `datakit init` in your repository",
    )
    (nowhere / "datakit.yaml").write_text("")
    assert said(nowhere) == (
        f"`{nowhere}` has datakit.yaml but is not the top of a Git repository",
        f"run `datakit init {nowhere}`",
    )


def test_a_project_inside_a_repository_is_not_taken_for_its_top(made: Repo) -> None:
    made.write({"sub/datakit.yaml": "", "sub/.dvc/config": ""})
    assert (
        said(made.path / "sub")[0] == f"`{made.path / 'sub'}` has datakit.yaml but is not the top of a Git repository"
    )


def test_a_broken_policy_is_said(made: Repo) -> None:
    made.write({"datakit.yaml": "polcy: 1\n"})
    with pytest.raises(InvalidRecord, match="unknown key"):
        project.find(made.path)


def test_a_linked_worktree_is_a_project(made: Repo, tmp_path: Path) -> None:
    made.commit()
    made.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert project.find(tmp_path / "linked/src").root == tmp_path / "linked"


def test_the_top_of_whatever_is_there(tmp_path: Path) -> None:
    assert project.top(tmp_path / "gone") is None
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/inner").mkdir()
    assert project.top(tmp_path / "repo/inner/deep") == tmp_path / "repo"
    (tmp_path / "repo/inner/datakit.yaml").write_text("broken: [")
    assert project.top(tmp_path / "repo/inner/deep") == tmp_path / "repo/inner"


def test_a_policy_that_this_user_may_not_read(tmp_path: Path) -> None:
    for folder in (".git", ".dvc"):
        (tmp_path / folder).mkdir()
    (tmp_path / "datakit.yaml").write_text("policy: 1\n")
    (tmp_path / "datakit.yaml").chmod(0)
    enterable(tmp_path)

    def work() -> str:
        with pytest.raises(EnvironmentProblem) as caught:
            project.opened(tmp_path)
        return f"{caught.value.message} / {caught.value.hint}"

    file = tmp_path / "datakit.yaml"
    assert unprivileged(work) == f"cannot read `{file}`: permission denied / chmod u+r {file}"

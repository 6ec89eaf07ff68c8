"""What `init` refuses: each by its text, and nothing is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datakit.errors import DatakitError, EnvironmentProblem, UsageError
from datakit.verbs.init import init
from datakit.verbs.scaffold.survey import survey
from tests.support.repo import Repo
from tests.support.unprivileged import owned_by_nobody, readable_folder, unprivileged


def refused(kind: type[DatakitError], root: Path) -> tuple[str, str | None]:
    """Return message and hint of the refusal of a folder."""
    with pytest.raises(kind) as error:
        init(root)
    return error.value.message, error.value.hint


def test_a_file(tmp_path: Path) -> None:
    """A project is a folder."""
    (tmp_path / "file").write_text("x")
    assert refused(UsageError, tmp_path / "file") == (
        f"`{tmp_path / 'file'}` is a file, expected a folder",
        f"datakit init {tmp_path}",
    )


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_inside_a_repository(repo: Repo, exists: bool) -> None:
    """A project is a whole repository."""
    inner = repo.path / "sub" / "deep"
    if exists:
        inner.mkdir(parents=True)
    before = repo.snapshot()
    assert refused(UsageError, inner) == (
        f"`{inner}` lies inside the Git repository `{repo.path}`; a project is the whole repository",
        f"datakit init {repo.path}",
    )
    assert repo.snapshot() == before
    assert inner.exists() == exists


def test_a_bare_repository(tmp_path: Path) -> None:
    """A project has files."""
    Repo(tmp_path).git("init", "--quiet", "--bare", "bare.git")
    bare = tmp_path / "bare.git"
    assert refused(UsageError, bare) == (
        f"`{bare}` is a bare repository, which has no files",
        "clone it and run `datakit init` in the clone",
    )


def test_gits_own_folder(repo: Repo) -> None:
    """Git's folder is no place for data."""
    inside = repo.path / ".git"
    assert refused(UsageError, inside) == (
        f"`{inside}` belongs to Git itself",
        "run `datakit init` at the top of the work tree",
    )


def test_a_broken_git_file(tmp_path: Path) -> None:
    """What Git says is passed on."""
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    message, _ = refused(EnvironmentProblem, tmp_path)
    assert message == f"Git refuses `{tmp_path}`: fatal: not a git repository: /nowhere"


def test_dvc_in_a_sub_folder(tmp_path: Path) -> None:
    """One repository, one root."""
    repo = Repo(tmp_path / "mono")
    repo.git("init", "--quiet")
    repo.write({"projA/x.py": ""})
    (repo.path / "projA").mkdir(exist_ok=True)
    repo.write({"projA/.dvc/config": ""})
    repo.commit("mono")
    message, hint = refused(UsageError, repo.path)
    assert message == (
        "DVC is initialised in `projA`, not at the top of the repository; datakit needs Git, DVC and datakit.yaml in one "
        "folder"
    )
    assert hint == "move that folder into a repository of its own, or its `.dvc` to the top"


def test_dvc_above(tmp_path: Path) -> None:
    """DVC would take the outer folder for its root."""
    (tmp_path / ".dvc").mkdir()
    assert refused(UsageError, tmp_path / "inner") == (
        f"`{tmp_path / 'inner'}` lies inside the DVC repository `{tmp_path}`",
        f"datakit init {tmp_path}",
    )


def test_a_file_in_the_place_of_dvcs_folder(repo: Repo, tmp_path: Path) -> None:
    """Nothing is moved away to make room."""
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / ".dvc").write_text("")
    assert refused(UsageError, tmp_path / "odd") == (
        f"`{tmp_path / 'odd' / '.dvc'}` is not a folder, expected DVC's own",
        "move it away",
    )


def test_dvc_without_git(tmp_path: Path) -> None:
    """DVC has to know Git; the hint is the command that tells it so."""
    repo = Repo(tmp_path / "plain")
    repo.dvc("init", "--no-scm", "--quiet")
    assert refused(UsageError, repo.path) == (
        "DVC is told to work without Git here: `core.no_scm` is set",
        "dvc config --unset core.no_scm",
    )
    repo.dvc("config", "--unset", "core.no_scm")
    assert init(repo.path, hooks=False).problems == ()


def test_an_unknown_template(tmp_path: Path) -> None:
    """The kinds are named."""
    with pytest.raises(UsageError, match="there is no template `image`, expected `tabular` or `files`"):
        init(tmp_path / "new", template="image")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("mode", "word"), [(0o555, "written"), (0o300, "read")])
@pytest.mark.parametrize("inner", ["", "new"])
def test_a_folder_without_permission(mode: int, word: str, inner: str) -> None:
    """Refused before anything is written."""
    with readable_folder() as folder:
        target = folder / "locked"
        target.mkdir()
        target.chmod(mode)

        def work() -> str:
            with pytest.raises(EnvironmentProblem) as error:
                init(target / inner)
            return f"{error.value.message} | {error.value.hint}"

        assert unprivileged(work) in {
            f"`{target}` cannot be {word} by this user | check owner and mode: `ls -ld {target}`"
        }
        target.chmod(0o755)
        assert list(target.iterdir()) == []


def test_a_read_only_folder_inside_is_named_and_a_second_run_finishes() -> None:
    """What was written before stays, and the rest follows."""
    with readable_folder() as folder:
        target = folder / "repo"
        target.mkdir()
        (target / "data").mkdir(mode=0o555)
        owned_by_nobody(target, target / "data")

        def work() -> str:
            with pytest.raises(EnvironmentProblem) as error:
                init(target, hooks=False)
            return error.value.message

        assert unprivileged(work) == f"cannot make the folder `{target / 'data/raw'}`: permission denied"
        (target / "data").chmod(0o755)
        Repo(folder).git("config", "--global", "safe.directory", "*")
        assert init(target, hooks=False).problems == ()
        assert (target / "README.md").is_file()


def test_a_folder_inside_that_cannot_be_looked_into_is_named() -> None:
    """Before anything is written."""
    with readable_folder() as folder:
        target = folder / "repo"
        (target / "catalog" / "a").mkdir(parents=True)
        owned_by_nobody(target)
        (target / "catalog").chmod(0o400)

        def work() -> str:
            with pytest.raises(EnvironmentProblem) as error:
                init(target, hooks=False)
            return error.value.message

        assert unprivileged(work) == f"cannot look at `{target / 'catalog'}`: permission denied"
        assert [path.name for path in target.iterdir()] == ["catalog"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_another_user_is_refused_with_gits_own_remedy() -> None:
    """Git looks into no repository that somebody else could have prepared."""
    with readable_folder() as folder:
        Repo(folder / "repo").git("init", "--quiet")
        owned_by_nobody(folder / "repo")
        message, hint = refused(EnvironmentProblem, folder / "repo")
        assert message.startswith(f"Git refuses `{folder / 'repo'}`: fatal: detected dubious ownership")
        assert hint == f"git config --global --add safe.directory {folder / 'repo'}"


def test_what_dvc_tracks_is_found_with_what_tracks_it(repo: Repo) -> None:
    """Paths inside a tracked folder belong to it."""
    repo.write({"data/a/x.csv": "1\n", "m.bin": "2\n", "broken.txt": ""})
    repo.dvc("add", "data/a", "m.bin", "--quiet")
    with survey(repo.path) as site:
        assert dict(site.tracked) == {"data/a": "data/a.dvc", "m.bin": "m.bin.dvc"}
        assert site.owner("data/a/deep/x") == "data/a"
        assert site.owner("data/ab") is None


def places(repo: Repo) -> dict[str, str]:
    """Return the data folders of the policy that `init` would write."""
    with survey(repo.path) as site:
        return dict(site.policy.data)


def test_data_beside_the_usual_folders_makes_all_of_data_one(repo: Repo) -> None:
    usual = {"raw": "data/raw", "external": "data/external", "processed": "data/processed", "interim": "data/interim"}
    repo.write({"data/raw/a.csv.dvc": POINTER.format("a.csv"), "models/m.dvc": POINTER.format("m")})
    assert places(repo) == usual
    repo.write({"data/photos.dvc": POINTER.format("photos"), "data/.gitignore": "/photos\n", "data/README.md": ""})
    repo.commit("pointers")
    assert places(repo) == {"raw": "data"}
    repo.write({"data/interim/b.csv.dvc": POINTER.format("b.csv")})
    assert places(repo) == usual
    (repo.path / "data/interim/b.csv.dvc").unlink()
    repo.write({"data/convert.py": "print(1)\n"})  # which would be taken for data then
    repo.commit("code among the data")
    assert places(repo) == usual


POINTER = "outs:\n- md5: 0123456789abcdef0123456789abcdef\n  size: 1\n  hash: md5\n  path: {}\n"

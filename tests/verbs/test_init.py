"""`datakit init`: a new folder, a repository of somebody else's shape, and the same again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import policy
from datakit.verbs.init import init, plan
from datakit.verbs.scaffold.plan import Plan
from tests.support.repo import Repo

MakeRepo = Callable[[str], Repo]


def actions(made: Plan) -> dict[str, str]:
    """Return the action of each path of a plan."""
    return {step.path: step.action for step in made.steps}


def details(made: Plan, path: str) -> str:
    """Return what a plan says about a path."""
    return " / ".join(step.detail for step in made.steps if step.path == path)


class TestNewFolder:
    def test_makes_a_project_that_git_and_dvc_take(self, tmp_path: Path) -> None:
        made = init(tmp_path / "new")
        repo = Repo(tmp_path / "new")
        assert made.problems == ()
        assert repo.git("symbolic-ref", "HEAD") == "refs/heads/main"
        assert repo.status() == [
            f"A  {path}"
            for path in (
                ".dvc/.gitignore", ".dvc/config", ".dvcignore", ".gitattributes", ".github/workflows/datakit.yml",
                ".pre-commit-config.yaml", "README.md", "data/.gitignore", "data/README.md", "datakit.yaml",
            )
        ]  # fmt: skip
        assert "no data or pipelines" in repo.dvc("status")
        assert repo.read(".datakit/.gitignore") == "*\n"

    def test_the_policy_says_what_the_defaults_say(self, tmp_path: Path) -> None:
        init(tmp_path / "new", hooks=False)
        assert policy.read((tmp_path / "new" / policy.FILE).read_bytes()) == policy.Policy()

    def test_data_folders_hold_no_file_of_git(self, tmp_path: Path) -> None:
        init(tmp_path / "new", hooks=False)
        for folder in policy.Policy().data.values():
            assert list((tmp_path / "new" / folder).iterdir()) == []

    @pytest.mark.parametrize("target", ["data/raw/a.csv", "data/raw", "data/raw/deep/er"])
    def test_dvc_add_works_and_git_sees_no_byte_of_the_data(self, tmp_path: Path, target: str) -> None:
        init(tmp_path / "new", hooks=False)
        repo = Repo(tmp_path / "new")
        repo.commit("start")
        file = target if target.endswith(".csv") else f"{target}/a.csv"
        repo.write({file: "a\n1\n"})
        repo.dvc("add", target)
        # for a folder DVC adds a line of its own: the allow-list lets folders through
        assert [line for line in repo.status() if not line.endswith(".gitignore")] == [f"?? {target}.dvc"]
        assert "ignored" in repo.try_git("add", file).err

    def test_the_plan_is_what_a_run_does(self, tmp_path: Path) -> None:
        root = tmp_path / "new"
        wanted = init(root, dry_run=True)
        assert not root.exists()
        done = init(root)
        assert done == wanted
        for step in done.steps:
            if step.data is not None:
                assert (root / step.path).read_bytes() == step.data

    def test_a_second_run_changes_nothing(self, tmp_path: Path) -> None:
        init(tmp_path / "new", remote=str(tmp_path / "storage"))
        repo = Repo(tmp_path / "new")
        before, index = repo.snapshot(), repo.status()
        again = init(tmp_path / "new", remote=str(tmp_path / "storage"))
        assert set(actions(again).values()) == {"kept"}
        assert again.changes == ()
        assert again.staged == ()
        assert repo.snapshot() == before
        assert repo.status() == index

    def test_a_killed_run_is_finished_by_the_next(self, tmp_path: Path) -> None:
        root = tmp_path / "new"
        init(root)
        whole = {path for path in Repo(root).snapshot() if not path.startswith(".git/")}
        for name in ("datakit.yaml", ".dvc/config", "data/.gitignore", ".git/hooks/pre-commit"):
            (root / name).unlink()
        init(root)
        assert {path for path in Repo(root).snapshot() if not path.startswith(".git/")} == whole
        assert (root / ".git/hooks/pre-commit").exists()

    def test_what_a_killed_run_did_not_stage_is_staged_by_the_next(self, tmp_path: Path) -> None:
        init(tmp_path / "new", hooks=False)
        repo = Repo(tmp_path / "new")
        repo.git("rm", "-r", "--quiet", "--cached", ".")
        assert init(repo.path, hooks=False).changes == ()
        assert {f"A  {name}" for name in ("datakit.yaml", ".dvc/config", "data/.gitignore")} <= set(repo.status())

    def test_a_relative_folder_counts_from_the_current_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert init("here", hooks=False).root == tmp_path / "here"
        assert (tmp_path / "here" / policy.FILE).is_file()

    def test_the_files_template_speaks_of_folders(self, tmp_path: Path) -> None:
        init(tmp_path / "pictures", template="files", hooks=False)
        repo = Repo(tmp_path / "pictures")
        for name in ("README.md", "data/README.md", "datakit.yaml"):
            assert "folder" in repo.read(name)
            assert "table" not in repo.read(name).lower()
        assert policy.read(repo.read(policy.FILE).encode()) == policy.Policy()

    def test_attributes_keep_lf_and_leave_binary_files_alone(self, tmp_path: Path) -> None:
        init(tmp_path / "new", hooks=False)
        repo = Repo(tmp_path / "new")
        picture = b"\x89PNG\r\n\x1a\n\x00\x00\r\n"
        repo.git("config", "core.autocrlf", "true")
        repo.write({"catalog/a/README.md": "one\r\ntwo\r\n", "catalog/a/plot.png": picture, "a.dvc": "outs: []\r\n"})
        repo.commit("rooms")
        assert repo.git("show", "HEAD:catalog/a/README.md") == "one\ntwo"
        assert repo.git("show", "HEAD:a.dvc") == "outs: []"
        assert repo.git("cat-file", "-s", "HEAD:catalog/a/plot.png") == str(len(picture))
        checked = repo.git("check-attr", "text", "eol", "--", "catalog/a/splits/default.parquet", "catalog/a/x.json")
        assert "default.parquet: text: unset" in checked
        assert "x.json: eol: lf" in checked


class TestExistingRepository:
    def test_files_of_the_user_stay_byte_for_byte(self, repo: Repo) -> None:
        own = {
            "README.rst": "Mine\n====\n",
            "train.py": "print()\n",
            ".gitignore": "*.pyc\n",
            "data/README.md": "my words\n",
            ".github/workflows/datakit.yml": "name: mine\n",
            "datakit.yaml": "policy: 1\n",
        }
        repo.write(own)
        repo.commit("mine")
        made = init(repo.path)
        assert {name: repo.read(name) for name in own} == own
        assert not (repo.path / "README.md").exists()
        assert {actions(made)[name] for name in own if name in actions(made)} == {"kept"}
        assert made.problems == ()

    def test_what_it_merges_is_staged_only_where_nothing_of_the_user_waits(self, repo: Repo) -> None:
        repo.write({".gitattributes": "*.png binary", ".pre-commit-config.yaml": "repos: []\n"})
        repo.commit("mine")
        repo.write({".pre-commit-config.yaml": "fail_fast: true\nrepos: []\n"})
        made = init(repo.path)
        assert actions(made)[".gitattributes"] == "merged"
        assert repo.read(".gitattributes").startswith("*.png binary\n# datakit")
        assert "M  .gitattributes" in repo.status()
        assert " M .pre-commit-config.yaml" in repo.status()

    def test_attributes_with_crlf_stay_crlf_and_come_last(self, repo: Repo) -> None:
        repo.write({".gitattributes": b"* text=auto eol=crlf\r\n*.dvc  text   eol=lf\r\n"})
        init(repo.path, hooks=False)
        text = repo.read(".gitattributes")
        assert text.count("\r\n") == text.count("\n")
        assert text.count("*.dvc") == 1
        assert repo.git("check-attr", "eol", "catalog/a/manifest.json").endswith("eol: lf")

    @pytest.mark.parametrize("state", ["unborn", "detached"])
    def test_no_head_and_detached_head(self, tmp_path: Path, new_repo: MakeRepo, state: str) -> None:
        if state == "detached":
            repo = new_repo("detached")
            repo.git("checkout", "--quiet", "--detach")
        else:
            repo = Repo(tmp_path / "unborn")
            repo.git("init", "--quiet", "--initial-branch=trunk")
        made = init(repo.path)
        assert made.problems == ()
        assert actions(made)[".git"] == "kept"
        repo.git("commit", "--quiet", "-m", "start")
        assert repo.status() == []

    def test_linked_worktree(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
        made = init(tmp_path / "linked")
        assert made.problems == ()
        assert (repo.path / ".git/hooks/pre-commit").is_file()
        assert repo.git("config", "datakit.python")
        Repo(tmp_path / "linked").git("commit", "--quiet", "-m", "start")
        assert init(tmp_path / "linked").changes == ()

    def test_names_with_spaces_and_other_scripts(self, tmp_path: Path) -> None:
        root = tmp_path / "dónde está -x\n"
        made = init(root)
        assert made.problems == ()
        Repo(root).git("commit", "--quiet", "-m", "start")
        assert init(root).changes == ()


class TestTakenNames:
    def test_a_catalog_that_is_code_gets_another_name(self, repo: Repo) -> None:
        repo.write({"catalog/__init__.py": "", "data-catalog/x.txt": "x"})
        repo.commit("code")
        init(repo.path, hooks=False)
        assert policy.read(repo.read(policy.FILE).encode()).catalog == "datakit-catalog"
        assert "datakit-catalog/** text=auto eol=lf" in repo.read(".gitattributes")
        assert "`datakit-catalog/`" in repo.read("README.md")

    def test_rooms_that_are_there_are_recognised(self, repo: Repo) -> None:
        repo.write({"catalog/a/manifest.json": "{}", "catalog/b/contract.odcs.yaml": ""})
        init(repo.path, hooks=False)
        assert policy.read(repo.read(policy.FILE).encode()).catalog == "catalog"

    def test_three_taken_names_are_refused(self, repo: Repo) -> None:
        repo.write({f"{name}/x.py": "" for name in ("catalog", "data-catalog", "datakit-catalog")})
        with pytest.raises(Exception, match="all hold something else already") as refused:
            init(repo.path)
        assert "write `catalog: another-folder` into datakit.yaml" in str(getattr(refused.value, "hint", ""))
        assert not (repo.path / policy.FILE).exists()

    @pytest.mark.parametrize("kind", ["file", "link"])
    def test_data_that_is_no_folder_is_a_problem(self, repo: Repo, tmp_path: Path, kind: str) -> None:
        (tmp_path / "elsewhere").mkdir()
        if kind == "file":
            repo.write({"data": "x"})
        else:
            (repo.path / "data").symlink_to(tmp_path / "elsewhere")
        made = init(repo.path, hooks=False)
        assert {step.path for step in made.problems} == {"data"}
        assert "is a file" in details(made, "data") or "is a symbolic link" in details(made, "data")
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert (repo.path / policy.FILE).is_file()

    def test_code_of_git_in_the_data_folder_is_not_hidden(self, repo: Repo) -> None:
        repo.write({"data/load.py": ""})
        repo.commit("code")
        made = init(repo.path, hooks=False)
        assert not (repo.path / "data/.gitignore").exists()
        assert "not written: Git has `data/load.py` there" in details(made, "data/.gitignore")
        assert init(repo.path, hooks=False).changes == ()

    def test_folders_of_an_existing_policy_are_used(self, repo: Repo) -> None:
        repo.write({"datakit.yaml": "policy: 1\ndata: {raw: in/raw, processed: out}\ncatalog: rooms\n"})
        made = init(repo.path, hooks=False)
        assert {"in/raw", "out", "in/README.md", "in/.gitignore"} <= actions(made).keys()
        assert not (repo.path / "out/.gitignore").exists()
        assert not (repo.path / "data").exists()
        assert "rooms/** text=auto eol=lf" in repo.read(".gitattributes")

    def test_a_broken_policy_is_named_and_nothing_is_written(self, repo: Repo) -> None:
        repo.write({"datakit.yaml": "policy: 1\npolicy: 2\n"})
        before = repo.snapshot()
        with pytest.raises(InvalidRecord, match=r"datakit\.yaml:2: key `policy` is there twice"):
            init(repo.path)
        assert repo.snapshot() == before


class TestTrackedByDvc:
    def test_data_as_one_folder_is_taken_over_without_moving_a_byte(self, repo: Repo) -> None:
        repo.write({"data/a.csv": "a\n1\n", "data/deep/b.csv": "b\n2\n"})
        repo.dvc("add", "data")
        repo.commit("data")
        before = repo.snapshot()
        made = init(repo.path, hooks=False)
        assert made.problems == ()
        after = repo.snapshot()
        assert {path: after[path] for path in before} == before
        assert [path for path in after.keys() - before.keys() if path.startswith("data/")] == []
        assert repo.dvc("status").strip() == "Data and pipelines are up to date."
        assert policy.read(repo.read(policy.FILE).encode()).data == {"raw": "data"}
        assert details(made, "data") == "`data` is tracked by data.dvc and stays as it is"
        assert init(repo.path, hooks=False).changes == ()

    def test_one_tier_as_a_folder(self, repo: Repo) -> None:
        repo.write({"data/raw/a.csv": "a\n1\n"})
        repo.dvc("add", "data/raw")
        repo.commit("data")
        made = init(repo.path, hooks=False)
        assert made.problems == ()
        assert repo.dvc("status").strip() == "Data and pipelines are up to date."
        assert sorted(os.listdir(repo.path / "data/raw")) == ["a.csv"]
        assert repo.read("data/.gitignore") == "/raw\n"

    def test_a_folder_that_a_stage_makes_is_not_made(self, repo: Repo) -> None:
        repo.write({"dvc.yaml": "stages:\n  make:\n    cmd: mkdir -p data/processed && echo 1 > data/processed/a\n"})
        repo.write({"dvc.yaml": repo.read("dvc.yaml") + "    outs: [data/processed]\n"})
        repo.dvc("repro", "--quiet")
        repo.commit("stage")
        repo.git("clean", "-fdxq", "data")
        made = init(repo.path, hooks=False)
        assert details(made, "data/processed") == "`data/processed` is tracked by dvc.lock and stays as it is"
        assert not (repo.path / "data/processed").exists()


class TestIgnoreRules:
    def test_cookiecutter_rule_is_reported_with_the_line_that_mends_it(self, repo: Repo) -> None:
        repo.write({".gitignore": "*.pyc\n# exclude data from source control\n/data/\n"})
        repo.commit("ignore")
        made = init(repo.path, hooks=False)
        assert [(step.path, step.detail) for step in made.problems] == [
            (
                ".gitignore",
                (
                    "line 3, `/data/`, hides `data/.gitignore`, `data/README.md`, `data/external/NAME.dvc`, … from Git: "
                    "change it to `/data/?*`"
                ),
            )
        ]
        assert repo.read(".gitignore").endswith("/data/\n")
        assert "A  datakit.yaml" in repo.status()
        repo.write({".gitignore": repo.read(".gitignore").replace("/data/", "/data/?*")})
        again = init(repo.path, hooks=False)
        assert again.problems == ()
        repo.write({"data/raw/a.csv": "a\n"})
        repo.dvc("add", "data/raw/a.csv")
        assert "?? data/raw/a.csv.dvc" in repo.status()
        assert "up to date" in repo.dvc("status")

    @pytest.mark.parametrize("pattern", ["/data/*", "data/*", "/data/**", "/data/raw/*"])
    def test_a_rule_that_blinds_dvc_is_reported_though_git_sees_all(self, repo: Repo, pattern: str) -> None:
        repo.write({".gitignore": f"*.pyc\n{pattern}\n"})
        repo.commit("ignore")
        made = init(repo.path, hooks=False)
        stem = pattern.rstrip("*")
        folder = stem.strip("/")
        assert [(step.path, step.detail) for step in made.problems] == [
            (".gitignore", f"line 2, `{pattern}`, hides `{folder}/` from DVC: change it to `{stem}?*`")
        ]
        repo.write({"data/raw/a.csv": "a\n", ".gitignore": f"*.pyc\n{stem}?*\n"})
        repo.dvc("add", "data/raw/a.csv")
        assert "up to date" in repo.dvc("status")
        assert init(repo.path, hooks=False).problems == ()

    def test_the_plan_finds_them_before_anything_exists(self, tmp_path: Path, isolated: Path) -> None:
        (isolated / ".config/git").mkdir(parents=True)
        (isolated / ".config/git/ignore").write_text("data/\n")
        made = init(tmp_path / "new", dry_run=True, hooks=False)
        assert [step.detail.rpartition(": ")[2] for step in made.problems] == ["add `!/data/` to `.gitignore`"]
        assert made.problems[0].path == str(isolated / ".config/git/ignore")


def test_plan_changes_nothing(repo: Repo) -> None:
    """Asking for a plan leaves no trace, in the repository or in Git's folder."""
    before = repo.snapshot()
    plan(repo.path)
    assert repo.snapshot() == before

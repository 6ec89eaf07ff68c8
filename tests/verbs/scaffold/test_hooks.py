"""Hooks: what Git really runs after `init`, judged by an interpreter that writes down how it was started."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from datakit.hooks.main import DOORS
from datakit.verbs.init import init
from datakit.verbs.scaffold import hooks
from datakit.verbs.scaffold.plan import Plan, Run
from tests.support.repo import Repo, Result, copied

MakeRepo = Callable[[str], Repo]

GET_IT = "pip install dvc-datakit && datakit init"


@pytest.fixture
def without_pre_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where pre-commit is not installed; this one has it."""
    monkeypatch.setattr(hooks, "pre_commit", tuple)


def script(path: Path, body: str) -> Path:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def interpreter(repo: Repo, tmp_path: Path, *, code: int = 0, has_datakit: bool = True) -> Path:
    """Put a program in the place of the stored interpreter; it notes its arguments and ends with a code."""
    notes = tmp_path / "started"
    known = 0 if has_datakit else 1
    python = script(
        tmp_path / "bin" / "python",
        f'echo "$@" >> "{notes}"\ncase "$*" in *" -c "*) exit {known};; esac\nexit {code if has_datakit else 1}',
    )
    repo.git("config", "datakit.python", str(python))
    return notes


def started(notes: Path) -> list[str]:
    """Return how the interpreter was started, once a line."""
    return notes.read_text().splitlines() if notes.exists() else []


def commit(repo: Repo, *args: str) -> Result:
    """Commit what is staged, hooks included."""
    return repo.try_git("commit", "-m", "try", *args)


def outcome(made: Plan, name: str) -> str:
    """Return what a plan does with the hook of a name."""
    return " / ".join(f"{step.action}: {step.detail}" for step in made.steps if step.path.endswith(name))


def prepared(repo: Repo) -> Plan:
    """Initialise and commit the project."""
    made = init(repo.path)
    repo.commit("project")
    return made


BOTH = pytest.mark.parametrize("way", ["pre-commit", "native"])


@pytest.fixture(scope="module")
def projects(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One project for each way of installing hooks; copied, never used."""
    made = {}
    for way in ("pre-commit", "native"):
        repo = copied(blank, tmp_path_factory.mktemp("projects") / way)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PRE_COMMIT_HOME", str(tmp_path_factory.mktemp("pre-commit")))
            if way == "native":
                patch.setattr(hooks, "pre_commit", tuple)
            assert prepared(repo).problems == ()
        made[way] = repo.path
    return made


@pytest.fixture
def project(way: str, projects: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A project whose hooks were installed in one of the two ways."""
    if way == "native":
        monkeypatch.setattr(hooks, "pre_commit", tuple)
    return copied(projects[way], tmp_path / "project")


@BOTH
class TestWhatGitRuns:
    def test_the_stored_interpreter_judges_a_commit(self, project: Repo, tmp_path: Path) -> None:
        notes = interpreter(project, tmp_path)
        project.write({"code.py": ""})
        project.git("add", "code.py")
        assert commit(project).code == 0
        assert started(notes) == ["-P -m datakit.hooks pre-commit"]

    def test_its_refusal_stops_the_commit(self, project: Repo, tmp_path: Path) -> None:
        notes = interpreter(project, tmp_path, code=1)
        done = commit(project, "--allow-empty")
        assert done.code == 1
        assert started(notes) == ["-P -m datakit.hooks pre-commit", "-P -c import datakit.hooks"]
        assert GET_IT not in done.out + done.err

    def test_a_merge_is_judged(self, project: Repo, tmp_path: Path) -> None:
        for branch in ("side", "main"):
            project.git("checkout", "--quiet", *(["-b"] if branch == "side" else []), branch)
            project.write({f"{branch}.txt": branch})
            project.commit(branch)
        notes = interpreter(project, tmp_path, code=1)
        assert project.try_git("merge", "--no-edit", "side").code != 0
        assert started(notes)[0].startswith("-P -m datakit.hooks pre-")
        assert project.git("log", "--format=%s", "-1") == "main"

    @pytest.mark.parametrize(
        "path",
        ["data/raw/a.csv.dvc", "models/m.dvc", "sub/dvc.lock", "dvc.yaml", "datakit.yaml", "catalog/a/README.md"],
    )
    def test_without_datakit_a_commit_of_ours_is_blocked(self, project: Repo, tmp_path: Path, path: str) -> None:
        interpreter(project, tmp_path, has_datakit=False)
        project.write({path: "changed: true\n"})
        project.git("add", path)
        done = commit(project)
        assert done.code == 1
        assert GET_IT in done.out + done.err
        assert "datasets are staged and nothing here can judge them: commit blocked" in done.out + done.err

    def test_without_datakit_any_other_commit_passes(self, project: Repo, tmp_path: Path) -> None:
        interpreter(project, tmp_path, has_datakit=False)
        project.write({"code.py": "", "data/raw/a.csv.dvc": "outs: []\n"})
        project.git("add", "code.py")
        assert commit(project).code == 0

    def test_a_deleted_pointer_is_ours_too(self, project: Repo, tmp_path: Path) -> None:
        project.write({"data/raw/a.csv.dvc": "outs: []\n"})
        project.commit("pointer")
        interpreter(project, tmp_path, has_datakit=False)
        project.git("rm", "--quiet", "data/raw/a.csv.dvc")
        assert commit(project).code == 1

    @pytest.mark.parametrize("stored", ["gone", "never"])
    def test_python3_stands_in_for_a_stored_interpreter_that_is_gone(
        self, project: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str
    ) -> None:
        if stored == "gone":
            project.git("config", "datakit.python", str(tmp_path / "no-such-python"))
        else:
            project.git("config", "--unset", "datakit.python")
        notes = tmp_path / "notes"
        script(tmp_path / "path" / "python3", f'echo "$@" >> "{notes}"')
        monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{os.environ['PATH']}")
        assert commit(project, "--allow-empty").code == 0
        assert started(notes) == ["-P -m datakit.hooks pre-commit"]

    def test_a_python3_that_is_too_old_counts_as_none(
        self, project: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.git("config", "--unset", "datakit.python")
        script(tmp_path / "path" / "python3", 'echo "Unknown option: -P" >&2; exit 2')
        monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{os.environ['PATH']}")
        assert commit(project, "--allow-empty").code == 0
        project.write({"a.dvc": ""})
        project.git("add", "a.dvc")
        done = commit(project)
        assert done.code == 1
        assert GET_IT in done.out + done.err

    def test_it_runs_in_a_linked_worktree(self, project: Repo, tmp_path: Path) -> None:
        project.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
        notes = interpreter(project, tmp_path)
        assert commit(Repo(tmp_path / "linked"), "--allow-empty").code == 0
        assert started(notes) == ["-P -m datakit.hooks pre-commit"]

    def test_a_second_init_leaves_the_hooks_alone(self, project: Repo) -> None:
        before = project.snapshot()
        assert init(project.path).changes == ()
        assert project.snapshot() == before


@BOTH
class TestTheOtherDoors:
    """Never through pre-commit: it passes on one ref of a push, and hides what a hook says that passes."""

    def test_a_push_is_judged_ref_by_ref(self, project: Repo, tmp_path: Path) -> None:
        project.git("init", "--quiet", "--bare", "../bare.git")
        notes = interpreter(project, tmp_path)
        assert project.try_git("push", "../bare.git", "main", "main:other").code == 0
        assert started(notes) == ["-P -m datakit.hooks pre-push ../bare.git ../bare.git"]
        interpreter(project, tmp_path, code=1)
        assert project.try_git("push", "../bare.git", "main:third").code == 1

    def test_a_checkout_and_a_merge_are_told(self, project: Repo, tmp_path: Path) -> None:
        notes = interpreter(project, tmp_path, code=1)
        project.git("checkout", "--quiet", "-b", "side")
        head = project.git("rev-parse", "HEAD")
        assert started(notes) == [f"-P -m datakit.hooks post-checkout {head} {head} 1"]
        project.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "x")
        project.git("checkout", "--quiet", "main")
        notes.unlink()
        project.git("merge", "--quiet", "--ff-only", "side")
        assert started(notes) == ["-P -m datakit.hooks post-merge 0"]

    def test_a_project_of_an_older_datakit_gets_them(self, project: Repo) -> None:
        for name in hooks.BESIDE:
            (project.path / ".git/hooks" / name).unlink()
        made = init(project.path)
        assert {step.path: step.detail for step in made.changes} == {
            f".git/hooks/{name}": "runs datakit" for name in hooks.BESIDE
        }
        assert init(project.path).changes == ()
        assert all(os.access(project.path / ".git/hooks" / name, os.X_OK) for name in hooks.BESIDE)


class TestBesidePreCommit:
    def test_its_script_for_pushes_is_run_first(self, repo: Repo, tmp_path: Path) -> None:
        own = "repos:\n  - repo: local\n    hooks:\n      - {id: mine, name: mine, language: system, entry: touch ran-mine,"
        repo.write({".pre-commit-config.yaml": f"{own} always_run: true, stages: [pre-push]}}\n"})
        repo.run(sys.executable, "-m", "pre_commit", "install", "-t", "pre-push")
        made = prepared(repo)
        assert "as `pre-push.before-datakit`" in outcome(made, "hooks/pre-push")
        repo.git("init", "--quiet", "--bare", "../bare.git")
        notes = interpreter(repo, tmp_path)
        assert repo.try_git("push", "../bare.git", "main").code == 0
        assert (repo.path / "ran-mine").exists()
        assert started(notes) == ["-P -m datakit.hooks pre-push ../bare.git ../bare.git"]

    def test_pre_commit_that_comes_later_runs_ours_first(self, repo: Repo, tmp_path: Path) -> None:
        prepared(repo)
        now = repo.read(".git/hooks/pre-push")
        repo.run(sys.executable, "-m", "pre_commit", "install", "-t", "pre-push")
        made = init(repo.path)
        assert made.changes == ()
        assert outcome(made, "hooks/pre-push") == "kept: runs datakit already, before pre-commit"
        repo.write({".git/hooks/pre-push.legacy": f"{now}# older\n"})
        assert outcome(init(repo.path), "hooks/pre-push") == "installed: runs datakit before pre-commit"
        assert repo.read(".git/hooks/pre-push.legacy") == now
        repo.git("init", "--quiet", "--bare", "../bare.git")
        notes = interpreter(repo, tmp_path)
        assert repo.try_git("push", "../bare.git", "main").code == 0
        assert started(notes) == ["-P -m datakit.hooks pre-push ../bare.git ../bare.git"]

    def test_the_configuration_installs_no_more_types(self, repo: Repo) -> None:
        """A hook of other people without `stages` would run at each of them."""
        prepared(repo)
        assert "default_install_hook_types: [pre-commit, pre-merge-commit]\n" in repo.read(".pre-commit-config.yaml")


def test_what_pre_commit_offers_are_doors() -> None:
    offered = yaml.safe_load((Path(__file__).parents[3] / ".pre-commit-hooks.yaml").read_text())
    entries = {hook["entry"].removeprefix("datakit-hook ") for hook in offered}
    assert entries == set(DOORS) - {"pre-merge-commit"}
    assert all(set(hook["stages"]) <= set(DOORS) and hook["always_run"] for hook in offered)
    assert sorted(stage for hook in offered for stage in hook["stages"]) == sorted(DOORS)
    assert hooks.DOORS == DOORS


class TestPreCommit:
    def test_an_existing_configuration_keeps_its_comments(self, repo: Repo) -> None:
        own = "# our checks\nrepos:\n  - repo: local # mine\n    hooks:\n      - id: mine\n        name: mine\n"
        own += "        language: system\n        entry: touch ran-mine\n        always_run: true\n"
        repo.write({".pre-commit-config.yaml": own})
        repo.commit("mine")
        prepared(repo)
        text = repo.read(".pre-commit-config.yaml")
        assert [line for line in own.splitlines() if line not in text] == []
        assert "default_install_hook_types: [pre-commit, pre-merge-commit]\n" in text
        assert commit(repo, "--allow-empty").code == 0
        assert (repo.path / "ran-mine").exists()

    def test_an_existing_hook_is_run_first(self, repo: Repo, tmp_path: Path) -> None:
        script(repo.path / ".git/hooks/pre-commit", f"touch {tmp_path}/ran; exit 3")
        made = prepared(repo)
        assert "as `pre-commit.legacy`" in outcome(made, "hooks/pre-commit")
        assert commit(repo, "--allow-empty").code != 0
        assert (tmp_path / "ran").exists()

    def test_two_hooks_that_were_there_are_not_thrown_together(self, repo: Repo) -> None:
        script(repo.path / ".git/hooks/pre-commit", "exit 0 # one")
        script(repo.path / ".git/hooks/pre-commit.legacy", "exit 0 # two")
        made = init(repo.path)
        assert "problem: it and `pre-commit.legacy` are both hooks of yours" in outcome(made, "hooks/pre-commit")
        assert "# one" in repo.read(".git/hooks/pre-commit")
        assert "# two" in repo.read(".git/hooks/pre-commit.legacy")

    def test_a_configuration_of_another_name_is_reported(self, repo: Repo) -> None:
        repo.write({"checks.yaml": "repos: []\n"})
        repo.run(sys.executable, "-m", "pre_commit", "install", "-c", "checks.yaml")
        before = repo.read(".git/hooks/pre-commit")
        made = init(repo.path)
        assert "pre-commit is installed for `checks.yaml`" in outcome(made, "checks.yaml")
        assert repo.read(".git/hooks/pre-commit") == before

    def test_it_is_started_without_the_repository_on_the_path(self, repo: Repo) -> None:
        """A `yaml.py` in the repository would be imported by a plain `python -m`."""
        repo.write({"yaml.py": "open('imported', 'w')\n", "pre_commit.py": "open('imported', 'w')\n"})
        made = init(repo.path)
        assert not (repo.path / "imported").exists()
        runs = [step.effect.command for step in made.steps if isinstance(step.effect, Run)]
        assert [command[:4] for command in runs] == [(sys.executable, "-P", "-m", "pre_commit")]


@pytest.mark.usefixtures("without_pre_commit")
class TestNative:
    def test_without_pre_commit_nothing_of_it_is_written(self, repo: Repo) -> None:
        prepared(repo)
        assert not (repo.path / ".pre-commit-config.yaml").exists()
        for name in ("pre-commit", "pre-merge-commit"):
            assert os.access(repo.path / ".git/hooks" / name, os.X_OK)
            assert f"-m datakit.hooks {name} " in repo.read(f".git/hooks/{name}")

    @pytest.mark.parametrize("code", [0, 3])
    def test_a_hook_that_was_there_is_run_first_and_its_refusal_counts(
        self, repo: Repo, tmp_path: Path, code: int
    ) -> None:
        script(repo.path / ".git/hooks/pre-commit", f'echo "$0" > {tmp_path}/ran; exit {code}')
        own = repo.read(".git/hooks/pre-commit")
        made = prepared(repo)
        notes = interpreter(repo, tmp_path)
        assert "run first, as `pre-commit.before-datakit`" in outcome(made, "hooks/pre-commit")
        assert repo.read(".git/hooks/pre-commit.before-datakit") == own
        assert (commit(repo, "--allow-empty").code == 0) == (code == 0)
        assert (tmp_path / "ran").read_text().strip().endswith("pre-commit.before-datakit")
        assert len(started(notes)) == (1 if code == 0 else 0)
        assert init(repo.path).problems == ()

    def test_a_hook_that_is_a_link_is_kept_as_one(self, repo: Repo, tmp_path: Path) -> None:
        script(tmp_path / "shared", f"touch {tmp_path}/ran")
        (repo.path / ".git/hooks/pre-commit").symlink_to(tmp_path / "shared")
        prepared(repo)
        interpreter(repo, tmp_path)
        assert commit(repo, "--allow-empty").code == 0
        assert (tmp_path / "ran").exists()
        assert (tmp_path / "shared").read_text().startswith("#!/bin/sh\ntouch")

    def test_an_older_hook_of_ours_is_renewed(self, repo: Repo) -> None:
        prepared(repo)
        now = repo.read(".git/hooks/pre-commit")
        repo.write({".git/hooks/pre-commit": now.replace("exit 1\n", "exit 1 # older\n")})
        assert outcome(init(repo.path), "hooks/pre-commit") == "installed: runs datakit"
        assert repo.read(".git/hooks/pre-commit") == now

    def test_modules_of_the_repository_are_never_imported(self, repo: Repo) -> None:
        prepared(repo)
        trap = "open('imported', 'w')\nraise SystemExit(0)\n"
        repo.write({"yaml.py": trap, "datakit.py": trap, "argparse.py": trap, "data/raw/a.csv.dvc": "outs: []\n"})
        repo.git("add", "data/raw/a.csv.dvc")
        commit(repo)
        assert not (repo.path / "imported").exists()

    def test_a_hostile_folder_name_of_the_policy_is_no_command(self, repo: Repo, tmp_path: Path) -> None:
        evil = f"a'b\"$(touch {tmp_path.name})`touch x`"
        repo.write({"datakit.yaml": f"policy: 1\ncatalog: >-\n  {evil}\n"})
        prepared(repo)
        interpreter(repo, tmp_path, has_datakit=False)
        assert commit(repo, "--allow-empty").code == 0
        repo.write({f"{evil}/a/README.md": "x"})
        repo.git("add", ".")
        assert commit(repo).code == 1
        assert not (repo.path / tmp_path.name).exists()
        assert not (repo.path / "x").exists()


class TestHooksPath:
    def test_a_folder_in_the_work_tree_gets_the_hooks(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("config", "core.hooksPath", ".githooks")
        made = prepared(repo)
        assert made.problems == ()
        assert not (repo.path / ".pre-commit-config.yaml").exists()
        assert str(repo.path) not in repo.read(".githooks/pre-commit")
        notes = interpreter(repo, tmp_path)
        assert commit(repo, "--allow-empty").code == 0
        assert started(notes) == ["-P -m datakit.hooks pre-commit"]

    def test_a_hook_of_the_work_tree_is_the_projects_source(self, repo: Repo, tmp_path: Path) -> None:
        repo.git("config", "core.hooksPath", ".githooks")
        script(repo.path / ".githooks/pre-commit", "true")
        repo.commit("hooks")
        made = init(repo.path)
        line = hooks.LINE.format("pre-commit")
        assert outcome(made, "hooks/pre-commit") == (
            f"problem: is a hook of yours that does not run datakit; add the line `{line}`"
        )
        script(repo.path / ".githooks/pre-commit", line)
        script(repo.path / ".githooks/pre-push", "true")
        repo.commit("added")
        assert outcome(init(repo.path), "hooks/pre-push").endswith('-m datakit.hooks pre-push "$@" || exit`')
        (repo.path / ".githooks/pre-push").unlink()
        assert init(repo.path).problems == ()
        notes = interpreter(repo, tmp_path)
        assert commit(repo, "--allow-empty").code == 0
        assert started(notes) == ["-P -m datakit.hooks pre-commit"]

    def test_husky_keeps_peoples_hooks_above_its_own(self, repo: Repo) -> None:
        repo.git("config", "core.hooksPath", ".husky/_")
        script(repo.path / ".husky/_/pre-commit", "true")
        made = init(repo.path)
        assert outcome(made, ".husky/pre-commit") == "installed: runs datakit; commit it, so that others have it"
        assert made.problems == ()

    def test_hooks_that_other_repositories_share_are_left_alone(self, repo: Repo, tmp_path: Path) -> None:
        shared = tmp_path / "shared"
        shared.mkdir()
        repo.git("config", "--global", "core.hooksPath", str(shared))
        made = init(repo.path)
        assert "`core.hooksPath` leads out of this repository" in outcome(made, "shared")
        assert list(shared.iterdir()) == []
        repo.git("config", "core.hooksPath", f"{repo.path}/.git/hooks")
        assert init(repo.path).problems == ()


def test_no_hooks_means_none(repo: Repo) -> None:
    """`--no-hooks` leaves Git's settings and hooks as they are."""
    before = repo.read(".git/config")
    made = init(repo.path, hooks=False)
    assert not any(step.action == "installed" for step in made.steps)
    assert repo.read(".git/config") == before
    assert not (repo.path / ".pre-commit-config.yaml").exists()


def test_hooks_of_a_template_of_git_are_kept(tmp_path: Path) -> None:
    """`init.templateDir` gives every new repository hooks; they are there only after `git init`."""
    script(tmp_path / "template/hooks/pre-commit", f"touch {tmp_path}/ran")
    repo = Repo(tmp_path)
    repo.git("config", "--global", "init.templateDir", str(tmp_path / "template"))
    init(tmp_path / "new")
    made = Repo(tmp_path / "new")
    assert made.git("commit", "--quiet", "-m", "start") == ""
    assert (tmp_path / "ran").exists()


class TestHooksThatGitCannotStart:
    @BOTH
    def test_one_that_is_not_executable(self, way: str, request: pytest.FixtureRequest, new_repo: MakeRepo) -> None:
        if way == "native":
            request.getfixturevalue("without_pre_commit")
        repo = new_repo("one")
        prepared(repo)
        for name in ("pre-commit", "pre-push"):
            (repo.path / ".git/hooks" / name).chmod(0o640)
        made = init(repo.path)
        by = "by pre-commit; the one that was there could not start"
        native = "runs datakit; made executable"
        assert outcome(made, "hooks/pre-commit") == f"installed: {by if way == 'pre-commit' else native}"
        assert outcome(made, "hooks/pre-push") == f"installed: {native}"
        assert all(os.access(repo.path / ".git/hooks" / name, os.X_OK) for name in ("pre-commit", "pre-push"))
        assert not init(repo.path).changes

    @pytest.mark.usefixtures("without_pre_commit")
    def test_one_of_the_users_is_left_to_them(self, new_repo: MakeRepo) -> None:
        repo = new_repo("one")
        prepared(repo)
        own = repo.path / ".git/hooks/pre-commit"
        own.write_text(f"#!/bin/sh\n{hooks.line('pre-commit')}\n")
        own.chmod(0o644)
        made = init(repo.path)
        assert outcome(made, "hooks/pre-commit") == (
            "problem: is not executable, so Git skips it; run `chmod +x .git/hooks/pre-commit`"
        )
        assert not os.access(own, os.X_OK)

    def test_pre_commit_of_an_environment_that_is_gone(self, new_repo: MakeRepo) -> None:
        repo = new_repo("one")
        prepared(repo)
        hook = repo.path / ".git/hooks/pre-commit"
        hook.write_text(hook.read_text().replace(sys.executable, "/nowhere/bin/python"))
        made = init(repo.path)
        assert outcome(made, "hooks/pre-commit") == ("installed: by pre-commit; the one that was there could not start")
        assert outcome(made, "hooks/pre-merge-commit") == "kept: pre-commit's"
        assert f"INSTALL_PYTHON={sys.executable}\n" in hook.read_text()
        assert not hook.with_name("pre-commit.legacy").exists()

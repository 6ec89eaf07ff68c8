"""Hooks, each broken in one way; what `doctor` advises is run, and Git refuses again what it must."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.verbs.scaffold import hooks
from datakit.version import VERSION
from tests.support.health import diagnosed, mended, titles
from tests.support.repo import Repo

HOOK = ".git/hooks/pre-commit"


def refuses(repo: Repo) -> bool:
    """Say whether Git refuses a commit of a pointer that nothing records."""
    repo.write({"data/raw/x.csv.dvc": "outs: [\n"})
    repo.git("add", "data/raw/x.csv.dvc")
    done = repo.try_git("commit", "-m", "try")
    repo.git("reset", "--quiet", "--hard", "HEAD~1" if done.code == 0 else "HEAD")
    return done.code != 0


def script(path: Path, body: str) -> Path:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def removed(repo: Repo) -> None:
    """Remove the hook."""
    (repo.path / HOOK).unlink()


def emptied(repo: Repo) -> None:
    """Empty the hook; Git runs it, and it says yes."""
    (repo.path / HOOK).write_text("")


def closed(repo: Repo) -> None:
    """Take the right to run it away; Git only gives a hint."""
    (repo.path / HOOK).chmod(0o644)


def replaced(repo: Repo) -> None:
    """Put another hook in its place."""
    script(repo.path / HOOK, "exit 0")


def moved(repo: Repo) -> None:
    """Move the environment that installed it away; an editor has no other on its PATH."""
    repo.write({HOOK: repo.read(HOOK).replace(sys.executable, "/nowhere/bin/python")})


BROKEN = [
    ("hooked", closed, "is not executable, so Git skips it", f"chmod +x {HOOK}"),
    ("hooked", removed, "is not there", "datakit init"),
    ("hooked", emptied, "is empty", "datakit init"),
    ("native", closed, "is not executable, so Git skips it", f"chmod +x {HOOK}"),
    ("native", removed, "is not there", "datakit init"),
    ("hooked", replaced, "does not run datakit", "datakit init"),
]


@pytest.mark.parametrize(
    ("way", "broken", "detail", "command"), BROKEN, ids=[f"{r[0]}-{r[1].__name__}" for r in BROKEN]
)
def test_a_hook_that_does_nothing(
    way: str, broken: Callable[[Repo], None], detail: str, command: str, request: pytest.FixtureRequest
) -> None:
    repo: Repo = request.getfixturevalue(way)
    broken(repo)
    assert not refuses(repo)
    found = diagnosed(repo, "hook pre-commit")
    assert found[1:] == ("fail", f"`{HOOK}` {detail}", command)
    mended(repo, found)
    assert diagnosed(repo, "hook pre-commit").condition == "ok"
    assert refuses(repo)


@pytest.mark.parametrize(
    ("name", "condition"), [("pre-push", "fail"), ("post-checkout", "warn"), ("post-merge", "warn")]
)
def test_the_other_doors(hooked: Repo, name: str, condition: str) -> None:
    path = f".git/hooks/{name}"
    assert diagnosed(hooked, f"hook {name}")[1:3] == ("ok", f"`{path}` runs datakit by itself")
    (hooked.path / path).unlink()
    found = diagnosed(hooked, f"hook {name}")
    assert found[1:] == (condition, f"`{path}` is not there", "datakit init")
    mended(hooked, found)
    assert diagnosed(hooked, f"hook {name}").condition == "ok"


def test_a_push_whose_hook_pre_commit_took_along(hooked: Repo) -> None:
    hooked.run(sys.executable, "-P", "-m", "pre_commit", "install", "--hook-type", "pre-push")
    assert diagnosed(hooked, "hook pre-push")[1:3] == ("ok", "`.git/hooks/pre-push` runs datakit through pre-commit")
    (hooked.path / ".git/hooks/pre-push.legacy").unlink()
    found = diagnosed(hooked, "hook pre-push")
    assert found[1:] == ("fail", "`.git/hooks/pre-push` does not run datakit", "datakit init")
    mended(hooked, found)
    assert diagnosed(hooked, "hook pre-push").condition == "ok"


def test_a_hook_of_another_version(native: Repo) -> None:
    native.write({HOOK: native.read(HOOK) + "# older\n"})
    found = diagnosed(native, "hook pre-commit")
    assert found[1:] == ("warn", f"`{HOOK}` is not what this version of datakit writes", "datakit init")
    mended(native, found)
    assert native.read(HOOK).endswith("exit 1\n")


def test_a_hook_of_ours_that_was_gutted(native: Repo) -> None:
    lines = native.read(HOOK).splitlines()
    native.write({HOOK: "\n".join([*lines[:2], "exit 0"])})
    assert diagnosed(native, "hook pre-commit")[1:3] == ("fail", f"`{HOOK}` does not run datakit")


def test_pre_commit_without_our_hook(hooked: Repo) -> None:
    hooked.write({".pre-commit-config.yaml": "default_install_hook_types: [pre-commit, pre-merge-commit]\nrepos: []\n"})
    hooked.commit("emptied")
    found = diagnosed(hooked, "pre-commit")
    assert found[1:] == ("fail", "`.pre-commit-config.yaml` has no hook of datakit", "datakit init")
    mended(hooked, found)
    assert diagnosed(hooked, "pre-commit").condition == "ok"
    hooked.commit("mended")
    assert refuses(hooked)


def test_pre_commit_that_installs_one_hook_only(hooked: Repo) -> None:
    text = hooked.read(".pre-commit-config.yaml")
    hooked.write({".pre-commit-config.yaml": text.replace("[pre-commit, pre-merge-commit]\n", "[pre-commit]\n", 1)})
    found = diagnosed(hooked, "pre-commit")
    assert found[1:3] == ("warn", "`.pre-commit-config.yaml` does not install both hooks that datakit needs")
    mended(hooked, found)
    assert diagnosed(hooked, "pre-commit").condition == "ok"


def test_the_configuration_is_gone_or_broken(hooked: Repo) -> None:
    (hooked.path / ".pre-commit-config.yaml").unlink()
    assert diagnosed(hooked, "pre-commit")[1:3] == ("fail", "`.pre-commit-config.yaml` is not there")
    hooked.write({".pre-commit-config.yaml": "[]"})
    found = diagnosed(hooked, "hooks")
    assert found.condition == "fail"
    assert found.detail.startswith(".pre-commit-config.yaml: is no configuration of pre-commit")


def test_pre_commit_that_is_gone(hooked: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "pre_commit", tuple)  # this machine has it
    hooked.write({HOOK: hooked.read(HOOK).replace(sys.executable, "/nowhere/python")})
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert diagnosed(hooked, "hook pre-commit")[1:] == (
        "fail", f"`{HOOK}` starts pre-commit by `/nowhere/python`, which is gone", "pip install pre-commit && datakit init",
    )  # fmt: skip


def test_hooks_that_other_repositories_share(native: Repo, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    native.git("config", "--global", "core.hooksPath", str(tmp_path / "shared"))
    assert not refuses(native)
    found = diagnosed(native, "hooks")
    assert found.condition == "fail"
    assert found.detail.startswith(f"{tmp_path}/shared: `core.hooksPath` leads out of this repository")
    assert found.command == 'git config core.hooksPath "$(git rev-parse --git-common-dir)/hooks" && datakit init'
    mended(native, found)
    assert not [title for title in titles(native) if "hook" in title]
    assert refuses(native)


def test_a_hook_of_the_work_tree_that_does_not_call_datakit(native: Repo) -> None:
    native.git("config", "core.hooksPath", ".githooks")
    for name in ("pre-commit", "pre-merge-commit"):
        script(native.path / ".githooks" / name, "exit 0")
    native.commit("hooks")
    found = diagnosed(native, "hook pre-commit")
    assert found.command == "edit .githooks/pre-commit"
    assert found.detail.startswith("`.githooks/pre-commit` is a hook of yours that does not run datakit; add the line")


def test_husky_that_was_not_installed(native: Repo) -> None:
    """People's hooks lie above the folder that husky generates, and Git starts only what lies in that."""
    native.git("config", "core.hooksPath", ".husky/_")
    for name in ("pre-commit", "pre-merge-commit"):
        native.write({f".husky/{name}": native.read(f".git/hooks/{name}")})
    found = diagnosed(native, "hook pre-commit")
    assert found[1:3] == ("fail", f"`{native.path}/.husky/_/pre-commit`, which Git starts, is not there")


def test_a_linked_work_tree_has_the_hooks_of_the_main_one(native: Repo, tmp_path: Path) -> None:
    native.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    linked = Repo(tmp_path / "linked")
    assert diagnosed(linked, "hook pre-commit").condition == "ok"
    removed(native)
    assert diagnosed(linked, "hook pre-commit")[1] == "fail"


class TestInterpreter:
    COMMAND = f"git config datakit.python {sys.executable}"

    def test_none_is_stored(self, native: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        native.git("config", "--unset", "datakit.python")
        script(tmp_path / "bin/python3", "echo 'No module named datakit' >&2; exit 1")
        path = f"{tmp_path}/bin:/usr/bin:/bin"
        monkeypatch.setenv("PATH", path)
        found = diagnosed(native, "hook interpreter")
        assert found[1:] == (
            "fail", "`git config datakit.python` is not set, and `python3` on PATH has no datakit", self.COMMAND,
        )  # fmt: skip
        script(tmp_path / "bin/python3", f'exec "{sys.executable}" "$@"')
        found = diagnosed(native, "hook interpreter")
        assert found[1:3] == ("warn", "`git config datakit.python` is not set, so `python3` on PATH is taken")
        mended(native, found)
        assert diagnosed(native, "hook interpreter")[1:] == ("ok", f"{sys.executable} has datakit {VERSION}", "")

    def test_one_that_is_gone(self, native: Repo, tmp_path: Path) -> None:
        native.git("config", "datakit.python", str(tmp_path / "venv/bin/python"))
        found = diagnosed(native, "hook interpreter")
        assert found.detail.startswith(f"`{tmp_path}/venv/bin/python` cannot be started, ")
        mended(native, found)
        assert diagnosed(native, "hook interpreter").condition == "ok"

    @pytest.mark.parametrize(
        ("body", "condition", "said"),
        [
            ("echo \"ModuleNotFoundError: No module named 'datakit'\" >&2; exit 1", "fail", "cannot load datakit: Mod"),
            ("echo 0.0.1", "warn", f"has datakit 0.0.1, this is {VERSION}"),
            ("kill -9 $$", "fail", "cannot load datakit: no message"),
        ],
    )
    def test_one_without_this_datakit(self, native: Repo, tmp_path: Path, body: str, condition: str, said: str) -> None:
        native.git("config", "datakit.python", str(script(tmp_path / "python", body)))
        found = diagnosed(native, "hook interpreter")
        assert (found.condition, found.command) == (condition, self.COMMAND)
        assert said in found.detail

    def test_no_file_of_a_repository_is_started(self, native: Repo) -> None:
        script(native.path / "tools/python", "touch started")
        native.commit("tool")
        native.git("config", "datakit.python", "tools/python")
        found = diagnosed(native, "hook interpreter")
        assert found[1:] == (
            "fail", "`tools/python` is a file that Git tracks; it is not started", self.COMMAND,
        )  # fmt: skip
        assert not (native.path / "started").exists()

    def test_no_module_of_a_repository_is_imported(self, native: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
        native.write({"argparse.py": "open('imported', 'w')\n"})
        monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[3]}:.")
        assert diagnosed(native, "hook interpreter").condition == "ok"
        assert not (native.path / "imported").exists()


class TestContinuous:
    def test_no_workflow(self, native: Repo) -> None:
        native.git("rm", "-r", "--quiet", ".github")
        found = diagnosed(native, "ci")
        assert found[1:] == (
            "warn", "no workflow runs `datakit check`, and a hook can be skipped with one option", "datakit init",
        )  # fmt: skip
        mended(native, found)
        assert diagnosed(native, "ci").condition == "ok"

    def test_a_workflow_of_ours_that_does_something_else(self, native: Repo) -> None:
        native.write({".github/workflows/datakit.yml": "on: push\n"})
        assert diagnosed(native, "ci").command == "edit .github/workflows/datakit.yml"

    def test_another_service(self, native: Repo) -> None:
        native.git("rm", "-r", "--quiet", ".github")
        native.write({".gitlab-ci.yml": "check:\n  script: [datakit check --at HEAD]\n"})
        assert diagnosed(native, "ci")[1:3] == ("ok", "`.gitlab-ci.yml` runs `datakit check`")


def test_an_environment_that_was_moved(hooked: Repo) -> None:
    """pre-commit may be on this PATH; an editor that commits has another."""
    moved(hooked)
    found = diagnosed(hooked, "hook pre-commit")
    assert found[1:] == (
        "fail",
        f"`{HOOK}` starts pre-commit by `/nowhere/bin/python`, which is gone",
        "datakit init",
    )
    mended(hooked, found)
    assert sys.executable in hooked.read(HOOK)
    assert diagnosed(hooked, "hook pre-commit").condition == "ok"

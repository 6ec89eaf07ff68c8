"""`check --range`: what merging would bring, judged as one change; and the workflow that asks for it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
import yaml

import datakit
from datakit.cli.app import run
from datakit.errors import EnvironmentProblem, NotFound, UsageError
from datakit.verbs.scaffold import templates
from tests.support.repo import Repo, Result
from tests.support.rooms import repository, room

POINTER = "data/raw/reviews.csv.dvc"
MORE = room(data="v2", before="v1", note="March reviews appended")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A project with a branch of two commits, of which the second mends the first, and with a bad one."""
    made = Repo(tmp_path / "repo")
    made.git("init", "--quiet")
    made.write(repository(room()) | {".dvc/config": "", "a.py": "1"})
    made.commit("start")
    made.git("checkout", "--quiet", "-b", "mended")
    made.write({POINTER: MORE[POINTER]})
    made.commit("half")
    made.git("branch", "half")
    made.write(MORE)
    made.commit("whole")
    made.git("checkout", "--quiet", "main")
    made.write({"a.py": "2"})
    made.commit("meanwhile")
    return made


def codes(repo: Repo, between: str, *names: str, **options: object) -> list[str]:
    """Return the codes of all findings."""
    found = datakit.check(*names, between=between, root=repo.path, **options)  # type: ignore[arg-type]  # of many kinds
    return [item.code for item in found]


def test_the_end_counts(repo: Repo) -> None:
    assert codes(repo, "main..mended") == []
    assert codes(repo, "main..half") == ["DK102"]
    assert codes(repo, "half..mended") == []


def test_two_dots_and_three_mean_the_same(repo: Repo) -> None:
    assert codes(repo, "main...half") == codes(repo, "main..half")


def test_head_stands_for_what_is_left_out(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "half")
    assert codes(repo, "main..") == codes(repo, "main...") == ["DK102"]
    assert codes(repo, "..mended") == codes(repo, "..") == []


def test_what_was_wrong_before_is_not_asked(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "half")
    repo.write({"a.py": "3"})
    repo.commit("code")
    assert codes(repo, "half~0..half") == codes(repo, "half~1..main") == []
    assert codes(repo, "HEAD~1..HEAD") == []


def test_names_and_codes_choose(repo: Repo) -> None:
    assert codes(repo, "main..half", "reviews", select=["DK1"]) == ["DK102"]
    assert codes(repo, "main..half", select=["DK2"]) == []
    with pytest.raises(NotFound, match="there is no dataset `rewiews`"):
        codes(repo, "main..half", "rewiews")


@pytest.mark.parametrize("between", ["main", "", "main.mended"])
def test_no_range(repo: Repo, between: str) -> None:
    with pytest.raises(UsageError, match=f"`--range {between}` is no range of commits") as caught:
        codes(repo, between)
    assert caught.value.hint == "--range main..HEAD"


def test_unknown_and_together(repo: Repo) -> None:
    with pytest.raises(NotFound, match="there is no revision `nope`"):
        codes(repo, "nope..main")
    with pytest.raises(NotFound, match="there is no revision `--all`"):
        codes(repo, "--all..main")
    with pytest.raises(UsageError, match="`--at` and `--range` exclude each other"):
        codes(repo, "main..half", at="main")


def test_a_shallow_clone(repo: Repo, tmp_path: Path) -> None:
    repo.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repo.path}", str(tmp_path / "shallow"))
    shallow = Repo(tmp_path / "shallow")
    with pytest.raises(EnvironmentProblem, match="which is shallow") as caught:
        codes(shallow, "origin/main..origin/half")
    assert caught.value.hint == "git fetch --unshallow, or `fetch-depth: 0` where CI checks out"


@pytest.mark.parametrize("written", ["text", "json", "github"])
def test_on_the_command_line(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    monkeypatch.chdir(repo.path)
    assert run(["check", "--range", "main..half", "--format", written]) == 1
    starts = {
        "text": f"{POINTER}: DK102 ",
        "json": "[\n  {\n",
        "github": f"::error file={POINTER},title=DK102::",
    }
    assert capsys.readouterr().out.startswith(starts[written])
    assert run(["check", "--range", "main..mended", "--format", written]) == 0


class TestWorkflow:
    """The script of the workflow that `init` writes, run as GitHub does: with what it fills in."""

    def ci(self, repo: Repo, tmp_path: Path, before: str, after: str) -> Result:
        """Run the last step."""
        text = templates.render("workflow.yml").decode()
        assert "fetch-depth: 0" in text
        assert "BEFORE: ${{ github.event.pull_request.base.sha || github.event.before }}" in text
        assert "AFTER: ${{ github.event.pull_request.head.sha || github.sha }}" in text
        script = yaml.safe_load(text)["jobs"]["check"]["steps"][-1]["run"]
        program = tmp_path / "bin/datakit"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m datakit "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        path = {"PATH": f"{program.parent}:{os.environ['PATH']}", "BEFORE": before, "AFTER": after}
        return repo.run("bash", "-e", "-c", script, env=path)

    def test_a_pull_request(self, repo: Repo, tmp_path: Path) -> None:
        ends = {name: repo.git("rev-parse", name) for name in ("main", "half", "mended")}
        assert self.ci(repo, tmp_path, ends["main"], ends["mended"]).code == 0
        done = self.ci(repo, tmp_path, ends["main"], ends["half"])
        assert (done.code, done.out.startswith(f"::error file={POINTER},title=DK102::")) == (1, True)

    @pytest.mark.parametrize("before", ["0" * 40, "1" * 40])
    def test_a_new_branch_and_a_rewritten_one_are_judged_whole(self, repo: Repo, tmp_path: Path, before: str) -> None:
        repo.git("checkout", "--quiet", "half")
        repo.write({"a.py": "3"})
        tip = repo.commit("code")
        assert "DK102" in self.ci(repo, tmp_path, before, tip).out

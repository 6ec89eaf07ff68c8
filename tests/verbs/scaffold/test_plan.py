"""Applying a plan: exactly its steps, and a clear stop where the world is no longer what it was made for."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem
from datakit.verbs.init import plan
from datakit.verbs.scaffold.plan import Plan, Run, Step, Write, apply
from tests.support.repo import Repo


def test_a_file_that_appeared_meanwhile_is_not_overwritten(repo: Repo) -> None:
    """Between plan and run another program may write."""
    wanted = plan(repo.path, hooks=False)
    repo.write({"datakit.yaml": "policy: 1 # theirs\n"})
    with pytest.raises(EnvironmentProblem, match=r"`datakit\.yaml` changed while datakit looked at it") as error:
        apply(wanted)
    assert error.value.hint == "run `datakit init` again"
    assert repo.read("datakit.yaml") == "policy: 1 # theirs\n"


def test_a_merge_is_made_only_into_what_it_was_planned_for(repo: Repo) -> None:
    """The user's last edit counts."""
    repo.write({".gitattributes": "*.png binary\n"})
    wanted = plan(repo.path, hooks=False)
    repo.write({".gitattributes": "*.jpg binary\n"})
    with pytest.raises(EnvironmentProblem, match=r"`\.gitattributes` changed while"):
        apply(wanted)
    assert repo.read(".gitattributes") == "*.jpg binary\n"


def test_a_command_that_fails_is_named_with_what_it_said(repo: Repo) -> None:
    """What a person can run to see more is in the hint."""
    step = Step("installed", "x", effect=Run(("sh", "-c", "echo first; echo last >&2; exit 3"), "pre-commit install"))
    with pytest.raises(EnvironmentProblem, match="`pre-commit install` failed: last") as error:
        apply(Plan(repo.path, (step,)))
    assert error.value.hint == "run `pre-commit install`"


def test_a_command_that_is_gone_is_named(repo: Repo, tmp_path: Path) -> None:
    """A pre-commit that was on PATH when the plan was made."""
    step = Step("installed", "x", effect=Run((str(tmp_path / "gone"),), "pre-commit install"))
    with pytest.raises(
        EnvironmentProblem, match="`pre-commit install` could not be started: No such file or directory"
    ):
        apply(Plan(repo.path, (step,)))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The message comes from the one place that words the system's refusals."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="cannot make the folder"):
        apply(Plan(tmp_path / "file" / "new", ()))


def test_what_a_plan_says_about_itself() -> None:
    """Bytes, problems and changes are read off the steps."""
    write, kept, problem = Step("created", "a", effect=Write(b"x")), Step("kept", "b"), Step("problem", "c", "mend")
    made = Plan(Path("/x"), (write, kept, problem))
    assert [step.data for step in made.steps] == [b"x", None, None]
    assert made.problems == (problem,)
    assert made.changes == (write,)

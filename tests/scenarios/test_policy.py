"""Changes that weaken what judges them: the policy, where it says that data and rooms lie, and what starts the hook."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.modes import FEW, ONCE, with_remote
from tests.scenarios.prepared import CONFIG, MANAGERS, POINTER, RECEIPT, edit, put, take
from tests.scenarios.table import Attempt, Table, arrives, errors
from tests.support.repo import Repo

TABLE = Table()
POLICY, WORKFLOW = "datakit.yaml", ".github/workflows/datakit.yml"


@TABLE.blocked(43, "DK701")
def a_rule_that_is_switched_off_and_broken(repo: Repo) -> None:
    put(repo, POLICY, f"{repo.read(POLICY)}severity: {{DK102: off}}\n")
    take(repo, "grown", POINTER)


@TABLE.blocked(43, "DK701", modes=ONCE)
def a_rule_that_only_warns_and_is_broken(repo: Repo) -> None:
    put(repo, POLICY, f"{repo.read(POLICY)}severity: {{DK301: warn}}\n")
    repo.git("rm", "--quiet", RECEIPT)


@TABLE.blocked(43, "DK701")
def a_policy_that_is_removed(repo: Repo) -> None:
    repo.git("rm", "--quiet", POLICY)


@TABLE.blocked(43, "DK701", modes=ONCE)
def a_policy_that_is_removed_with_a_rule_broken(repo: Repo) -> None:
    repo.git("rm", "--quiet", POLICY)
    take(repo, "grown", POINTER)


@TABLE.blocked(43, "DK104", modes=ONCE)
def a_policy_that_is_emptied(repo: Repo) -> None:
    put(repo, POLICY, "")


@TABLE.blocked(43, "DK104", modes=ONCE)
def a_rule_that_does_not_exist(repo: Repo) -> None:
    put(repo, POLICY, f"{repo.read(POLICY)}severity: {{DK999: off}}\n")


@TABLE.blocked(43, "DK701", modes=ONCE)
def a_limit_that_is_raised_for_a_large_file(repo: Repo) -> None:
    edit(repo, POLICY, "max_size: 1 MB", "max_size: 2 MB")
    put(repo, "src/large.bin", b"\0" * 1_000_001)


@TABLE.blocked(43, "DK701", modes=ONCE)
def a_tier_that_is_only_recorded_from_now_on(repo: Repo) -> None:
    edit(repo, POLICY, "  raw: data/raw", "  raw: data/rare")
    edit(repo, POLICY, "  interim: data/interim", "  interim: data/raw")
    repo.git("rm", "--quiet", RECEIPT)


@TABLE.blocked(43, "DK701", modes=ONCE)
def a_catalogue_that_is_elsewhere_from_now_on(repo: Repo) -> None:
    edit(repo, POLICY, "catalog: catalog", "catalog: nowhere")
    take(repo, "grown", POINTER)


@TABLE.blocked(43, "DK703", modes=FEW)
def a_workflow_that_is_removed(repo: Repo) -> None:
    repo.git("rm", "--quiet", WORKFLOW)


@TABLE.blocked(43, "DK703", modes=ONCE)
def a_workflow_that_asks_nothing(repo: Repo) -> None:
    put(repo, WORKFLOW, repo.read(WORKFLOW).replace("datakit check", "echo"))


@TABLE.allowed(43)
def a_rule_that_is_switched_off_alone(repo: Repo) -> None:
    put(repo, POLICY, f"{repo.read(POLICY)}severity: {{DK102: off}}\n")


@TABLE.scenarios
def test_policy(attempt: Attempt) -> None:
    attempt.judged()


STILL = "    stages: [pre-commit, pre-merge-commit]\n    always_run: true\n"  # of the hook in the configuration
FORMS = {
    "emptied": lambda text: text[:0] + "repos: []\n",
    "excluded": lambda text: f"{text}exclude: .\n",
    "by hand only": lambda text: text.replace(STILL, "    stages: [manual]\n"),
    "with another hook of its name": lambda text: re.sub(r"(?s)entry: \|.*", 'entry: "true"\n', text),
    "removed": None,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("manager", MANAGERS[1:])
def test_row_43_a_configuration_that_asks_nothing(
    shelves: Callable[[str, bool], Path], tmp_path: Path, manager: str, form: str
) -> None:
    repo = with_remote(shelves(manager, False), tmp_path).repo
    take(repo, "grown", POINTER)
    change = FORMS[form]
    if change is None:
        repo.git("rm", "--quiet", CONFIG)
    else:
        before = repo.read(CONFIG)
        put(repo, CONFIG, change(before))
        assert repo.read(CONFIG) != before
    done = repo.try_git("commit", "--quiet", "-m", "step")
    if form == "excluded":
        assert errors(done) == {"DK102"}  # the hook is asked of every commit, whatever the files are
    elif form in {"emptied", "removed"} and done.code:  # the manager itself will not have it
        assert repo.git("rev-parse", "HEAD") == repo.git("rev-parse", "origin/main")
    else:
        assert done.code == 0, done
        arrives(repo, ("DK102", "DK703"))

"""Whether a repository's files ask datakit: what counts, what does not, and what cannot be read as YAML."""

from __future__ import annotations

import pytest

from datakit.formats import doors, precommit
from datakit.verbs.scaffold import templates

WRITTEN = precommit.merge(None, "python -m datakit.hooks pre-commit\n", ["*.dvc"])
BOTH = frozenset({"pre-commit", "pre-merge-commit"})
REMOTE = b"repos:\n- repo: https://example.org/datakit\n  rev: v1\n  hooks:\n  - id: datakit-check\n"
FLOW = templates.render("workflow.yml")


def test_what_init_writes_asks() -> None:
    assert doors.guarded(WRITTEN) == BOTH
    assert doors.asks(FLOW, "datakit.yml")


def test_a_hook_from_a_repository_of_hooks_asks() -> None:
    assert doors.guarded(REMOTE) == {"pre-commit"}  # what pre-commit installs unless it is told otherwise
    assert doors.guarded(b"default_install_hook_types: [pre-merge-commit, pre-commit]\n" + REMOTE) == BOTH


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ("    stages: [pre-commit, pre-merge-commit]\n", "    stages: [manual]\n", set()),
        ("    stages: [pre-commit, pre-merge-commit]\n", "    stages: [commit]\n", {"pre-commit"}),
        ("    always_run: true\n", "    always_run: false\n", set()),
        ("    always_run: true\n", "    files: ^$\n", set()),
        ("python -m datakit.hooks pre-commit", "exit 0", set()),
        ("  - id: datakit\n", "  - id: other\n", set()),
        ("default_install_hook_types: [pre-commit, pre-merge-commit]", "default_install_hook_types: [pre-push]", set()),
        ("repos:\n", "exclude: .*\nrepos:\n", BOTH),  # pre-commit runs what always runs all the same
        ("repos:\n", "ci: {skip: [datakit]}\nrepos:\n", BOTH),  # a service that never had this hook's Python
        ("repos:\n", "default_stages: [manual]\nrepos:\n", BOTH),
    ],
)
def test_what_an_edit_of_the_configuration_leaves(old: str, new: str, left: set[str]) -> None:
    assert old in WRITTEN.decode()
    assert doors.guarded(WRITTEN.decode().replace(old, new).encode()) == left


@pytest.mark.parametrize("data", [b"", b"repos: []\n", b"[]\n", b"repos: none\n", b"repos: [1, {hooks: 2}]\n"])
def test_nothing_asks(data: bytes) -> None:
    assert doors.guarded(data) == frozenset()
    assert not doors.asks(data, "ci.yml")


def test_what_is_written_with_anchors_is_searched_for_the_hook() -> None:
    assert doors.guarded(b"x: &a [1]\n" + WRITTEN) == BOTH
    assert doors.guarded(b"x: &a [1]\nrepos: [] # datakit\n") == frozenset()
    assert doors.asks(b"x: &a [1]\n" + FLOW, "ci.yml")
    assert not doors.asks(b"x: &a [1]\n# datakit check\n", "ci.yml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  push:\n  pull_request:\n", "  workflow_dispatch:\n"),
        ("    runs-on:", "    if: false\n    runs-on:"),
        ("    runs-on:", "    continue-on-error: true\n    runs-on:"),
        ("datakit check", "echo"),
        ("jobs:", "tasks:"),
    ],
)
def test_a_workflow_that_no_longer_judges(old: str, new: str) -> None:
    assert old in FLOW.decode()
    assert not doors.asks(FLOW.decode().replace(old, new).encode(), "datakit.yml")


@pytest.mark.parametrize("events", ["push", "[push]", "{pull_request: {branches: [main]}}", "merge_group"])
def test_events_that_bring_commits(events: str) -> None:
    flow = f"on: {events}\njobs: {{a: {{steps: [{{uses: x}}, {{run: datakit check --at HEAD}}]}}}}\n"
    assert doors.asks(flow.encode(), "ci.yml")


@pytest.mark.parametrize(
    "text",
    [
        b"repos: [{repo: local, hooks: [{id: [a]}, {id: datakit, entry: [a], always_run: {a: b}}]}]\n",
        b"repos: [{repo: [local], hooks: [{id: {a: b}}]}]\ndefault_stages: [[a]]\n",
    ],
)
def test_lists_in_the_place_of_words_say_nothing(text: bytes) -> None:
    assert doors.guarded(text) == frozenset()


@pytest.mark.parametrize(
    "step", ["if: [x]", "continue-on-error: {a: b}", "run: [datakit check]", "run: 'true # datakit check'"]
)
def test_a_step_that_does_not_say_so_does_not_ask(step: str) -> None:
    flow = f"on: push\njobs: {{a: {{steps: [{{{step if step.startswith('run') else f'{step}, run: x'}}}]}}}}\n"
    assert not doors.asks(flow.encode(), "ci.yml")

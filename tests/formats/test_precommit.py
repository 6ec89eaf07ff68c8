"""`.pre-commit-config.yaml`: what was there stays, what is missing is added once."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import precommit, roundtrip

SCRIPT = 'python=x\n"$python" -m y && exit\nexit 1\n'
PATHS = ("*.dvc", ':(literal)a "b" \\c', "catalog")


def merged(text: str) -> str:
    """Merge into a text and check that once is enough."""
    first = precommit.merge(text.encode(), SCRIPT, PATHS)
    assert precommit.merge(first, SCRIPT, PATHS) is first
    assert precommit.has_hook(first)
    tree = roundtrip.load(first, precommit.FILE)
    assert set(precommit.TYPES) <= set(tree["default_install_hook_types"])
    return first.decode()


def test_a_new_file_holds_one_hook_that_runs_the_script() -> None:
    """pre-commit splits `entry` as a shell does and appends `args`."""
    data = precommit.merge(None, SCRIPT, PATHS)
    (repo,) = roundtrip.load(data, precommit.FILE)["repos"]
    (hook,) = repo["hooks"]
    assert repo["repo"] == "local"
    assert shlex.split(hook["entry"]) == ["sh", "-c", f"\n{SCRIPT}", "datakit"]
    assert hook["args"] == list(PATHS)
    assert hook["stages"] == ["pre-commit", "pre-merge-commit"]
    assert (hook["language"], hook["always_run"], hook["pass_filenames"]) == ("system", True, False)


@pytest.mark.parametrize(
    "text",
    [
        "# See pre-commit.com\nrepos:\n  - repo: meta # why\n    hooks:\n      - id: identity\n  # tail\n\n# ci\nci: {}\n",
        "repos:\n-   repo: meta\n    hooks:\n    -   id: identity",
        "exclude: x\r\nrepos:\r\n- repo: meta\r\n  hooks: [{id: identity}]\r\n",
        "default_install_hook_types: [pre-push] # ours\nrepos:\n- repo: meta\n  hooks:\n  - id: identity\n",
        "default_install_hook_types: []\nrepos:\n- repo: meta\n  hooks:\n  - id: identity\n",
    ],
)
def test_lines_are_put_in_and_none_is_changed(text: str) -> None:
    """Indentation, line ends and comments of the user stay."""
    result = merged(text)
    ending = "\r\n" if "\r\n" in text else "\n"
    assert result.count("\r\n") == (result.count("\n") if ending == "\r\n" else 0)
    old = [line for line in text.splitlines() if "default_install_hook_types" not in line]
    kept = iter(result.splitlines())
    assert all(line in kept for line in old)  # in the old order


@pytest.mark.parametrize(
    "text",
    ["", "# only a comment\n", "repos: []\n", "repos: [{repo: meta, hooks: [{id: identity}]}] # flow\n", "fail_fast: true\n",
     "default_install_hook_types:\n- pre-push # ours\nrepos:\n- repo: meta\n  hooks:\n  - id: identity\n"],
)  # fmt: skip
def test_other_shapes_are_written_with_their_comments(text: str) -> None:
    """Where no line can be put in, the round-trip writer does it."""
    result = merged(text)
    assert [part for part in ("# only a comment", "# flow", "# ours") if part in text and part not in result] == []


@pytest.mark.parametrize("hook", ["datakit", "datakit-check"])
def test_a_hook_of_ours_is_not_added_twice(hook: str) -> None:
    """Whichever of the two ways the project chose."""
    text = f"default_install_hook_types: [pre-merge-commit, pre-commit]\nrepos:\n- repo: x\n  hooks:\n  - id: {hook}\n"
    assert precommit.merge(text.encode(), SCRIPT, PATHS) == text.encode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "is no configuration of pre-commit: expected a mapping with `repos`"),
        ("repos: x\n", "is no configuration of pre-commit: expected a list at `repos`"),
        (
            "default_install_hook_types: x\n",
            "is no configuration of pre-commit: expected a list at `default_install_hook_types`",
        ),
        ("repos: [\n", r"\.pre-commit-config\.yaml:2: is not YAML"),
        ("\xff", r"\.pre-commit-config\.yaml: is not YAML: is not UTF-8"),
    ],
)
def test_a_broken_file_is_refused(text: str, problem: str) -> None:
    """With its name, before anything is written."""
    with pytest.raises(InvalidRecord, match=problem):
        precommit.merge(text.encode("latin-1"), SCRIPT, PATHS)


_WORDS = st.text("abcxyz-_ .#'\"", min_size=1, max_size=12)
_HOOKS = st.lists(st.fixed_dictionaries({"id": _WORDS}, optional={"args": st.lists(_WORDS, max_size=2)}), max_size=2)
_CONFIGS = st.fixed_dictionaries(
    {"repos": st.lists(st.fixed_dictionaries({"repo": _WORDS, "hooks": _HOOKS}), max_size=3)},
    optional={"exclude": _WORDS, "default_install_hook_types": st.lists(st.sampled_from(["pre-push", "pre-commit"]))},
)


@settings(max_examples=30, deadline=None)
@given(_CONFIGS)
def test_everything_that_was_there_is_there(config: dict[str, object]) -> None:
    """Merging adds a repository and hook types, and changes nothing else."""
    tree = roundtrip.load(merged(roundtrip.dump(config).decode()).encode(), precommit.FILE)
    assert tree["repos"][:-1] == config.pop("repos")
    types = config.pop("default_install_hook_types", [])
    assert tree["default_install_hook_types"][: len(types)] == types  # type: ignore[arg-type]  # a list, as drawn
    assert {key: tree[key] for key in config} == config

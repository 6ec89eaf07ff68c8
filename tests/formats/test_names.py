"""Names of datasets: what is refused and why, what is offered instead, references."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml as pyyaml
from gto.constants import name_re
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from datakit.errors import UsageError
from datakit.formats import names

GRAMMAR = "a name is lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit"
AS_YAML = "YAML would read it as something else than a text"

valid = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=64).filter(
    lambda text: names.problem(text) is None
)


@pytest.mark.parametrize(
    "name", ["a", "0a", "reviews", "reviews-2024", "a_b", "a--b", "x" * 64, "e10", "1e", "com10", "dvc"]
)
def test_names_that_will_do(name: str) -> None:
    assert names.problem(name) is None
    assert names.check(name) == name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "a name cannot be empty"),
        ("x" * 65, "a name has at most 64 characters, this one has 65"),
        *((bad, GRAMMAR) for bad in ("A", "a b", "-a", "a-", "_a", "a_", "a.b", "a/b", "..", "é", "a\n", "a@b", "-", "ａ", "a\0")),
        *((word, AS_YAML) for word in ("no", "yes", "on", "off", "true", "false", "null", "y", "n")),
        *((number, AS_YAML) for number in ("2024", "0", "1_000", "1e5", "0x1f", "0o17", "0b11")),
        *((device, "Windows cannot have a folder of that name") for device in ("con", "prn", "aux", "nul", "com1", "lpt9", "com0")),
    ],
)  # fmt: skip
def test_names_that_will_not(name: str, problem: str) -> None:
    assert names.problem(name) == problem
    with pytest.raises(UsageError) as caught:
        names.check(name)
    assert caught.value.message == f"`{name}` cannot name a dataset: {problem}"
    assert caught.value.hint == f"`{names.suggest(name)}` would do"
    assert caught.value.exit_code == 2


def test_no_split_is_called_like_dvcs_pipeline() -> None:
    assert names.split_problem("dvc") == "DVC would take `splits/dvc.yaml` for a pipeline"
    assert names.split_problem("default") is None
    assert names.split_problem("No") == GRAMMAR


@settings(max_examples=60, deadline=None)
@given(valid)
def test_every_name_is_the_same_text_in_every_yaml_and_an_artifact_of_gto(name: str) -> None:
    for document in (f"{name}: {name}\n", f"{{{name}: {name}}}\n"):
        assert pyyaml.safe_load(document) == {name: name}
        assert YAML(typ="safe").load(document) == {name: name}
    assert name_re.fullmatch(name)


def test_every_name_is_a_branch_of_git(tmp_path: Path) -> None:
    for name in ("a", "reviews-2024", "a_b", "a--b", "x" * 64):
        done = subprocess.run(["git", "check-ref-format", f"refs/tags/{name}@v1.2.0"], check=False)
        assert done.returncode == 0, name


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=100))
def test_what_is_suggested_is_always_a_name(text: str) -> None:
    assert names.problem(names.suggest(text)) is None


@settings(max_examples=60, deadline=None)
@given(valid)
def test_a_name_is_suggested_as_itself(name: str) -> None:
    assert names.suggest(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("data/raw/My Reviews (2024).csv", "my-reviews-2024"),
        ("a.tar.gz", "a"),
        (".hidden", "hidden"),
        ("données.csv", "donnees"),
        ("日本", "dataset"),
        ("2024.csv", "2024-data"),
        ("con", "con-data"),
        ("x" * 80, "x" * 64),
    ],
)
def test_suggestions(text: str, name: str) -> None:
    assert names.suggest(text) == name


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("reviews", "reviews", None),
        ("reviews@latest", "reviews", "latest"),
        ("reviews@^1.2", "reviews", "^1.2"),
        ("reviews@HEAD@{1}", "reviews", "HEAD@{1}"),
    ],
)
def test_references(text: str, name: str, version: str | None) -> None:
    reference = names.reference(text)
    assert reference == names.Reference(name, version)
    assert str(reference) == text


def test_a_reference_names_something() -> None:
    with pytest.raises(UsageError) as caught:
        names.reference("reviews@")
    assert caught.value.message == "`reviews@` ends with `@` but names no version"
    assert caught.value.hint == "`reviews` alone means the working tree"
    with pytest.raises(UsageError, match="cannot name a dataset"):
        names.reference("@v1.0.0")


@pytest.mark.parametrize(
    ("text", "split", "part"),
    [("train", None, "train"), ("cv1/train", "cv1", "train"), ("default/excluded", "default", "excluded")],
)
def test_references_to_parts(text: str, split: str | None, part: str) -> None:
    assert names.part_reference(text) == names.PartReference(split, part)


@pytest.mark.parametrize("text", ["", "/", "/train", "cv1/", "a/b/c", "/a/b", "a//b"])
def test_a_reference_to_a_part_has_one_or_two_words(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        names.part_reference(text)
    assert caught.value.message == f"`{text}` names no part of a split"
    assert caught.value.hint == "write `PART` or `SPLIT/PART`: `train`, `cv1/train`"

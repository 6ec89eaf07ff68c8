"""Ignore rules around a dataset; test_add_places.py holds them against what DVC writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import EnvironmentProblem
from datakit.repo import project as projects
from datakit.steps import ignoring
from tests.support.repo import Repo


@pytest.mark.parametrize(
    ("path", "rules", "expected"),
    [
        ("data/raw/x.csv", {}, None),
        ("models/m.bin", {}, "models/.gitignore"),
        ("m.bin", {}, ".gitignore"),
        ("models/m.bin", {"models/.gitignore": "*.bin\n"}, None),
        ("models/m.bin", {"models/.gitignore": "/m.bin\n"}, "models/.gitignore"),
        ("models/m.bin", {".gitignore": "/m.bin\n"}, "models/.gitignore"),
        ("models/m.bin", {".gitignore": "*.bin\n!models/m.bin\n"}, "models/.gitignore"),
    ],
)
def test_which_file_gains_a_line(project: Repo, path: str, rules: dict[str, str], expected: str | None) -> None:
    project.write({path: "x", **rules})
    where = projects.find(project.path)
    assert ignoring.rule_for(where, path, f"{path}.dvc", where.room("m")) == expected


def test_a_hidden_pointer_names_the_rule(project: Repo) -> None:
    project.write({"models/m.bin": "x", "models/.gitignore": "\n/*\n"})
    where = projects.find(project.path)
    with pytest.raises(EnvironmentProblem) as caught:
        ignoring.rule_for(where, "models/m.bin", "models/m.bin.dvc", where.room("m"))
    assert caught.value.message == "`models/m.bin.dvc` is hidden from Git by the rule `/*` in models/.gitignore:2"


@given(st.binary(max_size=20), st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8))
def test_a_line_is_added_once_and_nothing_is_lost(data: bytes, name: str) -> None:
    once = ignoring.put(data, f"models/{name}")
    assert once.startswith(data)
    assert ignoring.put(once, f"models/{name}") == once
    assert once.endswith(b"\n") or once == data


def test_git_understands_every_line(project: Repo) -> None:
    odd = [
        "a b",
        "a  ",
        " a",
        "#a",
        "!a",
        "[a]",
        "a*",
        "a?",
        "\\a",
        "a\\",
        "ü",
        "'a'",
        '"a"',
        "-a",
        "a\tb",
        "a\nb",
        "a\r",
    ]
    lines = b""
    for name in odd:
        lines = ignoring.put(lines, f"models/{name}")
    project.write({f"models/{name}": "x" for name in odd})
    project.write({"models/.gitignore": lines, "models/ab": "x"})
    project.git("add", "--all")
    assert project.git("ls-files", "models").splitlines() == ["models/.gitignore", "models/ab"]

"""Findings and rules: their defaults, and that findings sort by place."""

from __future__ import annotations

import shlex

from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.finding import Finding, Rule, command


def test_a_finding_blocks_unless_said_otherwise() -> None:
    assert Finding("a.dvc", "DK101", "no record") == ("a.dvc", "DK101", "no record", "", "", "error", None, "")
    assert Rule("DK101", "t", "r", "f", "p", "m").level == "error"


def test_findings_sort_by_path_then_code() -> None:
    found = [
        Finding("b", "DK101", "x"),
        Finding("a", "DK201", "x"),
        Finding("a", "DK102", "y"),
        Finding("a", "DK102", "x"),
    ]
    assert [(f.path, f.code, f.message) for f in sorted(found)] == [
        ("a", "DK102", "x"), ("a", "DK102", "y"), ("a", "DK201", "x"), ("b", "DK101", "x"),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1).filter(lambda path: "\0" not in path), max_size=3))
def test_a_command_names_its_paths_and_nothing_else(paths: list[str]) -> None:
    words = shlex.split(command("datakit add", *paths))
    assert words[:2] == ["datakit", "add"]
    assert [
        word.removeprefix("./") if path.startswith("-") else word for word, path in zip(words[2:], paths, strict=True)
    ] == paths
    assert not any(word.startswith("-") for word in words)

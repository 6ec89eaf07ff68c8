"""Findings and rules: their defaults, and that findings sort by place."""

from __future__ import annotations

from datakit.formats.finding import Finding, Rule


def test_a_finding_blocks_unless_said_otherwise() -> None:
    assert Finding("a.dvc", "DK101", "no record") == ("a.dvc", "DK101", "no record", "", "", "error")
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

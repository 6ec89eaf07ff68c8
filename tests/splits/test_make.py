"""The work of `split`: record and report, and parts that are sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import UsageError
from datakit.formats import split as splits
from datakit.formats.recipe import Recipe
from tests.support.splits import TWO, Row, grown, made, written

ROWS: list[Row] = [(i, f"p{i}", f"t{i}", "x", 0) for i in range(40)]


def test_the_record_says_what_was_split_and_reads_back(tmp_path: Path) -> None:
    recipe = Recipe(TWO, ("id",), group=("who",), salt="s")
    record = made(tmp_path, written(tmp_path, ROWS), recipe).record
    assert (record.name, record.split, record.md5, record.sha256, record.datakit) == (
        "t",
        "default",
        "0" * 32,
        "0" * 64,
        "0.1.0",
    )
    assert record.recipe == recipe
    assert splits.read(splits.dump(record), "x") == record


def test_a_sealed_part_does_not_change(tmp_path: Path) -> None:
    before = made(tmp_path, written(tmp_path, ROWS), Recipe(TWO, ("id",)))
    sealed = before._replace(record=before.record._replace(sealed={"test": "benchmark"}))
    same = grown(tmp_path, written(tmp_path, ROWS), sealed)
    assert same.record.sealed == {"test": "benchmark"}
    more: list[Row] = [(i, f"p{i}", f"t{i}", "x", 0) for i in range(100)]
    with pytest.raises(UsageError) as caught:
        grown(tmp_path, written(tmp_path, more), sealed)
    rows = f"{before.report.parts['test']} -> {grown(tmp_path, written(tmp_path, more), before).report.parts['test']}"
    assert caught.value.message == (
        f"part `test` of split `default` of `t` is sealed (benchmark) and would change: rows {rows}"
    )
    assert caught.value.hint == "make another split beside it, or unseal the part with a reason"

"""Edits of a `.dvc` file: one fact changes, every other byte stays."""

from __future__ import annotations

import pytest

from datakit.errors import InvalidRecord
from datakit.formats import pointer_edit

TWO = (
    b"# ours\nouts:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  path: raw/a.csv # first\n- path: raw/b.csv\n  desc: x\n"
)


def test_rename_keeps_what_else_meta_says() -> None:
    data = b"outs:\n- path: a\n  meta:\n    mine: 1\n    datakit: a\n"
    assert pointer_edit.rename(data, "a.dvc", "a", "b") == data.replace(b"datakit: a", b"datakit: b")
    assert pointer_edit.rename(data, "a.dvc", "a", "a") == data
    assert pointer_edit.rename(TWO, "x.dvc", "raw/b.csv", "b") == TWO + b"  meta:\n    datakit: b\n"


def test_move_inside_of_the_file_and_beside_it() -> None:
    moved = pointer_edit.move(TWO, "data/x.dvc", "raw/b.csv", "models/b.csv", beside=False)
    assert moved == TWO.replace(b"raw/b.csv", b"../models/b.csv")
    there = pointer_edit.move(
        b"wdir: raw\nouts:\n- path: a.csv\n", "data/x.dvc", "a.csv", "data/new/a.csv", beside=False
    )
    assert there == b"wdir: raw\nouts:\n- path: ../new/a.csv\n"


def test_drop_leaves_the_others() -> None:
    assert pointer_edit.drop(TWO, "x.dvc", "raw/b.csv") == TWO.partition(b"- path: raw/b")[0]
    assert pointer_edit.drop(b"outs:\n- path: a\n", "a.dvc", "a") is None


def test_an_out_that_is_not_there() -> None:
    with pytest.raises(InvalidRecord, match="has no out `c`"):
        pointer_edit.drop(TWO, "x.dvc", "c")

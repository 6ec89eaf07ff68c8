"""DK601: Git holds no data."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats.finding import Finding
from tests.support.rooms import repository, room
from tests.support.trees import judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
BIG = b"x" * 1_000_001


def test_dk601_a_file_in_a_data_folder() -> None:
    # Scenarios 19, 20, 22: whatever it is, and however it came past .gitignore.
    for data in (
        b"a,b\n1,2\n",
        b"",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        ("120000", b"/etc/passwd"),
    ):
        assert judged(EMPTY, {**EMPTY, "data/raw/reviews.csv": data}) == (
            Finding(
                "data/raw/reviews.csv",
                "DK601",
                "it lies in `data/raw/`, where DVC keeps the data",
                "git rm --cached -- data/raw/reviews.csv, then datakit add data/raw/reviews.csv",
            ),
        )


def test_dk601_a_file_of_a_folder_that_is_recorded_as_a_whole() -> None:
    whole = {**EMPTY, "data/raw/photos.dvc": b"outs: []\n"}
    (finding,) = judged(whole, {**whole, "data/raw/photos/cat/1.png": b"1"})
    assert finding.hint == "git rm --cached -- data/raw/photos/cat/1.png, then datakit add data/raw/photos"


def test_dk601_a_large_file_anywhere() -> None:
    assert judged(EMPTY, {**EMPTY, "notes.txt": BIG, "small.txt": BIG[1:]}) == (
        Finding(
            "notes.txt",
            "DK601",
            "it is 1,000,001 bytes, the policy allows 1,000,000 in Git",
            "git rm --cached -- notes.txt, then datakit add notes.txt",
        ),
    )


def test_dk601_a_hint_can_be_pasted_whatever_the_name_is() -> None:
    for path, quoted in (
        ("data/raw/a b.csv", "'data/raw/a b.csv'"),
        ("data/raw/$(rm x);y", "'data/raw/$(rm x);y'"),
        ("data/raw/'q'", """'data/raw/'"'"'q'"'"''"""),
    ):
        (finding,) = judged(EMPTY, {**EMPTY, path: b"1"})
        assert finding.hint == f"git rm --cached -- {quoted}, then datakit add {quoted}"


@pytest.mark.parametrize(
    "name", [".gitignore", ".gitkeep", ".gitattributes", "README.md", "deep/.gitignore", "dvc.yaml"]
)
def test_dk601_what_belongs_beside_data(name: str) -> None:
    assert judged(EMPTY, {**EMPTY, f"data/raw/{name}": b""}) == ()


def test_dk601_a_pointer_of_absurd_size_is_no_pointer() -> None:
    found = judged(EMPTY, {**EMPTY, "data/raw/x.csv.dvc": BIG})
    assert ("DK601", "it is 1,000,001 bytes, the policy allows 1,000,000 in Git") in {
        (f.code, f.message) for f in found
    }


def test_dk601_what_was_there_before_and_what_goes() -> None:
    old = {**EMPTY, "data/raw/old.csv": b"1", "big": BIG}
    assert judged(old, {**old, "src/a.py": b""}) == ()
    assert judged(old, EMPTY) == ()
    assert [f.path for f in judged(old, {**old, "data/raw/old.csv": b"2", "big": BIG + b"y"})] == [
        "big",
        "data/raw/old.csv",
    ]


def test_dk601_another_repository_is_not_measured() -> None:
    assert judged(EMPTY, {**EMPTY, "vendored": ("160000", b"")}) == ()


def test_dk601_other_folders_and_other_limits() -> None:
    policy = b"data: {raw: input}\ngit: {max_size: 20 KB}\n"
    found = judged({}, {"datakit.yaml": policy, "input/x": b"1", "data/raw/y": b"1", "z": b"x" * 20_001})
    assert [f.path for f in found] == ["input/x", "z"]


def test_severities() -> None:
    levels = []
    for level in ("error", "warn", "off"):
        found = judged({}, {"datakit.yaml": f"severity: {{DK601: {level}}}\n", "data/raw/x": b"1"})
        levels.append([f.level for f in found])
    assert levels == [["error"], ["warn"], []]


def test_datasets_need_not_fear_it() -> None:
    assert judged(EMPTY, repository(room())) == ()


def test_dk601_another_repository_in_a_data_folder() -> None:
    found = judged(EMPTY, {**EMPTY, "data/raw/inner": ("160000", b"")})
    assert [(f.path, f.code, f.message) for f in found] == [
        ("data/raw/inner", "DK601", "it lies in `data/raw/`, where DVC keeps the data")
    ]

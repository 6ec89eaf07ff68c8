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
    # Scenarios 19 and 20: whatever it is, and however it came past .gitignore; links and pointers have a rule of their own.
    for data in (b"a,b\n1,2\n", b"", b"PAR1", b"version https://git-lfs.github.com/spec/v1 is how they begin\n"):
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


PARQUET = b"PAR1" + bytes(20_000)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(400_000)


def test_dk601_a_format_of_data_outside_the_data_folders() -> None:
    assert judged(EMPTY, {**EMPTY, "notebooks/scores.bin": PARQUET}) == (
        Finding(
            "notebooks/scores.bin",
            "DK601",
            "it is a Parquet file of 20,004 bytes, the policy allows 10,000 of such data in Git",
            "git rm --cached -- notebooks/scores.bin, then datakit add notebooks/scores.bin; or, if it belongs to the code, "
            "commit `git: {allow: [notebooks/scores.bin]}` in datakit.yaml first",
        ),
    )


def test_dk601_data_under_a_name_of_text() -> None:
    # Scenario 21.
    for name, data, what in (
        ("notes.txt", PARQUET[:50], "a Parquet file"),
        ("a.md", b"PK\x03\x04" + bytes(40), "a ZIP archive"),
    ):
        (finding,) = judged(EMPTY, {**EMPTY, name: data})
        assert finding.message == f"its name says text and its bytes say {what}"


def test_dk601_what_the_policy_allows() -> None:
    files = {
        "tests/data/x.parquet": PARQUET,
        "docs/a.npy": b"\x93NUMPY" + bytes(50_000),
        "src/x.csv": b"a\n" * 40_000,
        "src/a.png": PICTURE,
    }
    assert judged(EMPTY, EMPTY | files) == ()
    strict = {"datakit.yaml": b"git: {allow: [docs/**], max_table: 50 KB}\n"}
    assert [f.path for f in judged(strict, strict | files)] == ["src/x.csv", "tests/data/x.parquet"]
    own = {"datakit.yaml": b"git: {max_data: 30 KB}\n"}
    assert judged(own, {**own, "a.parquet": PARQUET}) == ()


def test_dk601_a_change_that_allows_what_it_brings() -> None:
    allowed = {"datakit.yaml": b"git: {allow: ['*.parquet']}\n", "a.parquet": PARQUET}
    assert [(f.path, f.code) for f in judged(EMPTY, allowed)] == [("datakit.yaml", "DK701")]
    assert judged({"datakit.yaml": allowed["datakit.yaml"]}, allowed) == ()


def test_dk601_many_pictures_are_data_together() -> None:
    photos = {f"photos/{kind}/{n}.png": PICTURE for kind in ("cat", "dog") for n in range(13)}
    (finding,) = judged(EMPTY, EMPTY | photos)
    assert (finding.path, finding.code) == ("photos", "DK601")
    assert finding.message == (
        "26 new files of it are pictures or data, together 10,400,208 bytes; one change may bring 10,000,000"
    )
    assert finding.hint == (
        "git rm -r --cached -- photos, then datakit add photos; or, if it belongs to the code, commit "
        "`git: {allow: [photos/**]}` in datakit.yaml first"
    )
    assert judged(EMPTY | photos, EMPTY | photos | {"photos/1.png": PICTURE}) == ()
    assert judged(EMPTY, EMPTY | {f"docs/{path}": data for path, data in photos.items()}) == ()
    assert judged(EMPTY, EMPTY | {f"{n}/a.png": PICTURE for n in range(30)}) == ()


def test_dk601_an_old_file_is_read_from_the_size_from_which_the_hook_looks_at_it() -> None:
    old = {**EMPTY, "a.txt": b"text"}
    assert judged(old, {**old, "a.txt": PARQUET[:10_000]}) == ()
    assert [f.path for f in judged(old, {**old, "a.txt": PARQUET})] == ["a.txt"]


def test_dk601_a_membership_in_git() -> None:
    files = repository(room()) | {"catalog/reviews/splits/default.parquet": PARQUET}
    assert "catalog/reviews/splits/default.parquet" in [f.path for f in judged(EMPTY, files) if f.code == "DK601"]

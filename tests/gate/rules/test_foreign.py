"""DK602: links, other repositories and other tools' pointers where data or records belong."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats.finding import Finding
from tests.support.rooms import repository, room
from tests.support.trees import judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
FULL = repository(room())
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n"
ANNEX = b"../../.git/annex/objects/Kj/0w/SHA256E-s12--4d7a.csv/SHA256E-s12--4d7a.csv"
LINK, INNER = "120000", "160000"


def found(files: dict[str, Any], before: dict[str, Any] = EMPTY) -> list[tuple[str, str]]:
    """Return paths and messages of the DK602 of a change."""
    return [(item.path, item.message) for item in judged(before, files) if item.code == "DK602"]


def test_dk602_a_pointer_of_git_lfs_instead_of_data() -> None:
    # Scenario 22; `datakit add` alone would record the pointer's own bytes.
    assert judged(EMPTY, {**EMPTY, "data/raw/a b.csv": LFS}) == (
        Finding(
            "data/raw/a b.csv",
            "DK602",
            "it is a pointer of Git LFS, which DVC knows nothing of",
            "git lfs pull --include 'data/raw/a b.csv', git rm --cached -- 'data/raw/a b.csv', take its `filter=` out of "
            ".gitattributes, then datakit add 'data/raw/a b.csv'",
        ),
    )


@pytest.mark.parametrize("content", [(LINK, ANNEX), b"/annex/objects/SHA256E-s12--4d7a.csv\n"])
def test_dk602_git_annex(content: Any) -> None:
    (finding,) = judged(EMPTY, {**EMPTY, "data/raw/a.csv": content})
    assert finding.message == "it is a pointer of git-annex, which DVC knows nothing of"
    assert finding.hint == (
        "git annex get -- data/raw/a.csv, git annex unannex -- data/raw/a.csv, take its `filter=` out of .gitattributes, "
        "then datakit add data/raw/a.csv"
    )


def test_dk602_a_file_that_became_a_link() -> None:
    # Scenario 26.
    (finding,) = judged({**EMPTY, "data/raw/x.csv": b"1"}, {**EMPTY, "data/raw/x.csv": (LINK, b"/etc/passwd")})
    assert finding == Finding(
        "data/raw/x.csv",
        "DK602",
        "it is a link to `/etc/passwd`, and links are followed to neither data nor records",
        "git rm --cached -- data/raw/x.csv, put what it leads to in its place, then datakit add data/raw/x.csv",
    )


def test_dk602_a_folder_above_tracked_data_that_became_a_link() -> None:
    # Scenario 27.
    for path in ("data", "data/raw"):
        linked = {name: data for name, data in FULL.items() if not name.startswith(f"{path}/")} | {
            path: (LINK, b"/srv")
        }
        assert (path, "it is a link to `/srv`, and links are followed to neither data nor records") in found(
            linked, FULL
        )
    models = {**EMPTY, "models/m.bin.dvc": b"outs:\n- path: m.bin\n"}
    assert [path for path, _ in found({**EMPTY, "models": (LINK, b"/srv")}, models)] == ["models"]


def test_dk602_another_repository() -> None:
    # Scenario 28.
    (finding,) = judged(EMPTY, {**EMPTY, "data/raw/inner": (INNER, b"")})
    assert finding == Finding(
        "data/raw/inner",
        "DK602",
        "it is another repository, whose files are neither in this one nor in DVC",
        "git rm --cached -- data/raw/inner, move its files here without their `.git`, then datakit add data/raw/inner",
    )


@pytest.mark.parametrize("mode", [LINK, INNER])
@pytest.mark.parametrize(
    "path",
    ["data/raw/x.csv", "data/interim/deep/x", "data/raw", "data", "catalog", "catalog/bees", "catalog/reviews/README.md", "datakit.yaml",
     "dvc.yaml", "models/m.bin.dvc", "dvc.lock", ".dvc", ".dvc/config", ".datakit"],
)  # fmt: skip
def test_dk602_wherever_data_or_records_belong(path: str, mode: str) -> None:
    base = {**EMPTY, "catalog/.gitkeep": b""}
    assert [name for name, _ in found({**base, path: (mode, b"../elsewhere")}, base)] == (
        [path] if path != "datakit.yaml" else []
    )


def test_dk602_a_link_beside_a_pointer_to_data_elsewhere() -> None:
    base = {**EMPTY, "models/m.dvc": b"outs:\n- path: m\n"}
    assert [path for path, _ in found({**base, "models/m": (LINK, b"/srv/m")}, base)] == ["models/m"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("docs/latest", (LINK, b"v2")), ("vendored", (INNER, b"")), ("src/data", (LINK, b"../data")), ("AGENTS.md", (LINK, b"README.md")),
        ("assets/logo.psd", LFS), ("catalogue", (LINK, b"catalog")), ("database", (LINK, b"x")), ("notes/lfs.md", b"# " + LFS),
        ("data/README.md", b"# Data"), ("data/raw/README.md", b"# See `version https://git-lfs.github.com/spec/v1`"),
    ],
)  # fmt: skip
def test_dk602_what_is_no_business_of_data(path: str, content: Any) -> None:
    assert judged(EMPTY, {**EMPTY, path: content}) == ()


def test_dk602_a_record_that_git_lfs_took() -> None:
    pointer = "data/raw/reviews.csv.dvc"
    assert (pointer, "it is a pointer of Git LFS, which DVC knows nothing of, in place of a record") in found(
        {**FULL, pointer: LFS}, FULL
    )
    finding = next(f for f in judged(FULL, {**FULL, "catalog/reviews/manifest.json": LFS}) if f.code == "DK602")
    assert finding.hint == (
        "take the `filter=` that matches it out of .gitattributes, then git add --renormalize -- catalog/reviews/manifest.json"
    )


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".gitattributes", "data/** filter=lfs diff=lfs merge=lfs -text"), (".gitattributes", "/data/raw/*.csv filter=lfs"),
        (".gitattributes", "data/raw/x.csv text filter=lfs"), (".gitattributes", '"data/raw/a b.csv" filter=lfs'), (".gitattributes", "* filter=annex"),
        (".gitattributes", "catalog/** filter=lfs"), (".gitattributes", "*.dvc filter=lfs"), ("data/.gitattributes", "raw/** filter=lfs"),
        ("data/raw/.gitattributes", "*.csv filter=lfs"),
    ],
)  # fmt: skip
def test_dk602_a_filter_over_data(path: str, line: str) -> None:
    (finding,) = judged(EMPTY, {**EMPTY, path: f"# ours\n{line}\n"})
    pattern = line.partition(" filter")[0].removesuffix(" text").strip('"')
    tool = "git-annex" if "annex" in line else "Git LFS"
    assert finding == Finding(
        path,
        "DK602",
        f"`{pattern}` gives data and records to {tool}, and DVC's pointers with them",
        f"take line 2 out of {path}, then git add --renormalize .",
        line=2,
    )


@pytest.mark.parametrize(
    "line",
    ["*.png filter=lfs diff=lfs", "*.csv filter=lfs", "docs/** filter=lfs", "data-old/** filter=lfs", "# data/** filter=lfs", "data/** -text",
     "data/** filter=lfs-like", "* text=auto", "", "assets/*.psd filter=lfs", "tests/data/** filter=lfs"],
)  # fmt: skip
def test_dk602_filters_over_something_else(line: str) -> None:
    assert judged(EMPTY, {**EMPTY, ".gitattributes": f"{line}\n"}) == ()


def test_dk602_what_was_there_before() -> None:
    old = {**EMPTY, "data/raw/x": (LINK, b"y"), ".gitattributes": b"data/** filter=lfs\n"}
    assert judged(old, {**old, "a.py": b""}) == ()
    assert judged(old, EMPTY) == ()

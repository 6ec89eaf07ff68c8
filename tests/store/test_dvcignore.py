"""`.dvcignore`: the same paths are left out as by DVC's own filter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.store import dvcignore
from tests.support.repo import Repo

PATTERNS = [
    "*.tmp", "!keep.tmp", "logs/", "/d/anchored", "x/inner", "**/deep/**", "a?c", "[bc].txt", r"\!bang", r"\#hash", "# comment",
    "", "   ", "trailing  ", "only/*", "!only/this", "!.git/", "dir", "/*.csv", "a/**/z",
]  # fmt: skip
NAMES = [
    "a.tmp", "keep.tmp", "logs", "anchored", "inner", "deep", "abc", "b.txt", "d.txt", "!bang", "#hash", "trailing", "this", "that",
    ".git", "dir", "x.csv", "z", "only", "x", "d", "a",
]  # fmt: skip
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)


def ours(root: Path, path: str) -> bool:
    """Tell whether a file is left out, by itself or by a folder above it."""
    ignored = dvcignore.read(root, root / "d/target")
    parts = path.split("/")
    return any(ignored("/".join(parts[:count]), count < len(parts)) for count in range(1, len(parts) + 1))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(PATTERNS), max_size=4),
    st.lists(st.sampled_from(PATTERNS), max_size=3),
    st.lists(paths, min_size=4, max_size=12),
)
def test_as_dvc(tmp_path: Path, top: list[str], below: list[str], names: list[str]) -> None:
    from dvc.fs import localfs
    from dvc.ignore import DvcIgnoreFilter

    (tmp_path / "d").mkdir(exist_ok=True)
    (tmp_path / ".dvcignore").write_text("\n".join(top))
    (tmp_path / "d/.dvcignore").write_text("\n".join(below))
    theirs = DvcIgnoreFilter(localfs, str(tmp_path))
    for name in names:
        path = f"d/{name}"
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts))]
        expected = any(theirs.is_ignored_dir(str(tmp_path / folder)) for folder in above) or theirs.is_ignored_file(
            str(tmp_path / path)
        )
        assert ours(tmp_path, path) == expected, (path, top, below)


def test_without_any_file_only_what_is_private_is_left_out(tmp_path: Path) -> None:
    assert [ours(tmp_path, path) for path in (".git/x", "d/.dvc/x", "d/.hg/x", "d/.dvcx", "d/x", ".dvc")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_a_deeper_file_takes_back(repo: Repo) -> None:
    repo.write({".dvcignore": "*.log\n", "d/.dvcignore": "!kept.log\n"})
    assert (ours(repo.path, "d/kept.log"), ours(repo.path, "d/x.log"), ours(repo.path, "kept.log")) == (
        False, True, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ok\n\xff", "{}: byte 3 is not UTF-8"),
        (b"ok\n!\n", "{}:2: `!` is not a pattern"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / ".dvcignore").write_bytes(data)
    with pytest.raises(InvalidRecord) as caught:
        dvcignore.read(tmp_path, tmp_path / "x")
    assert caught.value.message == message.format(tmp_path / ".dvcignore")

"""Files that are computed: built out of sight, given their name once, never over another file unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.store import derived
from datakit.store.hashing import hash_file


def built(folder: Path, target: Path, data: bytes, *, replace: bool = False, root: Path | None = None) -> bool:
    """Build a file and place it."""
    with derived.building(folder, target.name) as path:
        assert path.name == target.name
        path.write_bytes(data)
        return derived.place(path, hash_file(path), target, root=root or folder, replace=replace)


def names(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_then_the_same(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    assert built(tmp_path, target, b"one")
    before = target.stat()
    assert not built(tmp_path, target, b"one", replace=True)
    assert (target.stat(), names(tmp_path)) == (before, ["a.parquet"])


def test_another_file_gives_way_only_where_it_may(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    target.write_bytes(b"old")
    target.chmod(0o640)
    with pytest.raises(EnvironmentProblem) as caught:
        built(tmp_path, target, b"new")
    assert caught.value.message == f"`{target}` is in the way"
    assert caught.value.hint == "choose an empty or new place, or replace what is there with `--force`"
    assert (target.read_bytes(), names(tmp_path)) == (b"old", ["a.parquet"])
    assert built(tmp_path, target, b"new", replace=True)
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)


def test_what_is_no_file_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    for name, kind in (("folder", "folder"), ("link", "symbolic link")):
        with pytest.raises(EnvironmentProblem, match=rf"cannot write `.*{name}`: it is a {kind}"):
            built(tmp_path, tmp_path / name, b"new", replace=True)
    assert names(tmp_path) == ["folder", "link"]


def test_never_outside(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(InvalidRecord, match="leads out of"):
        built(tmp_path, tmp_path / "a", b"new", root=tmp_path / "root")
    assert names(tmp_path) == ["root"]


def test_nothing_is_left_of_what_was_not_placed(tmp_path: Path) -> None:
    with derived.building(tmp_path, "a") as path:
        path.write_bytes(b"x")
    with pytest.raises(EnvironmentProblem, match="cannot write"):
        built(tmp_path, tmp_path / "a/b", b"x")
    assert names(tmp_path) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"cannot write `.*a`: it does not exist"):
        built(tmp_path / "none", tmp_path / "none/a", b"")


def test_the_hash_decides(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"abc")
    built_file = tmp_path / "built"
    built_file.write_bytes(b"abd")
    with pytest.raises(EnvironmentProblem, match="in the way"):
        derived.place(built_file, hash_file(built_file), target, root=tmp_path, replace=False)
    assert not derived.place(built_file, hash_file(target), target, root=tmp_path, replace=False)

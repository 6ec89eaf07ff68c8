"""Moving files together with the records that name them: all or nothing, and nothing is replaced."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from datakit.errors import EnvironmentProblem, InvalidRecord
from datakit.store import relocation
from datakit.store.relocation import Move

STATE = ".datakit"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file, a folder, a link and a record."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_text("x")
    (tmp_path / "a/folder").mkdir()
    (tmp_path / "a/folder/inner").write_text("y")
    (tmp_path / "a/link").symlink_to("/nowhere")
    (tmp_path / "record").write_text("old")
    return tmp_path


def moved(root: Path, *moves: Move) -> None:
    """Move and write the record."""
    with relocation.moved(root / STATE, root, moves, "record", b"new"):
        (root / "record").write_text("new")


def listed(root: Path) -> list[str]:
    """Return every path."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if STATE not in path.parts)


def test_files_folders_and_links_move(root: Path) -> None:
    inode = (root / "a/file").stat().st_ino
    moved(root, Move("a/file", "b/c/file"), Move("a/folder", "b/folder"), Move("a/link", "b/link"))
    assert listed(root) == ["a", "b", "b/c", "b/c/file", "b/folder", "b/folder/inner", "b/link", "record"]
    assert (root / "b/c/file").stat().st_ino == inode
    assert (root / "b/link").is_symlink()
    assert not relocation.pending(root / STATE)


def test_what_fails_is_taken_back(root: Path) -> None:
    before = listed(root)
    moves = (Move("a/file", "a/new"), Move("a/folder", "a/other"))

    def fail() -> None:
        with relocation.moved(root / STATE, root, moves, "record", b"new"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert listed(root) == before
    assert not relocation.pending(root / STATE)


@pytest.mark.parametrize("target", ["file", "folder"])
@pytest.mark.parametrize("source", ["file", "folder", "link"])
def test_nothing_is_replaced(root: Path, source: str, target: str) -> None:
    (root / "b").mkdir()
    (root / "b/file").write_text("mine")
    (root / "b/folder").mkdir()
    before = listed(root)
    with pytest.raises(EnvironmentProblem, match="is there already, and nothing is replaced"):
        moved(root, Move("a/folder/inner", "b/inner"), Move(f"a/{source}", f"b/{target}"))
    assert listed(root) == before
    assert (root / "b/file").read_text() == "mine"


@pytest.mark.parametrize("decided", [True, False])
def test_what_a_kill_left_is_finished_or_taken_back(root: Path, decided: bool) -> None:
    (root / STATE).mkdir()
    digest = hashlib.sha256(b"new" if decided else b"other").hexdigest()
    intent = {
        "moves": 1,
        "paths": [["a/file", "b/file"], ["a/folder", "b/folder"]],
        "decider": "record",
        "sha256": digest,
    }
    (root / STATE / "moves.json").write_text(json.dumps(intent))
    (root / "record").write_text("new")
    (root / "b").mkdir()
    (root / "b/file").hardlink_to(root / "a/file")  # killed between the two names
    assert relocation.pending(root / STATE)
    for _ in range(2):
        relocation.recover(root / STATE, root)
    assert (root / ("b/file" if decided else "a/file")).read_text() == "x"
    assert (root / ("b/folder/inner" if decided else "a/folder/inner")).read_text() == "y"
    assert not (root / ("a/file" if decided else "b/file")).exists()


def test_a_path_that_leads_outside_is_refused(root: Path) -> None:
    with pytest.raises(InvalidRecord):
        moved(root, Move("a/file", "../outside"))
    assert (root / "a/file").exists()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"moves": 1}', '{"moves": 1, "paths": [1], "decider": "x", "sha256": ""}']
)
def test_a_file_that_is_none(root: Path, text: str) -> None:
    (root / STATE).mkdir()
    (root / STATE / "moves.json").write_text(text)
    with pytest.raises(InvalidRecord, match="does not say what was to be moved"):
        relocation.recover(root / STATE, root)


def test_a_file_of_a_later_version(root: Path) -> None:
    (root / STATE).mkdir()
    (root / STATE / "moves.json").write_text('{"moves": 2}')
    with pytest.raises(InvalidRecord, match="says what another version was moving"):
        relocation.recover(root / STATE, root)


def test_what_never_began_is_left_alone(root: Path) -> None:
    """Somebody put a file at the target between the look and the move."""
    (root / STATE).mkdir()
    intent = {"moves": 1, "paths": [["a/folder", "b/folder"], ["a/file", "b/file"]], "decider": "record", "sha256": ""}
    (root / STATE / "moves.json").write_text(json.dumps(intent))
    (root / "b").mkdir()
    (root / "b/file").write_text("mine")
    (root / "a/folder").rename(root / "b/folder")
    relocation.recover(root / STATE, root)
    assert (root / "b/file").read_text() == "mine"
    assert (root / "a/file").read_text() == "x"
    assert (root / "a/folder/inner").read_text() == "y"


@pytest.mark.parametrize(
    "place",
    ["../victim", "/etc/victim", "", "a//b", "./a", "a/../../b", ".git/x", ".DVC/config", ".datakit/x", "a\0b", 1],
)
@pytest.mark.parametrize("which", ["source", "target", "decider"])
def test_a_cloned_file_that_names_another_place_moves_nothing(root: Path, place: object, which: str) -> None:
    (root / STATE).mkdir()
    ends = {"source": "a/folder", "target": "b/folder", "decider": "record", which: place}
    paths = [["a/file", "b/file"], [ends["source"], ends["target"]]]
    digest = hashlib.sha256(b"old").hexdigest()
    intent = {"moves": 1, "paths": paths, "decider": ends["decider"], "sha256": digest}
    (root / STATE / "moves.json").write_text(json.dumps(intent))
    before = listed(root)
    with pytest.raises(InvalidRecord, match="does not say what was to be moved"):
        relocation.recover(root / STATE, root)
    assert listed(root) == before


@pytest.mark.parametrize(
    "paths",
    [
        [["a/file", "b/file"], ["a/folder/inner", "evil/inner"]],
        [["evil", "b"], ["a/file", "b/file"]],  # the first move brings the link
        [["evil", "b"], ["b/secret", "a/secret"]],
    ],
)
def test_nothing_is_moved_through_a_link(root: Path, tmp_path_factory: pytest.TempPathFactory, paths: object) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_text("secret")
    (root / "evil").symlink_to(outside)
    (root / STATE).mkdir()
    intent = {"moves": 1, "paths": paths, "decider": "record", "sha256": hashlib.sha256(b"old").hexdigest()}
    (root / STATE / "moves.json").write_text(json.dumps(intent))
    with pytest.raises(EnvironmentProblem, match="is a symbolic link; nothing is recorded or written through it"):
        relocation.recover(root / STATE, root)
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (root / "a/file").read_text() == "x"

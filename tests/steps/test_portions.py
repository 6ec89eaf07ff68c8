"""Some files of a folder: exactly those that were asked for, beside what lies there, and never taken for all of it."""

from __future__ import annotations

import shutil

import pytest

import datakit
from datakit.cli.app import run
from datakit.errors import EnvironmentProblem, IntegrityError, NotFound, UsageError
from datakit.formats.listing import Entry
from datakit.steps.portions import matching
from tests.support.clones import FOLDER, files
from tests.support.repo import Repo

DATA = {"m/2.png": b"two", "m/3.png": b"three", "f/ü.png": b""}  # of the clone's folder
MALE = {path: data for path, data in DATA.items() if path.startswith("m/")}


def condition(repo: Repo) -> str:
    """Return what `status` says of the folder."""
    (state,) = datakit.status("photos", root=repo.path)
    return state.condition


class TestMatching:
    FILES = tuple(Entry(path, "0" * 32) for path in ("a/x.jpg", "a/y.png", "b/x.jpg", "x.jpg"))

    @pytest.mark.parametrize(
        ("patterns", "found"),
        [
            (["*.jpg"], ["a/x.jpg", "b/x.jpg", "x.jpg"]),
            (["a/"], ["a/x.jpg", "a/y.png"]),
            (["/x.jpg"], ["x.jpg"]),
            (["**/x.jpg", "!b/x.jpg"], ["a/x.jpg", "x.jpg"]),
            (["a/y.png", "x.jpg"], ["a/x.jpg", "a/y.png", "b/x.jpg", "x.jpg"]),
        ],
    )
    def test_as_in_a_gitignore(self, patterns: list[str], found: list[str]) -> None:
        assert [entry.relpath for entry in matching(self.FILES, patterns, "birds")] == found

    def test_a_pattern_that_matches_nothing_is_a_mistake(self) -> None:
        with pytest.raises(NotFound, match=r"^there is no file of `birds` like `a/x.jpeg`$") as caught:
            matching(self.FILES, ["*.png", "a/x.jpeg"], "birds")
        assert caught.value.hint == "did you mean `a/x.jpg` or `b/x.jpg` or `x.jpg`?"


class TestInPlace:
    def test_only_these_are_fetched_and_written(self, clone: Repo) -> None:
        (done,) = datakit.pull("photos", only=["m/"], root=clone.path)
        assert (done.files, done.written, done.removed, done.fetched, done.size, done.of) == (2, 2, 0, 3, 8, 3)
        assert files(clone.path / FOLDER) == MALE
        assert condition(clone) == "partial"

    def test_again_and_then_the_rest(self, clone: Repo) -> None:
        datakit.pull("photos", only=["m/2.png"], root=clone.path)
        (done,) = datakit.pull("photos", only=["m/"], root=clone.path)
        assert (done.written, done.fetched) == (1, 1)
        (done,) = datakit.pull("photos", only=["m/"], offline=True, root=clone.path)
        assert (done.written, done.fetched) == (0, 0)
        (done,) = datakit.pull("photos", root=clone.path)
        assert (done.written, done.fetched) == (1, 1)
        assert files(clone.path / FOLDER) == DATA
        assert condition(clone) == "draft"

    def test_what_else_lies_there_stays(self, clone: Repo) -> None:
        clone.write({f"{FOLDER}/mine.txt": "mine", f"{FOLDER}/f/ü.png": "edited"})
        datakit.pull("photos", only=["m/"], root=clone.path)
        assert files(clone.path / FOLDER) == {**MALE, "mine.txt": b"mine", "f/ü.png": b"edited"}

    def test_an_edit_gives_way_only_by_force(self, clone: Repo) -> None:
        clone.write({f"{FOLDER}/m/2.png": "edited"})
        with pytest.raises(EnvironmentProblem, match=r"m/2\.png` is recorded nowhere and would be lost$"):
            datakit.pull("photos", only=["m/"], root=clone.path)
        assert files(clone.path / FOLDER) == {"m/2.png": b"edited"}
        datakit.pull("photos", only=["m/"], force=True, root=clone.path)
        assert files(clone.path / FOLDER) == MALE

    def test_a_wrong_object_is_refused(self, clone: Repo) -> None:
        datakit.pull("photos", only=["f/"], root=clone.path)
        for path in (clone.path.parent / "storage").rglob("*"):
            if path.is_file() and path.read_bytes() == b"two":
                path.chmod(0o644)
                path.write_bytes(b"TWO")
        with pytest.raises(IntegrityError, match="expected md5"):
            datakit.pull("photos", only=["m/2.png"], root=clone.path)
        assert "m/2.png" not in files(clone.path / FOLDER)

    def test_links_where_dvc_is_told_to_link(self, clone: Repo) -> None:
        clone.dvc("config", "--local", "cache.type", "symlink")
        datakit.pull("photos", only=["m/"], root=clone.path)
        assert (clone.path / FOLDER / "m/2.png").is_symlink()
        assert (clone.path / FOLDER / "m/2.png").read_bytes() == b"two"


class TestElsewhere:
    def test_of_any_version(self, clone: Repo) -> None:
        (done,) = datakit.pull("photos@v1.0.0", only=["m/1.png"], to="../old", root=clone.path)
        assert files(clone.path.parent / "old") == {"m/1.png": b"one"}
        assert (done.files, done.of) == (1, 3)
        assert condition(clone) == "absent"

    def test_a_place_that_holds_anything_else_is_refused(self, clone: Repo) -> None:
        (clone.path.parent / "out").mkdir()
        (clone.path.parent / "out/mine").touch()
        with pytest.raises(EnvironmentProblem, match="in the way"):
            datakit.pull("photos", only=["m/"], to="../out", root=clone.path)


class TestAdd:
    def test_refuses_to_shrink_the_dataset(self, clone: Repo) -> None:
        datakit.pull("photos", only=["m/"], root=clone.path)
        clone.write({f"{FOLDER}/m/4.png": "four"})
        with pytest.raises(UsageError) as caught:
            datakit.add("photos", note="one more", root=clone.path)
        assert caught.value.message == (
            "`photos`: 2 of its 3 files are here, and the others were never brought; recorded, it would lose them"
        )
        assert caught.value.hint == (
            "`datakit pull photos` first; to drop them from the dataset: `datakit add photos --force`"
        )
        datakit.pull("photos", only=["f/"], root=clone.path)
        datakit.add("photos", note="one more", root=clone.path)
        assert condition(clone) == "ready"

    def test_unless_told(self, clone: Repo) -> None:
        datakit.pull("photos", only=["m/"], root=clone.path)
        (done,) = datakit.add("photos", note="no females", force=True, root=clone.path)
        assert done.data.files == 2

    def test_a_partial_pull_of_dvc_is_one_too(self, clone: Repo) -> None:
        clone.dvc("pull", "--quiet", f"{FOLDER}/m/2.png")
        assert condition(clone) == "partial"
        with pytest.raises(UsageError, match="1 of its 3 files are here"):
            datakit.add("photos", note="fewer", root=clone.path)

    def test_what_was_pulled_in_part_and_edited_is_not_all_of_it(self, clone: Repo) -> None:
        datakit.pull("photos", only=["m/2.png"], root=clone.path)
        clone.write({f"{FOLDER}/m/2.png": "edited"})
        assert condition(clone) == "partial"
        with pytest.raises(UsageError, match="of its 3 files are here"):
            datakit.add("photos", note="mended", root=clone.path)
        shutil.rmtree(clone.path / ".dvc/cache")
        with pytest.raises(UsageError, match="only some of its files were brought here"):
            datakit.add("photos", note="mended", root=clone.path)

    def test_some_of_the_new_ones_do_not_make_old_data_new(self, clone: Repo) -> None:
        """What Git moved on from is still known, so nobody's change is undone."""
        datakit.pull(root=clone.path)
        clone.write({f"{FOLDER}/m/2.png": "II", f"{FOLDER}/m/3.png": "III"})
        datakit.add("photos", note="both", root=clone.path)
        clone.git("commit", "--quiet", "--no-verify", "-m", "both")
        clone.git("checkout", "--quiet", "HEAD~1")
        with pytest.raises(UsageError, match="is that of another record"):
            datakit.add("photos", note="x", root=clone.path)
        datakit.pull("photos", only=["m/2.png"], root=clone.path)
        assert condition(clone) == "diverged"
        with pytest.raises(UsageError, match="was changed from other bytes"):
            datakit.add("photos", note="x", root=clone.path)

    def test_who_had_them_all_may_remove_some(self, clone: Repo) -> None:
        datakit.pull("photos", root=clone.path)
        shutil.rmtree(clone.path / FOLDER / "f")
        datakit.pull("photos", only=["m/"], root=clone.path)
        assert condition(clone) == "changed"
        (done,) = datakit.add("photos", note="no females", root=clone.path)
        assert done.data.files == 2

    def test_who_took_them_all_away_and_brings_some_has_some(self, clone: Repo) -> None:
        datakit.pull("photos", root=clone.path)
        shutil.rmtree(clone.path / FOLDER)
        datakit.pull("photos", only=["m/"], root=clone.path)
        assert condition(clone) == "partial"

    def test_a_folder_that_was_made_anew_is_a_change(self, clone: Repo) -> None:
        clone.write({f"{FOLDER}/other.png": "other"})
        assert condition(clone) == "changed"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["birds", "--only", "x"], "`birds` is one file: `--only` chooses among the files of a folder"),
        (["photos", "--only", "x", "--split", "train"], "`--split` and `--only` exclude each other"),
        (["photos@v1.0.0", "--only", "m/1.png"], "--to"),
    ],
)
def test_usage(
    clone: Repo, words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clone.path)
    assert run(["pull", *words]) == 2
    assert message in capsys.readouterr().err


def test_the_terminal_says_of_how_many(
    clone: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clone.path)
    assert run(["pull", "photos", "--only", "m/*.png", "--only", "!m/3.png"]) == 0
    assert capsys.readouterr().out == f"photos: {FOLDER}: wrote 1 of 1 file (of 3 in all), fetched 2 objects\n"

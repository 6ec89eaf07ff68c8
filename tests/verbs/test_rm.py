"""`rm`: a dataset goes, nothing is lost, and a tombstone says why."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, IntegrityError, NotFound, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.csv"
ROOM = "catalog/birds"
STONE = f"{ROOM}/tombstone.json"
WHY = "counted anew in 2027"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def birds(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with `birds` and a split of it, committed and released."""
    if not (shelf / "birds").exists():
        made = copied(blank_project, shelf / "making")
        made.write({PATH: BIRDS})
        datakit.add(PATH, fields=CARD, root=made.path)
        datakit.split("birds", into={"train": 0.5, "test": 0.5}, key=["id"], root=made.path)
        made.commit("birds")
        made.git("tag", "-a", "birds@v1.0.0", "-m", "first")
        made.path.rename(shelf / "birds")
    return copied(shelf / "birds", tmp_path / "repo")


UNDO = "`git restore --source=HEAD --staged --worktree -- catalog/birds data/raw/birds.csv.dvc dvc.yaml`"
BYTES = "its bytes alone: `datakit pull birds@v1.0.0 --to DIR`"


def revert(repo: Repo) -> str:
    """Return the hint of a removal that is HEAD."""
    commit = repo.git("rev-parse", "HEAD")[:10]
    anew = 'other data under its name: `datakit add PATH --name birds -m "why it is back"`'
    return f"`git revert {commit}` and `datakit pull birds` bring it back; {BYTES}; {anew}"


def judged(repo: Repo) -> tuple[str, ...]:
    """Return the codes that the hook would stop a commit with."""
    return tuple(item.code for item in datakit.check(staged=True, root=repo.path) if item.level == "error")


def settled(repo: Repo) -> None:
    """Assert that a removal is whole: staged, accepted, and clean for everybody once committed."""
    assert judged(repo) == ()
    assert [line for line in repo.status() if line[1] != " "] == []
    repo.git("commit", "--quiet", "--no-verify", "-m", "removed")
    assert datakit.status(root=repo.path) == datakit.datasets(root=repo.path) == datakit.check(root=repo.path) == ()
    assert repo.git("ls-files", ROOM) == STONE
    assert repo.try_dvc("status").code == 0


class TestGoes:
    def test_with_everything(self, birds: Repo) -> None:
        done = datakit.rm("birds", reason=f" {WHY}\n", root=birds.path)
        assert (done.name, done.path, done.data, done.tombstone, done.staged) == ("birds", PATH, "removed", STONE, True)
        assert [path.name for path in (birds.path / ROOM).iterdir()] == ["tombstone.json"]
        for path in (PATH, f"{PATH}.dvc", "dvc.yaml"):
            assert not (birds.path / path).exists()
        found = record(birds, "birds", "tombstone")
        assert (found["name"], found["reason"], found["by"]) == ("birds", WHY, "Ann Author <ann@example.org>")
        assert (found["path"], found["pointer"], found["data"]["md5"]) == (PATH, f"{PATH}.dvc", md5(BIRDS))
        assert done.notes[0] == f"{UNDO} and `datakit pull birds` bring it back; {BYTES}"
        settled(birds)

    def test_twice_changes_nothing(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        before = everything(birds)
        again = datakit.rm("birds", reason="other words", root=birds.path)
        assert (again.written, again.data) == ((), "absent")
        assert everything(birds) == before
        birds.commit("removed")
        again = datakit.rm("birds", reason="other words", root=birds.path)
        assert again.notes[0] == revert(birds)
        assert birds.status() == []

    def test_versions_stay(self, birds: Repo, tmp_path: Path) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        assert len(datakit.load("birds@v1.0.0", root=birds.path)) == 3
        datakit.pull("birds@v1.0.0", to=tmp_path / "out", root=birds.path)
        assert (tmp_path / "out/birds.csv").read_text() == BIRDS
        assert datakit.show("birds@HEAD~1", root=birds.path).name == "birds"

    def test_it_is_remembered(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        for ask in (
            lambda: datakit.show("birds", root=birds.path),
            lambda: datakit.pull("birds", root=birds.path),
            lambda: datakit.status("birds", root=birds.path),
            lambda: datakit.validate("birds", root=birds.path),
            lambda: datakit.mv("birds", "fowl", root=birds.path),
        ):
            with pytest.raises(UsageError) as caught:
                ask()
            assert caught.value.message.startswith("`birds` was removed on 20")
            assert caught.value.message.endswith(f" by Ann Author <ann@example.org>: {WHY}")
            assert caught.value.hint == revert(birds)
        with pytest.raises(UsageError, match="`birds` was removed on") as caught:
            datakit.add("birds", root=birds.path)
        assert caught.value.hint == 'datakit add PATH --name birds -m "why it is back"'
        assert [(item.note, item.md5) for item in datakit.log("birds", root=birds.path)] == [
            (WHY, None),
            ("", md5(BIRDS)),
        ]

    def test_without_a_version_its_commits_are_named(self, birds: Repo) -> None:
        birds.git("tag", "-d", "birds@v1.0.0")
        datakit.rm("birds", reason=WHY, root=birds.path)
        with pytest.raises(UsageError) as caught:
            datakit.show("birds", root=birds.path)
        commit = birds.git("rev-parse", "HEAD")[:10]
        assert caught.value.hint == (
            f"{UNDO} and `datakit pull birds` bring it back; its bytes alone: `datakit pull birds@{commit} --to DIR`"
        )
        removal = birds.commit("removed")[:10]
        with pytest.raises(UsageError, match="`birds` was removed on") as caught:
            datakit.show("birds", root=birds.path)
        assert f"`datakit pull birds@{removal}~1 --to DIR`" in (caught.value.hint or "")
        datakit.pull(f"birds@{removal}~1", to=birds.path / "out", root=birds.path)
        assert birds.read("out/birds.csv") == BIRDS

    def test_another_dataset_stays(self, birds: Repo) -> None:
        birds.write({"data/processed/clean.csv": MORE_BIRDS, "dvc.yaml": "# ours\n" + birds.read("dvc.yaml")})
        datakit.add("data/processed/clean.csv", fields=CARD, parents=["birds"], root=birds.path)
        birds.commit("clean")
        done = datakit.rm("birds", reason=WHY, root=birds.path)
        assert "`clean` is made of it and keeps its name and hash" in done.notes
        assert (
            birds.read("dvc.yaml") == "# ours\nartifacts:\n  clean: {path: data/processed/clean.csv, type: dataset}\n"
        )
        assert judged(birds) == ()
        assert [state.name for state in datakit.status(root=birds.path)] == ["clean"]

    def test_one_of_several_outs(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS, "data/raw/b.csv": MORE_BIRDS})
        both = "".join(
            f"- md5: {md5(text)}\n  size: {len(text)}\n  hash: md5\n  path: {name}.csv\n"
            for name, text in (("a", BIRDS), ("b", MORE_BIRDS))
        )
        project.write({"data/raw/all.dvc": f"outs:\n{both}"})
        datakit.add("data/raw/a.csv", "data/raw/b.csv", fields=CARD, root=project.path)
        project.commit("both")
        datakit.rm("a", reason=WHY, root=project.path)
        assert "a.csv" not in project.read("data/raw/all.dvc")
        assert judged(project) == ()
        assert "up to date" in project.dvc("status")

    def test_a_folder_keeps_what_was_never_recorded(self, project: Repo) -> None:
        project.write({"data/raw/imgs/a/1.png": b"1", "data/raw/imgs/2.png": b"2", ".dvcignore": "*.tmp\n"})
        project.write({"data/raw/imgs/a/mine.tmp": "notes"})
        datakit.add("data/raw/imgs", fields=CARD, root=project.path)
        project.commit("imgs")
        assert datakit.rm("imgs", reason=WHY, root=project.path).data == "kept"
        left = [path for path in (project.path / "data/raw/imgs").rglob("*") if path.is_file()]
        assert [path.name for path in left] == ["mine.tmp"]

    def test_the_ignore_line_goes_with_the_data(self, project: Repo) -> None:
        project.write({"models/a.bin": "x", "models/.gitignore": "*.tmp\n"})
        datakit.add("models/a.bin", fields=CARD, root=project.path)
        project.commit("a")
        datakit.rm("a", reason=WHY, keep_data=True, root=project.path)
        assert project.read("models/.gitignore") == "*.tmp\n/a.bin\n"
        assert judged(project) == ()
        assert project.read("models/a.bin") == "x"
        assert datakit.rm("a", reason=WHY, root=project.path).data == "removed"
        assert project.read("models/.gitignore") == "*.tmp\n"

    def test_what_was_deleted_by_hand_gets_its_tombstone(self, birds: Repo) -> None:
        shutil.rmtree(birds.path / ROOM)
        (birds.path / f"{PATH}.dvc").unlink()
        birds.git("add", "--all")
        (found,) = [item for item in datakit.check(staged=True, root=birds.path) if item.code == "DK106"]
        assert found.hint == 'datakit rm birds --reason "why it is no longer needed"'
        assert {item.command for item in datakit.status(root=birds.path) if item.name} == {found.hint}
        assert datakit.rm("birds", reason=WHY, root=birds.path).data == "removed"
        settled(birds)

    def test_data_that_is_elsewhere(self, birds: Repo) -> None:
        (birds.path / PATH).unlink()
        assert datakit.rm("birds", reason=WHY, root=birds.path).data == "absent"
        settled(birds)

    def test_a_linked_worktree(self, birds: Repo, tmp_path: Path) -> None:
        birds.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "other")
        linked = Repo(tmp_path / "linked")
        datakit.rm("birds", reason=WHY, root=linked.path / "data")
        assert judged(linked) == ()
        assert birds.status() == []
        assert birds.read(PATH) == BIRDS


class TestNothingIsLost:
    def test_changed_data(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        before = everything(birds)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.rm("birds", reason=WHY, root=birds.path)
        assert caught.value.message == f"`{PATH}` would be lost: it is not what is recorded"
        assert caught.value.hint == f"datakit add {PATH} -m WHY and commit it, or leave it there with `--keep-data`"
        assert everything(birds) == before
        assert datakit.rm("birds", reason=WHY, keep_data=True, root=birds.path).data == "kept"
        assert birds.read(PATH) == MORE_BIRDS

    def test_the_cache_gets_what_it_lacks(self, birds: Repo, tmp_path: Path) -> None:
        shutil.rmtree(birds.path / ".dvc/cache")
        datakit.rm("birds", reason=WHY, root=birds.path)
        datakit.pull("birds@v1.0.0", to=tmp_path / "out", root=birds.path)
        assert (tmp_path / "out/birds.csv").read_text() == BIRDS

    def test_a_cache_that_rotted(self, birds: Repo) -> None:
        rotten = birds.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]
        rotten.chmod(0o644)
        rotten.write_text("x" * len(BIRDS))
        rotten.chmod(0o444)
        with pytest.raises(IntegrityError):
            datakit.rm("birds", reason=WHY, root=birds.path)
        assert birds.read(PATH) == BIRDS
        assert (birds.path / f"{ROOM}/manifest.json").exists()

    @pytest.mark.parametrize("path", ["README.md", "notes.txt", "notes.json"])
    def test_what_people_wrote_and_did_not_commit(self, birds: Repo, path: str) -> None:
        birds.write({f"{ROOM}/{path}": "by hand\n"})
        before = everything(birds)
        with pytest.raises(EnvironmentProblem, match="would be lost: no commit has what it says"):
            datakit.rm("birds", reason=WHY, root=birds.path)
        assert everything(birds) == before

    def test_what_was_never_committed(self, project: Repo) -> None:
        project.write({PATH: BIRDS})
        datakit.add(PATH, root=project.path)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.rm("birds", reason=WHY, root=project.path)
        assert caught.value.message == "`birds` would be lost: no commit has it"

    def test_a_change_that_was_never_committed(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="more", root=birds.path)
        with pytest.raises(EnvironmentProblem, match="`birds` would be lost: no commit has its last change"):
            datakit.rm("birds", reason=WHY, root=birds.path)

    def test_a_membership_that_is_not_the_recorded_one_stays(self, birds: Repo) -> None:
        birds.write({f"{ROOM}/splits/default.parquet": "mine"})
        datakit.rm("birds", reason=WHY, root=birds.path)
        assert birds.read(f"{ROOM}/splits/default.parquet") == "mine"

    @pytest.mark.parametrize("committed", [True, False])
    @pytest.mark.parametrize("path", ["README.md", "splits/default.yaml"])
    def test_what_people_wrote_after_the_removal(self, birds: Repo, path: str, committed: bool) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        if committed:
            birds.commit("removed")
        birds.write({f"{ROOM}/{path}": "by hand\n"})
        before = everything(birds)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.rm("birds", reason=WHY, root=birds.path)
        assert caught.value.message == f"`{ROOM}/{path}` would be lost: no commit has what it says"
        assert everything(birds) == before

    def test_a_membership_that_came_after_the_removal_stays(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        birds.write({f"{ROOM}/splits/default.parquet": "mine"})
        datakit.rm("birds", reason=WHY, root=birds.path)
        assert birds.read(f"{ROOM}/splits/default.parquet") == "mine"

    def test_what_is_staged_only(self, birds: Repo) -> None:
        old = birds.read(f"{ROOM}/README.md")
        birds.write({f"{ROOM}/README.md": "staged\n"})
        birds.git("add", f"{ROOM}/README.md")
        birds.write({f"{ROOM}/README.md": old})
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.rm("birds", reason=WHY, root=birds.path)
        assert caught.value.message == f"`{ROOM}/README.md` would be lost: no commit has what it says"
        assert birds.git("show", f":{ROOM}/README.md") == "staged"

    def test_equal_files_that_are_links_to_one_object(self, project: Repo) -> None:
        project.dvc("config", "cache.type", "hardlink")
        project.write({f"data/raw/imgs/{name}.png": b"same" for name in "abc"})
        datakit.add("data/raw/imgs", fields=CARD, root=project.path)
        project.commit("imgs")
        project.dvc("checkout", "--relink", "--force")
        assert (project.path / "data/raw/imgs/a.png").stat().st_nlink == 4
        assert datakit.rm("imgs", reason=WHY, root=project.path).data == "removed"
        assert not (project.path / "data/raw/imgs").exists()


class TestKilled:
    """A removal that was killed while the files of a folder went."""

    @pytest.fixture
    def killed(self, project: Repo) -> Repo:
        """A folder of three files, of which one is gone, and its tombstone."""
        project.write({"data/raw/imgs/a/1.png": b"1", "data/raw/imgs/2.png": b"2", "data/raw/imgs/3.png": b"3"})
        datakit.add("data/raw/imgs", fields=CARD, root=project.path)
        project.commit("imgs")
        datakit.rm("imgs", reason=WHY, keep_data=True, root=project.path)
        (project.path / "data/raw/imgs/a/1.png").unlink()
        return project

    @pytest.mark.parametrize("gone", [(), ("2.png", "3.png")])
    def test_can_be_run_again(self, killed: Repo, gone: tuple[str, ...]) -> None:
        for name in gone:
            (killed.path / "data/raw/imgs" / name).unlink()
        datakit.rm("imgs", reason=WHY, root=killed.path)
        assert not [path for path in (killed.path / "data/raw/imgs").rglob("*") if path.is_file()]
        assert judged(killed) == ()

    @pytest.mark.parametrize("name", ["2.png", "new.png"])
    def test_other_bytes_stay(self, killed: Repo, name: str) -> None:
        killed.write({f"data/raw/imgs/{name}": b"mine"})
        before = everything(killed)
        with pytest.raises(EnvironmentProblem, match="`data/raw/imgs` would be lost: it is not what is recorded"):
            datakit.rm("imgs", reason=WHY, root=killed.path)
        assert everything(killed) == before

    def test_bytes_that_the_cache_lost_stay(self, killed: Repo) -> None:
        name = md5("2")
        (killed.path / ".dvc/cache/files/md5" / name[:2] / name[2:]).unlink()
        with pytest.raises(IntegrityError):
            datakit.rm("imgs", reason=WHY, root=killed.path)
        assert killed.read("data/raw/imgs/2.png") == "2"


class TestRefused:
    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_without_a_reason(self, birds: Repo, reason: str) -> None:
        with pytest.raises(UsageError) as caught:
            datakit.rm("birds", reason=reason, root=birds.path)
        assert caught.value.message == "`birds` is not removed without a reason"

    def test_a_secret(self, birds: Repo) -> None:
        with pytest.raises(UsageError, match="`--reason` holds a secret, which would be committed: "):
            datakit.rm("birds", reason="moved to https://a:b@example.org/x", root=birds.path)

    def test_unknown(self, birds: Repo) -> None:
        with pytest.raises(NotFound) as caught:
            datakit.rm("brids", reason=WHY, root=birds.path)
        assert caught.value.hint == "did you mean `birds`?"

    def test_what_a_stage_makes(self, project: Repo) -> None:
        make = "mkdir -p data/processed && echo a > data/processed/a.csv"
        project.write({"dvc.yaml": f"stages:\n  clean:\n    cmd: {make}\n    outs: [data/processed/a.csv]\n"})
        project.dvc("repro")
        datakit.add("data/processed/a.csv", name="clean", fields=CARD, root=project.path)
        project.commit("clean")
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.rm("clean", reason=WHY, root=project.path)
        assert caught.value.message == "`data/processed/a.csv` is the output of a stage, which would make it again"
        assert caught.value.hint == '`dvc remove STAGE`, then datakit rm clean --reason "why it is no longer needed"'
        project.dvc("remove", "clean")
        datakit.rm("clean", reason=WHY, root=project.path)
        project.git("add", "--all")
        assert judged(project) == ()


class TestPassedOn:
    """Another dataset has the path by now."""

    @pytest.mark.parametrize("data", [BIRDS, MORE_BIRDS])
    def test_its_data_is_not_touched(self, birds: Repo, data: str) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        birds.write({PATH: data})
        datakit.add(PATH, name="fowl", fields=CARD, root=birds.path)
        assert judged(birds) == ()
        birds.commit("fowl")
        assert [(state.name, state.condition) for state in datakit.status(root=birds.path)] == [("fowl", "draft")]
        assert [item.code for item in datakit.check(root=birds.path)] == ["DK305"]
        before = everything(birds)
        done = datakit.rm("birds", reason="again", root=birds.path)
        assert (done.written, done.data, done.notes[0]) == ((), "absent", f"`{PATH}` is data of `fowl` now")
        assert "git revert" not in done.notes[1]  # which would be a conflict
        assert everything(birds) == before
        assert birds.read(PATH) == data

    def test_nor_what_lies_there_since_then(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        birds.write({PATH: BIRDS})
        assert datakit.rm("birds", reason="again", root=birds.path).data == "absent"
        assert birds.read(PATH) == BIRDS

    def test_a_pointer_that_came_back_alone_goes(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        birds.git("restore", "--source=HEAD~1", "--", f"{PATH}.dvc")
        birds.write({PATH: BIRDS})
        (state,) = datakit.status(root=birds.path)
        assert (state.name, state.condition, state.command) == (
            "birds",
            "broken",
            'datakit rm birds --reason "why it is no longer needed"',
        )
        assert datakit.rm("birds", reason=WHY, root=birds.path).data == "removed"
        assert datakit.status(root=birds.path) == ()


class TestBack:
    def test_before_the_removal_is_committed(self, birds: Repo) -> None:
        before = everything(birds)
        done = datakit.rm("birds", reason=WHY, root=birds.path)
        birds.run("sh", "-c", done.notes[0].split("`")[1])
        datakit.pull("birds", root=birds.path)
        assert birds.status() == []
        assert [state.condition for state in datakit.status(root=birds.path)] == ["draft"]
        assert everything(birds).keys() == before.keys()

    def test_what_others_changed_since_is_not_undone(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.write({"dvc.yaml": "vars: [a.yaml]\n"})
        with pytest.raises(UsageError) as caught:
            datakit.show("birds", root=birds.path)
        assert "dvc.yaml" not in (caught.value.hint or "")

    def test_by_a_revert(self, birds: Repo) -> None:
        while datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") <= record(birds, "birds")["change"]["at"]:
            time.sleep(0.05)
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        with pytest.raises(UsageError) as caught:
            datakit.show("birds", root=birds.path)
        command = (caught.value.hint or "").split("`")[1]
        assert command.startswith("git revert ")
        birds.git(*command.split()[1:], "--no-edit")
        datakit.pull("birds", root=birds.path)
        assert [state.condition for state in datakit.status(root=birds.path)] == ["draft"]
        for between in ("HEAD~1..HEAD", "HEAD~2..HEAD"):
            assert [f.code for f in datakit.check(between=between, root=birds.path) if f.level == "error"] == []
        assert birds.status() == []

    def test_under_the_same_name(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        birds.write({"data/raw/new.csv": MORE_BIRDS})
        with pytest.raises(UsageError) as caught:
            datakit.add("data/raw/new.csv", name="birds", fields=CARD, root=birds.path)
        assert caught.value.message.endswith(f" and needs a reason to come back: {WHY}")
        assert caught.value.hint == 'datakit add PATH --name birds -m "why it is back"'
        (done,) = datakit.add("data/raw/new.csv", name="birds", note="found", fields=CARD, root=birds.path)
        assert STONE in done.written
        assert not (birds.path / STONE).exists()
        assert record(birds, "birds")["change"]["from"] == md5(BIRDS)
        assert record(birds, "birds")["change"]["note"] == "found"
        assert judged(birds) == ()
        before = everything(birds)
        assert datakit.add("birds", root=birds.path)[0].action == "unchanged"
        assert everything(birds) == before
        birds.commit("back")
        assert [item.note for item in datakit.log("birds", root=birds.path)] == ["found", WHY, ""]

    def test_with_the_same_bytes(self, birds: Repo) -> None:
        datakit.rm("birds", reason=WHY, root=birds.path)
        birds.commit("removed")
        datakit.pull("birds@v1.0.0", to=birds.path / "data/raw", root=birds.path)
        datakit.add(PATH, note="needed after all", fields=CARD, root=birds.path)
        assert record(birds, "birds")["change"]["note"] == "needed after all"
        assert judged(birds) == ()

"""`mv`: a dataset gets another name or its data another place, and everything that names it follows."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import datakit
from datakit.errors import DatakitError, EnvironmentProblem, InvalidRecord, NotFound, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.csv"
ROOM = "catalog/birds"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def birds(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with `birds`, agreed to and committed."""
    if not (shelf / "birds").exists():
        made = copied(blank_project, shelf / "making")
        made.write({PATH: BIRDS})
        datakit.add(PATH, fields=CARD, root=made.path)
        _agree(made, "birds")
        made.commit("birds")
        made.path.rename(shelf / "birds")
    return copied(shelf / "birds", tmp_path / "repo")


def _agree(repo: Repo, name: str) -> None:
    """Make a contract active."""
    path = f"catalog/{name}/contract.odcs.yaml"
    repo.write({path: repo.read(path).replace("status: draft", "status: active")})
    datakit.add(name, root=repo.path)


def judged(repo: Repo) -> tuple[str, ...]:
    """Return the codes that the hook would stop a commit with."""
    return tuple(item.code for item in datakit.check(staged=True, root=repo.path) if item.level == "error")


def settled(repo: Repo) -> None:
    """Assert that a move is whole: staged, accepted by the gate, clean for DVC, and clean once committed."""
    assert judged(repo) == ()
    assert [state.condition for state in datakit.status(root=repo.path)] == ["ready"]
    assert "up to date" in repo.dvc("status")
    assert [line for line in repo.status() if line[1] != " "] == []
    repo.git("commit", "--quiet", "--no-verify", "-m", "moved")
    assert [state.condition for state in datakit.status(root=repo.path)] == ["clean"]
    assert datakit.check(root=repo.path) == ()


class TestName:
    def test_everything_follows(self, birds: Repo) -> None:
        birds.write({f"{ROOM}/notes.txt": "by hand\n", f"{ROOM}/figures/a b.svg": "<svg/>"})
        birds.git("add", f"{ROOM}/notes.txt")
        done = datakit.mv("birds", "fowl", root=birds.path)
        assert (done.name, done.old_name, done.path, done.staged, done.notes) == ("fowl", "birds", PATH, True, ())
        assert not (birds.path / ROOM).exists()
        assert birds.read("catalog/fowl/notes.txt") == "by hand\n"
        assert birds.read("catalog/fowl/figures/a b.svg") == "<svg/>"
        manifest = record(birds, "fowl")
        assert (manifest["name"], manifest["former"], manifest["path"]) == ("fowl", "birds", PATH)
        assert record(birds, "fowl", "receipt")["name"] == record(birds, "fowl", "profile")["name"] == "fowl"
        assert birds.read(f"{PATH}.dvc").endswith("  meta:\n    datakit: fowl\n")
        assert birds.read("dvc.yaml") == f"artifacts:\n  fowl: {{path: {PATH}, type: dataset}}\n"
        assert birds.read("catalog/fowl/README.md").startswith("---")
        contract = birds.read("catalog/fowl/contract.odcs.yaml")
        assert "birds" not in contract
        assert "id: fowl\nname: fowl\n" in contract
        assert "?? catalog/fowl/figures/a b.svg" in birds.status()[-1].replace('"', "")
        birds.git("add", "--all")
        settled(birds)
        assert birds.read(PATH) == BIRDS

    def test_git_sees_renames(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        assert f"R  {ROOM}/README.md -> catalog/fowl/README.md" in birds.status()
        settled(birds)

    def test_twice_changes_nothing(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        before = everything(birds)
        assert datakit.mv("birds", "fowl", root=birds.path).written == ()
        assert everything(birds) == before
        assert datakit.mv("fowl", "fowl", root=birds.path).written == ()
        assert everything(birds) == before

    def test_there_and_back_before_a_commit_is_no_rename(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        datakit.mv("fowl", "birds", root=birds.path)
        assert birds.status() == []

    def test_a_chain_before_a_commit_is_one_rename(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        datakit.mv("fowl", "poultry", root=birds.path)
        assert record(birds, "poultry")["former"] == "birds"
        settled(birds)

    def test_splits_follow(self, birds: Repo) -> None:
        datakit.split("birds", into={"train": 0.5, "test": 0.5}, key=["id"], root=birds.path)
        birds.commit("split")
        datakit.mv("birds", "fowl", root=birds.path)
        found = record(birds, "fowl", "splits/default")
        assert (found["dataset"], found["name"]) == ("fowl", "default")
        assert (birds.path / "catalog/fowl/splits/default.parquet").exists()
        settled(birds)

    def test_children_name_their_parent_anew(self, birds: Repo) -> None:
        birds.write({"data/processed/clean.csv": MORE_BIRDS})
        datakit.add("data/processed/clean.csv", fields=CARD, parents=["birds"], root=birds.path)
        birds.commit("clean")
        done = datakit.mv("birds", "fowl", root=birds.path)
        assert record(birds, "clean")["derived_from"] == [{"name": "fowl", "md5": md5(BIRDS)}]
        assert done.notes == ("`catalog/clean/manifest.json` names its parent `fowl` now",)
        assert judged(birds) == ()

    def test_released_versions_keep_the_old_name_and_can_be_had(self, birds: Repo, tmp_path: Path) -> None:
        birds.git("tag", "-a", "birds@v1.0.0", "-m", "first")
        done = datakit.mv("birds", "fowl", root=birds.path)
        assert done.notes == (
            "released versions keep the old name: `datakit pull birds@v1.0.0 --to DIR` still gives birds@v1.0.0",
        )
        birds.commit("renamed")
        datakit.pull("birds@v1.0.0", to=tmp_path / "out", root=birds.path)
        assert (tmp_path / "out/birds.csv").read_text() == BIRDS
        assert len(datakit.load("birds@v1.0.0", root=birds.path)) == 3
        for ask in (datakit.show, datakit.pull, datakit.status):
            with pytest.raises(UsageError) as caught:
                ask("birds", root=birds.path)
            assert caught.value.message == "`birds` was renamed to `fowl`"
            assert caught.value.hint == "write `fowl`; `datakit log fowl` has both"

    def test_commits_from_before_are_found_under_the_new_name(self, birds: Repo, tmp_path: Path) -> None:
        first = birds.git("rev-parse", "HEAD")
        datakit.mv("birds", "fowl", root=birds.path)
        assert datakit.show(f"fowl@{first}", root=birds.path).name == "birds"  # not committed yet
        birds.commit("fowl")
        datakit.mv("fowl", "game", root=birds.path)
        birds.write({PATH: MORE_BIRDS})
        datakit.add("game", note="one more", root=birds.path)
        birds.commit("game")
        oldest = datakit.log("game", root=birds.path)[-1].commit
        assert oldest == first
        (done,) = datakit.pull(f"game@{oldest[:10]}", to=tmp_path / "out", root=birds.path)
        assert (done.name, (tmp_path / "out/birds.csv").read_text()) == ("birds", BIRDS)
        assert datakit.show("game@HEAD~1", root=birds.path).name == "fowl"
        assert len(datakit.load("game@HEAD~1", root=birds.path)) == 3
        with pytest.raises(UsageError, match="`birds` was renamed to `game`"):
            datakit.show("birds", root=birds.path)
        with pytest.raises(NotFound, match="there is no dataset `hens`"):
            datakit.show(f"hens@{first}", root=birds.path)

    def test_what_was_drafted_of_the_card_follows(self, birds: Repo) -> None:
        birds.write({f"{ROOM}/README.md": birds.read(f"{ROOM}/README.md") + "\nFor birds, see data/raw/birds.csv.\n"})
        done = datakit.mv("birds", "snow-fowl", root=birds.path)
        card = birds.read("catalog/snow-fowl/README.md")
        assert "\npretty_name: Snow fowl\n" in card
        assert "\n# Snow fowl\n\nThe dataset `snow-fowl`.\n" in card
        line = len(card.splitlines())
        assert done.notes == (
            f"catalog/snow-fowl/README.md still says `birds` in line {line}: edit it if the dataset is meant",
        )

    def test_what_people_wrote_in_the_card_stays(self, birds: Repo) -> None:
        card = birds.read(f"{ROOM}/README.md").replace("# Birds\n\nThe dataset `birds`.", "# Birds of ours\n")
        birds.write({f"{ROOM}/README.md": card})
        datakit.mv("birds", "fowl", root=birds.path)
        assert birds.read("catalog/fowl/README.md") == card.replace("pretty_name: Birds\n", "pretty_name: Fowl\n")

    def test_history_goes_on_under_the_former_name(self, birds: Repo) -> None:
        birds.git("tag", "-a", "birds@v1.0.0", "-m", "first")
        datakit.mv("birds", "fowl", root=birds.path)
        first = ["", ("birds@v1.0.0",)]
        assert [[item.note, item.versions] for item in datakit.log("fowl", root=birds.path)] == [first]
        birds.commit("renamed")
        birds.write({PATH: MORE_BIRDS})
        datakit.add("fowl", note="one more", root=birds.path)
        birds.commit("more")
        assert record(birds, "fowl")["former"] == "birds"
        assert [[item.note, item.versions] for item in datakit.log("fowl", root=birds.path)] == [
            ["one more", ()],
            first,
        ]
        assert [item.note for item in datakit.log("birds", root=birds.path)] == ["renamed to fowl", ""]
        datakit.mv("fowl", "birds", root=birds.path)
        birds.commit("back")
        notes = [item.note for item in datakit.log("birds", root=birds.path)]
        assert notes == ["one more", ""]

    def test_changed_data_needs_its_reason_as_before(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        birds.write({PATH: MORE_BIRDS})
        (state,) = datakit.status(root=birds.path)
        assert state.command == 'datakit add fowl -m "why the data changed"'
        with pytest.raises(UsageError, match="the data of `fowl` changed and needs a reason"):
            datakit.add("fowl", root=birds.path)
        datakit.add("fowl", note="more", root=birds.path)
        assert record(birds, "fowl")["change"]["from"] == md5(BIRDS)
        settled(birds)

    def test_absent_data_does_not_matter(self, birds: Repo) -> None:
        (birds.path / PATH).unlink()
        datakit.mv("birds", "fowl", root=birds.path)
        assert judged(birds) == ()
        birds.dvc("pull", "--allow-missing")
        datakit.pull("fowl", root=birds.path)
        settled(birds)

    def test_what_a_stale_receipt_says_stays_stale(self, birds: Repo) -> None:
        path = f"{ROOM}/contract.odcs.yaml"
        birds.write({path: birds.read(path).replace("mustBeGreaterThan: 0", "mustBeGreaterThan: 10")})
        datakit.mv("birds", "fowl", root=birds.path)
        assert judged(birds) == ("DK302",)

    def test_a_stage_s_place_in_the_room_is_mentioned(self, birds: Repo) -> None:
        stage = f"stages:\n  count:\n    cmd: wc\n    deps:\n    - {ROOM}/README.md\n"
        birds.write({"dvc.yaml": stage + birds.read("dvc.yaml")})
        done = datakit.mv("birds", "fowl", root=birds.path)
        assert done.notes == ("dvc.yaml still has `catalog/birds` in line 5: edit it by hand, then `dvc repro`",)

    def test_other_paths_and_artifacts_are_no_mention(self, birds: Repo) -> None:
        birds.write({f"data/raw/{PATH}": MORE_BIRDS})
        datakit.add(f"data/raw/{PATH}", name="eggs", fields=CARD, root=birds.path)
        stage = f"stages:\n  count:\n    cmd: wc data/{PATH} {PATH}.bak\n    deps: [{{}}]\n"
        birds.write({"dvc.yaml": birds.read("dvc.yaml") + stage.format(f"{PATH}2")})
        assert datakit.mv("birds", "data/raw/fowl.csv", root=birds.path).notes == ()
        datakit.mv("birds", PATH, root=birds.path)
        birds.write({"dvc.yaml": birds.read("dvc.yaml").replace(f"{PATH}2", f"./{PATH}")})
        assert datakit.mv("birds", "data/raw/fowl.csv", root=birds.path).notes == (
            f"dvc.yaml still has `{PATH}` in line 7: edit it by hand, then `dvc repro`",
        )

    def test_without_autostage(self, birds: Repo) -> None:
        birds.write({"datakit.yaml": "git: {autostage: false}\n"})
        birds.commit("policy")
        assert not datakit.mv("birds", "fowl", root=birds.path).staged
        assert birds.git("diff", "--cached", "--name-only") == ""
        birds.git("add", "--all")
        settled(birds)


class TestNameRefused:
    @pytest.mark.parametrize(
        ("to", "kind", "message"),
        [
            ("eggs", UsageError, "`eggs` is the dataset of `data/raw/eggs.csv`"),
            ("Fowl!", UsageError, "`Fowl!` cannot name a dataset: a name is lower-case letters"),
            ("data", UsageError, "`data` is a folder and could be a name"),
            ("catalog/a/b", UsageError, "`catalog/a/b` is in the catalogue, where no data lies"),
            ("../x.csv", UsageError, "`../x.csv` is not inside the repository"),
            (".git/x.csv", UsageError, "`.git/x.csv` is private to Git, DVC or datakit"),
            ("data/raw/eggs.csv", UsageError, "`data/raw/eggs.csv` is there already, and nothing is replaced"),
            ("data/raw/new\\x.csv", UsageError, "cannot be recorded"),
        ],
    )
    def test_and_nothing_changes(self, birds: Repo, to: str, kind: type[DatakitError], message: str) -> None:
        birds.write({"data/raw/eggs.csv": MORE_BIRDS})
        datakit.add("data/raw/eggs.csv", root=birds.path)
        before = everything(birds)
        with pytest.raises(kind) as caught:
            datakit.mv("birds", to, root=birds.path)
        assert message in caught.value.message
        assert caught.value.hint
        assert everything(birds) == before

    def test_a_name_may_be_a_folder_if_it_is_said(self, birds: Repo) -> None:
        datakit.mv("birds", "catalog/data", root=birds.path)
        assert record(birds, "data")["path"] == PATH

    def test_unknown(self, birds: Repo) -> None:
        with pytest.raises(NotFound) as caught:
            datakit.mv("brids", "fowl", root=birds.path)
        assert caught.value.hint == "did you mean `birds`?"
        with pytest.raises(NotFound):
            datakit.mv("brids", "data/raw/x.csv", root=birds.path)

    def test_a_broken_manifest(self, birds: Repo) -> None:
        birds.write({f"{ROOM}/manifest.json": "{"})
        for to in ("fowl", "data/raw/x.csv"):
            with pytest.raises(InvalidRecord, match="is not JSON"):
                datakit.mv("birds", to, root=birds.path)

    def test_a_file_in_the_way(self, birds: Repo) -> None:
        birds.write({"catalog/fowl/README.md": "mine\n"})
        before = everything(birds)
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.mv("birds", "fowl", root=birds.path)
        assert caught.value.message == "`catalog/fowl/README.md` is in the way of `catalog/birds/README.md`"
        assert everything(birds) == before

    def test_a_copied_room(self, birds: Repo) -> None:
        shutil.copytree(birds.path / ROOM, birds.path / "catalog/fowl")
        with pytest.raises(EnvironmentProblem, match="`catalog/fowl` has a copy of the records of `birds`") as caught:
            datakit.mv("birds", "fowl", root=birds.path)
        assert caught.value.hint == "rm catalog/fowl/manifest.json"

    def test_a_pointer_that_is_gone(self, birds: Repo) -> None:
        (birds.path / f"{PATH}.dvc").unlink()
        for to in ("fowl", "data/raw/x.csv"):
            with pytest.raises(EnvironmentProblem, match="is missing or has no out") as caught:
                datakit.mv("birds", to, root=birds.path)
            assert caught.value.hint == f"git restore --source=HEAD --staged --worktree -- {PATH}.dvc"

    def test_a_room_without_a_manifest(self, birds: Repo) -> None:
        birds.write({"catalog/nests/README.md": "x\n"})
        with pytest.raises(InvalidRecord, match="is missing, so nothing says what to rename"):
            datakit.mv("nests", "fowl", root=birds.path)
        with pytest.raises(EnvironmentProblem, match="`nests` has no manifest"):
            datakit.mv("nests", "data/raw/x.csv", root=birds.path)

    def test_the_name_of_one_that_was_removed(self, birds: Repo) -> None:
        birds.write({"data/raw/eggs.csv": MORE_BIRDS})
        datakit.add("data/raw/eggs.csv", fields=CARD, root=birds.path)
        birds.commit("eggs")
        datakit.rm("eggs", reason="broken", root=birds.path)
        with pytest.raises(UsageError, match=r"`eggs` was removed on .* by Ann Author <ann@example.org>: broken"):
            datakit.mv("birds", "eggs", root=birds.path)


class TestPath:
    @pytest.mark.parametrize(
        ("to", "path"),
        [
            ("data/raw/fowl.csv", "data/raw/fowl.csv"),
            ("data/processed/", "data/processed/birds.csv"),
            ("data/raw/new/deep/fowl.csv", "data/raw/new/deep/fowl.csv"),
            ("fowl.csv", "fowl.csv"),
            ("data/raw/a b ü.CSV", "data/raw/a b ü.CSV"),
            ("./-x.csv", "-x.csv"),
            ("data/raw/it's: $(x).csv", "data/raw/it's: $(x).csv"),
        ],
    )
    def test_everything_follows(self, birds: Repo, to: str, path: str) -> None:
        inode = (birds.path / PATH).stat().st_ino
        done = datakit.mv("birds", to, root=birds.path)
        assert (done.name, done.old_path, done.path) == ("birds", PATH, path)
        assert birds.read(path) == BIRDS
        assert (birds.path / path).stat().st_ino == inode
        assert not (birds.path / PATH).exists()
        assert not (birds.path / f"{PATH}.dvc").exists()
        assert (record(birds, "birds")["path"], record(birds, "birds")["pointer"]) == (path, f"{path}.dvc")
        settled(birds)
        shutil.rmtree(birds.path / ".datakit")
        (birds.path / path).unlink()
        birds.dvc("checkout")
        assert birds.read(path) == BIRDS
        before = everything(birds)
        assert datakit.mv("birds", to if to.endswith(".csv") else path, root=birds.path).written == ()
        assert everything(birds) == before

    def test_the_pointer_is_that_of_dvc_mv(self, birds: Repo, tmp_path: Path) -> None:
        twin = copied(birds.path, tmp_path / "twin")
        (twin.path / "data/processed").mkdir(exist_ok=True)
        twin.dvc("mv", PATH, "data/processed/fowl.csv")
        datakit.mv("birds", "data/processed/fowl.csv", root=birds.path)
        assert birds.read("data/processed/fowl.csv.dvc") == twin.read("data/processed/fowl.csv.dvc")

    def test_ignore_lines_follow(self, project: Repo) -> None:
        project.write({"models/a.bin": "x", "models/.gitignore": "*.tmp\n"})
        datakit.add("models/a.bin", fields=CARD, root=project.path)
        assert project.read("models/.gitignore") == "*.tmp\n/a.bin\n"
        project.commit("a")
        datakit.mv("a", "weights/b.bin", root=project.path)
        assert project.read("models/.gitignore") == "*.tmp\n"
        assert project.read("weights/.gitignore") == "/b.bin\n"
        datakit.mv("a", "weights/c.bin", root=project.path)
        assert project.read("weights/.gitignore") == "/c.bin\n"
        datakit.mv("a", "models/a.bin", root=project.path)
        assert not (project.path / "weights/.gitignore").exists()
        assert project.status() == []

    def test_a_folder(self, project: Repo) -> None:
        project.write({"data/raw/imgs/a/1.png": b"1", "data/raw/imgs/ü.txt": "x"})
        datakit.add("data/raw/imgs", fields=CARD, root=project.path)
        project.commit("imgs")
        datakit.mv("imgs", "data/processed/pictures", root=project.path)
        assert project.read("data/processed/pictures/ü.txt") == "x"
        assert "up to date" in project.dvc("status")
        assert judged(project) == ()
        datakit.mv("imgs", "data/raw", root=project.path)
        assert record(project, "imgs")["path"] == "data/raw/pictures"

    def test_into_itself_is_refused(self, project: Repo) -> None:
        project.write({"data/raw/imgs/a/1.png": b"1"})
        datakit.add("data/raw/imgs", fields=CARD, root=project.path)
        before = everything(project)
        with pytest.raises(EnvironmentProblem, match="overlaps with `data/raw/imgs`"):
            datakit.mv("imgs", "data/raw/imgs/b", root=project.path)
        assert everything(project) == before

    @pytest.mark.parametrize("kind", ["hardlink", "symlink"])
    def test_links_into_the_cache(self, project: Repo, kind: str) -> None:
        project.dvc("config", "cache.type", kind)
        project.write({PATH: BIRDS})
        datakit.add(PATH, fields=CARD, root=project.path)
        datakit.mv("birds", "data/processed/b.csv", root=project.path)
        assert project.read("data/processed/b.csv") == BIRDS
        assert "up to date" in project.dvc("status")

    def test_a_relative_link_is_not_taken_elsewhere(self, birds: Repo) -> None:
        (birds.path / PATH).unlink()
        birds.write({"data/raw/.real.csv": BIRDS})
        (birds.path / PATH).symlink_to(".real.csv")
        with pytest.raises(
            EnvironmentProblem, match="` is a relative link, which would lead elsewhere from another folder"
        ):
            datakit.mv("birds", "data/processed/b.csv", root=birds.path)

    def test_changed_data_moves_as_it_is(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        datakit.mv("birds", "data/raw/b.csv", root=birds.path)
        assert birds.read("data/raw/b.csv") == MORE_BIRDS
        assert judged(birds) == ()
        assert [state.condition for state in datakit.status(root=birds.path)] == ["changed"]

    def test_one_of_several_outs(self, project: Repo) -> None:
        project.write({"data/raw/a.csv": BIRDS, "data/raw/b.csv": MORE_BIRDS})
        both = "".join(
            f"- md5: {md5(text)}\n  size: {len(text)}\n  hash: md5\n  path: raw/{name}.csv\n"
            for name, text in (("a", BIRDS), ("b", MORE_BIRDS))
        )
        project.write({"data/all.dvc": f"# two\nouts:\n{both}"})
        datakit.add("data/raw/a.csv", "data/raw/b.csv", fields=CARD, root=project.path)
        project.commit("both")
        datakit.mv("b", "data/processed/b.csv", root=project.path)
        assert "path: processed/b.csv" in project.read("data/all.dvc")
        assert project.read("data/all.dvc").startswith("# two\n")
        assert judged(project) == ()
        assert "up to date" in project.dvc("status")

    def test_what_dvc_imported_is_dvc_s_to_move(self, project: Repo, tmp_path: Path) -> None:
        (tmp_path / "source.csv").write_text(BIRDS)
        project.dvc("import-url", "--quiet", str(tmp_path / "source.csv"), PATH)
        datakit.add(PATH, fields=CARD, root=project.path)
        project.commit("birds")
        with pytest.raises(EnvironmentProblem, match="` was imported by DVC, which has to move it") as caught:
            datakit.mv("birds", "data/raw/b.csv", root=project.path)
        assert caught.value.hint == f"dvc mv {PATH} data/raw/b.csv, then datakit mv birds data/raw/b.csv"
        project.dvc("mv", PATH, "data/raw/b.csv")
        datakit.mv("birds", "data/raw/b.csv", root=project.path)
        assert "up to date" in project.dvc("status")
        assert judged(project) == ()

    def test_a_stage_s_output(self, project: Repo) -> None:
        stage = "stages:\n  clean:\n    cmd: {}\n    outs: [{}]\n"
        project.write(
            {
                "dvc.yaml": stage.format(
                    "mkdir -p data/processed && echo a > data/processed/a.csv", "data/processed/a.csv"
                )
            }
        )
        project.dvc("repro")
        datakit.add("data/processed/a.csv", name="clean", fields=CARD, root=project.path)
        project.commit("clean")
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.mv("clean", "data/processed/b.csv", root=project.path)
        assert caught.value.message == "`data/processed/a.csv` is the output of a stage, which decides where it lies"
        assert caught.value.hint == (
            "write `data/processed/b.csv` into dvc.yaml, `dvc repro`, then datakit mv clean data/processed/b.csv"
        )
        project.write(
            {
                "dvc.yaml": project.read("dvc.yaml")
                .replace("a.csv]", "b.csv]")
                .replace("> data/processed/a", "> data/processed/b")
            }
        )
        project.dvc("repro")
        told = {(state.name, state.condition, state.command) for state in datakit.status(root=project.path)}
        assert told == {("clean", "broken", "datakit mv clean data/processed/b.csv")}
        errors = [item for item in datakit.check(root=project.path) if item.level == "error"]
        assert {item.hint for item in errors} == {"datakit mv clean data/processed/b.csv"}
        datakit.mv("clean", "data/processed/b.csv", root=project.path)
        assert not (project.path / "data/processed/a.csv").exists()  # DVC's cache has it
        project.git("add", "--all")
        assert judged(project) == ()
        datakit.mv("clean", "tidy", root=project.path)
        assert judged(project) == ()
        assert "up to date" in project.dvc("status")

    def test_a_pointer_in_the_way(self, birds: Repo) -> None:
        birds.write({"data/raw/b.csv.dvc": f"outs:\n- md5: {md5('x')}\n  size: 1\n  hash: md5\n  path: other.csv\n"})
        with pytest.raises(EnvironmentProblem, match=r"`data/raw/b.csv.dvc` is there already, and nothing is replaced"):
            datakit.mv("birds", "data/raw/b.csv", root=birds.path)

    def test_the_place_of_absent_data(self, birds: Repo) -> None:
        birds.write({"data/raw/all.dvc": f"outs:\n- md5: {md5('x')}\n  size: 1\n  hash: md5\n  path: b.csv\n"})
        with pytest.raises(UsageError, match=r"`data/raw/b.csv` is tracked by `data/raw/all.dvc`"):
            datakit.mv("birds", "data/raw/b.csv", root=birds.path)


class TestWhere:
    def test_paths_count_from_the_current_folder(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl.csv", root=birds.path / "data/raw")
        assert record(birds, "birds")["path"] == "data/raw/fowl.csv"
        datakit.mv("birds", "../processed/x.csv", root=birds.path / "data/raw")
        assert record(birds, "birds")["path"] == "data/processed/x.csv"

    def test_a_linked_worktree(self, birds: Repo, tmp_path: Path) -> None:
        birds.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "other")
        linked = Repo(tmp_path / "linked")
        datakit.mv("birds", "fowl", root=linked.path)
        datakit.mv("fowl", "data/processed/fowl.csv", root=linked.path)
        assert judged(linked) == ()
        linked.git("commit", "--quiet", "--no-verify", "-m", "moved")
        assert linked.status() == []
        assert birds.status() == []
        assert birds.read(PATH) == BIRDS


class TestBegunByHand:
    """Following the advice of `status` and of the hook, word for word, ends in a clean commit."""

    def dvc_mv(self, repo: Repo) -> None:
        """Move with DVC."""
        repo.dvc("mv", PATH, "data/raw/fowl.csv")

    def dvc_mv_elsewhere(self, repo: Repo) -> None:
        """Move to another folder with DVC."""
        (repo.path / "data/processed").mkdir(exist_ok=True)
        repo.dvc("mv", PATH, "data/processed/birds.csv")

    def git_mv_pointer(self, repo: Repo) -> None:
        """Move pointer and data each by its own."""
        repo.git("mv", f"{PATH}.dvc", "data/raw/fowl.csv.dvc")
        os.rename(repo.path / PATH, repo.path / "data/raw/fowl.csv")

    def git_mv_pointer_elsewhere(self, repo: Repo) -> None:
        """Move them to another folder under another name."""
        (repo.path / "data/processed").mkdir(exist_ok=True)
        repo.git("mv", f"{PATH}.dvc", "data/processed/fowl.csv.dvc")
        os.rename(repo.path / PATH, repo.path / "data/processed/fowl.csv")

    def git_mv_pointer_alone(self, repo: Repo) -> None:
        """Move the pointer and forget the data."""
        repo.git("mv", f"{PATH}.dvc", "data/raw/fowl.csv.dvc")

    def git_mv_room(self, repo: Repo) -> None:
        """Rename the room."""
        repo.git("mv", ROOM, "catalog/fowl")

    def mv_room(self, repo: Repo) -> None:
        """Rename the room without a word to Git."""
        os.rename(repo.path / ROOM, repo.path / "catalog/fowl")

    def meta(self, repo: Repo) -> None:
        """Write the new name into the pointer."""
        repo.write({f"{PATH}.dvc": repo.read(f"{PATH}.dvc").replace("datakit: birds", "datakit: fowl")})

    BY_RECORDS = (
        "dvc_mv", "dvc_mv_elsewhere", "git_mv_pointer", "git_mv_pointer_elsewhere", "git_mv_pointer_alone",
        "git_mv_room", "mv_room", "meta",
    )  # fmt: skip

    def mv_data(self, repo: Repo) -> None:
        """Move the data alone, of which no record knows."""
        os.rename(repo.path / PATH, repo.path / "data/raw/fowl.csv")

    @pytest.mark.parametrize("begin", [*BY_RECORDS, "mv_data"])
    def test_status_leads_out(self, birds: Repo, begin: str) -> None:
        getattr(self, begin)(birds)
        for _ in range(2):
            state = datakit.status(root=birds.path)[0]
            if state.condition in {"clean", "ready"}:
                break
            follow(birds, state.command)
        settled(birds)

    @pytest.mark.parametrize("begin", BY_RECORDS)
    def test_every_line_of_status_says_the_same(self, birds: Repo, begin: str) -> None:
        getattr(self, begin)(birds)
        assert {state.command.rpartition(" ")[0] for state in datakit.status(root=birds.path)} == {"datakit mv birds"}

    @pytest.mark.parametrize("begin", BY_RECORDS)
    @pytest.mark.parametrize("which", [0, -1])
    def test_the_hook_leads_out(self, birds: Repo, begin: str, which: int) -> None:
        getattr(self, begin)(birds)
        birds.git("add", "--all")
        hints = [item.hint for item in datakit.check(staged=True, root=birds.path) if item.code != "DK302"]
        assert hints
        follow(birds, hints[which])
        settled(birds)


class TestHalf:
    """A move of which only a part is staged is stopped, and the advice stages the rest."""

    def test_only_the_room(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        birds.git("reset", "--quiet")
        birds.git("add", "catalog")
        assert "DK102" in judged(birds)
        self.follow_all(birds)

    def test_only_the_pointer(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        birds.git("reset", "--quiet")
        birds.git("add", f"{PATH}.dvc")
        assert judged(birds) == ("DK101", "DK102")
        self.follow_all(birds)

    def test_only_the_room_of_a_new_place(self, birds: Repo) -> None:
        datakit.mv("birds", "data/processed/b.csv", root=birds.path)
        birds.git("reset", "--quiet")
        birds.git("add", "catalog")
        assert judged(birds) == ("DK103", "DK105")
        self.follow_all(birds)

    def test_only_the_pointer_of_a_new_place(self, birds: Repo) -> None:
        datakit.mv("birds", "data/processed/b.csv", root=birds.path)
        birds.git("reset", "--quiet")
        birds.git("add", "data")
        assert judged(birds) == ("DK103", "DK101")
        self.follow_all(birds)

    def test_only_the_deletion_of_the_old_room(self, birds: Repo) -> None:
        datakit.mv("birds", "fowl", root=birds.path)
        birds.git("reset", "--quiet")
        birds.git("add", ROOM)
        assert "DK101" in judged(birds)

    def follow_all(self, repo: Repo) -> None:
        """Follow the first hint."""
        follow(repo, datakit.check(staged=True, root=repo.path)[0].hint)
        settled(repo)


def follow(repo: Repo, line: str) -> None:
    """Run an advice as a user would paste it."""
    import shlex

    words = shlex.split(line)
    assert words[0] in {"datakit", "git", "dvc"}, line
    if words[:2] == ["datakit", "mv"]:
        datakit.mv(*words[2:], root=repo.path)
    else:
        done = repo.run("bash", "-c", line)
        assert done.code == 0, (line, done.err)

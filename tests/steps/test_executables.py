"""Which files of a folder may be run: recorded by `add`, carried by DVC, put back by `pull`, compared by `verify` and `status`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection
from pathlib import Path

import pytest

import datakit
from datakit.errors import IntegrityError, InvalidRecord
from datakit.formats import executables, manifest
from datakit.gate.dataset import Dataset
from datakit.records import State
from datakit.repo import project as projects
from datakit.steps import measuring, recording
from datakit.versions.differences import differences
from tests.support.clones import cloned
from tests.support.datasets import CARD, everything
from tests.support.repo import Repo, copied

TOOLS = "data/raw/tools"
NAMES = ("a.sh", "b.txt", "s/c.sh")
SOME = ("a.sh", "s/c.sh")
ROOM = "catalog/tools"
LIST, POINTER = f"{ROOM}/executable.json", f"{ROOM}/executable.json.dvc"


def permit(repo: Repo, names: Collection[str], folder: str = TOOLS) -> None:
    """Let these files be run, and no others."""
    for name in NAMES:
        (repo.path / folder / name).chmod(0o755 if name in names else 0o644)


def permitted(folder: Path) -> tuple[str, ...]:
    """Return the files that may be run."""
    return tuple(name for name in NAMES if (folder / name).stat().st_mode & 0o100)


def recorded(repo: Repo) -> str | None:
    """Return what the manifest says."""
    return manifest.read((repo.path / ROOM / "manifest.json").read_bytes(), "manifest.json").data.executable


def states(repo: Repo) -> tuple[State, ...]:
    """Return what `status` says, with every finding but the first left out."""
    return datakit.status("tools", root=repo.path)


@pytest.fixture(scope="module")
def prepared(blank_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which some files may be run, recorded, committed and pushed; copied, never used."""
    made = copied(blank_project, tmp_path_factory.mktemp("tools") / "repo")
    made.write({f"{TOOLS}/{name}": name for name in NAMES})
    permit(made, SOME)
    made.dvc("remote", "add", "--default", "storage", "../storage")
    datakit.add(TOOLS, fields=CARD, root=made.path)
    made.commit("tools")
    datakit.push(root=made.path)
    return made.path.parent


@pytest.fixture
def tools(prepared: Path, tmp_path: Path) -> Repo:
    """A copy of it, with its remote beside it."""
    shutil.copytree(prepared, tmp_path / "all", symlinks=True)
    return Repo(tmp_path / "all/repo")


@pytest.fixture
def clone(tools: Repo) -> Repo:
    """A fresh clone of it, without data."""
    return cloned(tools, tools.path.parent / "clone")


class TestAdd:
    @pytest.mark.parametrize(("names", "value"), [((), None), (NAMES, "all")])
    def test_all_and_none_stand_in_the_manifest(self, project: Repo, names: Collection[str], value: str | None) -> None:
        project.write({f"{TOOLS}/{name}": name for name in NAMES})
        permit(project, names)
        (done,) = datakit.add(TOOLS, root=project.path)
        assert (recorded(project), done.data.executable, done.notes) == (value, value, ())
        assert not list((project.path / ROOM).glob("executable*"))
        assert ("executable" in json.loads(project.read(f"{ROOM}/manifest.json"))["data"]) == (value is not None)

    def test_some_are_a_list_that_dvc_keeps(self, tools: Repo) -> None:
        data = executables.dump(SOME)
        assert (tools.path / LIST).read_bytes() == data
        assert recorded(tools) == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert "up to date" in tools.dvc("status")
        assert tools.git("ls-files", "--", LIST) == ""
        assert tools.git("ls-files", "--", POINTER) == POINTER
        assert tools.status() == []

    def test_pointers_are_those_of_dvc(self, tools: Repo, tmp_path: Path) -> None:
        ours = [tools.read(path) for path in (POINTER, f"{ROOM}/.gitignore")]
        twin = copied(tools.path, tmp_path / "twin")
        for path in (POINTER, f"{ROOM}/.gitignore"):
            (twin.path / path).unlink()
        twin.dvc("add", "--no-relink", LIST)
        assert [twin.read(path) for path in (POINTER, f"{ROOM}/.gitignore")] == ours

    def test_the_pointer_of_the_data_is_what_it_was(self, tools: Repo, tmp_path: Path) -> None:
        before = tools.read(f"{TOOLS}.dvc")
        twin = copied(tools.path, tmp_path / "twin")
        twin.dvc("add", "--no-relink", TOOLS)
        assert twin.read(f"{TOOLS}.dvc") == before

    def test_again_changes_nothing(self, tools: Repo) -> None:
        before = everything(tools)
        (done,) = datakit.add("tools", root=tools.path)
        assert (done.action, done.written, done.notes) == ("unchanged", (), ())
        assert everything(tools) == before

    def test_what_people_added_to_the_pointer_stays(self, tools: Repo) -> None:
        tools.write({POINTER: tools.read(POINTER) + "  desc: who may be run\n"})
        permit(tools, ["b.txt"])
        datakit.add("tools", root=tools.path)
        assert "desc: who may be run" in tools.read(POINTER)
        assert recorded(tools) in tools.read(POINTER)  # type: ignore[operator]

    @pytest.mark.parametrize(("names", "value"), [(NAMES, "all"), ((), "none")])
    def test_a_list_that_is_no_longer_needed_goes(self, tools: Repo, names: Collection[str], value: str) -> None:
        former = recorded(tools)
        assert former is not None
        permit(tools, names)
        (done,) = datakit.add("tools", root=tools.path)
        assert done.notes == (f"files that may be run: some ({former[:8]}…) by the record before, {value} now",)
        assert (done.action, recorded(tools)) == ("updated", value)
        assert not (tools.path / LIST).exists()
        assert not (tools.path / POINTER).exists()
        assert tools.git("ls-files", "--", POINTER) == ""
        assert datakit.check(root=tools.path) == datakit.check(root=tools.path, at="HEAD")

    def test_the_bytes_and_their_reason_stay(self, tools: Repo) -> None:
        before = manifest.read((tools.path / ROOM / "manifest.json").read_bytes(), "m")
        permit(tools, NAMES)
        datakit.add("tools", root=tools.path)
        after = manifest.read((tools.path / ROOM / "manifest.json").read_bytes(), "m")
        assert after == before._replace(data=before.data._replace(executable="all"))

    def test_where_git_keeps_no_modes_what_is_recorded_stays(self, tools: Repo) -> None:
        tools.git("config", "core.fileMode", "false")
        permit(tools, NAMES)
        assert states(tools)[0].condition != "changed"
        assert datakit.verify("tools", root=tools.path)[0].faults == ()
        before = everything(tools)
        assert datakit.add("tools", root=tools.path)[0].action == "unchanged"
        assert everything(tools) == before


class TestStatus:
    def test_a_change_of_bits_alone(self, tools: Repo) -> None:
        assert states(tools)[0].condition != "changed"
        permit(tools, NAMES)
        (found,) = states(tools)
        assert (found.condition, found.detail) == (
            "changed",
            f"which files may be run is not what is recorded: some ({str(recorded(tools))[:8]}…) by the record, all here",
        )
        assert (
            found.command == "`datakit pull tools` puts back what is recorded, `datakit add tools` records what is here"
        )
        datakit.pull("tools", root=tools.path)
        assert (states(tools)[0].condition != "changed", permitted(tools.path / TOOLS)) == (True, SOME)

    def test_of_a_folder_of_which_nothing_was_recorded(self, project: Repo) -> None:
        project.write({f"{TOOLS}/{name}": name for name in NAMES})
        datakit.add(TOOLS, root=project.path)
        permit(project, SOME)
        (found,) = states(project)
        assert (found.condition, found.command) == ("changed", "datakit add tools")
        assert "which files may be run is not what it was: none before, some (" in found.detail
        datakit.add("tools", root=project.path)
        assert states(project)[0].condition != "changed"

    def test_a_manifest_from_before_says_nothing(self, tools: Repo) -> None:
        """As an earlier datakit wrote it; nor does this working tree know what the modes were."""
        path = tools.path / ROOM / "manifest.json"
        known = manifest.read(path.read_bytes(), "m")
        path.write_bytes(manifest.dump(known._replace(data=known.data._replace(executable=None))))
        shutil.rmtree(tools.path / ".datakit")
        (tools.path / POINTER).unlink()
        assert states(tools)[0].condition != "changed"
        assert datakit.verify("tools", root=tools.path)[0].faults == ()
        datakit.pull("tools", root=tools.path)
        assert permitted(tools.path / TOOLS) == SOME

    def test_of_a_file(self, project: Repo) -> None:
        project.write({"data/raw/run": "#!/bin/sh\n"})
        datakit.add("data/raw/run", root=project.path)
        (project.path / "data/raw/run").chmod(0o755)
        (found,) = datakit.status("run", root=project.path)
        assert (found.condition, "none by the record, all here" in found.detail) == ("changed", True)
        datakit.pull("run", root=project.path)
        assert (project.path / "data/raw/run").stat().st_mode & 0o111 == 0
        (project.path / "data/raw/run").chmod(0o755)
        datakit.add("run", root=project.path)
        assert "isexec: true" in project.read("data/raw/run.dvc")
        assert datakit.status("run", root=project.path)[0].condition != "changed"


class TestPull:
    def test_into_a_clone(self, clone: Repo) -> None:
        (done,) = datakit.pull(root=clone.path)
        assert (done.written, done.fetched, done.memberships) == (3, 5, 0)
        assert permitted(clone.path / TOOLS) == SOME
        assert (clone.path / LIST).read_bytes() == executables.dump(SOME)
        assert (clone.status(), "up to date" in clone.dvc("status")) == ([], True)
        assert datakit.pull(root=clone.path)[0].fetched == 0

    def test_after_plain_dvc_pull_which_loses_them(self, clone: Repo) -> None:
        clone.dvc("pull")
        assert (permitted(clone.path / TOOLS), (clone.path / LIST).exists()) == ((), True)
        assert states(clone)[0].condition == "changed"
        (done,) = datakit.pull("tools", offline=True, root=clone.path)
        assert (done.written, permitted(clone.path / TOOLS)) == (0, SOME)

    def test_what_plain_dvc_pushed(self, tools: Repo) -> None:
        shutil.rmtree(tools.path.parent / "storage")
        tools.dvc("push")
        clone = cloned(tools, tools.path.parent / "clone")
        datakit.pull(root=clone.path)
        assert permitted(clone.path / TOOLS) == SOME

    @pytest.mark.parametrize("kind", ["symlink", "hardlink"])
    def test_what_may_be_run_is_a_copy_where_dvc_wants_links(self, clone: Repo, kind: str) -> None:
        clone.dvc("config", "--local", "cache.type", kind)
        datakit.pull(root=clone.path)
        assert permitted(clone.path / TOOLS) == SOME
        cached = [path for path in (clone.path / ".dvc/cache").rglob("*") if path.is_file()]
        assert {path.stat().st_mode & 0o777 for path in cached} == {0o444}
        assert all((clone.path / TOOLS / name).stat().st_nlink == 1 for name in SOME)
        plain = clone.path / TOOLS / "b.txt"
        assert plain.is_symlink() or plain.stat().st_nlink == 2
        assert states(clone)[0].condition != "changed"

    def test_to_another_place(self, clone: Repo, tmp_path: Path) -> None:
        datakit.pull("tools", to=tmp_path / "there", root=clone.path)
        assert permitted(tmp_path / "there") == SOME
        assert not (clone.path / LIST).exists()
        permit(clone, NAMES, folder=str(tmp_path / "there"))
        datakit.pull("tools", to=tmp_path / "there", root=clone.path)
        assert permitted(tmp_path / "there") == SOME

    def test_an_earlier_version(self, tools: Repo, tmp_path: Path) -> None:
        first = tools.git("rev-parse", "HEAD")
        permit(tools, ["b.txt"])
        datakit.add("tools", root=tools.path)
        tools.commit("others")
        datakit.pull(f"tools@{first}", to=tmp_path / "there", root=tools.path)
        assert permitted(tmp_path / "there") == SOME
        place = datakit.path(f"tools@{first}", root=tools.path)
        assert permitted(place) == SOME
        assert {(place / name).stat().st_mode & 0o222 for name in NAMES} == {0}
        assert permitted(datakit.path("tools", root=tools.path)) == ("b.txt",)

    def test_a_branch_of_which_nothing_is_recorded_takes_the_list_away(self, tools: Repo) -> None:
        path = tools.path / ROOM / "manifest.json"
        known = manifest.read(path.read_bytes(), "m")
        path.write_bytes(manifest.dump(known._replace(data=known.data._replace(executable=None))))
        datakit.pull("tools", root=tools.path)
        assert not (tools.path / LIST).exists()

    def test_a_part_of_it(self, clone: Repo, tmp_path: Path) -> None:
        datakit.pull(root=clone.path)
        datakit.split("tools", into={"train": 0.5, "test": 0.5}, salt="x", root=clone.path)
        for part in ("train", "test"):
            datakit.pull("tools", split=part, to=tmp_path / part, root=clone.path)
            assert {
                path.name for path in (tmp_path / part).rglob("*") if path.stat().st_mode & 0o100 and path.is_file()
            } == {Path(name).name for name in SOME if (tmp_path / part / name).exists()}

    def test_a_list_that_is_nowhere(self, clone: Repo) -> None:
        name = recorded(clone)
        assert name is not None
        (clone.path.parent / "storage/files/md5" / name[:2] / name[2:]).unlink()
        with pytest.raises(IntegrityError, match="which files may be run"):
            datakit.pull(root=clone.path)

    def test_a_list_with_other_bytes(self, clone: Repo) -> None:
        datakit.pull(root=clone.path)
        name = recorded(clone)
        assert name is not None
        place = clone.path / ".dvc/cache/files/md5" / name[:2] / name[2:]
        place.chmod(0o644)
        place.write_text('["b.txt"]')
        place.chmod(0o444)
        with pytest.raises(IntegrityError, match="is corrupt"):
            datakit.pull(root=clone.path)

    def test_a_list_of_hostile_names(self, tools: Repo, tmp_path: Path) -> None:
        outside = tmp_path / "outside.sh"
        outside.write_text("x")
        data = json.dumps(["../../../../../outside.sh"]).encode()
        (tmp_path / "list").write_bytes(data)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        place = tools.path / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        place.chmod(0o444)
        path = tools.path / ROOM / "manifest.json"
        known = manifest.read(path.read_bytes(), "m")
        path.write_bytes(manifest.dump(known._replace(data=known.data._replace(executable=md5))))
        for verb in (datakit.pull, datakit.verify, datakit.path):
            with pytest.raises(InvalidRecord, match="leads out of the folder"):
                verb("tools", root=tools.path)
        assert outside.stat().st_mode & 0o111 == 0


class TestLinks:
    @pytest.mark.parametrize("kind", ["symlink", "hardlink"])
    def test_what_becomes_executable_is_no_longer_a_link(self, project: Repo, kind: str) -> None:
        project.dvc("config", "--local", "cache.type", kind)
        project.write({f"{TOOLS}/{name}": name for name in NAMES})
        datakit.add(TOOLS, root=project.path)
        (project.path / TOOLS / "a.sh").chmod(0o555)  # the mode of the object, which all that link to it share
        datakit.add(TOOLS, root=project.path)
        assert permitted(project.path / TOOLS) == ("a.sh",)
        cached = [path for path in (project.path / ".dvc/cache").rglob("*") if path.is_file()]
        assert {path.stat().st_mode & 0o777 for path in cached} == {0o444}
        assert states(project)[0].condition != "changed"
        assert datakit.verify("tools", root=project.path)[0].faults == ()


class TestVerify:
    def test_names_the_first_of_each_kind(self, tools: Repo) -> None:
        permit(tools, ["b.txt"])
        (found,) = datakit.verify("tools", root=tools.path)
        assert [(fault.path, fault.problem) for fault in found.faults] == [
            (f"{TOOLS}/b.txt", "may be run, which is not recorded"),
            (f"{TOOLS}/a.sh", "may not be run, which is recorded; so do 1 more"),
        ]
        datakit.pull("tools", root=tools.path)
        assert datakit.verify("tools", root=tools.path)[0].faults == ()

    def test_a_list_that_the_cache_lacks(self, tools: Repo) -> None:
        name = recorded(tools)
        assert name is not None
        (tools.path / ".dvc/cache/files/md5" / name[:2] / name[2:]).unlink()
        (found,) = datakit.verify("tools", root=tools.path)
        assert [(fault.kind, fault.path) for fault in found.faults] == [("cache", f"{TOOLS} (which files may be run)")]
        datakit.push(root=tools.path)  # the room still has it
        assert datakit.verify("tools", cache=True, root=tools.path)[0].faults == ()


def test_push_sends_the_list_and_repairs_nothing(tools: Repo) -> None:
    permit(tools, ["b.txt"])
    datakit.add("tools", root=tools.path)
    tools.commit("others")
    (done,) = datakit.push(root=tools.path)
    assert (done.uploaded, done.repaired) == (1, 0)
    assert datakit.push(prove=True, root=tools.path)[0].present == 5


@pytest.mark.parametrize(
    ("target", "name", "folder"), [("gear", "gear", TOOLS), ("data/raw/gear", "tools", "data/raw/gear")]
)
def test_a_new_name_or_place_keeps_it(tools: Repo, target: str, name: str, folder: str) -> None:
    datakit.mv("tools", target, root=tools.path)
    tools.commit("moved")
    clone = cloned(tools, tools.path.parent / "clone")
    datakit.pull(root=clone.path)
    assert permitted(clone.path / folder) == SOME
    assert (clone.path / f"catalog/{name}/executable.json").exists()
    assert (clone.status(), "up to date" in clone.dvc("status")) == ([], True)


def test_rm_takes_it_along(tools: Repo) -> None:
    done = datakit.rm("tools", reason="no longer needed", root=tools.path)
    assert POINTER in done.written
    assert [path.name for path in (tools.path / ROOM).iterdir()] == ["tombstone.json"]
    tools.git("restore", "--source=HEAD", "--staged", "--worktree", "--", ".")
    datakit.pull("tools", root=tools.path)
    assert permitted(tools.path / TOOLS) == SOME


class TestGate:
    def test_a_pointer_that_is_missing(self, tools: Repo) -> None:
        (tools.path / POINTER).unlink()
        found = [item for item in datakit.check(root=tools.path) if item.code == "DK103"]
        assert [(item.path, item.message) for item in found] == [
            (POINTER, "the pointer of the list of files that may be run is missing")
        ]
        assert tools.run("sh", "-c", found[0].hint).code == 0
        assert [item for item in datakit.check(root=tools.path) if item.code == "DK103"] == []

    def test_a_pointer_to_another_list(self, tools: Repo) -> None:
        tools.write({POINTER: tools.read(POINTER).replace(str(recorded(tools)), "0a" * 16)})
        found = [item for item in datakit.check(root=tools.path) if item.code == "DK103"]
        assert [item.path for item in found] == [POINTER]
        assert "does not have the md5" in found[0].message

    def test_a_manifest_that_was_staged_alone(self, project: Repo) -> None:
        project.write({f"{TOOLS}/{name}": name for name in NAMES})
        datakit.add(TOOLS, fields=CARD, root=project.path)
        project.commit("tools")
        permit(project, SOME)
        datakit.add("tools", root=project.path)
        project.git("rm", "--cached", "--quiet", POINTER)
        (project.path / POINTER).unlink()
        (found,) = (item for item in datakit.check(root=project.path) if item.code == "DK103")
        assert found.hint == "datakit add tools"
        datakit.add("tools", root=project.path)
        assert [item for item in datakit.check(root=project.path) if item.code == "DK103"] == []


def test_other_modes_are_a_patch(tools: Repo) -> None:
    where = projects.find(tools.path)
    cache, before = recording.open_cache(where), Dataset(where.tree, where.policy, "tools")
    old = measuring.facts(before, cache)
    permit(tools, NAMES)
    datakit.add("tools", root=tools.path)
    new = measuring.facts(Dataset(where.tree, where.policy, "tools"), cache)
    assert [(item.level, item.what) for item in differences(old, new)] == [("patch", "other files may be run")]

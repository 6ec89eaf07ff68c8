"""`add` writes every broken record of datakit's own anew, with what can still be known; real merges leave such records."""

from __future__ import annotations

import pytest

import datakit
from datakit.errors import InvalidRecord, UsageError
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5, record
from tests.support.repo import Repo

PATH = "data/raw/birds.csv"
ROOM = "catalog/birds"
KINDS = ("manifest", "receipt", "profile")


@pytest.fixture
def birds(project: Repo) -> Repo:
    """A project with `birds` and a parent of it, committed."""
    project.write({"data/raw/eggs.csv": BIRDS, PATH: BIRDS})
    datakit.add("data/raw/eggs.csv", fields=CARD, root=project.path)
    datakit.add(PATH, fields=CARD, parents=["eggs"], command="hatch", root=project.path)
    project.commit("birds")
    return project


class TestByHand:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("content", ["", "{", "[]", '{"manifest": 99}\n', "edited"])
    def test_a_broken_record_is_written_anew(self, birds: Repo, kind: str, content: str) -> None:
        good = birds.read(f"{ROOM}/{kind}.json")
        birds.write({f"{ROOM}/{kind}.json": good.replace('"rows": 3', '"rows": 9') if content == "edited" else content})
        assert "DK104" in {item.code for item in datakit.check("birds", root=birds.path)}
        (done,) = datakit.add(root=birds.path)  # named by nobody, found by itself
        assert (done.name, done.written) == ("birds", (f"{ROOM}/{kind}.json",))
        assert birds.read(f"{ROOM}/{kind}.json") == good
        assert birds.status() == []

    def test_all_of_them_at_once(self, birds: Repo) -> None:
        good = [birds.read(f"{ROOM}/{kind}.json") for kind in KINDS]
        birds.write({f"{ROOM}/{kind}.json": "{" for kind in KINDS})
        datakit.add("birds", root=birds.path)
        assert [birds.read(f"{ROOM}/{kind}.json") for kind in KINDS] == good

    def test_what_was_staged_is_remembered(self, birds: Repo) -> None:
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="more", parents=["eggs"], command="hatch again", root=birds.path)
        staged = birds.read(f"{ROOM}/manifest.json")
        birds.write({f"{ROOM}/manifest.json": "{"})
        datakit.add("birds", root=birds.path)
        assert birds.read(f"{ROOM}/manifest.json") == staged

    def test_a_manifest_that_git_never_saw(self, project: Repo) -> None:
        project.write({"datakit.yaml": "git: {autostage: false}\n", PATH: BIRDS})
        datakit.add(PATH, root=project.path)
        project.write({f"{ROOM}/manifest.json": "{"})
        for word in ("birds", PATH, f"{PATH}.dvc"):  # dvc.yaml and the pointer still know the name
            datakit.add(word, root=project.path)
            assert record(project, "birds")["data"]["md5"] == md5(BIRDS)
            project.write({f"{ROOM}/manifest.json": "{"})
        project.write({"dvc.yaml": ""})
        before = everything(project)
        with pytest.raises(InvalidRecord) as caught:
            datakit.add("birds", root=project.path)
        assert caught.value.message == (
            f"{ROOM}/manifest.json: is not JSON: Expecting property name enclosed in double quotes"
        )
        assert caught.value.hint == "datakit add PATH --name birds"
        assert everything(project) == before

    def test_a_manifest_that_is_gone(self, birds: Repo) -> None:
        (birds.path / ROOM / "manifest.json").unlink()
        (done,) = datakit.add(PATH, root=birds.path)
        assert (done.name, done.action) == ("birds", "recorded")
        assert record(birds, "birds")["change"] == _committed_change(birds)

    def test_other_keys_of_a_later_version_stay(self, birds: Repo) -> None:
        from datakit.formats import manifest

        known = manifest.read(birds.read(f"{ROOM}/manifest.json").encode(), "x")
        birds.write({f"{ROOM}/manifest.json": manifest.dump(known._replace(other={"quality": {"score": 1}}))})
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="more", root=birds.path)
        assert record(birds, "birds")["quality"] == {"score": 1}


class TestMerge:
    def test_both_sides_changed_the_data(self, birds: Repo) -> None:
        birds.git("switch", "--quiet", "-c", "other")
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="a fourth", root=birds.path)
        birds.commit("theirs")
        birds.git("switch", "--quiet", "main")
        datakit.pull("birds", offline=True, root=birds.path)
        ours = BIRDS.replace("3.5", "3.25")
        birds.write({PATH: ours})
        datakit.add("birds", note="weighed again", root=birds.path)
        birds.commit("ours")
        assert birds.try_git("merge", "other").code == 1
        conflicts = {line[3:] for line in birds.status() if line.startswith("UU")}
        assert {f"{PATH}.dvc", f"{ROOM}/manifest.json", f"{ROOM}/receipt.json"} <= conflicts
        birds.write({PATH: f"{ours}4,f,5.5\n"})
        with pytest.raises(UsageError, match="needs a reason"):
            datakit.add("birds", root=birds.path)
        (done,) = datakit.add("birds", note="both", root=birds.path)
        assert done.validation is not None
        assert record(birds, "birds")["change"]["from"] == md5(ours)
        assert not any(line.startswith("UU") for line in birds.status())
        assert {item.code for item in datakit.check("birds", staged=True, root=birds.path)} <= {"DK305"}
        assert "<<<<" not in birds.read(f"{PATH}.dvc")
        assert "up to date" in birds.dvc("status")

    def test_their_bytes_bring_their_record(self, birds: Repo) -> None:
        birds.git("switch", "--quiet", "-c", "other")
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="a fourth", parents=["eggs"], command="hatch more", root=birds.path)
        birds.commit("theirs")
        birds.git("switch", "--quiet", "main")
        datakit.pull("birds", offline=True, root=birds.path)
        birds.write({PATH: BIRDS.replace("3.5", "3.25")})
        datakit.add("birds", note="weighed again", root=birds.path)
        birds.commit("ours")
        assert birds.try_git("merge", "other").code == 1
        birds.write({PATH: MORE_BIRDS})
        datakit.add("birds", note="theirs is right", force=True, root=birds.path)
        found = record(birds, "birds")
        assert found["produced_by"] == {"command": "hatch more"}
        assert found["derived_from"] == [{"name": "eggs", "md5": md5(BIRDS)}]

    def test_new_datasets_on_both_sides_merge_by_themselves(self, birds: Repo) -> None:
        birds.git("switch", "--quiet", "-c", "other")
        birds.write({"data/raw/ants.csv": BIRDS})
        datakit.add("data/raw/ants.csv", root=birds.path)
        birds.commit("theirs")
        birds.git("switch", "--quiet", "main")
        birds.write({"data/raw/zebras.csv": BIRDS})
        datakit.add("data/raw/zebras.csv", root=birds.path)
        birds.commit("ours")
        birds.git("merge", "--quiet", "--no-edit", "other")
        assert [line.split(":")[0].strip() for line in birds.read("dvc.yaml").splitlines()[1:]] == [
            "ants", "birds", "eggs", "zebras",
        ]  # fmt: skip
        assert datakit.check(select=["DK1"], root=birds.path) == ()


def _committed_change(repo: Repo) -> object:
    """Return `change` of the manifest in HEAD."""
    import json

    return json.loads(repo.git("show", f"HEAD:{ROOM}/manifest.json"))["change"]

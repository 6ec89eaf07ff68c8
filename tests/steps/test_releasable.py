"""What keeps a dataset from being registered: each reason is an error of its own, and nothing is half done."""

from __future__ import annotations

from pathlib import Path

import pytest

import datakit
from datakit.errors import DatakitError, EnvironmentProblem, InvalidRecord, NotFound, UsageError
from tests.support.clones import TABLE
from tests.support.datasets import BIRDS, MORE_BIRDS, everything
from tests.support.releases import recorded
from tests.support.repo import Repo

CARD, CONTRACT = "catalog/birds/README.md", "catalog/birds/contract.odcs.yaml"


def refused(repo: Repo, kind: type[DatakitError], name: str = "birds", **options: object) -> DatakitError:
    """Try to register a dataset, and return why nothing at all happened."""
    before = everything(repo)
    with pytest.raises(kind) as caught:
        datakit.release(name, root=repo.path, **options)  # type: ignore[arg-type]  # a few of its options
    assert everything(repo) == before
    return caught.value


class TestHead:
    def test_nothing_is_committed(self, tmp_path: Path) -> None:
        repo = Repo(tmp_path / "new")
        datakit.init(repo.path, hooks=False)
        with pytest.raises(UsageError) as caught:
            datakit.release("birds", root=repo.path)
        assert caught.value.message == "nothing is committed yet, so there is nothing to register"

    def test_a_shallow_clone(self, ready: Repo, tmp_path: Path) -> None:
        ready.git("clone", "--quiet", "--depth=1", f"file://{ready.path.parent}/bare.git", str(tmp_path / "shallow"))
        shallow = Repo(tmp_path / "shallow")
        error = refused(shallow, EnvironmentProblem)
        assert error.message == "this clone is shallow: versions that were registered before may be missing in it"
        shallow.git("fetch", "--quiet", "--unshallow", "--tags")
        assert datakit.release("birds", root=shallow.path).version == "v1.0.0"

    def test_no_branch_is_no_matter_here(self, ready: Repo) -> None:
        ready.git("switch", "--quiet", "--detach")
        error = refused(ready, UsageError, push=True)
        assert error.message == "HEAD is on no branch, so there is none to push"
        assert datakit.release("birds", root=ready.path).version == "v1.0.0"

    def test_head_without_policy(self, ready: Repo) -> None:
        ready.git("rm", "--quiet", "--cached", "datakit.yaml")
        ready.git("commit", "--quiet", "--no-verify", "-m", "gone")
        assert refused(ready, InvalidRecord).message == "datakit.yaml: is not in HEAD"

    def test_the_policy_of_head_counts(self, ready: Repo) -> None:
        ready.write({"datakit.yaml": ready.read("datakit.yaml") + "remotes: {require: [storage]}\n"})
        assert datakit.release("birds", dry_run=True, root=ready.path).remotes == ()
        ready.commit("policy")
        assert "remote `storage`, which the policy requires" in refused(ready, EnvironmentProblem).message


class TestNames:
    def test_unknown(self, ready: Repo) -> None:
        error = refused(ready, NotFound, "brids")
        assert (error.message, error.hint) == ("there is no dataset `brids`", "did you mean `birds`?")

    def test_no_name_at_all(self, ready: Repo) -> None:
        assert "`birds@v1.0.0` cannot name a dataset" in refused(ready, UsageError, "birds@v1.0.0").message
        assert "`--all` cannot name a dataset" in refused(ready, UsageError, "--all").message

    def test_not_committed_yet(self, ready: Repo) -> None:
        ready.write({"data/raw/eggs.csv": BIRDS})
        datakit.add("data/raw/eggs.csv", root=ready.path)
        error = refused(ready, UsageError, "eggs")
        assert (error.message, error.hint) == ("`eggs` is not in HEAD: a version is what a commit has", "commit it")

    def test_a_room_without_manifest(self, ready: Repo) -> None:
        ready.git("rm", "--quiet", "catalog/birds/manifest.json")
        ready.commit("half gone")
        assert refused(ready, NotFound).message == "there is no manifest `catalog/birds/manifest.json`"

    def test_no_step(self, ready: Repo) -> None:
        error = refused(ready, UsageError, bump="huge")
        assert (error.message, error.hint) == (
            "`--bump huge` is no step of a version", "one of auto, major, minor, patch",
        )  # fmt: skip


class TestDirty:
    def test_work_tree(self, ready: Repo) -> None:
        ready.write({CARD: ready.read(CARD) + "\nMore.\n"})
        error = refused(ready, UsageError)
        assert error.message == f"`birds` is not as HEAD has it: {CARD}"
        assert error.hint == f"git add {CARD}, then commit: a version is what a commit has"
        assert datakit.release("photos", root=ready.path).version == "v1.0.0"

    def test_index(self, ready: Repo) -> None:
        text = ready.read(CARD)
        ready.write({CARD: text + "\nMore.\n"})
        ready.git("add", CARD)
        ready.write({CARD: text})
        assert CARD in refused(ready, UsageError).message

    def test_recorded_and_not_committed(self, ready: Repo) -> None:
        ready.write({TABLE: MORE_BIRDS})
        datakit.add("birds", note="more", root=ready.path)
        error = refused(ready, UsageError)
        assert error.message == "`birds` is not as HEAD has it: catalog/birds/manifest.json and 3 more"
        assert f"{TABLE}.dvc" in error.details

    def test_a_new_file_in_the_room(self, ready: Repo) -> None:
        ready.write({"catalog/birds/splits/default.yaml": "recipe: 1\n"})
        assert "catalog/birds/splits/default.yaml" in refused(ready, UsageError).message

    def test_its_artifact_and_no_other(self, ready: Repo) -> None:
        text = ready.read("dvc.yaml")
        ready.write({"dvc.yaml": text + "  zoo: {path: data/raw/zoo.csv, type: dataset}\n"})
        assert datakit.release("birds", dry_run=True, root=ready.path).version == "v1.0.0"
        ready.write({"dvc.yaml": text.replace("data/raw/birds.csv", "data/raw/b.csv")})
        assert refused(ready, UsageError).message == "`birds` is not as HEAD has it: dvc.yaml"
        ready.git("add", "dvc.yaml")
        ready.write({"dvc.yaml": text})
        assert refused(ready, UsageError).message == "`birds` is not as HEAD has it: dvc.yaml"

    def test_other_files_may_be(self, ready: Repo) -> None:
        ready.write({"notes.txt": "x", "catalog/photos/README.md": "x"})
        assert datakit.release("birds", root=ready.path).version == "v1.0.0"


class TestRules:
    def test_a_draft(self, ready: Repo) -> None:
        ready.write({CONTRACT: ready.read(CONTRACT).replace("status: active", "status: draft")})
        ready.commit("back to draft")
        error = refused(ready, InvalidRecord)
        assert error.message == f"{CONTRACT}: the contract is still a draft, so nobody has said yet that it is right"
        assert error.hint == f"read {CONTRACT}, set `status: active`, then commit it"

    def test_a_finding(self, ready: Repo) -> None:
        text = ready.read(CARD)
        ready.write({CARD: text.replace("license: CC0-1.0\n", "").replace("personal_data: none\n", "")})
        ready.commit("card")
        error = refused(ready, InvalidRecord)
        assert error.message.startswith(f"{CARD}: DK201 `license` is missing")
        assert (error.hint or "").endswith("; then commit it")
        assert len(error.details) == 2
        assert datakit.release("photos", root=ready.path).version == "v1.0.0"

    def test_data_that_breaks_its_contract(self, ready: Repo) -> None:
        recorded(ready, BIRDS.replace("4.5", "many"))
        assert "DK303 check `mass.type` failed" in refused(ready, InvalidRecord).message

    def test_warnings_do_not_block(self, ready: Repo) -> None:
        ready.write({"datakit.yaml": ready.read("datakit.yaml") + "severity: {DK201: warn}\n"})
        ready.commit("policy")
        ready.write({CARD: ready.read(CARD).replace("license: CC0-1.0\n", "")})
        ready.commit("card")
        assert datakit.release("birds", root=ready.path).version == "v1.0.0"


class TestNothingNew:
    def test_the_same(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        ready.commit("something else")
        error = refused(ready, UsageError)
        assert error.message == "`birds` in HEAD is v1.0.0 already: data, contract, card and splits are the same"
        assert error.hint == "to publish it: datakit push birds && git push --follow-tags"

    def test_even_with_a_step(self, ready: Repo) -> None:
        datakit.release("birds", root=ready.path)
        assert "is v1.0.0 already" in refused(ready, UsageError, bump="major").message

    def test_a_lightweight_tag_is_in_the_way(self, ready: Repo) -> None:
        ready.git("tag", "birds@v1.0.0")
        assert refused(ready, UsageError).message == "the tag `birds@v1.0.0` exists already; nothing was registered"


class TestRequired:
    @pytest.fixture
    def demanding(self, ready: Repo) -> Repo:
        """A project whose policy wants every byte on its remote."""
        ready.write({"datakit.yaml": ready.read("datakit.yaml") + "remotes: {require: [storage]}\n"})
        ready.commit("policy")
        return ready

    def test_each_object_is_asked_for(self, demanding: Repo) -> None:
        error = refused(demanding, EnvironmentProblem, "photos")
        assert error.message == "remote `storage`, which the policy requires, lacks 4 of 4 objects of `photos`"
        assert error.hint == "datakit push photos --remote storage, or `datakit release photos --push`"
        demanding.dvc("push")
        lost = next(
            path
            for path in (demanding.path.parent / "storage").rglob("*")
            if path.is_file() and path.read_bytes() == b"two"
        )
        lost.unlink()
        assert demanding.dvc("push").startswith("Everything is up to date")
        error = refused(demanding, EnvironmentProblem, "photos")
        assert error.message == "remote `storage`, which the policy requires, lacks 1 of 4 objects of `photos`"
        assert error.details == (f"data/raw/photos/m/2.png: object {lost.parent.name}{lost.name}",)
        datakit.push("photos", root=demanding.path)
        assert datakit.release("photos", root=demanding.path).remotes == ("storage",)

    def test_a_listing_that_only_the_remote_has(self, demanding: Repo, tmp_path: Path) -> None:
        demanding.dvc("push")
        demanding.git("push", "--quiet")
        demanding.git("clone", "--quiet", "../bare.git", str(tmp_path / "clone"))
        done = datakit.release("photos", root=tmp_path / "clone")
        assert (done.version, done.remotes) == ("v1.0.0", ("storage",))

    def test_sent_where_that_is_asked_for(self, demanding: Repo) -> None:
        done = datakit.release("birds", push=True, root=demanding.path)
        assert [(item.remote, item.uploaded) for item in done.sent] == [("storage", 1)]

    def test_a_remote_that_is_gone(self, demanding: Repo) -> None:
        demanding.dvc("remote", "modify", "storage", "url", "s3://nowhere/x")
        demanding.dvc("remote", "modify", "storage", "endpointurl", "http://127.0.0.1:9")
        demanding.commit("remote")
        assert "storage" in refused(demanding, EnvironmentProblem).message

    def test_a_remote_that_dvc_does_not_know(self, ready: Repo) -> None:
        ready.write({"datakit.yaml": ready.read("datakit.yaml") + "remotes: {require: [strorage]}\n"})
        ready.commit("policy")
        error = refused(ready, InvalidRecord)
        assert error.message == (
            "datakit.yaml: `remotes.require` names `strorage`, which is none of DVC's remotes: storage"
        )
        assert error.hint == "dvc remote add strorage URL, or correct datakit.yaml"

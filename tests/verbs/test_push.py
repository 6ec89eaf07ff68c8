"""`push`: what a remote has afterwards is what DVC would have put there, and more where DVC leaves holes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, IntegrityError, InvalidRecord, NotFound
from tests.support import s3
from tests.support.clones import FOLDER, TABLE, changed, cloned, files, published
from tests.support.datasets import BIRDS, MORE_BIRDS, everything, md5
from tests.support.repo import Repo


def place(repo: Repo, name: str) -> Path:
    """Return where the remote has an object."""
    return repo.path.parent / "storage/files/md5" / name[:2] / name[2:]


class TestDone:
    def test_everything_then_nothing(self, project: Repo) -> None:
        published(project)
        before = everything(project)
        birds, photos = datakit.push(root=project.path)
        assert (birds.name, birds.path, birds.remote, birds.uploaded, birds.present, birds.repaired) == (
            "birds", TABLE, "storage", 1, 0, 0,
        )  # fmt: skip
        assert (birds.md5, birds.size, birds.url) == (md5(BIRDS), len(BIRDS), str(project.path.parent / "storage"))
        assert (photos.uploaded, photos.present, photos.repaired) == (4, 0, 0)
        again = datakit.push(root=project.path)
        assert [(item.uploaded, item.present, item.size) for item in again] == [(0, 1, 0), (0, 4, 0)]
        assert everything(project) == before

    def test_the_remote_is_what_dvc_makes_of_it(self, project: Repo) -> None:
        changed(published(project))
        datakit.push(root=project.path)
        ours = files(project.path.parent / "storage")
        assert "up to date" in project.dvc("push")
        shutil.rmtree(project.path.parent / "storage")
        project.dvc("push")
        assert files(project.path.parent / "storage") == ours

    def test_one_dataset_and_another_remote(self, project: Repo) -> None:
        published(project)
        project.dvc("remote", "add", "other", "../other")
        (done,) = datakit.push("birds", remote="other", root=project.path)
        assert (done.remote, len(files(project.path.parent / "other"))) == ("other", 1)
        assert not (project.path.parent / "storage").exists()

    def test_the_recorded_bytes_go_whatever_lies_there(self, project: Repo) -> None:
        published(project)
        project.write({TABLE: MORE_BIRDS})
        datakit.push("birds", root=project.path)
        assert place(project, md5(BIRDS)).read_text() == BIRDS
        assert not place(project, md5(MORE_BIRDS)).exists()

    def test_bytes_that_only_the_working_tree_has(self, project: Repo) -> None:
        published(project)
        shutil.rmtree(project.path / ".dvc/cache")
        assert [item.uploaded for item in datakit.push(root=project.path)] == [1, 4]

    def test_a_clone_without_bytes_has_nothing_to_send(self, project: Repo, tmp_path: Path) -> None:
        published(project)
        datakit.push(root=project.path)
        clone = cloned(project, tmp_path / "clone")
        assert [(item.uploaded, item.present) for item in datakit.push(root=clone.path)] == [(0, 1), (0, 4)]


class TestHoles:
    def test_a_member_that_dvc_never_sends_again(self, project: Repo) -> None:
        published(project)
        datakit.push(root=project.path)
        place(project, md5("two")).unlink()
        assert "up to date" in project.dvc("push")
        assert not place(project, md5("two")).exists()
        _, photos = datakit.push(root=project.path)
        assert (photos.uploaded, photos.present, photos.repaired) == (1, 3, 1)
        assert place(project, md5("two")).read_text() == "two"

    def test_an_object_of_another_size(self, project: Repo) -> None:
        published(project)
        datakit.push(root=project.path)
        place(project, md5(BIRDS)).chmod(0o644)
        place(project, md5(BIRDS)).write_text(BIRDS[:10])
        assert datakit.push("birds", root=project.path)[0].uploaded == 1
        assert place(project, md5(BIRDS)).read_text() == BIRDS


class TestRefused:
    def test_no_remote(self, project: Repo) -> None:
        project.write({TABLE: BIRDS})
        datakit.add(TABLE, root=project.path)
        with pytest.raises(EnvironmentProblem, match="DVC has no remote here"):
            datakit.push(root=project.path)

    def test_unknown_names(self, project: Repo) -> None:
        published(project)
        with pytest.raises(NotFound, match="there is no dataset `brids`"):
            datakit.push("brids", root=project.path)
        with pytest.raises(NotFound, match="there is no remote `x`"):
            datakit.push(remote="x", root=project.path)

    def test_bytes_that_are_nowhere(self, project: Repo) -> None:
        published(project)
        project.write({TABLE: MORE_BIRDS})
        shutil.rmtree(project.path / ".dvc/cache")
        with pytest.raises(IntegrityError) as caught:
            datakit.push("birds", root=project.path)
        assert caught.value.message == (
            f"recorded bytes of `birds` are nowhere to be found: {TABLE}: object {md5(BIRDS)} is neither in the cache, "
            "nor in the working tree, nor on remote `storage`"
        )
        assert caught.value.hint == (
            "`datakit push` in a clone that has them, or record what lies there with `datakit add birds`"
        )
        assert not place(project, md5(MORE_BIRDS)).exists()
        (project.path / TABLE).unlink()
        with pytest.raises(IntegrityError) as caught:
            datakit.push("birds", root=project.path)
        assert caught.value.hint == "`datakit push` in a clone that has them"

    def test_a_corrupt_object_on_the_remote_is_found_by_pull_and_mended_by_push(self, project: Repo) -> None:
        """What is there already is known by name and size."""
        published(project)
        datakit.push(root=project.path)
        wrong = place(project, md5(BIRDS))
        wrong.chmod(0o644)
        wrong.write_text(BIRDS.replace("1", "9"))
        assert datakit.push("birds", prove=True, root=project.path)[0].present == 1
        clone = cloned(project, project.path.parent / "clone")
        with pytest.raises(IntegrityError) as caught:
            datakit.pull("birds", root=clone.path)
        assert f"remove the wrong object from the remote, `{wrong}`, then `datakit push`" in str(caught.value.hint)
        wrong.unlink()
        assert datakit.push("birds", root=project.path)[0].uploaded == 1
        assert datakit.pull("birds", root=clone.path)[0].written == 1

    def test_a_listing_that_is_nowhere(self, project: Repo) -> None:
        published(project)
        shutil.rmtree(project.path / ".dvc/cache")
        shutil.rmtree(project.path / FOLDER)
        with pytest.raises(IntegrityError, match=rf"nowhere to be found: {FOLDER} \(its listing\): object"):
            datakit.push("photos", root=project.path)

    def test_corrupt_in_the_cache(self, project: Repo) -> None:
        published(project)
        bad = project.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:]
        bad.chmod(0o644)
        bad.write_text(BIRDS.replace("1", "9"))
        bad.chmod(0o444)
        with pytest.raises(IntegrityError, match="in the cache is corrupt"):
            datakit.push("birds", root=project.path)
        assert not place(project, md5(BIRDS)).exists()

    def test_pointer_and_manifest_that_disagree(self, project: Repo) -> None:
        published(project)
        pointer = f"{TABLE}.dvc"
        project.write({pointer: project.read(pointer).replace(md5(BIRDS), md5(MORE_BIRDS))})
        with pytest.raises(InvalidRecord) as caught:
            datakit.push("birds", root=project.path)
        assert caught.value.message == (
            f"catalog/birds/manifest.json: says md5 {md5(BIRDS)}, its pointer `{pointer}` says {md5(MORE_BIRDS)}"
        )


def test_s3(project: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": s3.KEY, "AWS_SECRET_ACCESS_KEY": s3.SECRET, "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with s3.server() as address:
        published(project, "s3://life/top")
        project.dvc("remote", "modify", "storage", "endpointurl", address)
        project.commit("remote")
        with pytest.raises(EnvironmentProblem, match="the bucket of remote `storage` does not exist: s3://life/top"):
            datakit.push(root=project.path)
        s3.client(address).create_bucket(Bucket="life")
        assert [item.uploaded for item in datakit.push(root=project.path)] == [1, 4]
        ours = s3.keys(address, "life")
        assert "up to date" in project.dvc("push")
        clone = cloned(project, tmp_path / "clone")
        assert [item.fetched for item in datakit.pull(root=clone.path)] == [1, 4]
        assert files(clone.path / FOLDER) == files(project.path / FOLDER)
        assert "up to date" in clone.dvc("status")
        member = f"top/files/md5/{md5('two')[:2]}/{md5('two')[2:]}"
        s3.client(address).put_object(Bucket="life", Key=member, Body=b"2wo")
        shutil.rmtree(clone.path / ".dvc/cache")
        shutil.rmtree(clone.path / FOLDER)
        with pytest.raises(IntegrityError, match=f"object {md5('two')}: expected md5 {md5('two')}, found {md5('2wo')}"):
            datakit.pull("photos", root=clone.path)
        assert not (clone.path / FOLDER).exists()
        s3.client(address).delete_object(Bucket="life", Key=member)
        assert datakit.push("photos", root=project.path)[0].repaired == 1
        datakit.pull("photos", root=clone.path)
        assert s3.keys(address, "life") == ours

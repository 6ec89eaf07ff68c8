"""`pull`: exactly the recorded bytes, where they belong or at a place of their own, and Git as it was."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

import pytest

import datakit
from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidRecord, NotFound, UsageError
from datakit.formats import listing, manifest, pointer
from datakit.formats.listing import Entry
from datakit.formats.pointer import Out
from tests.support.clones import FOLDER, PHOTOS, TABLE, cloned, files, published
from tests.support.datasets import BIRDS, MORE_BIRDS, everything, md5
from tests.support.repo import Repo
from tests.support.unprivileged import enterable, owned_by_nobody, unprivileged

FIRST = {path.removeprefix(f"{FOLDER}/"): text.encode() for path, text in PHOTOS.items()}
SECOND = {**{path: data for path, data in FIRST.items() if path != "m/1.png"}, "m/3.png": b"three"}


def git(repo: Repo) -> list[object]:
    """Return what of Git a pull may not change."""
    return [repo.git("rev-parse", "HEAD"), (repo.path / ".git/index").read_bytes(), repo.git("ls-files", "--stage")]


def on_remote(repo: Repo, name: str) -> Path:
    """Return where the remote has an object."""
    return repo.path.parent / "storage/files/md5" / name[:2] / name[2:]


def spoil(path: Path, data: str) -> None:
    """Replace the bytes of an object."""
    path.chmod(0o644)
    path.write_text(data)
    path.chmod(0o444)


class TestInPlace:
    def test_a_fresh_clone(self, clone: Repo) -> None:
        before = git(clone)
        birds, photos = datakit.pull(root=clone.path)
        assert (birds.name, birds.path, birds.commit, birds.written, birds.fetched, birds.size) == (
            "birds", TABLE, None, 1, 1, len(MORE_BIRDS),
        )  # fmt: skip
        assert (photos.files, photos.written, photos.removed, photos.fetched) == (3, 3, 0, 4)
        assert clone.read(TABLE) == MORE_BIRDS
        assert files(clone.path / FOLDER) == SECOND
        assert git(clone) == before
        assert clone.status() == []
        assert "up to date" in clone.dvc("status")
        assert [state.condition for state in datakit.status(root=clone.path)] == ["draft", "draft"]

    def test_again_changes_nothing(self, clone: Repo) -> None:
        datakit.pull(root=clone.path)
        before = clone.snapshot()
        assert [(item.written, item.fetched) for item in datakit.pull(root=clone.path)] == [(0, 0), (0, 0)]
        assert clone.snapshot() == before

    def test_dvc_pulls_what_we_pushed(self, project: Repo, tmp_path: Path) -> None:
        published(project)
        datakit.push(root=project.path)
        clone = cloned(project, tmp_path / "clone")
        clone.dvc("pull")
        assert files(clone.path / FOLDER) == FIRST
        assert [(item.written, item.fetched) for item in datakit.pull(root=clone.path)] == [(0, 0), (0, 0)]

    def test_another_branch_brings_its_own_bytes(self, origin: Repo) -> None:
        origin.git("checkout", "--quiet", "birds@v1.0.0")
        birds, photos = datakit.pull(root=origin.path)
        assert (birds.written, birds.fetched) == (1, 0)
        assert (photos.written, photos.removed, photos.fetched) == (1, 1, 0)
        assert origin.read(TABLE) == BIRDS
        assert files(origin.path / FOLDER) == FIRST

    def test_the_version_that_is_recorded_here(self, clone: Repo) -> None:
        (done,) = datakit.pull("birds@HEAD", root=clone.path)
        assert (done.path, done.commit, clone.read(TABLE)) == (TABLE, clone.git("rev-parse", "HEAD"), MORE_BIRDS)

    def test_bytes_that_are_recorded_nowhere_stay(self, origin: Repo) -> None:
        origin.write({TABLE: "id\nprecious\n", f"{FOLDER}/new.png": "precious"})
        for name in ("birds", "photos"):
            with pytest.raises(EnvironmentProblem, match="is recorded nowhere and would be lost"):
                datakit.pull(name, root=origin.path)
        assert (origin.read(TABLE), origin.read(f"{FOLDER}/new.png")) == ("id\nprecious\n", "precious")
        datakit.pull(force=True, root=origin.path)
        assert origin.read(TABLE) == MORE_BIRDS
        assert files(origin.path / FOLDER) == SECOND

    def test_an_executable_file_comes_back_as_one(self, project: Repo, tmp_path: Path) -> None:
        project.write({"data/raw/tool.sh": "#!/bin/sh\n"})
        (project.path / "data/raw/tool.sh").chmod(0o755)
        datakit.add("data/raw/tool.sh", root=project.path)
        project.dvc("remote", "add", "--default", "storage", "../storage")
        project.commit("tool")
        datakit.push(root=project.path)
        clone = cloned(project, tmp_path / "clone")
        datakit.pull("tool-sh" if (clone.path / "catalog/tool-sh").exists() else "tool", root=clone.path)
        assert os.access(clone.path / "data/raw/tool.sh", os.X_OK)


class TestElsewhere:
    def test_the_first_version_comes_back(self, clone: Repo, tmp_path: Path) -> None:
        before, status = git(clone), everything(clone)
        out = tmp_path / "out"
        birds, photos = datakit.pull("birds@v1.0.0", "photos@v1.0.0", to=out, root=clone.path)
        assert (out / "birds.csv").read_text() == BIRDS
        assert files(out / "photos") == FIRST
        assert (birds.path, photos.path, birds.commit) == (
            str(out / "birds.csv"), str(out / "photos"), clone.git("rev-parse", "birds@v1.0.0^{commit}"),
        )  # fmt: skip
        assert git(clone) == before
        assert everything(clone) == status
        assert [item.written for item in datakit.pull("birds@v1.0.0", "photos@^1", to=out, root=clone.path)] == [0, 0]

    @pytest.mark.parametrize(
        ("to", "place"),
        [
            ("out", "out/birds.csv"),
            ("out/", "out/birds.csv"),
            ("out/first.csv", "out/first.csv"),
            ("there", "there/birds.csv"),
        ],
    )
    def test_a_folder_or_a_file(self, clone: Repo, to: str, place: str) -> None:
        (clone.path / "there").mkdir()
        (done,) = datakit.pull("birds@v1.0.0", to=to, root=clone.path)
        assert (done.path, clone.read(place)) == (place, BIRDS)

    def test_a_folder_is_filled(self, clone: Repo) -> None:
        datakit.pull("photos@v1.0.0", to="out", root=clone.path)
        assert files(clone.path / "out") == FIRST

    def test_what_is_there_stays_unless_forced(self, clone: Repo) -> None:
        datakit.pull("photos@v1.0.0", to="out", root=clone.path)
        datakit.pull("birds@v1.0.0", to="birds", root=clone.path)
        for name, to in (("photos", "out"), ("birds", "birds")):
            with pytest.raises(EnvironmentProblem, match="is in the way") as caught:
                datakit.pull(name, to=to, root=clone.path)
            assert caught.value.hint == "choose an empty or new place, or replace what is there with `--force`"
        assert (files(clone.path / "out"), clone.read("birds/birds.csv")) == (FIRST, BIRDS)
        with pytest.raises(EnvironmentProblem, match="` is no part of what shall lie there"):
            datakit.pull("photos", to="out", force=True, root=clone.path)
        assert files(clone.path / "out") == FIRST
        for extra in FIRST.keys() - SECOND.keys():
            (clone.path / "out" / extra).unlink()
        datakit.pull("photos", to="out", force=True, root=clone.path)
        datakit.pull("birds", to="birds", force=True, root=clone.path)
        assert (files(clone.path / "out"), clone.read("birds/birds.csv")) == (SECOND, MORE_BIRDS)

    @pytest.mark.parametrize("to", [".git/x", ".git/hooks", "a/.dvc", ".datakit/x", ".GIT/x"])
    def test_never_into_what_is_private(self, clone: Repo, to: str) -> None:
        before = everything(clone)
        with pytest.raises(UsageError, match="is private to Git, DVC or datakit"):
            datakit.pull("photos@v1.0.0", to=to, force=True, root=clone.path)
        assert everything(clone) == before

    def test_never_through_a_link_into_what_is_private(self, clone: Repo) -> None:
        (clone.path / "link").symlink_to(".git")
        with pytest.raises(UsageError, match="is private to Git, DVC or datakit"):
            datakit.pull("photos@v1.0.0", to="link/hooks", force=True, root=clone.path)

    @pytest.mark.parametrize("to", [".", ".."])
    def test_never_over_the_repository(self, clone: Repo, to: str) -> None:
        with pytest.raises(UsageError, match="` holds the repository"):
            datakit.pull("photos@v1.0.0", to=to, force=True, root=clone.path)

    def test_a_place_that_may_not_be_written(self, clone: Repo, tmp_path: Path) -> None:
        datakit.pull(root=clone.path)
        closed = tmp_path / "closed"
        closed.mkdir()
        enterable(closed)
        closed.chmod(0o555)
        owned_by_nobody(*clone.path.rglob("*"), clone.path)
        clone.git("config", "--global", "safe.directory", "*")

        def work() -> str:
            try:
                datakit.pull("birds", to=closed / "deep", offline=True, root=clone.path)
            except DatakitError as error:
                return error.message
            return "written"

        said = unprivileged(work)
        assert said == f"cannot make the folder `{closed}/deep`: Permission denied"


class TestRefused:
    def test_other_bytes_than_the_working_tree_records(self, clone: Repo) -> None:
        before = everything(clone)
        with pytest.raises(UsageError) as caught:
            datakit.pull("birds@v1.0.0", root=clone.path)
        assert caught.value.message == (
            "`birds@v1.0.0` has other bytes than the working tree records, which would no longer agree with them"
        )
        assert caught.value.hint == "datakit pull birds@v1.0.0 --to DIR"
        assert everything(clone) == before

    def test_an_unknown_version_and_dataset(self, clone: Repo) -> None:
        with pytest.raises(NotFound) as caught:
            datakit.pull("birds@v1.0.1", to="out", root=clone.path)
        assert caught.value.message == "there is no version of `birds` `v1.0.1`"
        assert caught.value.hint == "did you mean `v1.0.0`?"
        with pytest.raises(NotFound, match="there is no remote `nosuch`"):
            datakit.pull("birds", remote="nosuch", offline=True, root=clone.path)  # known before anything is asked
        with pytest.raises(NotFound, match="there is no dataset `brids`"):
            datakit.pull("brids", root=clone.path)

    def test_two_at_one_place(self, clone: Repo) -> None:
        with pytest.raises(
            UsageError, match=r"`birds` and `birds@v1\.0\.0` would lie at one place: `.*out/birds\.csv`"
        ):
            datakit.pull("birds", "birds@v1.0.0", to="out", root=clone.path)

    def test_a_place_for_nothing(self, clone: Repo) -> None:
        with pytest.raises(UsageError, match="`--to` needs the name of a dataset"):
            datakit.pull(to="out", root=clone.path)

    def test_no_remote(self, clone: Repo) -> None:
        clone.write({".dvc/config": ""})
        with pytest.raises(EnvironmentProblem, match="DVC has no remote here"):
            datakit.pull(root=clone.path)

    def test_offline(self, clone: Repo) -> None:
        with pytest.raises(EnvironmentProblem) as caught:
            datakit.pull("birds", offline=True, root=clone.path)
        assert caught.value.message == "the cache does not have all of the bytes, and `--offline` asks no remote"
        datakit.pull("birds", root=clone.path)
        (clone.path / TABLE).unlink()
        assert datakit.pull("birds", offline=True, root=clone.path)[0].written == 1

    def test_a_server_that_is_not_there(self, clone: Repo) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            clone.dvc("remote", "add", "http", f"http://127.0.0.1:{closed.getsockname()[1]}/data")
            began = time.monotonic()
            with pytest.raises(EnvironmentProblem, match=r"cannot read from remote `http` \(http://127"):
                datakit.pull("birds", remote="http", root=clone.path)
        assert time.monotonic() - began < 60
        assert not (clone.path / TABLE).exists()


class TestWrong:
    @pytest.mark.parametrize("bad", [MORE_BIRDS.replace("1", "9"), MORE_BIRDS[:9], ""], ids=["size", "cut", "empty"])
    def test_bytes_are_put_aside(self, clone: Repo, bad: str) -> None:
        spoil(on_remote(clone, md5(MORE_BIRDS)), bad)
        with pytest.raises(IntegrityError) as caught:
            datakit.pull("birds", root=clone.path)
        kept = clone.path / ".datakit/quarantine" / f"{md5(MORE_BIRDS)}.{md5(bad)}"
        assert f"{TABLE}: object {md5(MORE_BIRDS)}: expected md5 {md5(MORE_BIRDS)}, found {md5(bad)}" in (
            caught.value.message
        )
        assert (kept.read_text(), (clone.path / TABLE).exists()) == (bad, False)
        assert clone.status() == []

    def test_an_object_that_is_missing(self, clone: Repo) -> None:
        on_remote(clone, md5("three")).unlink()
        with pytest.raises(IntegrityError) as caught:
            datakit.pull("photos", root=clone.path)
        assert caught.value.message == f"remote `storage`: {FOLDER}/m/3.png: object {md5('three')}: it is not there"
        assert not (clone.path / FOLDER).exists()

    def test_a_remote_that_is_gone(self, clone: Repo) -> None:
        shutil.rmtree(clone.path.parent / "storage")
        with pytest.raises(EnvironmentProblem, match="the folder of remote `storage` does not exist"):
            datakit.pull("photos", root=clone.path)

    def test_corrupt_in_the_cache(self, origin: Repo) -> None:
        spoil(origin.path / ".dvc/cache/files/md5" / md5(BIRDS)[:2] / md5(BIRDS)[2:], BIRDS.replace("1", "9"))
        with pytest.raises(IntegrityError, match=f"object `{md5(BIRDS)}` in the cache is corrupt"):
            datakit.pull("birds@v1.0.0", to="out", root=origin.path)
        assert files(origin.path / "out") == {}

    def test_a_hostile_listing(self, clone: Repo) -> None:
        hostile = listing.dump([Entry("../../../.git/hooks/post-checkout", md5(MORE_BIRDS))])
        name = f"{md5(hostile)}.dir"
        on_remote(clone, name).parent.mkdir(exist_ok=True)
        on_remote(clone, name).write_bytes(hostile)
        path = "catalog/photos/manifest.json"
        known = manifest.read((clone.path / path).read_bytes(), path)
        (clone.path / path).write_bytes(manifest.dump(known._replace(data=known.data._replace(md5=name))))
        clone.write({f"{FOLDER}.dvc": pointer.render(Out("photos", name, 1, 1, "md5", "photos"))})
        before = everything(clone)
        with pytest.raises(InvalidRecord, match="unsafe path"):
            datakit.pull("photos", root=clone.path)
        assert everything(clone) == before

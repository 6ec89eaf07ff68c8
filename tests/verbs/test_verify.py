"""`verify`: what differs is named with what was expected, what was found, and the command that mends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import datakit
from datakit.errors import EnvironmentProblem, InvalidRecord, NotFound
from datakit.formats import receipt
from datakit.records import Fault
from tests.support.clones import FOLDER, TABLE
from tests.support.datasets import BIRDS, MORE_BIRDS, everything, md5
from tests.support.repo import Repo
from tests.support.spoiled import spoil, stored
from tests.support.unprivileged import enterable, unprivileged

RECEIPT = "catalog/birds/receipt.json"
AGAIN = "datakit pull {} --force, or record it with `datakit add {}`"


def faults(repo: Repo, *references: str, cache: bool = False) -> list[Fault]:
    """Return everything that differs."""
    found = datakit.verify(*references, cache=cache, root=repo.path)
    return [fault for item in found for fault in item.faults]


class TestPrivateStateOfSomebodyElse:
    @pytest.fixture
    def closed(self, split_origin: Repo, isolated: Path) -> Iterator[Repo]:
        """A project with splits whose private folder, as it was left by another user, is read-only."""
        split_origin.git("config", "--global", "safe.directory", "*")
        datakit.verify(root=split_origin.path)  # imports what an unprivileged child may not
        assert len(datakit.load("birds", split="train", root=split_origin.path))
        for each in (split_origin.path, isolated):
            enterable(each)
        private = [split_origin.path / ".datakit", split_origin.path / ".datakit/tmp"]
        for each in private:
            each.chmod(0o555)
        yield split_origin
        for each in private:
            each.chmod(0o755)

    def test_what_reads_goes_elsewhere(self, closed: Repo) -> None:
        def work() -> str:
            found = datakit.verify(root=closed.path)
            rows = (
                len(datakit.load("birds", root=closed.path)),
                len(datakit.load("birds", split="train", root=closed.path)),
            )
            return f"{[(each.name, each.intact, each.splits > 0) for each in found]} {rows[0] > rows[1] > 0}"

        assert unprivileged(work) == "[('birds', True, True), ('photos', True, True)] True"

    @pytest.mark.parametrize(
        "verb",
        [
            lambda root: datakit.validate("birds", root=root),
            lambda root: datakit.split("birds", root=root),
            lambda root: datakit.pull("birds", root=root),
            lambda root: datakit.path("birds", root=root),
        ],
        ids=["validate", "split", "pull", "path"],
    )
    def test_what_writes_says_what_to_do(self, closed: Repo, verb: Callable[[Path], object]) -> None:
        def work() -> str:
            try:
                verb(closed.path)
            except EnvironmentProblem as error:
                return f"{error.message}; {error.hint}"
            return "nothing was refused"

        assert unprivileged(work) == (
            f"cannot write into `{closed.path}/.datakit`, where datakit keeps its private state: permission denied; "
            "chmod -R u+rwX .datakit, or have its owner do it"
        )


class TestIntact:
    def test_everything_is_as_recorded(self, origin: Repo) -> None:
        before = origin.snapshot()
        birds, photos = datakit.verify(cache=True, root=origin.path)
        assert (birds.name, birds.path, birds.commit, birds.files, birds.objects) == ("birds", TABLE, None, 1, 1)
        assert birds.checks > 3
        assert (photos.files, photos.objects, photos.faults, photos.intact) == (3, 4, (), True)
        kept = {path: item for path, item in origin.snapshot().items() if not path.startswith(".datakit/tmp")}
        assert kept == {path: item for path, item in before.items() if not path.startswith(".datakit/tmp")}

    def test_a_version_is_looked_up_in_the_cache(self, origin: Repo) -> None:
        birds, photos = datakit.verify("birds@v1.0.0", "photos@v1.0.0", root=origin.path)
        assert (birds.commit, birds.files, birds.objects, birds.faults) == (
            origin.git("rev-parse", "birds@v1.0.0^{commit}"), 0, 1, (),
        )  # fmt: skip
        assert (photos.objects, photos.faults) == (4, ())

    def test_the_cache_alone_is_no_reason(self, origin: Repo) -> None:
        spoil(stored(origin, md5(BIRDS)), "spoilt")
        assert faults(origin) == []


class TestData:
    def test_a_file_with_other_bytes(self, origin: Repo) -> None:
        other = MORE_BIRDS.replace("1", "9")
        (origin.path / TABLE).write_text(other)
        assert faults(origin, "birds") == [
            Fault(
                "data",
                TABLE,
                "has other bytes than recorded",
                md5(MORE_BIRDS),
                md5(other),
                AGAIN.format("birds", "birds"),
            )
        ]

    def test_no_remembered_hash_is_believed(self, origin: Repo) -> None:
        datakit.status(root=origin.path)
        path = origin.path / TABLE
        before = path.stat()
        with path.open("r+") as file:
            file.write("ID")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        (found,) = datakit.verify("birds", root=origin.path)
        assert [fault.problem for fault in found.faults] == ["has other bytes than recorded"]
        assert not found.intact

    def test_each_file_of_a_folder(self, origin: Repo) -> None:
        origin.write({f"{FOLDER}/new.png": "new", f"{FOLDER}/m/2.png": "2wo"})
        (origin.path / f"{FOLDER}/m/3.png").unlink()
        mend = AGAIN.format("photos", "photos")
        assert faults(origin, "photos") == [
            Fault("data", f"{FOLDER}/m/2.png", "has other bytes than recorded", md5("two"), md5("2wo"), mend),
            Fault("data", f"{FOLDER}/m/3.png", "is not here", md5("three"), "", mend),
            Fault("data", f"{FOLDER}/new.png", "is no part of the recorded folder", "", md5("new"), mend),
        ]

    def test_data_that_is_not_here(self, clone: Repo) -> None:
        (found,) = datakit.verify("birds", root=clone.path)
        assert found.faults == (Fault("data", TABLE, "is not here", md5(MORE_BIRDS), "", "datakit pull birds"),)
        assert not found.intact

    def test_a_folder_whose_listing_is_lost(self, origin: Repo) -> None:
        shutil.rmtree(origin.path / ".dvc/cache")
        (fault,) = faults(origin, "photos")
        assert (fault.kind, fault.path, fault.command) == ("cache", f"{FOLDER} (its listing)", "datakit pull photos")
        origin.write({f"{FOLDER}/new.png": "new"})
        assert next(fault.problem for fault in faults(origin, "photos")) == "has other bytes than recorded"

    def test_a_folder_in_the_place_of_a_file(self, origin: Repo) -> None:
        (origin.path / TABLE).unlink()
        origin.write({f"{TABLE}/x": "x"})
        assert [fault.problem for fault in faults(origin, "birds")] == ["is a folder, which is not what is recorded"]

    def test_data_that_cannot_be_read(self, origin: Repo) -> None:
        (origin.path / f"{FOLDER}/link").symlink_to("/etc/hostname")
        (fault,) = faults(origin, "photos")
        assert fault.problem.startswith("cannot be read: ")
        assert fault.problem.endswith("is a link that leads out of what is recorded, to `/etc/hostname`")


class TestCache:
    def test_an_object_with_other_bytes_and_one_that_is_missing(self, origin: Repo) -> None:
        spoil(stored(origin, md5("two")), "2wo")
        stored(origin, md5("three")).unlink()
        wrong, missing = faults(origin, "photos", cache=True)
        assert wrong == Fault(
            "cache",
            f"{FOLDER}/m/2.png",
            f"object {md5('two')} in the cache is corrupt",
            md5("two"),
            md5("2wo"),
            "datakit verify photos --repair",
        )
        assert missing == Fault(
            "cache",
            f"{FOLDER}/m/3.png",
            f"object {md5('three')} is not in the cache",
            md5("three"),
            "",
            "datakit pull photos",
        )

    def test_the_mend_mends(self, origin: Repo) -> None:
        spoil(stored(origin, md5("two")), "2wo")
        (fault,) = faults(origin, "photos", cache=True)
        assert fault.command == "datakit verify photos --repair"
        (found,) = datakit.verify("photos", repair=True, root=origin.path)
        assert (found.faults, len(found.mended)) == ((), 1)
        assert faults(origin, "photos", cache=True) == []

    def test_a_version(self, origin: Repo) -> None:
        spoil(stored(origin, md5(BIRDS)), BIRDS.replace("1", "9"))
        (found,) = datakit.verify("birds@v1.0.0", root=origin.path)
        (fault,) = found.faults
        assert fault.command == "datakit verify birds@v1.0.0 --repair"
        assert (found.intact, found.checks) == (False, 0)

    def test_a_corrupt_listing(self, origin: Repo) -> None:
        name = origin.read(f"{FOLDER}.dvc").partition("md5: ")[2].split()[0]
        spoil(stored(origin, name), "[]")
        (fault,) = faults(origin, "photos")
        assert (fault.problem, fault.found) == (f"object {name} in the cache is corrupt", md5("[]"))


class TestReceipts:
    def forge(self, repo: Repo, **changes: object) -> None:
        """Write a receipt that agrees with itself and not with the data."""
        known = receipt.read((repo.path / RECEIPT).read_bytes(), RECEIPT)
        (repo.path / RECEIPT).write_bytes(receipt.dump(known._replace(**changes)))

    def test_a_forged_result(self, origin: Repo) -> None:
        known = receipt.read((origin.path / RECEIPT).read_bytes(), RECEIPT)
        first = known.results[0]
        self.forge(origin, results=(first._replace(outcome="failed", reason="2 rows below 1"), *known.results[1:]))
        (found,) = datakit.verify("birds", root=origin.path)
        (fault,) = found.faults
        assert fault == Fault(
            "receipt",
            RECEIPT,
            f"`{first.id}` is not what the data says",
            f"{first.outcome} {first.reason}".strip(),
            "failed 2 rows below 1",
            "datakit validate birds",
        )
        assert found.intact
        datakit.validate("birds", root=origin.path)
        assert faults(origin, "birds") == []

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"md5": "0" * 32}, "is about other bytes"),
            ({"enforced": "0" * 64}, "is about another contract"),
            ({"rows": 5}, "counts other rows"),
        ],
    )
    def test_another_subject(self, origin: Repo, changes: dict[str, object], problem: str) -> None:
        self.forge(origin, **changes)
        assert [fault.problem for fault in faults(origin, "birds")] == [problem]

    def test_a_check_that_was_left_out(self, origin: Repo) -> None:
        known = receipt.read((origin.path / RECEIPT).read_bytes(), RECEIPT)
        self.forge(origin, results=known.results[1:])
        (fault,) = faults(origin, "birds")
        assert fault.found == "no such check"

    def test_an_edit_by_hand(self, origin: Repo) -> None:
        origin.write({RECEIPT: origin.read(RECEIPT).replace("passed", "failed")})
        (fault,) = faults(origin, "birds")
        assert (fault.kind, fault.command) == ("receipt", "datakit validate birds")
        assert "changed by hand" in fault.problem

    def test_a_contract_that_cannot_be_read(self, origin: Repo) -> None:
        origin.write({"catalog/birds/contract.odcs.yaml": "schema: [\n"})
        (fault,) = faults(origin, "birds")
        assert fault.problem.startswith("cannot be computed again: catalog/birds/contract.odcs.yaml")

    def test_a_dataset_that_was_never_validated(self, origin: Repo) -> None:
        (origin.path / RECEIPT).unlink()
        (found,) = datakit.verify("birds", root=origin.path)
        assert (found.checks, found.faults) == (0, ())


def test_unknown_names(origin: Repo) -> None:
    with pytest.raises(NotFound, match="there is no dataset `brids`"):
        datakit.verify("brids", root=origin.path)
    with pytest.raises(NotFound, match=r"there is no version of `birds` `v9\.9\.9`"):
        datakit.verify("birds@v9.9.9", root=origin.path)


def test_a_broken_manifest(origin: Repo) -> None:
    origin.write({"catalog/birds/manifest.json": "{}"})
    before = everything(origin)
    with pytest.raises(InvalidRecord, match=r"catalog/birds/manifest\.json"):
        datakit.verify("birds", root=origin.path)
    assert everything(origin) == before

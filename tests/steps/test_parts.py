"""Parts of splits: the very rows and files that were assigned, out of any version, and nothing but them."""

from __future__ import annotations

import json
import re
import resource
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import datakit
from datakit.errors import EnvironmentProblem, IntegrityError, InvalidData, InvalidRecord, NotFound, UsageError
from datakit.formats import split
from tests.support.clones import files
from tests.support.datasets import everything, md5
from tests.support.parts import FOLDER, PHOTOS, TABLE, assigned, birds, fingerprint, objects, record
from tests.support.repo import Repo

KEYS = [str(at) for at in range(1, 61)]
PART = assigned("s", KEYS, 0.6, "train", "test")
TRAIN, TEST = (sorted(key for key in KEYS if PART[key] == part) for part in ("train", "test"))
OLD = [key for key in TRAIN if int(key) <= 40]  # before the table grew
NAMES = [path.removeprefix(f"{FOLDER}/") for path in PHOTOS]
SHOWN = assigned("u", NAMES, 0.6, "train", "test")
SHOWN_TRAIN = {name: PHOTOS[f"{FOLDER}/{name}"].encode() for name in NAMES if SHOWN[name] == "train"}


def keys(path: Path) -> list[str]:
    """Return the keys of a Parquet part, in the order of its rows."""
    return [str(row[0]) for row in duckdb.read_parquet(str(path)).fetchall()]


def on_remote(repo: Repo, name: str) -> Path:
    """Return where the remote has an object."""
    return repo.path.parent / "storage/files/md5" / name[:2] / name[2:]


def spoil(path: Path, data: bytes) -> None:
    """Replace the bytes of an object."""
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)


class TestPull:
    def test_the_rows_of_a_part_and_nothing_else(self, split_clone: Repo) -> None:
        before = everything(split_clone)
        (done,) = datakit.pull("birds", split="train", to="out", root=split_clone.path)
        path = split_clone.path / "out/birds-train.parquet"
        assert (done.path, done.part, done.rows, done.written, done.fetched, done.commit) == (
            "out/birds-train.parquet", "train", len(TRAIN), 1, 2, None,
        )  # fmt: skip
        assert (done.md5, done.size) == (md5(path.read_bytes()), path.stat().st_size)
        assert keys(path) == TRAIN
        assert fingerprint("s", keys(path)) == record(split_clone, "birds").parts["train"].fingerprint
        assert {path: kept for path, kept in everything(split_clone).items() if not path.startswith("out/")} == before
        assert [path.name for path in (split_clone.path / "out").iterdir()] == ["birds-train.parquet"]

    def test_again_changes_nothing(self, split_clone: Repo) -> None:
        for name, to in (("birds", "out"), ("photos", "files")):
            datakit.pull(name, split="train", to=to, root=split_clone.path)
        before = everything(split_clone)
        for name, to in (("birds", "out"), ("photos", "files")):
            (done,) = datakit.pull(name, split="train", to=to, offline=True, root=split_clone.path)
            assert (done.written, done.removed, done.fetched) == (0, 0, 0)
        assert everything(split_clone) == before

    def test_the_same_bytes_wherever_they_are_made(self, split_origin: Repo, split_clone: Repo) -> None:
        for repo in (split_origin, split_clone):
            datakit.pull("birds", split="train", to="out", root=repo.path)
        assert files(split_origin.path / "out") == files(split_clone.path / "out")

    def test_another_split_and_a_version(self, split_clone: Repo, tmp_path: Path) -> None:
        out = tmp_path / "out"
        (fit,) = datakit.pull("birds", split="cv1/fit", to=out, root=split_clone.path)
        (old,) = datakit.pull("birds@v1.0.0", split="default/train", to=out, root=split_clone.path)
        assert (fit.path, fit.part) == (str(out / "birds-cv1-fit.parquet"), "cv1/fit")
        assert keys(out / "birds-cv1-fit.parquet") == sorted(
            key for key, part in assigned("t", KEYS, 0.5, "fit", "valid").items() if part == "fit"
        )
        assert keys(out / "birds-train.parquet") == OLD
        assert (old.rows, old.commit) == (len(OLD), split_clone.git("rev-parse", "birds@v1.0.0^{commit}"))

    def test_the_files_of_a_part_and_no_other_objects(self, split_clone: Repo) -> None:
        (done,) = datakit.pull("photos", split="train", to="out", root=split_clone.path)
        assert files(split_clone.path / "out") == SHOWN_TRAIN
        assert (done.path, done.part, done.rows, done.files, done.written) == (
            "out", "halves/train", *[len(SHOWN_TRAIN)] * 3,
        )  # fmt: skip
        assert done.size == sum(map(len, SHOWN_TRAIN.values()))
        here = objects(split_clone.path / ".dvc/cache")
        data = json.loads(split_clone.read("catalog/photos/manifest.json"))["data"]["md5"]
        assert here == {md5(text) for text in SHOWN_TRAIN.values()} | {
            data, record(split_clone, "photos", "halves").membership,
        }  # fmt: skip
        assert done.fetched == len(here)

    def test_several_at_once(self, split_clone: Repo) -> None:
        found = datakit.pull("photos", "birds", split="test", to="out", root=split_clone.path)
        assert [item.path for item in found] == ["out/photos-halves-test", "out/birds-test.parquet"]
        assert keys(split_clone.path / "out/birds-test.parquet") == TEST
        assert len(files(split_clone.path / "out/photos-halves-test")) == len(NAMES) - len(SHOWN_TRAIN)
        with pytest.raises(UsageError, match=r"`birds` and `birds@v1\.0\.0` would lie at one place"):
            datakit.pull("birds", "birds@v1.0.0", split="test", to="other", root=split_clone.path)

    @pytest.mark.parametrize(
        ("to", "place"),
        [
            ("out/first.parquet", "out/first.parquet"),
            ("out/it's [a] 100% 'file' *?.PARQUET", "out/it's [a] 100% 'file' *?.PARQUET"),
            ("there.parquet", "there.parquet/birds-train.parquet"),
            ("out.parquet/", "out.parquet/birds-train.parquet"),
        ],
    )
    def test_a_file_or_a_folder(self, split_clone: Repo, to: str, place: str) -> None:
        (split_clone.path / "there.parquet").mkdir()
        (done,) = datakit.pull("birds", split="train", to=to, root=split_clone.path)
        assert (done.path, keys(split_clone.path / place)) == (place, TRAIN)

    def test_what_is_there_stays_unless_forced(self, split_clone: Repo) -> None:
        split_clone.write({"out/birds-train.parquet": "precious", "files/mine.png": "precious"})
        before = everything(split_clone)
        for name, to in (("birds", "out"), ("photos", "files")):
            with pytest.raises(EnvironmentProblem, match=r"` is in the way$") as caught:
                datakit.pull(name, split="train", to=to, root=split_clone.path)
            assert caught.value.hint == "choose an empty or new place, or replace what is there with `--force`"
        assert everything(split_clone) == before
        datakit.pull("birds", split="train", to="out", force=True, root=split_clone.path)
        assert keys(split_clone.path / "out/birds-train.parquet") == TRAIN
        with pytest.raises(EnvironmentProblem, match=r"files/mine\.png` is no part of what shall lie there$"):
            datakit.pull("photos", split="train", to="files", force=True, root=split_clone.path)
        assert files(split_clone.path / "files") == {"mine.png": b"precious"}

    @pytest.mark.parametrize("name", ["birds", "photos"])
    def test_a_part_in_the_place_of_the_whole(self, name: str, split_clone: Repo) -> None:
        with pytest.raises(UsageError) as caught:
            datakit.pull(name, split="train", root=split_clone.path)
        assert (
            caught.value.message == "`--split` needs `--to`: a part in the place of the whole is not what is recorded"
        )
        assert caught.value.hint == f"datakit pull {name} --split train --to DIR"
        with pytest.raises(UsageError) as caught:
            datakit.pull("photos", split="train", to=f"{FOLDER}", force=True, root=split_clone.path)
        assert caught.value.message == f"`{FOLDER}` is the place of all of `photos`, not of a part"

    def test_a_place_that_promises_another_format(self, split_clone: Repo) -> None:
        with pytest.raises(UsageError) as caught:
            datakit.pull("birds", split="train", to="out/train.csv", root=split_clone.path)
        assert caught.value.message == "a part of a table is written as Parquet, not as `.csv`"
        assert caught.value.hint == "--to out/train.parquet"
        with pytest.raises(UsageError) as caught:
            datakit.pull("birds", split="train", to="../old ones/train.v1.csv", root=split_clone.path)
        assert caught.value.hint == "--to '../old ones/train.v1.parquet'"

    @pytest.mark.parametrize(
        ("name", "to"),
        [
            ("photos", ".."),
            ("photos", "."),
            *((name, to) for name in ("birds", "photos") for to in (".git/x", "a/.dvc", ".datakit/x")),
        ],
    )
    def test_never_into_what_is_private(self, name: str, to: str, split_clone: Repo) -> None:
        before = everything(split_clone)
        with pytest.raises(UsageError, match=r"is private to Git, DVC or datakit|holds the repository"):
            datakit.pull(name, split="train", to=to, force=True, root=split_clone.path)
        assert everything(split_clone) == before

    def test_offline(self, split_clone: Repo) -> None:
        before = everything(split_clone)
        for name in ("birds", "photos"):
            with pytest.raises(EnvironmentProblem, match="and `--offline` asks no remote"):
                datakit.pull(name, split="train", to="out", offline=True, root=split_clone.path)
        assert everything(split_clone) == before

    def test_wrong_or_missing_on_the_remote(self, split_clone: Repo) -> None:
        before = everything(split_clone)
        membership = record(split_clone, "birds").membership
        spoil(on_remote(split_clone, membership), b"PAR1 no PAR1")
        with pytest.raises(IntegrityError, match=f"object {membership}: expected md5 {membership}, found") as caught:
            datakit.pull("birds", split="train", to="out", root=split_clone.path)
        assert "catalog/birds/splits/default.parquet" in caught.value.message
        photo = next(iter(SHOWN_TRAIN.values()))
        on_remote(split_clone, md5(photo)).unlink()
        with pytest.raises(IntegrityError, match=f"object {md5(photo)}: it is not there"):
            datakit.pull("photos", split="train", to="out", root=split_clone.path)
        assert everything(split_clone) == before
        assert not (split_clone.path / "out").exists()

    def test_a_hole_in_another_part_is_no_hindrance(self, split_clone: Repo) -> None:
        other = next(text for path, text in PHOTOS.items() if SHOWN[path.removeprefix(f"{FOLDER}/")] == "test")
        on_remote(split_clone, md5(other)).unlink()
        assert datakit.pull("photos", split="train", to="out", root=split_clone.path)[0].written == len(SHOWN_TRAIN)

    def test_corrupt_in_the_cache(self, split_origin: Repo) -> None:
        for name in (record(split_origin, "birds").membership, md5(birds(60))):
            bad = split_origin.path / ".dvc/cache/files/md5" / name[:2] / name[2:]
            good = bad.read_bytes()
            spoil(bad, good[:-1] + b"!")
            with pytest.raises(IntegrityError, match=f"object `{name}` in the cache is corrupt"):
                datakit.pull("birds", split="train", to="out", root=split_origin.path)
            spoil(bad, good)
        photo = next(iter(SHOWN_TRAIN.values()))
        spoil(split_origin.path / ".dvc/cache/files/md5" / md5(photo)[:2] / md5(photo)[2:], photo[:-1] + b"!")
        with pytest.raises(IntegrityError, match=f"object `{md5(photo)}` in the cache is corrupt"):
            datakit.pull("photos", split="train", to="photos", root=split_origin.path)
        assert not (split_origin.path / "photos").exists()

    def test_a_membership_that_is_not_that_of_the_record(self, split_clone: Repo) -> None:
        path = "catalog/birds/splits/default.json"
        other = record(split_clone, "birds", "cv1").membership
        (split_clone.path / path).write_bytes(split.dump(record(split_clone, "birds")._replace(membership=other)))
        with pytest.raises(
            IntegrityError, match="the membership of split `default` of `birds`: rows that have no key, or a part"
        ):
            datakit.pull("birds", split="train", to="out", root=split_clone.path)
        assert not list(split_clone.path.glob("out/*"))


class TestNames:
    @pytest.mark.parametrize("text", ["", "/train", "cv1/", "a/b/c"])
    def test_no_name(self, text: str, split_origin: Repo) -> None:
        with pytest.raises(UsageError) as caught:
            datakit.load("birds", split=text, root=split_origin.path)
        assert caught.value.message == f"`{text}` names no part of a split"
        assert caught.value.hint == "write `PART` or `SPLIT/PART`: `train`, `cv1/train`"

    def test_unknown_parts_and_splits(self, split_origin: Repo) -> None:
        for text, message, hint in (
            ("trian", "there is no part `trian`", "did you mean `train`?"),
            ("fit", "there is no part `fit`", "did you mean `cv1/fit`?"),
            ("excluded", "there is no part `excluded`", "those that exist: `cv1/fit`, `cv1/valid`, `test`, `train`"),
            ("cv1/train", "there is no part `cv1/train`", "did you mean `default/train`?"),
            ("cv2/train", "there is no split `cv2`", "did you mean `cv1`?"),
        ):
            with pytest.raises(NotFound) as caught:
                datakit.load("birds", split=text, root=split_origin.path)
            assert (caught.value.message, caught.value.hint) == (message, hint)

    def test_several_splits_and_none_is_the_default(self, split_origin: Repo) -> None:
        room = split_origin.path / "catalog/birds/splits"
        (room / "cv2.json").write_bytes(split.dump(record(split_origin, "birds", "cv1")._replace(split="cv2")))
        (room / "default.json").unlink()
        with pytest.raises(UsageError) as caught:
            datakit.path("birds", split="fit", root=split_origin.path)
        assert caught.value.message == "`birds` has several splits and none is called `default`"
        assert caught.value.hint == "say which: `cv1/fit`, `cv2/fit`"
        (room / "cv2.json").unlink()
        assert datakit.path("birds", split="fit", root=split_origin.path).name == "birds-cv1-fit.parquet"

    def test_no_split(self, split_origin: Repo) -> None:
        (split_origin.path / "catalog/photos/splits/halves.json").unlink()
        with pytest.raises(NotFound) as caught:
            datakit.path("photos", split="train", root=split_origin.path)
        assert caught.value.message == "there is no split `default`"
        assert caught.value.hint == "make one with `datakit split photos --into train=0.8,test=0.2`"

    def test_a_record_that_is_broken_or_of_other_bytes(self, split_origin: Repo) -> None:
        path = "catalog/birds/splits/default.json"
        first = split_origin.git("show", f"birds@v1.0.0:{path}") + "\n"
        split_origin.write({path: first})
        with pytest.raises(InvalidRecord) as caught:
            datakit.load("birds", split="train", root=split_origin.path)
        assert (
            caught.value.message
            == f"{path}: the data with md5 {md5(birds(40))} was split, the manifest says {md5(birds(60))}"
        )
        assert caught.value.hint == "datakit split birds --extend"
        split_origin.commit("stale")
        with pytest.raises(InvalidRecord) as caught:
            datakit.load("birds@HEAD", split="train", root=split_origin.path)
        assert (
            caught.value.hint == "name a version whose split is of its data; `datakit split birds --extend` makes one"
        )
        split_origin.write({path: first.replace("train", "trian", 1)})
        with pytest.raises(InvalidRecord, match="was changed by hand or staged in part") as caught:
            datakit.load("birds", split="train", root=split_origin.path)
        assert caught.value.hint == "datakit split birds"
        split_origin.write({path: split_origin.read("catalog/birds/splits/cv1.json")})
        with pytest.raises(InvalidRecord) as caught:
            datakit.load("birds", split="train", root=split_origin.path)
        assert caught.value.problem == "is the record of split `cv1` of `birds`, expected `default` of `birds`"


class TestLoad:
    def test_the_rows_sorted_by_key_with_the_types_of_the_contract(self, split_clone: Repo) -> None:
        found = datakit.load("birds", split="train", root=split_clone.path)
        whole = datakit.load("birds", root=split_clone.path)
        assert [str(key) for key in found["id"]] == TRAIN
        wanted = whole.set_index(whole["id"].astype(str), drop=False).loc[TRAIN].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, wanted)
        assert list(map(str, found.dtypes)) == ["Int64", "str", "float64", "datetime64[s]"]
        assert not (split_clone.path / TABLE).exists()

    def test_some_columns_without_the_key(self, split_origin: Repo) -> None:
        found = datakit.load("birds", split="cv1/valid", columns=["mass", "sex"], root=split_origin.path)
        whole = datakit.load("birds", split="cv1/valid", root=split_origin.path)
        pd.testing.assert_frame_equal(found, whole[["mass", "sex"]])
        assert datakit.load("birds", split="train", columns=[], root=split_origin.path).shape == (0, 0)
        with pytest.raises(NotFound, match="there is no column `mas`"):
            datakit.load("birds", split="train", columns=["mas"], root=split_origin.path)

    def test_a_version_before_the_data_grew(self, split_clone: Repo) -> None:
        old, now = (datakit.load(name, split="train", root=split_clone.path) for name in ("birds@v1.0.0", "birds"))
        assert [str(key) for key in old["id"]] == OLD
        assert set(old["id"]) < set(now["id"])

    def test_the_parts_are_the_table(self, split_origin: Repo) -> None:
        parts = [datakit.load("birds", split=part, root=split_origin.path) for part in ("train", "test")]
        both = pd.concat(parts).sort_values("id", ignore_index=True)
        whole = datakit.load("birds", root=split_origin.path).sort_values("id", ignore_index=True)
        pd.testing.assert_frame_equal(both, whole)

    def test_rows_that_belong_to_no_part(self, split_origin: Repo) -> None:
        split_origin.write({TABLE: birds(60).replace("\n7,f,", "\n7,,").replace("\n8,m,", "\n8,,")})
        datakit.add(note="two were not looked at", root=split_origin.path)
        datakit.split(
            "birds", "grouped", into="all=1", key=["id"], group=["sex"], nulls="exclude", root=split_origin.path
        )
        found = datakit.load("birds", split="grouped/excluded", root=split_origin.path)
        assert list(found["id"]) == [7, 8]

    def test_files_are_no_table(self, split_clone: Repo) -> None:
        with pytest.raises(UsageError) as caught:
            datakit.load("photos", split="train", root=split_clone.path)
        assert caught.value.message == "`photos` is files, not a table"
        assert caught.value.hint == 'datakit.path("photos", split="train") says where they lie'
        assert not (split_clone.path / ".dvc/cache/files").exists()

    def test_a_contract_that_reads_other_keys(self, split_origin: Repo) -> None:
        path = "catalog/birds/contract.odcs.yaml"
        text = re.sub(
            r"( *)- name: id\n(?:\1 .*\n)+", r"\1- name: id\n\1  logicalType: string\n", split_origin.read(path)
        )
        split_origin.write({path: text, TABLE: split_origin.read(TABLE).replace("\n1,", "\n01,")})
        former = record(split_origin, "birds")
        datakit.add(note="a zero", validate=False, root=split_origin.path)
        file = "catalog/birds/splits/default.json"
        data = json.loads(split_origin.read("catalog/birds/manifest.json"))["data"]
        forged = former._replace(md5=data["md5"], sha256=data["sha256"])
        (split_origin.path / file).write_bytes(split.dump(forged))
        part, rows = ("train", len(TRAIN)) if PART["1"] == "train" else ("test", len(TEST))
        message = f"{TABLE}: these are not the data that were split: rows of part `{part}` {rows - 1}, expected {rows}"
        for read in (datakit.load, datakit.path):
            with pytest.raises(IntegrityError) as caught:
                read("birds", split=part, root=split_origin.path)
            assert caught.value.message == message


class TestPath:
    def test_a_file_that_is_not_to_be_written_to(self, split_clone: Repo) -> None:
        found = datakit.path("birds", split="train", root=split_clone.path)
        assert found == split_clone.path / ".datakit/versions" / md5(found.read_bytes()) / "birds-train.parquet"
        assert (keys(found), found.stat().st_mode & 0o777) == (TRAIN, 0o444)
        assert split_clone.status() == []
        (pulled,) = datakit.pull("birds", split="train", to="../out", root=split_clone.path)
        assert Path(pulled.path).read_bytes() == found.read_bytes()

    def test_again_it_is_the_same_and_computed_anew(self, split_origin: Repo) -> None:
        found = datakit.path("birds", split="train", root=split_origin.path)
        before, data = found.stat(), found.read_bytes()
        again = datakit.path("birds", split="train", root=split_origin.path)
        assert (again, again.stat().st_ino, again.stat().st_mtime_ns) == (found, before.st_ino, before.st_mtime_ns)
        spoil(found, data[:-1] + b"!")
        assert datakit.path("birds", split="train", root=split_origin.path).read_bytes() == data
        assert found.stat().st_mode & 0o777 == 0o444
        assert [path.name for path in (split_origin.path / ".datakit/tmp").iterdir()] == []

    def test_a_folder(self, split_clone: Repo) -> None:
        found = datakit.path("photos", split="train", root=split_clone.path)
        assert (found.name, files(found)) == ("photos-halves-train", SHOWN_TRAIN)
        spoil(found / next(iter(SHOWN_TRAIN)), b"?")
        assert files(datakit.path("photos", split="train", root=split_clone.path)) == SHOWN_TRAIN

    def test_two_versions_lie_beside_one_another(self, split_origin: Repo) -> None:
        old, now = (datakit.path(name, split="train", root=split_origin.path) for name in ("birds@v1.0.0", "birds"))
        assert (keys(old), keys(now)) == (OLD, TRAIN)

    def test_values_that_break_the_contract(self, split_origin: Repo) -> None:
        split_origin.write({TABLE: birds(60).replace("\n9,f,2.25,", "\n9,f,heavy,")})
        datakit.add(note="one is heavy", root=split_origin.path)
        datakit.split("birds", extend=True, root=split_origin.path)
        with pytest.raises(InvalidData, match="`mass` cannot be read as number, values that would be lost: 1"):
            datakit.path("birds", split="train", root=split_origin.path)


def test_a_disk_that_is_full(split_origin: Repo) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, limits[1]))
    try:
        with pytest.raises(EnvironmentProblem, match=r"^birds-train.parquet cannot be written: ") as caught:
            datakit.pull("birds", split="train", to="out", root=split_origin.path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.hint == "make room, or name another folder"
    assert list((split_origin.path / "out").iterdir()) == []

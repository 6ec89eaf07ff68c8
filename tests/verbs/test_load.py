"""`load`: the recorded bytes as a data frame, of any version, and never anything else."""

from __future__ import annotations

import pandas as pd
import pytest

import datakit
from datakit.errors import IntegrityError, InvalidData, NotFound, UsageError
from tests.support.clones import TABLE
from tests.support.datasets import BIRDS, CARD, MORE_BIRDS, everything, md5
from tests.support.repo import Repo


def test_the_working_tree_and_a_version(origin: Repo) -> None:
    before = everything(origin)
    now, first = datakit.load("birds", root=origin.path), datakit.load("birds@v1.0.0", root=origin.path)
    assert [str(kind) for kind in now.dtypes] == ["Int64", "str", "float64"]
    assert now.to_dict("list") == {"id": [1, 2, 3, 4], "sex": ["m", "f", "m", "f"], "mass": [3.5, pytest.approx(float("nan"), nan_ok=True), 4.5, 5.5]}  # fmt: skip
    pd.testing.assert_frame_equal(now.head(3), first)
    assert everything(origin) == before


def test_any_revision(origin: Repo) -> None:
    assert len(datakit.load("birds@HEAD", root=origin.path)) == 4
    assert len(datakit.load("birds@HEAD~1", root=origin.path)) == 3


def test_some_columns_in_their_order(origin: Repo) -> None:
    found = datakit.load("birds", columns=["mass", "id"], root=origin.path)
    assert list(found.columns) == ["mass", "id"]
    with pytest.raises(NotFound) as caught:
        datakit.load("birds", columns=["mas"], root=origin.path)
    assert (caught.value.message, caught.value.hint) == ("there is no column `mas`", "did you mean `mass`?")


def test_the_recorded_bytes_whatever_lies_there(origin: Repo) -> None:
    origin.write({TABLE: "id\n7\n"})
    assert len(datakit.load("birds", root=origin.path)) == 4


def test_fetched_where_it_is_not_here(clone: Repo) -> None:
    assert len(datakit.load("birds@v1.0.0", root=clone.path)) == 3
    assert not (clone.path / TABLE).exists()
    assert clone.status() == []


def test_corrupt_in_the_cache(origin: Repo) -> None:
    bad = origin.path / ".dvc/cache/files/md5" / md5(MORE_BIRDS)[:2] / md5(MORE_BIRDS)[2:]
    bad.chmod(0o644)
    bad.write_text(MORE_BIRDS.replace("1", "9"))
    bad.chmod(0o444)
    with pytest.raises(IntegrityError, match=f"object `{md5(MORE_BIRDS)}` in the cache is corrupt"):
        datakit.load("birds", root=origin.path)


def test_another_identity(origin: Repo) -> None:
    from datakit.formats import manifest

    path = "catalog/birds/manifest.json"
    known = manifest.read((origin.path / path).read_bytes(), path)
    (origin.path / path).write_bytes(manifest.dump(known._replace(data=known.data._replace(sha256="0" * 64))))
    with pytest.raises(
        IntegrityError, match=f"the bytes of `birds` have the recorded md5 {md5(MORE_BIRDS)}, expected sha256 0"
    ):
        datakit.load("birds", root=origin.path)


def test_files_are_no_table(origin: Repo) -> None:
    with pytest.raises(UsageError) as caught:
        datakit.load("photos", root=origin.path)
    assert caught.value.message == "`photos` is files, not a table"
    assert caught.value.hint == 'datakit.path("photos") says where they lie'


def test_values_that_break_the_contract(project: Repo) -> None:
    project.write({TABLE: BIRDS})
    datakit.add(TABLE, fields=CARD, root=project.path)
    project.write({TABLE: f"{BIRDS}four,f,1.0\n"})
    datakit.add(TABLE, note="one more", root=project.path)
    with pytest.raises(InvalidData) as caught:
        datakit.load("birds", root=project.path)
    assert caught.value.message == f"{TABLE}: 1 values of `id` do not read as integer, the first in line 5"
    assert list(datakit.load("birds", columns=["sex"], root=project.path)["sex"]) == ["m", "f", "m", "f"]

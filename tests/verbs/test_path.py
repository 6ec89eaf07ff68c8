"""`path`: where verified bytes can be read, read-only and under the name of the data."""

from __future__ import annotations

import stat

import pytest

import datakit
from datakit.errors import NotFound
from datakit.store.hashing import Stamp
from tests.support.clones import FOLDER, TABLE, files
from tests.support.datasets import BIRDS, MORE_BIRDS, everything, md5
from tests.support.repo import Repo


def test_a_file_now_and_then(origin: Repo) -> None:
    before = everything(origin)
    origin_paths = [datakit.path(reference, root=origin.path) for reference in ("birds", "birds@v1.0.0")]
    assert [path.read_text() for path in origin_paths] == [MORE_BIRDS, BIRDS]
    assert origin_paths[1] == origin.path / ".datakit/versions" / md5(BIRDS) / "birds.csv"
    assert {stat.S_IMODE(path.stat().st_mode) for path in origin_paths} == {0o444}
    assert everything(origin) == before


def test_a_folder(clone: Repo, origin: Repo) -> None:
    found = datakit.path("photos", root=clone.path)
    assert (found.name, files(found)) == ("photos", files(origin.path / FOLDER))
    assert not (clone.path / FOLDER).exists()
    assert clone.status() == []


def test_again_it_is_the_same_and_hashed_anew(origin: Repo) -> None:
    found = datakit.path("birds", root=origin.path)
    before = Stamp.of(found.stat())
    assert Stamp.of(datakit.path("birds", root=origin.path).stat()) == before
    found.chmod(0o644)
    found.write_text("spoilt")
    assert datakit.path("birds", root=origin.path).read_text() == MORE_BIRDS
    assert (origin.path / TABLE).read_text() == MORE_BIRDS


def test_it_is_no_link_into_the_cache(origin: Repo) -> None:
    assert datakit.path("birds", root=origin.path).stat().st_nlink == 1


def test_unknown(origin: Repo) -> None:
    with pytest.raises(NotFound, match="there is no dataset `brids`"):
        datakit.path("brids", root=origin.path)

"""Files put back from the cache, while nothing of a person's gives way. The whole is in tests/verbs/test_verify_repair.py."""

from __future__ import annotations

import os

import pytest

from datakit.errors import InvalidData
from datakit.repo import project
from datakit.steps import comparing, objects, recording, restoring
from datakit.steps.auditing import Run, Shelf
from datakit.store.hashing import Stamp
from datakit.store.ledger import Ledger
from tests.support.clones import FOLDER
from tests.support.datasets import md5
from tests.support.repo import Repo
from tests.support.spoiled import rot


def run(repo: Repo) -> tuple[Run, objects.Version, comparing.Compared]:
    """Look at the folder and at its objects."""
    where = project.find(repo.path)
    store = recording.open_cache(where)
    shelf, version = Shelf(store, Ledger()), objects.find(where, "photos")
    shelf.audit(version, objects.of(store, version.manifest))
    known = {entry.relpath: entry.md5 for entry in store.read_listing(version.manifest.data.md5)}
    return Run(where, store, shelf, repair=True), version, comparing.compare(where, store, version, known)


def test_an_edit_between_the_look_and_the_mend_stays(origin: Repo) -> None:
    rot(origin, FOLDER, "m/2.png", "two", "2wo")
    found = run(origin)
    origin.write({f"{FOLDER}/m/2.png": "an edit, just now"})
    with pytest.raises(InvalidData, match="changed while it was looked at"):
        restoring.restore(*found)
    assert origin.read(f"{FOLDER}/m/2.png") == "an edit, just now"


def test_what_dvc_leaves_out_is_in_nobodys_way(origin: Repo) -> None:
    """A file at a place that is missing only because `.dvcignore` hides it stays."""
    origin.write({".dvcignore": "3.png\n", f"{FOLDER}/m/3.png": "mine"})
    assert restoring.restore(*run(origin)) == []
    assert origin.read(f"{FOLDER}/m/3.png") == "mine"


def test_a_link_comes_back_as_a_link(origin: Repo) -> None:
    origin.dvc("config", "cache.type", "hardlink,copy")
    place = origin.path / FOLDER / "m/2.png"
    place.unlink()
    (mended,) = restoring.restore(*run(origin))
    stored = origin.path / ".dvc/cache/files/md5" / md5("two")[:2] / md5("two")[2:]
    assert (mended.source, os.path.samefile(place, stored)) == ("the cache", True)
    assert Stamp.of(os.stat(place)).size == 3

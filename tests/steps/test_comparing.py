"""Files of the working tree held against their record, and which of what differs no person did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from datakit.repo import project
from datakit.steps import comparing, objects, recording
from datakit.steps.comparing import Compared
from datakit.store import pool
from tests.support.clones import FOLDER
from tests.support.datasets import md5
from tests.support.repo import Repo
from tests.support.spoiled import rot, stored

if TYPE_CHECKING:
    import pytest


def compared(repo: Repo) -> Compared:
    """Compare the folder."""
    where = project.find(repo.path)
    cache = recording.open_cache(where)
    version = objects.find(where, "photos")
    known = {entry.relpath: entry.md5 for entry in cache.read_listing(version.manifest.data.md5)}
    return comparing.compare(where, cache, version, known)


def test_what_is_right(origin: Repo) -> None:
    found = compared(origin)
    assert (found.files, found.faults, found.astray) == (3, (), ())
    assert found.right == {
        md5(""): f"{FOLDER}/f/ü.png",
        md5("two"): f"{FOLDER}/m/2.png",
        md5("three"): f"{FOLDER}/m/3.png",
    }


def test_by_processes(origin: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compared(origin)
    monkeypatch.setattr(pool, "ENOUGH", 1)
    assert compared(origin) == before


def test_what_no_person_did(origin: Repo) -> None:
    rot(origin, FOLDER, "m/2.png", "two", "2wo")
    (origin.path / FOLDER / "m/3.png").unlink()
    origin.write({f"{FOLDER}/f/ü.png": "edited", f"{FOLDER}/new.png": "new"})
    found = compared(origin)
    assert [(item.relpath, item.md5, item.found) for item in found.astray] == [
        ("m/2.png", md5("two"), md5("2wo")),
        ("m/3.png", md5("three"), ""),
    ]
    assert [fault.problem for fault in found.faults] == [
        "has other bytes than recorded",
        "has other bytes than recorded, and nobody wrote to it",
        "is not here",
        "is no part of the recorded folder",
    ]


def test_where_a_link_leads(origin: Repo, tmp_path: Path) -> None:
    objects_, place, name = origin.path / ".dvc/cache/files/md5", tmp_path / "link", md5("two")
    assert comparing.leads_to(place, objects_) is None
    place.write_text("a file")
    assert comparing.leads_to(place, objects_) is None
    place.unlink()
    place.symlink_to(stored(origin, name))
    assert comparing.leads_to(place, objects_) == name
    assert comparing.leads_to(place, tmp_path) is None

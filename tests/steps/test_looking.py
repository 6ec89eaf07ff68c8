"""One dataset looked at on this machine: what counts, and what is left out where nothing can be relied on."""

from __future__ import annotations

from datakit.repo import project
from datakit.steps import looking, objects, recording
from datakit.steps.auditing import Run, Shelf
from datakit.steps.looking import Looked
from datakit.store.ledger import Ledger
from tests.support.datasets import BIRDS, md5
from tests.support.repo import Repo
from tests.support.spoiled import spoil, stored


def look(repo: Repo, reference: str, *, cache: bool = False) -> Looked:
    """Look at one dataset, and mend nothing."""
    where = project.find(repo.path)
    store = recording.open_cache(where)
    run = Run(where, store, Shelf(store, Ledger()), repair=False)
    with where.objects:
        return looking.look(run, objects.find(where, reference), cache=cache)


def test_the_cache_counts_where_it_is_asked_for(origin: Repo) -> None:
    assert [(found.files, found.objects) for found in (look(origin, "photos"), look(origin, "photos", cache=True))] == [
        (3, 0),
        (3, 4),
    ]
    assert (look(origin, "photos@v1.0.0").files, look(origin, "photos@v1.0.0").objects) == (0, 4)


def test_without_a_listing_nothing_is_known_of_the_files(origin: Repo) -> None:
    name = objects.find(project.find(origin.path), "photos").manifest.data.md5
    spoil(stored(origin, name), "[]")
    found = look(origin, "photos", cache=True)
    assert (found.listed, found.objects, found.data, [fault.found for fault in found.stored]) == (
        False,
        0,
        (),
        [md5("[]")],
    )


def test_an_object_with_the_right_md5_and_another_identity(origin: Repo) -> None:
    """Two files of one md5 can be made; the manifest's sha256 tells them apart."""
    where = project.find(origin.path)
    store = recording.open_cache(where)
    with where.objects:
        version = objects.find(where, "birds@v1.0.0")
        data = version.manifest.data._replace(sha256="0" * 64)
        other = version._replace(manifest=version.manifest._replace(data=data))
        (fault,) = looking.look(Run(where, store, Shelf(store, Ledger()), repair=False), other, cache=True).stored
    assert (fault.problem, fault.expected) == ("the object has the recorded md5 and another sha256", "0" * 64)
    assert stored(origin, md5(BIRDS)).exists()

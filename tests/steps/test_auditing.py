"""Objects of the cache held against their names, few of them and many, once each."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from datakit.progress import SILENT
from datakit.repo import project
from datakit.steps import auditing, objects, recording
from datakit.steps.auditing import Run, Shelf
from datakit.store import ledger, pool
from datakit.store.cache import Cache
from datakit.store.ledger import Ledger
from datakit.store.transfer import Object
from tests.support.datasets import md5
from tests.support.repo import Repo
from tests.support.spoiled import spoil, stored


@pytest.mark.parametrize("count", [5, pool.ENOUGH + 10])
def test_few_and_many(tmp_path: Path, count: int) -> None:
    """Processes find what this one finds."""
    cache, source = Cache(tmp_path / "cache"), tmp_path / "source"
    names = []
    for number in range(count):
        source.write_text(f"{number}")
        names.append(cache.put(source).md5)
    cache.sync()
    spoil(cache.object_path(names[1]), "x")
    cache.object_path(names[3]).unlink()
    items = [Object(name, name, 10, 1) for name in names]
    found = dict(auditing.digests(cache.objects, items, Ledger(), SILENT))
    wrong = {name: digest and digest.md5 for name, digest in found.items() if digest is None or digest.md5 != name}
    assert (len(found), wrong) == (count, {names[1]: md5("x"), names[3]: None})


def test_what_is_known_is_not_read(tmp_path: Path) -> None:
    cache, source = Cache(tmp_path / "cache"), tmp_path / "source"
    source.write_text("one")
    items = [Object(cache.put(source).md5, "one", 10, 3)]
    with suppress(RuntimeError), ledger.opened(tmp_path / "state") as notes:
        dict(auditing.digests(cache.objects, items, notes, SILENT))
        raise RuntimeError
    read: list[int] = []

    class Told:
        """A receiver of progress that notes what was read."""

        def start(self, description: str, total: int | None) -> None:
            """Begin."""

        def advance(self, amount: int) -> None:
            """Note it."""
            read.append(amount)

    with ledger.opened(tmp_path / "state") as notes:
        cache.object_path(items[0].name).chmod(0o000)  # root could read it all the same: the time of change tells
        cache.object_path(items[0].name).chmod(0o444)
        ((name, found),) = auditing.digests(cache.objects, items, notes, Told())
    assert (name, found and found.md5, read) == (md5("one"), md5("one"), [3])


def test_a_shelf(origin: Repo) -> None:
    where = project.find(origin.path)
    cache = recording.open_cache(where)
    shelf, version = Shelf(cache, Ledger()), objects.find(where, "photos")
    wanted = objects.of(cache, version.manifest)
    spoil(stored(origin, md5("two")), "2wo")
    stored(origin, md5("three")).unlink()
    found = shelf.audit(version, wanted)
    assert found.objects == 4
    assert [(item.there, item.found, item.fault.command) for item in found.wrong] == [
        (True, md5("2wo"), "datakit verify photos --repair"),
        (False, "", "datakit pull photos"),
    ]
    assert (shelf.has(md5("")), shelf.has(md5("two")), shelf.has(md5("never"))) == (True, False, False)
    spoil(stored(origin, md5("two")), "two")
    assert shelf.audit(version, wanted) == found  # hashed once
    shelf.came([item.object for item in found.wrong])
    assert (shelf.has(md5("two")), shelf.has(md5("three")), shelf.sha256(md5("three"))) == (True, False, None)
    run = Run(where, cache, shelf, repair=False)
    assert (run.relative(origin.path / "a/b"), run.relative(None)) == ("a/b", "")

"""Good copies come from where they are nearest; what they replace is kept. The whole is in tests/verbs/test_verify_repair.py."""

from __future__ import annotations

from contextlib import suppress

import pytest

from datakit.repo import project
from datakit.steps import mending, objects, recording
from datakit.steps.auditing import Run, Shelf
from datakit.store import remotes
from datakit.store.ledger import Ledger
from datakit.store.remotes import Remote
from tests.support.clones import FOLDER
from tests.support.datasets import md5
from tests.support.repo import Repo
from tests.support.spoiled import kept, spoil, stored


@pytest.mark.parametrize("near", [True, False])
def test_the_remote_is_opened_only_where_nothing_nearer_helps(origin: Repo, near: bool) -> None:
    where, opened = project.find(origin.path), []
    store = recording.open_cache(where)
    shelf, version = Shelf(store, Ledger()), objects.find(where, "photos")

    def source() -> Remote:
        opened.append(1)
        return remotes.open_remote(origin.path)

    spoil(stored(origin, md5("two")), "2wo")
    if not near:
        (origin.path / FOLDER / "m/2.png").unlink()
    wrong = shelf.audit(version, objects.of(store, version.manifest)).wrong
    right = {md5("two"): f"{FOLDER}/m/2.png"} if near else {}
    mended, left = mending.cache(Run(where, store, shelf, repair=True, source=source), wrong, right)
    assert (len(mended), left, len(opened)) == (1, [], 0 if near else 1)
    assert kept(origin) == {f"{md5('two')}.{md5('2wo')}": b"2wo"}


def test_a_linked_work_tree_asks_the_main_one(project_tree: Repo) -> None:
    where = project.find(project_tree.path)
    store = recording.open_cache(where)
    shelf, version = Shelf(store, Ledger()), objects.find(where, "photos")
    (listing,) = shelf.audit(version, [objects.named(version.manifest)]).wrong
    mended, left = mending.cache(Run(where, store, shelf, repair=True), [listing], {})
    assert ([item.source for item in mended], left) == (["the main work tree's cache"], [])


@pytest.fixture
def project_tree(origin: Repo) -> Repo:
    """A linked work tree of a project, whose cache is empty."""
    place = origin.path.parent / "linked"
    origin.git("worktree", "add", "--quiet", "--detach", str(place), "HEAD")
    with suppress(FileNotFoundError):
        (place / ".dvc/config.local").unlink()
    return Repo(place)

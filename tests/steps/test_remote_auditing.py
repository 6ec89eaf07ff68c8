"""What a remote is found to have, once for each object."""

from __future__ import annotations

from datakit.repo import project
from datakit.steps import objects, recording
from datakit.steps.remote_auditing import There
from datakit.store import remotes
from datakit.store.ledger import Ledger
from tests.support.datasets import md5
from tests.support.repo import Repo
from tests.support.spoiled import sent, spoil


def test_looked_at_once_and_again_when_asked(origin: Repo) -> None:
    where = project.find(origin.path)
    with where.objects:
        there = There(remotes.open_remote(origin.path), recording.open_cache(where), Ledger())
        versions = [objects.find(where, name) for name in ("photos", "photos@v1.0.0")]
        spoil(sent(origin, md5("two")), "2wo")
        now, then = there.audit(versions)
        assert (now.objects, then.objects, [item.found for item in (*now.wrong, *then.wrong)]) == (
            4,
            4,
            [md5("2wo")] * 2,
        )
        assert [item.version.reference for item in (*now.wrong, *then.wrong)] == ["photos", "photos@v1.0.0"]
        spoil(sent(origin, md5("two")), "two")
        assert there.audit(versions)[0].wrong == now.wrong
        assert not there.has(md5("two"))
        there.ask([item.object for item in now.wrong])
        assert (there.has(md5("two")), there.has(md5("never")), there.audit(versions)[0].wrong) == (True, False, ())

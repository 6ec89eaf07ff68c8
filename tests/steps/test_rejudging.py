"""A receipt computed again; what comes of it in the command is in tests/verbs/test_verify.py."""

from __future__ import annotations

from datakit.repo import project
from datakit.steps import objects, rejudging
from tests.support.clones import TABLE
from tests.support.repo import Repo


def test_what_the_data_bears_out(origin: Repo) -> None:
    where = project.find(origin.path)
    checks, faults = rejudging.rejudge(where, objects.find(where, "birds"), origin.path / TABLE)
    assert (checks > 3, faults) == (True, [])


def test_what_it_does_not(origin: Repo) -> None:
    where = project.find(origin.path)
    origin.write({TABLE: "id,sex,mass\n1,m,3.5\n"})
    _, faults = rejudging.rejudge(where, objects.find(where, "birds"), origin.path / TABLE)
    assert [fault.problem for fault in faults] == ["counts other rows"]


def test_what_was_never_validated_claims_nothing(origin: Repo) -> None:
    (origin.path / "catalog/birds/receipt.json").unlink()
    where = project.find(origin.path)
    assert rejudging.rejudge(where, objects.find(where, "birds"), origin.path / TABLE) == (0, [])

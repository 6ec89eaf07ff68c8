"""What the published schema alone finds in a contract that was edited since it was accepted."""

from __future__ import annotations

from datakit.gate.schema import departures
from tests.support.rooms import drafted, repository, room
from tests.support.trees import DictTree

CONTRACT = "catalog/reviews/contract.odcs.yaml"
SERVERS = b"servers: [{server: s, type: s3}]\n"


def found(terms: bytes, policy: str = "policy: 1\n") -> list[tuple[str, int | None, str, str]]:
    """Return the findings of a contract that replaced the one that was validated."""
    tree = DictTree(repository(room(), policy=policy) | {CONTRACT: terms})
    return [(f.path, f.line, f.message, f.hint) for f in departures(tree)]


def test_a_contract_that_was_accepted_is_not_asked_again() -> None:
    assert found(drafted("reviews")) == []


def test_an_edited_contract_is_held_against_the_schema() -> None:
    assert found(drafted("reviews") + b"# a comment\n") == []
    line = drafted("reviews").count(b"\n") + 1
    assert found(drafted("reviews") + SERVERS) == [
        (CONTRACT, line, "`servers[0].location` is missing", f"edit line {line} of {CONTRACT}")
    ]


def test_what_datakit_itself_cannot_read_is_left_to_the_gate() -> None:
    assert found(drafted("reviews").replace(b"logicalType: integer", b"logicalTyp: integer") + SERVERS) == []


def test_the_policy_sets_its_severity() -> None:
    tree = repository(room(), policy="policy: 1\nseverity: {DK104: warn}\n") | {CONTRACT: drafted("reviews") + SERVERS}
    assert [finding.level for finding in departures(DictTree(tree))] == ["warn"]
    assert found(drafted("reviews") + SERVERS, "policy: 1\nseverity: {DK104: off}\n") == []
    assert found(drafted("reviews") + SERVERS, "policy: nonsense\n") == []

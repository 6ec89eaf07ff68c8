"""Judging: what is no project, the order of findings, and that the order of changes does not matter."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.finding import Finding
from datakit.gate.judge import blocking, judge
from tests.support.rooms import repository, room, without
from tests.support.trees import DictTree, changes, judged

BAD = {
    **repository(room(), room("bees", outcome="failed"), without(room("zoo"), "receipt", "README")),
    "data/raw/x": b"1",
}
EMPTY = {"datakit.yaml": b"policy: 1\n"}


def test_what_was_never_a_project_is_not_judged() -> None:
    assert judged({}, {"data/raw/x": b"1", "a.dvc": b"broken"}) == ()


def test_findings_are_sorted_and_said_once() -> None:
    found = judged(EMPTY, BAD)
    assert [(f.path, f.code) for f in found] == [
        ("catalog/bees/receipt.json", "DK303"), ("catalog/zoo/README.md", "DK201"), ("catalog/zoo/receipt.json", "DK301"), ("data/raw/x", "DK601"),
    ]  # fmt: skip
    assert list(found) == sorted(set(found))


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_changes_does_not_matter(random: object) -> None:
    base, tree = DictTree(EMPTY), DictTree(BAD)
    shuffled = list(changes(base, tree))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judge(tree, base, shuffled) == judged(EMPTY, BAD)


def test_what_is_judged_whole_is_what_is_judged_new() -> None:
    assert judged(EMPTY, BAD, whole=True) == judged(EMPTY, BAD)
    # A file of data that was in Git before is not a change.
    assert judged(BAD, BAD, whole=True) == tuple(f for f in judged(EMPTY, BAD) if f.code != "DK601")


def test_only_errors_block() -> None:
    assert blocking([Finding("a", "DK101", "m")])
    assert not blocking([Finding("a", "DK101", "m", level="warn")])
    assert not blocking([])


def test_a_severity_of_no_rule_is_a_finding() -> None:
    policy = {**room(), "datakit.yaml": b"policy: 1\nseverity: {DK999: off}\n"}
    found = judged(policy, policy, whole=True)
    assert [(f.path, f.code, f.message) for f in found if f.code == "DK104"] == [
        ("datakit.yaml", "DK104", "`severity.DK999`: there is no such rule")
    ]

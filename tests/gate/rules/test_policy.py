"""DK701 and DK703: a change is judged by the policy that it found too, and leaves what asks for it."""

from __future__ import annotations

from typing import Any

from datakit.formats import precommit
from datakit.formats.finding import Finding
from tests.support.rooms import repository, room, without
from tests.support.trees import judged

STRICT: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
BARE = without(repository(room()), "README.md", "datakit.yaml")


def lax(text: str) -> dict[str, bytes]:
    """Return the policy as a file."""
    return {"datakit.yaml": text.encode()}


def test_dk701_a_rule_switched_off_and_broken_in_one_change() -> None:
    # Scenario 43.
    for text in (
        "severity: {DK201: off}\n",
        "severity: {DK201: warn}\n",
        "data: {raw: elsewhere, interim: data/raw}\n",
    ):
        found = [f for f in judged(STRICT, {**BARE, **lax(text)}) if f.code == "DK701"]
        assert found == [
            Finding(
                "datakit.yaml",
                "DK701",
                "the policy before this change blocks catalog/reviews/README.md: DK201 there is no card",
                "datakit add reviews",
                "reviews",
            )
        ]


def test_dk701_the_policy_changes_alone() -> None:
    old = {**BARE, **STRICT}
    for text in ("severity: {DK201: off}\n", "card: {required: []}\n", "git: {max_size: 1 GB}\n"):
        assert judged(old, {**old, **lax(text)}) == ()
    weak = lax("severity: {DK201: off}\n")
    assert judged(weak, {**BARE, **weak}) == ()  # the next change may use it


def test_dk701_a_limit_raised_for_one_file() -> None:
    big = {"big.bin": b"x" * 1_500_000}
    (finding,) = judged(STRICT, {**lax("git: {max_size: 2 MB}\n"), **big})
    assert finding.message == (
        "the policy before this change blocks big.bin: DK601 it is 1,500,000 bytes, the policy allows 1,000,000 in Git"
    )


def test_dk701_what_both_block_is_said_once() -> None:
    found = judged(STRICT, {**BARE, **lax("git: {max_size: 2 MB}\n")})
    assert [f.code for f in found] == ["DK201"]


def test_dk701_a_tightened_policy_is_its_own_judge() -> None:
    weak = lax("severity: {DK201: off}\n")
    assert [f.code for f in judged(weak, {**BARE, **STRICT})] == ["DK201"]


def test_dk701_the_policy_is_removed() -> None:
    whole = repository(room())
    assert judged(whole, without(whole, "datakit.yaml")) == (
        Finding(
            "datakit.yaml",
            "DK701",
            "the policy is removed",
            "git restore --source=HEAD --staged --worktree -- datakit.yaml",
        ),
    )
    found = judged(STRICT, BARE)
    assert {f.code for f in found} == {"DK701"}
    assert len(found) == 2


def test_dk701_cannot_be_switched_off_by_the_change_that_it_judges() -> None:
    found = judged(STRICT, {**BARE, **lax("severity: {DK201: off, DK701: off}\n")})
    assert [(f.code, f.level) for f in found] == [("DK701", "error")]


def test_dk701_what_the_old_policy_only_warned_of_is_no_finding() -> None:
    warned = lax("severity: {DK201: warn}\n")
    assert judged(warned, {**BARE, **lax("severity: {DK201: off}\n")}) == ()


def test_the_first_policy_is_judged_by_itself() -> None:
    assert judged({}, repository(room())) == ()
    assert judged({"README.md": b""}, {"README.md": b"", **lax("severity: {DK201: off}\n")}) == ()


def test_a_broken_policy_blocks_and_the_one_before_still_judges() -> None:
    found = judged(STRICT, {**BARE, **lax("polcy: 1\n")})
    assert [f.code for f in found] == ["DK104", "DK701"]
    assert found[0] == Finding(
        "datakit.yaml",
        "DK104",
        "`polcy`: unknown key, expected one of card, catalog, data, defaults, git, policy, remotes, severity",
        "mend datakit.yaml by hand",
    )
    assert judged(lax("polcy: 1\n"), STRICT) == ()


CONFIG, FLOW = precommit.FILE, ".github/workflows/datakit.yml"
HOOK = precommit.merge(None, "python -m datakit.hooks pre-commit\n", ["*.dvc"])
ASKING: dict[str, Any] = {**STRICT, CONFIG: HOOK, FLOW: b"on: push\njobs: {a: {steps: [{run: datakit check}]}}\n"}


def mend(path: str) -> str:
    """Return what the rule advises."""
    return f"take back the change of {path}, or say `severity: {{DK703: off}}` in datakit.yaml in a change of its own first"


def test_dk703_the_hook_is_emptied_or_removed() -> None:
    # Scenario 43.
    words = "pre-commit no longer asks datakit at pre-commit and pre-merge-commit"
    for after in (without(ASKING, CONFIG), {**ASKING, CONFIG: b"repos: []\n"}, {**ASKING, CONFIG: b""}):
        assert judged(ASKING, after) == (Finding(CONFIG, "DK703", words, mend(CONFIG)),)


def test_dk703_one_door_is_closed() -> None:
    fewer = HOOK.replace(b"stages: [pre-commit, pre-merge-commit]", b"stages: [pre-commit]")
    (finding,) = judged(ASKING, {**ASKING, CONFIG: fewer})
    assert finding.message == "pre-commit no longer asks datakit at pre-merge-commit"


def test_dk703_no_workflow_is_left() -> None:
    for after in (without(ASKING, FLOW), {**ASKING, FLOW: b"on: push\njobs: {}\n"}):
        assert judged(ASKING, after) == (
            Finding(FLOW, "DK703", "no workflow runs `datakit check` any more", mend(FLOW)),
        )


def test_another_workflow_does_it_now() -> None:
    moved = {**without(ASKING, FLOW), ".github/workflows/ci.yml": ASKING[FLOW]}
    assert judged(ASKING, moved) == ()
    both = {**ASKING, ".github/workflows/ci.yml": ASKING[FLOW]}
    assert judged(both, moved) == ()  # the one that is left did not change


def test_other_edits_of_the_same_files_are_let_through() -> None:
    for path in (CONFIG, FLOW):
        assert judged(ASKING, {**ASKING, path: b"# ours\n" + ASKING[path]}) == ()
    assert judged(STRICT, {**STRICT, CONFIG: b"repos: []\n"}) == ()
    assert judged({**STRICT, CONFIG: b"repos: []\n"}, STRICT) == ()


def test_dk703_a_project_may_say_first_that_it_wants_it_so() -> None:
    off = lax("severity: {DK703: off}\n")
    gone = without(ASKING, CONFIG)
    assert judged({**ASKING, **off}, {**gone, **off}) == ()
    assert [f.code for f in judged(ASKING, {**gone, **off})] == ["DK701"]
    assert {f.code for f in judged(ASKING, without(ASKING, CONFIG, "datakit.yaml"))} == {"DK701"}

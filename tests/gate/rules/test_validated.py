"""DK301 to DK307: this data was held against this contract."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats import contract, receipt, record
from datakit.formats.finding import Finding
from tests.support.rooms import drafted, md5, repository, room, without
from tests.support.trees import judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
ONE = repository(room())
RECEIPT = "catalog/reviews/receipt.json"
CONTRACT = "catalog/reviews/contract.odcs.yaml"
VALIDATE = "datakit validate reviews"


def forged(**changes: Any) -> bytes:
    """Return the receipt with other facts, well formed."""
    return receipt.dump(receipt.read(ONE[RECEIPT], RECEIPT)._replace(**changes))


def test_dk301_no_receipt() -> None:
    # Scenario 16: an amended commit that drops it is judged alike.
    for base in (EMPTY, ONE):
        assert judged(base, without(ONE, "receipt.json")) == (
            Finding(RECEIPT, "DK301", "there is no receipt: the data was not validated", VALIDATE, "reviews"),
        )


def test_dk302_the_receipt_of_older_data() -> None:
    # Scenario 38.
    new = {**repository(room(data="v2", before="v1", note="more")), RECEIPT: ONE[RECEIPT]}
    assert judged(ONE, new) == (
        Finding(
            RECEIPT,
            "DK302",
            f"the receipt is of other data: md5 {md5('v1')[:8]}…, the manifest says {md5('v2')[:8]}…",
            VALIDATE,
            "reviews",
        ),
    )


def test_dk302_the_same_md5_is_not_enough() -> None:
    found = judged(ONE, {**ONE, RECEIPT: forged(sha256="0" * 64)})
    assert [f.code for f in found] == ["DK302"]


def test_dk302_the_receipt_of_another_dataset() -> None:
    # Scenario 37.
    assert judged(ONE, {**ONE, RECEIPT: room("others")[RECEIPT.replace("reviews", "others")]}) == (
        Finding(RECEIPT, "DK302", "the receipt is of `others`", VALIDATE, "reviews"),
    )


def test_dk302_the_contract_changed_in_what_it_enforces() -> None:
    # Scenarios 39, 41, 42: weakened or tightened, the receipt is of another contract.
    for minimum in (0, 2):
        assert judged(ONE, {**ONE, CONTRACT: drafted("reviews", minimum=minimum)}) == (
            Finding(
                RECEIPT,
                "DK302",
                "the receipt is of another contract: what it enforces has changed",
                VALIDATE,
                "reviews",
            ),
        )


def test_dk302_the_checks_of_a_receipt_are_those_of_its_contract() -> None:
    results = receipt.read(ONE[RECEIPT], RECEIPT).results
    for changed, message in (
        (results[1:], "the receipt leaves out check `stars.type` of the contract"),
        ((), "the receipt leaves out check `stars.minimum` of the contract"),
        ((*results, results[0]._replace(id="x")), "the receipt has check `x`, which is not in the contract"),
    ):
        for old in (EMPTY, ONE):
            found = judged(old, {**ONE, RECEIPT: forged(results=changed)})
            assert found == (Finding(RECEIPT, "DK302", message, VALIDATE, "reviews"),)


def test_dk302_the_bytes_of_the_contract_are_not_enough() -> None:
    for old in (EMPTY, ONE):
        found = judged(old, {**ONE, RECEIPT: forged(enforced="0" * 64)})
        assert [f.message for f in found] == ["the receipt is of another contract: what it enforces has changed"]


def test_dk302_a_comment_in_the_contract_makes_nothing_stale() -> None:
    for text in (b"# a remark\n" + ONE[CONTRACT], ONE[CONTRACT].replace(b"One to five.", b"From 1 to 5.")):
        assert text != ONE[CONTRACT]
        assert judged(ONE, {**ONE, CONTRACT: text}) == ()


def test_dk303_a_check_failed() -> None:
    assert judged(EMPTY, repository(room(outcome="failed"))) == (
        Finding(
            RECEIPT,
            "DK303",
            "check `stars.minimum` failed: 2 rows below 1",
            f"mend the data or {CONTRACT}, then `datakit add reviews`",
            "reviews",
        ),
    )


def test_dk303_without_a_reason_and_several() -> None:
    read = receipt.read(ONE[RECEIPT], RECEIPT)
    result = read.results[0]
    results = (
        result._replace(id="a", outcome="failed"),
        result._replace(id="b", outcome="failed", reason="x"),
        result._replace(id="c"),
    )
    files = {**ONE, RECEIPT: forged(results=results)}  # the base has it, so it is not held against the contract again
    assert [f.message for f in judged(files, files, whole=True)] == ["check `a` failed", "check `b` failed: x"]


@pytest.mark.parametrize("outcome", ["warned", "passed"])
def test_dk303_nothing_else_fails(outcome: str) -> None:
    assert judged(EMPTY, repository(room(outcome=outcome))) == ()


def test_dk306_a_check_was_skipped() -> None:
    found = judged(EMPTY, repository(room(outcome="skipped")))
    assert [(f.path, f.code, f.level, f.message, f.hint) for f in found] == [
        (
            RECEIPT,
            "DK306",
            "warn",
            "check `stars.minimum` was skipped: 2 rows below 1",
            f"mend the check in {CONTRACT}, then `datakit validate reviews`",
        )
    ]


def test_dk303_failed_turned_into_passed_by_hand() -> None:
    # Scenario 36: an edit is noticed by the digest, and one with a digest that fits by the checks themselves.
    bad = repository(room(outcome="failed"))
    assert [f.code for f in judged(EMPTY, {**bad, RECEIPT: bad[RECEIPT].replace(b'"failed"', b'"passed"')})] == [
        "DK104"
    ]
    whole = record.dump({**record.load(bad[RECEIPT], "r"), "verdict": "passed"})
    assert [(f.code, f.message) for f in judged(EMPTY, {**bad, RECEIPT: whole})] == [
        ("DK104", "`verdict`: expected `failed`, as its checks say, found 'passed'")
    ]


def test_dk304_no_contract() -> None:
    back = f"git restore --source=HEAD --staged --worktree -- {CONTRACT}"
    for base, mend in ((EMPTY, "datakit add reviews"), (ONE, back)):
        assert judged(base, without(ONE, "contract.odcs.yaml")) == (
            Finding(CONTRACT, "DK304", "there is no contract", mend, "reviews"),
        )


def test_dk301_the_statistics_of_a_table_are_missing() -> None:
    left = without(ONE, "profile.json")
    for base, whole in ((EMPTY, False), (ONE, False), (left, True)):
        assert judged(base, left, whole=whole) == (
            Finding(
                "catalog/reviews/profile.json",
                "DK301",
                "the statistics of its columns are missing",
                "datakit validate reviews",
                "reviews",
            ),
        )
    assert judged(left, {**left, "catalog/reviews/notes.txt": b"x"}) == ()  # it went in an earlier commit


def test_dk305_a_draft_warns() -> None:
    assert judged(EMPTY, repository(room(terms=drafted("reviews", status="draft")))) == (
        Finding(
            CONTRACT,
            "DK305",
            "the contract is still a draft, inferred from the data that it judges",
            f"read {CONTRACT}, then set `status: active`",
            "reviews",
            "warn",
        ),
    )


def test_dk305_a_draft_that_checks_nothing_says_so() -> None:
    terms = contract.draft("reviews", "Reviews", (), (), None)
    found = judged(EMPTY, repository(room(terms=terms)))
    assert [f.message for f in found if f.code == "DK305"] == ["the contract is still a draft, and checks nothing"]


def test_dk303_one_reason_of_many_checks_is_one_finding() -> None:
    read = receipt.read(ONE[RECEIPT], RECEIPT)
    lost = [read.results[0]._replace(id=f"c{n}", outcome="failed", reason="no such column") for n in range(6)]
    files = {**ONE, RECEIPT: forged(results=tuple(lost))}
    assert [f.message for f in judged(files, files, whole=True)] == [
        "checks `c0`, `c1` and 4 more failed: no such column"
    ]


def test_dk307_the_contract_of_another_dataset() -> None:
    both = repository(room(), room("orders"))
    copied = {**both, **room(terms=drafted("orders"))}
    assert judged(EMPTY, copied) == (
        Finding(
            CONTRACT,
            "DK307",
            "the contract is of `orders`, which is another dataset",
            "write `reviews` as its `id` and `name`",
            "reviews",
            "warn",
        ),
    )


@pytest.mark.parametrize("name", ["Our reviews", "shop"])
def test_dk307_a_name_of_ones_own_is_no_other_dataset(name: str) -> None:
    assert judged(EMPTY, repository(room(terms=drafted(name)), room("orders"))) == ()


def test_interim_data_is_only_recorded() -> None:
    bare = without(repository(room(folder="data/interim")), "contract", "receipt")
    assert judged(EMPTY, bare) == ()
    assert judged(EMPTY, repository(room(folder="data/interim", outcome="failed"))) == ()


def test_named_data_outside_the_folders_obeys_every_rule() -> None:
    assert [f.code for f in judged(EMPTY, without(repository(room(folder="models")), "receipt"))] == ["DK301"]


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("DK301", without(ONE, "receipt.json", "datakit.yaml")),
        ("DK302", {**ONE, RECEIPT: forged(sha256="0" * 64)}),
        ("DK303", repository(room(outcome="failed"))),
        ("DK304", without(ONE, "contract.odcs.yaml")),
        ("DK305", repository(room(terms=drafted("reviews", status="draft")))),
    ],
)
def test_severities(code: str, files: dict[str, Any]) -> None:
    levels = []
    for level in ("error", "warn", "off"):
        policy = {"datakit.yaml": f"severity: {{{code}: {level}}}\n"}
        levels.append([f.level for f in judged({}, {**files, **policy}) if f.code == code])
    assert levels == [["error"], ["warn"], []]


def test_unrelated_datasets_are_left_alone() -> None:
    base = repository(room(), without(room("bad"), "receipt"))
    assert judged(base, {**base, **room(data="v2", before="v1", note="more")}) == ()
    assert {f.dataset for f in judged(base, base, whole=True)} == {"bad"}

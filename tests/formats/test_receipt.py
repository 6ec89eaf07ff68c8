"""Receipts: what validation found, the same bytes for the same facts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import receipt, record
from datakit.formats.receipt import Outcome, Receipt, Result, by_reason

MD5, SHA = "1" * 32, "2" * 64
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "warned", "skipped")

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
results = st.lists(
    st.builds(Result, text, st.sampled_from(OUTCOMES), st.none(), st.just(12), text),
    unique_by=lambda result: result.id,
    max_size=5,
).map(tuple)
receipts = st.builds(
    Receipt, st.just("reviews"), st.sampled_from([MD5, f"{MD5}.dir"]), st.just(SHA), st.just("3" * 64), st.just("4" * 64),
    st.just(12), results, text,
)  # fmt: skip

SAMPLE = Receipt(
    "reviews", MD5, SHA, "3" * 64, "4" * 64, 12,
    (Result("id.unique", "passed", None, 12), Result("stars.minimum", "failed", None, 12, "2 rows below 1")), "0.1.0",
)  # fmt: skip


def edited(**changes: object) -> bytes:
    """Return the sample with other fields and a digest that fits, as a forger would make it."""
    return record.dump(
        {
            key: value
            for key, value in {**record.load(receipt.dump(SAMPLE), "r"), **changes}.items()
            if value is not None
        }
    )


def problem(data: bytes) -> str:
    """Return what is wrong with a receipt."""
    with pytest.raises(InvalidRecord) as caught:
        receipt.read(data, "r.json")
    return caught.value.problem


def test_the_form() -> None:
    assert record.load(receipt.dump(SAMPLE), "r") == {
        "receipt": 1,
        "name": "reviews",
        "data": {"md5": MD5, "sha256": SHA},
        "contract": {"sha256": "3" * 64, "enforced": "4" * 64},
        "rows": 12,
        "verdict": "failed",
        "checks": {"id.unique": "passed", "stars.minimum": "failed: 2 rows below 1"},
        "datakit": "0.1.0",
    }
    assert receipt.read(receipt.dump(SAMPLE), "r") == SAMPLE


@settings(max_examples=60, deadline=None)
@given(receipts)
def test_round_trip(item: Receipt) -> None:
    written = receipt.dump(item)
    assert receipt.read(written, "r.json") == item
    assert receipt.dump(receipt.read(written, "r.json")) == written


def test_a_receipt_of_files_has_no_rows() -> None:
    item = SAMPLE._replace(rows=None, results=(Result("text", "skipped", None, 0, "not a table"),))
    assert "rows" not in record.load(receipt.dump(item), "r")
    assert receipt.read(receipt.dump(item), "r") == item


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [((), True), (("passed", "warned", "skipped"), True), (("passed", "failed"), False)],
)
def test_only_a_failed_check_fails(outcomes: tuple[Outcome, ...], passed: bool) -> None:
    item = SAMPLE._replace(results=tuple(Result(str(i), o, None, 12) for i, o in enumerate(outcomes)))
    assert item.passed is passed
    assert record.load(receipt.dump(item), "r")["verdict"] == ("passed" if passed else "failed")


def test_what_was_measured_is_not_stored() -> None:
    item = SAMPLE._replace(results=(Result("a", "passed", 3.0, 12),))
    assert receipt.read(receipt.dump(item), "r").results[0].observed is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "passed"}, "`verdict`: expected `failed`, as its checks say, found 'passed'"),
        ({"verdict": None}, "`verdict`: expected a text, found nothing"),
        ({"receipt": 2}, "is a receipt of schema 2, this datakit reads up to 1"),
        ({"checks": {"a": "good"}}, "`checks.a`: expected passed, failed, warned or skipped, and the reason behind a colon, found 'good'"),
        ({"checks": {"a": 1}}, "`checks.a`: expected a text, found 1"),
        ({"data": {"md5": MD5}}, "`data.sha256`: expected a text, found nothing"),
        ({"data": {"md5": "X", "sha256": SHA}}, "`data.md5`: expected an md5 in lower-case hexadecimal, found 'X'"),
        ({"contract": None}, "`contract.sha256`: expected a text, found nothing"),
        ({"rows": -1}, "`rows`: expected a whole number, not negative, found -1"),
        ({"name": None}, "`name`: expected a text, found nothing"),
        (
            {"splits": {}},
            "`splits`: unknown key, expected one of checks, contract, data, datakit, name, receipt, rows, verdict",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(changes: dict[str, object], said: str) -> None:
    assert problem(edited(**changes)) == said


def test_a_later_schema_says_what_to_do() -> None:
    with pytest.raises(InvalidRecord) as caught:
        receipt.read(edited(receipt=2), "r.json")
    assert caught.value.hint == "upgrade with `pip install -U dvc-datakit`"


def test_a_hand_edit_is_noticed() -> None:
    forged = receipt.dump(SAMPLE).replace(b'"verdict": "failed"', b'"verdict": "passed"')
    assert problem(forged) == "was changed by hand or staged in part: its digest does not match"


def test_checks_with_one_reason_are_said_together() -> None:
    def failed(name: str, reason: str) -> Result:
        return Result(name, "failed", 1, 1, reason)

    found = [failed("a", "x"), failed("b", ""), failed("c", "x"), failed("d", ""), Result("e", "passed", 0, 1, "x")]
    assert by_reason(found, "failed") == (("checks `a` and `c`", "x"), ("check `b`", ""), ("check `d`", ""))
    assert by_reason([failed(n, "x") for n in "abcd"], "failed") == (("checks `a`, `b`, `c` and `d`", "x"),)
    assert by_reason([failed(n, "x") for n in "abcde"], "failed") == (("checks `a`, `b` and 3 more", "x"),)
    assert by_reason(found, "warned") == ()

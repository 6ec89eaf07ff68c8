"""The baseline: what a finding is known by, one text a finding, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import baseline, record
from datakit.formats.baseline import Entry

MD5 = "0123456789abcdef" * 2
FIRST = Entry("data/raw/a.csv.dvc", "DK101", MD5, "`data/raw/a.csv` is tracked by DVC and has no record")
SECOND = Entry("dvc.lock", "DK101", f"{MD5}.dir", "`data/processed/b` is tracked by DVC and has no record")
FAILED = Entry("catalog/a/receipt.json", "DK303", MD5, "check `top5.minimum` failed: 12,345 rows below 1.5")


def test_one_text_a_finding_by_the_path_of_its_file() -> None:
    written = baseline.dump([SECOND, FIRST, SECOND._replace(message="again"), FIRST])
    head = f"""\
{{
  "baseline": 1,
  "findings": {{
    "data/raw/a.csv.dvc": [
      "DK101 {MD5} `data/raw/a.csv` is tracked by DVC and has no record"
    ],
    "dvc.lock": [
      "DK101 {MD5}.dir `data/processed/b` is tracked by DVC and has no record",
      "DK101 {MD5}.dir again"
    ]
  }},
"""
    assert written.decode().startswith(head)
    assert baseline.read(written) == {FIRST.key, SECOND.key, SECOND._replace(message="again").key}


def test_what_a_finding_is_known_by() -> None:
    assert FAILED._replace(message="check `top5.minimum` failed: 3 rows below 1").key == FAILED.key
    others = [
        FAILED._replace(message="check `top6.minimum` failed: 12,345 rows below 1.5"),
        FAILED._replace(message="check `top5.minimum` failed: no such column"),
        FAILED._replace(data="f" * 32),
        FAILED._replace(code="DK306"),
        FAILED._replace(path="catalog/b/receipt.json"),
    ]
    assert FAILED.key not in {other.key for other in others}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), max_size=4))
def test_whatever_a_path_is_called_it_comes_back(named: list[tuple[str, str]]) -> None:
    entries = [Entry(path, "DK104", MD5, f"{message} of `{path}`") for path, message in named]
    if any("\ud800" <= letter <= "\udfff" for entry in entries for letter in f"{entry.path}{entry.message}"):
        return
    assert baseline.read(baseline.dump(entries)) == {entry.key for entry in entries}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{}", "has no digest as its last line: it was not written by datakit, or was cut"),
        (baseline.dump([FIRST]).replace(b"a.csv", b"b.csv"), "was changed by hand or staged in part: its digest does not match"),
        (record.dump({"baseline": 2, "findings": {}}), "is a baseline of schema 2, this datakit reads up to 1"),
        (record.dump({"baseline": 1, "paths": {}}), "`paths`: unknown key, expected one of baseline, findings"),
        (
            record.dump({"baseline": 1, "findings": {"a": ["DK101 all of it"]}}),
            "`findings.a`: expected texts of a rule's code, a hash and a message, found a list",
        ),
        (
            record.dump({"baseline": 1, "findings": {"a": "DK101"}}),
            "`findings.a`: expected a list of texts, found 'DK101'",
        ),
    ],
)  # fmt: skip
def test_what_is_no_baseline(data: bytes, message: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        baseline.read(data)
    assert (caught.value.path, caught.value.problem) == (baseline.FILE, message)


def test_more_than_a_record_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "LIMIT", 100)
    with pytest.raises(InvalidRecord, match=r"would be \d+ bytes, expected at most 100"):
        baseline.dump([FIRST])

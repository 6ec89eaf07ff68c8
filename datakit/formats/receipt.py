"""The receipt of a validation: which bytes were held against which contract, and what came out; no clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from datakit.formats import record
from datakit.formats.fields import Fields

SCHEMA = 1

Outcome = Literal["passed", "failed", "warned", "skipped"]
_OUTCOMES: dict[str, Outcome] = {"passed": "passed", "failed": "failed", "warned": "warned", "skipped": "skipped"}


class Result(NamedTuple):
    """What one check of the contract found."""

    id: str  # the check's id
    outcome: Outcome
    observed: float | None  # the measured number: rows that break the check, or the row count; None where skipped
    rows: int  # rows that were looked at
    reason: str = ""  # expected and found in one sentence; why, where skipped; never a value of an unclassified text


class Receipt(NamedTuple):
    """The outcome of one validation.

    It is rewritten only when one of these facts changes, so validating twice changes nothing.
    """

    name: str
    md5: str  # the pointer's hash of the validated bytes
    sha256: str  # the manifest's identity of them
    contract: str  # sha256 of the contract's bytes, line ends as LF
    enforced: str  # sha256 of what the contract enforces: a comment changes only the one above
    rows: int | None  # None: not a table
    results: tuple[Result, ...]
    datakit: str = ""  # the version that wrote it

    @property
    def passed(self) -> bool:
        """Say whether no check failed."""
        return all(result.outcome != "failed" for result in self.results)


def by_reason(results: Iterable[Result], outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """Say what checks have in common: one line for each reason, since one cause may break all of them.

    Args:
        results: What the checks found.
        outcome: The checks that are meant.

    Returns:
        The names of the checks, ready for a message, and their reason; in the order of the first of each.

    >>> lost = "the table has no column `a`"
    >>> found = [Result("a.type", "failed", 1, 1, lost), Result("a.required", "failed", 1, 1, lost)]
    >>> by_reason(found, "failed")
    (('checks `a.type` and `a.required`', 'the table has no column `a`'),)
    """
    named: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.outcome == outcome:
            # A reason of its own says nothing of the others, so checks without one stay apart.
            named.setdefault((result.reason, "" if result.reason else result.id), []).append(f"`{result.id}`")
    return tuple((_listed(ids), reason) for (reason, _), ids in named.items())


def _listed(ids: list[str]) -> str:
    """Write the names of checks, the first ones where they are many."""
    if len(ids) == 1:
        return f"check {ids[0]}"
    shown = ids[:2] if len(ids) > _FEW else ids[:-1]
    rest = f"{len(ids) - 2} more" if len(ids) > _FEW else ids[-1]
    return f"checks {', '.join(shown)} and {rest}"


_FEW = 4  # checks that are named one by one
_KNOWN = frozenset(("receipt", "name", "data", "contract", "rows", "verdict", "checks", "datakit"))


def read(data: bytes, where: str) -> Receipt:
    """Read a receipt.

    The stored form keeps a check's outcome and reason; the measured number stands in the reason.

    Args:
        data: The file.
        where: Its path for messages.

    Raises:
        InvalidRecord: It is not a receipt, is of a later schema, contradicts itself or was edited by hand.
    """
    fields = Fields(record.load(data, where), where)
    fields.schema("receipt", SCHEMA)
    fields.only(_KNOWN)
    rows = fields.whole("rows")
    checks = fields.within("checks")
    found = fields.within("data")
    contract = fields.within("contract")
    receipt = Receipt(
        name=fields.text("name"),
        md5=found.digest("md5", "md5"),
        sha256=found.digest("sha256", "sha256"),
        contract=contract.digest("sha256", "sha256"),
        enforced=contract.digest("enforced", "sha256"),
        rows=rows,
        results=tuple(_result(checks, key, rows or 0) for key in checks.mapping),
        datakit=fields.text("datakit", ""),
    )
    if fields.text("verdict") != _verdict(receipt):
        raise fields.wrong("verdict", f"`{_verdict(receipt)}`, as its checks say")
    return receipt


def dump(receipt: Receipt) -> bytes:
    """Write a receipt, one line a check."""
    fields: dict[str, object] = {
        "receipt": SCHEMA,
        "name": receipt.name,
        "data": {"md5": receipt.md5, "sha256": receipt.sha256},
        "contract": {"sha256": receipt.contract, "enforced": receipt.enforced},
        "rows": receipt.rows,
        "verdict": _verdict(receipt),
        "checks": {r.id: f"{r.outcome}: {r.reason}" if r.reason else r.outcome for r in receipt.results},
        "datakit": receipt.datakit,
    }
    return record.dump({key: value for key, value in fields.items() if value is not None})


def _verdict(receipt: Receipt) -> str:
    """Name the verdict as it is stored."""
    return "passed" if receipt.passed else "failed"


def _result(checks: Fields, key: str, rows: int) -> Result:
    """Read one line of `checks`."""
    outcome, _, reason = checks.text(key).partition(": ")
    if outcome not in _OUTCOMES:
        raise checks.wrong(key, "passed, failed, warned or skipped, and the reason behind a colon")
    return Result(key, _OUTCOMES[outcome], None, rows, reason)

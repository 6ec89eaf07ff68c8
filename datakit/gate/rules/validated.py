"""DK3: the data was held against its contract, and this very data against this very contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from datakit.formats import names
from datakit.formats.finding import Finding, Rule, command
from datakit.formats.receipt import Receipt, by_reason
from datakit.formats.room import Room
from datakit.gate.change import Case
from datakit.gate.dataset import Dataset
from datakit.gate.moves import successors
from datakit.gate.rules.removed import lost

if TYPE_CHECKING:
    from datakit.formats.contract import Contract

RULES = (
    Rule(
        "DK301",
        "The data has been validated",
        "Data that nobody held against a contract may be anything.",
        "`catalog/reviews/` has a manifest and no `receipt.json`",
        "`receipt.json` says what every check of the contract found; of a table `profile.json` has the statistics",
        "datakit validate NAME",
        waits="data",
    ),
    Rule(
        "DK302",
        "The receipt is of this data and this contract",
        "A receipt of older data, or of a weaker contract, proves nothing about what is committed.",
        "the contract got a new check and the receipt is from before",
        "the receipt names the manifest's hash and what the contract enforces now",
        "datakit validate NAME",
    ),
    Rule(
        "DK303",
        "The data keeps its contract",
        "A model trained on data that breaks its contract learns the break.",
        "the receipt says `failed`",
        "the data is mended, or the contract is changed by a decision that the commit shows",
        "datakit validate NAME",
        waits="data",
    ),
    Rule(
        "DK304",
        "The dataset has a contract",
        "Without one there is nothing to validate against.",
        "`catalog/reviews/contract.odcs.yaml` is deleted",
        "`contract.odcs.yaml` is there",
        "datakit add NAME",
        waits="data",
    ),
    Rule(
        "DK305",
        "Somebody has looked at the contract",
        "A draft is inferred from the data that it judges, so it always passes; it says something once a person has read it.",
        "the contract says `status: draft`",
        "the contract says `status: active`",
        "edit the contract, then set `status: active`",
        "warn",
        waits="mended",
    ),
    Rule(
        "DK306",
        "Every check of the contract was run",
        "A check that people believe in and that was skipped protects nothing.",
        "a pattern does not compile, or a check is written in SQL, which this version does not run",
        "the receipt says `passed`, `failed` or `warned` of every check",
        "mend the check in the contract, then datakit validate NAME",
        "warn",
        waits="data",
    ),
    Rule(
        "DK307",
        "The contract is of this dataset",
        "A contract that was copied from another dataset still speaks of that one, to people and to other tools.",
        "`catalog/reviews/contract.odcs.yaml` says `name: orders`, and `orders` is another dataset",
        "it says `name: reviews`, or any name that is no other dataset's",
        "edit `id` and `name` in the contract",
        "warn",
        waits="mended",
    ),
    Rule(
        "DK308",
        "A contract is not loosened by the change whose data it judges",
        "Otherwise whoever brings data that breaks the contract bends the contract, and its readers learn of it from their models.",
        "new data has negative prices, and the commit that brings it takes `minimum: 0` out of an `active` contract",
        "the contract is loosened in a change of its own, which those who rely on it can see; the data comes after it",
        "datakit validate NAME, on the data as it was",
    ),
)


def unvalidated(case: Case) -> Iterator[Finding]:
    """DK301 to DK307, in the order in which a person would mend them: one finding at a time for each dataset."""
    for dataset in case.now.values():
        if dataset.manifest.value is None or not dataset.strict:
            continue
        if dataset.contract_digest is None:
            mend = lost(case, dataset.room.contract, f"datakit add {dataset.name}")
            yield Finding(dataset.room.contract, "DK304", "there is no contract", mend, dataset.name)
            continue
        yield from _receipt(case, dataset)
        new = case.is_new(dataset)
        if not (new or case.judges(dataset.room.contract)):
            continue
        yield from _foreign(case, dataset)
        if dataset.contract.value is not None and dataset.contract.value.status == "draft":
            hint = f"read {dataset.room.contract}, then set `status: active`"
            yield Finding(
                dataset.room.contract,
                "DK305",
                _draft(dataset.contract.value),
                hint,
                dataset.name,
            )


def loosened(case: Case) -> Iterator[Finding]:
    """DK308: where a change brings other data, an active contract promises no less than before."""
    former = {heir.name: name for name, heir in successors(case).items()}
    for dataset in case.now.values():
        before = case.before[former.get(dataset.name, dataset.name)]
        if before.name == dataset.name and dataset.room.contract not in case.paths:
            continue  # before anything is read
        new, old = dataset.manifest.value, before.manifest.value
        if new is None or old is None or new.data.md5 == old.data.md5 or not (dataset.strict and before.strict):
            continue
        agreed, terms = dataset.contract.value, before.contract.value
        if agreed is None or terms is None or terms.status != "active":
            continue
        less = _less(terms, agreed)
        if less:
            more = f" and {len(less) - 1} more" if len(less) > 1 else ""
            words = f"the change brings other data and promises less of it: {less[0]}{more}"
            yield Finding(dataset.room.contract, "DK308", words, _first(case, dataset), dataset.name)


def _less(old: Contract, new: Contract) -> list[str]:
    """Return in what a contract lets pass what it did not, or may do so; how a file is read is no promise about it."""
    from datakit.formats import contract

    places = {column.name: at for at, column in enumerate(new.columns)}
    ordered = tuple(sorted(old.columns, key=lambda column: places.get(column.name, -1)))
    found = contract.changes(old._replace(reader=new.reader, columns=ordered), new)
    return [change.what for change in found if change.kind in {"loosened", "changed"}]


def _first(case: Case, dataset: Dataset) -> str:
    """Return the commands that take the data out of the change, and leave the contract in it."""
    room, pointer = dataset.room, dataset.pointer.path
    files = (room.manifest, room.receipt, room.profile, *([pointer] if pointer.endswith(".dvc") else []))
    there = [path for path in files if case.base.entry(path) is not None]
    restore = command("git restore --source=HEAD --staged --worktree --", *there)
    add = f'datakit add {dataset.name} --force -m "why the data changed"'  # it was here before the record that is back
    return f"first the contract: {restore}, then `datakit validate {dataset.name}`, commit and push it; then `{add}`"


def _foreign(case: Case, dataset: Dataset) -> Iterator[Finding]:
    """Judge whether the contract is another dataset's: a title of one's own is no mistake, so it has to name one."""
    agreed, room = dataset.contract.value, dataset.room
    if agreed is None or agreed.name == dataset.name or names.problem(agreed.name):
        return
    if case.tree.read(Room(case.policy.catalog, agreed.name).contract) is not None:
        said = f"the contract is of `{agreed.name}`, which is another dataset"
        yield Finding(room.contract, "DK307", said, f"write `{dataset.name}` as its `id` and `name`", dataset.name)


def _draft(agreed: Contract) -> str:
    """Say what a draft lacks."""
    if not agreed.checks:
        return "the contract is still a draft, and checks nothing"
    return "the contract is still a draft, inferred from the data that it judges"


def _receipt(case: Case, dataset: Dataset) -> Iterator[Finding]:
    """Judge the receipt of one dataset."""
    path, receipt = dataset.room.receipt, dataset.receipt.value
    mend = f"datakit validate {dataset.name}"
    if dataset.receipt.missing:
        yield Finding(path, "DK301", "there is no receipt: the data was not validated", mend, dataset.name)
    if receipt is None:
        return
    stale = _stale(case, dataset)
    if stale:
        yield Finding(path, "DK302", stale, mend, dataset.name)
        return
    profile = dataset.room.profile
    judged = case.judges(profile) or case.is_new(dataset)
    if receipt.rows is not None and judged and dataset.profile.missing:
        yield Finding(profile, "DK301", "the statistics of its columns are missing", mend, dataset.name)
    for result in receipt.results:
        if result.outcome == "skipped":
            yield Finding(
                path,
                "DK306",
                f"check `{result.id}` was skipped: {result.reason}",
                f"mend the check in {dataset.room.contract}, then `{mend}`",
                dataset.name,
            )
    for which, reason in by_reason(receipt.results, "failed"):
        yield Finding(
            path,
            "DK303",
            f"{which} failed: {reason}" if reason else f"{which} failed",
            f"mend the data or {dataset.room.contract}, then `datakit add {dataset.name}`",
            dataset.name,
        )


def _stale(case: Case, dataset: Dataset) -> str | None:
    """Say why a receipt is not of this data and this contract."""
    manifest, receipt = dataset.manifest.value, dataset.receipt.value
    if manifest is None or receipt is None:
        return None
    if receipt.name != dataset.name:
        return f"the receipt is of `{receipt.name}`"
    if (receipt.md5, receipt.sha256) != (manifest.data.md5, manifest.data.sha256):
        return f"the receipt is of other data: md5 {receipt.md5[:8]}…, the manifest says {manifest.data.md5[:8]}…"
    before = case.before[dataset.name].receipt.value
    if receipt.contract == dataset.contract_digest and before is not None and _terms(before) == _terms(receipt):
        return None  # judged when it came; a contract is worth parsing only where something is new
    agreed = dataset.contract.value
    if agreed is None:
        return None
    from datakit.formats import contract

    if receipt.enforced != contract.fingerprint(agreed):
        return "the receipt is of another contract: what it enforces has changed"
    return _other_checks({check.id for check in agreed.checks}, {result.id for result in receipt.results})


def _terms(receipt: Receipt) -> tuple[object, ...]:
    """Return what a receipt says of the contract."""
    return receipt.contract, receipt.enforced, {result.id for result in receipt.results}


def _other_checks(agreed: set[str], found: set[str]) -> str | None:
    """Say how the checks of a receipt differ from those of its contract."""
    if missing := sorted(agreed - found):
        return f"the receipt leaves out check `{missing[0]}` of the contract"
    if more := sorted(found - agreed):
        return f"the receipt has check `{more[0]}`, which is not in the contract"
    return None

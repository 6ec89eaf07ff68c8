"""Contracts held against the schema that their standard publishes: what `check` and `status` say more than the hook.

The hook judges a contract by datakit's own reader, which knows every key and value that is enforced; the published schema
also knows the other parts (servers, team, price, …), and its validator takes 0.2 s to load. So it is asked only of a
contract that was edited since `add` or `validate`, which ask it too, last accepted it.
"""

from __future__ import annotations

from collections.abc import Iterator

from datakit.errors import InvalidRecord
from datakit.formats import contract, room
from datakit.formats import policy as policies
from datakit.formats.finding import Finding
from datakit.formats.policy import Policy
from datakit.gate.dataset import Dataset
from datakit.repo.tree import Tree


def departures(tree: Tree) -> tuple[Finding, ...]:
    """Return a DK104 for each place where an edited contract is not what the published schema demands.

    Args:
        tree: The judged state.

    Returns:
        Findings worded as `datakit validate` words its refusal; none where datakit's own reader refuses the contract, which
        is a finding of the gate.
    """
    try:
        policy = policies.read(tree.read(policies.FILE) or b"")
    except InvalidRecord:
        return ()
    names = sorted({name for path in tree.under(policy.catalog) if (name := room.of(path, policy.catalog))})
    level = policy.severity.get("DK104", "error")
    if level == "off":
        return ()
    return tuple(finding._replace(level=level) for name in names for finding in _departures(tree, policy, name))


def _departures(tree: Tree, policy: Policy, name: str) -> Iterator[Finding]:
    """Judge the contract of one dataset."""
    dataset = Dataset(tree, policy, name)
    receipt, path = dataset.receipt.value, dataset.room.contract
    if dataset.contract.value is None or (receipt is not None and receipt.contract == dataset.contract_digest):
        return
    for problem in contract.problems(tree.read(path) or b"", path):
        yield Finding(path, "DK104", problem.problem, problem.hint or "", name, line=problem.line)

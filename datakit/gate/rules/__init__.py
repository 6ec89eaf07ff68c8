"""The rules, one module a hundred: each compares records with one another and never computes anything from data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from datakit.formats.finding import Finding, Rule
from datakit.gate.change import Case
from datakit.gate.rules import documented, hygiene, policy, recorded, removed, splits, validated

TABLE: dict[str, Rule] = {
    rule.code: rule for module in (recorded, documented, validated, splits, hygiene, policy) for rule in module.RULES
}

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    recorded.unrecorded,
    recorded.disagreeing,
    recorded.without_data,
    recorded.broken,
    recorded.misnamed,
    removed.unburied,
    documented.incomplete,
    documented.unexplained,
    validated.unvalidated,
    splits.disagreeing,
    splits.without_membership,
    splits.leaking,
    hygiene.data_in_git,
)

# What no later commit mends: Git keeps the bytes of every commit that was pushed.
LASTING: tuple[Callable[[Case], Iterator[Finding]], ...] = (hygiene.data_in_git,)

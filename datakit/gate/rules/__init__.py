"""The rules, one module a hundred: each compares records with one another and never computes anything from data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from datakit.formats.finding import Finding, Rule
from datakit.gate.change import Case
from datakit.gate.rules import (
    documented,
    foreign,
    hygiene,
    leaks,
    licensed,
    policy,
    recorded,
    removed,
    splits,
    stale,
    storage,
    twins,
    validated,
)

TABLE: dict[str, Rule] = {
    rule.code: rule
    for module in (recorded, documented, validated, splits, storage, hygiene, policy)
    for rule in module.RULES
}

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    recorded.unrecorded,
    recorded.disagreeing,
    recorded.without_data,
    recorded.broken,
    recorded.misnamed,
    twins.colliding,
    removed.unburied,
    documented.incomplete,
    documented.unexplained,
    documented.undescribed,
    documented.unclassified,
    licensed.overreaching,
    stale.stale,
    validated.unvalidated,
    validated.loosened,
    splits.disagreeing,
    splits.without_membership,
    splits.leaking,
    storage.unknown_remotes,
    storage.unsent,
    hygiene.data_in_git,
    foreign.standing_in,
    leaks.leaking,
    policy.emptied,
)

# What no later commit mends: Git keeps the bytes of every commit that was pushed.
LASTING: tuple[Callable[[Case], Iterator[Finding]], ...] = (hygiene.data_in_git, leaks.leaking)

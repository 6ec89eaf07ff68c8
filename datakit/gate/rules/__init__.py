"""The rules, one module a hundred: each compares records with one another and never computes anything from data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from datakit.formats.finding import Finding, Rule
from datakit.gate.change import Case
from datakit.gate.rules import documented, hygiene, policy, recorded, validated

TABLE: dict[str, Rule] = {
    rule.code: rule for module in (recorded, documented, validated, hygiene, policy) for rule in module.RULES
}

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    recorded.unrecorded,
    recorded.disagreeing,
    recorded.without_data,
    recorded.broken,
    recorded.misnamed,
    documented.incomplete,
    documented.unexplained,
    validated.unvalidated,
    hygiene.data_in_git,
)

"""Explain a rule of the gate."""

from __future__ import annotations

from datakit.errors import NotFound
from datakit.formats.finding import Rule
from datakit.gate.rules import TABLE


def explain(code: str) -> Rule:
    """Return what a rule demands, why, and how to mend what it finds.

    Args:
        code: The rule's code, in any case: `DK101`.

    Returns:
        Title, reason, an example that fails, one that passes, and the mend.

    Raises:
        NotFound: There is no such rule.

    >>> explain("dk101").title
    'Data that DVC tracks has a record'
    """
    rule = TABLE.get(code.upper())
    if rule is None:
        raise NotFound("rule", code, TABLE)
    return rule

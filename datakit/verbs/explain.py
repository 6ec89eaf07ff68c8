"""Explain a rule of the gate, or list all of them."""

from __future__ import annotations

from typing import overload

from datakit.errors import NotFound
from datakit.formats.finding import Rule
from datakit.gate.rules import TABLE


@overload
def explain(code: str) -> Rule: ...


@overload
def explain(code: None = None) -> tuple[Rule, ...]: ...


def explain(code: str | None = None) -> Rule | tuple[Rule, ...]:
    """Return what a rule demands, why, and how to mend what it finds.

    Args:
        code: The rule's code, in any case: `DK101`; all rules by default.

    Returns:
        Title, reason, an example that fails, one that passes, and the mend; of all rules in the order of their codes.

    Raises:
        NotFound: There is no such rule.

    >>> explain("dk101").title
    'Data that DVC tracks has a record'
    """
    if code is None:
        return tuple(TABLE[known] for known in sorted(TABLE))
    rule = TABLE.get(code.upper())
    if rule is None:
        raise NotFound("rule", code, TABLE, hint=_near(code.upper()))
    return rule


def _near(code: str) -> str:
    """Say which rules a code may have meant: those of its hundred, or where all of them are told.

    >>> _near("DK499")
    'did you mean `DK401`, `DK402` or `DK403`? `datakit explain` lists every rule'
    """
    near = [f"`{known}`" for known in sorted(TABLE) if code.startswith("DK") and known[:3] == code[:3]]
    meant = f"did you mean {' or '.join(part for part in (', '.join(near[:-1]), near[-1]) if part)}? " if near else ""
    return f"{meant}`datakit explain` lists every rule"

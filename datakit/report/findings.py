"""Findings as text and GitHub annotations; `plain` writes them as JSON, as it does every record."""

from __future__ import annotations

from collections.abc import Sequence

from datakit.formats.finding import Finding
from datakit.report.escape import printable
from datakit.report.plain import count
from datakit.report.style import PLAIN, Style


def text(findings: Sequence[Finding], style: Style = PLAIN) -> str:
    """Write findings for people: one line each, then each mend once, then a summary; those of the baseline are counted.

    Args:
        findings: Sorted, as the gate gives them.
        style: How to mark words; plain unless the output is a terminal.

    Returns:
        Text that ends with a line end; empty for no findings.

    >>> print(text([Finding("a.dvc", "DK101", "`a` has no record", "datakit add a", "a")]), end="")
    a.dvc: DK101 `a` has no record
    <BLANKLINE>
    to mend:
      datakit add a
    1 error
    """
    if not findings:
        return ""
    new = [finding for finding in findings if finding.level != "known"]
    lines = [_line(finding, style) for finding in new]
    mends = dict.fromkeys(finding.hint for finding in new if finding.hint)
    errors, known = sum(finding.level == "error" for finding in new), len(findings) - len(new)
    warnings = len(new) - errors
    counts = [count(errors, "error")] * bool(errors) + [count(warnings, "warning")] * bool(warnings)
    summary = [", ".join(counts)] * bool(counts) + [_unshown(known)] * bool(known)
    hints = ["", style.strong("to mend:"), *(f"  {printable(mend)}" for mend in mends)] if mends else []
    return "\n".join([*lines, *hints, "; ".join(summary)]) + "\n"


def github(findings: Sequence[Finding]) -> str:
    r"""Write findings as GitHub's workflow commands, which show as annotations in a pull request.

    Source of the escaping: GitHub's toolkit, `core/src/command.ts`.

    >>> github([Finding("a,b.dvc", "DK101", "no record", "datakit add a")])
    '::error file=a%2Cb.dvc,title=DK101::no record (datakit add a)\n'
    """
    lines = []
    for finding in findings:
        if finding.level == "known":
            continue
        line = "" if finding.line is None else f",line={finding.line}"
        place = f"file={_property(finding.path)}{line}"
        command = "error" if finding.level == "error" else "warning"
        mend = f" ({finding.hint})" if finding.hint else ""
        lines.append(f"::{command} {place},title={finding.code}::{_message(finding.message + mend)}\n")
    return "".join(lines)


def _unshown(number: int) -> str:
    """Say how many findings the baseline covers."""
    return f"{count(number, 'finding')} of the baseline {'is' if number == 1 else 'are'} not shown"


def _line(finding: Finding, style: Style) -> str:
    """Write one finding in one line."""
    code = style.bad(finding.code) if finding.level == "error" else style.warn(f"{finding.code} warning:")
    return f"{printable(finding.place)}: {code} {printable(finding.message)}"


def _message(value: str) -> str:
    """Escape the message of a workflow command."""
    return printable(value.replace("\n", " ")).replace("%", "%25")


def _property(value: str) -> str:
    """Escape a property of a workflow command."""
    return _message(value).replace(":", "%3A").replace(",", "%2C")

"""What `add` and `validate` did, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datakit.report import findings
from datakit.report.escape import printable
from datakit.report.plain import count, size
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns

if TYPE_CHECKING:
    from datakit.formats.finding import Finding
    from datakit.formats.receipt import Result
    from datakit.records import Added, Validation


def text(items: Sequence[Added], style: Style = PLAIN, left_out: Sequence[Finding] = ()) -> str:
    """Write what was done with each dataset, what was decided, and what the gate still wants.

    Args:
        items: What was done.
        style: How to mark words.
        left_out: Data that DVC tracks and nothing records, of which nobody spoke.
    """
    if not items:
        mends = [f"  {printable(mend)}" for mend in dict.fromkeys(finding.hint for finding in left_out)]
        hints = ["DVC tracks data that has no record yet:", *mends] if mends else []
        return "\n".join(["nothing to do: the data is what is recorded", *hints]) + "\n"
    return "\n".join(_added(item, style) for item in items)


def validations(items: Sequence[Validation], style: Style = PLAIN) -> str:
    """Write what every check of every contract found."""
    if not items:
        return "there is no dataset yet: record one with `datakit add PATH`\n"
    return "\n".join("\n".join(_validation(item, style)) + "\n" for item in items)


def _added(item: Added, style: Style) -> str:
    """Write one dataset."""
    data = item.data
    shape = f", {count(data.rows, 'row')} x {count(data.columns or 0, 'column')}" if data.rows is not None else ""
    files = f", {count(data.files, 'file')}" if data.md5.endswith(".dir") else ""
    name = style.strong(printable(item.name))
    head = f"{item.action} {name}: {printable(item.path)}, {size(data.size)}{files}{shape}"
    lines = [head, *(f"  {'staged' if item.staged else 'wrote '} {printable(path)}" for path in item.written)]
    if item.validation is not None:
        lines.append(f"  {_summary(item.validation, style)}")
        lines += _broken(item.validation, style)
    lines += [f"  note: {printable(note)}" for note in item.notes]
    blocked = any(finding.level == "error" for finding in item.findings)
    said = findings.text(item.findings, style)
    if blocked:
        lines += ["", "before it can be committed:", said.rstrip("\n")]
    elif said:
        lines += ["", said.rstrip("\n")]
    return "\n".join(lines) + "\n"


def _validation(item: Validation, style: Style) -> list[str]:
    """Write one validation, every check included."""
    head = f"{style.strong(printable(item.name))}: {printable(item.path)}"
    return [head, f"  {_summary(item, style)}", *_results(item.results, style)]


def _summary(item: Validation, style: Style) -> str:
    """Count outcomes in one line."""
    counts = {
        outcome: sum(r.outcome == outcome for r in item.results)
        for outcome in ("passed", "failed", "warned", "skipped")
    }
    said = ", ".join(f"{number} {outcome}" for outcome, number in counts.items() if number)
    if item.rows is None:
        checks = f" ({count(len(item.results), 'check')} skipped)" if item.results else ""
        return f"recorded as files: their hashes and sizes are known, nothing inside them is checked{checks}"
    if not item.results:
        return "read as a table, nothing more: its contract has no checks"
    verdict = style.good("keeps its contract") if item.passed else style.bad("breaks its contract")
    return f"{verdict}: {said}"


def _broken(item: Validation, style: Style) -> list[str]:
    """Write the checks that did not hold, one line for each reason."""
    from datakit.formats.receipt import by_reason

    found = [("failed", style.bad, names, reason) for names, reason in by_reason(item.results, "failed")]
    found += [("warned", style.warn, names, reason) for names, reason in by_reason(item.results, "warned")]
    lines = columns(
        [[outcome, names.partition(" ")[2].replace("`", ""), reason] for outcome, _, names, reason in found]
    )
    return [
        f"    {mark(outcome)}{line[len(outcome) :]}" for (outcome, mark, _, _), line in zip(found, lines, strict=True)
    ]


def _results(results: Sequence[Result], style: Style) -> list[str]:
    """Write results as a table."""
    marks = {"passed": style.good, "failed": style.bad, "warned": style.warn, "skipped": style.faint}
    lines = columns([[r.outcome, r.id, r.reason] for r in results])
    return [
        f"    {marks[r.outcome](r.outcome)}{line[len(r.outcome) :]}" for r, line in zip(results, lines, strict=True)
    ]

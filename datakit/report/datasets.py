"""Datasets as a list and one dataset in full, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from datakit.report.escape import printable
from datakit.report.plain import count, size
from datakit.report.style import PLAIN, Style
from datakit.report.table import columns

if TYPE_CHECKING:
    from datakit.formats.manifest import Manifest
    from datakit.formats.profile import ColumnProfile, Profile
    from datakit.records import Shown, Summary


def listing(items: Sequence[Summary], style: Style = PLAIN) -> str:
    """Write the list of datasets."""
    if not items:
        return "there is no dataset yet: record one with `datakit add PATH`\n"
    head = ["NAME", "PATH", "SIZE", "ROWS", "FORMAT", "CHANGED", "VALID"]
    valid = {True: "yes", False: "no", None: "not validated"}
    rows = [
        [
            item.name,
            item.path or "?",
            "?" if item.size is None else size(item.size),
            "" if item.rows is None else f"{item.rows:,}",
            item.format or "?",
            (item.changed or "?")[:10],
            valid[item.valid],
        ]
        for item in items
    ]
    first, *rest = columns([head, *rows], right=(2, 3))
    return "\n".join([style.strong(first), *rest]) + "\n"


def shown(item: Shown, style: Style = PLAIN) -> str:
    """Write all that is recorded about one dataset."""
    where = f" at {item.commit[:10]}" if item.commit else ""
    lines = [style.strong(f"{printable(item.name)}{where}")]
    pairs = [*_facts(item), *_origin(item.manifest)]
    lines += [f"  {line}" for line in columns([[key, value] for key, value in pairs if value])]
    if item.profile is not None and item.profile.columns:
        lines += ["", *(f"  {line}" for line in _profile(item.profile))]
    return "\n".join(lines) + "\n"


def _facts(item: Shown) -> Iterable[tuple[str, str]]:
    """Return what the dataset is and what is known of its quality."""
    manifest, data = item.manifest, item.manifest.data
    shape = f", {count(data.rows, 'row')} x {count(data.columns or 0, 'column')}" if data.rows is not None else ""
    files = f", {count(data.files, 'file')}" if data.md5.endswith(".dir") else ""
    yield "path", manifest.path
    yield "data", f"{data.format}, {size(data.size)}{files}{shape}"
    yield "md5", data.md5
    yield "sha256", data.sha256
    yield "pointer", manifest.pointer
    yield "versions", ", ".join(item.versions) or "none registered"
    if item.card is not None:
        for key in ("license", "owner", "personal_data"):
            yield key, str(item.card.fields.get(key, ""))
    if item.contract is not None:
        yield "contract", f"{item.contract.status}, {count(len(item.contract.checks), 'check')}"
    if item.receipt is not None:
        current = item.receipt.md5 == data.md5
        yield "validated", ("passed" if item.receipt.passed else "failed") if current else "other bytes than these"


def _origin(manifest: Manifest) -> Iterable[tuple[str, str]]:
    """Return where the data came from and why it changed."""
    change = manifest.change
    yield "changed", f"{change.at}{f' by {change.by}' if change.by else ''}"
    yield "reason", change.note
    for source in manifest.sources:
        yield "source", f"{source.uri}, retrieved {source.retrieved}"
    for parent in manifest.derived_from:
        name = "an earlier state of itself" if parent.name == manifest.name else parent.name
        yield "made of", f"{name} ({parent.md5[:10]})"
    made = manifest.produced_by
    yield "made by", f"stage {made.stage}: {made.command}" if made.stage else made.command
    for code in made.code:
        yield "code", f"{code.path} ({code.git_blob[:10]})"


def _profile(profile: Profile) -> list[str]:
    """Write the statistics of the columns."""
    head = ["COLUMN", "TYPE", "MISSING", "DISTINCT", "RANGE"]
    rows = [[c.name, c.type, f"{c.missing:,}", f"{c.distinct:,}", _range(c)] for c in profile.columns]
    return columns([head, *rows], right=(2, 3))


def _range(column: ColumnProfile) -> str:
    """Write the span of a column's values, or of its lengths."""
    if column.minimum is not None and column.maximum is not None:
        return f"{column.minimum} to {column.maximum}"
    if column.shortest is not None and column.longest is not None:
        return f"{column.shortest} to {column.longest} characters"
    return ""

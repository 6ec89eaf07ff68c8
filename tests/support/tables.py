"""Tables for tests: written as real files, read back through the real engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from datakit.formats.contract import Check, Column, Contract, Reader
from datakit.tables.infer import infer
from datakit.tables.scan import Scan, scan
from datakit.tables.sniff import sniff


def contract(columns: Sequence[Column], checks: Sequence[Check], reader: Reader | None = None) -> Contract:
    """Return a contract that says just this."""
    return Contract("t", "0.1.0", "active", reader, tuple(columns), tuple(checks))


def look(path: Path, columns: Sequence[Column] = (), checks: Sequence[Check] = (), name: str = "") -> Scan:
    """Sniff a file and hold it against columns and checks."""
    reader = sniff(path, name or path.name)
    assert reader is not None
    return scan(path, name or path.name, reader, contract(columns, checks))


def draft_and_scan(path: Path, name: str = "") -> Scan:
    """Hold a file against the draft that it gave."""
    name = name or path.name
    reader = sniff(path, name)
    assert reader is not None
    columns, checks = infer(path, name, reader)
    return scan(path, name, reader, contract(columns, checks))


def csv_text(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """Write CSV with every text quoted and null as nothing."""
    lines = [",".join(_quoted(name) for name in names)]
    lines += [",".join("" if value is None else _quoted(value) for value in row) for row in rows]
    return "\n".join(lines) + "\n"


def jsonl_text(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write one object a line."""
    return "".join(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)


def outcomes(found: Scan) -> Mapping[str, str]:
    """Return what became of each check."""
    return {result.id: result.outcome for result in found.results}


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

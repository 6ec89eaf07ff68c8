"""Tables for tests: written as real files, read back through the real engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from datakit.formats.contract import Check, Column, Contract, Reader
from datakit.formats.receipt import Result
from datakit.tables.infer import infer
from datakit.tables.scan import Scan, scan
from datakit.tables.sniff import sniff

TABLE = (
    "id,sex,mass,when,at,ok\n"
    "1,MALE,10.5,2020-01-01,2020-01-01T00:00:00,true\n"
    "2,FEMALE,,2020-02-01,2020-02-01T00:00:00Z,false\n"
    "2,female,-3,2020-03-01,2020-03-01 12:00:00+02:00,TRUE\n"
    "x,,40,2020-13-01,,maybe\n"
)


COLUMNS = (
    Column("id", "integer"),
    Column("sex", "string"),
    Column("mass", "number"),
    Column("when", "date"),
    Column("at", "timestamp"),
    Column("ok", "boolean"),
)


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


def written(folder: Path, text: str, name: str = "t.csv") -> Path:
    """Write a text with its line ends as they are."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def one(folder: Path, asked: Check, table: str = TABLE, columns: Sequence[Column] = COLUMNS) -> Result:
    """Hold a table against one check."""
    (result,) = look(written(folder, table), columns, [asked]).results
    return result


def check(kind: str, column: str | None = None, arguments: Mapping[str, object] | None = None, **more: object) -> Check:
    """Return a check with an id that no test is about."""
    return Check("c", kind, column, arguments or {}, **more)  # type: ignore[arg-type]  # cases are written loosely

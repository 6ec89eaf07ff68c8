"""How a table's bytes are to be read: found out once, from the whole file, and kept in the contract."""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from datakit.errors import InvalidData
from datakit.formats.contract import Reader
from datakit.tables.casts import boolean_pattern, date_pattern, number_pattern, timestamp_pattern
from datakit.tables.engine import Session, connect, quote_text
from datakit.tables.read import Source, records, source
from datakit.tables.relation import read_rows
from datakit.tables.screen import open_text, screen

_formats = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
}
_delimiters = (",", ";", "\t", "|")
_missing = (
    "NA", "N/A", "n/a", "#N/A", "NULL", "Null", "null", "None", "none", "NaN", "nan", "NAN", "-", "--", "?",
)  # fmt: skip
_sample = 1000
_value = re.compile(f"{number_pattern}|{date_pattern}|{timestamp_pattern}|{boolean_pattern[4:]}", re.IGNORECASE)
_year = re.compile("(19|20)[0-9]{2}")


def sniff(path: Path, name: str, spill: Path | None = None) -> Reader | None:
    """Find out how a file is read as a table.

    The format comes from the name's suffix and is confirmed by the content. Texts such as `NA` are proposed as missing
    where they occur in a column whose other values all read as numbers, dates or truth values.

    Args:
        path: The bytes; may have any name.
        name: The name that people know, with its suffix.
        spill: Where a private folder for temporary data is made.

    Returns:
        The reader, or None where the name does not promise a table or the JSON is not an array of objects.

    Raises:
        InvalidData: The content is not what the name promises.
    """
    lowered = name.lower()
    suffix = Path(lowered.removesuffix(".gz")).suffix
    form = _formats.get(suffix)
    if form is None or (form == "parquet" and lowered.endswith(".gz")):
        return None
    if form == "json" and not _starts_array(path, name):
        return None
    with connect(path, spill) as session:
        reader = Reader(form)
        if form in {"csv", "tsv"}:
            reader = _dialect(session, name, form)
        found = source(session, name, reader)
        return reader._replace(missing=_missing_texts(session, name, found))


def _starts_array(path: Path, name: str) -> bool:
    """Tell whether the first character of a JSON file opens an array; other JSON is a document, not a table."""
    screen(path, name)
    with open_text(path, name)[0] as file:
        return file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["


def _dialect(session: Session, name: str, form: str) -> Reader:
    """Find delimiter and header of a delimited text."""
    facts = screen(session.path, name, quote='"')
    plain = Reader(form, encoding="utf-8-sig" if facts.bom else "utf-8")
    best: tuple[tuple[bool, int], Reader, list[list[str]]] | None = None
    for delimiter in ("\t", *_delimiters) if form == "tsv" else _delimiters:
        reader = plain._replace(delimiter=delimiter)
        try:
            rows = [row for _, row in islice(records(session, name, reader), _sample)]
        except InvalidData:
            continue
        width = len(rows[0]) if rows else 0
        score = (width > 1 and all(len(row) == width for row in rows), width)
        if best is None or score > best[0]:
            best = score, reader, rows
    if best is None:
        # No delimiter reads it: let the default one say what is broken, and where.
        list(records(session, name, plain))
        return plain
    return best[1]._replace(header=_has_header(best[2]))


def _has_header(rows: list[list[str]]) -> bool:
    """Tell whether the first record names the columns.

    It does unless some column holds only numbers, dates or truth values and every such column does so from the first
    record on; a year may be a name.
    """
    if len(rows) < 2:
        return True
    typed = [
        column
        for column in range(len(rows[0]))
        if (cells := [row[column] for row in rows[1:] if column < len(row) and row[column]])
        and all(_value.fullmatch(cell) for cell in cells)
    ]
    firsts = [rows[0][column] for column in typed]
    return not firsts or not all(_value.fullmatch(cell) and not _year.fullmatch(cell) for cell in firsts)


def _missing_texts(session: Session, name: str, found: Source) -> tuple[str, ...]:
    """Return the texts that stand for a missing value, in a fixed order."""
    listed = ", ".join(quote_text(text) for text in _missing)
    aggregates = []
    for index, native in enumerate(found.native):
        column = f"r{index}"
        if native in {"FLOAT", "DOUBLE"}:
            aggregates.append(f"CASE WHEN bool_or(isnan({column})) THEN ['NaN'] END")
        elif native == "VARCHAR":
            others = f"FILTER (WHERE {column} NOT IN ({listed}))"
            reads = [
                f"coalesce(bool_and(regexp_full_match({column}, {quote_text(pattern)})) {others}, false)"
                for pattern in (number_pattern, f"{date_pattern}|{timestamp_pattern}", boolean_pattern)
            ]
            tokens = f"list(DISTINCT {column}) FILTER (WHERE {column} IN ({listed}))"
            aggregates.append(f"CASE WHEN {' OR '.join(reads)} THEN {tokens} END")
    if not aggregates:
        return ()
    row = read_rows(session, name, found, f"SELECT {', '.join(aggregates)} FROM {found.sql}")[0]
    seen = {text for texts in row if isinstance(texts, list) for text in texts}
    return tuple(text for text in _missing if text in seen)

"""How a table's bytes are to be read: found out once, from the whole file, and kept in the contract."""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import Any

from datakit.errors import InvalidData
from datakit.formats.contract import Reader
from datakit.tables.casts import boolean_pattern, date_pattern, number_pattern, timestamp_pattern
from datakit.tables.encoding import as_utf8, guess
from datakit.tables.engine import Session, batch, connect, quote_text
from datakit.tables.read import DELIMITERS, Source, first_record, records, source
from datakit.tables.relation import read_rows
from datakit.tables.screen import NotUtf8, open_text, screen

_formats = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
}
SUFFIXES = tuple(_formats)
_missing = (
    "NA", "N/A", "n/a", "#N/A", "NULL", "Null", "null", "None", "none", "NaN", "nan", "NAN", "-", "--", "?",
)  # fmt: skip
_sample = 1000
_lists_at_once = 50
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
    encoding = "utf-8"
    try:
        facts = screen(session.path, name, quote='"')
    except NotUtf8:
        guessed = guess(session.path)
        if guessed is None:
            raise
        as_utf8(session, name, guessed)
        encoding, facts = guessed, screen(session.text, name, quote='"')
    plain = Reader(form, encoding="utf-8-sig" if facts.bom else encoding)
    found: list[tuple[int, Reader, list[list[str]]]] = []
    broken: list[tuple[int, InvalidData]] = []
    for delimiter in ("\t", *DELIMITERS) if form == "tsv" else DELIMITERS:
        reader = plain._replace(delimiter=delimiter)
        try:
            rows = [row for _, row in islice(records(session, name, reader), _sample)]
        except InvalidData as error:
            broken.append((len(first_record(session, name, reader)), error))
            continue
        if len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows):
            return reader._replace(header=_has_header(rows))
        found.append((len(rows[0]), reader, rows))
    split = [error for width, error in broken if width > 1]
    if split or not found:
        raise split[0] if split else broken[0][1]
    # No delimiter splits every record alike: the one with the widest header, whose first odd record loading will name.
    _, reader, rows = max(found, key=lambda entry: entry[0])
    return reader._replace(header=_has_header(rows))


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
    places = [index for index, native in enumerate(found.native) if native in {"VARCHAR", "FLOAT", "DOUBLE"}]
    tests = [
        # Asked as text: a Parquet file's statistics leave NaN out, and DuckDB answers `isnan` from them.
        f"bool_or(r{index} IN ({listed}))"
        if found.native[index] == "VARCHAR"
        else f"bool_or(CAST(r{index} AS VARCHAR) = 'nan')"
        for index in places
    ]
    hits = [place for place, hit in zip(places, _ask(session, name, found, tests, batch), strict=True) if hit]
    tokens = [_tokens(f"r{index}", listed) if found.native[index] == "VARCHAR" else "['NaN']" for index in hits]
    seen = {text for texts in _ask(session, name, found, tokens, _lists_at_once) for text in texts or ()}
    return tuple(text for text in _missing if text in seen)


def _tokens(column: str, listed: str) -> str:
    """Return the aggregate that lists a column's odd texts, if all its other values are of one type."""
    others = f"FILTER (WHERE {column} NOT IN ({listed}))"
    reads = [
        f"coalesce(bool_and(regexp_full_match({column}, {quote_text(pattern)})) {others}, false)"
        for pattern in (number_pattern, f"{date_pattern}|{timestamp_pattern}", boolean_pattern)
    ]
    return f"CASE WHEN {' OR '.join(reads)} THEN list(DISTINCT {column}) FILTER (WHERE {column} IN ({listed})) END"


def _ask(session: Session, name: str, found: Source, expressions: list[str], together: int) -> list[Any]:
    """Compute aggregates over the file, so many in one scan."""
    values: list[Any] = []
    for start in range(0, len(expressions), together):
        sql = f"SELECT {', '.join(expressions[start : start + together])} FROM {found.sql}"
        values += read_rows(session, name, found, sql)[0]
    return values

"""Where a table's rows are: its columns and the SQL that reads them, each value exactly as it was written.

A text table is read with every column VARCHAR: no type is guessed, so leading zeros and long integers stay.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from datakit.errors import InvalidData
from datakit.formats.contract import Reader
from datakit.tables.encoding import as_utf8
from datakit.tables.engine import Session, query, quote_name, quote_text, settle
from datakit.tables.flatten import flatten
from datakit.tables.names import check_names
from datakit.tables.native import logical
from datakit.tables.screen import open_text, screen

_plain_text = re.compile("[A-Za-z0-9/#?.-]+")
DELIMITERS = (",", ";", "\t", "|")  # that a delimited text may have, in the order in which they are tried
line_cap = 2_000_000  # bytes of one row: DuckDB's own default


class Source(NamedTuple):
    """A table before its types: where DuckDB reads it and what its columns are."""

    reader: Reader
    names: tuple[str, ...]
    sql: str  # what stands behind FROM; its columns are called r0, r1, …
    native: tuple[str, ...]  # DuckDB's type of each column
    texts: frozenset[str]  # columns that the format itself marks as text (JSON strings, Parquet text)
    nested: frozenset[str]  # JSON columns with objects or arrays
    missing: tuple[str, ...]  # texts that still have to be read as missing
    notes: tuple[str, ...]
    lines: int = 0  # of a text in which a row is a line of its own unless quotes say otherwise; 0 where unknown
    unified: bool = False  # a copy with other line ends is read; its rows have to be counted again


def source(session: Session, name: str, reader: Reader) -> Source:
    """Find out a table's columns; text is screened as a whole first.

    Args:
        session: The session of the file.
        name: What messages call it.
        reader: How it is read.

    Returns:
        Where DuckDB reads it.

    Raises:
        InvalidData: The bytes are not such a table.
    """
    kinds = {"csv": _text, "tsv": _text, "parquet": _parquet, "jsonl": _json, "json": _json}
    if reader.format not in kinds:
        raise InvalidData(
            f"{name}: the contract's format is `{reader.format[:40]}`; expected one of {', '.join(kinds)}"
        )
    found = kinds[reader.format](session, name, reader)
    settle(session, len(found.names))
    return found


def _json(session: Session, name: str, reader: Reader) -> Source:
    """Screen a JSON table and flatten it."""
    facts = screen(session.path, name)
    flat = flatten(session.path, name, reader.format, session.flat)
    names = check_names(flat.names, name)
    sql = _read_csv(str(session.flat), len(names), Reader("csv", header=False), newline="\\n", texts=True)
    lines = facts.lines if reader.format == "jsonl" else 0
    native = ("VARCHAR",) * len(names)
    return Source(reader, names, sql, native, flat.texts, flat.nested, reader.missing, facts.notes, lines)


def _text(session: Session, name: str, reader: Reader) -> Source:
    """Screen a delimited text and read its header."""
    _check_reader(reader, name)
    as_utf8(session, name, reader.encoding)
    facts = screen(session.text, name, quote=reader.quote, header=reader.header)
    head = first_record(session, name, reader)
    names = check_names(head, name) if reader.header else tuple(f"column_{n}" for n in range(1, len(head) + 1))
    mixed = facts.newline == "mixed"
    if mixed:
        _unify(session, name, reader)
        sql = _read_csv(str(session.flat), len(names), reader, newline="\\n")
    else:
        sql = _read_csv(str(session.text), len(names), reader, compressed=facts.compressed)
    notes = tuple(note for note in facts.notes if len(names) > 1 or "blank" not in note)
    odd = tuple(text for text in reader.missing if text not in _plain(reader))
    native, none = ("VARCHAR",) * len(names), frozenset[str]()
    return Source(reader, names, sql, native, none, none, odd, notes, facts.lines, mixed)


def _check_reader(reader: Reader, name: str) -> None:
    """Refuse reader options that DuckDB would take for something else."""
    for option, text, least in (("delimiter", reader.delimiter, 1), ("quote", reader.quote, 0)):
        if not least <= len(text) <= 1 or not (text == "\t" or (text.isascii() and text.isprintable())):
            raise InvalidData(f"{name}: the contract's {option} must be one ASCII character, found {text[:20]!r}")
    if reader.delimiter == reader.quote:
        raise InvalidData(f"{name}: the contract's delimiter and quote are both {reader.quote!r}")


def first_record(session: Session, name: str, reader: Reader) -> list[str]:
    """Return the fields of the first record of a delimited text."""
    return next(records(session, name, reader))[1]  # there is one: screening refuses a text of blank lines only


def records(session: Session, name: str, reader: Reader) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a delimited text with their first line, by Python's strict parser.

    Raises:
        InvalidData: A quote that is not closed, or text after a closing quote.
    """
    # The limit is the interpreter's; it is only ever raised, to what DuckDB takes.
    csv.field_size_limit(max(csv.field_size_limit(), line_cap))
    quoting = csv.QUOTE_MINIMAL if reader.quote else csv.QUOTE_NONE
    options = {"delimiter": reader.delimiter, "quoting": quoting, "quotechar": reader.quote or None, "strict": True}
    with open_text(session.text, name)[0] as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
        rows = csv.reader(text, **options)  # type: ignore[arg-type]  # the stubs know no options in a dict
        line = 1
        try:
            for row in rows:
                if row:
                    yield line, row
                line = rows.line_num + 1
        except csv.Error as error:
            if "field limit" in str(error):
                raise InvalidData(
                    f"{name}:{line}: a field of more than {csv.field_size_limit():,} characters"
                ) from error
            problem = "a quote is not closed" if "end of data" in str(error) else "text after a closing quote"
            raise InvalidData(f"{name}:{line}: {problem}") from error


def _read_csv(
    path: str, columns: int, reader: Reader, *, compressed: bool = False, newline: str = "", texts: bool = False
) -> str:
    """Return the table function that reads a delimited text strictly, every column VARCHAR.

    DuckDB takes the first line break that it meets, in a quoted text too, for the end of every line: it has to be told
    where quoted texts may hold another one.
    """
    types = ", ".join(f"'r{index}': 'VARCHAR'" for index in range(columns))
    missing = ", ".join(quote_text(text) for text in ("", *_plain(reader)))
    options = {
        "columns": f"{{{types}}}",
        "auto_detect": "false",
        "header": str(reader.header).lower(),
        "delim": quote_text(reader.delimiter),
        "quote": quote_text(reader.quote),
        "escape": quote_text(reader.quote),
        "nullstr": f"[{missing}]",
        "allow_quoted_nulls": str(not texts).lower(),
        "strict_mode": "true",
        "compression": "'gzip'" if compressed else "'none'",
        "hive_partitioning": "false",
    }
    if newline:
        options["new_line"] = quote_text(newline)
    return f"read_csv({quote_text(path)}, {', '.join(f'{key}={value}' for key, value in options.items())})"


def _plain(reader: Reader) -> tuple[str, ...]:
    """Return the missing texts that DuckDB's reader can be given: none with a quote, a delimiter or a line break."""
    plain = [text for text in reader.missing if _plain_text.fullmatch(text) and reader.delimiter not in text]
    return tuple(dict.fromkeys(plain))


def _parquet(session: Session, name: str, reader: Reader) -> Source:
    """Read the schema of a Parquet file."""
    with session.path.open("rb") as file:
        start = file.read(4)
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(size - 4, 0))
        end = file.read(4)
    if not size:
        raise InvalidData(f"{name}: the file is empty")
    if start != b"PAR1":
        raise InvalidData(f"{name}: not a Parquet file: its first bytes are not `PAR1`")
    if end != b"PAR1" or size < 12:
        raise InvalidData(f"{name}: a Parquet file that ends too early")
    scan = f"read_parquet({quote_text(str(session.link))}, hive_partitioning=false)"
    root, *nodes = query(
        session, name, f"SELECT name, num_children FROM parquet_schema({quote_text(str(session.link))})"
    )
    names, at = [], 0
    for _ in range(root[1] or 0):
        names.append(nodes[at][0])
        at = _after(nodes, at)
    check_names(names, name)
    described = query(session, name, f"DESCRIBE SELECT * FROM {scan}")
    native = tuple(str(row[1]) for row in described)
    aliases = ", ".join(f"{quote_name(row[0])} AS r{index}" for index, row in enumerate(described))
    texts = frozenset(n for n, type_ in zip(names, native, strict=True) if logical(type_) == "string")
    return Source(
        reader, tuple(names), f"(SELECT {aliases} FROM {scan})", native, texts, frozenset(), reader.missing, ()
    )


def _after(nodes: list[tuple[str, int | None]], at: int) -> int:
    """Return the place behind a node of a flattened schema tree."""
    children = nodes[at][1] or 0
    at += 1
    for _ in range(children):
        at = _after(nodes, at)
    return at


def _unify(session: Session, name: str, reader: Reader) -> None:
    r"""Write a copy in which every line break outside quotes is `\n`; those inside quotes are data and stay."""
    inside, quote = False, reader.quote.encode() or None
    with open_text(session.text, name)[0] as file, session.flat.open("wb") as out:
        while chunk := file.read(1 << 20):
            while chunk.endswith(b"\r") and (more := file.read(1)):
                chunk += more
            parts = chunk.split(quote) if quote else [chunk]
            for index, part in enumerate(parts):
                inside ^= index > 0
                out.write((quote or b"") * (index > 0))
                out.write(part if inside else part.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))

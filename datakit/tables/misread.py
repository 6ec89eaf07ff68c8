"""One cause behind many missing columns: a file that is written otherwise than its contract says."""

from __future__ import annotations

from collections.abc import Sequence

from datakit.errors import InvalidData
from datakit.formats.contract import Column, Reader
from datakit.tables.engine import Session
from datakit.tables.read import DELIMITERS, Source, first_record


def misread(session: Session, name: str, found: Source, columns: Sequence[Column]) -> str:
    """Say why a table lacks the columns of its contract, where one cause explains it.

    Args:
        session: The session of the file.
        name: What messages call it.
        found: The table as the contract's reader reads it.
        columns: The contract's columns.

    Returns:
        One clause that holds no value of the file: another delimiter, or that no column is the contract's; empty where
        the columns are there, or some are and the others are just gone.
    """
    wanted = [column.name for column in columns]
    present = _fitting(found.names, found.reader, wanted)
    if not wanted or present == len(wanted):
        return ""
    if found.reader.format in {"csv", "tsv"}:
        for delimiter in DELIMITERS:
            reader = found.reader._replace(delimiter=delimiter)
            try:
                fields = first_record(session, name, reader)
            except InvalidData:
                continue
            if _fitting(fields, reader, wanted) > max(present, len(wanted) // 2):
                return (
                    f"the file no longer reads as the contract says: its fields are separated by {_shown(delimiter)}, "
                    f"the contract's `delimiter` is {_shown(found.reader.delimiter)}"
                )
    if present:
        return ""
    columns_ = "its only column is none" if len(found.names) == 1 else f"none of its {len(found.names)} columns is one"
    return f"the file no longer reads as the contract says: {columns_} of the contract's {len(wanted)}"


def _fitting(fields: Sequence[str], reader: Reader, wanted: Sequence[str]) -> int:
    """Return how many of the contract's columns a record gives; without a header only their number tells."""
    if not reader.header:
        return min(len(fields), len(wanted))
    return len(set(fields) & set(wanted))


def _shown(delimiter: str) -> str:
    """Name a delimiter."""
    return "a tab" if delimiter == "\t" else f"`{delimiter}`"

"""What a contract says, as far as datakit acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

LogicalType = Literal["string", "integer", "number", "boolean", "date", "timestamp", "time", "object", "array"]
Severity = Literal["error", "warning"]
Status = Literal["proposed", "draft", "active", "deprecated", "retired"]
Scalar = str | int | float | bool | None

type_names: tuple[LogicalType, ...] = (
    "string", "integer", "number", "boolean", "date", "timestamp", "time", "object", "array",
)  # fmt: skip
FILES = "files"  # physicalType of the schema object of a dataset that is no table, and is never read as one


class Reader(NamedTuple):
    """How the bytes of a table are read; sniffed once by `add`, kept in the contract, never guessed again.

    ODCS has no place for it: it is the custom property `datakit.reader`. Croissant's `cr:transform` and Frictionless'
    table dialect hold the same facts.
    """

    format: str  # csv, tsv, jsonl, json, parquet; ODCS servers[].format
    delimiter: str = ","  # one character between two fields; Frictionless dialect.delimiter
    quote: str = '"'  # one character around a field, or empty where nothing quotes; Frictionless dialect.quoteChar
    header: bool = True  # whether the first row names the columns; Frictionless dialect.header
    encoding: str = "utf-8"  # as Python names text encodings; Croissant encodingFormat's charset
    missing: tuple[
        str, ...
    ] = ()  # texts that stand for a missing value besides an empty field; Frictionless missingValues


class Column(NamedTuple):
    """One property of the contract's schema; Croissant's cr:Field."""

    name: str  # as in the data: ODCS physicalName where it is given, else name
    type: LogicalType  # ODCS logicalType, or what physicalType says; 3.2's map is an object, its vector an array
    description: str = ""  # ODCS description; Croissant description
    classification: str = ""  # ODCS classification: public, restricted, confidential, …; empty: not classified
    format: str = ""  # ODCS logicalTypeOptions.format of a date, timestamp or time: a JDK DateTimeFormatter pattern


class Check(NamedTuple):
    """One thing that the contract enforces.

    kind and its arguments:
      type                       every value reads as the column's logical type
      required                   no value is missing
      unique                     no value occurs twice, missing ones aside
      primary_key                columns=[…]: no missing part, no combination twice
      minimum, maximum           value=…: inclusive bound of numbers, dates, timestamps (ISO 8601 text for the latter)
      exclusive_minimum, exclusive_maximum   value=…
      multiple_of                value=…
      min_length, max_length     value=…: characters of a text
      pattern                    value=…: RE2 regular expression that the whole text must match
      null_values                how many rows are missing the value, held against the threshold
      missing_values             values=[…]: how many rows are null or one of these
      invalid_values             values=[…] and/or pattern=…: how many non-missing rows are outside
      duplicate_values           columns=[…]: how many rows repeat an earlier one
      row_count                  how many rows the table has
      sql, text, custom          not run by this version: reported as skipped with the reason
    """

    id: str  # stable and readable, unique in the contract: `species.required`, `row_count`, `sex.invalid_values`
    kind: str
    column: str | None
    arguments: Mapping[str, object]  # plain values: texts, numbers, booleans and lists of them
    operator: str = "="  # =, !=, <, <=, >, >=, between, not_between: how the measured number is held against `bound`
    bound: tuple[float, ...] = (0,)  # one number, two of a between; of `unit`
    unit: Literal["rows", "percent"] = "rows"  # ODCS unit; percent is of all rows, 0 to 100
    severity: Severity = "error"  # ODCS severity; error and its kin block, the rest warns
    description: str = ""  # ODCS description, else name, of the quality entry


class Contract(NamedTuple):
    """What a contract says, as far as datakit acts on it."""

    name: str  # ODCS name, else id: the dataset's name in a contract that datakit drafted
    version: str  # ODCS version of the contract itself, not of the data
    status: str  # ODCS status: proposed, draft, active, deprecated, retired; draft where none is given
    reader: Reader | None  # None: the dataset is files, or nobody said how the table is read
    columns: tuple[Column, ...]  # in the order of the file
    checks: tuple[Check, ...]  # column by column in the order of the file, then the table's
    files: bool = False  # ODCS physicalType `files` and no reader: the data is opaque, whatever its name promises

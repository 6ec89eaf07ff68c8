"""The text of a first contract: hand-readable YAML that says what a person has to look at, and reads back to what went in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from datakit.formats import emit
from datakit.formats.contract.quality import METRICS, OPERATORS
from datakit.formats.contract.reading import READER, SPELLED
from datakit.formats.contract.record import FILES, Check, Column, Reader

API_VERSION = "v3.1.0"  # what the most readers know; 3.2 adds nothing that a draft uses

_HEADER = """\
# The contract of `{name}`: what its data must keep, as an Open Data Contract Standard document.
# This first draft was inferred from the data, so the data keeps it. It is cautious: validValues only of a text with few
# values that come again and again, unique only of the first column or one named like an identifier. A person has to say
# what is really meant:
#   1. which columns are required or unique, and which form the primary key
#   2. which values are allowed: minimum, maximum, validValues
#   3. the classification of each column (public, restricted, confidential) and what it means
# Then set `status: active`. `datakit validate {name}` holds the data against it.
"""
_FILES_HEADER = """\
# The contract of `{name}`, as an Open Data Contract Standard document. The dataset is files, not a table
# (`physicalType: files`): nothing inside them is checked. Say what the files are, then set `status: active`.
"""
_FLAGS = ("required", "unique")
_METRIC_OF = {kind: metric for metric, kind in METRICS.items()}
_OPERATOR_OF = {operator: key for key, operator in OPERATORS.items()}
_OPTION_OF = {kind: key for key, kind in SPELLED.items()}


def draft(
    name: str,
    title: str,
    columns: Sequence[Column],
    checks: Iterable[Check],
    reader: Reader | None,
    *,
    description: str = "",
) -> bytes:
    """Write the first contract of a dataset; the same facts always give the same bytes.

    Args:
        name: The dataset's name; becomes `id`, `name` and the schema object's name.
        title: What people call it; becomes `businessName`.
        columns: The columns in the order of the file; none for files.
        checks: What shall be enforced. `type` needs no check, the column says it; ids are derived anew on reading.
            Kinds that ODCS writes as a property's key (required, unique, primary_key, the logical type options) take
            no threshold and no severity of their own.
        reader: How the table is read; None for files.
        description: One sentence about the dataset.

    Returns:
        UTF-8 YAML with LF line ends that `read` turns back into the same columns, checks and reader.

    >>> print(draft("birds", "Birds", [Column("sex", "string")], [], Reader("csv")).decode().partition("schema:")[2])
    <BLANKLINE>
    - name: birds
      businessName: Birds
      logicalType: object
      physicalType: table
      properties:
      - name: sex
        logicalType: string
    <BLANKLINE>
    """
    listed = tuple(checks)
    table: dict[str, object] = {"name": name, "businessName": title, "logicalType": "object"}
    table["physicalType"] = "table" if columns else FILES
    if description:
        table["description"] = description
    if columns:
        table["properties"] = [_property(column, listed) for column in columns]
    entries = [_entry(check) for check in listed if check.column is None and check.kind != "primary_key"]
    if entries:
        table["quality"] = entries
    document: dict[str, object] = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": name,
        "name": name,
        "version": "0.1.0",
        "status": "draft",
    }
    if reader:
        document["customProperties"] = [{"property": READER, "value": _reader(reader)}]
    document["schema"] = [table]
    header = _HEADER if columns else _FILES_HEADER
    return (header.format(name=name) + emit.block(document)).encode()


def _property(column: Column, checks: tuple[Check, ...]) -> dict[str, object]:
    """Write one column with its checks."""
    own = [check for check in checks if check.column == column.name]
    keys = next((_columns(check) for check in checks if check.kind == "primary_key"), ())
    found: dict[str, object] = {"name": column.name, "logicalType": column.type}
    if column.description:
        found["description"] = column.description
    if column.name in keys:
        found["primaryKey"] = True
        found["primaryKeyPosition"] = keys.index(column.name) + 1
    found.update({flag: True for flag in _FLAGS if any(check.kind == flag for check in own)})
    if column.classification:
        found["classification"] = column.classification
    options: dict[str, object] = {"format": column.format} if column.format else {}
    options.update({_OPTION_OF[check.kind]: check.arguments["value"] for check in own if check.kind in _OPTION_OF})
    options.update({str(check.arguments["option"]): check.arguments["value"] for check in own if _is_option(check)})
    if options:
        found["logicalTypeOptions"] = options
    entries = [_entry(check) for check in own if _is_entry(check)]
    if entries:
        found["quality"] = entries
    return found


def _is_option(check: Check) -> bool:
    """Say whether a check is a logical type option that is only reported."""
    return check.kind == "custom" and "option" in check.arguments


def _is_entry(check: Check) -> bool:
    """Say whether a check of a column is an entry of its `quality`."""
    return check.kind not in {"type", *_FLAGS, *_OPTION_OF} and not _is_option(check)


def _entry(check: Check) -> dict[str, object]:
    """Write one quality entry."""
    found: dict[str, object] = {}
    if check.kind in _METRIC_OF:
        found["metric"] = _METRIC_OF[check.kind]
        arguments = _arguments(check)
        if arguments:
            found["arguments"] = arguments
        bound = [_number(number) for number in check.bound]
        found[_OPERATOR_OF[check.operator]] = bound if len(bound) == 2 else bound[0]
        if check.unit != "rows":
            found["unit"] = check.unit
    else:
        found["type"] = check.kind
        found.update({key: value for key, value in check.arguments.items() if key != "text"})
    if check.severity != "error":
        found["severity"] = check.severity
    description = check.description or str(check.arguments.get("text", ""))
    if description:
        found["description"] = description
    return found


def _arguments(check: Check) -> dict[str, object]:
    """Write what a metric is measured with, in ODCS's words."""
    given: Mapping[str, object] = check.arguments
    if check.kind == "missing_values":
        return {"missingValues": given["values"]}
    if check.kind == "duplicate_values":
        return {} if check.column else {"properties": list(_columns(check))}
    found = {"validValues": given["values"]} if "values" in given else {}
    return found | ({"pattern": given["pattern"]} if "pattern" in given else {})


def _columns(check: Check) -> tuple[str, ...]:
    """Return the columns that a check names."""
    named = check.arguments.get("columns", ())
    return tuple(str(name) for name in named) if isinstance(named, list | tuple) else ()


def _number(value: float) -> float:
    """Write a whole number without a fraction."""
    return int(value) if float(value).is_integer() else value


def _reader(reader: Reader) -> dict[str, object]:
    """Write the reader; for formats that say themselves how they are read the format is all there is to say."""
    if reader.format in {"csv", "tsv"}:
        return {**reader._asdict(), "missing": list(reader.missing)}
    default = Reader(reader.format)
    differing = {key: value for key, value in reader._asdict().items() if value != getattr(default, key)}
    return {
        "format": reader.format,
        **{key: list(value) if key == "missing" else value for key, value in differing.items()},
    }


def reader_text(reader: Reader) -> str:
    r"""Write a reader in one line of YAML, as the value of the custom property `datakit.reader`.

    >>> reader_text(Reader("csv", missing=("NA",)))
    '{format: csv, delimiter: ",", quote: "\\"", header: true, encoding: utf-8, missing: [NA]}'
    """
    parts = []
    for key, value in _reader(reader).items():
        text = f"[{', '.join(map(emit.scalar, value))}]" if isinstance(value, list) else emit.scalar(value)
        parts.append(f"{key}: {text}")
    return f"{{{', '.join(parts)}}}"

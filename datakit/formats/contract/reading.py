"""Bytes of an ODCS document to a `Contract`: strict about every key and value of the parts that it reads.

It is what a commit is judged by, so it needs neither the published schema nor its validator. The other parts (servers,
team, price, …) are free here and held against the schema by `judging`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from datakit.errors import InvalidRecord
from datakit.formats import yaml
from datakit.formats.contract import keys, values
from datakit.formats.contract.quality import quality
from datakit.formats.contract.record import FILES, Check, Column, Contract, LogicalType, Reader, type_names
from datakit.formats.yaml import Map, Text

_API = re.compile(r"v3\.[0-2]\.\d+")
READER = "datakit.reader"  # the custom property
_STATUS = ("proposed", "draft", "active", "deprecated", "retired")
_FORMATS = ("csv", "tsv", "jsonl", "json", "parquet")

# Physical types whose meaning is the same everywhere; parameters such as DECIMAL(10, 2) are cut off first.
_PHYSICAL: dict[str, LogicalType] = {
    **dict.fromkeys(("varchar", "char", "nvarchar", "text", "string", "str", "object", "uuid", "large_string"), "string"),
    **dict.fromkeys(("int", "integer", "bigint", "smallint", "tinyint", "hugeint", "long"), "integer"),
    **dict.fromkeys((f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)), "integer"),
    **dict.fromkeys(("double", "double precision", "float", "float32", "float64", "real", "decimal", "numeric"), "number"),
    **dict.fromkeys(("bool", "boolean"), "boolean"),
    **dict.fromkeys(("timestamp", "datetime", "timestamptz", "timestamp with time zone"), "timestamp"),
    "date": "date",
    "time": "time",
}  # fmt: skip

SPELLED = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
}
_RANGE = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_OPTIONS: dict[LogicalType, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": (*_RANGE, "multipleOf"),
    "number": (*_RANGE, "multipleOf"),
    "date": _RANGE,
    "timestamp": _RANGE,
    "time": _RANGE,
}


def read(data: bytes, where: str) -> Contract:
    """Read an ODCS 3.0, 3.1 or 3.2 document with exactly one schema object.

    Args:
        data: The bytes of `contract.odcs.yaml`.
        where: Its path, for error messages.

    Returns:
        The contract; its checks carry ids made of column and kind, `_2` and so on where one repeats.

    Raises:
        InvalidRecord: A value that datakit uses is wrong; it names the line, what was expected and what was found.

    >>> contract = read(b'''
    ... apiVersion: v3.1.0
    ... kind: DataContract
    ... id: birds
    ... version: 1.0.0
    ... status: active
    ... schema:
    ... - name: birds
    ...   properties:
    ...   - {name: sex, logicalType: string, required: true}
    ... ''', "contract.odcs.yaml")
    >>> contract.name, [check.id for check in contract.checks]
    ('birds', ['sex.type', 'sex.required'])
    """
    with values.located(where):
        return _contract(yaml.mapping(yaml.load(data, where), where), where)


def _contract(root: Map, where: str) -> Contract:
    """Read the whole document."""
    keys.refuse_unknown(root, keys.ROOT, where)
    values.choice(root, "kind", where, ("DataContract",))
    api = values.text(root, "apiVersion", where)
    if not _API.fullmatch(api):
        raise values.wrong(root, "apiVersion", where, "v3.0.0 to v3.2.0")
    name = values.text(root, "name", where, "") or values.text(root, "id", where)
    status = values.choice(root, "status", where, _STATUS, "draft")
    table = _table(root, where)
    columns, checks = _properties(table, where, is_30=api.startswith("v3.0."))
    version = values.text(root, "version", where)
    reader = _reader(root, where)
    files = reader is None and values.text(table, "physicalType", where, "") == FILES
    return Contract(name, version, status, reader, tuple(columns), _numbered(checks), files)


def _table(root: Map, where: str) -> Map:
    """Return the one schema object."""
    tables = values.items(root, "schema", where)
    if len(tables) != 1:
        node = root.get("schema", root)
        problem = f"`schema` has {len(tables)} objects, expected exactly one: a contract covers one dataset"
        raise InvalidRecord(where, problem, line=node.line)
    keys.refuse_unknown(tables[0], keys.TABLE, where)
    return tables[0]


def _properties(table: Map, where: str, *, is_30: bool) -> tuple[list[Column], list[Check]]:
    """Return the columns and all checks: column by column, then the primary key, then the table's."""
    columns: list[Column] = []
    names: dict[str, str] = {}
    checks: list[Check] = []
    key: list[tuple[int, str]] = []
    for entry in values.items(table, "properties", where):
        with values.located(where, _titled(entry)):
            column, own = _property(entry, where, is_30=is_30)
            checks.extend(own)
            if any(column.name == other.name for other in columns):
                raise InvalidRecord(where, "it is there twice", line=entry.line)
            if values.flag(entry, "primaryKey", where):
                position = values.integer(entry, "primaryKeyPosition", where, -1)
                if position > 0 and any(position == other for other, _ in key):
                    raise values.wrong(entry, "primaryKeyPosition", where, "a position that no other column has")
                key.append((position, column.name))
        columns.append(column)
        names[values.text(entry, "name", where)] = column.name
    if key:
        ordered = sorted(key, key=lambda part: part[0] if part[0] > 0 else len(key) + 1)
        checks.append(Check("", "primary_key", None, {"columns": [column for _, column in ordered]}))
    checks.extend(quality(table, where, names, None, is_30=is_30))
    return columns, checks


def _property(entry: Map, where: str, *, is_30: bool) -> tuple[Column, list[Check]]:
    """Return one column and its checks."""
    keys.refuse_unknown(entry, keys.PROPERTY, where)
    column, stated = _column(entry, where)
    checks = [Check("", "type", column.name, {})] if stated else []
    checks += [Check("", flag, column.name, {}) for flag in ("required", "unique") if values.flag(entry, flag, where)]
    checks += _options(entry, column, where, stated=stated)
    checks += quality(entry, where, {}, column, is_30=is_30)
    return column, checks


def _titled(entry: Map) -> str:
    """Name a column for messages, as the contract does; empty where it has no name."""
    name = entry.get("name")
    return f"column `{name[:60]}`" if isinstance(name, Text) and name else ""


def _column(entry: Map, where: str) -> tuple[Column, bool]:
    """Return one column, and whether the contract states its type at all."""
    name = values.text(entry, "physicalName", where, "") or values.text(entry, "name", where)
    options = values.submap(entry, "logicalTypeOptions", where)
    given = values.choice(entry, "logicalType", where, (*type_names, "map", "vector"), "")
    guessed = _PHYSICAL.get(values.text(entry, "physicalType", where, "").partition("(")[0].strip().lower())
    kind: LogicalType = {"map": "object", "vector": "array", "": guessed or "string"}.get(given, given)  # type: ignore[assignment]  # `choice` returned one of type_names
    column = Column(
        name,
        kind,
        values.text(entry, "description", where, ""),
        values.text(entry, "classification", where, ""),
        values.text(options, "format", where, "") if kind in {"date", "timestamp", "time"} else "",
    )
    return column, bool(given or guessed)


def _options(entry: Map, column: Column, where: str, *, stated: bool) -> Iterator[Check]:
    """Make checks of `logicalTypeOptions` and of 3.2's `enum`; what is not enforced becomes a check that is skipped."""
    options = values.submap(entry, "logicalTypeOptions", where)
    allowed = _OPTIONS.get(column.type, ())
    if stated:
        own = keys.OPTIONS.get(column.type)
        keys.refuse_unknown(
            options, {*(own or ()), *SPELLED}, where, near_only=own is None
        )  # those of other types: below
    for key in (*SPELLED, *(key for key in options if key not in SPELLED)):
        if key not in options or (key == "format" and column.format):
            continue
        if key in allowed:
            value = values.bound_of(options, key, where, column.type)
            yield Check("", SPELLED[key], column.name, {"value": value})
        elif key in SPELLED:
            problem = f"`{key}` does not apply to type {column.type}"
            raise InvalidRecord(where, problem, line=keys.line_of(options, key), hint=f"expected {_listed(allowed)}")
        else:
            yield Check("", "custom", column.name, {"option": str(key), "value": yaml.typed(options[key])})
    listed = [values.scalar(item, "value", where, column.type) for item in values.items(entry, "enum", where)]
    if listed:
        yield Check("", "invalid_values", column.name, {"values": listed})


def _listed(names: tuple[str, ...]) -> str:
    """Join the options that a type has."""
    return ", ".join(f"`{name}`" for name in names) if names else "none: this type has no bounds"


def _reader(root: Map, where: str) -> Reader | None:
    """Return the reader from the custom property `datakit.reader`."""
    for entry in values.items(root, "customProperties", where):
        name = values.text(entry, "property", where)
        if name.startswith("datakit") and name != READER:
            problem = f"there is no property `{name[:60]}`, expected `{READER}`"
            raise InvalidRecord(where, problem, line=entry["property"].line)
        if name == READER:
            with values.located(where, f"`{READER}`"):
                return _read_by(values.submap(entry, "value", where), where)
    return None


def _read_by(given: Map, where: str) -> Reader:
    """Return what the reader's mapping says."""
    keys.refuse_unknown(given, Reader._fields, where)
    kind = values.choice(given, "format", where, _FORMATS)
    return Reader(
        kind,
        values.character(given, "delimiter", where, "\t" if kind == "tsv" else ","),
        values.character(given, "quote", where, '"', or_empty=True),
        values.flag(given, "header", where, default=True),
        values.encoding(given, "encoding", where),
        tuple(str(text) for text in values.texts(given, "missing", where)),
    )


def _numbered(checks: list[Check]) -> tuple[Check, ...]:
    """Give each check its id: column and kind, and a number from the second one on."""
    seen: dict[str, int] = {}
    named = []
    for check in checks:
        base = check.kind if check.column is None else f"{check.column}.{check.kind}"
        seen[base] = seen.get(base, 0) + 1
        named.append(check._replace(id=base if seen[base] == 1 else f"{base}_{seen[base]}"))
    return tuple(named)

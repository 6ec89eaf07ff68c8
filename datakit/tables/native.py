"""The types that a file brings along (Parquet), as logical types and as values that compare and count exactly."""

from __future__ import annotations

from datakit.formats.contract import LogicalType

_small = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_large = {"HUGEINT", "UBIGINT", "UHUGEINT"}


def logical(native: str) -> LogicalType:
    """Return the logical type that a DuckDB type reads as.

    >>> logical("DECIMAL(18,3)"), logical("INTEGER[]"), logical("TIMESTAMP WITH TIME ZONE")
    ('number', 'array', 'timestamp')
    """
    if native.endswith("]"):
        return "array"
    if native.startswith(("STRUCT", "MAP", "UNION")):
        return "object"
    if native in _small | _large:
        return "integer"
    if native in {"FLOAT", "DOUBLE"} or native.startswith("DECIMAL"):
        return "number"
    if native.startswith("TIMESTAMP"):
        return "timestamp"
    if native == "BOOLEAN":
        return "boolean"
    if native == "DATE":
        return "date"
    return "time" if native == "TIME" else "string"


def native_value(native: str, raw: str) -> tuple[str, str]:
    """Return a value of a typed format in the one DuckDB type that stands for its logical type."""
    if native in _small:
        return f"CAST({raw} AS BIGINT)", "BIGINT"
    if native in _large:
        return f"TRY_CAST({raw} AS HUGEINT)", "HUGEINT"
    if native in {"FLOAT", "DOUBLE"}:
        return f"CASE WHEN isfinite({raw}) THEN CAST({raw} AS DOUBLE) + 0.0::DOUBLE END", "DOUBLE"
    if native.startswith("TIMESTAMP"):
        return f"TRY_CAST({raw} AS TIMESTAMP)", "TIMESTAMP"
    if native in {"BOOLEAN", "DATE", "TIME"} or native.startswith("DECIMAL"):
        return raw, native
    return as_text(native, raw), "VARCHAR"


def as_text(native: str, raw: str) -> str:
    """Return a value of a typed format as text."""
    if native == "VARCHAR":
        return raw
    if native == "BLOB":
        return f"lower(hex({raw}))"
    if logical(native) in {"object", "array"}:
        return f"CAST(to_json({raw}) AS VARCHAR)"
    return f"CAST({raw} AS VARCHAR)"

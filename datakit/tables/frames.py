"""Tables as pandas data frames: the one importer of pandas.

DuckDB reads the file as validation does and hands the values over through Arrow: its own way to pandas would turn every
DECIMAL into a binary float.
"""

# ruff: noqa: S608 - identifiers in this SQL are ours, every text of a user is quoted by engine.quote_text

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datakit.errors import InvalidData, NotFound
from datakit.formats.contract import Column, Reader
from datakit.tables.engine import Session, connect, query, stoppable
from datakit.tables.read import source
from datakit.tables.relation import Bound, Relation, relation, row_places

if TYPE_CHECKING:
    import pandas as pd

_INT64 = (-(2**63), 2**63 - 1)


def frame(
    path: Path,
    name: str,
    reader: Reader,
    columns: Sequence[Column],
    wanted: Sequence[str] | None = None,
    spill: Path | None = None,
    beside: Sequence[Path] = (),
    rows: Callable[[Relation], str] | None = None,
) -> pd.DataFrame:
    """Read a table into memory, each column with the type that its contract gives it.

    | contract | pandas |
    |---|---|
    | string; object and array as JSON | `str` |
    | integer | `Int64`; Python's integers where 64 bits are too few |
    | number | `float64`; Python's `Decimal` where the file itself has decimals |
    | boolean | `boolean` |
    | date, timestamp | `datetime64`; a timestamp with an offset becomes UTC, one without is taken as it stands |
    | time | Python's `time` |

    Args:
        path: The bytes; may have any name.
        name: What messages call them.
        reader: How the bytes are read.
        columns: The contract's columns.
        wanted: Names of the columns that are returned, in this order; all, in the order of the file, by default.
        spill: Where a private folder for temporary data is made.
        beside: Further files that `rows` reads.
        rows: Returns the SQL behind FROM that chooses and orders rows of the loaded table; all, in the order of the
            file, by default.

    Returns:
        The rows, missing values as missing.

    Raises:
        NotFound: A wanted column that the table does not have.
        InvalidData: The bytes are not such a table, or hold values that do not read as their type.
    """
    with connect(path, spill, beside) as session:
        found = source(session, name, reader)
        for column in wanted or ():
            if column not in found.names:
                raise NotFound("column", column, found.names)
        table = relation(session, name, found, columns)
        places = {bound.column.name: bound for bound in table.columns}
        chosen = list(places.values()) if wanted is None else [places[column] for column in wanted]
        _refuse_unreadable(table, chosen)
        return _frame(session, name, chosen, "data" if rows is None else rows(table))


def _refuse_unreadable(table: Relation, chosen: Sequence[Bound]) -> None:
    """Refuse values that would silently become missing ones."""
    doubtful = [bound for bound in chosen if bound.bad != "false"]
    for start in range(0, len(doubtful), 200):
        batch = doubtful[start : start + 200]
        counts = ", ".join(f"count(*) FILTER ({bound.bad}), min(rowid) FILTER ({bound.bad})" for bound in batch)
        values = query(table.session, table.name, f"SELECT {counts} FROM data")[0]
        for number, bound in enumerate(batch):
            if values[2 * number]:
                where = " ".join(row_places(table, [values[2 * number + 1]]))
                raise InvalidData(
                    f"{table.name}: {values[2 * number]:,} values of `{bound.column.name}` do not read as "
                    f"{bound.column.type}, the first in {where}",
                    hint="mend the data or the contract's type; `datakit validate` names every check that fails",
                )


def _frame(session: Session, name: str, chosen: Sequence[Bound], rows: str) -> pd.DataFrame:
    """Hand the chosen columns over."""
    import pandas as pd

    if not chosen:
        return pd.DataFrame()
    selected = ", ".join(f"{_exact(session, name, bound)} AS c{number}" for number, bound in enumerate(chosen))
    # DuckDB keeps the order of insertion; sorting by rowid would cost as much again as reading.
    table: Any = stoppable(session, lambda: session.con.sql(f"SELECT {selected} FROM {rows}").to_arrow_table())
    found = pd.DataFrame({number: _series(table.column(number), bound) for number, bound in enumerate(chosen)})
    found.columns = pd.Index([bound.column.name for bound in chosen])
    return found


def _exact(session: Session, name: str, bound: Bound) -> str:
    """Return SQL for a column's values in a type that Arrow hands over exactly."""
    if bound.sql_type != "HUGEINT":
        return bound.value
    low, high = query(session, name, f"SELECT min({bound.value}), max({bound.value}) FROM data")[0]
    fits = low is None or (_INT64[0] <= low and high <= _INT64[1])
    return f"CAST({bound.value} AS {'BIGINT' if fits else 'VARCHAR'})"


def _series(values: Any, bound: Bound) -> pd.Series[Any]:
    """Turn an Arrow column into a series of the type that the contract promises."""
    import pandas as pd

    kind = str(values.type)
    if bound.sql_type == "HUGEINT" and kind != "int64":
        return pd.Series([None if text is None else int(text) for text in values.to_pylist()], dtype=object)
    if kind == "int64":
        return pd.Series(values.to_pandas(types_mapper={values.type: pd.Int64Dtype()}.get))
    if kind == "bool":
        return pd.Series(values.to_pandas(types_mapper={values.type: pd.BooleanDtype()}.get))
    if kind.startswith("date"):
        return pd.Series(values.cast("timestamp[s]").to_pandas())
    if kind.startswith(("timestamp", "double")):
        return pd.Series(values.to_pandas())
    if kind in {"string", "large_string"}:
        return pd.Series(values.to_pandas(), dtype="str")
    return pd.Series(values.to_pylist(), dtype=object)

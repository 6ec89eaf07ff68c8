"""One look at a table: its profile and, where there is a contract, what became of every check."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from datakit.errors import InvalidData
from datakit.formats.contract import Column, Contract, Reader
from datakit.formats.profile import Profile
from datakit.formats.receipt import Result
from datakit.tables.checks import compile_checks, text_columns
from datakit.tables.engine import aggregate, connect
from datakit.tables.infer import infer_columns
from datakit.tables.misread import misread
from datakit.tables.profile import basic_expressions, basics, profile
from datakit.tables.read import source
from datakit.tables.relation import relation
from datakit.tables.verdicts import judge


class Scan(NamedTuple):
    """What a look at a table found."""

    profile: Profile
    results: tuple[Result, ...]  # in the order of the contract's checks
    columns: tuple[Column, ...]  # as the table has them, in its order; typed by the contract where that knows them
    notes: tuple[str, ...]  # what is odd about the bytes without being wrong: blank lines, mixed line ends


def scan(path: Path, name: str, reader: Reader, contract: Contract | None, spill: Path | None = None) -> Scan:
    """Profile a table and hold it against its contract.

    The file is loaded once. One scan of the loaded table then gives the counts of all columns and of all checks that
    look at single rows; distinct values, quantiles and keys take one scan of their column each.

    Args:
        path: The bytes; may have any name.
        name: What messages call them.
        reader: How the bytes are read; never guessed here.
        contract: What the table is held against; without it, types are inferred and nothing is checked.
        spill: Where a private folder for temporary data is made.

    Returns:
        Profile, results and columns.

    Raises:
        InvalidData: The bytes are not such a table; with the line where it is known.
    """
    with connect(path, spill) as session:
        found = source(session, name, reader)
        columns = contract.columns if contract else infer_columns(session, name, found)
        checks = contract.checks if contract else ()
        odd = misread(session, name, found, columns)
        try:
            table = relation(session, name, found, columns, text_columns(checks))
        except InvalidData as error:
            if not odd or error.hint:
                raise
            raise InvalidData(error.message, hint=f"{odd}: mend the file or the contract") from error
        tests = compile_checks(table, checks, odd)
        expressions = [sql for bound in table.columns for sql in basic_expressions(bound)]
        values = aggregate(session, name, expressions + [test.measure for test in tests if test.measure])
        scanned = basics(table, values)
        shown = {column.name for column in columns if column.classification == "public"}
        found_profile = profile(table, scanned, shown)
        results = judge(table, tests, values[len(expressions) :], found_profile)
        return Scan(found_profile, results, tuple(bound.column for bound in table.columns), table.notes)

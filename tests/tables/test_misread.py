"""One cause behind many missing columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from datakit.errors import InvalidData
from datakit.formats.contract import Column, Reader
from datakit.tables.scan import scan
from tests.support.tables import check, contract

COLUMNS = [Column("a", "integer"), Column("b", "integer"), Column("c", "integer")]
CHECKS = [check("type", column.name)._replace(id=f"{column.name}.type") for column in COLUMNS]
OTHERWISE = "the file no longer reads as the contract says: "


def reasons(tmp_path: Path, text: str, reader: Reader = Reader("csv")) -> set[str]:  # noqa: B008 - a tuple
    """Return why the checks failed."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return {result.reason for result in scan(path, "t.csv", reader, contract(COLUMNS, CHECKS)).results}


def test_another_delimiter_is_named_once(tmp_path: Path) -> None:
    said = f"{OTHERWISE}its fields are separated by `;`, the contract's `delimiter` is `,`"
    assert reasons(tmp_path, "a;b;c\n1;2;3\n") == {said}
    said = f"{OTHERWISE}its fields are separated by a tab, the contract's `delimiter` is `;`"
    assert reasons(tmp_path, "a\tb\tc\n1\t2\t3\n", Reader("csv", ";")) == {said}


def test_without_a_header_the_number_of_fields_tells(tmp_path: Path) -> None:
    columns = [Column(f"column_{n}", "integer") for n in (1, 2, 3)]
    checks = [check("required", column.name) for column in columns[1:]]
    path = tmp_path / "t.csv"
    path.write_text("1;2;3\n4;5;6\n", encoding="utf-8")
    found = scan(path, "t.csv", Reader("csv", header=False), contract(columns, checks)).results
    assert {r.reason for r in found} == {
        f"{OTHERWISE}its fields are separated by `;`, the contract's `delimiter` is `,`"
    }


def test_a_table_of_other_columns(tmp_path: Path) -> None:
    assert reasons(tmp_path, "x,y\n1,2\n") == {f"{OTHERWISE}none of its 2 columns is one of the contract's 3"}
    assert reasons(tmp_path, "secret\n1\n") == {f"{OTHERWISE}its only column is none of the contract's 3"}


def test_a_column_that_is_gone_is_just_gone(tmp_path: Path) -> None:
    assert reasons(tmp_path, "a,b\n1,2\n") == {"", "the table has no column `c`"}


def test_where_the_file_cannot_be_read_at_all_the_cause_is_the_hint(tmp_path: Path) -> None:
    with pytest.raises(InvalidData) as caught:
        reasons(tmp_path, "a;b;c\n1,5;2;3\n")
    assert caught.value.message == "t.csv:2: expected 1 column, found 2"
    assert (
        caught.value.hint
        == f"{OTHERWISE}its fields are separated by `;`, the contract's `delimiter` is `,`: mend the file or the contract"
    )

"""Column names: each a name of its own, for people too."""

from __future__ import annotations

import re

import pytest

from datakit.errors import InvalidData
from datakit.tables.names import check_names

ALIKE = "differ only in letter case, accents' encoding or invisible characters"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", ""], "t.csv:1: column 2 has no name"),
        (["\u200b \t"], "t.csv:1: column 1 has no name"),
        (["a", "b", "a"], "t.csv:1: columns 1 and 3 are both called `a`"),
        (["a", "A"], f"t.csv:1: columns 1 and 2, `a` and `A`, {ALIKE}"),
        (["a", " a "], f"t.csv:1: columns 1 and 2, `a` and ` a `, {ALIKE}"),
        (["straße", "STRASSE"], f"t.csv:1: columns 1 and 2, `straße` and `STRASSE`, {ALIKE}"),
        (["\u00e9", "e\u0301"], f"t.csv:1: columns 1 and 2, `\u00e9` and `e\u0301`, {ALIKE}"),
        (["a\u00ad", "a"], f"t.csv:1: columns 1 and 2, `a\u00ad` and `a`, {ALIKE}"),
        ([str(number) for number in range(10_001)], "t.csv: 10,001 columns; at most 10,000 are read"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(InvalidData, match=f"^{re.escape(message)}$"):
        check_names(names, "t.csv")


def test_names_stay_as_the_file_spells_them() -> None:
    names = [" a", "b ", "e\u0301", *(str(number) for number in range(9_997))]
    assert check_names(names, "t.csv") == tuple(names)

"""The history of a dataset as text."""

from __future__ import annotations

from datakit.records import Entry
from datakit.report import entries


def test_one_line_a_state() -> None:
    new = Entry("b" * 40, "2026-02-01T10:00:00+00:00", "J <j@k.l>", "more\x1b[31m", "2" * 32, 2000, 12000, ("v1.0.0",))
    old = Entry("a" * 40, "2026-01-01T10:00:00+00:00", "J <j@k.l>", "", "1" * 32, 1000, None, ())
    assert entries.text((new, old)) == (
        "COMMIT      DATE        MD5         SIZE    ROWS  VERSIONS  WHY\n"
        "bbbbbbbbbb  2026-02-01  22222222  2.0 kB  12,000  v1.0.0    more\\x1b[31m\n"
        "aaaaaaaaaa  2026-01-01  11111111  1.0 kB\n"
    )

"""The list of datasets and one in full, as text."""

from __future__ import annotations

from datakit.formats.manifest import Change, Code, Data, Manifest, Parent, Production, Source
from datakit.formats.profile import ColumnProfile, Profile
from datakit.formats.url import redact
from datakit.records import Shown, Summary
from datakit.report import datasets

MANIFEST = Manifest(
    "birds",
    "b.csv",
    "b.csv.dvc",
    Data("a" * 32, "b" * 64, 1234, 1, "csv", 1200, 2),
    Change("c" * 32, "more birds", "Jane <j@x.org>", "2026-01-01T00:00:00Z"),
    sources=(Source(redact("https://example.org/b.csv"), "2026-01-01T00:00:00Z", "b" * 64),),
    derived_from=(Parent("eggs", "d" * 32),),
    produced_by=Production("python hatch.py", "hatch", (Code("hatch.py", "e" * 40),)),
)


def test_the_list_is_a_table() -> None:
    items = [
        Summary("birds", "b.csv", "raw", "csv", 1234, 1, 1200, "a" * 32, "2026-01-01T00:00:00Z", True),
        Summary("broken", *[None] * 9),
    ]
    assert datasets.listing(items) == (
        "NAME    PATH     SIZE   ROWS  FORMAT  CHANGED     VALID\n"
        "birds   b.csv  1.2 kB  1,200  csv     2026-01-01  yes\n"
        "broken  ?           ?         ?       ?           not validated\n"
    )
    assert datasets.listing([]) == "there is no dataset yet: record one with `datakit add PATH`\n"


def test_made_of_itself() -> None:
    made = MANIFEST._replace(derived_from=(Parent("birds", "e" * 32),))
    text = datasets.shown(Shown("birds", None, (), made, None, None, None, None))
    assert "\n  made of   an earlier state of itself (eeeeeeeeee)\n" in text


def test_everything_of_one() -> None:
    columns = (
        ColumnProfile("id", "integer", 1200, 0, 1200, "1", "1200"),
        ColumnProfile("name", "string", 1200, 3, 900, shortest=2, longest=31),
        ColumnProfile("flag", "boolean", 1200, 3, 0),
    )
    shown = Shown("birds", "f" * 40, ("v1.0.0",), MANIFEST, None, None, None, Profile(1200, columns))
    assert datasets.shown(shown) == (
        "birds at ffffffffff\n"
        "  path      b.csv\n"
        "  data      csv, 1.2 kB, 1,200 rows x 2 columns\n"
        f"  md5       {'a' * 32}\n"
        f"  sha256    {'b' * 64}\n"
        "  pointer   b.csv.dvc\n"
        "  versions  v1.0.0\n"
        "  changed   2026-01-01T00:00:00Z by Jane <j@x.org>\n"
        "  reason    more birds\n"
        "  source    https://example.org/b.csv, retrieved 2026-01-01T00:00:00Z\n"
        "  made of   eggs (dddddddddd)\n"
        "  made by   stage hatch: python hatch.py\n"
        "  code      hatch.py (eeeeeeeeee)\n"
        "\n"
        "  COLUMN  TYPE     MISSING  DISTINCT  RANGE\n"
        "  id      integer        0     1,200  1 to 1200\n"
        "  name    string         3       900  2 to 31 characters\n"
        "  flag    boolean        3         0\n"
    )


def test_hostile_texts_are_escaped() -> None:
    bad = MANIFEST._replace(change=MANIFEST.change._replace(note="\x1b[2J\nmade up"))
    said = datasets.shown(Shown("birds", None, (), bad, None, None, None, None))
    assert r"\x1b[2J\nmade up" in said
    assert "\x1b" not in said

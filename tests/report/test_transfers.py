"""What people read of `push`, `pull` and `verify`."""

from __future__ import annotations

import pytest

from datakit.records import Fault, Mended, Pulled, Pushed, Verified
from datakit.report import transfers
from datakit.report.style import Style

NONE = "there is no dataset yet: record one with `datakit add PATH`\n"


def test_pushed() -> None:
    items = [
        Pushed("birds", "b.csv", "0" * 32, "storage", "s3://data/top", 1, 0, 0, 53098),
        Pushed("photos", "p", "0" * 32 + ".dir", "storage", "s3://data/top", 2, 1200, 2, 10),
        Pushed("same", "s", "0" * 32, "storage", "s3://data/top", 0, 1, 0, 0),
    ]
    assert transfers.pushed(items) == (
        "birds: sent 1 object, 53.1 kB\n"
        "photos: sent 2 objects, 10 B, 2 of them repaired; 1,200 objects there already\n"
        "same: nothing to send; 1 object there already\n"
        "remote storage: s3://data/top\n"
    )


def test_pulled() -> None:
    items = [
        Pulled("birds", None, "data/b.csv", "0" * 32, 1, 1, 0, 1, 35),
        Pulled("photos", "a" * 40, "/out", "0" * 32 + ".dir", 3, 2, 1, 0, 35),
        Pulled("same", None, "x", "0" * 32, 1, 0, 0, 0, 35),
        Pulled("split", None, "s.csv", "0" * 32, 1, 0, 0, 1, 35, memberships=1),
        Pulled("birds", "a" * 40, "/out/b.parquet", "0" * 32, 1, 1, 0, 2, 35, "cv1/train", 1200),
        Pulled("birds", None, "b.parquet", "0" * 32, 1, 0, 0, 0, 35, "test", 1),
        Pulled("photos", None, "p", "0" * 32 + ".dir", 3, 3, 0, 0, 35, "train", 3),
    ]
    assert transfers.pulled(items) == (
        "birds: data/b.csv: wrote 1 of 1 file, fetched 1 object\n"
        "photos at aaaaaaaaaa: /out: wrote 2 of 3 files, removed 1\n"
        "same: x: there already\n"
        "split: s.csv: there already, wrote 1 membership, fetched 1 object\n"
        "birds at aaaaaaaaaa, part cv1/train: /out/b.parquet: wrote 1,200 rows, fetched 2 objects\n"
        "birds, part test: b.parquet: 1 row there already\n"
        "photos, part train: p: wrote 3 of 3 files\n"
    )


def test_verified() -> None:
    fault = Fault("data", "b\n.csv", "has other bytes than recorded", "a" * 32, "", "datakit pull birds --force")
    told = Fault("receipt", "r.json", "was changed by hand", "", "", "")
    items = [
        Verified("birds", None, "b.csv", 1, 1, 5, (fault, told)),
        Verified("photos", "a" * 40, "p", 0, 3, 0, ()),
        Verified("empty", None, "e", 0, 0, 0, ()),
        Verified("birds", None, "b.csv", 1, 1, 0, (), remote=2, mended=(Mended(fault, "remote `s`", "kept/\x1bx"),)),
        Verified("birds", None, "b.csv", 0, 1, 0, (told,), mended=(Mended(told, "the cache", ""),)),
    ]
    assert transfers.verified(items) == (
        "birds: 2 differences (1 file, 1 object, 5 checks)\n"
        "  b\\n.csv: has other bytes than recorded\n"
        f"    expected {'a' * 32}, found nothing\n"
        "    mend: datakit pull birds --force\n"
        "  r.json: was changed by hand\n"
        "photos at aaaaaaaaaa: as recorded (3 objects)\n"
        "empty: as recorded (nothing to compare)\n"
        "birds: as recorded, 1 mended (1 file, 1 object, 2 remote objects)\n"
        "  b\\n.csv: has other bytes than recorded\n"
        "    mended from remote `s`; the wrong bytes are kept as `kept/\\x1bx`\n"
        "birds: 1 difference, 1 mended (1 object)\n"
        "  r.json: was changed by hand\n"
        "    mended from the cache\n"
        "  r.json: was changed by hand\n"
    )
    assert "\x1b[1;31m2 differences" in transfers.verified(items, Style(colour=True))


@pytest.mark.parametrize("write", [transfers.pushed, transfers.pulled, transfers.verified])
def test_nothing(write: object) -> None:
    assert callable(write)
    assert write([]) == NONE


@pytest.mark.parametrize(
    ("kinds", "intact"), [((), True), (("receipt",), True), (("data",), False), (("receipt", "cache"), False)]
)
def test_a_receipt_is_no_byte_of_the_data(kinds: tuple[str, ...], intact: bool) -> None:
    faults = tuple(Fault(kind, "p", "t", "", "", "") for kind in kinds)  # type: ignore[arg-type]  # of the type's words
    assert Verified("birds", None, "b", 1, 0, 0, faults).intact is intact

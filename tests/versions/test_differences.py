"""What differs between two versions: each row of the table, and that both ways are judged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from datakit.formats.contract import Check, Column, Contract, Reader
from datakit.formats.listing import Entry
from datakit.formats.manifest import Change, Data, Manifest, Source
from datakit.formats.profile import ColumnProfile, Profile
from datakit.formats.recipe import Recipe
from datakit.formats.split import Compared, Part, Split
from datakit.formats.url import redact
from datakit.versions import differences as module
from datakit.versions.differences import Facts, differences, heaviest

HALVES = Recipe({"train": Decimal("0.5"), "test": Decimal("0.5")}, ("id",))
SPLIT = Split(
    "birds", "default", "a" * 32, "b" * 64, HALVES, "c" * 32, {"train": Part(5, "1" * 64), "test": Part(5, "2" * 64)}
)


def profile(*columns: tuple[str, str]) -> Profile:
    """Return a profile with these columns."""
    return Profile(10, tuple(ColumnProfile(name, kind, 10, 0, 10) for name, kind in columns))


CONTRACT = Contract(
    "birds", "1.0.0", "active", Reader("csv"), (Column("id", "integer"), Column("mass", "number")),
    (Check("key", "primary_key", None, {"columns": ["id"]}), Check("rows", "row_count", None, {}, ">", (5,))),
)  # fmt: skip
BASE = Facts(
    Manifest(
        "birds", "data/raw/birds.csv", "data/raw/birds.csv.dvc", Data("a" * 32, "b" * 64, 99, 1, "csv", 10, 2),
        Change(None, "", "Ann <ann@example.org>", "2026-11-22T10:00:03Z"),
    ),
    CONTRACT, profile(("id", "integer"), ("mass", "number")), "CC0-1.0", {"default": SPLIT},
    {"README.md": "1", "contract.odcs.yaml": "2", "splits/default.yaml": "3"},
)  # fmt: skip


def with_data(facts: Facts = BASE, **changed: Any) -> Facts:
    """Return the facts with other bytes."""
    data = facts.manifest.data._replace(**{"md5": "f" * 32, **changed})
    return facts._replace(manifest=facts.manifest._replace(data=data))


def with_contract(**changed: Any) -> Facts:
    """Return the facts with another contract."""
    return BASE._replace(contract=CONTRACT._replace(**changed), words={**BASE.words, "contract.odcs.yaml": "new"})


def with_split(**changed: Any) -> Facts:
    """Return the facts with another record of the split."""
    return BASE._replace(splits={"default": SPLIT._replace(**changed)})


def parts(train: Part, test: Part = SPLIT.parts["test"]) -> dict[str, Part]:
    """Return parts of the split."""
    return {"train": train, "test": test}


WIDER = with_data()._replace(profile=profile(("id", "integer"), ("mass", "number"), ("sex", "string")))
NARROWER = with_data()._replace(profile=profile(("id", "integer")))
LOOSER = (CONTRACT.checks[0], CONTRACT.checks[1]._replace(bound=(3,)))
TIGHTER = (CONTRACT.checks[0], CONTRACT.checks[1]._replace(bound=(7,)))
OTHER_KEY = (CONTRACT.checks[0]._replace(arguments={"columns": ["mass"]}), CONTRACT.checks[1])
FOUND_AT = Source(redact("https://example.org/a.csv"), "2026-11-22T10:00:00Z", "b" * 64)
CASES: dict[str, tuple[Facts, list[tuple[str, str]]]] = {
    "nothing": (BASE, []),
    "profile": (BASE._replace(profile=BASE.profile and BASE.profile._replace(rows=11)), []),
    "rows fewer": (with_data(rows=8), [("major", "2 rows fewer: 10 -> 8 (counted, not compared row by row)")]),
    "row more": (with_data(rows=11), [("minor", "1 row more: 10 -> 11 (counted, not compared row by row)")]),
    "files fewer": (with_data(rows=None, files=0), [("major", "1 file fewer: 1 -> 0")]),
    "same counts": (with_data(), [("minor", "values changed at the same counts (counted, not compared row by row)")]),
    "column new": (
        WIDER,
        [("minor", "column `sex` is new"), ("minor", "values changed at the same counts (counted, not compared row by row)")],
    ),
    "type": (
        with_data()._replace(
            profile=profile(("id", "integer"), ("mass", "string")), contract=CONTRACT._replace(columns=())
        ),
        [
            ("major", "column `mass` number -> string"),
            ("major", "contract: column `id` removed with its checks"),
            ("major", "contract: column `mass` removed with its checks"),
            ("minor", "values changed at the same counts (counted, not compared row by row)"),
        ],
    ),
    "declared type": (
        with_contract(columns=(Column("id", "integer"), Column("mass", "string"))),
        [("major", "column `mass` number -> string"), ("patch", "contract.odcs.yaml changed")],
    ),
    "order": (
        with_data()._replace(profile=profile(("mass", "number"), ("id", "integer"))),
        [("minor", "the columns stand in another order"), ("minor", "values changed at the same counts (counted, not compared row by row)")],
    ),
    "format": (
        with_data(format="parquet")._replace(contract=CONTRACT._replace(reader=Reader("parquet"))),
        [("major", "format csv -> parquet"), ("minor", "values changed at the same counts (counted, not compared row by row)")],
    ),
    "delimiter": (
        with_contract(reader=Reader("csv", delimiter=";")),
        [("major", "contract: the reader changed: delimiter ',' -> ';'")],
    ),
    "loosened": (with_contract(checks=LOOSER), [("major", "contract: `rows` > 5 -> > 3")]),
    "check gone": (with_contract(checks=CONTRACT.checks[:1]), [("major", "contract: check `rows` removed")]),
    "key": (with_contract(checks=OTHER_KEY), [("major", 'contract: `key` ["id"] -> ["mass"]')]),
    "tightened": (with_contract(checks=TIGHTER), [("minor", "contract: `rows` > 5 -> > 7")]),
    "words of the contract": (with_contract(), [("patch", "contract.odcs.yaml changed")]),
    "neutral": (with_contract(version="1.1.0"), [("patch", "contract: version 1.0.0 -> 1.1.0")]),
    "no contract": (
        BASE._replace(contract=None, words={"README.md": "1", "splits/default.yaml": "3"}),
        [("major", "the contract is gone"), ("patch", "contract.odcs.yaml is gone")],
    ),
    "license": (
        BASE._replace(license="CC-BY-NC-4.0", words={**BASE.words, "README.md": "new"}),
        [("major", "license CC0-1.0 -> CC-BY-NC-4.0"), ("patch", "README.md changed")],
    ),
    "card": (BASE._replace(words={**BASE.words, "README.md": "new"}), [("patch", "README.md changed")]),
    "split gone": (BASE._replace(splits={}), [("major", "split `default` is gone")]),
    "split new": (
        BASE._replace(
            splits={**BASE.splits, "cv1": SPLIT._replace(split="cv1")}, words={**BASE.words, "splits/cv1.yaml": "4"}
        ),
        [("minor", "split `cv1` is new")],
    ),
    "recipe": (
        with_split(recipe=HALVES._replace(group=("who",)))._replace(words={**BASE.words, "splits/default.yaml": "new"}),
        [("major", "split `default` has another recipe: `group` none -> who")],
    ),
    "comment in a recipe": (
        BASE._replace(words={**BASE.words, "splits/default.yaml": "new"}),
        [("patch", "splits/default.yaml changed")],
    ),
    "part grew": (
        with_split(parts=parts(Part(7, "3" * 64))),
        [("minor", "rows joined part `train` of split `default`: 5 -> 7")],
    ),
    "part shrank": (
        with_split(parts=parts(Part(4, "3" * 64))),
        [("major", "part `train` of split `default` lost rows: 5 -> 4")],
    ),
    "part moved": (with_split(parts=parts(Part(5, "3" * 64))), [("major", "part `train` of split `default` has other rows")]),
    "part gone": (
        with_split(parts={"train": SPLIT.parts["train"]}),
        [("major", "part `test` of split `default` is gone")],
    ),
    "sealed": (with_split(sealed={"test": "why"}), [("minor", "part `test` of split `default` is sealed")]),
    "moved": (
        BASE._replace(manifest=BASE.manifest._replace(path="data/raw/b.csv")),
        [("patch", "the data moved from data/raw/birds.csv to data/raw/b.csv")],
    ),
    "provenance": (
        BASE._replace(manifest=BASE.manifest._replace(sources=(FOUND_AT,))),
        [("patch", "the record of where the data comes from changed")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_change(case: str) -> None:
    new, expected = CASES[case]
    assert [tuple(item) for item in differences(BASE, new)] == expected


@pytest.mark.parametrize(
    ("rows", "compared", "expected"),
    [
        (11, Compared(2, 3, 0), [
            ("major", "2 rows are gone, by the key `id`: 10 -> 11 in all"),
            ("minor", "3 rows are new, by the key `id`: 10 -> 11 in all"),
        ]),
        (11, Compared(0, 1, 0), [("minor", "1 row is new, by the key `id`: 10 -> 11 in all")]),
        (10, Compared(0, 0, 0), [("minor", "values changed; no row is gone or new, by the key `id`")]),
        (10, Compared(0, 0, 4), [
            ("major", "4 rows of split `default` changed the part"),
            ("minor", "values changed; no row is gone or new, by the key `id`"),
        ]),
    ],
)  # fmt: skip
def test_rows_are_compared_by_their_keys(rows: int, compared: Compared, expected: list[tuple[str, str]]) -> None:
    assert [tuple(item) for item in differences(BASE, with_data(rows=rows), {"default": compared})] == expected


def test_rows_without_a_key_are_counted() -> None:
    new = with_data(rows=11)._replace(splits={"default": SPLIT._replace(excluded={"null key": 1})})
    found = [tuple(item) for item in differences(BASE, new, {"default": Compared(0, 1, 0)})]
    assert found == [("minor", "1 row more: 10 -> 11 (counted, not compared row by row)")]


@pytest.mark.parametrize("side", ["former", "new"])
def test_columns_that_nobody_looked_at_are_not_the_same(side: str) -> None:
    known, unknown = BASE, with_data()._replace(profile=None)
    pair = (unknown, known) if side == "former" else (known, unknown)
    assert tuple(differences(*pair)[0]) == (
        "major", f"the columns were not compared: the {side} version has no profile of its data",
    )  # fmt: skip


def test_a_column_that_goes_takes_its_checks_along_unsaid() -> None:
    checks = (*CONTRACT.checks, Check("mass.minimum", "minimum", "mass", {"value": 0}))
    old = BASE._replace(contract=CONTRACT._replace(checks=checks))
    new = NARROWER._replace(contract=CONTRACT._replace(columns=CONTRACT.columns[:1]))
    assert [tuple(item) for item in differences(old, new)] == [
        ("major", "column `mass` is gone"),
        ("minor", "values changed at the same counts (counted, not compared row by row)"),
    ]


def test_the_other_way_round() -> None:
    def back(case: str) -> list[tuple[str, str]]:
        return [tuple(item) for item in differences(CASES[case][0], BASE)]  # type: ignore[misc]  # pairs, as the record has them

    assert ("major", "column `sex` is gone") in back("column new")
    assert ("major", "part `test` of split `default` is no longer sealed") in back("sealed")
    assert ("minor", "part `test` of split `default` is new") in back("part gone")
    assert ("minor", "there is a contract") in back("no contract")


def test_a_table_becomes_files() -> None:
    files = with_data(format="files", rows=None)._replace(
        profile=None, contract=CONTRACT._replace(reader=None, columns=())
    )
    found = [item.what for item in differences(BASE, files)]
    assert found[0] == "a table became files"
    assert not any("reader" in what for what in found)
    assert differences(files, BASE)[0].what == "files became a table"


def folder(*files: tuple[str, str], known: bool = True) -> Facts:
    """Return the facts of a folder."""
    listing = tuple(Entry(path, md5 * 32) for path, md5 in files)
    name = f"{abs(hash(files)):032x}"[:32] + ".dir"
    made = with_data(md5=name, files=len(files), rows=None, format="files")
    return made._replace(profile=None, contract=None, splits={}, listing=listing if known else None)


def test_files_of_a_folder_are_compared_one_by_one() -> None:
    old = folder(*((f"{number}.png", "a") for number in range(5)))
    new = folder(("0.png", "b"), *((f"{number}.png", "a") for number in range(5, 10)))
    assert [tuple(item) for item in differences(old, new)] == [
        ("major", "gone: 1.png, 2.png, 3.png and 1 more"),
        ("minor", "1 file more: 5 -> 6"),
        ("minor", "new: 5.png, 6.png, 7.png and 2 more"),
        ("minor", "different: 0.png"),
    ]


def test_without_a_listing_only_the_number_is_known() -> None:
    old, new = folder(("a", "a"), known=False), folder(("b", "a"))
    assert [tuple(item) for item in differences(old, new)] == [
        ("minor", "values changed at the same counts"),
        ("minor", "files were compared by their number alone, since a listing is not in the cache"),
    ]


def test_hostile_names_are_shown() -> None:
    new = with_data()._replace(profile=profile(("id", "integer"), ("mass", "number"), ("a\x1b[31m\nb", "string")))
    assert differences(BASE, new)[0].what == r"column `a\x1b[31m\nb` is new"


def test_every_row_of_the_table_has_a_step() -> None:
    assert {line.split("|")[2].strip() for line in (module.__doc__ or "").splitlines() if line.startswith("| ")} == {
        "step", "major", "minor", "patch", "none",
    }  # fmt: skip
    assert heaviest(differences(BASE, CASES["loosened"][0])) == "major"

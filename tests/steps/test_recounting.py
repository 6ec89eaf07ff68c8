"""`verify` of splits: the membership hashed, every row looked up in it, every count compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

import datakit
from datakit.formats import pointer, split
from datakit.formats.pointer import Out
from datakit.formats.split import Part, Split
from datakit.records import Fault, Verified
from tests.support.datasets import CARD, everything, md5
from tests.support.repo import Repo, copied

PATH = "data/raw/birds.csv"
SPLITS = "catalog/birds/splits"
RECORD, MEMBERSHIP = f"{SPLITS}/default.json", f"{SPLITS}/default.parquet"
POINTER = f"{MEMBERSHIP}.dvc"
LINES = [f"{at},s{at % 17},{'mf'[at % 3 == 0]},{at * 1.37:.3f}" for at in range(1, 61)]
ANEW = "datakit split birds --anew"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for what is copied."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def birds(shelf: Path, blank_project: Path, tmp_path: Path) -> Repo:
    """A project with `birds` and a split by groups that was extended, committed."""
    if not (shelf / "repo").exists():
        made = copied(blank_project, shelf / "repo")
        for count in (40, 60):
            made.write({PATH: "\n".join(["id,site,sex,mass", *LINES[:count]]) + "\n"})
            datakit.add(PATH, fields=CARD, note=f"{count} birds", root=made.path)
            if count == 40:
                datakit.split("birds", into="train=0.5,test=0.5", group=["site"], root=made.path)
        made.commit("birds")
    return copied(shelf / "repo", tmp_path / "repo")


def verified(repo: Repo, reference: str = "birds") -> Verified:
    """Verify one dataset; nothing is changed by it."""
    before = everything(repo)
    (found,) = datakit.verify(reference, root=repo.path)
    assert everything(repo) == before
    return found


def record(repo: Repo) -> Split:
    """Return the record of the split."""
    return split.read((repo.path / RECORD).read_bytes(), RECORD)


def forged(repo: Repo, **facts: Any) -> None:
    """Write a record with other facts, well formed."""
    repo.write({RECORD: split.dump(record(repo)._replace(**facts))})


def stored(repo: Repo) -> Path:
    """Return the object of the membership."""
    found = record(repo).membership
    return repo.path / f".dvc/cache/files/md5/{found[:2]}/{found[2:]}"


@pytest.mark.parametrize("reference", ["birds", "birds@HEAD"])
def test_a_split_that_is_right(birds: Repo, reference: str) -> None:
    found = verified(birds, reference)
    assert (found.splits, found.faults, found.intact) == (1, (), True)


def test_the_object_alone_and_the_file_alone(birds: Repo) -> None:
    (birds.path / MEMBERSHIP).unlink()
    assert (verified(birds).splits, verified(birds).faults) == (1, ())
    birds.dvc("checkout", "--quiet", POINTER)
    stored(birds).unlink()
    assert (verified(birds).splits, verified(birds).faults) == (1, ())
    (birds.path / MEMBERSHIP).unlink()
    found = verified(birds)
    text = f"object {record(birds).membership} is not in the cache"
    mend = f"dvc pull {POINTER}"
    assert (found.splits, found.faults) == (0, (Fault("cache", MEMBERSHIP, text, record(birds).membership, "", mend),))
    assert not found.intact


def test_a_file_that_was_edited(birds: Repo) -> None:
    (birds.path / MEMBERSHIP).unlink()
    birds.write({MEMBERSHIP: "mine"})
    expected = record(birds).membership
    mend = f"dvc checkout --force {POINTER}"
    fault = Fault("data", MEMBERSHIP, "has other bytes than recorded", expected, md5("mine"), mend)
    assert verified(birds).faults == (fault,)


def test_an_object_that_is_corrupt(birds: Repo) -> None:
    stored(birds).chmod(0o644)
    stored(birds).write_bytes(b"rot")
    expected = record(birds).membership
    mend = f"rm -f {stored(birds)} && dvc pull {POINTER}"
    text = f"object {expected} in the cache is corrupt"
    found = verified(birds)
    assert found.faults == (Fault("cache", MEMBERSHIP, text, expected, md5("rot"), mend),)
    assert found.splits == 1  # the file in the working tree is right


@pytest.mark.parametrize(
    ("problem", "facts"),
    [
        ("`excluded.ties parts` is not what membership and data say", {"excluded": {"ties parts": 3}}),
        ("`leaks.group` is not what membership and data say", {"leaks": {"group": 2}}),
        ("part `train` is not what membership and data say", {"rows": True}),
    ],
)
def test_a_record_that_lies(birds: Repo, problem: str, facts: dict[str, Any]) -> None:
    if "rows" in facts:
        was = record(birds)
        facts = {"parts": {**was.parts, "train": Part(was.parts["train"].rows + 1, was.parts["train"].fingerprint)}}
    forged(birds, **facts)
    found = verified(birds)
    assert [(fault.kind, fault.path, fault.problem, fault.command) for fault in found.faults] == [
        ("split", RECORD, problem, ANEW)
    ]
    assert found.intact


def test_fingerprints_of_other_keys(birds: Repo) -> None:
    was = record(birds)
    forged(birds, parts={**was.parts, "train": Part(was.parts["train"].rows, "0" * 64)})
    (fault,) = verified(birds).faults
    assert fault.problem.startswith(
        "cannot be computed again: the membership of split `default` of `birds`: the keys of part"
    )


@pytest.mark.parametrize(
    "change",
    ["UPDATE m SET part = CASE part WHEN 'train' THEN 'test' ELSE 'train' END", "DELETE FROM m WHERE key = '7'"],
)
def test_a_membership_with_a_record_that_fits_and_data_that_do_not(birds: Repo, change: str) -> None:
    """A part swapped whole is a split as good as any; a row that is left out is found by the data."""
    con = duckdb.connect()
    con.execute(f"CREATE TABLE m AS FROM read_parquet('{birds.path / MEMBERSHIP}')")
    con.execute(change)
    (birds.path / MEMBERSHIP).unlink()
    con.execute(f"COPY (FROM m ORDER BY key) TO '{birds.path / MEMBERSHIP}'")
    data = (birds.path / MEMBERSHIP).read_bytes()
    rows = con.execute(
        "SELECT part, count(*), sha256(string_agg(sha256(':' || key) || chr(10), '' ORDER BY sha256(':' || key))) FROM m GROUP BY part"
    ).fetchall()
    forged(birds, membership=md5(data), parts={part: Part(*facts) for part, *facts in sorted(rows, reverse=True)})
    birds.write({POINTER: pointer.render(Out("default.parquet", md5(data), len(data), None, "md5"))})
    problems = [fault.problem for fault in verified(birds).faults]
    assert problems == ([] if change.startswith("UPDATE") else [problems[0]])
    if problems:
        assert problems[0].endswith("is not what membership and data say")


def test_records_that_speak_of_something_else(birds: Repo) -> None:
    good = birds.read(RECORD)
    forged(birds, md5="0" * 32)
    (fault,) = verified(birds).faults
    assert (fault.problem, fault.command) == ("is of other data", "datakit split birds --extend")
    birds.write({RECORD: good})
    forged(birds, split="other")
    (fault,) = verified(birds).faults
    assert (fault.problem, fault.expected, fault.found) == ("is of another split", "birds/default", "birds/other")
    birds.write({RECORD: "{}\n"})
    (fault,) = verified(birds).faults
    assert fault.problem == "has no digest as its last line: it was not written by datakit, or was cut"
    assert fault.command == "datakit split birds"


def test_data_that_is_nowhere(birds: Repo) -> None:
    (birds.path / PATH).unlink()
    (item,) = [
        path
        for path in (birds.path / ".dvc/cache").rglob("*")
        if path.is_file() and path.read_bytes().count(b"\n") == 61
    ]
    item.unlink()
    assert verified(birds).splits == 0

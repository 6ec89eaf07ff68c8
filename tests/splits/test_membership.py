"""The membership: its bytes, its fingerprints, and what is not the membership of a record."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from datakit.errors import DatakitError, EnvironmentProblem, IntegrityError, InvalidData
from datakit.formats.recipe import Recipe
from datakit.splits import membership
from datakit.splits.make import Made, split
from datakit.splits.membership import verify
from tests.support.splits import SUBJECT, TWO, Row, made, members, written

ROWS: list[Row] = [(i, None if i == 3 else f"p{i % 9}", f"t{i}", "x", 0) for i in range(40)]
RECIPE = Recipe(TWO, ("id",), group=("who",), salt="é", nulls="exclude")


@pytest.fixture
def before(tmp_path: Path) -> Made:
    """A split of forty rows, one of them excluded."""
    return made(tmp_path, written(tmp_path, ROWS), RECIPE)


def rewritten(tmp_path: Path, query: str) -> Path:
    """Write another membership from that of the split."""
    path = tmp_path / "other"
    select = query.format(f"read_parquet('{tmp_path / 'membership'}')")
    duckdb.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_the_file_is_sorted_and_named_by_its_md5(tmp_path: Path, before: Made) -> None:
    path = tmp_path / "membership"
    assert list(members(path)) == sorted(str(row[0]) for row in ROWS)
    assert before.record.membership == hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    again = split(written(tmp_path, ROWS[::-1]), RECIPE, SUBJECT, tmp_path / "again")
    assert again.written
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_fingerprint_is_what_sort_and_sha256sum_say(tmp_path: Path, before: Made) -> None:
    for part, found in before.record.parts.items():
        hashes = [
            hashlib.sha256(f"é:{key}".encode()).hexdigest()
            for key, name in members(tmp_path / "membership").items()
            if name == part
        ]
        assert found.fingerprint == hashlib.sha256("".join(f"{one}\n" for one in sorted(hashes)).encode()).hexdigest()
        assert found.rows == len(hashes)
    assert list(before.record.parts) == ["train", "test", "excluded"]


def test_hashes_that_do_not_fit_in_one_text_are_hashed_alike(
    tmp_path: Path, before: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "_together", 7)
    verify(tmp_path / "membership", before.record, "m")


def test_nothing_is_written_where_no_key_moved(tmp_path: Path, before: Made) -> None:
    (tmp_path / "membership").unlink()
    again = made(tmp_path, written(tmp_path, ROWS, "jsonl"), RECIPE, before.record)
    assert not again.written
    assert not (tmp_path / "membership").exists()
    assert again.record == before.record


def test_a_membership_is_held_against_its_record(tmp_path: Path, before: Made) -> None:
    verify(tmp_path / "membership", before.record, "m")
    verify(rewritten(tmp_path, "FROM {} ORDER BY key DESC"), before.record, "m")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT key, CASE key WHEN '7' THEN CASE part WHEN 'test' THEN 'train' ELSE 'test' END ELSE part END AS part FROM {}", "m: the keys of part `train` are not those of the record: fingerprint "),
        ("FROM {} WHERE part <> 'excluded'", "m: the keys of part `excluded` are not those of the record: fingerprint e3b0c44298fc…, expected "),
        ("FROM {} UNION ALL SELECT '7', 'test'", "m: a key is in one part only, rows whose key comes again: 2"),
        ("FROM {} UNION ALL SELECT NULL, 'test'", "m: rows that have no key, or a part that the record does not know: 1"),
        ("FROM {} UNION ALL SELECT 'x', 'validation'", "m: rows that have no key, or a part that the record does not know: 1"),
        ("SELECT 1 AS key, part FROM {}", "m: is no membership: expected the text columns `key` and `part`"),
    ],
)  # fmt: skip
def test_what_is_not_the_membership_of_the_record(tmp_path: Path, before: Made, query: str, message: str) -> None:
    with pytest.raises((IntegrityError, InvalidData)) as caught:
        verify(rewritten(tmp_path, query), before.record, "m")
    assert caught.value.message.startswith(message)


def test_a_file_that_is_no_parquet(tmp_path: Path, before: Made) -> None:
    (tmp_path / "other").write_text("key,part\n")
    with pytest.raises(DatakitError, match=r"^m: .*"):
        verify(tmp_path / "other", before.record, "m")


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"^membership cannot be written: ") as caught:
        split(written(tmp_path, ROWS), RECIPE, SUBJECT, tmp_path / "nowhere" / "membership")
    assert caught.value.hint == "make room, or name another folder"

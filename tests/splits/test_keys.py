"""Keys: their text, hash and part, in Python, DuckDB and Spark alike, held by published vectors."""

# ruff: noqa: S608 - the paths are pytest's, the SQL is ours

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidData, UsageError
from datakit.formats.recipe import Recipe
from datakit.splits import keys
from tests.support.splits import TWO, made, members, written

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
INTO = [{part: Decimal(share) for part, share in into.items()} for into in VECTORS["into"]]
PYTHON = {
    "integer": int,
    "boolean": lambda text: text.lower() == "true",
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
    "string": str,
}


def test_vectors_in_python() -> None:
    for vector in VECTORS["keys"]:
        digest = keys.digest(vector["salt"], vector["key"])
        assert digest == vector["sha256"]
        assert [keys.part(into, digest) for into in INTO] == vector["parts"]
    for vector in VECTORS["texts"]:
        assert keys.text(PYTHON[vector["type"]](vector["value"])) == vector["text"]


def test_vectors_in_duckdb() -> None:
    for vector in VECTORS["keys"]:
        digest = keys.digest_sql(vector["salt"], "?::VARCHAR")
        parts = ", ".join(keys.part_sql(into, "h") for into in INTO)
        found = duckdb.execute(f"SELECT h, {parts} FROM (SELECT {digest} AS h)", [vector["key"]]).fetchone()
        assert found is not None
        assert found[0] == vector["sha256"]
        assert [list(into)[at] for into, at in zip(INTO, found[1:], strict=True)] == vector["parts"]


@pytest.mark.parametrize("type_", ["integer", "boolean", "date", "timestamp", "string"])
def test_typed_vectors_through_the_whole_split(tmp_path: Path, type_: str) -> None:
    vectors = [vector for vector in VECTORS["texts"] if vector["type"] == type_]
    data = written(tmp_path, [(vector["value"],) for vector in vectors], "csv", [("k", type_)])
    made(tmp_path, data, Recipe({"all": Decimal(1)}, ("k",)))
    assert members(tmp_path / "membership") == {vector["text"]: "all" for vector in vectors}


@pytest.mark.spark
def test_vectors_in_spark() -> None:
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    sql = pytest.importorskip("pyspark.sql", reason="there is no pyspark")
    settings_ = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.driver.host": "127.0.0.1"}
    builder = sql.SparkSession.builder.master("local[1]").appName("vectors")
    for name, value in settings_.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        rows = [(vector["salt"], vector["key"]) for vector in VECTORS["keys"]]
        spark.createDataFrame(rows, "salt string, key string").createOrReplaceTempView("k")
        parts = ", ".join(f"{keys.part_sql(into, 'h')} p{at}" for at, into in enumerate(INTO))
        hashed = "SELECT sha2(concat(salt, ':', key), 256) AS h FROM k"
        for found, vector in zip(
            spark.sql(f"SELECT h, {parts} FROM ({hashed})").collect(), VECTORS["keys"], strict=True
        ):
            assert found[0] == vector["sha256"]
            assert [list(into)[at] for into, at in zip(INTO, found[1:], strict=True)] == vector["parts"]
        texts = {
            "integer": "cast(cast(v as bigint) as string)",
            "boolean": "cast(cast(v as boolean) as string)",
            "date": "cast(cast(v as date) as string)",
            "timestamp": "date_format(cast(v as timestamp), \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\")",
            "string": "v",
        }
        for vector in VECTORS["texts"]:
            one = spark.createDataFrame([(vector["value"],)], "v string")
            assert one.selectExpr(texts[vector["type"]]).collect()[0][0] == vector["text"]
    finally:
        spark.stop()


@settings(max_examples=40, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
def test_duckdb_hashes_as_python_does(key: str, salt: str) -> None:
    found = duckdb.execute(f"SELECT {keys.digest_sql(salt, '?::VARCHAR')}", [key]).fetchone()
    assert found == (hashlib.sha256(f"{salt}:{key}".encode()).hexdigest(),)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 98), st.integers(1, 98), st.binary(min_size=32, max_size=32))
def test_a_changed_share_moves_only_what_lies_between(first: int, second: int, raw: bytes) -> None:
    digest = raw.hex()
    before, after = ({"a": Decimal(n) / 100, "b": Decimal(100 - n) / 100} for n in (first, second))
    low, high = sorted((keys.thresholds(before)[0], keys.thresholds(after)[0]))
    moved = keys.part(before, digest) != keys.part(after, digest)
    assert moved == (low <= digest[:8] < high)


def test_a_hash_at_the_end_of_a_part_is_in_the_next() -> None:
    into = {"train": Decimal("0.8"), "test": Decimal("0.2")}
    for digest, part in (("cccccccbffff", "train"), ("cccccccc0000", "test")):
        assert keys.part(into, digest) == part
        found = duckdb.execute(f"SELECT {keys.part_sql(into, '?::VARCHAR')}", [digest]).fetchone()
        assert found == (list(into).index(part),)


def test_forms_of_unicode_are_two_keys(tmp_path: Path) -> None:
    data = written(tmp_path, [("Zoë",), ("Zoe\u0308",)], "csv", [("k", "string")])
    made(tmp_path, data, Recipe(TWO, ("k",)))
    assert sorted(members(tmp_path / "membership")) == ["Zoe\u0308", "Zoë"]


def test_what_is_no_key_in_python() -> None:
    with pytest.raises(UsageError, match=r"^a value of type float cannot be part of a key$"):
        keys.text(1.5)
    with pytest.raises(InvalidData, match=r"^a key holds U\+001F, which joins the columns of a key$"):
        keys.key(["a\x1fb"])
    assert (
        keys.text(dt.datetime(2024, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))))
        == "2023-12-31T23:00:00.000000Z"
    )

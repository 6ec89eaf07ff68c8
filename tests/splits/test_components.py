"""Connected components in SQL."""

# ruff: noqa: S311 - seeded, so that a failure comes again

from __future__ import annotations

import os
import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.splits.components import components
from datakit.tables.engine import connect, query


def found(pairs: list[tuple[str | None, str | None]]) -> dict[tuple[int, str], str]:
    with connect(Path(os.devnull)) as session:
        sides = [list(side) for side in zip(*pairs, strict=True)]
        query(session, "t", "CREATE TABLE r AS SELECT unnest(?::VARCHAR[]) g0, unnest(?::VARCHAR[]) g1", sides)
        components(session, "t", "r", ("x", "y"))
        return {(place, value): unit for place, value, unit in query(session, "t", "FROM tokens")}


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.none() | st.integers(0, 12), st.none() | st.integers(0, 12)), min_size=1, max_size=25),
    st.randoms(),
)
def test_rows_that_share_a_value_are_one(pairs: list[tuple[int | None, int | None]], random: random.Random) -> None:
    texts = [tuple(None if v is None else str(v) for v in pair) for pair in pairs]
    tokens = [{(at, v) for at, v in enumerate(pair) if v is not None} for pair in texts]
    parts: list[set[tuple[int, str]]] = []
    for tied in filter(None, tokens):
        touching = [part for part in parts if part & tied]
        parts = [part for part in parts if not part & tied] + [tied.union(*touching)]
    wanted = {token: min(f"{'xy'[at]}\x1f{v}" for at, v in part) for part in parts for token in part}
    random.shuffle(texts)
    assert found(texts) == wanted  # type: ignore[arg-type]  # pairs


def test_a_long_chain_is_one_component_in_few_rounds() -> None:
    pairs: list[tuple[str | None, str | None]] = [(f"{i // 2:05}", f"{(i + 1) // 2:05}") for i in range(4000)]
    random.Random(1).shuffle(pairs)
    assert set(found(pairs).values()) == {"x\x1f00000"}

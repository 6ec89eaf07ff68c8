"""The YAML writer: every reader understands the same."""

from __future__ import annotations

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats import emit, yaml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=15) | st.sampled_from(
    ["no", "Yes", "null", "~", "12", "1e5", "0x1f", "1_000", "12:30", "2024-01-01", ".inf", "- a", "a: b", "a #b", "<<", "=", "!x", "&a", "*a", "%", "@", "`"]
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


class TestBlock:
    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(TEXT, VALUES, max_size=4))
    def test_three_readers_understand_what_went_in(self, value: dict[str, object]) -> None:
        from ruamel.yaml import YAML

        text = emit.block(value)
        if not value:
            assert text == ""
            return
        assert yaml.typed(yaml.load(text.encode(), "a")) == value
        assert pyyaml.safe_load(text) == value
        assert YAML(typ="safe", pure=True).load(text) == value

    def test_long_lists_take_a_line_an_item(self) -> None:
        assert emit.block({"a": ["x" * 60, "y" * 60], "b": []}) == f"a:\n- {'x' * 60}\n- {'y' * 60}\nb: []\n"

    def test_what_no_reader_shares_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^nan has no form that every reader understands$"):
            emit.scalar(float("nan"))

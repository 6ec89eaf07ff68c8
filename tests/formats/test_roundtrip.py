"""Round trips of YAML that people write: comments, order and quoting stay, and the writer is DVC's."""

from __future__ import annotations

import pytest
from dvc.utils.serialize import dumps_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import roundtrip

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=100)
words = st.sampled_from(
    ["no", "12:30", "2024-01-01", "1e5", "null", "~", "0" * 32, "a: b", "#x", "- x", "'q'", "", " a", "x " * 60]
)
values = st.recursive(
    text | words | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text | words, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(words | text, values, max_size=4))
def test_what_is_written_is_what_dvc_writes(tree: dict[str, object]) -> None:
    assert roundtrip.dump(tree) == dumps_yaml(tree).encode()


DOCUMENT = b"""\
# head
stages:  # of the pipeline
  b: {cmd: 'x', deps: [a, "b"]}

  # about a
  a:
    cmd: |
      one
      two
vars: []
# tail
"""


def test_comments_order_and_quoting_stay() -> None:
    tree = roundtrip.load(DOCUMENT, "dvc.yaml")
    tree["stages"]["a"]["desc"] = "no"
    written = roundtrip.dump(tree)
    assert written == DOCUMENT.replace(b"'x'", b"x").replace(b'"b"', b"b").replace(
        b"      two\n", b"      two\n    desc: no\n"
    )


def test_an_empty_document_is_an_empty_mapping() -> None:
    for data in (b"", b"\n", b"# only a comment\n", b"---\n"):
        tree = roundtrip.load(data, "dvc.yaml")
        assert tree == {}
        tree["a"] = 1
        assert roundtrip.dump(tree) == b"a: 1\n"


@pytest.mark.parametrize(
    ("data", "problem", "line"),
    [
        (b"a: [\n", "is not YAML: expected the node content, but found '<stream end>'", 2),
        (b"a: 1\n\tb: 2\n", "is not YAML: found character '\\t' that cannot start any token", 2),
        (b"a: \xff\n", "is not YAML: is not UTF-8", None),
        (b"a: &x 1\na: *x\n", 'is not YAML: found duplicate key "a" with value "1" (original value: "1")', 2),
    ],
)
def test_what_is_no_yaml_is_named(data: bytes, problem: str, line: int | None) -> None:
    with pytest.raises(InvalidRecord) as caught:
        roundtrip.load(data, "dvc.yaml")
    assert (caught.value.problem, caught.value.line) == (problem, line)

"""Strict YAML: what is read, what is refused, and where an error points."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import yaml

POINTER = b"outs:\n- md5: 00000000000000000000000000000123\n  size: 12\n  hash: md5\n  path: no\n"


def refused(data: bytes) -> InvalidRecord:
    """Return the error that these bytes raise."""
    with pytest.raises(InvalidRecord) as caught:
        yaml.load(data, "a.yaml")
    return caught.value


class TestLoad:
    def test_a_pointer_is_read_as_text(self) -> None:
        tree = yaml.load(POINTER, "a.dvc")
        assert tree == {"outs": [{"md5": "0" * 29 + "123", "size": "12", "hash": "md5", "path": "no"}]}

    def test_nodes_know_their_lines(self) -> None:
        tree = yaml.load(b"# note\na:\n  - x\n  - {b: 1}\nc: 'q'\n", "a.yaml")
        assert isinstance(tree, yaml.Map)
        a, c = tree["a"], tree["c"]
        assert isinstance(a, yaml.Seq)
        assert isinstance(c, yaml.Text)
        assert (tree.line, a.line, a[0].line, a[1].line, c.line) == (2, 3, 3, 4, 5)
        assert [key.line for key in tree if isinstance(key, yaml.Text)] == [2, 5]
        assert (a[0].plain, c.plain) == (True, False)  # type: ignore[union-attr]

    @pytest.mark.parametrize("libyaml", [True, False])
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("true", True), ("True", True), ("FALSE", False), ("null", None), ("~", None), ("", None), ("NULL", None),
            ("0", 0), ("-12", -12), ("+7", 7), ("007", 7), ("0o17", 15), ("0x1F", 31), ("1.5", 1.5), ("-.5", -0.5), ("1.", 1.0),
            ("1e3", 1000.0), ("1.0E-2", 0.01), ("12e03", 12000.0), (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf),
            ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("N", "N"), ("TrUe", "TrUe"), ("nULL", "nULL"),
            ("12:30", "12:30"), ("12:30:45", "12:30:45"), ("2024-01-01", "2024-01-01"), ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
            ("1_000", "1_000"), ("0b11", "0b11"), ("0o8", "0o8"), ("0xg", "0xg"), ("1e", "1e"), ("1.2.3", "1.2.3"), ("-", None),
            ("+", "+"), (".", "."), ("1f", "1f"), ("inf", "inf"), ("nan", "nan"), ("=", "="), ("'true'", "true"), ('"12"', "12"),
            ("'~'", "~"), ("''", ""), ("|\n  12\n", "12\n"), (">\n  true\n", "true\n"), ("9" * 401, "9" * 401),
        ],
    )  # fmt: skip
    def test_scalars_follow_the_yaml_1_2_core_schema(
        self, text: str, value: object, libyaml: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if libyaml and not pyyaml.__with_libyaml__:
            pytest.skip("PyYAML was built without libyaml")
        monkeypatch.setattr(pyyaml, "__with_libyaml__", libyaml)
        expected = [None] if text == "-" else value
        found = yaml.typed(yaml.load(f"key: {text}\n".encode() if text != "-" else b"key:\n-\n", "a.yaml"))
        assert found == {"key": expected}
        assert isinstance(found, dict)
        assert type(found["key"]) is type(expected)

    def test_not_a_number_is_a_float(self) -> None:
        assert math.isnan(yaml.typed(yaml.Text(".nan", plain=True)))  # type: ignore[arg-type]

    @pytest.mark.parametrize("libyaml", [True, False])
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"a: 1\nb: 2\na: 3\n", "a.yaml:3: key `a` is there twice"),
            (b"a: 1\n'a': 3\n", "a.yaml:2: key `a` is there twice"),
            (b"x: {a: 1, a: 2}\n", "a.yaml:1: key `a` is there twice"),
            (b"x:\n- b: 1\n  b:\n    c: 2\n", "a.yaml:3: key `b` is there twice"),
            (b"a: &x 1\n", "a.yaml:1: anchor `&x` is not allowed"),
            (b"a: 1\nb: &x {c: 1}\n", "a.yaml:2: anchor `&x` is not allowed"),
            (b"a: 1\nb: *x\n", "a.yaml:2: alias `*x` is not allowed"),
            (b"a:\n  <<: {b: 1}\n", "a.yaml:2: merge key `<<` is not allowed"),
            (b"a: !!python/object/apply:os.system [id]\n", "a.yaml:1: tag `tag:yaml.org,2002:python/object/apply:os.system` is not allowed"),
            (b"a: !!int 3\n", "a.yaml:1: tag `tag:yaml.org,2002:int` is not allowed"),
            (b"a: !x {b: 1}\n", "a.yaml:1: tag `!x` is not allowed"),
            (b"a: ! 1\n", "a.yaml:1: tag `!` is not allowed"),
            (b"a: 1\n---\nb: 1\n", "a.yaml:2: a second document, expected one"),
            (b"a: 1\n...\n---\n", "a.yaml:3: a second document, expected one"),
            (b"%YAML 1.1\n---\na: 1\n", "a.yaml:1: a `%` directive is not allowed"),
            (b"%TAG ! tag:x,2000:\n---\na: 1\n", "a.yaml:1: a `%` directive is not allowed"),
            (b"? [a]\n: 1\n", "a.yaml:1: a list as a key, expected a text"),
            (b"{a: 1}: 1\n", "a.yaml:1: a mapping as a key, expected a text"),
            (b"a: 1\nb: \x00\n", "a.yaml:2: control character U+0000"),
            (b"a: \x1b[31m\n", "a.yaml:1: control character U+001B"),
            ("a: 1\nb: x\u0085y\n".encode(), "a.yaml:2: control character U+0085"),
            ("a: x\u2028y\n".encode(), "a.yaml:1: control character U+2028"),
            ("a: 1\n\ufeffb: 2\n".encode(), "a.yaml:2: control character U+FEFF"),
            (b"a: 1\nb: \xff\n", "a.yaml:2: not UTF-8 at byte 8"),
            (b"a: \xed\xa0\x80\n", "a.yaml:1: not UTF-8 at byte 3"),
            (b"a: \xc0\xaf\n", "a.yaml:1: not UTF-8 at byte 3"),
            ("a: 1\n".encode("utf-16"), "a.yaml:1: not UTF-8 at byte 0"),
            ("a: 1\n".encode("utf-16-le"), "a.yaml:1: control character U+0000"),
            (b"#" * 1_000_001, "a.yaml: 1000001 bytes, expected at most 1000000"),
        ],
    )  # fmt: skip
    def test_what_two_readers_could_understand_differently_is_refused(
        self, data: bytes, message: str, libyaml: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pyyaml, "__with_libyaml__", libyaml and pyyaml.__with_libyaml__)
        assert refused(data).message == message

    @pytest.mark.parametrize(
        "data",
        [
            b"a: [1\n",
            b"a: {b\n",
            b"a: 'x\n",
            b"a:\n\t- b\n",
            b"a: b: c\n",
            b"- a\nb: 1\n",
            b"a: @x\n",
            b"a: `x`\n",
            b"]\n",
        ],
    )
    def test_broken_yaml_is_refused_with_its_line(self, data: bytes) -> None:
        error = refused(data)
        assert error.message.startswith(f"a.yaml:{error.line}: not YAML: ")
        assert error.line is not None

    def test_depth_is_limited_in_flow_and_block_style(self) -> None:
        at_limit = b"[" * yaml.MAX_DEPTH + b"]" * yaml.MAX_DEPTH
        assert isinstance(yaml.load(at_limit, "a.yaml"), yaml.Seq)
        for data in (b"[" * 51 + b"]" * 51, b"[" * 400_000, b"{a: " * 51 + b"}" * 51, b"- " * 51, b"- " * 100_000):
            assert refused(data).message == "a.yaml:1: nested deeper than 50 levels"

    def test_the_size_limit_is_a_parameter(self) -> None:
        with pytest.raises(InvalidRecord, match="5 bytes, expected at most 4"):
            yaml.load(b"a: 1\n", "a.yaml", limit=4)

    @pytest.mark.parametrize("data", [b"a: x\nb: [1, 2]\n", b"\xef\xbb\xbfa: x\nb: [1, 2]\n", b"a: x\r\nb: [1, 2]\r\n"])
    def test_byte_order_mark_and_crlf_mean_the_same(self, data: bytes) -> None:
        assert yaml.typed(yaml.load(data, "a.yaml")) == {"a": "x", "b": [1, 2]}

    @pytest.mark.parametrize("data", [b"", b"# only a comment\n", b"---\n", b"\xef\xbb\xbf"])
    def test_an_empty_file_is_an_empty_text(self, data: bytes) -> None:
        tree = yaml.load(data, "a.yaml")
        assert yaml.typed(tree) is None
        with pytest.raises(InvalidRecord, match=r"^a.yaml:[12]: the file is empty, expected a mapping$"):
            yaml.mapping(tree, "a.yaml")

    def test_mapping_names_what_it_found(self) -> None:
        tree = yaml.load(b"a: [1]\nb: long\n", "a.yaml")
        root = yaml.mapping(tree, "a.yaml")
        with pytest.raises(InvalidRecord, match=r"^a.yaml:1: `a` is a list, expected a mapping$"):
            yaml.mapping(root["a"], "a.yaml", what="`a`")
        with pytest.raises(InvalidRecord, match=r"^a.yaml:2: `b` is `long`, expected a mapping$"):
            yaml.mapping(root["b"], "a.yaml", what="`b`")
        assert yaml.describe(yaml.Text("x" * 100)) == f"`{'x' * 57}...`"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


class TestProperties:
    @settings(max_examples=60, deadline=None)
    @given(VALUES)
    def test_json_means_itself(self, value: object) -> None:
        assert yaml.typed(yaml.load(json.dumps(value, ensure_ascii=False).encode(), "a.yaml")) == value

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(TEXT.filter(lambda text: text[:1] not in "+-.0123456789") | st.none() | st.booleans() | st.integers())
    )
    def test_what_pyyaml_writes_means_itself(self, value: object) -> None:
        # Texts such as `0E0` are left out: PyYAML follows YAML 1.1, for which they need no quotes.
        data = pyyaml.safe_dump({"key": value}, allow_unicode=True)
        assert yaml.typed(yaml.load(data.encode(), "a.yaml")) == {"key": value}

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=60) | st.text("ab:-[]{}&*!|>'\"%@#? \n\t<~", max_size=40).map(str.encode))
    def test_any_bytes_are_read_or_refused_alike_by_both_parsers(self, data: bytes) -> None:
        def outcome() -> object:
            try:
                return yaml.typed(yaml.load(data, "a.yaml"))
            except InvalidRecord:
                return InvalidRecord

        with pytest.MonkeyPatch.context() as patch:
            fast = outcome()
            patch.setattr(pyyaml, "__with_libyaml__", False)
            slow = outcome()
        if InvalidRecord not in (
            fast,
            slow,
        ):  # libyaml and PyYAML draw the line of broken YAML in slightly different places
            assert fast == slow

    def test_pyyaml_is_imported_only_when_a_file_is_read(self) -> None:
        code = "import sys, datakit.formats.yaml as y; before = 'yaml' in sys.modules; y.load(b'a: 1', 'a'); print(before, 'yaml' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["False", "True"]

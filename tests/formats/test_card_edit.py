"""Edits of a card: one thing changes, and every other byte stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord, UsageError
from datakit.formats import card
from datakit.formats.card_edit import set_fields
from datakit.formats.markdown import sections
from tests.support.cards import GOOD

LINE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"),
    min_size=1,
    max_size=20,
)


WORDS = LINE.filter(lambda text: text.strip() == text and not re.search(r"[`~#<>=|-]", text))


KEYS = st.sampled_from(
    ["license", "owner", "tags", "language", "pretty_name", "notes", "summary", "collection", "limitations", "ethics"]
)


CARDS = st.sampled_from(
    [GOOD, "", "# T\n", "---\nlicense: mit\n---\n", "---\n---\n", GOOD + "\n\n## Limitations\n", "text", "## Summary"]
)


class TestSetFields:
    def test_comments_order_and_every_other_byte_stay(self) -> None:
        edited = set_fields(
            GOOD.encode(),
            {"license": "CC0-1.0", "language": ["de"], "notes": "short", "summary": "Birds.", "intended_use": "Play."},
        ).decode()
        assert edited == GOOD.replace("license: CC-BY-4.0 ", "license: CC0-1.0 ").replace(
            "language:\n  # two of them\n  - en\n  - no ", "language: [de]\n  # two of them "
        ).replace("notes: |\n  # not a comment\n  text", "notes: short").replace(
            "One row is a penguin.", "Birds."
        ).replace("Teaching.", "Play.\n")

    def test_what_is_not_there_is_added(self) -> None:
        assert set_fields(b"# T\n", {"license": "mit"}) == b"---\nlicense: mit\n---\n\n# T\n"
        assert set_fields(b"", {"license": "no"}) == b'---\nlicense: "no"\n---\n'
        assert set_fields(b"---\na: 1\n---\n", {"owner": "x: y"}) == b'---\na: 1\nowner: "x: y"\n---\n'
        assert set_fields(b"---\nlicense:\n---\n", {"license": "mit"}) == b"---\nlicense: mit\n---\n"
        assert set_fields(b"---\nlicense: # ask\n---\n", {"license": "mit"}) == b"---\nlicense: mit # ask\n---\n"
        assert set_fields(b"# T", {"intended_use": "Play."}) == b"# T\n\n## Intended use\n\nPlay.\n"
        assert set_fields(b"", {"summary": "A.\n\nB."}) == b"## Summary\n\nA.\n\nB.\n"
        assert set_fields(b"## Summary", {"summary": "A."}) == b"## Summary\n\nA.\n"

    def test_sections_below_a_section_stay(self) -> None:
        text = b"## Summary\n\nTODO\n\n### Columns\n\nkept\n"
        assert set_fields(text, {"summary": "A."}) == b"## Summary\n\nA.\n\n### Columns\n\nkept\n"

    def test_windows_line_ends_stay(self) -> None:
        text = GOOD.replace("\n", "\r\n").encode()
        edited = set_fields(text, {"license": "mit", "task_ids": "x", "summary": "A.\nB.", "ethics": "C."})
        assert b"\r\nlicense: mit   # agreed" in edited
        assert b"\r\nA.\r\nB.\r\n" in edited
        assert edited.count(b"\n") == edited.count(b"\r\n")

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("summary", "# Title", "the text of `summary` would change the structure of the card"),
            ("summary", "text\n\nTitle\n---", "the text of `summary` would change the structure of the card"),
            ("summary", "```\nnever closed", "the text of `summary` would change the structure of the card"),
            ("summary", "<!-- never closed", "the text of `summary` would change the structure of the card"),
            ("ethics", "## x", "the text of `ethics` would change the structure of the card"),
            ("summary", " \n", "the text of `summary` is empty"),
            ("a b", "x", "`a b` is no field of a card"),
            ("a\n---\n", "x", "is no field of a card"),
        ],
    )
    def test_what_would_break_the_card_is_refused(self, key: str, value: str, message: str) -> None:
        with pytest.raises(UsageError, match=re.escape(message)):
            set_fields(GOOD.encode(), {key: value})

    @pytest.mark.parametrize("data", [b"---\n? license # a: b\n: mit\n---\n", b"---\na: 1\n...\n---\n"])
    def test_what_cannot_be_edited_safely_is_left_alone(self, data: bytes) -> None:
        message = "`license` stands in the front matter of README.md in a way that cannot be edited safely"
        with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
            set_fields(data, {"license": "x"})

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"---\n{license: mit}\n---\n", "README.md:2: the front matter is in braces, expected one key a line"),
            (b"---\nlicense: mit\n", "README.md:1: the front matter never ends"),
            (b"\xff", "README.md:1: not UTF-8 at byte 0"),
        ],
    )
    def test_a_broken_card_is_refused(self, data: bytes, message: str) -> None:
        with pytest.raises(InvalidRecord, match="^" + re.escape(message)):
            set_fields(data, {"license": "mit"})

    @settings(max_examples=60, deadline=None)
    @given(CARDS, st.booleans(), KEYS, st.lists(WORDS, min_size=1, max_size=3))
    def test_one_thing_changes_and_setting_it_again_changes_nothing(
        self, text: str, crlf: bool, key: str, words: list[str]
    ) -> None:
        data = (text.replace("\n", "\r\n") if crlf else text).encode()
        is_field = key not in {"summary", "collection", "limitations", "ethics"} and not (
            key == "notes" and "notes:" not in text
        )
        value = " ".join(words) if not is_field or len(words) == 1 else words
        edited = set_fields(data, {key: value})
        assert set_fields(edited, {key: value}) == edited
        before, after = card.read(data, "x"), card.read(edited, "x")
        if is_field:
            assert after.fields[key] == value
            assert {k: v for k, v in after.fields.items() if k != key} == {
                k: v for k, v in before.fields.items() if k != key
            }
            assert after.sections == before.sections
        else:
            place = next(part for part in sections(after.raw) if part.title.lower() in {key, "dataset " + key})
            assert after.raw[place.body : place.own_end].strip() == value
            assert after.fields == before.fields
            others = [name for name in before.sections if name not in {key, "penguins", "t"}]
            assert {name: after.sections[name] for name in others} == {name: before.sections[name] for name in others}
        if key in before.fields or key in before.sections:
            assert edited.count(b"\n") <= data.count(b"\n") + 3

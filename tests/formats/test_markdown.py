"""The structure of Markdown: headings, code, comments, front matter, each in its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.markdown import front_matter, key_of, mask, sections

PIECES = [
    "# A\n",
    "## B\r\n",
    "text\n",
    "\n",
    "```\n",
    "~~~ x\n",
    "<!--\n",
    "-->\n",
    "===\n",
    "---\n",
    "`<!--`\n",
    "\x0c# C\r",
]
TEXT = st.text("# =-`~<!>ab\n\r*|.1\té\u2028", max_size=60) | st.lists(st.sampled_from(PIECES)).map("".join)


def titles(text: str) -> list[tuple[str, int]]:
    """Return title and level of each section."""
    return [(part.title, part.level) for part in sections(text)]


class TestSections:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("# A\n", [("A", 1)]),
            ("###### F ######\n", [("F", 6)]),
            ("####### G\n", []),
            ("#no\n", []),
            ("#\n", [("", 1)]),
            ("   ## B\n", [("B", 2)]),
            ("    ## code\n", []),
            ("A\n===\ntext\n\nB\n---\n", [("A", 1), ("B", 2)]),
            ("one\ntwo\n---\n", []),
            ("- item\n---\n", []),
            ("| a |\n---\n", []),
            ("\n---\n", []),
            ("```\n# no\n```\n# yes\n", [("yes", 1)]),
            ("~~~\n```\n# no\n~~~\n# yes\n", [("yes", 1)]),
            ("````\n```\n# no\n````\n# yes", [("yes", 1)]),
            ("```\n# never closed\n", []),
            ("``` a`b\n# yes\n", [("yes", 1)]),
            ("<!-- # no\n# no -->\n# yes\n", [("yes", 1)]),
            ("a `<!--` b\n# yes\n", [("yes", 1)]),
            ("<!-- a --> <!-- b\n# no\n--> \n# yes\n", [("yes", 1)]),
            ("---\n# no: 1\n---\n# yes\n", [("yes", 1)]),
            ("# `code` title\n", [("`code` title", 1)]),
            ("# Title <!-- note -->\n", [("Title", 1)]),
            ("a\u2028# no\n", []),
            ("# a\r# b\r\n# c", [("a", 1), ("b", 1), ("c", 1)]),
        ],
    )
    def test_headings_are_those_of_commonmark(self, text: str, expected: list[tuple[str, int]]) -> None:
        assert titles(text) == expected

    def test_a_section_ends_where_one_of_its_level_begins(self) -> None:
        text = "# T\nintro\n## A\na\n### A1\na1\n## B\nb\n"
        found = {part.title: (text[part.body : part.own_end], text[part.body : part.end]) for part in sections(text)}
        assert found["A"] == ("a\n", "a\n### A1\na1\n")
        assert found["T"] == ("intro\n", "intro\n## A\na\n### A1\na1\n## B\nb\n")
        assert found["B"] == ("b\n", "b\n")

    @settings(max_examples=60, deadline=None)
    @given(TEXT)
    def test_sections_lie_in_order_inside_the_text(self, text: str) -> None:
        before = 0
        for part in sections(text):
            assert before <= part.start < part.body <= part.own_end <= part.end <= len(text)
            before = part.own_end

    @settings(max_examples=60, deadline=None)
    @given(TEXT)
    def test_masks_keep_every_place(self, text: str) -> None:
        masked = mask(text)
        assert len(masked.shown) == len(masked.prose) == len(text)
        for kept in masked:
            assert all(new in {old, " "} for old, new in zip(text, kept, strict=True))
            assert [char for char in kept if char in "\r\n"] == [char for char in text if char in "\r\n"]


class TestFrontMatter:
    @pytest.mark.parametrize(
        ("text", "front"),
        [
            ("---\na: 1\n---\nx", "a: 1\n"),
            ("---\r\na: 1\r\n---\r\nx", "a: 1\r\n"),
            ("\ufeff---\na: 1\n---\n", "a: 1\n"),
            ("---\n---\n", ""),
            ("---  \na: 1\n--- \n", "a: 1\n"),
            ("---\na: 1\n---", "a: 1\n"),
            ("---\na: b---\n---\n", "a: b---\n"),
        ],
    )
    def test_is_what_stands_between_the_marks(self, text: str, front: str) -> None:
        place = front_matter(text)
        assert place is not None
        assert text[place[0] : place[1]] == front

    @pytest.mark.parametrize(
        "text", ["", "# A\n", "\n---\na: 1\n---\n", "--- a\n---\n", "---\na: 1\n", "----\na\n----\n"]
    )
    def test_is_none_elsewhere(self, text: str) -> None:
        assert front_matter(text) is None


class TestKeyOf:
    @pytest.mark.parametrize(
        ("title", "key"),
        [
            ("Summary", "summary"), ("INTENDED USE", "intended_use"), ("Intended-use", "intended_use"), ("**Limitations**", "limitations"),
            ("2.1 Collection", "collection"), ("3) Uses:", "uses"), ("Über uns", "über_uns"), ("", ""), ("2024", "2024"),
        ],
    )  # fmt: skip
    def test_titles_become_keys(self, title: str, key: str) -> None:
        assert key_of(title) == key

"""Cards: reading, judging, editing and drafting."""

from __future__ import annotations

import re

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import card
from datakit.formats.markdown import front_matter
from tests.support.cards import GOOD

REQUIRED = ("license", "owner", "personal_data", "summary", "collection")


def judged(text: str, required: tuple[str, ...] = REQUIRED, **defaults: object) -> tuple[str, ...]:
    """Read a card and return its problems."""
    return tuple(card.problems(card.read(text.encode(), "README.md"), required, defaults).values())


class TestRead:
    def test_fields_and_sections(self) -> None:
        found = card.read(GOOD.encode(), "README.md")
        assert found.fields["license"] == "CC-BY-4.0"
        assert found.fields["language"] == ["en", "no"]
        assert found.sections["intended_use"] == "Teaching."
        assert found.sections["summary"] == "One row is a penguin.\n\n### Columns\n\nAs in the contract."
        assert found.sections["columns"] == "As in the contract."
        assert set(found.sections) == {"penguins", "summary", "columns", "collection", "intended_use"}
        assert found.raw == GOOD

    def test_crlf_and_byte_order_mark_mean_the_same(self) -> None:
        crlf = card.read(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), "README.md")
        assert crlf == card.read(GOOD.encode(), "README.md")

    def test_without_front_matter_there_are_no_fields(self) -> None:
        assert card.read(b"# Birds\n", "README.md").fields == {}
        assert card.read(b"---\n---\n# Birds\n", "README.md").fields == {}
        assert card.read(b"", "README.md") == card.Card({}, {}, "")

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"---\nlicense: mit\n# Birds\n", "README.md:1: the front matter never ends, expected a line `---` after it"),
            (b"---\n- a\n---\n", "README.md:2: the front matter is a list, expected a mapping"),
            (b"---\na: 1\na: 2\n---\n", "README.md:3: key `a` is there twice"),
            (b"---\na: 1\nb: !!python/name:os.system\n---\n", "README.md:3: tag `tag:yaml.org,2002:python/name:os.system` is not allowed"),
            (b"---\na: [\n---\n", "README.md:"),
            (b"# ok\n\xff\n", "README.md:2: not UTF-8 at byte 5"),
            (b"x" * 1_000_001, "README.md: 1000001 bytes, expected at most 1000000"),
        ],
    )  # fmt: skip
    def test_broken_cards_are_refused_with_their_line(self, data: bytes, message: str) -> None:
        with pytest.raises(InvalidRecord, match="^" + re.escape(message)):
            card.read(data, "README.md")


class TestProblems:
    def test_a_good_card_has_none(self) -> None:
        assert judged(GOOD) == ()

    def test_an_empty_card_lacks_everything_in_the_order_asked_for(self) -> None:
        assert judged("# Birds\n") == (
            "`license` is missing: an SPDX licence such as CC-BY-4.0, or LicenseRef-Internal",
            "`owner` is missing: name <address> of a person or team",
            "`personal_data` is missing: none, pseudonymous or identifying",
            "section `Summary` is missing: what one row or file is, how many there are, and what they are for",
            "section `Collection` is missing: where the data comes from, when, by whom and how it was collected, and what was left out",
        )

    def test_defaults_of_the_policy_count_where_the_card_is_silent(self) -> None:
        assert judged("# B\n", ("owner", "collection"), owner="Team A", collection="By us.") == ()
        assert judged("---\nowner: TODO\n---\n", ("owner",), owner="Team A") == (
            "`owner` is still a placeholder, `TODO`: name <address> of a person or team",
        )

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("license: CC-BY-4", "`license` is `CC-BY-4`, which is no licence that is known: did you mean `CC-BY-4.0`?"),
            ("license: [mit, nope-1]", "`license` is `nope-1`, which is no licence that is known: write `LicenseRef-NAME`"),
            ("license: other", "`license: other` needs `license_name` and `license_link` beside it"),
            ("license: '[fill in: licence]'", "`license` is not filled in: an SPDX licence"),
            ("license: {a: b}", "`license` is a mapping or a list of lists, expected a text"),
            ("license: ''", "`license` is missing"),
            ("license:", "`license` is missing"),
            ("license: []", "`license` is missing"),
            ("personal_data: maybe", "`personal_data` is `maybe`, expected one of none, pseudonymous, identifying"),
            ("personal_data: no", "`personal_data` is `no`, expected one of"),
            ("personal_data: false", "`personal_data` is `False`, expected one of"),
            ("owner: you@company.org", "`owner` is still a placeholder, `you@company.org`"),
            ("owner: Data <data@example.com>", "`owner` is still a placeholder, `Data <data@example.com>`"),
            ("owner: <your name>", "`owner` is still a placeholder, `<your name>`"),
            ("owner: '-'", "`owner` is still a placeholder, `-`"),
            ("owner: N/A", "`owner` is still a placeholder, `N/A`"),
            ("pretty_name: '{{ pretty_name }}'", "`pretty_name` is still a placeholder, `{{ pretty_name }}`"),
        ],
    )  # fmt: skip
    def test_each_wrong_field_is_named_with_its_mend(self, line: str, problem: str) -> None:
        key = line.partition(":")[0]
        found = judged(f"---\n{line}\n---\n", (key,))
        assert len(found) == 1
        assert found[0].startswith(problem)

    def test_other_with_name_and_link_is_fine(self) -> None:
        text = "---\nlicense: other\nlicense_name: acme\nlicense_link: LICENSE\n---\n"
        assert judged(text, ("license",)) == ()

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ("", "section `Summary` is empty: what one row or file is"),
            ("<!-- guidance -->", "section `Summary` is empty"),
            ("### Columns\n", "section `Summary` is empty"),
            ("N/A", "section `Summary` is empty"),
            ("One row is a film. TODO: say more", "section `Summary` still has a placeholder, `TODO`"),
            (f"{card.MARK}summary]", "section `Summary` is not filled in: what one row"),
        ],
    )
    def test_each_unfinished_section_is_named(self, body: str, problem: str) -> None:
        found = judged(f"## Summary\n\n{body}\n\n## Next\n\ntext\n", ("summary",))
        assert len(found) == 1
        assert found[0].startswith(problem)

    @pytest.mark.parametrize("title", ["Dataset Summary", "Dataset Description", "SUMMARY", "1. Summary"])
    def test_titles_of_hugging_faces_template_count(self, title: str) -> None:
        assert judged(f"### {title}\nOne row is one film.\n", ("summary",)) == ()

    def test_a_key_of_the_policys_own_is_a_section_or_a_field(self) -> None:
        assert judged("---\ncost_centre: 12\n---\n", ("cost_centre",)) == ()
        assert judged("## Cost centre\n12\n", ("cost_centre",)) == ()
        assert judged("# x\n", ("cost_centre",)) == ("section `Cost centre` is missing: the text of `cost_centre`",)

    def test_what_answers_nothing_is_named(self) -> None:
        front = "---\nowner: me\nlicense: unknown\n---\n## Summary\nx\n## Collection\n<!-- how -->\nScraped.\n"
        assert judged(front, ("owner", "license", "summary", "collection")) == (
            "`owner` is `me`, which nobody could find: expected the name or address of a person or team",
            "`license: unknown` needs `license_details` beside it: whom you asked for the terms, and what came of it",
            "`summary` has 1 word, expected a sentence: what one row or file is",
            "`collection` has 1 word, expected a sentence: how, when and by whom it came to be",
        )

    def test_a_wrong_licence_is_named_even_where_none_is_required(self) -> None:
        assert judged("---\nlicense: nope-1\npersonal_data: maybe\n---\n", ())[1].startswith(
            "`personal_data` is `maybe`"
        )


LINE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"),
    min_size=1,
    max_size=20,
)
WORDS = LINE.filter(lambda text: text.strip() == text and not re.search(r"[`~#<>=|-]", text))


class TestDraft:
    def test_is_read_by_other_parsers_and_marks_what_people_know(self) -> None:
        data = card.draft(
            "birds", "Birds: of the sea", defaults={}, facts={"size_categories": ["n<1K"], "language": ["no"]}
        )
        text = data.decode()
        # Hugging Face's own expression for front matter.
        found = re.match(r"^(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\r|\n|$))", text)
        assert found is not None
        fields = pyyaml.safe_load(found[2])
        assert fields["pretty_name"] == "Birds: of the sea"
        assert fields["size_categories"] == ["n<1K"]
        assert fields["language"] == ["no"]
        assert "\r" not in text
        assert text.endswith("\n")
        found_card = card.read(data, "README.md")
        assert [key for key in found_card.sections if key != "birds:_of_the_sea"] == [
            "summary", "collection", "intended_use", "limitations",
        ]  # fmt: skip
        left = card.problems(found_card, (*REQUIRED, "intended_use", "limitations"), {})
        assert len(left) == 7
        assert all("is not filled in" in problem for problem in left.values())

    def test_defaults_fill_it(self) -> None:
        defaults = {
            "license": "CC0-1.0",
            "owner": "Team A",
            "personal_data": "none",
            "summary": "One row is one bird.",
            "collection": "Counted by hand in May.",
        }
        data = card.draft("birds", "Birds", defaults=defaults, facts={})
        assert card.problems(card.read(data, "README.md"), REQUIRED, {}) == {}

    def test_answers_complete_it_and_leave_the_rest(self) -> None:
        data = card.draft("birds", "Birds", defaults={}, facts={})
        answers = {
            "license": "CC0-1.0",
            "owner": "Team A",
            "personal_data": "none",
            "summary": "One row is one bird.",
            "collection": "Counted by hand in May.",
        }
        done = card.set_fields(data, answers)
        assert card.problems(card.read(done, "README.md"), REQUIRED, {}) == {}
        assert b"<!-- Known errors, gaps and biases" in done
        place = front_matter(done.decode())
        assert place is not None
        assert done.startswith(b"---\nlicense: CC0-1.0\nowner: Team A\n")

    @settings(max_examples=40, deadline=None)
    @given(LINE, st.dictionaries(st.sampled_from(["tags", "language"]), st.lists(LINE, max_size=3), max_size=2))
    def test_any_title_and_fact_reads_back(self, title: str, facts: dict[str, list[str]]) -> None:
        found = card.read(card.draft("birds", title, defaults={}, facts=facts), "README.md")
        assert found.fields["pretty_name"] == title
        assert {key: found.fields[key] for key in facts} == facts

"""What counts as a placeholder, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats.placeholders import MARK, placeholders

FOUND = [
    (f"{MARK}summary]", "mark"),
    ("[Fill in: who collected it]", "mark"),
    ("The data was collected [fill in: when] in Rome by us.", "mark"),
    ("[More Information Needed]", "template"),
    ("[more information needed](https://github.com/x)", "template"),
    ("More Information Needed", "template"),
    ("- **Curated by:** [More Information Needed]", "template"),
    ("{{ dataset_summary | default('', true) }}", "template"),
    ("Reviews of {{name}} in prose", "template"),
    ("{% if x %}", "template"),
    ("TODO", "to-do"),
    ("todo", "to-do"),
    ("- TODO: ask Jane where this is from", "to-do"),
    ("We sampled 100 users (TODO check number) in May.", "to-do"),
    ("Collected in 2020. TODO", "to-do"),
    ("**FIXME**", "to-do"),
    ("XXX", "to-do"),
    ("The licence is TBD until the lawyers answer.", "to-do"),
    ("tbd.", "to-do"),
    ("To be completed.", "to-do"),
    ("to be filled in", "to-do"),
    ("Coming soon!", "to-do"),
    ("- [ ] WIP", "to-do"),
    ("<your name>", "fill-in"),
    ("Owned by <name> of the data team", "fill-in"),
    ("<insert a description of the dataset>", "fill-in"),
    ("<dataset-name>", "fill-in"),
    ("<YOUR_EMAIL>", "fill-in"),
    ("<...>", "fill-in"),
    ("See <…> for more", "fill-in"),
    ("[insert description]", "fill-in"),
    ("[your organisation]", "fill-in"),
    ("[TODO add source]", "fill-in"),
    ("placeholder", "fill-in"),
    ("change me", "fill-in"),
    ("changeme", "fill-in"),
    ("your-team", "fill-in"),
    ("...", "ellipsis"),
    ("…", "ellipsis"),
    ("- ...", "ellipsis"),
    ("Source: ...", "ellipsis"),
    ("[...]", "ellipsis"),
    ("Lorem ipsum dolor sit amet, consectetur", "lorem ipsum"),
    ("describe the dataset here", "instruction"),
    ("Please add a short summary of the data here.", "instruction"),
    ("Your text here", "instruction"),
    ("Description goes here.", "instruction"),
    ("Your name", "instruction"),
    ("", "empty"),
    ("  \n\n", "empty"),
    ("N/A", "empty"),
    ("n/a.", "empty"),
    ("NA", "empty"),
    ("Not applicable", "empty"),
    ("-", "empty"),
    ("---", "empty"),
    ("?", "empty"),
    ("???", "empty"),
    ("<!-- say something -->", "empty"),
    ("<!--\nTODO\n-->\n", "empty"),
    ("### Sources\n\n### Who\n", "empty"),
    ("_", "empty"),
]

PROSE = [
    "Reviews of films, one a row.",
    "Values below 0.1 ... were dropped before release because the sensor cannot see them.",
    "We kept the rows of 2019, 2020, ... and 2023.",
    'He said "I wonder..." and left',
    "And so on ...",
    "| a | b |\n|---|---|\n| 1 | N/A |\n| 2 | - |\n| ... | ... |",
    "The column `notes` holds N/A where the nurse wrote nothing.",
    "```\nTODO: this is code\n...\n<your name>\n```",
    "~~~yaml\nlicense: [More Information Needed]\n~~~",
    "Run `datakit add <name>` with `...` in it.",
    "Every comment that contains the word TODO in the code of 500 projects was taken.",
    "Comments with TODO and FIXME in Java sources, one a row.",
    "The number is masked as XXX-XX-1234 in all rows.",
    "Prices are in EUR; x < 5 and y > 3 hold everywhere.",
    "See <https://example.org/data> for the source.",
    "Write to <jane@company.org> with questions.",
    "Line one<br>line two<br/>and <b>bold</b> with <a href='x'>a link</a>.",
    "<details><summary>More</summary>Text</details>",
    "<img src='plot.png' width=300>",
    "Tokens <unk>, <pad>, <s> and <mask> stand for themselves.",
    "Missing values are written <NA> by pandas.",
    "The prompt ends with <|endoftext|> and <start_of_turn> or <end-of-text>.",
    "- [x] checked by two people\n- [ ] double annotation",
    "A [link](https://example.org) and a [reference][1] and a footnote[^1].",
    "[Your results](https://example.org/results) are published elsewhere.",
    "For this task more information needed by the annotators was shown on demand.",
    "The reader is asked to describe the scene below the picture, and the answer is the label of the row.",
    "We describe the dataset here and in the paper.",
    "Here is what each column means.",
    "Nothing is known about the time before 2001.",
    "None.",
    "No personal data.",
    "x1 and x2 are the coordinates",
    "The field is to be read as UTC.",
    "Names of cities, e.g. Rome, Paris, ...; the list is complete.",
    "The placeholder text that users see is stored in `hint`.",
    "<!-- guidance: TODO -->\nOne row is a penguin.",
    "Summary of what your team has done with the data since 2019",
    "Adresse, âge et nom de chaque élève…, sans exception",
    "A formula is written $\\frac{a}{b}$.",
    "Address <a@b.org> and scheme <mailto:a@b.org>.",
]


class TestPlaceholders:
    @pytest.mark.parametrize(("text", "kind"), FOUND)
    def test_every_kind_is_found(self, text: str, kind: str) -> None:
        assert [found.kind for found in placeholders(text)][:1] == [kind]

    @pytest.mark.parametrize("text", PROSE)
    def test_prose_code_and_tables_are_left_alone(self, text: str) -> None:
        assert placeholders(text) == []

    @pytest.mark.parametrize(("text", "kind"), [(text, kind) for text, kind in FOUND if kind != "empty"])
    def test_one_line_among_good_ones_is_found_with_its_number(self, text: str, kind: str) -> None:
        found = placeholders(f"One row is a film.\n\n{text}\n\nThe end is good.")
        assert (found[0].line, found[0].kind) == (3, kind)

    def test_what_stands_there_is_shown_shortened(self) -> None:
        assert placeholders(f"{MARK}{'x' * 100}]")[0].text == f"{MARK}{'x' * 47}..."

    @settings(max_examples=60, deadline=None)
    @given(st.text(max_size=80) | st.text("<>[]{}.`~-!TODO \n#:x", max_size=60))
    def test_any_text_is_judged(self, text: str) -> None:
        lines = text.count("\n") + text.count("\r") + len(text) + 1
        assert all(1 <= found.line <= lines for found in placeholders(text))

    def test_long_hostile_texts_take_no_time(self) -> None:
        for unit in ("<a ", "[your ", "to be ", "`", "<!--", "describe ", "TODO", "{{", "...", "* ", "#"):
            placeholders(unit * 20_000)

"""Keys of a card: which are front matter, and which titles count for one section."""

from __future__ import annotations

import inspect

import pytest
from huggingface_hub import DatasetCardData

from datakit.formats.card_fields import FRONT_MATTER, is_front_matter, named, size_category, title_of
from datakit.formats.markdown import key_of
from datakit.formats.policy import Policy


def test_hugging_faces_own_fields_are_front_matter() -> None:
    theirs = set(inspect.signature(DatasetCardData).parameters) - {"ignore_metadata_errors", "kwargs"}
    assert len(theirs) > 10
    assert sorted(theirs - FRONT_MATTER) == []


def test_what_the_policy_asks_for_is_told_apart() -> None:
    assert [key for key in Policy().required if is_front_matter(key)] == ["license", "owner", "personal_data"]


@pytest.mark.parametrize("key", ["summary", "collection", "intended_use", "limitations", "ethics"])
def test_the_heading_of_a_section_names_it(key: str) -> None:
    assert key_of(title_of(key)) == key == named(key)[0]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("Dataset Summary", "summary"), ("Dataset Description", "summary"), ("Data Collection and Processing", "collection"),
        ("Initial Data Collection and Normalization", "collection"), ("Direct Use", "intended_use"),
        ("Bias, Risks, and Limitations", "limitations"), ("Other Known Limitations", "limitations"),
    ],
)  # fmt: skip
def test_headings_of_hugging_faces_template_count(heading: str, key: str) -> None:
    assert key_of(heading) in named(key)


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**12 - 1, "100B<n<1T"), (10**12, "n>1T")],
)
def test_size_categories_are_those_of_hugging_face(rows: int, category: str) -> None:
    assert size_category(rows) == category

"""Which keys of a card are front matter, under which titles a section may stand, and what a machine says of a size."""

from __future__ import annotations

# Keys of Hugging Face's dataset card specification, and ours: owner, personal_data, reviewed.
FRONT_MATTER = frozenset((
    "annotations_creators", "arxiv", "config_names", "configs", "dataset_info", "extra_gated_fields",
    "extra_gated_prompt", "language", "language_bcp47", "language_creators", "language_details", "library_name", "license",
    "license_details", "license_link", "license_name", "modalities", "modality", "multilinguality", "owner", "paperswithcode_id",
    "personal_data", "pretty_name", "reviewed", "size_categories", "source_datasets", "tags", "task_categories",
    "task_ids", "thumbnail", "train-eval-index", "train_eval_index", "viewer",
))  # fmt: skip

# Titles that Hugging Face's template and others use for the same section, in lower case with underscores.
_ALIASES = {
    "summary": ("dataset_summary", "dataset_description", "description"),
    "collection": ("data_collection", "data_collection_and_processing", "initial_data_collection_and_normalization"),
    "intended_use": ("intended_uses", "uses", "direct_use"),
    "limitations": ("known_limitations", "other_known_limitations", "bias,_risks,_and_limitations"),
}


SECTIONS = tuple(_ALIASES)  # that a first card has


def is_front_matter(key: str) -> bool:
    """Say whether a key belongs into the front matter; every other key names a section.

    >>> [is_front_matter(key) for key in ("license", "summary")]
    [True, False]
    """
    return key in FRONT_MATTER


def named(key: str) -> tuple[str, ...]:
    """Return the section keys that count for one, itself first."""
    return (key, *_ALIASES.get(key, ()))


def title_of(key: str) -> str:
    """Return the heading of a section.

    >>> title_of("intended_use")
    'Intended use'
    """
    return key.replace("_", " ").capitalize()


def size_category(rows: int) -> str:
    """Return Hugging Face's size category of a number of rows.

    >>> size_category(344), size_category(12_000)
    ('n<1K', '10K<n<100K')
    """
    steps = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
    limits = [10**power for power in range(3, 13)]
    above = sum(rows >= limit for limit in limits)
    if above == 0:
        return f"n<{steps[0]}"
    return f"n>{steps[-1]}" if above == len(steps) else f"{steps[above - 1]}<n<{steps[above]}"

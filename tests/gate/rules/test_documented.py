"""DK201 and DK202: the card is complete, and a change has its reason."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats.finding import Finding
from tests.support.rooms import CARD, repository, room, without
from tests.support.trees import judged

EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}
ONE = repository(room())
README = "catalog/reviews/README.md"
MANIFEST = "catalog/reviews/manifest.json"
WHY = 'datakit add reviews -m "why the data changed"'


def findings(card: str, **options: Any) -> list[tuple[str, str]]:
    """Return code and message of what a card leads to."""
    return [(f.code, f.message) for f in judged(EMPTY, repository(room(card=card, **options)))]


def test_dk201_there_is_no_card() -> None:
    # A first card is drafted; one that was committed comes back as people wrote it.
    back = f"git restore --source=HEAD --staged --worktree -- {README}"
    for base, mend in ((EMPTY, "datakit add reviews"), (ONE, back)):
        assert judged(base, without(ONE, "README.md")) == (
            Finding(README, "DK201", "there is no card", mend, "reviews"),
        )


@pytest.mark.parametrize(
    ("old", "new", "said", "key"),
    [
        ("license: CC-BY-4.0\n", "", "`license`", "license"),
        ("CC-BY-4.0", "No-Such-1.0", "No-Such-1.0", "license"),
        ("Jane Doe <jane@company.org>", "'[fill in: who answers]'", "`owner`", "owner"),
        ("personal_data: none", "personal_data: some", "`personal_data` is `some`, expected one of none, pseudonymous, identifying", "personal_data"),
        ("One row is one review of a film.", "TODO", "`Summary`", "summary"),
        ("Exported from the shop every month.", "", "`Collection`", "collection"),
        ("## Collection", "## Something else", "`Collection`", "collection"),
    ],
)  # fmt: skip
def test_dk201_each_gap_is_a_finding(old: str, new: str, said: str, key: str) -> None:
    card = CARD.replace(old, new)
    assert card != CARD
    (finding,) = judged(EMPTY, repository(room(card=card)))
    assert (finding.path, finding.code, finding.hint, finding.dataset) == (
        README, "DK201", f"edit {README}, or `datakit add reviews --set {key}=…`", "reviews",
    )  # fmt: skip
    assert said in finding.message


def test_dk201_defaults_of_the_policy_count() -> None:
    bare = CARD.replace("owner: Jane Doe <jane@company.org>\n", "")
    assert judged({}, repository(room(card=bare), policy="defaults: {owner: Data Team <data@company.org>}\n")) == ()
    assert judged({}, repository(room(card=bare), policy="card: {required: [license]}\n")) == ()


def test_dk201_interim_data_needs_no_card() -> None:
    assert judged(EMPTY, without(repository(room(folder="data/interim")), "README.md")) == ()


def test_dk201_named_data_outside_the_folders_needs_one() -> None:
    assert [f.code for f in judged(EMPTY, without(repository(room(folder="models")), "README.md"))] == ["DK201"]


def test_dk201_a_typing_error_mended_makes_nothing_stale() -> None:
    assert judged(ONE, repository(room(card=CARD.replace("film", "movie")))) == ()


def test_dk202_no_reason_at_all() -> None:
    for note in ("", "  ", "TODO", "[fill in: why]"):
        assert judged(ONE, repository(room(data="v2", before="v1", note=note))) == (
            Finding(MANIFEST, "DK202", "the data changed and `change.note` does not say why", WHY, "reviews"),
        )


def test_dk202_the_reason_of_the_change_before() -> None:
    second = repository(room(data="v2", before="v1", note="March"))
    stale = repository(room(data="v3", before="v1", note="March"))
    assert judged(second, stale) == (
        Finding(MANIFEST, "DK202", "the data changed and `change` is still that of the version before", WHY, "reviews"),
    )


def test_dk202_a_first_version_needs_no_reason() -> None:
    assert judged(EMPTY, ONE) == ()


def test_dk202_interim_data_needs_no_reason() -> None:
    assert (
        judged(repository(room(folder="data/interim")), repository(room(folder="data/interim", data="v2", before="v1")))
        == ()
    )


def test_dk202_the_same_data_recorded_again_needs_no_reason() -> None:
    assert judged(ONE, repository(room(note="another note"))) == ()


@pytest.mark.parametrize(
    ("code", "base", "new"),
    [
        ("DK201", EMPTY, without(ONE, "README.md", "datakit.yaml")),
        ("DK202", ONE, without(repository(room(data="v2", before="v1")), "datakit.yaml")),
    ],
)
def test_severities(code: str, base: dict[str, Any], new: dict[str, Any]) -> None:
    levels = []
    for level in ("error", "warn", "off"):
        policy = {"datakit.yaml": f"severity: {{{code}: {level}}}\n"}
        levels.append([f.level for f in judged({**base, **policy}, {**new, **policy}) if f.code == code])
    assert levels == [["error"], ["warn"], []]


def test_unrelated_datasets_are_left_alone() -> None:
    base = repository(room(), room("bad", card="# nothing\n"))
    assert judged(base, {**base, **room(data="v2", before="v1", note="more")}) == ()
    assert {f.dataset for f in judged(base, base, whole=True)} == {"bad"}


def test_dk201_a_card_that_cannot_be_read_is_not_a_card_that_is_missing() -> None:
    assert [f.code for f in judged(ONE, {**ONE, README: b"---\na: [\n---\n"})] == ["DK104"]

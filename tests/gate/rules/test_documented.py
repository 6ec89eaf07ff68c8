"""DK201 to DK203: the card is complete, a change has its reason, and the columns are described."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats import contract
from datakit.formats.contract import Column
from datakit.formats.finding import Finding
from tests.support.rooms import CARD, drafted, repository, room, without
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
        ("license: CC-BY-4.0", "license: other\nlicense_name: acme", "`license: other` needs `license_link` beside it", "license"),
        ("license: CC-BY-4.0", "license: unknown", "`license: unknown` needs `license_details` beside it", "license"),
        ("Jane Doe <jane@company.org>", "me", "`owner` is `me`, which nobody could find", "owner"),
        ("owner: Jane Doe <jane@company.org>\n", "", "`owner` is missing: name <address> of a person or team", "owner"),
        ("personal_data: none\n", "", "`personal_data` is missing: none, pseudonymous or identifying", "personal_data"),
        ("One row is one review of a film.", "[More Information Needed]", "still has a placeholder, `[More Information Needed]`", "summary"),
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


@pytest.mark.parametrize(
    "terms",
    [
        "cc-by-4.0",
        "odbl",
        "LicenseRef-Internal",
        "MIT OR Apache-2.0",
        "other\nlicense_name: acme\nlicense_link: LICENSE",
    ],
)
def test_dk201_ids_of_hugging_face_expressions_and_terms_of_ones_own_are_licences(terms: str) -> None:
    assert findings(CARD.replace("CC-BY-4.0", terms)) == []


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


CONTRACT = "catalog/reviews/contract.odcs.yaml"
DESCRIBED = ("Stars.", "One to five.", "", "TODO", "stars_4", "The day of the review.")


def described(*words: str, folder: str = "data/raw") -> dict[str, bytes]:
    """Return a dataset whose columns `stars_0` and so on have these descriptions."""
    columns = [Column(f"stars_{number}", "integer", word) for number, word in enumerate(words)]
    return room(terms=drafted("reviews", columns=columns), folder=folder)


def undescribed(share: str, files: dict[str, bytes], base: dict[str, Any] | None = None) -> list[Finding]:
    """Return what DK203 says of a dataset under a policy."""
    policy = f"card: {{columns_documented: {share}}}\n"
    new = repository(files, policy=policy)
    return [f for f in judged({"datakit.yaml": policy, **(base or {})}, new) if f.code == "DK203"]


def test_dk203_columns_that_nobody_described() -> None:
    assert undescribed("0.8", described(*DESCRIBED)) == [
        Finding(
            CONTRACT,
            "DK203",
            "3 of 6 columns say what they hold, the policy asks for 80%: `stars_2`, `stars_3`, `stars_4`",
            f"write `description: …` under `- name: stars_2` and so on in {CONTRACT}",
            "reviews",
        ),
    ]
    (many,) = undescribed("1", described(*[""] * 7))
    assert many.message.endswith("the policy asks for 100%: `stars_0`, `stars_1`, `stars_2`, `stars_3`, `stars_4`, …")


@pytest.mark.parametrize(("share", "passes"), [("0", True), ("0.5", True), ("0.51", False), ("1", False)])
def test_dk203_the_share_is_the_policys(share: str, *, passes: bool) -> None:
    assert (undescribed(share, described(*DESCRIBED)) == []) is passes


def test_dk203_a_share_that_no_float_has_is_met_exactly() -> None:
    for share, whole in (("0.7", 10), ("0.6", 5), ("0.1", 30)):
        enough = round(float(share) * whole)
        assert undescribed(share, described(*["What it is."] * enough, *[""] * (whole - enough))) == []
        assert undescribed(share, described(*["What it is."] * (enough - 1), *[""] * (whole - enough + 1))) != []


def test_dk203_concerns_neither_files_nor_interim_data_nor_a_contract_that_did_not_change() -> None:
    assert undescribed("1", room(terms=contract.draft("reviews", "Reviews", [], [], None))) == []
    assert undescribed("1", described("", folder="data/interim")) == []
    assert undescribed("1", without(described(""), "contract")) == []
    assert undescribed("1", {**described(""), CONTRACT: b"- a"}) == []
    old = described("")
    noted = {**old, "catalog/reviews/notes.md": b"x"}
    policy = "card: {columns_documented: 1}\n"
    assert judged(repository(old, policy=policy), repository(noted, policy=policy)) == ()
    assert [f.code for f in judged(repository(old), repository(noted, policy=policy))] == ["DK203"]


def test_dk203_a_policy_that_asks_for_less_does_not_let_a_change_through() -> None:
    before = repository(described("What it is."), policy="card: {columns_documented: 1}\n")
    after = repository(described(""), policy="policy: 1\n")
    assert [f.code for f in judged(before, after)] == ["DK701"]


def classified(*columns: str) -> dict[str, bytes]:
    """Return the files of a dataset with a table whose columns have these classifications."""
    named = [Column(f"c{number}", "integer", "A number.", classification=each) for number, each in enumerate(columns)]
    return room(terms=drafted("reviews", columns=named))


@pytest.mark.parametrize(
    ("share", "columns", "said"),
    [
        ("1", ("public", "confidential"), None),
        ("0", ("", ""), None),
        ("0.5", ("public", ""), None),
        ("1", ("public", ""), "1 of 2 columns say who may see them, the policy asks for 100%: `c1`"),
    ],
)
def test_dk206_columns_that_nobody_classified(share: str, columns: tuple[str, ...], said: str | None) -> None:
    policy = f"card: {{columns_classified: {share}}}\n"
    found = judged({"datakit.yaml": policy}, repository(classified(*columns), policy=policy))
    assert [(f.code, f.message) for f in found if f.code == "DK206"] == ([] if said is None else [("DK206", said)])
    if said is not None:
        assert found[0].hint == f"write `classification: …` under `- name: c1` and so on in {CONTRACT}"


@pytest.mark.parametrize(
    ("code", "base", "new"),
    [
        ("DK201", EMPTY, without(ONE, "README.md", "datakit.yaml")),
        ("DK202", ONE, without(repository(room(data="v2", before="v1")), "datakit.yaml")),
        ("DK203", EMPTY, without(repository(described("")), "datakit.yaml")),
    ],
)
def test_severities(code: str, base: dict[str, Any], new: dict[str, Any]) -> None:
    levels = []
    for level in ("error", "warn", "off"):
        policy = {"datakit.yaml": f"severity: {{{code}: {level}}}\ncard: {{columns_documented: 1}}\n"}
        levels.append([f.level for f in judged({**base, **policy}, {**new, **policy}) if f.code == code])
    assert levels == [["error"], ["warn"], []]


def test_unrelated_datasets_are_left_alone() -> None:
    base = repository(room(), room("bad", card="# nothing\n"))
    assert judged(base, {**base, **room(data="v2", before="v1", note="more")}) == ()
    assert {f.dataset for f in judged(base, base, whole=True)} == {"bad"}


def test_dk201_a_card_that_cannot_be_read_is_not_a_card_that_is_missing() -> None:
    assert [f.code for f in judged(ONE, {**ONE, README: b"---\na: [\n---\n"})] == ["DK104"]

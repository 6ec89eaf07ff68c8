"""DK204: data that is made of other data is licensed as they allow."""

from __future__ import annotations

from typing import Any

import pytest

from datakit.formats.finding import Finding
from datakit.formats.manifest import Parent
from tests.support.rooms import CARD, md5, repository, restated, room, without
from tests.support.trees import DictTree, changes, judged

CHILD = "catalog/reviews/README.md"
EMPTY: dict[str, Any] = {"datakit.yaml": b"policy: 1\n"}


def card(terms: str, more: str = "") -> str:
    """Return a card with a licence."""
    return CARD.replace("license: CC-BY-4.0\n", f"license: {terms}\n{more}" if terms else "")


def family(child: str, *parents: str, more: str = "", policy: str = "policy: 1\n") -> dict[str, Any]:
    """Return `reviews`, made of `films-0` and so on, with these licences."""
    named = [f"films-{number}" for number in range(len(parents))]
    rooms = [room(name, card=card(terms)) for name, terms in zip(named, parents, strict=True)]
    files = repository(room(card=card(child, more)), *rooms, policy=policy)
    return restated(files, derived_from=tuple(Parent(name, md5("v1")) for name in named))


def licensing(old: dict[str, Any], new: dict[str, Any], *, whole: bool = False) -> list[str]:
    """Return what DK204 says of a step."""
    return [f.message for f in judged(old, new, whole=whole) if f.code == "DK204"]


def test_dk204_a_licence_that_gives_more_than_the_parents() -> None:
    better = "datakit add reviews --set license=CC-BY-NC-4.0"
    explain = 'datakit add reviews --set license_details="films-0: why its terms allow this"'
    assert judged(EMPTY, family("CC0-1.0", "CC-BY-NC-4.0")) == (
        Finding(
            CHILD,
            "DK204",
            "`license` is `CC0-1.0`, and `films-0`, of which it is made, has `CC-BY-NC-4.0`: it is not for commercial use",
            f"`{better}`, or, where they do, `{explain}`",
            "reviews",
        ),
    )


@pytest.mark.parametrize(
    ("child", "parents"),
    [
        ("CC-BY-NC-4.0", ("CC-BY-NC-4.0", "CC0-1.0")),
        ("CC-BY-SA-4.0", ("CC-BY-SA-3.0", "CC-BY-4.0")),
        ("LicenseRef-Internal", ("CC-BY-NC-ND-4.0",)),
        ("CC0-1.0", ("LicenseRef-Internal", "[cc-by-nc-4.0, gfdl]", "{a: b}")),
        ("[cc0-1.0, mit]", ("CC-BY-NC-4.0",)),
        ("[cc-by-4.0]", ("[odc-by]",)),
    ],
)
def test_dk204_passes(child: str, parents: tuple[str, ...]) -> None:
    assert licensing(EMPTY, family(child, *parents)) == []


def test_dk204_each_parent_is_named_and_a_licence_that_fits_all_is_offered() -> None:
    found = [f for f in judged(EMPTY, family("CC0-1.0", "CC-BY-4.0", "CC-BY-NC-SA-4.0", "MIT")) if f.code == "DK204"]
    assert [f.message.partition("`films-")[2][0] for f in found] == ["0", "1", "2"]
    assert {f.hint.partition(",")[0] for f in found} == {"`datakit add reviews --set license=CC-BY-NC-SA-4.0`"}
    (choice,) = judged(EMPTY, family("CC0-1.0", "CC-BY-SA-4.0 OR ODbL-1.0"))
    assert "--set 'license=CC-BY-SA-4.0 OR ODbL-1.0'" in choice.hint
    (alone,) = judged(EMPTY, family("CC-BY-ND-4.0", "CC-BY-ND-4.0"))
    assert alone.hint == '`datakit add reviews --set license_details="films-0: why its terms allow this"`'


def test_dk204_what_was_agreed_with_the_parents_owner_is_said_in_the_card() -> None:
    for said, left in {
        "films-0 is ours as well, released by its owner": 1,
        "films-0 and films-1 are ours as well": 0,
        "the films-01 are ours": 2,
        "films-0, films-1 TODO": 2,
    }.items():
        more = f"license_details: '{said}'\n"
        assert len(licensing(EMPTY, family("CC0-1.0", "CC-BY-NC-4.0", "MIT", more=more))) == left, said


def test_dk204_a_licence_of_the_policy_counts_where_a_card_is_silent() -> None:
    policy = "defaults: {license: CC-BY-NC-4.0}\n"
    assert licensing({}, family("CC0-1.0", "", policy=policy)) != []
    assert licensing({}, family("", "CC-BY-NC-4.0", policy=policy)) == []


def test_dk204_terms_pass_through_data_that_is_only_recorded() -> None:
    middle = without(room("middle", folder="data/interim"), "README.md")
    files = repository(room(card=card("CC0-1.0")), middle, room("films", card=card("CC-BY-NC-4.0")))
    files = restated(files, derived_from=(Parent("middle", md5("v1")),))
    circle = (Parent("films", md5("v1")), Parent("middle", md5("v1")), Parent("reviews", md5("v1")))
    files = restated(files, "middle", derived_from=circle)
    assert [said.partition("`films`")[1] for said in licensing(EMPTY, files)] == ["`films`"]


def test_dk204_its_own_former_state_and_what_is_not_here_are_no_parents() -> None:
    parents = tuple(Parent(name, md5("v0")) for name in ("reviews", "ratings", "gone", "../../films", ".git"))
    files = repository(room(card=card("CC0-1.0")), room("ratings", card=card("CC-BY-NC-4.0")))
    made = restated(files, derived_from=parents, former="ratings")
    assert licensing(EMPTY, made) == []
    assert len(licensing(EMPTY, restated(files, derived_from=parents))) == 1


def test_dk204_is_judged_where_data_or_card_is_new_and_else_in_the_whole() -> None:
    before, tightened = family("CC0-1.0", "CC0-1.0"), family("CC0-1.0", "CC-BY-NC-4.0")
    assert licensing(before, tightened) == []  # the parent's card alone: its children are not looked for
    assert len(licensing(before, tightened, whole=True)) == 1
    again = restated(tightened, data={"rows": 4})
    assert len(licensing(tightened, again)) == 1
    worded = {**tightened, CHILD: card("CC0-1.0").replace("film", "movie").encode()}
    assert len(licensing(tightened, worded)) == 1
    assert licensing(tightened, {**tightened, "catalog/reviews/notes.md": b"x"}) == []
    assert licensing(EMPTY, family("no-such-1", "CC-BY-NC-4.0")) == []  # DK201 speaks of it


def test_dk204_looks_parents_up_and_nothing_else() -> None:
    from datakit.gate.judge import judge

    base, tree = DictTree(EMPTY), DictTree({**family("CC0-1.0", "MIT"), **room("others")})
    new = tuple(change for change in changes(base, tree) if "others" not in change.path)
    judge(tree, base, new)
    assert [path for path in tree.asked if "others" in path] == []


def test_severities() -> None:
    for level, found in {"error": ["error"], "warn": ["warn"], "off": []}.items():
        files = family("CC0-1.0", "MIT", policy=f'severity: {{"DK204": {level}}}\n')
        assert [f.level for f in judged({"datakit.yaml": files["datakit.yaml"]}, files) if f.code == "DK204"] == found

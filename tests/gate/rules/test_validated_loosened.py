"""DK308: the change that brings data does not loosen the contract that judges it."""

from __future__ import annotations

import shlex
from typing import Any

from datakit.formats.finding import Finding
from tests.support.rooms import drafted, repository, room
from tests.support.trees import judged

CONTRACT = "catalog/reviews/contract.odcs.yaml"
ONE = repository(room())
LOOSE = drafted("reviews", minimum=0)


def newer(**options: Any) -> dict[str, Any]:
    """Return the next version of the dataset."""
    return repository(room(data="v2", before="v1", note="more", **options))


def loosened(old: dict[str, Any], new: dict[str, Any]) -> list[Finding]:
    """Return the findings of the rule on a step."""
    return [f for f in judged(old, new) if f.code == "DK308"]


def test_dk308_a_contract_loosened_with_the_data() -> None:
    # Scenario 40.
    (finding,) = judged(ONE, newer(terms=LOOSE))
    assert (finding.path, finding.code, finding.dataset, finding.level) == (CONTRACT, "DK308", "reviews", "error")
    assert finding.message == "the change brings other data and promises less of it: `stars.minimum` 1 -> 0"
    assert finding.hint == (
        "first the contract: git restore --source=HEAD --staged --worktree -- catalog/reviews/manifest.json "
        "catalog/reviews/receipt.json catalog/reviews/profile.json data/raw/reviews.csv.dvc, "
        'then `datakit validate reviews`, commit and push it; then `datakit add reviews --force -m "why the data changed"`'
    )
    assert len(shlex.split(finding.hint.partition(": ")[2].partition(", then")[0])) == 10


def test_a_contract_loosened_alone_and_the_data_after_it() -> None:
    # Scenario 41, and what the hint leads to.
    alone = repository(room(terms=LOOSE))
    assert judged(ONE, alone) == ()
    assert judged(alone, newer(terms=LOOSE)) == ()


def test_a_contract_tightened_with_the_data() -> None:
    assert judged(ONE, newer(terms=drafted("reviews", minimum=2))) == ()
    described = drafted("reviews").replace(b"One to five.", b"From one to five.")
    assert judged(ONE, newer(terms=described)) == ()


def test_a_draft_promises_nothing() -> None:
    before = repository(room(terms=drafted("reviews", status="draft")))
    assert loosened(before, newer(terms=LOOSE)) == []


def test_dk308_the_check_is_taken_out_or_the_column() -> None:
    for kept in (b"stars.maximum", b"points"):
        other = drafted("reviews").replace(b"stars", kept)
        assert len(loosened(ONE, newer(terms=other))) == 1


def test_how_a_file_is_read_is_no_promise() -> None:
    reader = drafted("reviews").replace(b"csv", b"tsv")
    assert reader != drafted("reviews")
    assert loosened(ONE, newer(terms=reader)) == []


def test_dk308_a_new_name_is_no_way_around() -> None:
    renamed = repository(room("opinions", data="v2", terms=drafted("opinions", minimum=0), note="more", before="v1"))
    from datakit.formats import manifest

    path = "catalog/opinions/manifest.json"
    renamed[path] = manifest.dump(manifest.read(renamed[path], path)._replace(former="reviews"))
    assert [f.path for f in loosened(ONE, renamed)] == ["catalog/opinions/contract.odcs.yaml"]


def test_interim_data_has_no_contract_to_keep() -> None:
    before = repository(room(folder="data/interim"))
    after = repository(room(folder="data/interim", data="v2", before="v1", note="more", terms=LOOSE))
    assert loosened(before, after) == []

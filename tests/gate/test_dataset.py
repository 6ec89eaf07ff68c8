"""One dataset as a tree shows it."""

from __future__ import annotations

import hashlib

import pytest

from datakit.errors import InvalidRecord
from datakit.formats.policy import Policy
from datakit.gate.dataset import Dataset, outs, part, text_digest
from tests.support.rooms import repository, room, without
from tests.support.trees import DictTree

ONE = repository(room())


def seen(files: dict[str, bytes], policy: Policy | None = None) -> Dataset:
    """Return the dataset `reviews` of these files."""
    return Dataset(DictTree(files), policy or Policy(), "reviews")


def test_every_part_is_read_once_and_only_when_asked_for() -> None:
    tree = DictTree(ONE)
    dataset = Dataset(tree, Policy(), "reviews")
    assert tree.asked == []
    for _ in range(2):
        for found in (
            dataset.manifest,
            dataset.receipt,
            dataset.profile,
            dataset.card,
            dataset.contract,
            dataset.pointer,
        ):
            assert found.value is not None
            assert not found.missing
    assert sorted(tree.asked) == sorted(room())


def test_what_is_missing_and_what_is_broken() -> None:
    for key, path in {
        "manifest": "manifest.json", "receipt": "receipt.json", "profile": "profile.json", "card": "README.md", "contract": "contract.odcs.yaml",
    }.items():  # fmt: skip
        full = f"catalog/reviews/{path}"
        gone = getattr(seen(without(ONE, path)), key)
        assert (gone.path, gone.value, gone.error, gone.missing) == (full, None, None, True)
        broken = getattr(seen({**ONE, full: b"\xff"}), key)
        assert isinstance(broken.error, InvalidRecord)
        assert (broken.value, broken.missing, broken.error.path) == (None, False, full)


def test_the_pointer_is_where_the_manifest_says() -> None:
    assert seen(ONE).pointer.value is not None
    assert seen(without(ONE, "manifest.json")).pointer.missing
    assert seen(without(ONE, ".csv.dvc")).pointer.missing
    other = {**ONE, "data/raw/reviews.csv.dvc": b"outs:\n- path: other.csv\n"}
    assert seen(other).pointer.missing
    assert seen({**ONE, "data/raw/reviews.csv.dvc": b""}).pointer.error is not None


@pytest.mark.parametrize(
    ("folder", "tier", "strict"),
    [("data/raw", "raw", True), ("data/external", "external", True), ("data/processed/x", "processed", True), ("data/interim", "interim", False), ("models", None, True)],
)  # fmt: skip
def test_tiers(folder: str, tier: str | None, strict: bool) -> None:
    dataset = seen(repository(room(folder=folder)))
    assert (dataset.tier, dataset.strict) == (tier, strict)


def test_the_digest_of_a_text_does_not_see_line_ends() -> None:
    data = ONE["catalog/reviews/contract.odcs.yaml"]
    assert (
        seen(ONE).contract_digest
        == text_digest(data)
        == text_digest(data.replace(b"\n", b"\r\n"))
        == hashlib.sha256(data).hexdigest()
    )
    assert seen(without(ONE, "contract")).contract_digest is None
    assert text_digest(b"a") != text_digest(b"b")


def test_parts_and_outs() -> None:
    tree = DictTree({"a": b"1"})
    assert part(tree, "a", lambda data, where: (data, where)).value == (b"1", "a")
    assert part(tree, "b", lambda data, where: (data, where)).missing
    assert [place for place, _ in outs(b"wdir: ..\nouts:\n- path: a\n- path: ../../x\n", "data/a.dvc")] == ["a", None]
    assert outs(b"schema: '2.0'\n", "dvc.lock") == ()

"""One dataset as a tree shows it."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats.policy import Policy
from datakit.gate.dataset import Dataset, outs, part, text_digest
from tests.support.rooms import repository, room, without
from tests.support.trees import DictTree, judged

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


SCALARS = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        10**30,
        1.5,
        "",
        "x",
        "0" * 32,
        "0" * 64,
        "a/b",
        "../x",
        "\ud800",
        "https://a:b@c/d",
        "2026-01-01T00:00:00Z",
    ]
)
KEYS = st.sampled_from(
    [
        "manifest", "receipt", "profile", "name", "path", "data", "md5", "sha256", "size", "files", "format", "rows", "columns", "change", "at", "from",
        "sources", "uri", "retrieved", "proofs", "derived_from", "produced_by", "code", "params", "pointer", "contract", "enforced", "verdict", "checks",
        "outs", "deps", "meta", "datakit", "stages", "schema", "cmd", "properties", "quality", "license", "apiVersion", "kind", "id", "version", "status",
    ]
)  # fmt: skip
NODES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
DOCUMENTS = st.dictionaries(KEYS, NODES, max_size=8)


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, st.booleans())
def test_whatever_a_file_holds_it_is_a_record_or_an_error_that_says_so(document: dict[str, object], good: bool) -> None:
    for kind in ("manifest", "receipt", "profile"):
        # The rest of a record is often right, so that deeper readers are reached.
        whole = {**(json.loads(ONE[f"catalog/reviews/{kind}.json"]) if good else {}), **document}
        whole.pop("digest", None)
        head = json.dumps(whole, indent=2).encode().removesuffix(b"\n}").removesuffix(b"{}") + b",\n"
        sealed = head + b'  "digest": "' + hashlib.sha256(head).hexdigest().encode() + b'"\n}\n'
        dataset = seen({**ONE, f"catalog/reviews/{kind}.json": sealed})
        found = getattr(dataset, kind)
        assert found.value is not None or found.error is not None
        assert dataset.pointer is not None
    text = json.dumps(document).encode()
    for path in ("data/raw/reviews.csv.dvc", "catalog/reviews/contract.odcs.yaml"):
        dataset = seen({**ONE, path: text})
        assert [part.missing for part in (dataset.contract,)] == [False]
        assert dataset.pointer is not None
    card = seen({**ONE, "catalog/reviews/README.md": b"---\n" + text + b"\n---\n# x\n"}).card
    assert card.value is not None or card.error is not None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_bytes_a_file_has_it_is_a_record_or_an_error_that_says_so(data: bytes) -> None:
    for path in room():
        dataset = seen({**ONE, path: data})
        for found in (dataset.manifest, dataset.receipt, dataset.profile, dataset.card, dataset.contract):
            assert not found.missing
        assert judged(ONE, {**ONE, path: data}) is not None

"""Provenance stays true: what may be said of bytes after they changed, as tables and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import UsageError
from datakit.formats.manifest import Change, Code, Data, Manifest, Parent, Production, Source
from datakit.formats.url import redact
from datakit.steps import provenance

A, B, C = ("a" * 32, "b" * 32, "c" * 32)
T1, T2 = "2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"
URL = Source(redact("https://example.org/x.csv"), T1, "0" * 64, proofs={"etag": "1"})


def made(md5: str, before: str | None = None, note: str = "", **facts: object) -> Manifest:
    """Return a manifest of some bytes."""
    data, change = Data(md5, "0" * 64, 1, 1, "csv"), Change(before, note, "Jane", T1)
    return Manifest("birds", "x.csv", "x.csv.dvc", data, change)._replace(**facts)  # type: ignore[arg-type]  # fields of many types


def change(md5: str, note: str | None, committed: Manifest | None, last: Manifest | None) -> Change:
    """Ask for the change at a later time by somebody else."""
    return provenance.change("birds", md5, note, committed=committed, last=last, by="Joe", at=T2)


class TestChange:
    @pytest.mark.parametrize(
        ("md5", "note", "committed", "last", "expected"),
        [
            # nothing before
            (A, None, None, None, Change(None, "", "Joe", T2)),
            (A, " why ", None, None, Change(None, "why", "Joe", T2)),
            # recorded, not committed
            (A, None, None, made(A), Change(None, "", "Jane", T1)),
            (A, "why", None, made(A), Change(None, "why", "Joe", T2)),
            (B, None, None, made(A), Change(None, "", "Joe", T2)),
            (B, None, None, made(A, note="why"), Change(None, "why", "Joe", T2)),
            # committed and the same
            (A, None, made(A), made(A), Change(None, "", "Jane", T1)),
            (A, None, made(A, C, "why"), made(A, C, "why"), Change(C, "why", "Jane", T1)),
            (A, "better", made(A, C, "why"), made(A, C, "why"), Change(C, "better", "Joe", T2)),
            # committed and changed
            (B, "why", made(A), made(A), Change(A, "why", "Joe", T2)),
            (B, None, made(A), made(B, A, "why"), Change(A, "why", "Jane", T1)),
            (C, None, made(A), made(B, A, "why"), Change(A, "why", "Joe", T2)),
            # and back again
            (A, None, made(A, C, "old"), made(B, A, "why"), Change(C, "old", "Jane", T1)),
            # the manifest in the work tree is gone
            (A, None, made(A, C, "old"), None, Change(C, "old", "Jane", T1)),
        ],
    )
    def test_says_only_what_is_new(
        self, md5: str, note: str | None, committed: Manifest | None, last: Manifest | None, expected: Change
    ) -> None:
        assert change(md5, note, committed, last) == expected

    @pytest.mark.parametrize(
        ("note", "last"), [(None, made(A)), ("  ", made(A)), (None, made(B, C, "of another change")), (None, None)]
    )
    def test_a_change_without_a_reason_is_refused(self, note: str | None, last: Manifest | None) -> None:
        assert provenance.unexplained(B, committed=made(A, C, "old"), last=last)
        with pytest.raises(UsageError) as caught:
            change(B, note, made(A, C, "old"), last)
        assert caught.value.message == "the data of `birds` changed and needs a reason"
        assert caught.value.hint == 'datakit add birds -m "why the data changed"'

    hashes = st.sampled_from([A, B, C])
    manifests = st.none() | st.builds(made, hashes, st.none() | hashes, st.sampled_from(["", "why"]))

    @given(hashes, st.none() | st.sampled_from(["why", "other"]), manifests, manifests)
    def test_saying_it_twice_changes_nothing(
        self, md5: str, note: str | None, committed: Manifest | None, last: Manifest | None
    ) -> None:
        try:
            first = change(md5, note, committed, last)
        except UsageError:
            assert committed is not None
            assert committed.data.md5 != md5
            return
        recorded = made(md5)._replace(change=first)
        assert change(md5, note, committed, recorded) == first
        assert change(md5, None, committed, recorded).note == first.note or (
            committed is not None and committed.data.md5 == md5
        )

    @given(hashes, manifests, manifests)
    def test_the_hash_before_is_that_of_the_commit(
        self, md5: str, committed: Manifest | None, last: Manifest | None
    ) -> None:
        found = change(md5, "why", committed, last)
        if committed is None:
            assert found.before is None
        elif committed.data.md5 != md5:
            assert found.before == committed.data.md5


class TestSources:
    def test_unchanged_bytes_keep_theirs(self) -> None:
        assert provenance.sources(A, None, made(A, sources=(URL,))) == (URL,)

    def test_bytes_changed_by_hand_have_none(self) -> None:
        assert provenance.sources(B, None, made(A, sources=(URL,))) == ()

    def test_a_retrieval_is_the_only_one(self) -> None:
        other = URL._replace(uri=redact("https://example.org/y.csv"))
        assert provenance.sources(B, other, made(A, sources=(URL,))) == (other,)
        assert provenance.sources(A, URL, None) == (URL,)

    def test_a_retrieval_of_the_same_is_no_news_but_a_new_proof_is(self) -> None:
        last = made(A, sources=(URL,))
        assert provenance.sources(A, URL._replace(retrieved=T2), last) == (URL,)
        proved = URL._replace(retrieved=T2, proofs={"etag": "2"})
        assert provenance.sources(A, proved, last) == (proved,)


class TestParents:
    hand = Production()
    script = Production("python clean.py", "", (Code("clean.py", "0" * 40),))

    @pytest.mark.parametrize(
        ("md5", "given", "production", "fetched", "last", "expected"),
        [
            (A, (), hand, False, None, ()),
            (A, (Parent("z", C), Parent("e", B)), script, False, None, (Parent("e", B), Parent("z", C))),
            (A, (Parent("e", B), Parent("e", B)), hand, False, None, (Parent("e", B),)),
            (A, (), hand, False, made(A, derived_from=(Parent("e", B),)), (Parent("e", B),)),
            (A, (Parent("z", C),), hand, False, made(A, derived_from=(Parent("e", B),)), (Parent("z", C),)),
            (B, (), hand, False, made(A, derived_from=(Parent("e", B),)), (Parent("birds", A),)),
            (B, (), script, False, made(A), ()),
            (B, (), hand, True, made(A), ()),
            (B, (Parent("e", C),), hand, False, made(A), (Parent("e", C),)),
        ],
    )
    def test_are_those_of_these_bytes(
        self,
        md5: str,
        given: tuple[Parent, ...],
        production: Production,
        fetched: bool,
        last: Manifest | None,
        expected: tuple[Parent, ...],
    ) -> None:
        assert provenance.parents(md5, given, production, fetched=fetched, last=last) == expected

    def test_production_is_that_of_these_bytes(self) -> None:
        assert provenance.production(A, self.hand, made(A, produced_by=self.script)) == self.script
        assert provenance.production(B, self.hand, made(A, produced_by=self.script)) == self.hand
        assert provenance.production(A, self.script, made(A)) == self.script
        assert provenance.production(A, self.script, None) == self.script

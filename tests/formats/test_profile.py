"""Profiles: per-column statistics in table order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import profile, record
from datakit.formats.profile import ColumnProfile, Profile

text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
finite = st.floats(allow_nan=False, allow_infinity=False)
count = st.integers(0, 2**53)
columns = st.builds(
    ColumnProfile,
    name=text, type=st.sampled_from(["string", "integer"]), rows=st.just(7), missing=count, distinct=count,
    minimum=st.none() | text, maximum=st.none() | text, mean=st.none() | finite, deviation=st.none() | finite,
    quantiles=st.just(()) | st.tuples(*[finite] * 5), shortest=st.none() | count, longest=st.none() | count,
    top=st.lists(st.tuples(text, count), unique_by=lambda pair: pair[0], max_size=3).map(tuple),
)  # fmt: skip
profiles = st.lists(columns, unique_by=lambda column: column.name, max_size=4).map(lambda c: Profile(7, tuple(c)))


@settings(max_examples=60, deadline=None)
@given(profiles)
def test_round_trip(item: Profile) -> None:
    written = profile.dump("reviews", item)
    assert profile.read(written, "p.json") == item
    assert profile.dump("reviews", profile.read(written, "p.json")) == written


def test_the_form() -> None:
    item = Profile(
        3,
        (
            ColumnProfile("stars", "integer", 3, 0, 2, "1", "5", 2.5, 1.5, (1.0, 1.0, 2.0, 4.0, 5.0)),
            ColumnProfile("body", "string", 3, 1, 2, shortest=0, longest=9, top=(("b", 2), ("a", 1))),
        ),
    )
    assert record.load(profile.dump("reviews", item), "p") == {
        "profile": 1,
        "name": "reviews",
        "rows": 3,
        "columns": {
            "stars": {
                "type": "integer", "missing": 0, "distinct": 2, "minimum": "1", "maximum": "5", "mean": 2.5, "deviation": 1.5,
                "quantiles": {"5%": 1.0, "25%": 1.0, "50%": 2.0, "75%": 4.0, "95%": 5.0},
            },
            "body": {"type": "string", "missing": 1, "distinct": 2, "shortest": 0, "longest": 9, "top": {"b": 2, "a": 1}},
        },
    }  # fmt: skip
    assert list(record.load(profile.dump("reviews", item), "p")["columns"]) == ["stars", "body"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"profile": 1}, "`rows`: expected a whole number, not negative, found nothing"),
        ({"profile": 1, "rows": 1, "columns": []}, "expected a mapping at `columns`, found a list"),
        (
            {"profile": 1, "rows": 1, "columns": {"a": {"type": "string", "missing": "x", "distinct": 1}}},
            "`columns.a.missing`: expected a whole number, not negative, found 'x'",
        ),
        (
            {"profile": 1, "rows": 1, "columns": {"a": {"type": "string", "missing": 1, "distinct": 1, "mean": []}}},
            "`columns.a.mean`: expected a number, found a list",
        ),
        ({"profile": 2, "rows": 1, "columns": {}}, "is a profile of schema 2, this datakit reads up to 1"),
    ],
)
def test_what_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        profile.read(record.dump(fields), "p.json")
    assert caught.value.problem == said


def test_a_hand_edit_is_noticed() -> None:
    written = profile.dump("reviews", Profile(3, ()))
    with pytest.raises(InvalidRecord, match="changed by hand or staged in part"):
        profile.read(written.replace(b'"rows": 3', b'"rows": 4'), "p.json")

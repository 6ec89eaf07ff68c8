"""Versions as tags: the same grammar as GTO, the same order as semver."""

from __future__ import annotations

import itertools

import pytest
import semver
from gto.constants import Action, tag_re
from gto.tag import name_tag, parse_name
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.formats import names, tags
from datakit.formats.tags import Tag, Version

number = st.integers(0, 12)
identifier = st.one_of(st.integers(0, 12).map(str), st.from_regex(r"\A[0-9]{0,2}[a-zA-Z-][0-9a-zA-Z-]{0,3}\Z"))
dotted = st.lists(identifier, max_size=3).map(".".join)
version = st.builds(Version, number, number, number, dotted, st.one_of(st.just(""), dotted))
name = st.from_regex(r"\A[a-z0-9]([a-z0-9_-]{0,6}[a-z0-9])?\Z").filter(lambda text: names.problem(text) is None)


@settings(max_examples=60, deadline=None)
@given(name, version, st.booleans())
def test_a_tag_is_read_as_it_was_written_and_gto_reads_the_same(dataset: str, item: Version, removed: bool) -> None:
    made = Tag(dataset, item, removed)
    assert tags.tag(str(made)) == made
    assert tags.version(str(item)) == item
    parsed = parse_name(str(made))
    assert parsed["name"] == dataset
    assert parsed["version"] == str(item)
    assert parsed["action"] == (Action.DEREGISTER if removed else Action.REGISTER)
    assert name_tag(parsed["action"], dataset, version=str(item), simple=True) == str(made)


@settings(max_examples=60, deadline=None)
@given(st.text("ab0129@v.!#-+_/=A", max_size=14))
def test_what_is_a_tag_for_us_is_one_for_gto(text: str) -> None:
    ours = tags.tag(text)
    theirs = tag_re.match(text)
    if ours is not None:
        assert theirs is not None
        assert str(ours) == text
    elif theirs is not None and theirs["version"]:
        # What GTO allows beyond: other artifacts (folders, capitals), a counter behind the version.
        assert names.problem(theirs["artifact"]) or "#" in text


@pytest.mark.parametrize(
    "text",
    [
        "v1.0.0", "reviews", "reviews@", "reviews@1.0.0", "reviews@v1.0", "reviews@v1.0.0.0", "reviews@v01.0.0", "reviews@v1.0.0-01",
        "reviews@v1.0.0!!", "reviews@v1.0.0#1", "reviews#prod", "reviews@deprecated", "Reviews@v1.0.0", "a/b@v1.0.0", "dir=a@v1.0.0",
        "@v1.0.0", "reviews@v1.0.0\n", " reviews@v1.0.0", "reviews@v1.0.0@v1.0.0", "reviews@v١.0.0", "no@v1.0.0",
    ],
)  # fmt: skip
def test_tags_that_are_no_versions_of_a_dataset(text: str) -> None:
    assert tags.tag(text) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(version, min_size=2, max_size=6))
def test_the_order_is_that_of_semver(items: list[Version]) -> None:
    for one, other in itertools.pairwise(items):
        ours = (tags.order(one) > tags.order(other)) - (tags.order(one) < tags.order(other))
        theirs = semver.Version.parse(str(one)[1:]).compare(str(other)[1:])
        assert ours == theirs


def test_the_order_of_the_specification() -> None:
    # semver.org 2.0.0, section 11.4.
    rising = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    read = [tags.version(text) for text in rising]
    assert [v for v in read if v is not None] == sorted([v for v in read if v is not None], key=tags.order)


HAVE = [tags.version(v) for v in ("0.0.3", "0.2.1", "0.2.9", "0.3.0", "1.2.0", "1.2.7", "1.9.1", "2.0.0", "2.1.0-rc.1")]
KNOWN = [v for v in HAVE if v is not None]


@pytest.mark.parametrize(
    ("spec", "chosen"),
    [
        ("latest", "v2.0.0"), ("v1.2.0", "v1.2.0"), ("1.2.0", "v1.2.0"), ("1.2.1", None), ("2.1.0-rc.1", "v2.1.0-rc.1"),
        ("^1.2", "v1.9.1"), ("^1", "v1.9.1"), ("^v1.2.8", "v1.9.1"), ("~1.2", "v1.2.7"), ("~1", "v1.9.1"), ("~1.2.3", "v1.2.7"),
        ("^0.2.1", "v0.2.9"), ("^0.0.3", "v0.0.3"), ("^0.0.2", None), ("^0", "v0.3.0"), ("^0.0", "v0.0.3"), ("~0.2.2", "v0.2.9"),
        ("^3", None), ("HEAD", None), ("", None), (">=1.0", None), ("^1.2.0-rc.1", None),
    ],
)  # fmt: skip
def test_what_a_specification_chooses(spec: str, chosen: str | None) -> None:
    for versions in (KNOWN, KNOWN[::-1]):
        found = tags.select(spec, versions)
        assert (None if found is None else str(found)) == chosen


def test_latest_of_nothing_and_of_pre_releases_only() -> None:
    assert tags.select("latest", []) is None
    assert tags.select("latest", [Version(1, 0, 0, "rc.1")]) is None


def test_build_metadata_does_not_tell_versions_apart() -> None:
    assert tags.order(Version(1, 0, 0, "", "a")) == tags.order(Version(1, 0, 0, "", "b"))
    assert tags.select("1.0.0", [Version(1, 0, 0, "", "a")]) == Version(1, 0, 0, "", "a")


@pytest.mark.parametrize(
    ("before", "level", "after"),
    [
        ("1.2.3", "major", "v2.0.0"),
        ("1.2.3", "minor", "v1.3.0"),
        ("1.2.3", "patch", "v1.2.4"),
        ("2.0.0-rc.1", "major", "v2.0.0"),
        ("2.0.0-rc.1", "minor", "v2.0.0"),
        ("2.0.0-rc.1", "patch", "v2.0.0"),
        ("2.1.0-rc.1", "major", "v3.0.0"),
        ("2.1.0-rc.1", "minor", "v2.1.0"),
        ("2.1.1-rc.1", "minor", "v2.2.0"),
        ("1.2.3+build.7", "patch", "v1.2.4"),
    ],
)
def test_the_version_that_follows(before: str, level: tags.Level, after: str) -> None:
    known = tags.version(before)
    assert known is not None
    found = tags.successor(known, level)
    assert str(found) == after
    assert tags.order(found) > tags.order(known)


def test_below_one_a_step_less_is_needed() -> None:
    early, late = tags.Version(0, 3, 1), tags.Version(1, 0, 0)
    assert [tags.needed(early, level) for level in tags.LEVELS] == ["minor", "patch", "patch"]
    assert [tags.needed(late, level) for level in tags.LEVELS] == list(tags.LEVELS)

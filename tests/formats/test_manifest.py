"""Manifests: round trips, byte stability, keys of later versions, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import manifest, record
from datakit.formats.manifest import Change, Code, Data, Manifest, Parent, Production, Source
from datakit.formats.url import redact

MD5, SHA256, GIT = "1" * 32, "2" * 64, "3" * 40
AT = "2026-11-22T10:00:03Z"

SAMPLE = Manifest(
    name="reviews",
    path="data/raw/reviews.csv",
    pointer="data/raw/reviews.csv.dvc",
    data=Data(MD5, SHA256, 1048576, 1, "csv", 12000, 9),
    change=Change("4" * 32, "March reviews appended", "Jane Doe <jane@example.org>", AT),
    sources=(Source(redact("https://example.org/reviews.csv"), AT, SHA256, "CC-BY-4.0", {"etag": '"5e1"'}),),
    derived_from=(Parent("raw-reviews", MD5),),
    produced_by=Production("python clean.py", "clean", (Code("clean.py", GIT),), {"seed": 1}),
    datakit="0.1.0",
)

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=10)
word = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=8)
md5 = st.sampled_from([MD5, f"{MD5}.dir", "a" * 32])
whole = st.integers(0, 2**53)
manifests = st.builds(
    Manifest,
    name=st.sampled_from(["reviews", "a-b"]),
    path=st.sampled_from(["data/raw/reviews.csv", "data/a b/é\n'.csv", "-x"]),
    pointer=st.sampled_from(["data/raw/reviews.csv.dvc", "pipelines/dvc.lock"]),
    data=st.builds(
        Data, md5, st.just(SHA256), whole, whole, st.sampled_from(["csv", "files"]), st.none() | whole, st.none() | whole,
        st.sampled_from([None, "all", "none", MD5]),
    ),
    change=st.builds(Change, st.none() | md5, text, text, st.just(AT)),
    sources=st.lists(
        st.builds(
            Source, st.sampled_from(["https://example.org/a.csv", "s3://bucket/a"]).map(redact), st.just(AT), st.just(SHA256),
            text, st.dictionaries(word, word, max_size=2),
        ),
        max_size=2,
    ).map(tuple),
    derived_from=st.lists(st.builds(Parent, word, md5), max_size=2).map(lambda found: tuple(sorted(found))),
    produced_by=st.builds(
        Production, text, text, st.lists(st.builds(Code, word, st.just(GIT)), max_size=2).map(tuple),
        st.dictionaries(word, st.integers() | word, max_size=2),
    ),
    former=st.sampled_from([None, "old-name"]),
    datakit=text,
    other=st.dictionaries(st.sampled_from(["later", "splits"]), st.dictionaries(word, word, min_size=1, max_size=2), max_size=2),
)  # fmt: skip


def edited(**changes: object) -> bytes:
    """Return the sample with other fields and a digest that fits, as a forger would make it."""
    fields = {**record.load(manifest.dump(SAMPLE), "m"), **changes}
    return record.dump({key: value for key, value in fields.items() if value is not None})


def problem(data: bytes) -> str:
    """Return what is wrong with a manifest."""
    with pytest.raises(InvalidRecord) as caught:
        manifest.read(data, "m.json")
    return caught.value.problem


@settings(max_examples=60, deadline=None)
@given(manifests)
def test_round_trip(item: Manifest) -> None:
    written = manifest.dump(item)
    assert manifest.read(written, "m.json") == item
    assert manifest.dump(manifest.read(written, "m.json")) == written
    assert manifest.read(written.replace(b"\n", b"\r\n"), "m.json") == item


def test_the_form_is_one_fact_a_line() -> None:
    written = manifest.dump(SAMPLE)
    assert list(record.load(written, "m")) == [
        "manifest", "name", "path", "data", "change", "sources", "derived_from", "produced_by", "pointer", "datakit",
    ]  # fmt: skip
    assert b'\n    "md5": "11111111111111111111111111111111",\n    "sha256": ' in written
    assert b'\n  "pointer": "data/raw/reviews.csv.dvc",\n  "datakit": "0.1.0",\n  "digest": "' in written
    assert record.load(written, "m")["change"] == {
        "from": "4" * 32, "note": "March reviews appended", "by": "Jane Doe <jane@example.org>", "at": AT,
    }  # fmt: skip


def test_what_does_not_apply_is_left_out() -> None:
    item = Manifest("a", "data/raw/a", "data/raw/a.dvc", Data(MD5, SHA256, 0, 0, "files"), Change(None, "", "", AT))
    assert record.load(manifest.dump(item), "m") == {
        "manifest": 1,
        "name": "a",
        "path": "data/raw/a",
        "data": {"md5": MD5, "sha256": SHA256, "size": 0, "files": 0, "format": "files"},
        "change": {"at": AT},
        "pointer": "data/raw/a.dvc",
        "datakit": "",
    }
    assert manifest.read(manifest.dump(item), "m") == item


def test_the_order_of_parents_and_proofs_does_not_matter() -> None:
    one = SAMPLE._replace(derived_from=(Parent("a", MD5), Parent("b", MD5)))
    other = SAMPLE._replace(derived_from=(Parent("b", MD5), Parent("a", MD5)))
    assert manifest.dump(one) == manifest.dump(other)
    source = SAMPLE.sources[0]
    one = SAMPLE._replace(sources=(source._replace(proofs={"etag": "1", "date": "2"}),))
    other = SAMPLE._replace(sources=(source._replace(proofs={"date": "2", "etag": "1"}),))
    assert manifest.dump(one) == manifest.dump(other)


def test_keys_of_a_later_version_are_kept() -> None:
    later = edited(zeta={"a": 1}, alpha=[1])
    read = manifest.read(later, "m")
    assert read.other == {"zeta": {"a": 1}, "alpha": [1]}
    assert manifest.read(manifest.dump(read), "m") == read


FOLDER = "a normal path inside the repository, with `/` between its parts"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"manifest": 2}, "is a manifest of schema 2, this datakit reads up to 1"),
        ({"manifest": None}, "`manifest`: expected a whole number, not negative, found nothing"),
        ({"name": "No Name"}, "`name`: `No Name` cannot name a dataset: a name is lower-case letters, digits, `-` and `_`, starting and ending with a letter or digit"),
        ({"name": None}, "`name`: expected a text, found nothing"),
        ({"data": None}, "`data.md5`: expected a text, found nothing"),
        ({"data": {"md5": MD5.upper() + "A"}}, "`data.md5`: expected an md5 in lower-case hexadecimal, found '" + MD5 + "A'"),
        ({"data": {"md5": MD5, "sha256": SHA256, "size": "1e3"}}, "`data.size`: expected a whole number, not negative, found '1e3'"),
        ({"change": {}}, "`change.at`: expected a text, found nothing"),
        ({"change": {"at": AT, "from": "x"}}, "`change.from`: expected an md5 in lower-case hexadecimal, found 'x'"),
        ({"sources": {}}, "`sources`: expected a list, found a mapping"),
        ({"sources": [{"uri": "https://a.org"}]}, "`sources[0].retrieved`: expected a text, found nothing"),
        ({"sources": [{"uri": "https://me:pw@a.org/x"}]}, "`sources[0].uri`: holds what may be a secret, expected `https://a.org/x`"),
        ({"sources": [{"uri": "https://a.org/\u202e"}]}, "`sources[0].uri`: the URL has the character U+202E at place 15"),
        ({"derived_from": [{"name": "a", "md5": 1}]}, "`derived_from[0].md5`: expected a text, found 1"),
        ({"produced_by": {"code": [{"path": "a", "git_blob": "zz"}]}}, "`produced_by.code[0].git_blob`: expected a git in lower-case hexadecimal, found 'zz'"),
        *(({key: bad}, f"`{key}`: expected {FOLDER}, found {bad!r}") for key in ("path", "pointer") for bad in (
            "", "/etc/passwd", "../x", "data/../../x", "data/./x", "data//x", "./x", "data/", "data\\x", "C:/x", "https://a/b",
            ".git/config", "data/.GIT/x", ".dvc/config", ".datakit/x", "data\x00x", "data\rx", "data\tx",
            "git~1/config", ".git /config", "data/nul.csv",
        )),
        *(
            ({"data": {"md5": MD5, "sha256": SHA256, "size": 0, "files": 0, "format": "csv", "executable": bad}},
             f"`data.executable`: expected `all`, `none` or an md5 in lower-case hexadecimal, found {bad!r}")
            for bad in ("", "some", f"{MD5}.dir", MD5.upper().replace("1", "A"))
        ),
    ],
)  # fmt: skip
def test_what_is_refused(changes: dict[str, object], said: str) -> None:
    assert problem(edited(**changes)) == said


def test_a_later_schema_says_what_to_do() -> None:
    with pytest.raises(InvalidRecord) as caught:
        manifest.read(edited(manifest=2), "m.json")
    assert caught.value.hint == "upgrade with `pip install -U dvc-datakit`"


def test_a_hand_edit_is_noticed() -> None:
    data = manifest.dump(SAMPLE).replace(b'"rows": 12000', b'"rows": 12001')
    assert problem(data) == "was changed by hand or staged in part: its digest does not match"

"""The listing of a folder: DVC's bytes going out, nothing hostile coming in."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import listing
from datakit.formats.listing import Entry
from tests.support.paths import UNSAFE

MD5 = "0123456789abcdef" * 2

component = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="/\\\0:~."), min_size=1, max_size=12
).filter(lambda text: listing.path_problem(text) is None)
relpath = st.lists(component, min_size=1, max_size=3).map("/".join)
md5s = st.text("0123456789abcdef", min_size=32, max_size=32)


def one(path: str, md5: str = MD5) -> bytes:
    """Write the listing of one file without any check."""
    return json.dumps([{"md5": md5, "relpath": path}]).encode()


SAFE_PATHS = [
    "a", "a/b.csv", "with space", "new\nline", "tab\there", "ünïcödé", "日本/語.png", "-rf", ".hidden", ".gitignore",
    ".github/x", "..a", "a..b", "ab:c", "12:30:45.csv", "console", "auxiliary.txt", "com10", "com", "nulls", "a~1",
    "{}", "*?\"<>|", "'", "e\u0301", "git", ".dvcx", "file.",
]  # fmt: skip


MALFORMED = {
    b"": "not JSON",
    b"[": "not JSON",
    b"{}": "expected a list of files, found an object",
    b"null": "expected a list of files, found null",
    b'"a"': "expected a list of files, found a string",
    b"7": "expected a list of files, found a number",
    b"true": "expected a list of files, found a boolean",
    b"\xef\xbb\xbf[]": "not JSON",
    b"\xff\xfe[\x00]\x00": "byte 0 of the listing is not UTF-8",
    b'[{"md5": "\xff"}]': "byte 10 of the listing is not UTF-8",
    b"[7]": "entry 1 is a number, expected an object",
    b"[[]]": "entry 1 is a list, expected an object",
    b"[{}]": "entry 1 has the keys none, expected `md5` and `relpath`",
    b'[{"relpath": "a"}]': "entry 1 has the keys `relpath`, expected `md5` and `relpath`",
    json.dumps([{"md5": MD5, "relpath": "a", "size": 1}]).encode(): "expected `md5` and `relpath`",
    f'[{{"md5": "{MD5}", "relpath": "a", "relpath": "../b"}}]'.encode(): "keys `md5`, `relpath`, `relpath`",
    one("a", MD5.upper()): f"entry 1 has the md5 `{MD5.upper()}`, expected 32 lower-case hexadecimal digits",
    one("a", MD5[:31]): "expected 32 lower-case hexadecimal digits",
    one("a", MD5 + ".dir"): "expected 32 lower-case hexadecimal digits",
    one("a", MD5 + "\n"): "expected 32 lower-case hexadecimal digits",
    one("a", "../" * 10 + "ab"): "expected 32 lower-case hexadecimal digits",
    f'[{{"md5": {"1" * 32}, "relpath": "a"}}]'.encode(): "entry 1 has the md5 `a number`, expected 32 lower-case hexadecimal digits",
    f'[{{"md5": "{MD5}", "relpath": null}}]'.encode(): "entry 1 has a path that is null, expected a string",
    f'[{{"md5": "{MD5}", "relpath": ["a"]}}]'.encode(): "entry 1 has a path that is a list, expected a string",
    b"[" * 100_000: "not the JSON of a listing: a number too long or nested too deeply",
    b"[" + b"9" * 5000 + b"]": "not the JSON of a listing: a number too long or nested too deeply",
    b"[NaN]": "entry 1 is a number",
}


def entries(*paths: str) -> bytes:
    """Write a listing of these paths without any check."""
    return json.dumps([{"md5": MD5, "relpath": path} for path in paths]).encode()


class TestLoad:
    @pytest.mark.parametrize(
        ("path", "problem"), UNSAFE.items(), ids=lambda value: value[:30].encode("unicode_escape").decode()
    )
    def test_unsafe_path_is_refused(self, path: str, problem: str) -> None:
        with pytest.raises(InvalidRecord, match=r"^x\.dir: unsafe path `.*`: " + re.escape(problem) + "$"):
            listing.load(one(path), "x.dir")

    @pytest.mark.parametrize("path", SAFE_PATHS)
    def test_ordinary_path_is_kept(self, path: str) -> None:
        assert listing.load(one(path), "x") == (Entry(path, MD5),)

    @pytest.mark.parametrize(("data", "problem"), MALFORMED.items(), ids=lambda value: repr(value[:24]))
    def test_malformed_listing_is_refused(self, data: bytes, problem: str) -> None:
        with pytest.raises(InvalidRecord, match=re.escape(problem)):
            listing.load(data, "x.dir")

    @pytest.mark.parametrize(
        ("paths", "problem"),
        [
            (("a", "a"), "`a` is listed twice"),
            (("a", "A"), "`a` and `A` differ in case or Unicode form only"),
            (("é", "e\u0301"), "`é` and `e\u0301` differ in case or Unicode form only"),
            (("A/x", "a/y"), "`A` and `a` differ in case or Unicode form only"),
            (("straße", "STRASSE"), "`straße` and `STRASSE` differ in case or Unicode form only"),
            (("a", "a/b"), "`a` is a file and the folder of `a/b`"),
            (("a/b/c", "a"), "`a` is a file and the folder of `a/b/c`"),
        ],
    )
    def test_clashing_paths_are_refused(self, paths: tuple[str, ...], problem: str) -> None:
        with pytest.raises(InvalidRecord, match=re.escape(problem)):
            listing.load(entries(*paths), "x.dir")

    def test_oversized_listing_is_refused_before_it_is_parsed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "MAX_BYTES", 10)
        with pytest.raises(InvalidRecord, match=r"^x: listing of 11 bytes, expected at most 10$"):
            listing.load(b"[          ", "x")

    def test_error_escapes_the_name_and_keeps_it_short(self) -> None:
        with pytest.raises(InvalidRecord) as caught:
            listing.load(one("../\x1b[31m\n" + "x" * 5000), "x")
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 300

    @settings(max_examples=60, deadline=None)
    @given(st.text(max_size=20))
    def test_quick_look_agrees_with_the_close_one(self, path: str) -> None:
        whole = listing._whole_problem(path)
        close = whole or next(filter(None, map(listing._component_problem, path.split("/"))), None)
        assert listing.path_problem(path) == close


class TestDump:
    def test_bytes_are_those_of_dvc(self) -> None:
        from dvc_data.hashfile.hash_info import HashInfo
        from dvc_data.hashfile.tree import Tree

        paths = ["b", "a/é\n", "a b", "A", "日本", "a-", "a/b", "😀"]
        tree = Tree()
        for number, path in enumerate(paths):
            tree.add(tuple(path.split("/")), None, HashInfo("md5", f"{number:032x}"))
        tree.digest()
        ours = [Entry(path, f"{number:032x}") for number, path in enumerate(paths)]
        assert listing.dump(ours) == tree.as_bytes()
        assert listing.digest(ours) == tree.oid

    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(relpath, md5s, max_size=6), st.randoms())
    def test_round_trip_in_any_order(self, files: dict[str, str], random: object) -> None:
        ours = [Entry(path, md5) for path, md5 in files.items()]
        data = listing.dump(ours)
        shuffled = list(ours)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        assert listing.dump(shuffled) == data
        paths = set(files)
        clash = listing.collisions(paths) or any(a != b and b.startswith(a + "/") for a in paths for b in paths)
        if clash:
            with pytest.raises(InvalidRecord):
                listing.load(data, "x")
        else:
            assert listing.load(data, "x") == tuple(sorted(ours))


class TestSha256:
    def test_sha256_of_a_folder_is_as_documented(self) -> None:
        digests = [hashlib.sha256(name.encode()).hexdigest() for name in ("1", "2")]
        expected = hashlib.sha256(f"{digests[1]} 7 a\0{digests[0]} 5 é\0".encode()).hexdigest()
        assert listing.sha256([("é", 5, digests[0]), ("a", 7, digests[1])]) == expected

    def test_sha256_orders_by_bytes_not_by_code_units(self) -> None:
        digest = "0" * 64
        expected = hashlib.sha256(f"{digest} 1 \uffff\0{digest} 1 \U0001f600\0".encode()).hexdigest()
        assert listing.sha256([("\U0001f600", 1, digest), ("\uffff", 1, digest)]) == expected


class TestArePlain:
    @settings(max_examples=60, deadline=None)
    @given(
        st.sets(
            st.text("aA.con~1 :\\gitdvé\n", min_size=1, max_size=6)
            | st.sampled_from(["CON", "con.x", ".git", ".Dvc", "aux "])
        )
    )
    def test_plain_names_are_right_one_by_one(self, names: set[str]) -> None:
        if listing.are_plain([*names]):
            assert [name for name in names if listing.path_problem(name)] == []
            assert listing.collisions(names) == ()

    @pytest.mark.parametrize(
        "name", ["con", "COM1", "a:b", "a\\b", "git~1", ".git", ".DVC", "a.", "a ", "é", "\udc80", "nul.txt"]
    )
    def test_others_are_looked_at_closely(self, name: str) -> None:
        assert not listing.are_plain(["a.csv", name])


@pytest.mark.parametrize("between", [" ", "\n", ""])
def test_two_hashes_in_the_place_of_one(between: str) -> None:
    data = listing.dump([Entry("a", f"{'0' * 32}{between}{'1' * 32}"), Entry("b", "2" * 32)])
    with pytest.raises(InvalidRecord, match="entry 1 has the md5"):
        listing.load(data, "x.dir")

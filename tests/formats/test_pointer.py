"""Pointers: byte for byte what `dvc add` writes, edits that DVC keeps, and what is refused."""

from __future__ import annotations

import hashlib
import timeit
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.utils.serialize import dumps_yaml, loads_yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datakit.errors import InvalidRecord
from datakit.formats import pointer
from datakit.formats.pointer import Out, Pointer
from tests.conftest import _isolate
from tests.support.repo import Repo, copied

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
DIGITS = "12345678901234567890123456789012"
ODD = [
    "no",
    "12:30",
    "a b",
    "é",
    "-x",
    "#x",
    "'q'",
    "2024-01-01",
    "1e5",
    "~",
    "x" * 90 + " " + "y" * 30,
    "a#b",
    "{a}",
    "[a]",
    "null",
]


@pytest.fixture(scope="module")
def added(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    """A repository in which DVC itself added odd files, an empty one, an executable one and a folder."""
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, tmp_path_factory.mktemp("home"))
        repo = copied(blank, tmp_path_factory.mktemp("added") / "repo")
        repo.write(
            {f"d/{name}": name for name in ODD}
            | {"d/empty": "", "d/run": "#!/bin/sh\n", "d/folder/a b": "1", "d/folder/c/é": "22"}
        )
        (repo.path / "d/run").chmod(0o755)
        names = [*ODD, "empty", "run", "folder"]
        repo.dvc("add", "--quiet", *(f"d/{name}" for name in names))
        yield repo


def facts(data: bytes) -> Out:
    """Return the only out of a pointer."""
    (out,) = pointer.read(data, "x.dvc").outs
    return out


@pytest.mark.parametrize("name", [*ODD, "empty", "run", "folder"])
def test_what_is_written_is_what_dvc_add_wrote(added: Repo, name: str) -> None:
    theirs = (added.path / f"d/{name}.dvc").read_bytes()
    content = added.path / "d" / name
    out = facts(theirs)
    assert out.path == name
    if name == "folder":
        assert (out.size, out.files) == (3, 2)
        assert out.md5 is not None
        assert out.md5.endswith(".dir")
    else:
        data = content.read_bytes()
        assert (out.md5, out.size, out.files) == (hashlib.md5(data, usedforsecurity=False).hexdigest(), len(data), None)
    assert pointer.render(out) == theirs
    named = pointer.render(out._replace(name="reviews"))
    assert named == theirs + b"  meta:\n    datakit: reviews\n"
    stale = pointer.update(
        named, "x.dvc", out._replace(name="reviews", md5=MD5, size=7, files=None if out.files is None else 9)
    )
    assert pointer.update(stale, "x.dvc", out._replace(name="reviews")) == named


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"),
        min_size=1,
        max_size=120,
    ),
    st.sampled_from([MD5, DIGITS, "1" * 31 + "e", "0" * 32, "1" * 15 + "e" + "1" * 16, f"{MD5}.dir", f"{DIGITS}.dir"]),
    st.integers(0, 2**60),
    st.none() | st.integers(0, 10**6),
    st.none() | st.sampled_from(["reviews", "1-a"]),
)
def test_any_out_is_written_as_dvcs_writer_would_and_read_back(
    path: str, md5: str, size: int, files: int | None, name: str | None
) -> None:
    out = Out(path, md5, size, files, "md5", name)
    written = pointer.render(out)
    entry: dict[str, object] = {"md5": md5, "size": size} | ({} if files is None else {"nfiles": files})
    entry |= {"hash": "md5", "path": path} | ({} if name is None else {"meta": {"datakit": name}})
    assert written == dumps_yaml({"outs": [entry]}).encode()
    assert loads_yaml(written.decode()) == {"outs": [entry]}
    assert facts(written) == out
    assert pointer.update(written, "x.dvc", out) is written


def test_dvc_keeps_our_name_and_comments(added: Repo, tmp_path: Path) -> None:
    repo = copied(added.path, tmp_path / "kept")
    target = repo.path / "d/a b.dvc"
    theirs = target.read_bytes()
    ours = b"# asked for by Jane\n" + pointer.update(theirs, "d/a b.dvc", facts(theirs)._replace(name="a-b"))
    target.write_bytes(ours)
    assert "up to date" in repo.dvc("status", "d/a b.dvc")
    repo.write({"d/a b": "changed"})
    repo.dvc("add", "--quiet", "d/a b")
    md5 = hashlib.md5(b"changed", usedforsecurity=False).hexdigest()
    again = target.read_bytes()
    assert again.startswith(b"# asked for by Jane\n")
    assert facts(again) == Out("a b", md5, 7, None, "md5", "a-b")
    # The other way round: our update of the old file is what DVC made of it.
    assert pointer.update(ours, "d/a b.dvc", facts(again)) == again
    # And a user who never asked for datakit loses nothing when our line goes.
    target.write_bytes(again.replace(b"  meta:\n    datakit: a-b\n", b""))
    assert "up to date" in repo.dvc("status", "d/a b.dvc")


def test_a_file_that_becomes_a_folder_and_back(added: Repo, tmp_path: Path) -> None:
    repo = copied(added.path, tmp_path / "turned")
    before = (repo.path / "d/no.dvc").read_bytes()
    (repo.path / "d/no").unlink()
    repo.write({"d/no/x": "1"})
    repo.dvc("add", "--quiet", "d/no")
    folder = (repo.path / "d/no.dvc").read_bytes()
    assert pointer.update(before, "d/no.dvc", facts(folder)) == folder
    assert pointer.update(folder, "d/no.dvc", facts(before)) == before


IMPORT = b"""\
# from the registry
md5: 2f1a0f7c3e8b9d6a5c4b3a2918070605
frozen: true
deps:
- path: data.csv
  repo:
    url: https://example.org/repo
    rev: main
    rev_lock: 3f33333333333333333333333333333333333333
outs:
- md5: d41d8cd98f00b204e9800998ecf8427e
  size: 0
  hash: md5
  path: first.csv  # the one
  desc: kept
  meta:
    owner: jane
- md5: d41d8cd98f00b204e9800998ecf8427e.dir
  size: 0
  nfiles: 0
  hash: md5
  path: second
  push: false
"""


def test_an_edit_changes_its_out_and_nothing_else() -> None:
    read = pointer.read(IMPORT, "x.dvc")
    assert (read.imported, read.frozen, read.wdir, len(read.outs)) == (True, True, ".", 2)
    edited = pointer.update(IMPORT, "x.dvc", Out("first.csv", DIGITS, 3, None, "md5", "first"))
    assert edited == IMPORT.replace(
        b"- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n", f"- md5: '{DIGITS}'\n  size: 3\n".encode()
    ).replace(b"    owner: jane\n", b"    owner: jane\n    datakit: first\n")
    again = pointer.update(edited, "x.dvc", Out("second", f"{MD5}.dir", 9, 2, "md5", "second"))
    assert (
        again
        == edited.replace(b"  size: 0\n  nfiles: 0\n", b"  size: 9\n  nfiles: 2\n") + b"  meta:\n    datakit: second\n"
    )


@pytest.mark.parametrize(
    ("text", "out", "written"),
    [
        ("outs:\n- path: a\n", Out("a", MD5, 0, None, "md5"), f"outs:\n- md5: {MD5}\n  size: 0\n  hash: md5\n  path: a\n"),
        # DVC 2 wrote no `hash`; a new hash is of the new kind.
        ("outs:\n- md5: 'x12'\n  size: 1\n  path: a\n".replace("x12", DIGITS[::-1]), Out("a", MD5, 0, None, "md5"), f"outs:\n- md5: {MD5}\n  size: 0\n  hash: md5\n  path: a\n"),
        (f"outs:\n- {{md5: {MD5}, size: 0, path: a}}\n", Out("a", MD5, 1, None, None), f"outs:\n- {{md5: {MD5}, size: 1, path: a}}\n"),
        ("outs:\n- etag: abc\n  size: 3\n  isexec: true\n  path: a\n", Out("a", MD5, 0, None, "md5"), f"outs:\n- md5: {MD5}\n  size: 0\n  hash: md5\n  path: a\n"),
    ],
)  # fmt: skip
def test_an_edit_puts_keys_where_dvc_has_them(text: str, out: Out, written: str) -> None:
    edited = pointer.update(text.encode(), "x.dvc", out)
    assert loads_yaml(edited.decode()) == loads_yaml(written)
    assert facts(edited) == out


def test_an_out_that_is_not_there() -> None:
    with pytest.raises(InvalidRecord) as caught:
        pointer.update(IMPORT, "x.dvc", Out("third"))
    assert caught.value.problem == "has no out `third`"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty: DVC would take the data for untracked"),
        (" \n", "is empty: DVC would take the data for untracked"),
        ("- a\n", "expected a mapping, found a list"),
        ("outs: a\n", "`outs`: expected a list, found 'a'"),
        ("outs:\n- a\n", "expected a mapping at `outs[0]`, found 'a'"),
        ("outs:\n- md5: xyz\n  path: a\n", "`outs[0].md5`: expected an md5 in lower-case hexadecimal, found 'xyz'"),
        (f"outs:\n- md5: {MD5.upper()}\n  path: a\n", f"`outs[0].md5`: expected an md5 in lower-case hexadecimal, found '{MD5.upper()}'"),
        (f"outs:\n- md5: {MD5[:-1]}\n  path: a\n", f"`outs[0].md5`: expected an md5 in lower-case hexadecimal, found '{MD5[:-1]}'"),
        (f"outs:\n- md5: {DIGITS}\n  path: a\n", f"`outs[0].md5`: expected a text in quotes, found '{DIGITS}'"),
        ("outs:\n- path: 12\n", "`outs[0].path`: expected a text, found '12'"),
        ("outs:\n- path: a\n  size: '12'\n", "`outs[0].size`: expected a whole number, found '12'"),
        ("outs:\n- path: a\n  size: -1\n", "`outs[0].size`: expected a whole number, not negative, found '-1'"),
        ("outs:\n- path: a\n  hash: sha1\n", "`outs[0].hash`: expected `md5`, found 'sha1'"),
        ("outs:\n- size: 1\n", "`outs[0].path`: expected a text, found nothing"),
        ("outs:\n- path: ''\n", "`outs[0].path`: expected a path without control characters, found ''"),
        ('outs:\n- path: "a\\tb"\n', "`outs[0].path`: expected a path without control characters, found 'a\\tb'"),
        ("outs:\n- path: a\n  meta: {datakit: [a]}\n", "`outs[0].meta.datakit`: expected a dataset's name, found a list"),
        ("outs:\n- path: a\n  path: b\n", "key `path` is there twice"),
        ("outs:\n- &a {path: a}\n", "anchor `&a` is not allowed"),
        ("outs:\n- path: !!python/name:os.system a\n", "tag `tag:yaml.org,2002:python/name:os.system` is not allowed"),
        ("wdir: x\nout: []\n", "`out`: unknown key, expected one of always_changed, deps, desc, frozen, locked, md5, meta, outs, wdir"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(text: str, problem: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        pointer.read(text.encode(), "data/a.dvc")
    assert caught.value.problem == problem


def test_an_empty_pointer_says_how_to_get_it_back() -> None:
    with pytest.raises(InvalidRecord) as caught:
        pointer.read(b"", "data/a.dvc")
    assert caught.value.hint == "restore it with `git checkout HEAD -- data/a.dvc`"


@pytest.mark.parametrize("meta", ["x", "[a]", "{owner: jane}", "~", "{datakit: ~}"])
def test_other_metadata_is_no_name(meta: str) -> None:
    assert facts(f"outs:\n- path: a\n  meta: {meta}\n".encode()).name is None


def test_line_ends_and_byte_order_marks_mean_nothing() -> None:
    for data in (IMPORT.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + IMPORT):
        assert pointer.read(data, "x.dvc") == pointer.read(IMPORT, "x.dvc")


def test_null_is_as_good_as_nothing() -> None:
    assert pointer.read(b"wdir:\ndeps: ~\nouts: null\n", "x.dvc") == Pointer(())


LOCK = b"""\
schema: '2.0'
stages:
  clean:
    cmd: python clean.py
    deps:
    - path: raw.csv
      hash: md5
      md5: d41d8cd98f00b204e9800998ecf8427e
      size: 0
    params:
      params.yaml:
        seed: 1
    outs:
    - path: clean.csv
      hash: md5
      md5: 900150983cd24fb0d6963f7d28e17f72
      size: 3
  split:
    cmd: [a, b]
    outs:
    - path: parts
      hash: md5
      md5: 900150983cd24fb0d6963f7d28e17f72.dir
      size: 3
      nfiles: 1
"""


def test_the_outs_of_a_lock() -> None:
    assert pointer.read_lock(LOCK, "dvc.lock") == (
        Out("clean.csv", "900150983cd24fb0d6963f7d28e17f72", 3, None, "md5"),
        Out("parts", "900150983cd24fb0d6963f7d28e17f72.dir", 3, 1, "md5"),
    )
    assert pointer.read_lock(b"schema: '2.0'\n", "dvc.lock") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("schema: '1.0'\n", "`schema`: expected `2.0`, found '1.0'"),
        ("schema: '2.0'\nx: 1\n", "`x`: unknown key, expected one of datasets, schema, stages"),
        ("schema: '2.0'\nstages:\n  a: {cmd: c, wdir: x}\n", "`stages.a.wdir`: unknown key, expected one of cmd, deps, outs, params"),
        ("schema: '2.0'\nstages:\n  a: {cmd: c, outs: [{path: a, desc: x}]}\n", "`stages.a.outs[0].desc`: unknown key, expected one of checksum, cloud, dataset, etag, files, hash, isexec, md5, nfiles, path, size, version_id"),
    ],
)  # fmt: skip
def test_what_is_refused_in_a_lock(text: str, problem: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        pointer.read_lock(text.encode(), "dvc.lock")
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("where", "path", "wdir", "found"),
    [
        ("data/raw/a.csv.dvc", "a.csv", ".", "data/raw/a.csv"),
        ("a.dvc", "a", ".", "a"),
        ("data/a.dvc", "../models/m", ".", "models/m"),
        ("data/a.dvc", "b/./c//d", ".", "data/b/c/d"),
        ("data/a.dvc", "a", "..", "a"),
        ("data/a.dvc", "a", "x/y", "data/x/y/a"),
        ("a.dvc", "a..b/...", ".", "a..b/..."),
        ("a.dvc", "12:30", ".", "12:30"),
        *((where, path, wdir, None) for where, path, wdir in (
            ("a.dvc", "../a", "."), ("data/a.dvc", "../../a", "."), ("a.dvc", "/etc/passwd", "."), ("a.dvc", "a", "/etc"), ("a.dvc", "a", "../.."),
            ("a.dvc", "s3://bucket/a", "."), ("a.dvc", "C:/x", "."), ("a.dvc", "a\\b", "."), ("a.dvc", ".", "."), ("a.dvc", ".git/hooks/x", "."),
            ("a.dvc", ".GIT/x", "."), ("a.dvc", ".dvc/config", "."), ("a.dvc", "x/.datakit/y", "."), ("a.dvc", "", "."),
            ("a.dvc", ".git /x", "."), ("a.dvc", "git~1/x", "."), ("a.dvc", ".g\u200cit/x", "."), ("a.dvc", ".dvc::$INDEX_ALLOCATION/x", "."),
        )),
    ],
)  # fmt: skip
def test_where_an_out_lies(where: str, path: str, wdir: str, found: str | None) -> None:
    assert pointer.target(where, Out(path), wdir) == found


USUAL = [
    "outs:\n",
    f"- md5: {MD5}\n",
    "  size: 12\n",
    "  nfiles: 3\n",
    "  hash: md5\n",
    "  path: a.csv\n",
    "  meta:\n    datakit: reviews\n",
    "",
]
HASHES = st.from_regex(r"[0-9a-f]{32}(\.dir)?|[0-9]{32}|[0-9]{29}e[0-9]{2}|[0-9a-f]{31,33}|'[0-9]{32}'", fullmatch=True)
NAMES = st.one_of(
    st.from_regex(r"[A-Za-z0-9_./-]{1,6}|[0-9+.eExXo_-]{1,6}|[a-z]{1,3}( [a-z]{1,2})?", fullmatch=True),
    st.sampled_from(
        [*ODD, "true", "Null", "NULL", "0x1f", "0o17", "1_000", "../up", "a/../b", ".inf", "", "---", "-", "123"]
    ),
)
VARIED = st.one_of(
    st.tuples(st.just(0), st.sampled_from(["outs:\r\n", "outs: \n", "wdir: x\nouts:\n", "outs:\n\n", "\ufeffouts:\n"])),
    st.tuples(st.just(1), HASHES.map("- md5: {}\n".format)),
    st.tuples(st.just(2), st.from_regex(r"  size: ([-+0-9]?[0-9]{1,3}|0x1f|1e3|1_0|[0-9]{17,20})?\n", fullmatch=True)),
    st.tuples(st.just(3), st.from_regex(r"(  nfiles: ([-+0-9]?[0-9]{1,3}|0o7|[0-9]{17,20})?\n)?", fullmatch=True)),
    st.tuples(st.just(4), st.sampled_from(["", "  hash: sha256\n", "  hash: MD5\n", "  hash: 'md5'\n"])),
    st.tuples(st.just(5), NAMES.map("  path: {}\n".format)),
    st.tuples(st.just(6), NAMES.map("  meta:\n    datakit: {}\n".format)),
    st.tuples(st.just(6), st.sampled_from(["", "  meta:\n  - datakit\n", "  meta:\n    other: 1\n"])),
    st.tuples(
        st.just(7),
        st.sampled_from(["\n", "frozen: true\n", "  cache: false\n", "  path: b\n", "...\n", "x", "- path: b\n"]),
    ),
)


class TestUsual:
    """Pointers as DVC writes most of them are read in a shorter way, which has to say what the long one says."""

    @settings(max_examples=60, deadline=None)
    @given(VARIED)
    @example((1, f"- md5: {DIGITS}\n"))
    @example((1, f"- md5: {DIGITS[:29]}e12\n"))
    @example((2, "  size: 012\n"))
    @example((2, "  size: 99999999999999999999\n"))
    @example((3, "  nfiles: 99999999999999999999\n"))
    @example((5, "  path: 12\n"))
    @example((5, "  path: true\n"))
    @example((6, "  meta:\n    datakit: null\n"))
    @example((7, "\n"))
    def test_both_ways_read_the_same(self, varied: tuple[int, str]) -> None:
        def outcome(data: bytes) -> object:
            try:
                return pointer.read(data, "a.dvc")
            except InvalidRecord as error:
                return error.problem

        at, text = varied
        data = "".join([*USUAL[:at], text, *USUAL[at + 1 :]]).encode()
        assert outcome(data) == outcome(data + b"\n# a comment, which DVC never writes: the long way\n")

    @pytest.mark.parametrize(
        "out",
        [
            Out("a.csv", MD5, 0, None, "md5"),
            Out("a.csv", MD5, 10**17, None, "md5", "reviews-2"),
            Out("images", f"{MD5}.dir", 12, 3, "md5", "images"),
            Out("2024-data.csv", MD5, 1, None, "md5", "x"),
            Out("12", MD5, 1, None, "md5", "x"),
            Out("a b", DIGITS, 1, None, "md5", "null"),
            Out("true", f"{'1' * 20}e{'1' * 11}", 1, None, "md5", "12"),
        ],
    )
    def test_what_is_written_is_read(self, out: Out) -> None:
        assert pointer.read(pointer.render(out), "a.dvc") == Pointer((out,))

    def test_the_shorter_way_is_many_times_shorter(self) -> None:
        usual = pointer.render(Out("a.csv", MD5, 0, None, "md5", "reviews"))

        def duration(data: bytes) -> float:
            return min(timeit.repeat(lambda: pointer.read(data, "a.dvc"), number=100, repeat=5))

        assert duration(usual) * 4 < duration(b"#\n" + usual)


def test_a_merge_that_is_not_resolved_is_called_one() -> None:
    for data in (b"<<<<<<< HEAD\nouts: []\n", b"outs:\n<<<<<<< HEAD\n- md5: x\n=======\n- md5: y\n>>>>>>> b\n"):
        with pytest.raises(InvalidRecord) as caught:
            pointer.read(data, "a.dvc")
        assert caught.value.problem == "holds the marks of an unresolved merge"

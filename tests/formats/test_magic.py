"""Kinds of data by bytes and names, each made by the library that writes it, and what a repository of code holds."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import orc

from datakit.formats import magic
from datakit.formats.magic import Kind
from datakit.formats.policy import Policy

TABLE = pa.table({"stars": list(range(50))})
HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(120)
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(17)
ROWS = b"a,b\n1,2\n"


def called(value: object) -> str:
    """Return what a case is called: by its texts, since what a library writes may hold the time."""
    return value if isinstance(value, str) else getattr(value, "name", "bytes")


def buffered(write: object) -> bytes:
    """Return what is written to a file that lies nowhere."""
    stream = io.BytesIO()
    write(stream)  # type: ignore[operator]
    return stream.getvalue()


def arrow(stream: io.BytesIO) -> None:
    """Write an Arrow file."""
    with pa.ipc.new_file(stream, TABLE.schema) as writer:
        writer.write_table(TABLE)


def archive(*names: str, stored: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a ZIP archive of files with these names; one that ends in a slash is a folder."""

    def write(stream: io.BytesIO) -> None:
        with zipfile.ZipFile(stream, "w", stored) as made:
            for name in names:
                made.writestr(name, b"" if name.endswith("/") else ROWS)

    return buffered(write)


def gzipped(inner: str) -> bytes:
    """Compress with the name of the file inside, as `gzip` does."""
    stream = io.BytesIO()
    with gzip.GzipFile(inner, "wb", fileobj=stream, mtime=0) as made:
        made.write(ROWS)
    return stream.getvalue()


def database(folder: Path) -> bytes:
    """Make an SQLite database."""
    path = folder / "x"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE a (b)")
    made.close()
    return path.read_bytes()


BINARY = {
    "a Parquet file": buffered(lambda stream: pyarrow.parquet.write_table(TABLE, stream)),
    "an Arrow file": buffered(arrow),
    "a Feather file": b"FEA1" + bytes(60),
    "an ORC file": buffered(lambda stream: orc.write_table(TABLE, stream)),
    "an Avro file": b"Obj\x01\x04\x14avro.codec" + bytes(40),
    "an HDF5 file": HDF5,
    "a NetCDF file": b"CDF\x02" + bytes(60),
    "a NumPy array": buffered(lambda stream: np.save(stream, np.arange(9))),
    "a DuckDB database": bytes(8) + b"DUCK" + bytes(60),
    "an LMDB database": bytes(16) + b"\xde\xc0\xef\xbe" + bytes(60),
    "a dump of PostgreSQL": b"PGDMP\x01\x0e\x00" + bytes(60),
    "a MATLAB file": b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(90),
    "an R file": b"RDX3\nX\n" + bytes(60),
    "an SPSS file": b"$FL2@(#) SPSS DATA FILE" + bytes(60),
    "a Stata file": b"<stata_dta><header><release>118</release>",
    "a SAS file": bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c" + bytes(60),
    "a FITS file": b"SIMPLE  =                    T / conforms" + bytes(60),
    "a DICOM image": bytes(128) + b"DICM" + bytes(60),
}
NUMPY = [pickle.dumps({"a": list(range(9))}, protocol) for protocol in (2, 3, 4, 5)]
TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + b"\x80\x02M\xe9\x03." + bytes(40)
PICTURES = [
    PNG,
    b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(60),
    b"GIF89a" + bytes(60),
    b"II*\0" + bytes(60),
    b"RIFF\x10\0\0\0WEBPVP8 " + bytes(60),
]


@pytest.mark.parametrize("name", ["x.bin", "notes.txt", "deep/er/x", "a.parquet"])
@pytest.mark.parametrize("what", sorted(BINARY))
def test_formats_of_data_are_told_by_their_bytes_whatever_the_name(what: str, name: str) -> None:
    assert magic.kind(BINARY[what], name) == Kind(what, "data")


def test_an_hdf5_file_behind_a_user_block_and_a_database(tmp_path: Path) -> None:
    assert magic.kind(b"MATLAB 7.3 MAT-file" + bytes(493) + HDF5, "x.mat") == Kind("an HDF5 file", "data")
    assert magic.kind(database(tmp_path), "x.dat") == Kind("an SQLite database", "data")


@pytest.mark.parametrize("data", [*NUMPY, pickle.dumps(np.arange(9), 5), TORCH], ids=called)
def test_pickles(data: bytes) -> None:
    assert magic.kind(data, "model.bin") == Kind("a pickle", "data")


@pytest.mark.parametrize(
    "data", [b"\x80", b"\x80\x02", b"\x80\x04\x95 and no end", b"\x80\x06\x95.", b"\x80abc.", NUMPY[0][:-1]]
)
def test_what_only_begins_like_a_pickle(data: bytes) -> None:
    assert magic.kind(data, "x.bin") is None


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (buffered(lambda s: np.savez(s, a=np.arange(3))), "x.bin", Kind("a ZIP archive with an array file", "data")),
        (archive("archive/data.pkl"), "weights.pt", Kind("a ZIP archive with a pickle", "data")),
        (archive("rows.csv"), "x.zip", Kind("a ZIP archive with a table of text", "table")),
        (archive("data/", "data/deep/", "data/deep/rows.csv"), "x.zip", Kind("a ZIP archive with a table of text", "table")),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "x.xlsx", Kind("a workbook", "table", by_bytes=False)),
        (archive("[Content_Types].xml", "word/document.xml"), "x.docx", Kind("a document", "asset")),
        (archive("META-INF/MANIFEST.MF", "A.class"), "gradle-wrapper.jar", Kind("a ZIP archive", "asset")),
        (archive("pkg/__init__.py"), "pkg-1.0-py3-none-any.whl", Kind("a ZIP archive", "asset")),
        (archive("icons/", "icons/a.svg"), "icons.zip", Kind("a ZIP archive", "asset")),
        (b"PK\x03\x04", "x.zip", Kind("a ZIP archive", "asset")),
        (b"PK\x03\x04" + b"\xff" * 26 + b"a/", "x.zip", Kind("a ZIP archive", "asset")),
        (gzipped("rows.csv"), "backup.gz", Kind("a table of text (compressed)", "table")),
        (gzip.compress(ROWS), "rows.csv.gz", Kind("a table of text (compressed)", "table")),
        (gzip.compress(ROWS), "pkg.tar.gz", Kind("a gzip archive", "asset")),
        (bz2.compress(ROWS), "rows.jsonl.bz2", Kind("JSON lines (compressed)", "table")),
        (lzma.compress(ROWS), "x.xz", Kind("a xz archive", "asset")),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "rows.tsv.zst", Kind("a table of text (compressed)", "table")),
        (ROWS, "rows.CSV", Kind("a table of text", "table", by_bytes=False)),
        (b"{}\n", "a.jsonl", Kind("JSON lines", "table", by_bytes=False)),
        (b"x", "a.b.pkl", Kind("a pickle", "data", by_bytes=False)),
        (b"x", "w.safetensors", Kind("an array file", "data", by_bytes=False)),
    ],
    ids=called,
)  # fmt: skip
def test_archives_and_names(data: bytes, name: str, found: Kind) -> None:
    assert magic.kind(data, name) == found


@pytest.mark.parametrize("data", PICTURES, ids=called)
def test_pictures_are_no_data_by_themselves(data: bytes) -> None:
    assert magic.kind(data, "docs/a.png") == Kind("a picture", "asset")
    assert magic.problem(Policy(), "src/a.png", data + bytes(900_000), new=True) is None


CODE = {
    "a.py": b"#!/usr/bin/env python\nimport os\n", "README.md": b"# ORCHID\n", "Makefile": b"all:\n", "a.c": b"BMP\n", "x.rs": b"PAR\n",
    "empty": b"", "one": b"\0", "a.json": b'{"a": [1]}', "package-lock.json": b"{" + b" " * 400_000 + b"}", "a.svg": b"<svg/>",
    "Obj.cs": b"Object", "n.ipynb": b'{"cells": []}', "a.woff2": b"wOF2" + bytes(50_000), "x.pyc": b"\xa7\r\r\n" + bytes(50),
    "app.wasm": b"\0asm\1\0\0\0" + bytes(50_000), "paper.pdf": b"%PDF-1.7" + bytes(90_000), "lib.so": b"\x7fELF" + bytes(90_000),
    "x.mo": b"\xde\x12\x04\x95" + bytes(20_000), "f.ttf": b"\0\1\0\0" + bytes(90_000), "DUCK.txt": b"A DUCK swims", "CDF.txt": b"CDF: x",
    "ID3.txt": b"ID3 tags", "orc.txt": b"ORC and elves, then ORCs", "git.bundle": b"# v2 git bundle\n", "key.der": b"0\x82\x04" + bytes(900),
    "k.pub": b"ssh-ed25519 AAAA", "x.pack": b"PACK\0\0\0\2", "fig.eps": b"%!PS-Adobe-3.0", "a.class": b"\xca\xfe\xba\xbe" + bytes(99), "a.zlib": zlib.compress(b"x"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CODE))
def test_code_prose_and_what_is_not_known(name: str) -> None:
    assert magic.kind(CODE[name], name) is None
    assert magic.problem(Policy(), name, CODE[name], new=True) is None


@given(st.text(min_size=4))
def test_no_text_is_taken_for_data(text: str) -> None:
    found = magic.kind(text.encode(), "a.txt")
    assert found is None or found.name in {"a picture", "a recording", "an HDF5 file", "a bzip2 archive"}


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08\x08", b"\x80\x04\x95", b"ORC"]))
def test_any_bytes_have_an_answer(data: bytes, head: bytes) -> None:
    magic.problem(Policy(), "a.txt", head + data, new=True)
    magic.stand_in(head + data)


def test_the_limits_of_each_weight() -> None:
    parquet = BINARY["a Parquet file"]
    small, large = parquet + bytes(10_000 - len(parquet)), parquet + bytes(10_001 - len(parquet))
    assert magic.problem(Policy(), "a.parquet", small, new=True) is None
    assert magic.problem(Policy(), "a.parquet", large, new=True) == (
        "it is a Parquet file of 10,001 bytes, the policy allows 10,000 of such data in Git"
    )
    assert magic.problem(Policy(max_data=20_000), "a.parquet", large, new=True) is None
    rows = b"a,b\n" * 25_001
    assert magic.problem(Policy(), "codes.csv", rows[:100_000], new=True) is None
    assert magic.problem(Policy(), "codes.csv", rows, new=False) == (
        "it is a table of text of 100,004 bytes, the policy allows 100,000 of such data in Git"
    )
    assert magic.problem(Policy(max_table=200_000), "codes.csv", rows, new=True) is None


@pytest.mark.parametrize(
    "name", ["tests/data/x.parquet", "pkg/tests/a.txt", "test/x", "src/fixtures/deep/x.npy", "docs/x.npy"]
)
def test_tests_fixtures_and_documentation_may_have_any_format(name: str) -> None:
    large = BINARY["a Parquet file"] + bytes(500_000)
    assert magic.problem(Policy(), name, large, new=True) is None
    assert magic.problem(Policy(allow=()), name, large, new=True) is not None


@pytest.mark.parametrize("name", ["notes.txt", "a.csv", "A.MD", "b.json", "x.py", "c.yaml"])
def test_a_new_file_that_hides_what_it_is_under_a_name_of_text(name: str) -> None:
    for data, what in (
        (BINARY["a NumPy array"], "a NumPy array"),
        (archive("a.py"), "a ZIP archive"),
        (gzip.compress(b"x"), "a gzip archive"),
    ):
        said = magic.problem(Policy(), name, data, new=True)
        if not (name == "a.csv" and what == "a gzip archive"):
            assert said == f"its name says text and its bytes say {what}"
        assert magic.problem(Policy(), name, data, new=False) is None
    assert magic.problem(Policy(), name, PNG, new=True) is None
    assert magic.problem(Policy(), f"tests/{name}", BINARY["a NumPy array"], new=True) is None


def test_what_is_read_at_all() -> None:
    assert [magic.is_read(Policy(), size, new=True) for size in (0, 1, 10**6, 10**6 + 1)] == [True, True, True, False]
    assert [magic.is_read(Policy(), size, new=False) for size in (10_000, 10_001, 10**6 + 1)] == [False, True, False]


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS"),
        (b"version https://git-lfs.github.com/spec/v1\next-0-foo sha256:1\noid sha256:4d7a\nsize 1\n", "Git LFS"),
        (b"/annex/objects/SHA256E-s12--4d7a.csv\n", "git-annex"),
        (b"../../.git/annex/objects/Kj/0w/SHA256E-s12--4d7a.csv/SHA256E-s12--4d7a.csv", "git-annex"),
        (b".git/annex/objects/a/b/c/c", "git-annex"),
        (b"version https://git-lfs.github.com/spec/v1\n\nis how a pointer begins", None),
        (b"see ../.git/annex/objects/x\nand more", None),
        (b"outs:\n- md5: 00\n  path: x\n", None),
        (b"", None),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n" + bytes(1024), None),
    ],
    ids=called,
)  # fmt: skip
def test_pointers_of_other_tools(data: bytes, tool: str | None) -> None:
    assert magic.stand_in(data) == tool


def test_a_notebook_is_code_however_long() -> None:
    cells = json.dumps({"cells": [{"outputs": ["x" * 300_000]}]}).encode()
    assert magic.problem(Policy(), "explore.ipynb", cells, new=True) is None


@pytest.mark.parametrize(
    "text",
    [b"PARENT_ID,CHILD_ID\n1,2\n", b"PAR1 = 3\n", b"FEA1,FEA2\n", b"BZhang wrote\n", b"The big DUCK swims\n", b" " * 128 + b"DICM\n"],
)  # fmt: skip
def test_a_text_that_begins_as_a_format_does_is_a_text(text: bytes) -> None:
    assert magic.kind(text, "src/edges.txt") is None
    assert magic.problem(Policy(), "src/edges.txt", text, new=True) is None

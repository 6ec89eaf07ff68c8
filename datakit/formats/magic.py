"""Data in Git: what kind of data a file is, by its bytes and by its name, and whether a policy takes it for data.

A name can be changed, so bytes come first; text has no such marks, so tables of text go by their name. What is not known is
code. The limits are chosen so that a repository of code never meets them: data has three weights.

    data    formats that only data has (Parquet, HDF5, NumPy, pickle, SQLite, …): more than `git.max_data`, 10 KB; what is
            smaller is a fixture or an empty database
    table   a table that people also keep beside code (CSV, JSON lines, a workbook, one of these compressed): more than
            `git.max_table`, 100 KB
    asset   pictures, sound and other archives, which documentation is full of: each may have `git.max_size`, as any file;
            a hundred of them in one change are data all the same

Paths of `git.allow`, by default tests, fixtures and documentation, are measured by `git.max_size` alone. A new file that is
named as text and is one of these formats, or an archive, hides what it is, and has no size that is small enough.

Sources: the published specifications of the formats, whose first bytes are quoted here; APPNOTE.TXT for ZIP, RFC 1952 for gzip.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from datakit.formats.policy import Policy

Weight: TypeAlias = Literal["data", "table", "asset"]

LFS = b"version https://git-lfs.github.com/spec/"
ANNEX = b"/annex/objects/"
POINTER = 1024  # bytes; Git LFS takes nothing larger for a pointer of its own


class Kind(NamedTuple):
    """What a file is."""

    name: str  # with its article: `a Parquet file`
    weight: Weight
    by_bytes: bool = True  # rather than by its name


_HEADS: tuple[tuple[int, bytes, str, Weight], ...] = (  # where in the file, which bytes
    (0, b"PAR1", "a Parquet file", "data"),
    (0, b"PARE", "a Parquet file", "data"),
    (0, b"ARROW1\0\0", "an Arrow file", "data"),
    (0, b"FEA1", "a Feather file", "data"),
    (0, b"Obj\x01", "an Avro file", "data"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", "data"),
    (512, b"\x89HDF\r\n\x1a\n", "an HDF5 file", "data"),  # behind a user block, as MATLAB writes it
    (0, b"CDF\x01", "a NetCDF file", "data"),
    (0, b"CDF\x02", "a NetCDF file", "data"),
    (0, b"CDF\x05", "a NetCDF file", "data"),
    (0, b"\x93NUMPY", "a NumPy array", "data"),
    (0, b"SQLite format 3\0", "an SQLite database", "data"),
    (8, b"DUCK", "a DuckDB database", "data"),
    (16, b"\xde\xc0\xef\xbe", "an LMDB database", "data"),
    (0, b"PGDMP", "a dump of PostgreSQL", "data"),
    (0, b"MATLAB 5.0 MAT-file", "a MATLAB file", "data"),
    (0, b"RDX2\n", "an R file", "data"),
    (0, b"RDX3\n", "an R file", "data"),
    (0, b"$FL2@(#)", "an SPSS file", "data"),
    (0, b"$FL3@(#)", "an SPSS file", "data"),
    (0, b"<stata_dta><header>", "a Stata file", "data"),
    (12, b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00", "a SAS file", "data"),
    (0, b"HEADER RECORD*******LIB", "a SAS transport file", "data"),
    (0, b"SIMPLE  =                    T", "a FITS file", "data"),
    (128, b"DICM", "a DICOM image", "data"),
    (0, b"\x89PNG\r\n\x1a\n", "a picture", "asset"),
    (0, b"\xff\xd8\xff", "a picture", "asset"),
    (0, b"GIF87a", "a picture", "asset"),
    (0, b"GIF89a", "a picture", "asset"),
    (0, b"II*\0", "a picture", "asset"),
    (0, b"MM\0*", "a picture", "asset"),
    (8, b"WEBPVP8", "a picture", "asset"),
    (8, b"WAVEfmt ", "a recording", "asset"),
    (0, b"fLaC", "a recording", "asset"),
    (0, b"OggS", "a recording", "asset"),
    (0, b"ID3\x03", "a recording", "asset"),
    (0, b"ID3\x04", "a recording", "asset"),
    (4, b"ftyp", "a recording", "asset"),
)
_PACKED = ((b"\x1f\x8b\x08", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))
_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # what follows the head of bzip2: a block, or the end
_SURE = 8  # bytes; a shorter head may be the first word of a text
_PRINTED = bytes((*b"\t\n\f\r\x1b", *range(0x20, 0x7F), *range(0x80, 0x100)))  # bytes that a text may hold
_PACKED_SUFFIXES = ("gz", "bz2", "xz", "zst")
_NAMES: dict[str, tuple[str, Weight]] = {
    **dict.fromkeys(("parquet", "feather", "arrow", "orc", "avro"), ("a columnar file", "data")),
    **dict.fromkeys(("h5", "hdf5", "npy", "npz", "safetensors"), ("an array file", "data")),
    **dict.fromkeys(("pkl", "pickle", "joblib"), ("a pickle", "data")),
    **dict.fromkeys(("sqlite", "sqlite3", "duckdb"), ("a database", "data")),
    **dict.fromkeys(("rds", "rdata", "sas7bdat", "dta", "tfrecord", "tfrecords"), ("a data file", "data")),
    **dict.fromkeys(("csv", "tsv"), ("a table of text", "table")),
    **dict.fromkeys(("jsonl", "ndjson"), ("JSON lines", "table")),
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls", "ods"), ("a workbook", "table")),
}
_TEXT = frozenset((
    "c", "cfg", "conf", "cpp", "csv", "h", "html", "ini", "ipynb", "java", "jl", "js", "json", "jsonl", "log", "md", "ndjson",
    "py", "r", "rst", "rtf", "sh", "sql", "tex", "text", "toml", "ts", "tsv", "txt", "xml", "yaml", "yml",
))  # fmt: skip
_OFFICE = ("[Content_Types].xml", "_rels/", "docProps/", "mimetype", "xl/", "word/", "ppt/")


def kind(data: bytes, path: str) -> Kind | None:
    """Tell what kind of data a file is; None for code, prose and what is not known.

    Args:
        data: Its bytes, all of them: some formats are told by their end.
        path: Its path, whose suffix tells where the bytes do not.

    >>> kind(b"PAR1" + bytes(40), "notes.txt")
    Kind(name='a Parquet file', weight='data', by_bytes=True)
    >>> kind(b"a,b", "few.csv"), kind(b"import os", "a.py")
    (Kind(name='a table of text', weight='table', by_bytes=False), None)
    """
    name = path.rpartition("/")[2]
    for at, head, what, weight in _HEADS:
        if data.startswith(head, at) and (len(head) > _SURE or not _is_text(data)):
            return Kind(what, weight)
    if data.startswith(b"PK\x03\x04"):
        return _zip(data, name)
    for head, packer in _PACKED:
        if data.startswith(head) and (packer != "bzip2" or data[4:10] in _BLOCKS):
            return _packed(data, name, packer)
    if data.startswith(b"ORC") and data[-4:-1] == b"ORC" and 15 < data[-1] < 32:  # the length of its end
        return Kind("an ORC file", "data")
    return Kind("a pickle", "data") if _is_pickle(data) else _named(name)


def problem(policy: Policy, path: str, data: bytes, *, new: bool) -> str | None:
    """Say why a file outside the data folders is data; None where it may be in Git.

    Args:
        policy: The limits.
        path: The file.
        data: Its bytes.
        new: Whether it was not there before.

    >>> problem(Policy(), "notes.txt", b"PAR1" + bytes(40), new=True)
    'its name says text and its bytes say a Parquet file'
    >>> problem(Policy(), "src/model.pkl", b"x" * 10_001, new=False)
    'it is a pickle of 10,001 bytes, the policy allows 10,000 of such data in Git'
    """
    found = kind(data, path)
    if found is None or policy.allows(path):
        return None
    if new and _pretends(found, path):
        return f"its name says text and its bytes say {found.name}"
    limit = {"data": policy.max_data, "table": policy.max_table, "asset": policy.max_size}[found.weight]
    if len(data) <= limit:
        return None
    return f"it is {found.name} of {len(data):,} bytes, the policy allows {limit:,} of such data in Git"


def is_read(policy: Policy, size: int, *, new: bool) -> bool:
    """Say whether `problem` must see a file: one that is too large anyway is not read, nor is a small change of an old one.

    Args:
        policy: The limits.
        size: Of the file, bytes.
        new: As for `problem`.
    """
    return size <= policy.max_size and (new or size > policy.max_data)


def stand_in(data: bytes) -> str | None:
    r"""Return the tool whose pointer a whole file is, rather than data; None for anything else.

    Args:
        data: The file, or its first kilobyte.

    >>> stand_in(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), stand_in(b"a,b")
    ('Git LFS', None)
    """
    if len(data) > POINTER:
        return None
    if data.startswith(LFS) and b"\noid sha256:" in data:
        return "Git LFS"
    # A link leads to `../.git/annex/objects/…`, the pointer of an unlocked file begins with `/annex/objects/`.
    first, _, rest = data.partition(b"\n")
    linked = first.lstrip(b"./").startswith(b"git/annex/objects/") and not rest
    return "git-annex" if data.startswith(ANNEX) or linked else None


def _is_text(data: bytes) -> bool:
    """Say whether the first bytes may be those of a text: no binary format goes without other ones for so long."""
    return not data[:512].translate(None, _PRINTED)


def _named(name: str) -> Kind | None:
    """Tell by the suffix; that of what is compressed stands before the compressor's."""
    suffix = _suffix(name)
    if suffix in _PACKED_SUFFIXES:
        suffix = _suffix(name[: -len(suffix) - 1])
    known = _NAMES.get(suffix)
    return None if known is None else Kind(*known, by_bytes=False)


def _zip(data: bytes, name: str) -> Kind:
    """Tell what a ZIP archive holds, by the first file in it: arrays, a table, a document, or anything."""
    if (known := _named(name)) is not None and _suffix(name) not in _TEXT:
        return known
    at, first = 0, ""
    for _ in range(16):  # folders come before what is in them
        if not data.startswith(b"PK\x03\x04", at):
            break
        length, extra = (int.from_bytes(data[at + n : at + n + 2], "little") for n in (26, 28))
        first = data[at + 30 : at + 30 + length].decode(errors="replace")
        if not first.endswith("/"):
            break
        at += 30 + length + extra + int.from_bytes(data[at + 18 : at + 22], "little")
    if first.startswith(_OFFICE):
        return Kind("a document", "asset")
    inner = _named(first.rpartition("/")[2])
    return Kind("a ZIP archive", "asset") if inner is None else Kind(f"a ZIP archive with {inner.name}", inner.weight)


def _packed(data: bytes, name: str, packer: str) -> Kind:
    """Tell what is compressed, by its name or by the one that gzip keeps."""
    inner = _named(name)
    if inner is None and packer == "gzip" and len(data) > 10 and data[3] & 12 == 8:
        inner = _named(data[10:300].partition(b"\0")[0].decode(errors="replace"))
    return Kind(f"a {packer} archive", "asset") if inner is None else Kind(f"{inner.name} (compressed)", inner.weight)


def _is_pickle(data: bytes) -> bool:
    """Say whether the bytes are a pickle: its protocol in front, its full stop at the end; or one of older PyTorch."""
    if data[:1] != b"\x80" or data[1:2] not in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return False
    framed = data[1] < 4 or data[2:3] == b"\x95" or len(data) < 8
    return (framed and data.endswith(b".")) or data[2:5] == b"\x8a\x0a\x6c"


def _pretends(found: Kind, path: str) -> bool:
    """Say whether bytes that are no text lie under a name of text; what is packed under its own name does not."""
    if not found.by_bytes or _suffix(path.rpartition("/")[2]) not in _TEXT:
        return False
    return found.weight != "asset" or found.name.endswith("archive")


def _suffix(name: str) -> str:
    """Return the last suffix in lower case, without its dot.

    >>> [_suffix(name) for name in ("a.CSV", "a.tar.gz", ".gitignore", "Makefile")]
    ['csv', 'gz', '', '']
    """
    stem, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and stem else ""

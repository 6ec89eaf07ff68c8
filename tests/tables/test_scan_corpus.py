"""The corpus of bad inputs: what is refused, with which words, and what is a table all the same."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datakit.errors import InvalidData
from tests.support.tables import draft_and_scan


def parquet(**columns: list[object] | pa.Array) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def twins() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), out)
    return out.getvalue()


rows = b"id,v\n" + b"".join(b"%d,%d\n" % (i, i) for i in range(3000))
packed = gzip.compress(rows)
columnar = parquet(a=list(range(1000)), b=["x"] * 1000)

TWIN = "letter case, accents' encoding or invisible characters"

REFUSED = {
    "01 zero bytes": ("t.csv", b"", "t.csv: the file is empty"),
    "03 only newlines": ("t.csv", b"\n\r\n\n", "t.csv: only blank lines; the file holds no table"),
    "05 UTF-16 with a mark": (
        "t.csv",
        "a,b\n1,2\n".encode("utf-16") + b"x",
        "t.csv: not utf-16: 'utf-16-le' codec can't decode byte 0x78 in position 0: truncated data",
    ),
    "06 UTF-16BE without a mark": (
        "t.csv",
        "a,b\n1,2\n".encode("utf-16-be"),
        "t.csv: NUL in every second byte: the text is UTF-16 without a byte order mark; expected UTF-8",
    ),
    "06 UTF-16LE without a mark": (
        "t.csv",
        "a,b\n1,2\n".encode("utf-16-le"),
        "t.csv: NUL in every second byte: the text is UTF-16 without a byte order mark; expected UTF-8",
    ),
    "07 Cyrillic": ("t.csv", "n,b\nЖозе,2\n".encode("cp1251"), "t.csv:2: byte 0xc6 at offset 4 is not UTF-8"),
    "08 mixed encodings": (
        "t.csv",
        "n,b\né,2\n".encode() + "é,3\n".encode("latin-1"),
        "t.csv:3: byte 0xe9 at offset 9 is not UTF-8",
    ),
    "49 surrogate": ("t.csv", b"a,b\n\xed\xa0\x80,1\n", "t.csv:2: byte 0xed at offset 4 is not UTF-8"),
    "50 overlong UTF-8": ("t.csv", b"a,b\n\xc0\xaf,1\n", "t.csv:2: byte 0xc0 at offset 4 is not UTF-8"),
    "UTF-8 cut off at the end": ("t.csv", b"a,b\n1,\xc3", "t.csv: the last character is cut off: not UTF-8"),
    "09 NUL in a field": ("t.csv", b"a,b\nx\0y,1\n", "t.csv:2: NUL byte at offset 5"),
    "10 NUL tail": (
        "t.csv",
        b"a,b\n1,2\n" + b"\0" * 100,
        "t.csv:3: NUL byte at offset 8 to the end of what was read; a lost write?",
    ),
    "11 all zeros": ("t.csv", b"\0" * 100, "t.csv: only NUL bytes; the data was never written"),
    "12 ragged long row": ("t.csv", b"a,b\n1,2\n1,2,3\n", "t.csv:3: expected 2 columns, found 3"),
    "12 one column": ("t.csv", b"a\n1\n1,2\n", "t.csv:3: expected 1 column, found 2"),
    "13 ragged short row": ("t.csv", b"a,b,c\n1,2,3\n1,2\n", "t.csv:3: expected 3 columns, found 2"),
    "13 ragged after a text of two lines": (
        "t.csv",
        b'a,b\n1,"x\ny"\n3,4,5\n',
        "t.csv:4: expected 2 columns, found 3",
    ),
    "14 first row longer than the header": ("t.csv", b"a,b\n1,2,3\n4,5,6\n", "t.csv:2: expected 2 columns, found 3"),
    "15 duplicate columns": ("t.csv", b"a,b,a\n1,2,3\n", "t.csv:1: columns 1 and 3 are both called `a`"),
    "16 empty column name": ("t.csv", b",b\n1,2\n", "t.csv:1: column 1 has no name"),
    "16 blank column name": ("t.csv", b"a, \n1,2\n", "t.csv:1: column 2 has no name"),
    "17 unclosed quote": ("t.csv", b'a,b\n1,"x\n2,y\n', "t.csv:2: a quote is not closed"),
    "17 text after a closing quote": ("t.csv", b'a,b\n1,"x"y\n', "t.csv:2: text after a closing quote"),
    "19 lone CR in an LF file": ("t.csv", b"a,b\n1,x\ry\n", "t.csv:3: expected 2 columns, found 1"),
    "23 huge field": (
        "t.csv",
        b"a,b\n1," + b"x" * 5_000_000 + b"\n",
        "t.csv:2: a field of more than 2,000,000 characters",
    ),
    "24 too many columns": (
        "t.csv",
        b",".join(b"c%d" % i for i in range(20000)) + b"\n",
        "t.csv: 20,000 columns; at most 10,000 are read",
    ),
    "41 NFC and NFD twins": (
        "t.csv",
        "caf\u00e9,cafe\u0301\n1,2\n".encode(),
        "t.csv:1: columns 1 and 2, `caf\u00e9` and `cafe\u0301`, differ only in " + TWIN,
    ),
    "41 case twins": (
        "t.csv",
        b"Id,id\n1,2\n",
        "t.csv:1: columns 1 and 2, `Id` and `id`, differ only in letter case, accents' encoding or invisible characters",
    ),
    "42 zero-width twin": (
        "t.csv",
        "ab,a\u200bb\n1,2\n".encode(),
        "t.csv:1: columns 1 and 2, `ab` and `a\u200bb`, differ only in " + TWIN,
    ),
    "43 comment lines": ("t.csv", b"# made by hand\na,b\n1,2\n", "t.csv:2: expected 1 column, found 2"),
    "45 HTML error page": (
        "t.csv",
        b"\n<!DOCTYPE html>\n<html><body>404</body></html>",
        "t.csv: this is an HTML page, not a table; the server's error page?",
    ),
    "45 HTML instead of JSON": (
        "t.jsonl",
        b"<html><body>404</body></html>",
        "t.jsonl: this is an HTML page, not a table; the server's error page?",
    ),
    "46 LFS pointer": (
        "t.csv",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 1\n",
        "t.csv: this is a Git LFS pointer, not the data",
    ),
    "47 conflict markers": (
        "t.csv",
        b"a,b\n<<<<<<< HEAD\n1,2\n=======\n1,3\n>>>>>>> b\n",
        "t.csv:2: merge conflict markers",
    ),
    "48 header repeated": (
        "t.csv",
        b"a,b\n1,2\na,b\n3,4\n",
        "t.csv:3: the header comes again; were two files joined?",
    ),
    "51 gzip bomb": (
        "t.csv.gz",
        gzip.compress(b"a,b\n" + b"1,2\n" * 5_000_000),
        "t.csv.gz: grows more than 100-fold when unpacked; refused as a decompression bomb",
    ),
    "52 a ZIP called csv": ("t.csv", b"PK\x03\x04aaaa", "t.csv: this is a ZIP archive (or a workbook); expected text"),
    "54 gzip truncated": ("t.csv.gz", packed[:-100], "t.csv.gz: broken gzip: it ends too early"),
    "55 gzip with trailing garbage": (
        "t.csv.gz",
        packed + b"garbage",
        "t.csv.gz: broken gzip: bytes that are not gzip follow or interrupt it",
    ),
    "56 gzip with a bad CRC": (
        "t.csv.gz",
        packed[:-8] + b"\1\2\3\4" + packed[-4:],
        "t.csv.gz: broken gzip: its checksum is wrong",
    ),
    "57 csv called gz": ("t.csv.gz", rows, "t.csv.gz: the name ends in `.gz` and the content is not gzip"),
    "58 gz called csv": ("t.csv", packed, "t.csv: the content is gzip and the name does not end in `.gz`"),
    "59 parquet truncated": ("t.parquet", columnar[:-100], "t.parquet: a Parquet file that ends too early"),
    "60 parquet with a zero tail": (
        "t.parquet",
        columnar[:-100] + b"\0" * 100,
        "t.parquet: a Parquet file that ends too early",
    ),
    "62 parquet empty": ("t.parquet", b"", "t.parquet: the file is empty"),
    "63 not parquet": ("t.parquet", b"a,b\n1,2\n", "t.parquet: not a Parquet file: its first bytes are not `PAR1`"),
    "63 parquet called csv": ("t.csv", columnar, "t.csv: this is a Parquet file; expected text"),
    "64 parquet footer length": (
        "t.parquet",
        columnar[:-8] + b"\xff\xff\xff\x7fPAR1",
        "t.parquet: Footer length error in file 't.parquet'",
    ),
    "66 parquet duplicate columns": ("t.parquet", twins(), "t.parquet:1: columns 1 and 2 are both called `a`"),
    "67 JSONL truncated": ("t.jsonl", b'{"a":1}\n{"a":2}\n{"a":', "t.jsonl:3: broken JSON: expecting value"),
    "67 JSONL, two values on a line": (
        "t.jsonl",
        b'{"a":1}{"a":2}\n',
        "t.jsonl:1: broken JSON: more than one value on the line",
    ),
    "71 JSONL of other things": ("t.jsonl", b'{"a":1}\n[1]\n', "t.jsonl:2: expected an object, found an array"),
    "68 duplicate keys": ("t.jsonl", b'{"a":1,"a":2}\n', "t.jsonl:1: the key `a` comes twice in one object"),
    "68 duplicate keys, nested": (
        "t.json",
        b'[{"a":1},\n{"a":{"b":1,"b":2}}]',
        "t.json:2: the key `b` comes twice in one object",
    ),
    "69 JSON NaN": ("t.jsonl", b'{"a":NaN}\n', "t.jsonl:1: `NaN` is not JSON; a missing number is `null`"),
    "69 JSON infinity": (
        "t.jsonl",
        b'{"a":-Infinity}\n',
        "t.jsonl:1: `-Infinity` is not JSON; a missing number is `null`",
    ),
    "70 nesting of 100,000": (
        "t.jsonl",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        "t.jsonl:1: nested deeper than 64 levels",
    ),
    "70 nesting of 65": (
        "t.jsonl",
        b'{"a":' + b"[" * 64 + b"]" * 64 + b"}\n",
        "t.jsonl:1: nested deeper than 64 levels",
    ),
    "JSON broken": ("t.json", b'[{"a":1},\n{"a":}]', "t.json:2: broken JSON: expecting value"),
    "JSON truncated": ("t.json", b'[{"a":1},\n{"a":2}\n', "t.json:3: broken JSON: expected `]`, found the end"),
    "JSON with more behind": ("t.json", b'[{"a":1}]\nx', "t.json:2: broken JSON: text after the array"),
    "JSON of numbers": ("t.json", b"[1,2]", "t.json:1: expected an object, found a number"),
    "JSON half of a pair": ("t.jsonl", b'{"a":"\\ud800"}\n', "t.jsonl:1: half of a surrogate pair is no text"),
    "JSON case twins": (
        "t.jsonl",
        b'{"a":1,"A":2}\n',
        "t.jsonl:1: columns 1 and 2, `a` and `A`, differ only in letter case, accents' encoding or invisible characters",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_with_the_place_and_the_reason(tmp_path: Path, kind: str) -> None:
    name, data, message = REFUSED[kind]
    # The bytes lie under a name without a suffix, as in a cache.
    path = tmp_path / "object"
    path.write_bytes(data)
    with pytest.raises(InvalidData, match=f"^{re.escape(message)}$") as caught:
        draft_and_scan(path, name)
    assert caught.value.exit_code == 1


ACCEPTED: dict[str, tuple[str, bytes, int, dict[str, str]]] = {
    "02 header only": ("t.csv", b"a,b\n", 0, {"a": "string", "b": "string"}),
    "65 parquet without rows": ("t.parquet", parquet(a=pa.array([], pa.int64())), 0, {"a": "integer"}),
    "04 UTF-8 mark": ("t.csv", b"\xef\xbb\xbfa,b\n1,2\n", 1, {"a": "integer", "b": "integer"}),
    "18 quote in mid-field": ("t.csv", b'a,b\n1,x"y\n', 1, {"a": "integer", "b": "string"}),
    "19 CR only": ("t.csv", b"a,b\r1,2\r3,4\r", 2, {"a": "integer", "b": "integer"}),
    "20 mixed line ends": ("t.csv", b"a,b\r\n1,2\n3,4\r\n", 2, {"a": "integer", "b": "integer"}),
    "21 no final newline": ("t.csv", b"a,b\n1,2", 1, {"a": "integer", "b": "integer"}),
    "25 semicolon": ("t.csv", b"a;b\n1;2,5\n", 1, {"a": "integer", "b": "string"}),
    "26 tab": ("t.csv", b"a\tb\n1\t2\n", 1, {"a": "integer", "b": "integer"}),
    "26 tsv": ("t.tsv", b"a\tb\n1\t2,3\n", 1, {"a": "integer", "b": "string"}),
    "27 decimal comma": ("t.csv", b'a,b\n"1,5","2,5"\n', 1, {"a": "string", "b": "string"}),
    "28 thousands": ("t.csv", b'a,b\n"1,500",1_000\n', 1, {"a": "string", "b": "string"}),
    "29 leading zeros": ("t.csv", b"zip,b\n01234,1\n10001,0\n", 2, {"zip": "string", "b": "integer"}),
    "30 beyond int64": ("t.csv", b"i,b\n9223372036854775808,1\n1,0\n", 2, {"i": "integer", "b": "integer"}),
    "31 integers with NA": ("t.csv", b"i,b\n1,1\nNA,0\n", 2, {"i": "integer", "b": "integer"}),
    "32 only NA, null, None": ("t.csv", b"i,b\nNA,1\nnull,0\nNone,2\n", 3, {"i": "string", "b": "integer"}),
    "33 inf and 1e400": ("t.csv", b"i,b\ninf,1\n1e400,0\n", 2, {"i": "string", "b": "integer"}),
    "34 mixed types": ("t.csv", b"a,b\n1,x\ny,2\n", 2, {"a": "string", "b": "string"}),
    "35 ambiguous dates": ("t.csv", b"a,b\n01/02/2020,1\n03/04/2021,0\n", 2, {"a": "string", "b": "integer"}),
    "35 unambiguous dates": ("t.csv", b"a,b\n31/02/2020,1\n13/04/2021,0\n", 2, {"a": "string", "b": "integer"}),
    "36 bool-like": ("t.csv", b"a,b\nyes,1\nno,0\n", 2, {"a": "string", "b": "integer"}),
    "37 formulas": ("t.csv", b"a,b\n=1+1,1\n@x,0\n", 2, {"a": "string", "b": "integer"}),
    "38 ANSI": ("t.csv", b"a,b\n\x1b[31mred,1\nx,0\n", 2, {"a": "string", "b": "integer"}),
    "39 HTML in a field": ("t.csv", b"a,b\n<b>x</b>,1\n", 1, {"a": "string", "b": "integer"}),
    "40 bidi": ("t.csv", "a,b\n\u202eabc,1\n".encode(), 1, {"a": "string", "b": "integer"}),
    "44 blank lines inside": ("t.csv", b"a,b\n1,2\n\n3,4\n", 2, {"a": "integer", "b": "integer"}),
    "47 conflict markers inside a text": (
        "t.csv",
        b'a,b\n1,"\n<<<<<<< HEAD\nx\n>>>>>>> b\n"\n',
        1,
        {"a": "integer", "b": "string"},
    ),
    "48 the header inside a text": ("t.csv", b'a,b\n1,"\na,b\n"\n', 1, {"a": "integer", "b": "string"}),
    "71 mixed schema": ("t.jsonl", b'{"a":1}\n{"b":"x"}\n', 2, {"a": "integer", "b": "string"}),
    "72 JSON bigint": ("t.jsonl", b'{"a":123456789012345678901234567890}\n', 1, {"a": "integer"}),
    "JSON strings of digits": ("t.jsonl", b'{"zip":"12345"}\n', 1, {"zip": "string"}),
    "JSON nested": ("t.jsonl", b'{"a":{"x":1.10},"b":[1]}\n', 1, {"a": "object", "b": "array"}),
    "JSON empty array": ("t.json", b"[]\n", 0, {}),
    "gzip": ("t.csv.gz", packed, 3000, {"id": "integer", "v": "integer"}),
    "no header": ("t.csv", b"1,2\n3,4\n", 2, {"column_1": "integer", "column_2": "integer"}),
    "years as names": (
        "t.csv",
        b"land,2019,2020\nx,1,2\ny,3,4\n",
        2,
        {"land": "string", "2019": "integer", "2020": "integer"},
    ),
    "one column with a gap": ("t.csv", b"a\n1\n\n3\n", 3, {"a": "integer"}),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_read_as_it_is_and_the_draft_holds(tmp_path: Path, kind: str) -> None:
    name, data, count, types = ACCEPTED[kind]
    path = tmp_path / "object"
    path.write_bytes(data)
    found = draft_and_scan(path, name)
    assert found.profile.rows == count
    assert {column.name: column.type for column in found.columns} == types
    assert [result for result in found.results if result.outcome != "passed"] == []


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (b"a,b\n1,2\n\n3,4\n\n\n", ("1 blank lines, the first at line 3",)),
        (b'a,b\n1,"x\n\ny"\n', ()),
        (b"a,b\r\n1,2\n", ("lines end in more than one way",)),
        (b'a,b\n1,"x\r\ny"\n', ("lines end in more than one way",)),
        (b"a,b\n1,2", ("the last line has no end",)),
    ],
)
def test_odd_bytes_are_noted(tmp_path: Path, data: bytes, notes: tuple[str, ...]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    assert draft_and_scan(path).notes == notes


@pytest.mark.parametrize("flip", [*range(0, len(columnar), 331), 4850, 5432, 5626])
def test_a_flipped_parquet_byte_never_ends_in_a_traceback(tmp_path: Path, flip: int) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(columnar[:flip] + bytes([columnar[flip] ^ 0x5A]) + columnar[flip + 1 :])
    try:
        draft_and_scan(path)
    except InvalidData as error:
        assert str(error).startswith("t.parquet")  # noqa: PT017 either outcome is right, a traceback is not


def test_hints_name_the_mending_command(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    hints: dict[bytes, str] = {
        b"n\n\xe9\xe8\xe7\n": "convert it from its own encoding: iconv -f ENCODING -t UTF-8 t.csv > COPY, then record COPY",
        b"version https://git-lfs.github.com/spec/v1\n": "git lfs pull",
        b",b\n1,2\n": "name it, or write the file without its row index",
    }
    for data, hint in hints.items():
        path.write_bytes(data)
        with pytest.raises(InvalidData) as caught:
            draft_and_scan(path)
        assert caught.value.hint == hint

"""Text in other encodings: what is proposed, what is refused, and that the table is the same."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from datakit.errors import InvalidData
from datakit.formats.contract import Column, Reader
from datakit.tables.encoding import canonical, guess
from datakit.tables.frames import frame
from datakit.tables.sniff import sniff

TEXT = "id,name\n1,café\n2,Müller\n3,naïve – “x” 5 €\n"


def written(tmp_path: Path, data: bytes) -> Path:
    """Write a file."""
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("codec", "said"), [("cp1252", "windows-1252"), ("utf-16", "utf-16")])
def test_it_is_proposed_and_read(tmp_path: Path, codec: str, said: str) -> None:
    path = written(tmp_path, TEXT.encode(codec))
    reader = sniff(path, "t.csv")
    assert reader is not None
    assert reader == Reader("csv", encoding=said)
    found = frame(path, "t.csv", reader, [Column("id", "integer"), Column("name", "string")])
    assert list(found["name"]) == ["café", "Müller", "naïve – “x” 5 €"]


@pytest.mark.parametrize("codec", ["latin-1", "cp1250", "iso8859-15"])
def test_what_a_contract_says_is_read(tmp_path: Path, codec: str) -> None:
    path = written(tmp_path, "id,name\r\n1,Jürgen\r\n".encode(codec))
    found = frame(path, "t.csv", Reader("csv", encoding=codec), [])
    assert list(found["name"]) == ["Jürgen"]


def test_mixed_line_ends_of_another_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\r\n1,é\n2,ü\r\n".encode("latin-1"))
    assert list(frame(path, "t.csv", Reader("csv", encoding="latin-1"), [])["name"]) == ["é", "ü"]


@pytest.mark.parametrize(
    "data",
    [
        "id,name\n1,Москва\n".encode("cp1251"),
        "id,name\n1,東京都\n".encode("shift_jis"),
        "id,name\n1,café\n2,".encode() + b"\xe9\n",  # UTF-8 with a broken byte
        b"id,name\n1,a\x81b\n",
    ],
)
def test_what_it_may_be_else_is_refused(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path, data)
    assert guess(path) is None
    with pytest.raises(InvalidData, match="is not UTF-8"):
        sniff(path, "t.csv")


def test_an_encoding_that_is_none_of_text_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, b"id\n1\n")
    with pytest.raises(InvalidData) as caught:
        frame(path, "t.csv", Reader("csv", encoding="unicode_escape"), [])
    assert caught.value.message == (
        "t.csv: the contract's encoding is `unicode_escape`; expected utf-8, utf-16, windows-1252 or another one of text"
    )
    assert canonical("klingon") is None


def test_bytes_that_are_none_of_it_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, b"id,n\n1,\x81\n")
    with pytest.raises(InvalidData, match=r"^t.csv: not cp1252: .*can't decode byte 0x81"):
        frame(path, "t.csv", Reader("csv", encoding="cp1252"), [])


def test_compressed_text_has_to_be_utf8(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress("id,n\n1,é\n".encode("latin-1")))
    with pytest.raises(InvalidData) as caught:
        frame(path, "t.csv.gz", Reader("csv", encoding="latin-1"), [])
    assert caught.value.message == (
        "t.csv.gz: the contract's encoding is `latin-1`; of compressed text only utf-8 is read"
    )

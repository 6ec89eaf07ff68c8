"""What the raw bytes of a text table tell before any parser sees them; bytes that are no table are refused here."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple, cast

from datakit.errors import InvalidData
from datakit.formats.finding import command

_chunk = 1 << 20
_ratio = 100
_ratio_from = 16 << 20
_marker = re.compile(rb"(?:\A|\n)(<<<<<<<|>>>>>>>) ")
_blank = re.compile(rb"\n(?=\r?\n)")
_odd_cap = 1000  # of one chunk: the place of each costs a count of the quotes before it


class NotUtf8(InvalidData):
    """The text may be in another encoding."""


class Facts(NamedTuple):
    """What the bytes of a text table told."""

    compressed: bool  # gzip
    bom: bool  # starts with a UTF-8 byte order mark
    newline: str  # \n, \r\n, \r; `mixed`; empty: one line without an end
    notes: tuple[str, ...]  # what a careful reader wants to know; nothing that is wrong
    lines: int = 0  # how many there are, where all end in `\n` or `\r\n`; else 0


class _State:
    """What is carried from one chunk to the next."""

    def __init__(self, quote: bytes, header: bytes) -> None:
        self.quote, self.header = quote, header
        self.offset = self.lines = self.quotes = 0
        self.lf = self.cr = self.crlf = 0
        self.blanks: list[int] = []
        self.last = b""
        self.content = self.pending = False
        self.markers: list[tuple[int, bytes]] = []
        self.decoder = codecs.getincrementaldecoder("utf-8")()


def open_text(path: Path, name: str) -> tuple[IO[bytes], bool]:
    """Open a text table for reading, through gzip where its first bytes say so.

    Args:
        path: The file.
        name: What messages call it; only its suffix is compared with the content.

    Returns:
        The open file and whether it is compressed.

    Raises:
        InvalidData: The name ends in `.gz` and the content is not gzip, or the other way round.
    """
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    if name.endswith(".gz") and not compressed and path.stat().st_size:
        raise InvalidData(f"{name}: the name ends in `.gz` and the content is not gzip", hint="rename the file")
    if compressed and Path(name).suffix and not name.endswith(".gz"):
        raise InvalidData(
            f"{name}: the content is gzip and the name does not end in `.gz`", hint=f"rename it to {name}.gz"
        )
    return cast("IO[bytes]", gzip.open(path, "rb") if compressed else path.open("rb")), compressed


def screen(path: Path, name: str, *, quote: str = "", header: bool = False) -> Facts:
    """Read a text table once as bytes and refuse what is none.

    Args:
        path: The file.
        name: What messages call it.
        quote: The quote character; line breaks between two of them are data. Empty: there is none.
        header: Whether the first line is a header, whose repetition is refused.

    Returns:
        What the bytes told.

    Raises:
        InvalidData: Empty, not UTF-8, NUL bytes, an HTML page, a Git LFS pointer, merge conflict markers, a repeated
            header, broken gzip.
    """
    file, compressed = open_text(path, name)
    size = path.stat().st_size
    with file:
        try:
            head = file.read(4096)
            _refuse_head(head, name)
            state = _State(quote.encode(), _first_line(head, quote) if header else b"")
            chunk = head + file.read(_chunk) + file.readline(_chunk)
            while chunk:
                _judge(chunk, name, state)
                if compressed and state.offset > max(_ratio_from, _ratio * size):
                    raise InvalidData(
                        f"{name}: grows more than {_ratio}-fold when unpacked; refused as a decompression bomb"
                    )
                chunk = file.read(_chunk) + file.readline(_chunk)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InvalidData(f"{name}: broken gzip: {_gzip_problem(error)}") from error
    return _finish(name, state, compressed, head.startswith(codecs.BOM_UTF8))


def _refuse_head(head: bytes, name: str) -> None:
    """Refuse what the first bytes give away."""
    if not head:
        raise InvalidData(f"{name}: the file is empty")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotUtf8(
            f"{name}: the text is UTF-16 (byte order mark); expected UTF-8",
            hint=f"{command('iconv -f UTF-16 -t UTF-8', name)} > COPY, then look at COPY and record it",
        )
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:200].lower()
    if start.startswith(b"version https://git-lfs.github.com/spec/"):
        raise InvalidData(f"{name}: this is a Git LFS pointer, not the data", hint="git lfs pull")
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        raise InvalidData(f"{name}: this is an HTML page, not a table; the server's error page?", hint="fetch it again")
    if head.startswith(b"PAR1"):
        raise InvalidData(f"{name}: this is a Parquet file; expected text", hint="rename it to `.parquet`")
    if head.startswith(b"PK\x03\x04"):
        raise InvalidData(f"{name}: this is a ZIP archive (or a workbook); expected text")
    if not head.strip(b"\0"):
        raise InvalidData(f"{name}: only NUL bytes; the data was never written")
    pairs = head[: len(head) // 2 * 2]
    if len(pairs) >= 4 and (not pairs[::2].strip(b"\0") or not pairs[1::2].strip(b"\0")):
        raise InvalidData(
            f"{name}: NUL in every second byte: the text is UTF-16 without a byte order mark; expected UTF-8"
        )


def _first_line(head: bytes, quote: str) -> bytes:
    """Return the header line with its end, or nothing where it is too plain or too long to recognise again."""
    line, end, _ = head.removeprefix(codecs.BOM_UTF8).partition(b"\n")
    marked = bool(quote) and line.count(quote.encode()) % 2 == 1
    plain = not re.search(rb"[^A-Za-z0-9_]", line.rstrip(b"\r"))
    return b"" if marked or plain or not end else line + end


def _judge(chunk: bytes, name: str, state: _State) -> None:
    """Judge one chunk, which begins a line wherever lines are of sane length."""
    nul = chunk.find(b"\0")
    if nul >= 0:
        rest = " to the end of what was read; a lost write?" if not chunk[nul:].strip(b"\0") else ""
        raise InvalidData(f"{name}:{_line(chunk, nul, state)}: NUL byte at offset {state.offset + nul}{rest}")
    try:
        # Plain ASCII needs no decoding, unless the chunk before ended inside a character.
        if state.pending or not chunk.isascii():
            state.decoder.decode(chunk)
            state.pending = bool(state.decoder.getstate()[0])
    except UnicodeDecodeError as error:
        raise _not_utf8(error, chunk, name, state) from error
    _find_repeated_header(chunk, name, state)
    _find_odd_lines(chunk, state)
    state.content = state.content or bool(chunk.strip(b"\r\n\t \xef\xbb\xbf"))
    newlines = chunk.count(b"\n")
    state.lf += newlines
    if b"\r" in chunk or state.last == b"\r":
        state.cr += chunk.count(b"\r")
        state.crlf += chunk.count(b"\r\n") + (state.last == b"\r" and chunk[:1] == b"\n")
    state.lines += newlines
    state.quotes += chunk.count(state.quote) if state.quote and state.quote in chunk else 0
    state.offset += len(chunk)
    state.last = chunk[-1:]


def _not_utf8(error: UnicodeDecodeError, chunk: bytes, name: str, state: _State) -> NotUtf8:
    """Name the byte that is not UTF-8."""
    held = len(error.object) - len(chunk)  # bytes of a character that the chunk before began
    at = max(error.start - held, 0)
    byte = error.object[error.start]
    return NotUtf8(
        f"{name}:{_line(chunk, at, state)}: byte 0x{byte:02x} at offset {state.offset + at} is not UTF-8",
        hint=f"convert it from its own encoding: {command('iconv -f ENCODING -t UTF-8', name)} > COPY, then record COPY",
    )


def _find_repeated_header(chunk: bytes, name: str, state: _State) -> None:
    """Refuse a header that comes again: two files were joined."""
    if not state.header:
        return
    at = chunk.find(b"\n" + state.header) + 1
    if state.offset and chunk.startswith(state.header):
        at = 0
    elif at == 0:
        return
    if _quotes_before(chunk, at, state) % 2 == 0:
        raise InvalidData(f"{name}:{_line(chunk, at, state)}: the header comes again; were two files joined?")


def _find_odd_lines(chunk: bytes, state: _State) -> None:
    """Note conflict markers and blank lines that are not inside a quoted text."""
    if len(state.markers) < _odd_cap and (
        (b"<" in chunk and b"<<<<<<< " in chunk) or (b">" in chunk and b">>>>>>> " in chunk)
    ):
        marks = [(m.start(1), m[1]) for m in islice(_marker.finditer(chunk), _odd_cap)]
        state.markers += [(_line(chunk, at, state), m) for at, m in marks if _quotes_before(chunk, at, state) % 2 == 0]
    begins = state.last == b"\n" and chunk.startswith((b"\n", b"\r\n"))
    if len(state.blanks) < _odd_cap and (begins or b"\n\n" in chunk or (b"\r" in chunk and b"\n\r\n" in chunk)):
        found = [0] * begins + [m.end() for m in islice(_blank.finditer(chunk), _odd_cap)]
        state.blanks += [_line(chunk, at, state) for at in found if _quotes_before(chunk, at, state) % 2 == 0]


def _line(chunk: bytes, at: int, state: _State) -> int:
    """Return the line number of a position in the chunk, counted from 1."""
    return state.lines + chunk.count(b"\n", 0, at) + 1


def _quotes_before(chunk: bytes, at: int, state: _State) -> int:
    """Return how many quote characters come before a position."""
    return state.quotes + (chunk.count(state.quote, 0, at) if state.quote else 0)


def _gzip_problem(error: Exception) -> str:
    """Say in a few words what is wrong with a gzip stream."""
    if isinstance(error, EOFError):
        return "it ends too early"
    if "CRC" in str(error) or "length" in str(error).lower():
        return "its checksum is wrong"
    return "bytes that are not gzip follow or interrupt it"


def _finish(name: str, state: _State, compressed: bool, bom: bool) -> Facts:
    """Judge what only the whole file tells."""
    try:
        state.decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InvalidData(f"{name}: the last character is cut off: not UTF-8") from error
    if not state.content:
        raise InvalidData(f"{name}: only blank lines; the file holds no table")
    if len({mark for _, mark in state.markers}) == 2:
        raise InvalidData(
            f"{name}:{state.markers[0][0]}: merge conflict markers", hint="resolve the conflict, then add again"
        )
    notes = []
    # Blank lines at the end close the file; DuckDB skips the others where a table has several columns.
    inner, end = list(state.blanks), state.lines
    while inner and inner[-1] == end:
        inner, end = inner[:-1], end - 1
    if inner:
        notes.append(f"{len(inner)} blank lines, the first at line {inner[0]}")
    newline = "\n" if not state.cr else "\r" if not state.lf else "mixed"
    if state.cr and state.cr == state.crlf == state.lf:
        newline = "\r\n"
    if newline == "mixed":
        notes.append("lines end in more than one way")
    if state.last not in {b"\n", b"\r"}:
        notes.append("the last line has no end")
    counted = 0 if newline in {"\r", "mixed"} else state.lines + (state.last != b"\n")
    return Facts(compressed, bom, newline if state.lf or state.cr else "", tuple(notes), counted)

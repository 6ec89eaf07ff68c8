"""Text that is not UTF-8: which encoding is proposed for it, and the UTF-8 copy that every reader after it reads."""

from __future__ import annotations

import codecs
import io
import re
import shutil
from pathlib import Path

from datakit.errors import InvalidData
from datakit.tables.engine import Session
from datakit.tables.screen import open_text

_UTF8 = frozenset(("utf-8", "utf-8-sig"))
# Codecs of text that many files are in; Python knows others (idna, unicode_escape, …) that are none.
_KNOWN = re.compile(
    r"utf-16(-[lb]e)?|utf-32(-[lb]e)?|iso8859-\d+|cp125\d|cp437|cp85\d|cp932|koi8-[ru]|mac-roman|shift_jis|euc_jp|euc_kr|"
    r"gb18030|gbk|gb2312|big5"
)
_HIGH = re.compile(rb"[\x80-\xff]+")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # in Windows-1252
_CHARACTER = re.compile(rb"[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")  # of UTF-8, or what forges one
_LONG = 3  # letters with accents come alone or in twos; in Cyrillic or Japanese text every letter is such a byte
_CHUNK = 1 << 20


def canonical(encoding: str) -> str | None:
    """Return Python's name of an encoding that tables are read in; None for any other.

    >>> canonical("Latin-1"), canonical("UTF8"), canonical("Windows-1252"), canonical("punycode")
    ('iso8859-1', 'utf-8', 'cp1252', None)
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return None
    return name if name in _UTF8 or _KNOWN.fullmatch(name) else None


def guess(path: Path) -> str | None:
    """Propose the encoding of a text that is not UTF-8; None where the bytes give no good reason for any.

    UTF-16 has to say so by its byte order mark. Windows-1252, of which Latin-1 is a part, is proposed for a text in which
    other bytes than ASCII stand alone, as accents do; not where UTF-8 is among them, for then the file is damaged.
    """
    total = long = 0
    with path.open("rb") as file:
        if file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        file.seek(0)
        while chunk := file.read(_CHUNK):
            if _UNDEFINED.search(chunk) or _CHARACTER.search(chunk):
                return None
            runs = [len(run) for run in _HIGH.findall(chunk)]
            total, long = total + sum(runs), long + sum(run for run in runs if run >= _LONG)
    return "windows-1252" if total and long * 5 < total else None


def as_utf8(session: Session, name: str, encoding: str) -> None:
    """Write the session's copy in UTF-8 of a text in another encoding, once; everything after it reads that.

    Args:
        session: The session of the file.
        name: What messages call it.
        encoding: Of the file, as its reader says.

    Raises:
        InvalidData: An encoding that is not read, or bytes that are none of it.
    """
    known = canonical(encoding)
    if known is None:
        raise InvalidData(
            f"{name}: the contract's encoding is `{encoding[:40]}`; expected utf-8, utf-16, windows-1252 or another one of text"
        )
    if known in _UTF8 or session.utf8.exists():
        return
    file, compressed = open_text(session.path, name)
    with file:
        if compressed:
            raise InvalidData(
                f"{name}: the contract's encoding is `{encoding[:40]}`; of compressed text only utf-8 is read"
            )
        try:
            with (
                io.TextIOWrapper(file, known, newline="") as text,
                session.utf8.open("w", encoding="utf-8", newline="") as out,
            ):
                shutil.copyfileobj(text, out, _CHUNK)
        except UnicodeError as error:
            raise InvalidData(f"{name}: not {encoding[:40]}: {str(error)[:120]}") from error
